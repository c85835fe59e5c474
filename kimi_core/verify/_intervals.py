"""How sure a figure is: 95 % intervals, each by the way that fits it.

Owns: `Share` and `Median`, and their intervals. May know: the standard library. Pure functions.

Shares get Wilson's interval. The plain one (p ± 1.96 standard errors) is empty at 100 %, which is
what good servers have: after 60 right answers of 60 it claims certainty where Wilson's still says
94 %. The exact one of Clopper and Pearson is wider than asked for. Brown, Cai and DasGupta,
"Interval Estimation for a Binomial Proportion" (2001), compare them, and advise Wilson's.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

__all__ = ["Median", "Share", "difference", "f1_interval", "median_of", "wilson"]

Z = 1.96
"""Standard errors of a 95 % interval, as in the published tables' formulas."""


def wilson(good: int, n: int) -> tuple[float, float]:
    """Return the 95 % interval of a share by Wilson's score.

    Args:
        good: How many had the property.
        n: Of how many.

    Returns:
        Lower and upper end; 0 and 1 where nothing was counted.
    """
    if not n:
        return 0.0, 1.0
    share = good / n
    middle = share + Z * Z / (2 * n)
    half = Z * math.sqrt(share * (1 - share) / n + Z * Z / (4 * n * n))
    below = 1 + Z * Z / n
    # What is 0 and 1 on paper was 1.4e-17 and 0.9999999999999999 here, which hold no share of 1.
    low = 0.0 if good == 0 else (middle - half) / below
    high = 1.0 if good == n else (middle + half) / below
    return low, high


def f1_interval(true_positives: int, errors: int) -> tuple[float, float]:
    """Return the 95 % interval of an F1.

    F1 is 2J / (1 + J) of J = TP / (TP + FP + FN), the share of agreements among all pairs in which
    either side called. J is a share, so Wilson's interval holds it, and as F1 grows with J the
    interval of F1 is that of J, carried over.

    Args:
        true_positives: Pairs in which both called.
        errors: Pairs in which only one did.
    """
    low, high = wilson(true_positives, true_positives + errors)
    return 2 * low / (1 + low), 2 * high / (1 + high)


@dataclass(frozen=True, slots=True)
class Share:
    """A share with its interval.

    Attributes:
        good: How many had the property.
        n: Of how many.
    """

    good: int
    n: int

    @property
    def value(self) -> float | None:
        """The share, 0 to 1; None of nothing."""
        return self.good / self.n if self.n else None

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's 95 % interval."""
        return wilson(self.good, self.n)

    def holds(self, rate: float) -> bool:
        """Whether a rate lies in the interval."""
        low, high = self.interval
        return low <= rate <= high

    def to_dict(self) -> dict[str, Any]:
        """Return everything as JSON values."""
        return {"good": self.good, "n": self.n, "value": self.value, "interval": [*self.interval]}


@dataclass(frozen=True, slots=True)
class Median:
    """A median with its interval.

    Attributes:
        value: The median; None of nothing.
        low: Lower end of the 95 % interval.
        high: Upper end.
        n: Of how many.
        p95: The value that 95 % do not exceed; None of nothing.
        deciles: The smallest, the nine values between tenths, and the largest; empty of nothing.
    """

    value: float | None
    low: float | None
    high: float | None
    n: int
    p95: float | None
    deciles: tuple[float, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return everything as JSON values."""
        return {
            "value": self.value,
            "interval": [self.low, self.high],
            "n": self.n,
            "p95": self.p95,
            "deciles": [*self.deciles],
        }


def median_of(values: Sequence[float]) -> Median:
    """Return the median with an interval from the order of the values.

    Latencies have long tails, so nothing is taken for a normal distribution: how many values lie
    below the true median is binomial whatever their distribution, and two of the sorted values
    bound it. With fewer than six values no two of them do; the ends are then the smallest and the
    largest, which hold it less often.

    Args:
        values: In any order.
    """
    ordered, n = sorted(values), len(values)
    if not n:
        return Median(None, None, None, 0, None)
    reach = Z * math.sqrt(n) / 2
    low, high = max(0, math.floor(n / 2 - reach)), min(n - 1, math.ceil(n / 2 + reach))
    middle = (ordered[(n - 1) // 2] + ordered[n // 2]) / 2
    deciles = tuple(ordered[round(tenth * (n - 1) / 10)] for tenth in range(11))
    p95 = ordered[min(n - 1, int(0.95 * n))]
    return Median(middle, ordered[low], ordered[high], n, p95, deciles)


def difference(first: Share, second: Share) -> tuple[float, float, float] | None:
    """Return second - first, with its 95 % interval by Newcombe's method.

    It is made of both Wilson intervals, and takes the two for independent. Runs over the same
    samples are not, quite: the interval is then wider than it need be, never narrower.

    Args:
        first: The share that is compared with.
        second: The share that is compared.

    Returns:
        The difference, lower and upper end; None where one of them counted nothing.
    """
    if first.value is None or second.value is None:
        return None
    (low1, high1), (low2, high2) = first.interval, second.interval
    gap = second.value - first.value
    low = gap - math.hypot(second.value - low2, high1 - first.value)
    high = gap + math.hypot(high2 - second.value, first.value - low1)
    return gap, low, high
