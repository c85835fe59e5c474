"""Bytes of one answer -> lists of events, and what an end in the middle means.

Owns: `Reading`, which the sync and the async reply share: what kind of body it is, when the answer
is whole, and how an answer that breaks off is told. May know: its own files, _json, errors, events,
request, response, transport. No I/O.

The law for an end: an answer is whole with ``[DONE]``, with a finish reason, or as a whole body,
whatever the connection does afterwards. Any other end is an error that carries all that had come,
and what had come is told before it.
"""

from __future__ import annotations

from itertools import chain, groupby
from typing import TYPE_CHECKING, Any, cast

from kimi_core._json import as_mapping, as_sequence
from kimi_core.chat._learned import Learned
from kimi_core.chat._merge import merged_arguments
from kimi_core.chat.observe import current_observer
from kimi_core.errors import (
    EmptyAnswerWarning,
    KimiAPIError,
    KimiProtocolError,
    KimiStreamTruncatedError,
    KimiTimeoutError,
    error_in,
    hide_key,
    is_of_aiohttp,
    is_timeout,
    warn,
    warnings_at,
)
from kimi_core.response import ResponseReader, incomplete_answer, only_text, says_something
from kimi_core.transport.body import BYTE_ORDER_MARK, BodyReader
from kimi_core.transport.limits import OutOfTimeError
from kimi_core.transport.repeats import Texts
from kimi_core.transport.sse import EventStreamDecoder, begins_like_events

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Mapping

    from kimi_core.errors import Line
    from kimi_core.events import Event
    from kimi_core.request import Request
    from kimi_core.transport.call import HttpResponse
    from kimi_core.transport.limits import Limits

__all__ = ["Reading"]

_LONGEST_FIELD = len(b"event:")
_LOST = (
    "the answer cost {tokens} and has neither text nor a call: a server's parser drops what it "
    "cannot read, such as a damaged call. Ask again; or start the server without a tool parser and "
    "set tool_call_parser='client', which keeps it."
)


class Reading:
    """Reads one answer.

    Attributes:
        reader: The message so far, usage, finish reason.
        limits: The clocks of the request.
    """

    def __init__(
        self,
        request: Request,
        response: HttpResponse,
        limits: Limits,
        made_at: Line | None,
        learned: Learned | None = None,
        *,
        asks_again: bool = False,
    ) -> None:
        """Take over the headers of an open HTTP response, and what is known of its server."""
        headers: Mapping[str, str] = response.headers
        limits.opened(response)
        self.limits = limits
        self._made_at = made_at
        self._request = request
        self._learned = learned or Learned()
        known = self._learned.splitting(request)
        self.reader = ResponseReader(request, headers, known, asks_again=asks_again)
        self._response = response
        self._says_events = "event-stream" in headers.get("content-type", "")
        self._beginning = b""
        self._decoder: EventStreamDecoder | None = None
        self._body: BodyReader | None = None
        self._observer = current_observer()

    @property
    def finished(self) -> bool:
        """Whether the answer is whole; what the connection does then changes nothing."""
        if self._decoder is not None:
            return self._decoder.done
        return self._body is not None and self._body.value is not None

    def feed(self, data: bytes) -> Iterable[list[Event]]:
        """Read bytes as they came; return the events of each chunk, to be looked at at once."""
        decoder = self._decoder
        if decoder is not None:
            repeats = decoder.repeats
            text = None if repeats is None else repeats.text_of(data)
            if repeats is None or text is None:
                return self._feed_events(decoder, data)
            # As nearly every read of a live stream.
            if text:  # an empty one keeps the connection alive, and says nothing
                self.limits.heard()
            return self.reader.feed_texts(repeats.kind, repeats.event, [text])
        if self._body is not None:
            self._feed_body(self._body, data)
            return ()
        self._beginning += data
        return self.feed(self._beginning) if self._decide() else ()

    def _decide(self, *, at_end: bool = False) -> bool:
        """Decide what the body is, by what it begins with: relays lie in the content type."""
        begun = self._beginning.removeprefix(BYTE_ORDER_MARK).lstrip()
        if not begun and not at_end:
            # Blanks keep a connection alive. Kept, they would be looked through with every read:
            # half a megabyte of gzip, which unpacks to 600 MB of them, took longer than any limit.
            self._beginning = b""
            return False
        if begins_like_events(begun):
            self._decoder = self._event_decoder()
        elif begun.startswith(b"{"):
            self._body = BodyReader()
        elif at_end or len(begun) > _LONGEST_FIELD + 3:  # a byte order mark
            self._decoder = self._event_decoder() if self._says_events else None
            self._body = None if self._says_events else BodyReader()
        return self._decoder is not None or self._body is not None

    def _event_decoder(self) -> EventStreamDecoder:
        # An observer is shown each chunk as it came.
        return EventStreamDecoder(only_text if self._observer is None else None)

    def _feed_events(self, decoder: EventStreamDecoder, data: bytes) -> Iterable[list[Event]]:
        chunks = decoder.feed(data)
        if len(chunks) == 1 and decoder.broken is None:  # nothing to merge
            return self._read_any(chunks[0])
        return self._read_all(decoder, chunks)

    def _read_all(
        self, decoder: EventStreamDecoder, chunks: list[dict[str, Any] | Texts]
    ) -> Generator[list[Event], None, None]:
        for is_plain, run in groupby(chunks, self._is_plain):
            lists = chain.from_iterable(map(self._read_any, run))
            yield from lists if is_plain else merged_arguments(lists)
        if decoder.broken is not None:
            raise decoder.broken

    def _is_plain(self, chunk: dict[str, Any] | Texts) -> bool:
        """Whether it is a run of texts in which there is nothing to merge."""
        return not isinstance(chunk, dict) and self.reader.is_plain(chunk.kind)

    def _read_any(self, chunk: dict[str, Any] | Texts) -> Iterable[list[Event]]:
        if isinstance(chunk, dict):
            return (self._read(chunk),)
        if any(chunk.texts):
            self.limits.heard()
        return self.reader.feed_texts(*chunk)

    def _feed_body(self, body: BodyReader, data: bytes) -> None:
        if data.strip():
            self.limits.heard()
        body.feed(data)

    def close(self) -> Generator[list[Event], None, None]:
        """Yield what the end of the body tells.

        Raises:
            KimiStreamTruncatedError: Where the answer was not whole.
        """
        if self._decoder is None and self._body is None:
            self._decide(at_end=True)
            yield from self.feed(self._beginning)
        if self._body is not None:
            value = self._body.close()
            if value is None:
                raise self.reader.truncated("the body ended in the middle")
            if not _has_choice(value) and error_in(value) is None:
                message = f"the server's answer has no choices: {self._body.shown!r}"
                raise KimiProtocolError(message)
            yield self._read(value)
            yield self._last(done=not _is_begun(value))
        else:
            yield from self._close_events(cast("EventStreamDecoder", self._decoder))
        self.reader.check_end()
        with warnings_at(self._made_at):
            self._warn_of_nothing()

    def _close_events(self, decoder: EventStreamDecoder) -> Generator[list[Event], None, None]:
        yield from map(self._read, decoder.close())
        if decoder.cut:
            raise self.reader.truncated("the stream ended inside an event")
        if decoder.broken is not None:
            raise decoder.broken
        yield self._last(done=decoder.done)

    def _last(self, *, done: bool) -> list[Event]:
        """Return what was held back until the end, and take what the whole answer says.

        Before anybody is told: who leaves with the first piece of an answer that was held back
        would wait for the end of each one.
        """
        events = self._end(done=done)
        if self.reader.splitting is not None and self.reader.is_whole:
            with warnings_at(self._made_at):
                self._learned.learn(self._request, self.reader)
        return events

    def _read(self, chunk: dict[str, Any]) -> list[Event]:
        events = self.reader.feed(chunk)
        if events or says_something(chunk):
            self.limits.heard()
        if self._observer is not None:
            self._observer.on_chunk(chunk, events)
        return events

    def _end(self, *, done: bool) -> list[Event]:
        events = self.reader.end(done=done)
        if self._observer is not None:
            self._observer.on_close(events)
        return events

    def _warn_of_nothing(self) -> None:
        said = self.reader.message()
        if said.content or said.tool_calls or self.reader.unsettled:
            return
        error = incomplete_answer(said, self.reader.metadata())
        lost = next((odd.text for odd in said.diagnostics if odd.kind == "empty_answer"), None)
        if error is not None:
            warn(str(error), EmptyAnswerWarning)
        elif lost is not None and self._might_have_called():
            warn(_LOST.format(tokens=lost), EmptyAnswerWarning)

    def _might_have_called(self) -> bool:
        """Whether the server was to find calls, so that one that is lost was meant."""
        payload = self._request.payload
        return bool(payload.get("tools")) and payload.get("tool_choice") != "none"

    # -- an end in the middle ----------------------------------------------------------------------

    def goes_on(self) -> bool:
        """Whether there is more to read; what the connection does behind a whole answer is nothing.

        Raises:
            KimiTimeoutError: Where the answer takes too long, though its server keeps the
                connection alive; with what had come in its ``partial``.
        """
        decoder, limits = self._decoder, self.limits
        if self.finished if decoder is None else decoder.done:
            return False
        if limits.over:
            raise self._out_of_time() if limits.passed else self._silent()
        return True

    def after(self, error: Exception) -> tuple[list[list[Event]], Exception | None]:
        """Return what an error of reading leaves to be told, and what it means.

        The error is None where the answer was whole all the same, and itself where it has a meaning
        of its own.
        """
        lost = _is_of_transport(error)
        if lost and (self.finished or self.reader.has_ended):
            return list(self.close()), None
        held = self._held_back() if lost or isinstance(error, _OURS) else []
        meant = self._meant(error) if lost or self._is_hung_up(error) else error
        if isinstance(meant, _OURS):
            # What is shown of the server's bytes may repeat the key.
            for one in (meant, error):
                hide_key(one, self._response)
            meant.partial = self.reader.message()
        return held, meant

    def _is_hung_up(self, error: Exception) -> bool:
        """Whether an answer broke off because the connection was shut down when the time was over.

        Where nothing says how long a body is, that looks like its end.
        """
        late = isinstance(error, KimiTimeoutError)
        return isinstance(error, KimiStreamTruncatedError) and self.limits.passed and not late

    def _meant(self, error: Exception) -> Exception:
        if isinstance(error, OutOfTimeError) or self.limits.passed:
            return self._out_of_time()
        if is_timeout(error):
            return self._silent()
        cause = str(error) or type(error).__name__
        return self.reader.truncated(f"the connection was lost ({cause})")

    def _held_back(self) -> list[list[Event]]:
        source = self._body or self._decoder
        begun = source.beginning() if source is not None else None
        told: list[list[Event]] = []
        try:
            if begun is not None:
                told.append(self._read(begun))
        except KimiAPIError:
            told.append([])  # the beginning of an error object says less than the loss does
        return [*told, self._end(done=False)]

    def _out_of_time(self) -> Exception:
        total = f"{self.limits.total:g} s (total_timeout)"
        return self.reader.late(f"it was not whole after {total}")

    def _silent(self) -> Exception:
        gap = f"{self.limits.gap:g} s (timeout)"
        return self.reader.late(f"nothing of it came for {gap}, keep-alives aside")


_OURS = (KimiAPIError, KimiProtocolError)


def _is_of_transport(error: Exception) -> bool:
    # openai 3 is built on httpx2, openai 2 on httpx; both call the base of these RequestError.
    named = "RequestError" in {kind.__name__ for kind in type(error).__mro__}
    return named or isinstance(error, OutOfTimeError) or is_of_aiohttp(error)


def _has_choice(answer: dict[str, Any]) -> bool:
    choices = as_sequence(answer.get("choices"))
    return choices is not None and any(as_mapping(choice) is not None for choice in choices)


def _is_begun(answer: dict[str, Any]) -> bool:
    """Whether a body is one chunk of a stream, as lines of JSON have them, and no answer."""
    choice = as_mapping((as_sequence(answer.get("choices")) or [None])[0]) or {}
    return "delta" in choice and "message" not in choice and not choice.get("finish_reason")
