"""Both frameworks ask a self-hosted server for its model's name where none was given.

Owns: that what `kimi_core` finds out is what a user of either framework sends.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from tests.scripted import ScriptedServer, body, listing

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
