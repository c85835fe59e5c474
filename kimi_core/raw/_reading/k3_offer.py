"""K3: whether what stands behind an opening tag is a call that is offered.

Owns: the look ahead from the tag of the tool channel or of a call, to the name and to the first
structure inside the call. May know: its own files, events.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from kimi_core.events import ToolCallStart
from kimi_core.raw._reading.k3 import K3Machine
from kimi_core.raw._reading.k3_table import K3Marker
from kimi_core.raw._reading.k3_tags import Tag, find_tag, next_tag, read_tag
from kimi_core.raw._reading.output import Output

if TYPE_CHECKING:
    from kimi_core.raw._reading.markers import Decision
    from kimi_core.raw._reading.text_rule import TextRule

__all__ = ["K3Offers"]

_MAX_NOISE = 512
_LONGEST_TOKEN = len("<|end_of_msg|>")
_MAX_CALL = 65_536
_CALL_END = re.compile(r"<\|close\|>\s*(?:call|tools|message)")
_BEGINS_CALL = (K3Marker.OPEN_ARGUMENT, K3Marker.OPEN_JSON, K3Marker.CLOSE_CALL)


class K3Offers:
    """Looks ahead in one text."""

    __slots__ = ("_looked", "_rule")

    def __init__(self, rule: TextRule) -> None:
        """Start at the beginning of the text."""
        self._rule = rule
        self._looked = 0  # how far the text was searched in vain for the end of a call

    def at(self, tag: Tag, text: str, base: int, *, final: bool) -> Decision:
        """Whether an opened tool channel holds an offered call first, or a call is offered.

        Args:
            tag: The opening tag.
            text: What has been received.
            base: Where `text` begins in the whole.
            final: Whether the text is over.
        """
        if tag.marker is K3Marker.OPEN_CALL:
            return self._at_call(tag, text, base, final=final)
        first = _first_tag(text, tag.end, final=final)
        if not isinstance(first, Tag):
            return first
        is_call = first.marker is K3Marker.OPEN_CALL
        return is_call and self._at_call(first, text, base, final=final)

    def _at_call(self, tag: Tag, text: str, base: int, *, final: bool) -> Decision:
        resolution = self._rule.tools.resolve_name(tag.attributes.get("tool", ""))
        if resolution.name is not None and not self._rule.offers(resolution):
            return False
        inside = next_tag(text, tag.end, final=final)
        if not isinstance(inside, Tag):
            return inside
        if inside.marker not in _BEGINS_CALL:
            return False
        return resolution.name is not None or self._by_arguments(tag, text, base, final=final)

    def _by_arguments(self, tag: Tag, text: str, base: int, *, final: bool) -> Decision:
        """Whether the arguments of a call without a name tell which tool it is."""
        found = _CALL_END.search(text, max(tag.end, self._looked - base))
        if found is None and not final and len(text) - tag.end < _MAX_CALL:
            self._looked = max(self._looked, base + len(text) - _MAX_NOISE)
            return None
        end = found.start() if found else len(text)
        if end - tag.end > _MAX_CALL:
            return False
        output = Output(strict=False)
        call = K3Machine(output, self._rule.tools, thinking=False)
        call.feed(text[tag.start : end])
        call.close(normal=True)
        starts = [event for event in output.events if isinstance(event, ToolCallStart)]
        return bool(starts) and self._rule.declares(starts[0].name)


def _first_tag(text: str, start: int, *, final: bool) -> Tag | Decision:
    """Return the first tag within the noise that a channel may begin with."""
    limit = start + _MAX_NOISE
    found = find_tag(text, start, limit)
    while found:
        tag = read_tag(text, found.start(), final=final)
        if tag is not False:
            return tag
        found = find_tag(text, found.end(), limit)
    waiting = not final and len(text) < limit + _LONGEST_TOKEN
    return None if waiting else False
