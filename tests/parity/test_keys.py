"""A key that rotates, in both adapters alike: asked for with each request, written down nowhere."""

from __future__ import annotations

import asyncio
import itertools
from typing import TYPE_CHECKING, Any

import pytest

from kimi_core.errors import KimiConfigError
from kimi_core.testing import MoonshotSimulator

pytest.importorskip("langchain_openai", reason="parity needs both frameworks")
pytest.importorskip("llama_index.core", reason="parity needs both frameworks")

from langchain_core.load import dumps
from llama_index.core.llms import ChatMessage

import langchain_kimi
import llama_index_kimi

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ADAPTERS = {
    "langchain": langchain_kimi.ChatKimiK2,
    "llama_index": llama_index_kimi.ChatKimiK2,
}
adapters = pytest.mark.parametrize("adapter", ADAPTERS)


@pytest.fixture
def server() -> Iterator[MoonshotSimulator]:
    with MoonshotSimulator(rules="none") as simulator:
        yield simulator


def ask(model: Any, way: str) -> None:
    if isinstance(model, langchain_kimi.ChatKimiK2):
        ways: dict[str, Callable[[], Any]] = {
            "whole": lambda: model.invoke("Go."),
            "stream": lambda: list(model.stream("Go.")),
            "awhole": lambda: asyncio.run(model.ainvoke("Go.")),
            "astream": lambda: asyncio.run(_drain(model.astream("Go."))),
        }
    else:
        asked = [ChatMessage("Go.")]
        ways = {
            "whole": lambda: model.chat(asked),
            "stream": lambda: list(model.stream_chat(asked)),
            "awhole": lambda: asyncio.run(model.achat(asked)),
            "astream": lambda: asyncio.run(_astream_chat(model, asked)),
        }
    ways[way]()


async def _drain(stream: Any) -> None:
    async for _ in stream:
        pass


async def _astream_chat(llm: Any, asked: list[ChatMessage]) -> None:
    await _drain(await llm.astream_chat(asked))


def keys_of(server: MoonshotSimulator) -> list[str]:
    return [request.headers["authorization"].removeprefix("Bearer ") for request in server.requests]


def vault(server: MoonshotSimulator) -> tuple[Callable[[], str], Any]:
    """Hand out keys, plainly and async; the server takes the newest only."""
    numbers = itertools.count(1)

    def plain() -> str:
        server.api_key = f"sk-made-up-{next(numbers)}"
        return server.api_key

    async def waiting() -> str:
        await asyncio.sleep(0)
        return plain()

    return plain, waiting


@adapters
def test_every_request_asks(server: MoonshotSimulator, adapter: str) -> None:
    plain, _ = vault(server)
    model = ADAPTERS[adapter](api_key=plain, endpoint="moonshot", base_url=server.base_url)
    for way in ("whole", "stream", "awhole", "astream"):
        ask(model, way)
    assert keys_of(server) == [f"sk-made-up-{number}" for number in (1, 2, 3, 4)]


@adapters
def test_an_async_function_serves_async_calls(server: MoonshotSimulator, adapter: str) -> None:
    _, waiting = vault(server)
    model = ADAPTERS[adapter](api_key=waiting, endpoint="moonshot", base_url=server.base_url)
    for way in ("awhole", "astream"):
        ask(model, way)
    for way in ("whole", "stream"):
        with pytest.raises(KimiConfigError, match="api_key is an async function"):
            ask(model, way)
    assert keys_of(server) == ["sk-made-up-1", "sk-made-up-2"]


@adapters
@pytest.mark.parametrize(
    "write",
    [repr, str, dumps, lambda model: str(model.model_dump())],
    ids=["repr", "str", "dumps", "model_dump"],
)
def test_no_key_is_written_down(
    server: MoonshotSimulator, adapter: str, write: Callable[[Any], str]
) -> None:
    model = ADAPTERS[adapter](
        api_key=vault(server)[0], endpoint="moonshot", base_url=server.base_url
    )
    ask(model, "whole")
    assert "made-up" not in write(model)
