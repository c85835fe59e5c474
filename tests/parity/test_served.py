"""Both frameworks ask a self-hosted server for its model's name where none was given.

Owns: that what `kimi_core` finds out is what a user of either framework sends.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from tests.scripted import Answer, ScriptedServer, Seen, body, listing

pytest.importorskip("langchain_openai", reason="parity needs both frameworks")
pytest.importorskip("llama_index.core", reason="parity needs both frameworks")

import langchain_kimi
import llama_index_kimi

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Ask = Callable[..., str]

SPOKEN = body({"choices": [{"message": {"content": "Hi."}, "finish_reason": "stop"}]})
SERVED = "served-as-kimi-k2.5-here"


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    """A server with one model, under a name of its own."""
    with ScriptedServer() as running:
        running.listings = [listing(SERVED)]
        running.will(SPOKEN, SPOKEN)
        yield running


def langchain(**settings: Any) -> str:
    """Ask twice with LangChain."""
    llm = langchain_kimi.ChatKimiK2(**settings)
    answer = llm.invoke("Hello").text + llm.invoke("Hello").text
    llm.close()
    return answer


def llama_index(**settings: Any) -> str:
    """Ask twice with LlamaIndex."""
    with llama_index_kimi.ChatKimiK2(**settings) as llm:
        return llm.complete("Hello").text + llm.complete("Hello").text


def langchain_async(**settings: Any) -> str:
    """Ask twice with LangChain, in an event loop."""
    llm = langchain_kimi.ChatKimiK2(**settings)

    async def asking() -> str:
        answer = (await llm.ainvoke("Hello")).text + (await llm.ainvoke("Hello")).text
        await llm.aclose()
        return answer

    return asyncio.run(asking())


def llama_index_async(**settings: Any) -> str:
    """Ask twice with LlamaIndex, in an event loop."""

    async def asking() -> str:
        async with llama_index_kimi.ChatKimiK2(**settings) as llm:
            return (await llm.acomplete("Hello")).text + (await llm.acomplete("Hello")).text

    return asyncio.run(asking())


asks = pytest.mark.parametrize("ask", [langchain, langchain_async, llama_index, llama_index_async])


@asks
@pytest.mark.filterwarnings("ignore::kimi_core.UnknownModelWarning")  # a name of its own
def test_the_served_name_is_asked(server: ScriptedServer, ask: Ask) -> None:
    assert ask(endpoint="vllm", base_url=server.base_url) == "Hi.Hi."
    assert [seen.json["model"] for seen in server.seen] == [SERVED, SERVED]
    assert server.looks == 1


@pytest.mark.filterwarnings("ignore::kimi_core.UnknownModelWarning")  # likewise
@asks
def test_a_name_that_was_given_is_asked(server: ScriptedServer, ask: Ask) -> None:
    assert ask(endpoint="vllm", base_url=server.base_url, model="mine") == "Hi.Hi."
    assert [seen.json["model"] for seen in server.seen] == ["mine", "mine"]
    assert server.looks == 0


@asks
@pytest.mark.parametrize("root", ["moonshotai/Kimi-K2.5", "/models/Kimi-K2.5/"])
def test_the_facts_are_those_of_the_weights(server: ScriptedServer, ask: Ask, root: str) -> None:
    """Those of Kimi-K2-Instruct were taken for any name of the user's own, with a warning."""
    row = {"id": SERVED, "object": "model", "root": root}
    server.listings = [body({"object": "list", "data": [row]})]
    assert ask(endpoint="vllm", base_url=server.base_url) == "Hi.Hi."
    with llama_index_kimi.ChatKimiK2(endpoint="vllm", base_url=server.base_url) as llm:
        server.will(SPOKEN)
        llm.complete("Hello")
        assert llm._chat.capabilities.info.name == "kimi-k2.5"


def facts_of_langchain(settings: dict[str, Any], *, first: bool) -> tuple[Any, Any]:
    """Return name and context as a trace and a profile have them, of a shallow copy, too."""
    llm = langchain_kimi.ChatKimiK2(**settings)
    if not first:
        llm.bind(temperature=1.0).invoke("Hello")
        copy = llm.model_copy()
        copy.invoke("Hello")
        assert copy.profile == llm.profile
    assert llm.profile is not None
    llm.close()
    return llm._get_ls_params().get("ls_model_name"), llm.profile["max_input_tokens"]


def facts_of_llama_index(settings: dict[str, Any], *, first: bool) -> tuple[Any, Any]:
    """Return name and context as `LLMMetadata` has them."""
    with llama_index_kimi.ChatKimiK2(**settings) as llm:
        if not first:
            llm.complete("Hello")
        return llm.metadata.model_name, llm.metadata.context_window


def facts_in_a_loop(settings: dict[str, Any], *, first: bool) -> tuple[Any, Any]:
    """Return what `facts_of_llama_index` does of a model that was asked in an event loop."""
    llm = llama_index_kimi.ChatKimiK2(**settings)

    async def asked() -> None:
        await llm.acomplete("Hello")
        await llm.aclose()

    if not first:
        asyncio.run(asked())
    return llm.metadata.model_name, llm.metadata.context_window


K25 = {"id": "moonshotai/Kimi-K2.5"}
GGUF: dict[str, Any] = {"id": "Kimi-K2.5.gguf"}
# What is listed, and at /props -> the context that is believed.
STATED: dict[str, tuple[dict[str, Any], Any, int]] = {
    "nothing": (K25, None, 262_144),
    "vLLM and SGLang": ({**K25, "max_model_len": 32_768}, None, 32_768),
    "a relay": ({**K25, "context_length": 100_000}, None, 100_000),
    "llama.cpp": ({**GGUF, "meta": {"n_ctx": 4096, "n_ctx_train": 262_144}}, None, 4096),
    "older llama.cpp": (
        {**GGUF, "meta": {"n_ctx_train": 262_144}},
        {"default_generation_settings": {"n_ctx": 2048}},
        2048,
    ),
    "one without props": ({**GGUF, "meta": {"n_ctx_train": 131_072}}, None, 131_072),
    "odd props": (
        {**GGUF, "meta": {"n_ctx_train": 131_072}},
        {"default_generation_settings": {"n_ctx": "many"}},
        131_072,
    ),
    "props that are no JSON": (
        {**GGUF, "meta": {"n_ctx_train": 131_072}},
        Answer((b"<html>",), headers={"content-type": "text/html"}),
        131_072,
    ),
    "no number": ({**K25, "max_model_len": "32k", "context_length": True}, None, 262_144),
    "nonsense": ({**K25, "max_model_len": -1}, None, 262_144),
}


@pytest.mark.parametrize("ask", [facts_of_langchain, facts_of_llama_index, facts_in_a_loop])
@pytest.mark.parametrize(("row", "props", "context"), STATED.values(), ids=STATED)
def test_the_facts_are_those_of_what_is_served(
    ask: Any, row: dict[str, Any], props: Any, context: int
) -> None:
    def say(seen: Seen) -> Answer:
        if seen.path.endswith("/v1/models"):
            return body({"data": [row]})
        assert seen.path == "/props"
        if isinstance(props, Answer):
            return props
        return body(props) if props else body({"error": "no such route"}, 404)

    with ScriptedServer() as server:
        server.will(SPOKEN, SPOKEN)
        server.listings = [say]
        settings = {"endpoint": "llama.cpp", "base_url": server.base_url}
        assert ask(settings, first=True)[1] == 131_072
        assert ask(settings, first=False) == (row["id"], context)
        assert server.looks == (2 if "n_ctx" not in row.get("meta", {"n_ctx": 1}) else 1)


@pytest.mark.parametrize("ask", [facts_of_langchain, facts_of_llama_index])
def test_a_context_that_was_set_wins(server: ScriptedServer, ask: Any) -> None:
    server.listings = [body({"data": [{**K25, "max_model_len": 32_768}]})]
    settings = {"endpoint": "vllm", "base_url": server.base_url, "context_window": 1000}
    assert ask(settings, first=False) == (K25["id"], 1000)


def test_a_profile_of_the_users_own_stays(server: ScriptedServer) -> None:
    server.listings = [body({"data": [{**K25, "max_model_len": 32_768}]})]
    settings = {"base_url": server.base_url, "profile": {"max_input_tokens": 5}}
    found = facts_of_langchain({"endpoint": "vllm", **settings}, first=False)
    assert found == (K25["id"], 5)


@pytest.mark.parametrize("ask", [facts_of_langchain, facts_of_llama_index])
def test_the_embedded_engine_has_the_context_that_it_is_started_with(ask: Any) -> None:
    assert ask({"endpoint": "local"}, first=True)[1] == 8192
    assert ask({"endpoint": "local", "context_window": 2048}, first=True)[1] == 2048


@pytest.mark.parametrize("ask", [facts_of_langchain, facts_of_llama_index])
@pytest.mark.parametrize("endpoint", ["moonshot", "openrouter"])
def test_a_hosted_vendor_is_asked_nothing_more(
    server: ScriptedServer, ask: Any, endpoint: str
) -> None:
    ask({"endpoint": endpoint, "base_url": server.base_url, "api_key": "key"}, first=False)
    assert server.looks == 0
