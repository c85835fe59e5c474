"""Plots as SVG, small enough to need no library.

Owns: bars with intervals, and a curve of how long answers take. May know: the standard library.

Two kinds of plot are drawn, from a dozen numbers each; matplotlib would be 60 MB for them, and its
SVG of the same bars 40 times as long. All text goes through `escape`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

__all__ = ["Bar", "bars", "curve"]

_WIDTH, _LABEL, _ROW, _EDGE = 860, 330, 26, 24
_SPAN = _WIDTH - _LABEL - 90


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of a plot of shares.

    Attributes:
        label: What it shows.
        value: 0 to 1.
        low: Lower end of its interval.
        high: Upper end.
        kind: Class of its colour: "raw", "repaired" or "baseline".
    """

    label: str
    value: float
    low: float
    high: float
    kind: str = "raw"


def bars(found: Sequence[Bar]) -> str:
    """Draw shares from 0 to 100 %, each with its interval as a whisker.

    Args:
        found: From top to bottom.
    """
    height = _ROW * len(found) + _EDGE
    grid = "".join(_grid_line(tenth / 10, height) for tenth in range(0, 11, 2))
    return _svg(grid + "".join(_bar(bar, at) for at, bar in enumerate(found)), height)


def _x(value: float) -> float:
    return round(_LABEL + value * _SPAN, 1)


def _grid_line(value: float, height: int) -> str:
    x, bottom = _x(value), height - _EDGE
    line = f'<line class="grid" x1="{x}" y1="0" x2="{x}" y2="{bottom}"/>'
    return f'{line}<text x="{x}" y="{bottom + 16}" text-anchor="middle">{value:.0%}</text>'


def _bar(bar: Bar, at: int) -> str:
    y, middle = at * _ROW + 5, at * _ROW + _ROW / 2
    low, high = _x(bar.low), _x(bar.high)
    width = round(_x(bar.value) - _LABEL, 1)
    return (
        f'<text x="{_LABEL - 8}" y="{middle + 4}" text-anchor="end">{escape(bar.label)}</text>'
        f'<rect class="{escape(bar.kind)}" x="{_LABEL}" y="{y}" width="{width}" height="16"/>'
        f'<path class="whisker" d="M{low} {middle}H{high}M{low} {middle - 4}v8M{high} '
        f'{middle - 4}v8"/>'
        f'<text x="{max(high, _x(bar.value)) + 6}" y="{middle + 4}">{bar.value:.1%}</text>'
    )


def curve(deciles: Sequence[float], unit: str) -> str:
    """Draw which part of the answers was there after how long.

    Args:
        deciles: The smallest value, those between tenths, and the largest.
        unit: What they are in.
    """
    top = max(deciles, default=0) or 1.0
    height = 10 * 16 + _EDGE
    points = [
        (_x(value / top), round((10 - tenth) * 16 + 4, 1)) for tenth, value in enumerate(deciles)
    ]
    line = " ".join(f"{x},{y}" for x, y in points)
    labels = "".join(
        f'<text x="{_LABEL - 8}" y="{(10 - tenth) * 16 + 8}" text-anchor="end">{tenth * 10} %'
        "</text>"
        for tenth in range(0, 11, 5)
    )
    marks = "".join(
        f'<text x="{_x(part)}" y="{height - 4}" text-anchor="middle">'
        f"{part * top:.0f} {escape(unit)}</text>"
        for part in (0.0, 0.5, 1.0)
    )
    return _svg(f'<polyline class="curve" points="{line}"/>{labels}{marks}', height)


def _svg(content: str, height: float) -> str:
    box = f'viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" height="{height}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" role="img" {box}>{content}</svg>'
