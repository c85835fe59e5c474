"""JSON as it comes from a caller: narrowed for type checkers, sorted, written compactly.

Owns: these small functions. May know: the standard library only.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, TypeGuard

__all__ = ["as_mapping", "as_sequence", "compact_json", "deep_sorted"]


def as_mapping(value: object) -> Mapping[str, Any] | None:
    """Return a JSON object as one with string keys, or None for anything else."""
    return value if _is_object(value) else None


def as_sequence(value: object) -> Sequence[Any] | None:
    """Return a JSON array, or None for anything else, a string included."""
    return value if _is_array(value) else None


def _is_object(value: object) -> TypeGuard[Mapping[str, Any]]:
    # dict first: the check against an abstract class costs ten times as much, for every chunk.
    return isinstance(value, (dict, Mapping))


def _is_array(value: object) -> TypeGuard[Sequence[Any]]:
    return isinstance(value, (list, Sequence)) and not isinstance(value, (str, bytes))


def compact_json(value: object) -> str:
    """Write JSON as Moonshot's tokenizer writes tools: no blanks, no escapes of non-ASCII."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def deep_sorted(value: Any) -> Any:  # noqa: ANN401 -- JSON of any shape, and the same shape back
    """Return JSON with the keys sorted at every depth; lists keep their order."""
    mapping, sequence = as_mapping(value), as_sequence(value)
    if mapping is not None:
        return {key: deep_sorted(mapping[key]) for key in sorted(mapping)}
    if sequence is not None:
        return [deep_sorted(item) for item in sequence]
    return value
