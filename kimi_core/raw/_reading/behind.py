"""Whether something stands behind the call that begins at a marker.

Owns: the look ahead from a marker over its call. May know: its own files.

What a page shows is shown to its end: a tag, a comment, a quotation, a table's row go on behind the
call that they hold. The arguments of the call say nothing of that: whoever writes a page mentions
its ``<script>``, and then calls a tool with the whole of it.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from kimi_core.raw._reading.json_scan import LOOKAHEAD

if TYPE_CHECKING:
    from kimi_core.raw._reading.markers import Decision

__all__ = ["CALL_END", "LONGEST_END", "Behind"]

CALL_END = re.compile(
    r"<\|tool_calls?_end\|>|<\|tool_calls_section_end\|>|<\|close\|>(?:call|tools)<\|sep\|>"
)
LONGEST_END = 32
# What has longer arguments is not waited for, and is taken for a call.
_MAX_CALL = 65_536


@lru_cache(maxsize=256)
def _behind_a_call(ends: str) -> re.Pattern[str]:
    return re.compile(rf"(?:{CALL_END.pattern})(?:(?!<\|).)*?(?:{ends})", re.DOTALL | re.IGNORECASE)


class Behind:
    """Looks ahead in one text."""

    __slots__ = ("_looked",)

    def __init__(self) -> None:
        """Start at the beginning of the text."""
        self._looked = 0  # how far from the marker the end of its call was searched in vain

    def say(self) -> None:
        """Go on in the text: the next marker is another one."""
        self._looked = 0

    def follows(
        self, ends: str, over: re.Pattern[str] | None, text: str, start: int, *, final: bool
    ) -> Decision:
        """Whether an end stands behind the call, with no other marker in between.

        Args:
            ends: A pattern of what is looked for.
            over: What ends the search, or None.
            text: What has been received.
            start: Where the marker begins; all before it was said.
            final: Whether the text is over.
        """
        closed = CALL_END.search(text, start + self._looked)
        if closed is None:
            self._looked = max(0, len(text) - start - LONGEST_END)
            return False if final or len(text) - start > _MAX_CALL else None
        most = closed.end() + LOOKAHEAD
        last = over.search(text, closed.end(), most) if over else None
        if _behind_a_call(ends).search(text, closed.start(), last.start() if last else most):
            return True
        return False if last or final or len(text) >= most else None
