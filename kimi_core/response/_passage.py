"""More of one string in a call's arguments -> one event, past all who would read it first.

Owns: `Passage`, which text may take it, and where that text is kept. May know: its own files,
events.

Nearly all text of a long call stands inside of one JSON string, and says nothing to anybody on its
way: not to the parser of raw tokens, not to the numbering, not to what settles calls. Each of them
keeps it in a list of its own and hands it on, in twenty functions for one piece.

The law: a passage is open where everybody on the way says that more of that string is told as it
comes, and that nothing of it waits (`kimi_core.events.open_string`); each gives the list in which
the arguments are kept. They are asked once, by the first text that can take the passage, and it is
closed by the first text that cannot. So nobody decides here what a text is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from kimi_core.events import ToolCallArguments
from kimi_core.events.open_string import MORE_OF_A_STRING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from kimi_core.response._words import TextKind

__all__ = ["Passage", "Way"]

_is_more = MORE_OF_A_STRING.fullmatch


class Way(NamedTuple):
    """Where more of a string is kept.

    Attributes:
        call: The call's number in the answer.
        kept: The lists of all who keep its arguments.
        skip: As for `OpenString`.
    """

    call: int
    kept: Sequence[list[str]]
    skip: Callable[[int], None] | None


class Passage:
    """Takes more of one string, if there is one.

    Args:
        kind: The kind of its text.
        ask: Asks everybody on the way; None where one of them says no.
    """

    __slots__ = ("_ask", "_call", "_keep", "_kind", "_skip")

    def __init__(self, kind: TextKind, ask: Callable[[], Way | None]) -> None:
        self._kind, self._ask = kind, ask
        self._keep: list[Callable[[str], None]] = []
        self._skip: Callable[[int], None] | None = None
        self._call = 0

    def more(self, kind: TextKind, text: str) -> ToolCallArguments | None:
        """Take more of the string; None takes nothing of what may be anything else."""
        if not text or kind != self._kind or not _is_more(text):
            return None
        if not self._keep and not self._opens():
            return None
        if self._skip is not None:
            if "<" in text:
                return None
            self._skip(len(text))
        for keep in self._keep:
            keep(text)
        return ToolCallArguments(self._call, text)

    def _opens(self) -> bool:
        way = self._ask()
        if way is None:
            return False
        self._call, self._skip = way.call, way.skip
        self._keep = [pieces.append for pieces in way.kept]
        return True
