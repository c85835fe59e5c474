"""What is told of a call that was mended, or is not run.

Owns: the kinds of diagnostics, and the sentence for a tool that there is not. May know: events.
"""

from __future__ import annotations

from collections.abc import Sequence

from kimi_core.events import Repair
from kimi_core.events.arguments import InvalidArguments

__all__ = ["kind_of", "repair", "says_an_object", "undeclared"]

_MOST_NAMES = 20
_OF_WHOLE_OBJECTS = frozenset({"schema", "undeclared", "not_object"})
_KINDS = {
    "schema": "schema_violation",
    "undeclared": "undeclared_tool",
    "not_object": "arguments_not_object",
}


def kind_of(why: InvalidArguments) -> str:
    return _KINDS.get(why.kind, "invalid_arguments")


def repair(kind: str, before: str, after: str) -> Repair:
    return Repair(f"repaired_{kind}", before, 0, before=before, after=after)


def says_an_object(why: InvalidArguments) -> bool:
    """Whether a call that is not run was whole JSON all the same."""
    return why.kind in _OF_WHOLE_OBJECTS


def undeclared(name: str, names: Sequence[str]) -> InvalidArguments:
    """Return the reason why a call of a tool that there is not cannot be run."""
    known = ", ".join(names[:_MOST_NAMES]) + (", …" if len(names) > _MOST_NAMES else "")
    return InvalidArguments("undeclared", f"there is no tool {name!r}; the tools are: {known}")
