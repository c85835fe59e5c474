"""Lists of events as they come -> fewer lists, for who draws anew with each.

Owns: which chunks are told as one where `Options.coalesce` asks for it. May know: events,
transport. No I/O.

An interface that draws its page anew with each chunk (Streamlit, a notebook, Markdown in a browser)
takes longer for one than a fast server does, and falls behind. Without the setting nothing here
is used, and each chunk is told as it came.

Nothing is waited for: a chunk is held until another one comes, or the answer ends or breaks. So
the last words before a pause of the server are told after it, at most what came within the time
that was asked for.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from kimi_core.events import ContentDelta, ReasoningDelta, ToolCallArguments
from kimi_core.transport.processes import nested

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Generator, Hashable

    from kimi_core.events import Event

__all__ = ["acoalesced", "coalesced"]


class _Coalescing:
    """Joins neighbouring chunks of one kind: text, reasoning, or the arguments of one call."""

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._seconds, self._clock = seconds, clock
        self._held: list[Event] = []
        self._kind: Hashable = None
        self._due = clock()  # the first chunk is told at once

    def take(self, events: list[Event]) -> list[list[Event]]:
        """Take the events of a chunk, and return what is told now."""
        kind = _kind_of(events)
        told = [] if kind == self._kind else self.rest()
        self._held.extend(events)
        self._kind = kind
        if kind is None or self._clock() >= self._due:
            told += self.rest()
        return told

    def rest(self) -> list[list[Event]]:
        """Return what is held, which is told now."""
        if not self._held:
            return []
        told, self._held = [self._held], []
        self._due = self._clock() + self._seconds
        return told


def coalesced(
    chunks: Generator[list[Event], None, None], seconds: float | None
) -> Generator[list[Event], None, None]:
    """Join the chunks that come within some time of the one before.

    Args:
        chunks: The events of each chunk; closed with what is returned.
        seconds: The time between two that are told; None tells each.

    Returns:
        The same events in the same order, and what ``chunks`` raises behind what came before it.
    """
    return chunks if seconds is None else _coalesced(chunks, _Coalescing(seconds))


def acoalesced(
    chunks: AsyncGenerator[list[Event], None], seconds: float | None
) -> AsyncGenerator[list[Event], None]:
    """Join chunks as `coalesced` does."""
    return chunks if seconds is None else _acoalesced(chunks, _Coalescing(seconds))


def _coalesced(
    chunks: Generator[list[Event], None, None], coalescing: _Coalescing
) -> Generator[list[Event], None, None]:
    try:
        for events in chunks:
            yield from coalescing.take(events)
    except Exception:
        yield from coalescing.rest()
        raise
    finally:
        chunks.close()
    yield from coalescing.rest()


async def _acoalesced(
    chunks: AsyncGenerator[list[Event], None], coalescing: _Coalescing
) -> AsyncGenerator[list[Event], None]:
    async with nested(chunks) as source:
        try:
            async for events in source:
                for told in coalescing.take(events):
                    yield told
        except Exception:
            for told in coalescing.rest():
                yield told
            raise
    for told in coalescing.rest():
        yield told


def _kind_of(events: list[Event]) -> Hashable:
    """Return what all of some events are; None where they differ, or are told by themselves."""
    first, *others = events or (None,)
    if not isinstance(first, (ContentDelta, ReasoningDelta, ToolCallArguments)):
        return None
    kind = _kind(first)
    return kind if all(_kind(other) == kind for other in others) else None


def _kind(event: Event) -> Hashable:
    return type(event), getattr(event, "index", None)
