"""A clock for limiters that costs no time.

Owns: `TurnedClock`, which leaps to the next turn where nothing is on its way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from queue import SimpleQueue

__all__ = ["TurnedClock"]

# Beyond what a sum of floats may lose.
_MORE = 1e-6


class TurnedClock:
    """A `kimi_core.transport.rates.Clock`; it may be turned by hand, too."""

    def __init__(self) -> None:
        self.time = 1_000.0

    def now(self) -> float:
        """Return the time."""
        return self.time

    def wait(self, news: SimpleQueue[None], seconds: float | None, *, idle: bool) -> None:
        """Leap, or wait for a request that is on its way."""
        if seconds is not None and idle:
            self.time += seconds + _MORE
        else:
            news.get()
