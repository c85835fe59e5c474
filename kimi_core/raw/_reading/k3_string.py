"""K3: which closing tag ends a raw string that may quote closing tags.

Owns: what makes an end doubtful, and the search for a better one behind it. May know: its own
files, _json.

A string is never escaped, and a page about this format quotes whole calls. Structure follows such
a quotation's closing tag, too, but not to the end: text comes behind the section, or one more
closing tag that nothing has opened. An end is doubted where

==================================  ====================================================
what follows is ...                 which a real call ...
==================================  ====================================================
an argument that was given before   has once (asked where the tool is declared)
the end of the call                 has behind its required arguments (likewise)
the end of the section, and text,   has at the end of the message, or before another
or a tag that closes nothing        channel
==================================  ====================================================

and then it is data if a later closing tag, opened by nothing in between, is not to be doubted. An
argument that the tool does not declare is none of these: models invent arguments far oftener than
they quote half a call, and an unknown argument is reported where a swallowed one is not.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet

from kimi_core._json import as_sequence
from kimi_core.raw._reading.k3_table import K3Marker
from kimi_core.raw._reading.k3_tags import Tag, find_tag, next_tag, read_tag, tail
from kimi_core.raw._reading.markers import Decision
from kimi_core.raw._reading.reader import VISIBLE

__all__ = ["StringEnds"]

_MAX_WAIT = 65_536
_ENDS = (K3Marker.CLOSE_MESSAGE, K3Marker.END_OF_TURN)
_BEHIND_SECTION = (
    K3Marker.OPEN_THINK,
    K3Marker.OPEN_RESPONSE,
    K3Marker.OPEN_TOOLS,
    K3Marker.OPEN_MESSAGE,
    K3Marker.CLOSE_RESPONSE,
    K3Marker.CUT,
)


class StringEnds:
    """The closing tags of one string, each as it is met.

    Args:
        keys: Names of the arguments so far, this one among them.
        schema: The parameters of the tool, or None where it is not declared.
        in_section: Whether the call stands in the tool channel; behind one that does not, text is
            nothing odd.
    """

    __slots__ = (
        "_data_until",
        "_in_call",
        "_in_section",
        "_keys",
        "_looked",
        "_missing",
        "_opened",
        "_strict",
    )

    def __init__(
        self, keys: AbstractSet[str], schema: Mapping[str, object] | None, *, in_section: bool
    ) -> None:
        """Begin a string."""
        required = as_sequence((schema or {}).get("required")) or ()
        needed = {name for name in required if isinstance(name, str)}
        self._keys = keys
        self._strict = schema is not None
        self._missing = bool(needed - keys)
        self._in_section = in_section
        self._data_until = self._looked = -1
        self._opened = 0
        self._in_call = True

    def real(
        self,
        tag: Tag,
        text: str,
        base: int,
        followed: Callable[[int], Decision],
        *,
        final: bool,
    ) -> Decision:
        """Whether a closing tag behind which structure follows ends the string.

        Args:
            tag: The tag.
            text: What has been received.
            base: Where `text` begins in the whole.
            followed: Whether structure follows behind a position.
            final: Whether the text is over.
        """
        if base + tag.start < self._data_until:
            return False
        doubted = self._doubted(tag.end, text, final=final)
        if not doubted:
            return None if doubted is None else True
        return self._is_last(tag, text, base, followed, final=final)

    def _doubted(self, end: int, text: str, *, final: bool) -> Decision:
        after = next_tag(text, end, final=final)
        if isinstance(after, Tag) and after.marker is K3Marker.OPEN_ARGUMENT:
            return self._strict and after.attributes.get("key", "") in self._keys
        if not isinstance(after, Tag) or after.marker is not K3Marker.CLOSE_CALL:
            return False
        if self._missing or not self._in_section:
            return self._missing
        section = next_tag(text, after.end, final=final)
        if not isinstance(section, Tag) or section.marker is not K3Marker.CLOSE_TOOLS:
            return None if section is None else False
        return _goes_on_oddly(section.end, text, final=final)

    def _is_last(
        self,
        tag: Tag,
        text: str,
        base: int,
        followed: Callable[[int], Decision],
        *,
        final: bool,
    ) -> Decision:
        """Whether no better end comes behind a doubtful one."""
        if self._looked < base + tag.end:
            self._looked, self._opened, self._in_call = base + tag.end, 0, True
        found = find_tag(text, self._looked - base)
        while found:
            later = read_tag(text, found.start(), final=final)
            better = self._is_better(later, text, followed, final=final) if later else later
            if better is None:
                return None
            if better:
                self._data_until = base + found.start()
                return False
            self._looked = base + found.end()
            found = find_tag(text, found.end())
        self._looked = base + tail(text, self._looked - base)
        return True if final or len(text) - tag.end > _MAX_WAIT else None

    def _is_better(
        self, tag: Tag, text: str, followed: Callable[[int], Decision], *, final: bool
    ) -> Decision:
        self._in_call = self._in_call and tag.marker is not K3Marker.OPEN_CALL
        if tag.marker is K3Marker.OPEN_ARGUMENT:
            again = self._strict and tag.attributes.get("key", "") in self._keys
            self._opened += not (again and self._in_call)  # in another call it is its own
            return False
        if tag.marker is not K3Marker.CLOSE_ARGUMENT:
            return False
        if self._opened:
            self._opened -= 1
            return False
        structure = followed(tag.end)
        if not structure:
            return structure
        doubted = self._doubted(tag.end, text, final=final)
        return None if doubted is None else not doubted


def _goes_on_oddly(end: int, text: str, *, final: bool) -> Decision:
    """Whether what stands behind the section is nothing that a message goes on with."""
    after = next_tag(text, end, final=final)
    if after is None:
        return None
    if not after:
        return VISIBLE.search(text, end) is not None
    if after.marker in _ENDS:
        return _goes_on_oddly(after.end, text, final=final)
    return after.marker not in _BEHIND_SECTION
