"""A server that is none: answers whose every event is one read, on every machine.

Owns: the transport of the HTTP library that gives them. May know: tests/scripted.py; openai, whose
HTTP library it is. What is counted reads these: how many events one read of a socket brings is up
to the machine, and a count moved by a quarter with it.
"""

from __future__ import annotations

import asyncio
import importlib
from typing import TYPE_CHECKING, Any

import openai

from tests.scripted import sse

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Mapping, Sequence

__all__ = ["clients"]

http: Any = importlib.import_module(openai.DefaultHttpxClient.__mro__[1].__module__.split(".")[0])


class _Pieces(http.SyncByteStream, http.AsyncByteStream):  # type: ignore[misc]  # of either library
    """The body of an answer, one read for each event."""

    def __init__(self, reads: list[bytes]) -> None:
        self._reads = reads

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._reads)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for read in self._reads:
            yield read
            await asyncio.sleep(0)


def clients(events: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return settings of a model whose every request is answered with these events."""
    reads = [*(sse(event, done=False) for event in events), b"data: [DONE]\n\n"]
    headers = {"content-type": "text/event-stream"}

    def answer(_: object) -> Any:
        return http.Response(200, headers=headers, stream=_Pieces(reads))

    transport = http.MockTransport(answer)
    return {
        "http_client": http.Client(transport=transport),
        "http_async_client": http.AsyncClient(transport=transport),
    }
