"""Bytes of an event stream -> JSON objects. Sans I/O.

Owns: the framing of server-sent events, by the standard (WHATWG HTML, section 9.2) and as
OpenAI-compatible servers write them. May know: its own files, errors. It reads no socket and knows
no field of any chunk.

Liberal in what it reads, each seen in a recording, an issue or the standard: comments
(``: OPENROUTER PROCESSING``), ``data:`` with no blank behind it (Kimi Code), line ends of all three
kinds, a byte order mark, data on several lines, ``event: error``, events cut anywhere, even inside
a UTF-8 character, no blank lines between events, and streams that end without one.
"""

from __future__ import annotations

from typing import Any

from kimi_core.errors import KimiProtocolError
from kimi_core.transport.body import BYTE_ORDER_MARK, read_beginning, read_json
from kimi_core.transport.repeats import FindText, Repeats, Texts

__all__ = ["EventStreamDecoder", "begins_like_events"]

_MOST_BYTES = 32 * 1024 * 1024  # of one event: a million tokens of arguments are a fifth of it
_WORDLESS = "the server sent an error event without a word in it"
# Behind so many events that nothing repeats, no more are looked at for it: a server that numbers
# its events gains nothing.
_MOST_UNREPEATED = 8
_FIELDS = (b"data:", b"event:", b"id:", b"retry:", b":")


def begins_like_events(data: bytes) -> bool:
    """Whether a body begins as an event stream does, whatever its content type says."""
    return data.removeprefix(BYTE_ORDER_MARK).lstrip().startswith(_FIELDS)


class EventStreamDecoder:
    """Cuts bytes into events, in time that grows with their number, however they are cut.

    Lines are split before they are decoded, so a UTF-8 character that two reads share is whole
    again by then.

    Attributes:
        repeats: What the next event may repeat; None where one was begun, or nothing can be
            repeated.
        done: Whether ``[DONE]`` was seen; nothing after it is read.
        broken: What is wrong with an event, behind which nothing is read; None while all is well.
        cut: Whether the stream ended inside an event.
    """

    __slots__ = (
        "_after_return", "_data", "_error", "_find", "_held", "_last", "_repeats",
        "_size", "_tail", "_unrepeated", "broken", "cut", "done", "repeats",
    )  # fmt: skip

    def __init__(self, find: FindText | None = None) -> None:
        """Start at the beginning of a stream.

        Args:
            find: Finds the only text that an event says, so that events which repeat it but for
                that text are not read anew; None reads each.
        """
        self._tail: list[bytes] = []  # of a line; joined once, or each read would copy all of it
        self._data: list[bytes] = []  # of an event that is not JSON yet
        self._held = 0  # bytes of these; summed once, or each read would go through all of them
        self._size = 0
        self._after_return = False
        self._error = False
        self._last: dict[str, Any] | None = None
        self._find = find
        self._repeats: Repeats | None = None
        self._unrepeated = 0
        self.repeats: Repeats | None = None
        self.done: bool = False
        self.cut: bool = False
        self.broken: KimiProtocolError | None = None

    def feed(self, data: bytes) -> list[dict[str, Any] | Texts]:
        """Take bytes as they came and return the objects that became whole.

        `Texts` stand for those that repeat one before them, where they were asked for.
        """
        if b"\r" in data or self._after_return:
            data = self._with_line_feeds(data)
        found: list[dict[str, Any] | Texts] = []
        at, end = 0, len(data)
        while at < end and not (self.done or self.broken is not None):
            begun = self._size or self._data or self._error or self._last
            if not begun:
                at = self._read_whole(data, at, found)
            blank = data.find(b"\n\n", at) + 2
            after = blank if blank > 1 else end
            if at < after:
                found += self._read_cut(data[at:after] if at or after < end else data)
            at = after
        begun = self._size or self._data or self._error or self._last or self._after_return
        ends = begun or self.done or self.broken is not None
        self.repeats = None if ends else self._repeats
        return found

    def _read_whole(self, data: bytes, at: int, found: list[dict[str, Any] | Texts]) -> int:
        """Read events that came whole, each on one line, as nearly all do; return where they end.

        Behind that every rule is asked, which takes three times as long.
        """
        while True:
            if self._repeats is not None:
                texts, at = self._repeats.read(data, at)
                if texts is not None:
                    found.append(texts)
                    continue
            end = data.find(b"\n\n", at)
            if end < 0 or not data.startswith(b"data:", at):
                return at
            line = data[at:end]
            # The end is no JSON, which takes twenty times as long to find out.
            plain = b"\n" not in line and not line.endswith(b"[DONE]")
            event = _parsed(line[5:]) if plain else None
            if event is None:
                return at
            found.append(event)
            at = end + 2
            if self._find is not None:
                self._learn(line, event, self._find)

    def _learn(self, line: bytes, event: dict[str, Any], find: FindText) -> None:
        if self._repeats is not None:
            self._unrepeated = 0 if self._repeats.used else self._unrepeated + 1
            self._repeats = None
        if self._unrepeated < _MOST_UNREPEATED:
            self._repeats = Repeats.of(line, event, find)

    def _read_cut(self, data: bytes) -> list[dict[str, Any]]:
        """Read lines; the first may go on with one that was begun, and the last may go on."""
        lines = data.split(b"\n")
        if len(lines) > 1:
            self._tail.append(lines[0])
            lines[0] = b"".join(self._tail)
            self._tail.clear()
        self._size = (self._size if len(lines) == 1 else 0) + len(lines[-1])
        self._tail.append(lines.pop())
        found = self._read_all(lines)
        if self._size + self._held > _MOST_BYTES:
            self._break(f"an event of more than {_MOST_BYTES} bytes", b"".join(self._tail)[:200])
        return found

    def beginning(self) -> dict[str, Any] | None:
        """Return as much as is there of an event that has not ended; None where there is none."""
        data = b"".join(self._tail)
        if not data.startswith(b"data:"):
            return None
        return read_beginning(data[5:])

    def close(self) -> list[dict[str, Any]]:
        """Return what an event without its end held."""
        line = b"".join(self._tail)
        found = self._read_all([line, b""])
        self.cut = self.broken is not None and line.startswith(b"data:")
        if not self.cut:
            self._tail.clear()
        return found

    def _with_line_feeds(self, data: bytes) -> bytes:
        if self._after_return and data.startswith(b"\n"):
            data = data[1:]
        self._after_return = data.endswith(b"\r")
        return data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")

    def _read_all(self, lines: list[bytes]) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        for line in lines:
            if self.done or self.broken is not None:
                break
            event = self._read(line)
            if event is not None:
                found.append(event)
        return found

    def _read(self, line: bytes) -> dict[str, Any] | None:
        if line.startswith(b"data:"):
            return self._read_data(line[5:].strip())
        if not line:
            return self._dispatch()
        if line.startswith(b"event:"):
            self._error = line[6:].strip() == b"error"
            if self._error and self._last is not None:  # said after its data
                return _as_error(self._last)
        elif line.startswith(BYTE_ORDER_MARK):
            return self._read(line[len(BYTE_ORDER_MARK) :])
        return None

    def _read_data(self, data: bytes) -> dict[str, Any] | None:
        if self._data:
            self._hold(data)
            return None
        if data == b"[DONE]" and not self._error:
            self.done = True
            return None
        if not data or data == b"null":  # an idle event of a relay (pi issue 2466)
            return None
        # Most events are one line, and some servers send no blank line behind it.
        event = _parsed(data)
        if event is None:
            self._hold(data)
            return None
        self._last = event
        return _as_error(event) if self._error else event

    def _hold(self, data: bytes) -> None:
        self._data.append(data)
        self._held += len(data) + 1  # and the line feed between them

    def _dispatch(self) -> dict[str, Any] | None:
        lines, error, last = self._data, self._error, self._last
        self._data, self._held, self._error, self._last = [], 0, False, None
        if not lines:
            return _as_error({"message": _WORDLESS}) if error and last is None else None
        text = b"\n".join(lines)
        event = _parsed(text) if len(lines) > 1 else None
        if event is None and error:
            event = {"message": text.decode(errors="replace")}
        if event is None:
            self._break(_what_is_wrong(text), text)
            return None
        return _as_error(event) if error else event

    def _break(self, what: str, text: bytes) -> None:
        self.broken = KimiProtocolError(f"the server sent {what}: {text[:200]!r}")


def _parsed(text: bytes) -> dict[str, Any] | None:
    try:
        value: Any = read_json(text)
    except ValueError:
        return None
    found: Any = value
    return found if isinstance(value, dict) else None


def _what_is_wrong(text: bytes) -> str:
    try:
        read_json(text)
    except ValueError as error:
        return f"an event that is not JSON ({error})"
    return "an event that is not a JSON object"


def _as_error(event: dict[str, Any]) -> dict[str, Any]:
    return event if "error" in event else {"error": event}
