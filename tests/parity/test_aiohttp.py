"""`http_async_client="aiohttp"`: the same answers over connections that end with their loop.

Owns: loops, copies, streams that are left, and what is said without the library, in both adapters.
Faults over aiohttp are in tests/faults/test_aiohttp.py.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import pickle
from importlib import util
from typing import TYPE_CHECKING, Any

import openai
import pytest

from kimi_core.errors import KimiConfigError
from tests.scripted import Answer, ScriptedServer, chunk, sse, stream

pytest.importorskip("langchain_openai", reason="parity needs both frameworks")
pytest.importorskip("llama_index.core", reason="parity needs both frameworks")
pytest.importorskip(
    "aiohttp" if openai.__version__.startswith("3") else "httpx_aiohttp",
    reason="it comes with the extra 'aiohttp'",
)

import langchain_kimi
import llama_index_kimi

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

pytestmark = [
    pytest.mark.usefixtures("own_garbage"),
    pytest.mark.parametrize("package", [langchain_kimi, llama_index_kimi]),
]

SPOKEN = stream(*(chunk(content=piece) for piece in ("Hel", "lo", "!")), chunk("stop"))
EVENTS = {"content-type": "text/event-stream"}
BEGUN = Answer((sse(chunk(content="Hel"), done=False),), headers=EVENTS, stalls=True)


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer(repeats=True) as running:
        running.will(SPOKEN)
        yield running


def make(package: Any, server: ScriptedServer) -> Any:
    # A model that thinks would be waited for: its server has not told yet where thoughts go.
    said = {"endpoint": "vllm", "base_url": server.base_url, "model": "kimi-k2-instruct"}
    return package.ChatKimiK2(**said, api_key="k", http_async_client="aiohttp")


def package_of(llm: Any) -> Any:
    return langchain_kimi if isinstance(llm, langchain_kimi.ChatKimiK2) else llama_index_kimi


async def pieces(llm: Any) -> AsyncIterator[str]:
    if package_of(llm) is langchain_kimi:
        async for chunk_ in llm.astream("Hi"):
            yield chunk_.text
    else:
        async for response in await llm.astream_complete("Hi"):
            yield response.delta


async def text(llm: Any) -> str:
    return "".join([piece async for piece in pieces(llm)])


def test_each_loop_has_connections_that_end_with_it(
    package: Any, server: ScriptedServer, caplog: pytest.LogCaptureFixture
) -> None:
    """An aiohttp session that was not closed is an error in the log, and a warning of Python's."""
    llm = make(package, server)

    async def twice() -> list[str]:
        return [await text(llm), *await asyncio.gather(text(llm), text(llm))]

    with caplog.at_level(logging.WARNING):
        said = [asyncio.run(twice()) for _ in range(2)]
        gc.collect()
    assert said == [["Hello!"] * 3] * 2
    assert [record.message for record in caplog.records] == []
    assert len({seen.port for seen in server.seen}) <= 4


def test_copies_keep_it(package: Any, server: ScriptedServer, monkeypatch: Any) -> None:
    monkeypatch.setenv("VLLM_API_KEY", "k")
    llm = make(package, server)
    for copy in (pickle.loads(pickle.dumps(llm)), llm.model_copy()):  # noqa: S301 - made above
        assert copy.http_async_client == "aiohttp"
        assert asyncio.run(text(copy)) == "Hello!"


def test_a_stream_that_is_left_logs_nothing(
    package: Any, server: ScriptedServer, caplog: pytest.LogCaptureFixture
) -> None:
    server.forget()
    server.will(BEGUN)

    async def leave() -> None:
        await anext(pieces(make(package, server)))

    with caplog.at_level(logging.WARNING):
        asyncio.run(leave())
        gc.collect()
    assert [record.message for record in caplog.records] == []


def test_without_the_library_it_is_refused(package: Any, monkeypatch: Any) -> None:
    found = util.find_spec
    monkeypatch.setattr(
        "kimi_core.chat._settings.find_spec",
        lambda name: None if name == "aiohttp" else found(name),
    )
    with pytest.raises(KimiConfigError, match=r"needs aiohttp.*\[aiohttp\]"):
        package.ChatKimiK2(api_key="k", http_async_client="aiohttp")


def test_without_the_sdks_transport_it_is_refused(package: Any, monkeypatch: Any) -> None:
    """With openai 2 aiohttp alone is not enough, which is known where a client is made."""

    def missing(**_: Any) -> None:
        message = "To use the aiohttp client you must have installed the package"
        raise RuntimeError(message)

    monkeypatch.setattr(openai, "DefaultAioHttpClient", missing)
    llm = package.ChatKimiK2(api_key="another", http_async_client="aiohttp")
    with pytest.raises(KimiConfigError, match=r"needs aiohttp.*\[aiohttp\]"):
        asyncio.run(text(llm))


def test_another_word_is_refused(package: Any) -> None:
    with pytest.raises(KimiConfigError, match=r"http_async_client .* is refused.*'aiohttp'"):
        package.ChatKimiK2(api_key="k", http_async_client="httpx")
