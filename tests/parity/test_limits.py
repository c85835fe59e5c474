"""Both adapters take the limits of a request, of the instance and of a call, whole and streamed.

Owns: that a server which only keeps the line open ends as a `KimiTimeoutError` with what had come.
When a limit is reached is the core's (tests/core/test_limits.py).
"""

from __future__ import annotations

import asyncio
import itertools
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from kimi_core.errors import KimiConfigError, KimiTimeoutError
from tests.patience import patiently
from tests.scripted import EVENT_STREAM, Answer, ScriptedServer, chunk, sse, stream

pytest.importorskip("langchain_openai", reason="parity needs both frameworks")
pytest.importorskip("llama_index.core", reason="parity needs both frameworks")

from langchain_core import exceptions

import langchain_kimi
import llama_index_kimi

if TYPE_CHECKING:
    from collections.abc import Callable

    Ask = Callable[..., Any]

PINGING = Answer(
    (sse(chunk(content="Hel"), done=False),),
    headers={"content-type": EVENT_STREAM},
    repeats=b": ping\n\n",
)
FINE = stream(chunk("stop", content="Hello"))
LIMITS = {
    "timeout": r"nothing of it came for {:g} s \(timeout\)",
    "total_timeout": r"not whole after {:g} s \(total_timeout\)",
}


async def collected(items: Any) -> None:
    async for _ in items:
        pass


async def stream_completed(llm: Any, said: Any) -> None:
    await collected(await llm.astream_complete("x", **said))


WAYS: dict[str, tuple[Any, Ask]] = {
    "langchain invoke": (langchain_kimi, lambda llm, said: llm.invoke("x", **said)),
    "langchain ainvoke": (
        langchain_kimi,
        lambda llm, said: asyncio.run(llm.ainvoke("x", **said)),
    ),
    "langchain stream": (langchain_kimi, lambda llm, said: list(llm.stream("x", **said))),
    "langchain astream": (
        langchain_kimi,
        lambda llm, said: asyncio.run(collected(llm.astream("x", **said))),
    ),
    "llama_index complete": (llama_index_kimi, lambda llm, said: llm.complete("x", **said)),
    "llama_index acomplete": (
        llama_index_kimi,
        lambda llm, said: asyncio.run(llm.acomplete("x", **said)),
    ),
    "llama_index stream_complete": (
        llama_index_kimi,
        lambda llm, said: list(llm.stream_complete("x", **said)),
    ),
    "llama_index astream_complete": (
        llama_index_kimi,
        lambda llm, said: asyncio.run(stream_completed(llm, said)),
    ),
}


def given_up(
    package: Any, ask: Ask, limit: str, seconds: float, *, of_call: bool
) -> KimiTimeoutError:
    """Ask a server that only keeps the line open."""
    said = {limit: seconds}
    with ScriptedServer() as server:
        server.will(FINE, PINGING)
        llm = package.ChatKimiK2(
            endpoint="moonshot",
            base_url=server.base_url,
            api_key="key",
            **({} if of_call else said),
            max_retries=0,
        )
        # The first request opens what the second needs; on a busy machine that takes its time.
        ask(llm, dict.fromkeys(LIMITS, 60))
        with pytest.raises(KimiTimeoutError, match=LIMITS[limit].format(seconds)) as caught:
            ask(llm, said if of_call else {})
        llm.close()
    return caught.value


@pytest.mark.parametrize(("package", "ask"), WAYS.values(), ids=WAYS)
def test_a_server_that_only_keeps_the_line_open_is_given_up(package: Any, ask: Ask) -> None:
    """Either limit, of the instance and of the call: half a second each, so all four at once."""
    cases = list(itertools.product(LIMITS, (False, True)))

    def at_once(seconds: float) -> None:
        with ThreadPoolExecutor(len(cases)) as pool:
            waiting = [
                pool.submit(given_up, package, ask, limit, seconds, of_call=of_call)
                for limit, of_call in cases
            ]
            errors = [one.result() for one in waiting]
        for error in errors:
            assert error.partial is not None
            assert error.partial.content == "Hel"
            if package is langchain_kimi:
                assert isinstance(error, getattr(exceptions, "ModelTimeoutError", Exception))

    patiently(at_once, 0.5)


@pytest.mark.parametrize("package", [langchain_kimi, llama_index_kimi], ids=["langchain", "llama"])
@pytest.mark.parametrize("value", [0, -1, True, "60", float("inf")], ids=repr)
def test_a_limit_is_a_number_of_seconds(package: Any, value: Any) -> None:
    with pytest.raises(KimiConfigError, match="total_timeout"):
        package.ChatKimiK2(api_key="key", total_timeout=value)
