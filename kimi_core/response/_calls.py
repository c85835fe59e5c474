"""The calls of one answer, whichever source they come from.

Owns: one dense numbering, ids that are unique in the answer, and what is one call said twice.
May know: events, raw.

A call is said twice where a model repeats its section, where a relay repeats a fragment, and where
raw tokens stay in the text beside the server's own calls. What may be such a call is kept until
the answer is over, because only whole arguments can be compared.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from kimi_core.events import (
    ContentDelta,
    Diagnostic,
    Event,
    ReasoningDelta,
    ToolCallArguments,
    ToolCallEnd,
    ToolCallStart,
)
from kimi_core.events.arguments import InvalidArguments, read_arguments
from kimi_core.raw.tool_ids import unique_id

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["AnswerCalls", "Source"]

Source = Literal["reasoning", "content", "server"]


@dataclass(slots=True)
class _Call:
    """One call as its source says it; without an index while it is kept."""

    source: Source
    id: str
    name: str
    index: int | None = None
    pieces: list[str] = field(default_factory=list[str])
    complete: bool | None = None
    repeated_by: set[Source] = field(default_factory=set[Source])

    def repeats(self, other: _Call) -> bool:
        """Whether this call says another one again.

        A server makes ids of its own for what it finds in the model's text, so that between it
        and the text the ids say nothing; a call of the text stands for one of the server's then.
        """
        beside = (self.source == "server") != (other.source == "server")
        if self.id != other.id and (not beside or self.source in other.repeated_by):
            return False
        return self.name == other.name and self._says(other)

    def _says(self, other: _Call) -> bool:
        mine, others = "".join(self.pieces), "".join(other.pieces)
        if mine == others:
            return True
        meant = read_arguments(mine)
        return not isinstance(meant, InvalidArguments) and meant == read_arguments(others)


class AnswerCalls:
    """Numbers the calls of all sources.

    Attributes:
        diagnostics: The calls that were said twice.
    """

    def __init__(self, own_names: Mapping[str, str]) -> None:
        """Start without a call.

        Args:
            own_names: The caller's name of each tool that was sent under another.
        """
        self._own_names = own_names
        self._calls: dict[tuple[Source, int], _Call] = {}
        self._given: list[_Call] = []
        self._waits = False
        self._ids: set[str] = set()
        self._counters: dict[str, int] = {}
        self.diagnostics: list[Diagnostic] = []

    @property
    def any(self) -> bool:
        """Whether there is a call."""
        return bool(self._calls)

    def number(self, source: Source, events: Iterable[Event]) -> list[Event]:
        """Return the events with the numbers and ids of the answer, less what has to wait."""
        numbered: list[Event] = []
        for event in events:
            if isinstance(event, (ContentDelta, ReasoningDelta)):
                numbered.append(event)
            else:
                numbered += self._numbered(source, event)
        return numbered

    def told(self, source: Source, index: int) -> tuple[int, list[str]] | None:
        """Return the number and the arguments of a source's call; None of one that waits."""
        call = self._calls[source, index]
        return None if call.index is None else (call.index, call.pieces)

    def close(self) -> list[Event]:
        """Return the calls that had to wait and are none that was said before."""
        events: list[Event] = []
        for call in self._calls.values():
            if call.index is not None:
                continue
            said = next((one for one in self._given if call.repeats(one)), None)
            if said is None:
                events += self._give(call)
            else:
                said.repeated_by.add(call.source)
                self.diagnostics.append(Diagnostic("repeated_call", call.id, 0))
        return events

    def _numbered(
        self, source: Source, event: ToolCallStart | ToolCallArguments | ToolCallEnd
    ) -> list[Event]:
        if isinstance(event, ToolCallStart):
            call = _Call(source, event.id, event.name)
            self._calls[source, event.index] = call
            self._waits = self._may_repeat(call)
            return [] if self._waits else self._give(call)
        call = self._calls[source, event.index]
        if isinstance(event, ToolCallArguments):
            call.pieces.append(event.text)
            if call.index == event.index:  # as nearly always
                return [event]
            return [] if call.index is None else [ToolCallArguments(call.index, event.text)]
        call.complete = event.complete
        return [] if call.index is None else [ToolCallEnd(call.index, event.complete)]

    def _may_repeat(self, call: _Call) -> bool:
        """Whether a call has to wait: it may be one said twice, or one in front of it waits."""
        first = self._given[0].source if self._given else call.source
        return self._waits or call.source != first or call.id in self._ids

    def _give(self, call: _Call) -> list[Event]:
        """Give a call its number, and say of it what has come."""
        call.index = len(self._given)
        self._given.append(call)
        unique = unique_id(call.id, self._ids, self._counters)
        self._ids.add(unique)
        events: list[Event] = [
            ToolCallStart(call.index, unique, self._own_names.get(call.name, call.name))
        ]
        events += [ToolCallArguments(call.index, text) for text in call.pieces]
        if call.complete is not None:
            events.append(ToolCallEnd(call.index, call.complete))
        return events
