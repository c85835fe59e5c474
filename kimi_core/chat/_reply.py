"""Bytes of one answer -> lists of events, sync and async.

Owns: `Reply` and `AsyncReply`, which differ only in who iterates over the bytes, and what writes
their events in a framework's words. May know: its own files, errors, events, request, response,
transport.
"""

from __future__ import annotations

import weakref
from collections.abc import AsyncGenerator, Callable, Generator, Mapping
from typing import Any, Protocol, TypeAlias, TypeVar

from kimi_core.chat._again import AskingAgain
from kimi_core.chat._learned import Learned
from kimi_core.chat._read_ahead import ReadAhead
from kimi_core.chat._reading import Reading
from kimi_core.errors import KimiError, Line, request_id_of
from kimi_core.events import Event
from kimi_core.request import Request
from kimi_core.response import ResponseReader, Unsettled
from kimi_core.transport.call import HttpResponse, areads, reads
from kimi_core.transport.limits import FOR_THE_END, Limits, drain
from kimi_core.transport.processes import nested
from kimi_core.transport.rates import Permit

__all__ = ["AsyncReply", "Opened", "Reply", "Writer"]

_Piece_co = TypeVar("_Piece_co", covariant=True)

Ask: TypeAlias = Callable[[Request, Limits], Any]
"""Sends another request for the same answer, in what is left of its time."""


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
        retries: How often the SDK had asked before, and was refused or not answered.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - what one answer is opened with
        self,
        request: Request,
        response: HttpResponse,
        limits: Limits,
        permit: Permit,
        made_at: Line | None = None,
        ask: Ask | None = None,
        learned: Learned | None = None,
    ) -> None:
        """Take over an open HTTP response.

        Args:
            request: What was asked.
            response: The response; closed with this.
            limits: Until when it may take.
            permit: Its turn, which is given back with it.
            made_at: The line of the user that warnings name; None looks for it.
            ask: Asks again for tool calls that cannot be run, as the request says; None never does.
            learned: What earlier answers said of the server; None begins anew.
        """
        self._request = request
        self._ask = ask
        self._made_at = made_at
        self._response = response
        self._release = weakref.finalize(self, permit.release)
        self._release.atexit = False  # it happens by itself where nobody reads the answer
        self._reading = Reading(
            request, response, limits, made_at, learned, asks_again=ask is not None
        )
        self.reader: ResponseReader = self._reading.reader
        self.headers: Mapping[str, str] = response.headers
        self.request_id: str | None = request_id_of(response.headers)
        self.retries: int = _retries(response)


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
        pieces = reads(self._response)
        try:
            with limits.watch(self._response):
                for data in limits.reads(pieces):
                    yield from reading.feed(data)
                    if not reading.goes_on():
                        break
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
        unsettled = self.reader.unsettled
        if unsettled is not None:
            yield self._asked_again(unsettled)

    def _asked_again(self, unsettled: Unsettled) -> list[Event]:
        again = AskingAgain(self._request, self.reader, unsettled, self._made_at)
        while (request := again.next()) is not None and self._ask is not None:
            try:
                again.take(self._ask(request, self._reading.limits).read())
            except KimiError as error:  # noqa: PERF203 - at most three requests
                again.fail(error)
        return again.events()

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
            ahead = ReadAhead(areads(self._response))
            async with nested(ahead.reads(reading.limits.within)) as arrived:
                async for data in arrived:
                    for events in reading.feed(data):
                        yield events
                    if not reading.goes_on():
                        break
                for events in reading.close():
                    yield events
                await ahead.rest(FOR_THE_END)
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
        unsettled = self.reader.unsettled
        if unsettled is not None:
            yield await self._asked_again(unsettled)

    async def _asked_again(self, unsettled: Unsettled) -> list[Event]:
        again = AskingAgain(self._request, self.reader, unsettled, self._made_at)
        while (request := again.next()) is not None and self._ask is not None:
            try:
                reply = await self._ask(request, self._reading.limits)
                again.take(await reply.read())
            except KimiError as error:  # noqa: PERF203 - at most three requests
                again.fail(error)
        return again.events()

    async def read(self) -> ResponseReader:
        """Read all of it and return the reader."""
        async for _events in self:
            pass
        return self.reader


def _retries(response: HttpResponse) -> int:
    # The SDK tells nobody but the server, in a header of its request.
    asked = getattr(response, "request", None)
    said = asked.headers.get("x-stainless-retry-count", "") if asked is not None else ""
    return int(said) if said.isdecimal() else 0
