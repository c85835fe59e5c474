"""Numbers between two bounds, digit by digit.

Owns: the expressions for integers and decimals in a range.
May know: its own files.

Numbers are bounded in length as well: a small model under a grammar can write digits without end.
"""

# A JSON schema is of unknown shape all the way down; mypy strict checks this file.
# pyright: basic

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from kimi_core.raw._grammar.text import any_of, literal, optional, sequence

__all__ = ["INTEGER", "MAX_DIGITS", "NUMBER", "Bounds", "decimal_range", "integer_range"]

_INTEGER_DIGITS = 19  # as many as the largest 64-bit integer has
_WHOLE_DIGITS = 15  # what a double holds exactly
_FRACTION_DIGITS = 15

MAX_DIGITS = 24
"""Digits of a bound on either side of the point; above 28 Decimal's arithmetic is inexact."""

_REACH = 10**30  # no number that is written without a bound on its side is as great
INTEGER = f'"-"? ("0" | [1-9] [0-9]{{0,{_INTEGER_DIGITS - 1}}})'
NUMBER = (
    f'"-"? ("0" | [1-9] [0-9]{{0,{_WHOLE_DIGITS - 1}}}) ("." [0-9]{{1,{_FRACTION_DIGITS}}})? '
    "([eE] [-+]? [0-9]{1,2})?"
)


@dataclass(frozen=True, slots=True)
class Bounds:
    """A range of numbers.

    Attributes:
        low: The least number, or None.
        high: The greatest number, or None.
        low_open: Whether `low` itself is excluded.
        high_open: Whether `high` itself is excluded.
    """

    low: Decimal | None = None
    high: Decimal | None = None
    low_open: bool = False
    high_open: bool = False

    @property
    def unbounded(self) -> bool:
        """Whether every number is in the range."""
        return self.low is None and self.high is None

    def within_reach(self) -> tuple[Bounds, bool]:
        """Return the bounds that can be kept, and whether one that says something is left out.

        ``1.7976931348623157e308`` is what some languages write for no bound at all.
        """
        low = None if self.low is None or self.low <= -_REACH else self.low
        high = None if self.high is None or self.high >= _REACH else self.high
        said = [bound if bound is None or _is_short(bound) else None for bound in (low, high)]
        bounds = Bounds(said[0], said[1], self.low_open, self.high_open)
        return bounds, said != [low, high]

    def admits(self, number: Decimal) -> bool:
        """Whether the number is in the range."""
        above = self.low is None or number > self.low or (number == self.low and not self.low_open)
        below = self.high is None or number < self.high
        return above and (below or (number == self.high and not self.high_open))

    def integers(self) -> tuple[int | None, int | None]:
        """Return the least and the greatest integer in the range."""
        low = high = None
        if self.low is not None:
            low = -int((-self.low).to_integral_value("ROUND_FLOOR"))
            low += self.low_open and low == self.low
        if self.high is not None:
            high = int(self.high.to_integral_value("ROUND_FLOOR"))
            high -= self.high_open and high == self.high
        return low, high


def _is_short(number: Decimal) -> bool:
    exponent = number.as_tuple().exponent
    return abs(number) < 10**MAX_DIGITS and isinstance(exponent, int) and exponent >= -MAX_DIGITS


def integer_range(low: int | None, high: int | None) -> str | None:
    """Return the integers from low to high, or None where there are none."""
    longest = max(_INTEGER_DIGITS, *(len(str(abs(bound))) for bound in (low or 0, high or 0)))
    least: int = -(10**longest) + 1 if low is None else low
    most: int = 10**longest - 1 if high is None else high
    parts: list[str] = []
    if least < 0 and least <= most:
        parts.append(sequence('"-"', _natural_range(max(1, -most), -least)))
    if most >= 0 and least <= most:
        parts.append(_natural_range(max(0, least), most))
    return any_of(parts) if parts else None


def _natural_range(low: int, high: int) -> str:
    """Return the integers from low to high, neither negative, low not above high."""
    parts = []
    if low == 0:
        parts.append('"0"')
        low = 1
    while low <= high:
        if low == 10 ** (len(str(low)) - 1) and len(str(high)) > len(str(low)):
            # Whole lengths at once: [1-9] and so many digits.
            shortest, longest = len(str(low)), len(str(high + 1)) - 1
            parts.append(sequence("[1-9]", _digits(shortest - 1, longest - 1)))
            low = 10**longest
            continue
        top = min(high, 10 ** len(str(low)) - 1)
        parts.append(_same_length(str(low), str(top)))
        low = top + 1
    return any_of(parts)


def _digits(low: int, high: int) -> str:
    if high <= 0:
        return ""
    if low == high:
        return "[0-9]" if low == 1 else f"[0-9]{{{low}}}"
    return f"[0-9]{{{low},{high}}}"


def _digit(first: int, last: int) -> str:
    return f"[{first}-{last}]" if first < last else f'"{first}"'


def _same_length(low: str, high: str) -> str:
    if not low:
        return ""
    rest = len(low) - 1
    first, last = int(low[0]), int(high[0])
    if first == last:
        return sequence(literal(low[0]), _same_length(low[1:], high[1:]))
    parts = []
    if int(low[1:] or 0):
        parts.append(sequence(literal(low[0]), _same_length(low[1:], "9" * rest)))
        first += 1
    tail_high = int(high[1:] or 0) < 10**rest - 1
    last -= tail_high
    if first <= last:
        parts.append(sequence(_digit(first, last), _digits(rest, rest)))
    if tail_high:
        parts.append(sequence(literal(high[0]), _same_length("0" * rest, high[1:])))
    return any_of(parts)


def decimal_range(bounds: Bounds) -> str | None:
    """Return the numbers in the range, without an exponent, or None where there are none."""
    if (
        bounds.low is not None
        and bounds.high is not None
        and not bounds.admits((bounds.low + bounds.high) / 2)
    ):
        return None
    parts = []
    if bounds.low is None or bounds.low < 0:
        mirrored = Bounds(
            low=-bounds.high if bounds.high is not None and bounds.high <= 0 else Decimal(0),
            high=None if bounds.low is None else -bounds.low,
            low_open=bounds.high_open and bounds.high is not None and bounds.high <= 0,
            high_open=bounds.low_open,
        )
        parts += [sequence('"-"', part) for part in _magnitudes(mirrored)]
    if bounds.high is None or bounds.high >= 0:
        starts_here = bounds.low is not None and bounds.low >= 0
        parts += _magnitudes(
            Bounds(
                low=bounds.low if starts_here else Decimal(0),
                high=bounds.high,
                low_open=bounds.low_open and starts_here,
                high_open=bounds.high_open,
            )
        )
    return any_of(parts) if parts else None


def _magnitudes(bounds: Bounds) -> list[str]:
    """Return the ways to write a number in a range that starts at 0 or above."""
    low, low_fraction = _split(bounds.low or Decimal(0))
    longest = max(_WHOLE_DIGITS, len(str(low)) + 1)
    high, high_fraction = (10**longest, "") if bounds.high is None else _split(bounds.high)
    at_low = _Edge(low_fraction, bounds.low_open)
    at_high = _Edge(high_fraction, bounds.high_open or bounds.high is None)
    # 99.999999999999999 is read as 100.0, so a number just beside an excluded bound must not have
    # more digits than a double tells apart.
    whole = len(str(low if bounds.high is None else high))
    depth = max(_FRACTION_DIGITS + 1 - whole, len(low_fraction) + 1, len(high_fraction) + 1)
    if low == high:
        return _whole_with_fraction(low, _fraction(at_low, at_high, depth))
    parts = _whole_with_fraction(low, _fraction(at_low, None, depth))
    if low + 1 < high:
        any_fraction = _fraction(None, None, depth) or ""
        parts.append(sequence(_natural_range(low + 1, high - 1), any_fraction))
    return parts + _whole_with_fraction(high, _fraction(None, at_high, depth))


def _split(number: Decimal) -> tuple[int, str]:
    whole, _, fraction = f"{number:f}".partition(".")
    return int(whole), fraction.rstrip("0")


@dataclass(frozen=True, slots=True)
class _Edge:
    """The fraction of a bound, and whether the bound itself is excluded."""

    digits: str
    open: bool


def _whole_with_fraction(whole: int, fraction: str | None) -> list[str]:
    return [] if fraction is None else [sequence(literal(str(whole)), fraction)]


def _fraction(low: _Edge | None, high: _Edge | None, depth: int) -> str | None:
    """Return the point and the digits behind it, or None where nothing fits."""
    if (low is None or low == _Edge("", open=False)) and high is None:
        return optional(sequence('"."', _digits(1, depth)))
    steps = _steps(low, high, depth)
    pointed = sequence('"."', any_of(steps)) if steps else None
    if not _may_stop(low, high):
        return pointed
    return optional(pointed) if pointed else ""


def _may_stop(low: _Edge | None, high: _Edge | None) -> bool:
    """Whether the number may end here, the digits so far being those of the edges."""
    enough = low is None or (not low.digits and not low.open)
    return enough and (high is None or bool(high.digits) or not high.open)


def _tail(low: _Edge | None, high: _Edge | None, depth: int) -> str | None:
    """Return the digits that may follow, none among them, or None where nothing fits."""
    if low == _Edge("", open=False):
        low = None
    if low is None and high is None:
        return _digits(0, depth)
    steps = _steps(low, high, depth) if depth > 0 else []
    if not _may_stop(low, high):
        return any_of(steps) if steps else None
    return optional(any_of(steps)) if steps else ""


def _steps(low: _Edge | None, high: _Edge | None, depth: int) -> list[str]:
    """Return the ways to go on by one digit or more."""
    if high is not None and not high.digits:
        return []  # equal to the upper edge so far: only zeros could follow, and say nothing
    if low is not None and not low.digits and high is None:
        return [sequence(_digits(0, depth // 2), "[1-9]", _digits(0, depth - depth // 2 - 1))]
    first = int(low.digits[0]) if low is not None and low.digits else 0
    last = int(high.digits[0]) if high is not None else 9
    low_rest = None if low is None else _Edge(low.digits[1:], low.open)
    high_rest = None if high is None else _Edge(high.digits[1:], high.open)
    if first == last:
        return _step(first, _tail(low_rest, high_rest, depth - 1))
    parts = []
    if low_rest is not None and low_rest != _Edge("", open=False):
        parts += _step(first, _tail(low_rest, None, depth - 1))
        first += 1
    end = last if high_rest is None else last - 1
    if first <= end:
        parts.append(sequence(_digit(first, end), _digits(0, depth - 1)))
    if high_rest is not None:
        parts += _step(last, _tail(None, high_rest, depth - 1))
    return parts


def _step(digit: int, tail: str | None) -> list[str]:
    return [] if tail is None else [sequence(literal(str(digit)), tail)]
