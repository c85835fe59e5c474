"""Events that repeat an earlier one but for one string -> those strings. Sans I/O.

Owns: `Repeats`, one event and the place of that string in its bytes. May know: jiter. Which string
of an event that may be is told by whoever reads it: no field of any chunk is known here.

Nearly every event of a stream repeats the one before it byte for byte, with another string in one
place. What stands in front of the string and behind it is compared, and the string alone is read:
0.4 microseconds an event, and 0.15 where hundreds arrive in one read, where reading the object
takes 1 and looking at its fields again 4 (jiter 0.17, CPython 3.11).

It takes no decision of its own: bytes that are the same in front and behind, with JSON text of a
string between them, are an event that has the same fields with the same values, but for this one.
Whatever is not exactly that is left to who reads every event.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, NamedTuple

import jiter

__all__ = ["FindText", "Repeats", "Texts"]

_DATA = b"data:"
_STRING = re.compile(rb'[ \t]*:[ \t]*"((?:[^"\\]|\\.)*)"')
# Stands in the place of the string while it is found out whether it is the right place.
_MARK = "kimi\u241fmark"
_MOST_PLACES = 4  # of one name in an event, which are looked at from the last one on
# Bytes that are cut into events at once: what is not such an event must not be looked through again
# and again where a read is long.
_WINDOW = 16 * 1024


FindText = Callable[[dict[str, Any]], tuple[Any, dict[str, Any], str] | None]
"""Finds the only text that an event says, and returns what kind of text it is, the object in the
event that holds it, and its name there; None where the event says anything else."""


class Texts(NamedTuple):
    """A run of events that differ in one string.

    Attributes:
        kind: As `FindText` said.
        event: One of them, with a string of its own in that place.
        texts: The string of each; never none.
    """

    kind: Any
    event: dict[str, Any]
    texts: list[str]


class Repeats:
    """One event, and what repeats it.

    Attributes:
        kind: As `FindText` said.
        event: The event.
        used: Whether anything has repeated it.
    """

    __slots__ = ("_between", "_end", "_prefix", "_start", "_suffix", "event", "kind", "used")

    def __init__(self, kind: object, event: dict[str, Any], prefix: bytes, suffix: bytes) -> None:
        """Take over an event that was read.

        Args:
            kind: As `FindText` said.
            event: The event.
            prefix: All of its bytes in front of the string, without the quotation mark.
            suffix: All of them behind it, likewise, with the blank line.
        """
        self.kind: Any = kind
        self.event = event
        self._prefix, self._suffix = prefix + b'"', b'"' + suffix
        self._between = self._suffix + self._prefix
        self._start, self._end = len(prefix), -len(suffix)
        self.used = False

    @classmethod
    def of(cls, line: bytes, event: dict[str, Any], find: FindText) -> Repeats | None:
        """Return what repeats an event that came whole on one line; None where nothing can.

        Args:
            line: Its line, without the line feed.
            event: What was read of it.
            find: Finds its text.
        """
        found = find(event)
        if found is None or found[1][found[2]] == _MARK:
            return None
        name, end = b'"%b"' % found[2].encode(), len(line)
        for _ in range(_MOST_PLACES):
            end = line.rfind(name, 0, end)
            if end < 0:
                break
            text = _STRING.match(line, end + len(name))
            if text is not None:
                prefix, suffix = line[: text.start(1) - 1], line[text.end(1) + 1 :]
                if _is_text(prefix, suffix, find):
                    return cls(found[0], event, prefix, suffix + b"\n\n")
        return None

    def text_of(self, data: bytes) -> str | None:
        """Return what one event says, that came alone and repeats this one; None for all else."""
        if not (data.startswith(self._prefix) and data.endswith(self._suffix)):
            return None
        self.used = True
        try:
            # With both marks of quotation, so that several events are no string.
            text: str = jiter.from_json(data[self._start : self._end])
        except ValueError:
            return None
        return text

    def read(self, data: bytes, start: int) -> tuple[Texts | None, int]:
        """Read events that follow each other and repeat this one.

        Args:
            data: Bytes.
            start: Where in them an event begins.

        Returns:
            What they say, or None where not even the first is one; and where the next one begins.
        """
        first = start + len(self._prefix)
        if not data.startswith(self._prefix, start):
            return None, start
        window = data[first : first + _WINDOW]
        pieces = window.split(self._between)
        last = pieces[-1]
        end = last.find(self._suffix)
        if end >= 0:
            pieces[-1] = last[:end]
            after = first + len(window) - len(last) + end + len(self._suffix)
        else:
            pieces.pop()
            after = first + len(window) - len(last) - len(self._prefix)
        texts = _strings(pieces) if pieces else None
        if not texts:
            return None, start
        self.used = True
        return Texts(self.kind, self.event, texts), after


def _strings(pieces: list[bytes]) -> list[str] | None:
    """Read the insides of JSON strings; None where one of them is none."""
    try:
        if len(pieces) == 1:
            return [jiter.from_json(b'"%b"' % pieces[0])]
        whole = b'["%b"]' % b'","'.join(pieces)
        if b"\\" in whole:  # a mark of quotation may be escaped: each has to be a string by itself
            return [jiter.from_json(b'"%b"' % piece) for piece in pieces]
        # Without escapes every mark begins or ends a string, so that one too many is an item more.
        read: list[str] = jiter.from_json(whole)
    except ValueError:
        return None
    return read if len(read) == len(pieces) else None


def _is_text(prefix: bytes, suffix: bytes, find: FindText) -> bool:
    """Whether a string between both is the text of the event."""
    try:
        event: Any = jiter.from_json(b'%b"%b"%b' % (prefix[len(_DATA) :], _MARK.encode(), suffix))
    except ValueError:
        return False
    found = find(event)
    return found is not None and found[1].get(found[2]) == _MARK
