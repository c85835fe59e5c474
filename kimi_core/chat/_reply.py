"""Bytes of one answer -> lists of events, sync and async.

Owns: `Reply` and `AsyncReply`, which differ only in who iterates over the bytes, and what is said
where the connection is lost. May know: its own files, errors, events, request, response, transport.
"""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING, Any, cast

from kimi_core.chat._merge import merged_arguments
from kimi_core.chat._read_ahead import read_ahead
from kimi_core.chat.observe import current_observer
from kimi_core.errors import KimiAPIError, KimiProtocolError, error_in, request_id_of
from kimi_core.response import ResponseReader, read_json, says_something
from kimi_core.transport.limits import OutOfTimeError
from kimi_core.transport.sse import EventStreamDecoder

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Generator, Mapping

    from kimi_core.errors import KimiTimeoutError
    from kimi_core.events import Event
    from kimi_core.request import Request
    from kimi_core.transport.call import HttpResponse
    from kimi_core.transport.limits import Limits

__all__ = ["AsyncReply", "Reply"]


class _Reading:
    """Bytes of an answer -> lists of events; shared by the sync and the async reply.

    A body that is one JSON object (an answer that was not streamed, or an error in place of a
    stream) is collected and read as a stream of one chunk.
    """

    def __init__(self, request: Request, response: HttpResponse, limits: Limits) -> None:
        headers: Mapping[str, str] = response.headers
        limits.opened(response)
        self.limits = limits
        self.reader = ResponseReader(request, headers)
        streamed = "event-stream" in headers.get("content-type", "")
        self._decoder = EventStreamDecoder() if streamed else None
        self._body: list[bytes] = []
        self._observer = current_observer()

    def feed(self, data: bytes) -> Generator[list[Event], None, None]:
        if self._decoder is None and not self._body and data.startswith((b"data:", b":")):
            # An event stream under another content type, as relays send it.
            self._decoder = EventStreamDecoder()
        if self._decoder is None:
            self._body.append(data)
            if data.strip():  # blanks keep a connection alive
                self.limits.heard()
            return
        chunks = self._decoder.feed(data)
        if len(chunks) == 1:  # the usual case, and nothing to merge
            yield self._read(chunks[0])
        else:
            yield from merged_arguments(map(self._read, chunks))

    def close(self) -> list[list[Event]]:
        if self._decoder is None:
            return [self._read(_whole(b"".join(self._body))), self._end(done=True)]
        last = [self._read(chunk) for chunk in self._decoder.close()]
        return [*last, self._end(done=self._decoder.done)]

    def _read(self, chunk: dict[str, Any]) -> list[Event]:
        try:
            events = self.reader.feed(chunk)
        except KimiAPIError as error:
            error.partial = self.reader.message()
            raise
        if events or says_something(chunk):
            self.limits.heard()
        if self._observer is not None:
            self._observer.on_chunk(chunk, events)
        return events

    def check(self) -> None:
        """Give an answer up that takes too long, though its server keeps the connection alive.

        Raises:
            KimiTimeoutError: With what had come in its ``partial``.
        """
        if self._decoder is not None and self._decoder.done:
            return  # what is left is the end of the connection
        if self.limits.passed:
            raise self._out_of_time()
        if self.limits.silent:
            raise self._silent()

    def broken(self, error: Exception) -> Exception:
        """Return what an error of reading means: itself, where it has a meaning of its own."""
        names = {kind.__name__ for kind in type(error).__mro__}
        # openai 3 is built on httpx2, openai 2 on httpx; both call the base of these RequestError.
        of_transport = "RequestError" in names
        if isinstance(error, OutOfTimeError) or (of_transport and self.limits.passed):
            return self._out_of_time()
        if "TimeoutException" in names:
            return self._silent()
        lost = f"the connection was lost ({error})"
        return self.reader.truncated(lost) if of_transport else error

    def _out_of_time(self) -> KimiTimeoutError:
        total = f"{self.limits.total:g} s (total_timeout)"
        return self.reader.late(f"it was not whole after {total}")

    def _silent(self) -> KimiTimeoutError:
        gap = f"{self.limits.gap:g} s (timeout)"
        return self.reader.late(f"nothing of it came for {gap}, keep-alives aside")

    def _end(self, *, done: bool) -> list[Event]:
        events = self.reader.close(done=done)
        if self._observer is not None:
            self._observer.on_close(events)
        return events


def _whole(body: bytes) -> dict[str, Any]:
    try:
        value = read_json(body)
    except ValueError as error:
        message = (
            f"the server's answer is not JSON ({error}): {body[:200]!r}. "
            "Check that base_url names an OpenAI-compatible API, usually ending in /v1."
        )
        raise KimiProtocolError(message) from error
    answer = cast("dict[str, Any]", value) if isinstance(value, dict) else {}
    if not answer.get("choices") and error_in(answer) is None:
        message = f"the server's answer has no choices: {body[:200]!r}"
        raise KimiProtocolError(message)
    return answer


class Reply:
    """An answer on its way: iterate over it for lists of events, one for every chunk.

    Only neighbouring chunks of nothing but tool arguments share a list, where they arrived in one
    read; `kimi_core.chat._merge` says why.

    Attributes:
        reader: Usage, finish reason, model and the message so far; complete after the iteration.
        request_id: The server's id of the request, or None.
        headers: The response headers.
    """

    def __init__(self, request: Request, response: HttpResponse, limits: Limits) -> None:
        """Take over an open HTTP response, and what it may take."""
        self._response = response
        self._reading = _Reading(request, response, limits)
        self.reader = self._reading.reader
        self.headers = response.headers
        self.request_id = request_id_of(response.headers)

    def __iter__(self) -> Generator[list[Event], None, None]:
        """Yield the events of each chunk; the last list holds what was held back until the end.

        Raises:
            KimiStreamTruncatedError: Where the answer broke off; where that was for want of time
                it is a `KimiTimeoutError` as well.
            KimiStatusError: Where the server reported an error inside its answer.
        """
        limits = self._reading.limits
        try:
            with limits.watch(self._response):
                for data in limits.reads(self._response.iter_bytes()):
                    yield from self._reading.feed(data)
                    self._reading.check()
            yield from self._reading.close()
        except Exception as error:
            found = self._reading.broken(error)
            if found is error:
                raise
            raise found from error
        finally:
            self._response.close()

    def read(self) -> ResponseReader:
        """Read all of it and return the reader."""
        for _events in self:
            pass
        return self.reader


class AsyncReply:
    """An answer on its way, async; see `Reply`."""

    def __init__(self, request: Request, response: HttpResponse, limits: Limits) -> None:
        """Take over an open HTTP response, and what it may take."""
        self._response = response
        self._reading = _Reading(request, response, limits)
        self.reader = self._reading.reader
        self.headers = response.headers
        self.request_id = request_id_of(response.headers)

    async def __aiter__(self) -> AsyncGenerator[list[Event], None]:
        """Yield the events of each chunk; see `Reply.__iter__`.

        What arrives while the caller works is read meanwhile, and counts as one read.
        """
        try:
            source = read_ahead(self._response.aiter_bytes(), self._reading.limits.within)
            async with aclosing(source) as reads:
                async for data in reads:
                    for events in self._reading.feed(data):
                        yield events
                    self._reading.check()
            for events in self._reading.close():
                yield events
        except Exception as error:
            found = self._reading.broken(error)
            if found is error:
                raise
            raise found from error
        finally:
            await self._response.aclose()

    async def read(self) -> ResponseReader:
        """Read all of it and return the reader."""
        async for _events in self:
            pass
        return self.reader
