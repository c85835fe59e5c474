"""What was sent lately, and how long the next request has to wait for it.

Owns: the arithmetic of sliding windows. May know: endpoints. No clock, no lock.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate

from kimi_core.endpoints.tiers import Tier

__all__ = ["Sent", "Windows"]

_MINUTE = 60.0
_DAY = 86_400.0
# A server counts a request when it arrives: after it was sent, and before it is answered. An answer
# that is made whole before its first byte may take minutes, and the request is there by then.
_ON_THE_WAY = 5.0


@dataclass(slots=True, eq=False)
class Sent:
    """One request.

    Attributes:
        tokens: What it is charged.
        counted: The latest time at which the server counted it.
    """

    tokens: int
    counted: float


class Windows:
    """What one account has sent.

    Attributes:
        tier: The limits.
    """

    def __init__(self, tier: Tier) -> None:
        self.tier = tier
        self._sent: list[Sent] = []

    def add(self, tokens: int, now: float) -> Sent:
        """Take note of a request that is sent now."""
        span = _DAY if self.tier.tokens_per_day else _MINUTE
        self._sent = [one for one in self._sent if one.counted + span > now]
        self._sent.append(Sent(tokens, now + _ON_THE_WAY))
        return self._sent[-1]

    def empty(self, now: float) -> bool:
        """Whether nothing counts any more."""
        return all(one.counted + _DAY <= now for one in self._sent)

    def delay(self, tokens: int, now: float) -> float:
        """Return the seconds until a request of so many tokens may be sent."""
        tier, sent = self.tier, self._sent
        charged = [(one.counted, one.tokens) for one in sent]
        return max(
            _delay([(one.counted, 1) for one in sent], 1, tier.requests_per_minute, _MINUTE, now),
            _delay(charged, tokens, tier.tokens_per_minute, _MINUTE, now),
            _delay(charged, tokens, tier.tokens_per_day, _DAY, now),
        )


def _delay(
    sent: list[tuple[float, int]], cost: int, limit: int | None, span: float, now: float
) -> float:
    if limit is None:
        return 0.0
    counting = sorted(one for one in sent if one[0] + span > now)
    # One that is over the limit by itself waits for an empty window: the server has the last word,
    # and the estimate may be wrong.
    over = sum(cost for _, cost in counting) + min(cost, limit) - limit
    if over <= 0:
        return 0.0
    freed = accumulate(cost for _, cost in counting)
    return next(
        at + span - now for (at, _), sum_ in zip(counting, freed, strict=True) if sum_ >= over
    )
