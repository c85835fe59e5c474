"""JSON as it comes from a caller: named by what it is, narrowed, sorted, written compactly.

Owns: type aliases for JSON and the small functions that narrow, sort and write it.
May know: the standard library.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from types import NoneType
from typing import Any, TypeAlias

__all__ = [
    "AnySchema",
    "JsonValue",
    "Message",
    "Schema",
    "Tool",
    "as_dict",
    "as_mapping",
    "as_sequence",
    "compact_json",
    "deep_sorted",
    "with_parts",
]

JsonValue: TypeAlias = Any
"""A JSON value of any shape. Not a union of shapes: what reads it looks, and declares nothing."""

Schema: TypeAlias = dict[str, Any]
"""A JSON schema that is an object."""

AnySchema: TypeAlias = Any
"""A JSON schema: an object, or true or false; as a caller wrote it, it may be none of these."""

Message: TypeAlias = Mapping[str, Any]
"""A message as OpenAI has it."""

Tool: TypeAlias = Mapping[str, Any]
"""A tool as OpenAI has it."""


def as_mapping(value: object) -> Mapping[str, Any] | None:
    """Return a JSON object as one with string keys, or None for anything else."""
    # dict first: the check against an abstract class costs ten times as much, for every chunk. Most
    # of what is asked for is not there at all.
    found: Any = value
    return found if value is not None and isinstance(value, (dict, Mapping)) else None


def as_dict(value: object) -> dict[str, Any] | None:
    """Return a JSON object that was read here, and may be written into; None for anything else."""
    found: Any = value
    return found if isinstance(value, dict) else None


def as_sequence(value: object) -> Sequence[Any] | None:
    """Return a JSON array, or None for anything else, a string included."""
    found: Any = value
    if value is None or isinstance(value, (str, bytes)):
        return None
    return found if isinstance(value, (list, Sequence)) else None


def with_parts(messages: Sequence[Message]) -> list[Message]:
    """Return the messages whose content is more than a text: of a long conversation mostly few."""
    # What is asked of each part is asked of a thousand messages without any, at each step.
    return [one for one in messages if not isinstance(one.get("content"), (str, NoneType))]


def compact_json(value: object) -> str:
    """Write JSON as Moonshot's tokenizer writes tools: no blanks, no escapes of non-ASCII."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def deep_sorted(value: JsonValue) -> JsonValue:
    """Return JSON with the keys sorted at every depth; lists keep their order."""
    mapping, sequence = as_mapping(value), as_sequence(value)
    if mapping is not None:
        return {key: deep_sorted(mapping[key]) for key in sorted(mapping)}
    if sequence is not None:
        return [deep_sorted(item) for item in sequence]
    return value
