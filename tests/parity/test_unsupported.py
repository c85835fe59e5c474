"""What a model or a server does not take is refused or left out, as the caller wants, and said.

Owns: ``unsupported`` in both adapters, the fields that Moonshot's documents lack, and settings of
``ChatOpenAI`` that were shown and did nothing. The payloads stand in tests/payloads/settings.py.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import pytest

pytest.importorskip("langchain_openai", reason="parity needs both frameworks")
pytest.importorskip("llama_index.core", reason="parity needs both frameworks")

from langchain_core.messages import HumanMessage
from llama_index.core.llms import ChatMessage, ImageBlock

from kimi_core.endpoints import LACKED_FIELDS
from kimi_core.errors import (
    IgnoredSettingWarning,
    KimiBadRequestError,
    KimiConfigError,
    KimiTimeoutError,
)
from kimi_core.request import _unsupported
from kimi_core.testing import MoonshotSimulator
from langchain_kimi import ChatKimiK2 as LangChainKimi
from llama_index_kimi import ChatKimiK2 as LlamaIndexKimi
from tests.scripted import ScriptedServer, chunk, stream

if TYPE_CHECKING:
    from collections.abc import Iterator

adapters = pytest.mark.parametrize("kind", [LangChainKimi, LlamaIndexKimi])

# Of kimi-k3: nothing of it is taken.
REFUSED: dict[str, Any] = {
    "temperature": 0.0,
    "top_p": 0.5,
    "n": 2,
    "presence_penalty": 1.0,
    "frequency_penalty": 1.0,
    "max_tokens": 5_000_000,
    "stop": ["1", "2", "3", "4", "5", "6"],
    "reasoning_effort": "medium",
    "provider": {"only": ["moonshotai"]},
}


UNCHECKED = "or send it unchecked with extra_body."


@pytest.fixture
def server() -> Iterator[MoonshotSimulator]:
    with MoonshotSimulator() as running:
        yield running


@pytest.fixture(autouse=True)
def nothing_was_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_unsupported, "_said", set())


def ask(llm: Any, **call: Any) -> list[str]:
    """Ask, and return what was warned of."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        if isinstance(llm, LangChainKimi):
            llm.invoke("Hi", **call)
        else:
            llm.complete("Hi", **call)
    return [str(w.message) for w in caught if w.category is IgnoredSettingWarning]


def make(kind: Any, server: MoonshotSimulator, **settings: Any) -> Any:
    where = {"endpoint": "moonshot", "base_url": server.base_url, "api_key": server.api_key}
    return kind(model="kimi-k3", **where, **settings)


@adapters
@pytest.mark.parametrize("where", ["constructor", "call"])
@pytest.mark.parametrize(("name", "value"), REFUSED.items(), ids=REFUSED)
def test_each_refusal_can_be_lenient(
    server: MoonshotSimulator, kind: Any, name: str, value: Any, where: str
) -> None:
    if (kind, name) == (LangChainKimi, "n") and where == "constructor":
        pytest.skip("LangChain's base class refuses n together with its own streaming")
    made, call = ({name: value}, {}) if where == "constructor" else ({}, {name: value})
    with pytest.raises(KimiConfigError):
        ask(make(kind, server, **made), **call)
    assert server.requests == []
    for mode, times in (("warn", 2), ("drop", 1)):
        llm = make(kind, server, unsupported=mode, **made)
        said = ask(llm, **call) + ask(llm, **call)
        assert len(said) == times
        assert all(f"left out (unsupported={mode!r})" in line for line in said)
        assert name.removeprefix("max_") in said[0]
        assert server.requests[-1].body.keys() == {"model", "messages"}
    assert server.refusals == []


@adapters
@pytest.mark.parametrize(("mode", "times"), [("warn", 2), ("drop", 1)])
def test_log_probabilities_that_are_refused_are_left_out(
    server: MoonshotSimulator, kind: Any, mode: str, times: int
) -> None:
    asked = {"logprobs": True, "top_logprobs": 2}
    with pytest.raises(KimiBadRequestError, match="logprobs"):
        ask(make(kind, server, **asked))
    llm = make(kind, server, unsupported=mode, **asked)
    said = ask(llm) + ask(llm)
    assert len(said) == times
    assert f"only False is accepted. Leave logprobs out, {UNCHECKED}" in said[0]
    assert server.requests[-1].body.keys() == {"model", "messages"}
    llm = make(kind, server, unsupported=mode, extra_body=asked)
    with pytest.raises(KimiBadRequestError, match="logprobs"):
        ask(llm)


@adapters
def test_log_probabilities_that_are_taken_are_asked_for(
    server: MoonshotSimulator, kind: Any
) -> None:
    llm = make(kind, server, unsupported="drop").model_copy(update={"model": "kimi-k2.6"})
    assert ask(llm, logprobs=True) == []
    assert server.requests[-1].body["logprobs"] is True


@adapters
def test_another_value_is_not_said_again(server: MoonshotSimulator, kind: Any) -> None:
    llm = make(kind, server, unsupported="drop")
    assert len([said for value in (0.0, 0.2, 0.4) for said in ask(llm, temperature=value)]) == 1
    assert len(ask(llm, top_p=0.5)) == 1


@adapters
def test_a_call_may_be_lenient_by_itself(server: MoonshotSimulator, kind: Any) -> None:
    llm = make(kind, server, temperature=0.0)
    assert ask(llm, unsupported="warn")
    with pytest.raises(KimiConfigError, match="temperature=0"):
        ask(llm)


@adapters
def test_a_mode_is_one_of_three(kind: Any) -> None:
    with pytest.raises(KimiConfigError, match=r"unsupported='ignore' .* 'error', 'warn' or 'drop'"):
        kind(api_key="k", unsupported="ignore")


@adapters
@pytest.mark.parametrize("detail", ["low", "auto"])
def test_the_detail_of_a_picture_is_no_field_of_moonshots(
    server: MoonshotSimulator, kind: Any, detail: str
) -> None:
    url = "data:image/png;base64,iVBORw0KGgo="
    parts = [{"type": "image_url", "image_url": {"url": url, "detail": detail}}]
    llm = make(kind, server)
    block = ImageBlock(url=url, detail=detail)
    with pytest.warns(IgnoredSettingWarning, match=r"image_url\.detail does nothing at moonshot"):
        _ = (
            llm.invoke([HumanMessage(parts)])
            if kind is LangChainKimi
            else llm.chat([ChatMessage(role="user", blocks=[block])])
        )
    [part] = server.requests[-1].body["messages"][0]["content"]
    assert part["image_url"].keys() == {"url"}


@pytest.mark.parametrize(
    "setting",
    [
        {"include": ["reasoning.encrypted_content"]},
        {"truncation": "auto"},
        {"context_management": [{"type": "compaction"}]},
        {"output_version": "responses/v1"},
        {"use_previous_response_id": True},
        {"previous_response_id": "resp_1"},
        {"client": object()},
        {"root_async_client": object()},
        {"http_socket_options": [(1, 2, 3)]},
        {"tiktoken_model_name": "gpt-4"},
    ],
    ids=lambda setting: next(iter(setting)),
)
def test_what_only_openais_client_has_is_refused(setting: dict[str, Any]) -> None:
    """It was shown in the instance, and ignored."""
    [name] = setting
    with pytest.raises(KimiConfigError, match=name):
        LangChainKimi(api_key="k", **setting)
    llm = LangChainKimi(api_key="k")
    with pytest.raises(KimiConfigError, match=name):
        setattr(llm, name, setting[name])


@adapters
def test_openais_reasoning_is_an_effort(server: MoonshotSimulator, kind: Any) -> None:
    """What was said for GPT was a field that Moonshot refuses with a 400."""
    ask(make(kind, server), reasoning={"effort": "low", "summary": "auto"})
    assert server.requests[-1].body["reasoning_effort"] == "low"
    assert ask(make(kind, server), reasoning={"max_tokens": 5}, top_k=4, modalities=["text"])
    assert server.requests[-1].body.keys() == {"model", "messages"}


# Of OpenAI's API; LangChain has settings of its own for metadata, which are for traces.
OTHERS = {"image_url.detail", "metadata", "reasoning"}
LACKED: dict[str, Any] = {
    **dict.fromkeys(LACKED_FIELDS - OTHERS, "x"),
    "seed": 1,
    "store": True,
    "logit_bias": {"1": 1},
}


@adapters
@pytest.mark.parametrize("where", ["constructor", "call", "copy"])
def test_a_field_that_moonshot_lacks_is_said_once_wherever_it_was_set(
    server: MoonshotSimulator, kind: Any, where: str
) -> None:
    """LlamaIndex's constructor took them for misspelt; LangChain's said that they would be sent."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        llm = make(kind, server, **(LACKED if where == "constructor" else {}))
        llm = llm.model_copy(update=LACKED) if where == "copy" else llm
    said = ask(llm, **(LACKED if where == "call" else {}))
    assert [line.split()[0] for line in said] == sorted(LACKED)
    assert server.requests[-1].body.keys() == {"model", "messages"}


@adapters
def test_what_moonshot_lacks_is_sent_elsewhere(kind: Any) -> None:
    with MoonshotSimulator(rules="none", unknown_fields="ignore") as server:
        where: dict[str, Any] = {"base_url": server.base_url, "api_key": server.api_key}
        llm = kind(endpoint="vllm", model="moonshotai/Kimi-K2.5", **where, **LACKED)
        ask(llm)
    assert LACKED.keys() <= server.requests[-1].body.keys()


def test_the_timeout_between_chunks_is_kept() -> None:
    with ScriptedServer() as server:
        begun = stream(chunk(content="Hel"), done=False, stalls=True)
        server.will(begun)
        where: dict[str, Any] = {"endpoint": "vllm", "base_url": server.base_url}
        llm = LangChainKimi(model="kimi-k2.5", stream_chunk_timeout=0.6, max_retries=0, **where)
        with pytest.raises(KimiTimeoutError) as caught:
            list(llm.stream("Hi"))
    assert caught.value.partial.content == "Hel"
    assert LangChainKimi(api_key="k").stream_chunk_timeout is None
