"""What each chunk of a stream says anew.

Owns: `Deltas`, for frameworks that hand on pieces and sum them up themselves. May know: its own
files.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from kimi_core.events import ContentDelta, Event, ReasoningDelta, ToolCallArguments, ToolCallStart
from kimi_core.events.arguments import InvalidArguments, read_arguments

__all__ = ["CallDelta", "Deltas", "Pieces"]


@dataclass(slots=True)
class CallDelta:
    """A piece of one call.

    Attributes:
        index: Position of the call in the message.
        id: Its id, in its first piece.
        name: Name of the tool, likewise.
        arguments: What is new of the JSON text of its arguments.
        runs: False where the piece ends the call, and it may not be run.
    """

    index: int
    id: str | None = None
    name: str | None = None
    arguments: str = ""
    runs: bool = True

    def shown(self) -> dict[str, Any]:
        """Return arguments that came whole in this piece, as some servers send them, or none."""
        found = read_arguments(self.arguments)
        return {} if isinstance(found, InvalidArguments) else found


Pieces: TypeAlias = ToolCallArguments | Sequence[CallDelta]
"""Pieces of calls; one alone that is only more arguments, as nearly all are, is that event."""


class Deltas:
    """Sums the events of each chunk.

    Args:
        ending: Called with all arguments of a call that ends and with whether it was closed and
            may be run; returns what is said behind them, mostly nothing.
    """

    def __init__(self, ending: Callable[[str, bool], str]) -> None:
        self._ending = ending
        self._arguments: dict[int, list[str]] = {}

    def read(self, events: Sequence[Event]) -> tuple[str, str, Pieces]:
        """Return what the events of one chunk say: content, reasoning, and pieces of calls.

        Each is empty where they say nothing of it. A plain tuple: one with names costs a chunk of
        text two calls more.
        """
        if len(events) == 1:  # nearly every chunk; the loop takes three times as long
            event = events[0]
            if isinstance(event, ContentDelta):
                return event.text, "", ()
            if isinstance(event, ReasoningDelta):
                return "", event.text, ()
            if isinstance(event, ToolCallArguments):
                self._arguments[event.index].append(event.text)
                return "", "", event
        return self._sum(events)

    def _sum(self, events: Sequence[Event]) -> tuple[str, str, Pieces]:
        content = reasoning = ""
        calls: dict[int, CallDelta] = {}
        for event in events:
            if isinstance(event, ContentDelta):
                content += event.text
            elif isinstance(event, ReasoningDelta):
                reasoning += event.text
            elif isinstance(event, ToolCallStart):
                self._arguments[event.index] = []
                calls[event.index] = CallDelta(event.index, event.id, event.name)
            else:
                kept = self._arguments[event.index]
                if isinstance(event, ToolCallArguments):
                    text = event.text
                    kept.append(text)
                else:
                    runs = event.complete and event.invalid is None
                    text = self._ending("".join(kept), runs)
                    if event.index in calls:
                        calls[event.index].runs = runs
                if text and event.index in calls:
                    calls[event.index].arguments += text
                elif text:
                    calls[event.index] = CallDelta(event.index, arguments=text)
        return content, reasoning, list(calls.values())
