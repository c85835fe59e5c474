"""The raw dialects as diagrams and tables: how text in Kimi's own tokens is read.

Owns: how a table of transitions looks in Markdown. May know: those tables, docs_markdown.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from docs_markdown import code, table

from kimi_core.raw._reading.k2_table import SPELLINGS, TRANSITIONS, Marker, State
from kimi_core.raw._reading.k3_table import K3_TRANSITIONS, K3Marker, K3State
from kimi_core.raw._reading.output import KINDS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from enum import Enum

__all__ = ["DIALECTS"]

# What a transition without a target means, by its action; see `Transition.state`.
_OPEN_TARGETS = {
    "CLOSE_CALL": ("where_it_was_opened", "where the call was opened"),
    "DECIDE": ("what_follows", "decided by what follows"),
    "OPEN_ARGUMENT": ("by_type", "as the argument's type says"),
}
_MOST = "most_states"


def _edges(transitions: Mapping[Any, Mapping[Any, Any]]) -> list[tuple[str, str, str]]:
    """Return source, marker and target of every cell that does more than drop a marker."""
    return [
        (state.name, marker.name, _target(cell))
        for state, cells in transitions.items()
        for marker, cell in cells.items()
        if not (cell.action.name == "DROP" and cell.state is state)
    ]


def _target(cell: Any) -> str:  # noqa: ANN401 -- a cell of either table
    return str(cell.state.name) if cell.state else _OPEN_TARGETS[cell.action.name][0]


def _diagram(transitions: Mapping[Any, Mapping[Any, Any]]) -> str:
    """Draw the table; what is the same in half of the states is drawn once."""
    edges = _edges(transitions)
    sources = Counter((marker, target) for _, marker, target in edges)
    arrows: dict[tuple[str, str], dict[str, None]] = {}
    for source, marker, target in edges:
        common = sources[marker, target] * 2 >= len(transitions)
        arrows.setdefault((_MOST if common else source, target), {})[marker] = None
    names = {name for arrow in arrows for name in arrow}
    labels = {_MOST: "most states", **dict(_OPEN_TARGETS.values())}
    return "\n".join(
        [
            "```mermaid",
            "stateDiagram-v2",
            *(f'    state "{text}" as {name}' for name, text in labels.items() if name in names),
            *(f"    {a} --> {b}: {', '.join(markers)}" for (a, b), markers in arrows.items()),
            "```",
        ]
    )


def _cells(transitions: Mapping[Any, Mapping[Any, Any]]) -> str:
    rows = ((f"`{s.name}`", s.value, _targets(s, cells)) for s, cells in transitions.items())
    return table(("state", "where that is", "markers, and where they lead"), rows)


def _targets(state: Enum, cells: Mapping[Any, Any]) -> str:
    targets: dict[str, list[str]] = {}
    for marker, cell in cells.items():
        dropped = cell.action.name == "DROP" and cell.state is state
        targets.setdefault("left out" if dropped else _name(cell), []).append(marker.name)
    return "; ".join(f"{code(markers)} → {target}" for target, markers in targets.items())


def _name(cell: Any) -> str:  # noqa: ANN401 -- a cell of either table
    return f"`{cell.state.name}`" if cell.state else _OPEN_TARGETS[cell.action.name][1]


def _markers(markers: type[Marker | K3Marker]) -> str:
    rows = ((f"`{marker.name}`", marker.value) for marker in markers)
    return table(("marker", "what it does"), rows)


def _k2_markers() -> str:
    rows = ((f"`{m.name}`", m.value, code(SPELLINGS.get(m, ()))) for m in Marker)
    return table(("marker", "what it does", "spellings"), rows)


def _kinds() -> str:
    return table(("kind", "what it says"), ((f"`{kind}`", text) for kind, text in KINDS.items()))


assert set(TRANSITIONS) == set(State)  # noqa: S101 -- a state without a row could not be drawn
assert set(K3_TRANSITIONS) == set(K3State)  # noqa: S101 -- likewise

DIALECTS: dict[str, Callable[[], str]] = {
    "k2": lambda: _diagram(TRANSITIONS),
    "k2-markers": _k2_markers,
    "k2-states": lambda: _cells(TRANSITIONS),
    "k3": lambda: _diagram(K3_TRANSITIONS),
    "k3-markers": lambda: _markers(K3Marker),
    "k3-states": lambda: _cells(K3_TRANSITIONS),
    "kinds": _kinds,
}
"""The generated blocks by name."""
