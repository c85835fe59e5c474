"""What is left behind by event loops that end, through both adapters.

Owns: streams that somebody left unfinished, and async calls outside of asyncio.
"""

from __future__ import annotations

import asyncio
import gc
import logging
from typing import TYPE_CHECKING, Any

import pytest
from llama_index.core.base.llms.types import ChatMessage

from kimi_core.errors import KimiConfigError
from langchain_kimi import ChatKimiK2 as LangChainKimi
from llama_index_kimi import ChatKimiK2 as LlamaIndexKimi
from tests.scripted import Answer, ScriptedServer, chunk, sse

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

pytestmark = pytest.mark.usefixtures("own_garbage")

EVENTS = {"content-type": "text/event-stream"}
BEGUN = Answer((sse(chunk(content="Hel"), done=False),), headers=EVENTS, stalls=True)


async def _langchain(settings: dict[str, Any]) -> AsyncIterator[Any]:
    return LangChainKimi(**settings).astream("Hi")


async def _chat(settings: dict[str, Any]) -> AsyncIterator[Any]:
    return await LlamaIndexKimi(**settings).astream_chat([ChatMessage("Hi")])


async def _complete(settings: dict[str, Any]) -> AsyncIterator[Any]:
    return await LlamaIndexKimi(**settings).astream_complete("Hi")


STREAMS = [_langchain, _chat, _complete]


@pytest.mark.parametrize("begin", STREAMS, ids=lambda begin: begin.__name__)
@pytest.mark.parametrize("held", [True, False], ids=["held", "dropped"])
def test_a_stream_that_is_left_unfinished_logs_nothing(
    begin: Callable[..., Any], held: bool, caplog: pytest.LogCaptureFixture
) -> None:
    """A loop that ends closes every generator; one inside another was an error in the log."""
    kept: list[Any] = []

    async def leave(settings: dict[str, Any]) -> None:
        stream = aiter(await begin(settings))
        await anext(stream)
        kept.extend([stream] if held else [])

    with ScriptedServer() as server, caplog.at_level(logging.WARNING):
        server.will(BEGUN)
        # A model that thinks would be waited for: its server has not told yet where thoughts go.
        settings = {"endpoint": "vllm", "base_url": server.base_url, "model": "kimi-k2-instruct"}
        asyncio.run(leave(settings))
        kept.clear()
        gc.collect()
    assert [record.getMessage() for record in caplog.records] == []


def test_an_async_call_outside_of_asyncio_says_what_to_do() -> None:
    settings: dict[str, Any] = {"endpoint": "vllm", "base_url": "http://127.0.0.1:9/v1"}
    calls = (
        LangChainKimi(**settings).ainvoke("Hi"),
        LlamaIndexKimi(**settings).achat([ChatMessage("Hi")]),
        LlamaIndexKimi(**settings).acomplete("Hi"),
    )
    for call in calls:
        with pytest.raises(KimiConfigError, match=r"no asyncio event loop runs"):
            call.send(None)  # type: ignore[attr-defined]  # a coroutine, as an other loop drives it
