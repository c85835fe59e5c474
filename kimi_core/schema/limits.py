"""How much one schema may ask of whoever reads it.

Owns: the limits, each with its reason, and the count of what one schema has cost so far.
May know: errors.

Schemas of tools come from MCP servers, and a kilobyte of one can ask for everything: thirty
definitions that each refer twice to the next are 2 ** 30 schemas, and twenty unions of twenty that
must all hold are 20 ** 20 branches. So whatever walks through a schema, or writes a text of it,
says here what that costs, and is stopped where the cost has no proportion to any schema that people
use: of 212 published ones the most complex asks for half a hundredth.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from kimi_core.errors import KimiConfigError

__all__ = [
    "MAX_BRANCHES",
    "MAX_DEPTH",
    "MAX_GRAMMAR",
    "MAX_GROUPS",
    "MAX_INTEGER_BITS",
    "MAX_NAME",
    "MAX_NESTED",
    "MAX_PATTERN",
    "MAX_TEXT",
    "MAX_VALUES",
    "MAX_WORK",
    "STEP",
    "limited",
    "nested",
    "shortened",
    "shortened_path",
    "spend",
]

MAX_DEPTH = 64
"""JSON values inside each other. Published schemas have 10; Python ends at 1,000 calls."""

MAX_NESTED = 64
"""Schemas inside each other, a reference counting as one: each is up to eight calls in Python."""

MAX_VALUES = 50_000
"""JSON values of one tool, read in 0.1 s. Moonshot takes 120,000 characters of schema, which hold
fewer."""

MAX_TEXT = 2_000_000
"""Characters of one tool: more than the context of any Kimi holds."""

MAX_INTEGER_BITS = 1_023
"""Bits of an integer: greater ones are no float, and most readers of JSON have nothing else."""

MAX_WORK = 10_000_000
"""What one reading of a schema may cost, in characters that are written: about 0.2 s."""

STEP = 1_000
"""What one schema costs that is looked at, in the same unit."""

MAX_BRANCHES = 500
"""Branches of one union, written out: the default of Moonshot's published validator."""

MAX_PATTERN = 4_000
"""Characters of a pattern that becomes a grammar; published ones have up to 1,500 (IPv6)."""

MAX_GROUPS = 24
"""Groups inside each other in a pattern, each of four calls in Python."""

MAX_NAME = 200
"""Characters of a property's name where a grammar has to tell all other names from it: each is a
choice inside the one before, and readers of grammars are recursive."""

MAX_GRAMMAR = 1_000_000
"""Characters of grammar for one tool; engines need seconds and gigabytes for more."""

_SHOWN = 60
_SHOWN_OF_A_PATH = 400


@dataclass
class _Effort:
    """What is left of one reading, where it is, and the reading around it."""

    left: int
    error: Callable[[str, str], KimiConfigError]
    around: _Effort | None
    place: str = ""
    depth: int = 0


_EFFORT: ContextVar[_Effort | None] = ContextVar("effort", default=None)


@contextmanager
def limited(
    error: Callable[[str, str], KimiConfigError], place: str = "", *, most: int = MAX_WORK
) -> Generator[None]:
    """Count what is spent inside, for one reading of one schema.

    Args:
        error: From a place and a problem to the error that names both.
        place: Where the reading begins.
        most: What may be spent. A reading inside another spends of both.
    """
    token = _EFFORT.set(_Effort(most, error, _EFFORT.get(), place))
    try:
        yield
    finally:
        _EFFORT.reset(token)


def spend(cost: int) -> None:
    """Say what is about to be done, or was.

    Args:
        cost: Characters that are written, or ``STEP`` for each schema.

    Raises:
        KimiConfigError: Where too much was spent.
    """
    effort = here = _EFFORT.get()
    while effort is not None and here is not None:
        effort.left -= cost
        if effort.left < 0:
            raise here.error(
                here.place,
                "this schema is too complex: with references and combinations written out it is "
                "more than can be worked through in a fraction of a second; refer to fewer "
                "definitions, and combine fewer branches.",
            )
        effort = effort.around


@contextmanager
def nested(place: str, depth: int = 1) -> Generator[None]:
    """Go into a schema; outside of a reading nothing is counted.

    Args:
        place: Where it stands, for errors.
        depth: How much deeper it is.

    Raises:
        KimiConfigError: Where that is too deep.
    """
    effort = _EFFORT.get()
    if effort is None:
        yield
        return
    before = effort.place
    effort.place = place
    effort.depth += depth
    if effort.depth > MAX_NESTED:
        raise effort.error(
            place,
            f"with its references followed this is more than {MAX_NESTED} schemas deep; write it "
            "flatter.",
        )
    yield
    effort.place = before
    effort.depth -= depth


def shortened(text: str) -> str:
    """Return a text as it can stand in a path or in an error: of one line, and not long."""
    shown = text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
    return shown if shown.isprintable() else repr(shown)[1:-1]


def shortened_path(path: str) -> str:
    """Return a path, of a long one the beginning and the end."""
    if len(path) <= _SHOWN_OF_A_PATH:
        return path
    half = _SHOWN_OF_A_PATH // 2
    return f"{path[:half]}…{path[-half:]}"
