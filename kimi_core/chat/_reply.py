"""Bytes of one answer -> lists of events, sync and async.

Owns: `Reply` and `AsyncReply`, which differ only in who iterates over the bytes, and what writes
their events in a framework's words. May know: its own files, errors, events, request, response,
transport.
"""

from __future__ import annotations

import weakref
from collections.abc import AsyncGenerator, Generator
from typing import Protocol, TypeVar

from kimi_core.chat._learned import Learned
from kimi_core.chat._read_ahead import read_ahead
from kimi_core.chat._reading import Reading
from kimi_core.errors import Line, request_id_of
from kimi_core.events import Event
from kimi_core.request import Request
from kimi_core.response import ResponseReader
from kimi_core.transport.call import HttpResponse
from kimi_core.transport.limits import Limits, adrain, drain
from kimi_core.transport.processes import nested
from kimi_core.transport.rates import Permit

__all__ = ["AsyncReply", "Opened", "Reply", "Writer"]

_Piece_co = TypeVar("_Piece_co", covariant=True)


class Writer(Protocol[_Piece_co]):
    """Writes the events of one answer in the words of a framework; made for one reply."""

    def write(self, events: list[Event]) -> _Piece_co | None:
        """Return what the events of one chunk say; None where they say nothing."""
        ...

    def finish(self, *, streamed: bool) -> _Piece_co:
        """Return the end of a stream, or the whole of an answer that was not streamed."""
        ...


class Opened:
    """An HTTP response that was opened, with what reads it; both replies are one.

    Attributes:
        reader: Usage, finish reason, model and the message so far; complete after the iteration.
        request_id: The server's id of the request, or None.
        headers: The response headers.
    """

    def __init__(
        self,
        request: Request,
        response: HttpResponse,
        limits: Limits,
        permit: Permit,
        made_at: Line | None = None,
        learned: Learned | None = None,
    ) -> None:
        """Take over an open HTTP response, its limits and turn, and the line of warnings."""
        self._response = response
        self._release = weakref.finalize(self, permit.release)
        self._release.atexit = False  # it happens by itself where nobody reads the answer
        self._reading = Reading(request, response, limits, made_at, learned)
        self.reader = self._reading.reader
        self.headers = response.headers
        self.request_id = request_id_of(response.headers)


class Reply(Opened):
    """An answer on its way: iterate over it for lists of events, one for every chunk.

    Only neighbouring chunks of nothing but tool arguments share a list, where they arrived in one
    read; `kimi_core.chat._merge` says why.
    """

    def __iter__(self) -> Generator[list[Event], None, None]:
        """Yield the events of each chunk; the last list holds what was held back until the end.

        Raises:
            KimiStreamTruncatedError: Where the answer broke off; where that was for want of time
                it is a `KimiTimeoutError` as well.
            KimiStatusError: Where the server reported an error inside its answer.
        """
        reading, limits = self._reading, self._reading.limits
        pieces = self._response.iter_bytes()
        try:
            with limits.watch(self._response):
                for data in limits.reads(pieces):
                    yield from reading.feed(data)
                    if reading.finished:
                        break
                    reading.check()
            yield from reading.close()
        except Exception as error:
            held, meant = reading.after(error)
            yield from held
            if meant is error:
                raise
            if meant is not None:
                raise meant from error
        else:
            drain(self._response, pieces)
        finally:
            self._response.close()
            self._release()

    def read(self) -> ResponseReader:
        """Read all of it and return the reader."""
        for _events in self:
            pass
        return self.reader


class AsyncReply(Opened):
    """An answer on its way, async; see `Reply`."""

    async def __aiter__(self) -> AsyncGenerator[list[Event], None]:
        """Yield the events of each chunk; see `Reply.__iter__`.

        What arrives while the caller works is read meanwhile, and counts as one read.
        """
        reading = self._reading
        try:
            source = read_ahead(self._response.aiter_bytes(), reading.limits.within)
            async with nested(source) as reads:
                async for data in reads:
                    for events in reading.feed(data):
                        yield events
                    if reading.finished:
                        break
                    reading.check()
                for events in reading.close():
                    yield events
                await adrain(reads)
        except Exception as error:
            held, meant = reading.after(error)
            for events in held:
                yield events
            if meant is error:
                raise
            if meant is not None:
                raise meant from error
        finally:
            await self._response.aclose()
            self._release()

    async def read(self) -> ResponseReader:
        """Read all of it and return the reader."""
        async for _events in self:
            pass
        return self.reader
