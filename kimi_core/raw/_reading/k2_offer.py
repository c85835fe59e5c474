"""K2: whether what stands behind a begin marker is a call that is offered.

Owns: the look ahead from the marker of a section or of a call to the id, and, where the id names
no tool, to the end of the arguments. May know: its own files.

Nothing is taken before that is known, so that nothing has to be given back: a marker that leads to
no offered call was never more than text.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from kimi_core.raw._reading.k2_call import (
    FINDERS,
    MAX_HEADER,
    NO_ARGUMENT_MARKER,
    NUMBERED,
    PROSE,
    call_ends,
)
from kimi_core.raw._reading.k2_table import Marker, State

if TYPE_CHECKING:
    from kimi_core.raw._reading.markers import Decision
    from kimi_core.raw._reading.text_rule import TextRule

__all__ = ["K2Offers", "header_before", "object_follows"]

# Text between a section's begin and its first call; as much as the section itself takes for noise.
_MAX_NOISE = 512
_MAX_BLANK = 128
# Where the id names no tool, the arguments tell; what is longer is not waited for.
_MAX_ARGUMENTS = 65_536

_HEADER = re.compile(r"\s*(?:functions\.)?(\S+):[0-9]{1,9}\s*\Z")


def header_before(text: str) -> str | None:
    """Return the name in a text that is an id and nothing else, or None."""
    header = _HEADER.match(text)
    return header.group(1) if header else None


def object_follows(text: str, start: int, *, final: bool) -> Decision:
    """Whether an object begins here, blanks aside."""
    said = text[start : start + _MAX_BLANK].lstrip()
    if said or len(text) >= start + _MAX_BLANK:
        return said.startswith("{")
    return False if final else None


class K2Offers:
    """Looks ahead in one text."""

    __slots__ = ("_looked", "_rule")

    def __init__(self, rule: TextRule) -> None:
        """Start at the beginning of the text."""
        self._rule = rule
        self._looked = 0  # how far the text was searched in vain for the end of arguments

    def in_section(self, text: str, start: int, base: int, *, final: bool) -> Decision:
        """Whether the section that begins here holds an offered call first.

        Args:
            text: What has been received.
            start: Where the marker of the section ends.
            base: Where `text` begins in the whole.
            final: Whether the text is over.
        """
        finder = FINDERS[State.SECTION]
        found = finder.search(text, start)
        end = found.start() if found else len(text) if final else finder.tail(text, start)
        if end - start > _MAX_NOISE:
            return False
        if found is None:
            return False if final else None
        kind = finder.kind(found.group())
        if kind is Marker.CALL_BEGIN:
            return self.at_call(text, found.end(), base, final=final)
        if kind is not Marker.ARGUMENT_BEGIN:
            return False
        return self.without_begin(text[start:end], text, found.end(), final=final)

    def without_begin(self, said: str, text: str, end: int, *, final: bool) -> Decision:
        """Whether a text in front of an argument marker is the id of an offered call.

        Args:
            said: All text since the last marker.
            text: What has been received.
            end: Where the argument marker ends.
            final: Whether the text is over.
        """
        name = header_before(said)
        if name is None or not self._rule.declares(name):
            return False
        return object_follows(text, end, final=final)

    def at_call(self, text: str, start: int, base: int, *, final: bool) -> Decision:
        """Whether the call whose id begins here is offered; arguments as for `in_section`."""
        finder = FINDERS[State.HEADER]
        found = finder.search(text, start)
        end = found.start() if found else len(text) if final else finder.tail(text, start)
        header = text[start : min(end, start + MAX_HEADER + 1)]
        unmarked = NO_ARGUMENT_MARKER.match(header)
        if unmarked:
            return self._rule.offers(self._rule.tools.resolve(unmarked.group().strip()))
        if len(header) > MAX_HEADER or PROSE.match(header):
            return False
        if found is None:
            return False if final else None
        if finder.kind(found.group()) is not Marker.ARGUMENT_BEGIN and not NUMBERED.match(header):
            return False
        resolution = self._rule.tools.resolve(header.strip())
        if resolution.name is None:
            return self._by_arguments(text, found.end(), base, final=final)
        return self._rule.offers(resolution)

    def _by_arguments(self, text: str, start: int, base: int, *, final: bool) -> Decision:
        found = call_ends(text, max(start, self._looked - base))
        if found is None and not final and len(text) - start < _MAX_ARGUMENTS:
            self._looked = max(self._looked, base + len(text) - MAX_HEADER)
            return None
        end = found.start() if found else len(text)
        short = end - start <= _MAX_ARGUMENTS
        return short and self._rule.tools.infer(text[start:end]) is not None
