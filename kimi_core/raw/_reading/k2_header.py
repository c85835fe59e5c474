"""K2's calls that lost their begin marker: an id, the argument marker, an object.

Owns: finding such an id in front of the argument marker, and the tail of a text that may grow into
one and has to be held back. May know: the standard library.

Seen in production (typeclaw/typeclaw#344): ``channel_reply:0<|tool_call_argument_begin|>{...}``.
Without its marker an id is only believed as it is trained, ``functions.NAME:NUMBER`` or
``NAME:NUMBER``, where exactly that name is declared.
"""

from __future__ import annotations

import re
from functools import lru_cache

__all__ = ["Headers", "headers_of"]

_PREFIX = "functions."
# More digits than a counter can have, or more blanks than a server puts round a marker, are text.
_NUMBER = re.compile(r":[0-9]{1,9}\s{0,8}\Z")
_NUMBER_SO_FAR = re.compile(r":[0-9]{0,9}(?:(?<=[0-9])\s{0,8})?\Z")
_JOINTS = frozenset(".-:/")
_MOST_BEHIND_NAME = len(":") + 9 + 8


@lru_cache(maxsize=64)
def headers_of(names: tuple[str, ...]) -> Headers:
    """Return what finds the ids of these tools; an agent asks with the same ones every turn."""
    return Headers(names)


class Headers:
    """The ids of declared tools, where no marker announces them."""

    __slots__ = ("_begun", "_first", "_longest", "_named")

    def __init__(self, names: tuple[str, ...]) -> None:
        """Prepare the search for ids of these tools."""
        self._named = frozenset(prefix + name for name in names for prefix in ("", _PREFIX))
        self._begun = frozenset(
            name[:length] for name in self._named for length in range(1, len(name) + 1)
        )
        firsts = "".join(sorted({name[0] for name in self._named}))
        self._first = re.compile(f"[{re.escape(firsts)}]" if firsts else r"(?!)")
        self._longest = max(map(len, self._named), default=0) + _MOST_BEHIND_NAME

    def find(self, text: str, start: int, end: int, before: str) -> int | None:
        """Return where the id begins that ends at `end`; None where there is none.

        Args:
            text: What has been received.
            start: Where the text begins that was not said yet.
            end: Where the argument marker stands.
            before: The character before `start`, or "".
        """
        for at in self._starts(text, start, end, before):
            if self._is_whole(text[at:end]):
                return at
        return None

    def tail(self, text: str, start: int, end: int, before: str) -> int:
        """Return where the tail begins that may grow into an id; `end` where there is none.

        Args:
            text: What has been received.
            start: Where the text begins that was not said yet.
            end: Where the tail begins that may grow into a marker.
            before: As for `find`.
        """
        whole = end < len(text)
        for at in self._starts(text, start, end, before):
            said = text[at:end]
            if self._is_whole(said) if whole else self._is_begun(said):
                return at
        return end

    def _starts(self, text: str, start: int, end: int, before: str) -> list[int]:
        """List where an id may begin: at no letter's or digit's right hand."""
        found = self._first.search(text, max(start, end - self._longest), end)
        starts: list[int] = []
        while found:
            at = found.start()
            if _is_apart(text, at, text[at - 1] if at > start else before):
                starts.append(at)
            found = self._first.search(text, at + 1, end)
        return starts

    def _is_whole(self, said: str) -> bool:
        number = _NUMBER.search(said)
        return number is not None and said[: number.start()] in self._named

    def _is_begun(self, said: str) -> bool:
        if said in self._begun:
            return True
        number = _NUMBER_SO_FAR.search(said)
        return number is not None and said[: number.start()] in self._named


def _is_apart(text: str, at: int, before: str) -> bool:
    """Whether an id that begins here is no end of a longer word; ``api.f:0`` is no ``f:0``."""
    if before.isalnum() or before == "_":
        return False
    return before not in _JOINTS or text.startswith(_PREFIX[: len(text) - at], at)
