"""Whether two branches of a `oneOf` can have an instance in common.

Owns: the proofs that they cannot. May know: its own files, _json, schema.

A grammar can only offer the branches side by side. Where no proof is found, a value that fits two
branches might be written, which the schema forbids.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kimi_core.raw._grammar.enums import type_of
from kimi_core.raw._grammar.merge import IMPOSSIBLE
from kimi_core.schema.limits import STEP, spend
from kimi_core.schema.reading import merged_enum

if TYPE_CHECKING:
    from collections.abc import Callable

    from kimi_core._json import Schema

__all__ = ["disjoint"]

_DEEPEST = 8  # a branch may contain itself, and then there is always one property more


def disjoint(
    first: Schema, second: Schema, normal: Callable[[object], Schema], depth: int = 0
) -> bool:
    """Whether nothing that the grammar writes for one branch also fits the other.

    Args:
        first: A branch in normal form.
        second: Another one.
        normal: Gives the normal form of a schema inside them.
        depth: How deep in the branches; what is told apart below the eighth property is not.
    """
    spend(STEP // 10)
    if IMPOSSIBLE in (first, second):
        return True
    if "enum" in first and "enum" in second:
        return not merged_enum(first["enum"], second["enum"])
    types, others = _types(first), _types(second)
    if types and others and not types & others:
        return True
    if types != {"object"} or others != {"object"}:
        return False
    return _told_apart(first, second, normal, depth) or (
        _only_in(first, second) and _only_in(second, first)
    )


def _types(schema: Schema) -> set[str]:
    declared = schema.get("type", [])
    names = {declared} if isinstance(declared, str) else set(declared)
    if "enum" in schema and not names:
        names = {type_of(value) for value in schema["enum"]}
    return {"number" if name == "integer" else name for name in names}


def _told_apart(
    first: Schema, second: Schema, normal: Callable[[object], Schema], depth: int
) -> bool:
    """Whether a property that one requires can have no value that both allow."""
    return depth < _DEEPEST and any(
        disjoint(
            normal(first.get("properties", {}).get(name, True)),
            normal(second.get("properties", {}).get(name, True)),
            normal,
            depth + 1,
        )
        for name in dict.fromkeys([*first.get("required", []), *second.get("required", [])])
    )


def _only_in(first: Schema, second: Schema) -> bool:
    """Whether the first requires a property that is never written for the second."""
    closed = second.get("additionalProperties", False) is False
    return closed and any(
        name not in second.get("properties", {}) for name in first.get("required", [])
    )
