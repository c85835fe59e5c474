"""One whole call -> arguments that can be run, or why there are none.

Owns: the order of the questions put to a call: is its text an object, does its schema take that,
and is there exactly one other reading. May know: its own files, events, raw.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kimi_core.events.arguments import InvalidArguments, legal_json, read_arguments
from kimi_core.raw.tool_names import fitting_name
from kimi_core.response._repair.shapes import is_object
from kimi_core.response._repair.text import lenient_json, mended_object
from kimi_core.response._repair.values import Change, converted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from kimi_core.response._repair.schema import CompiledSchema

__all__ = ["Settled", "names_tool", "settled_arguments", "wraps", "written_anew"]

_NOTHING = frozenset({"", "null", "[]", '""', "None"})
_WRAPPERS = ("arguments", "parameters", "input", "args", "params", "kwargs", "tool_input")
_NAMES = ("name", "tool", "tool_name", "function", "function_name")
_BESIDE = frozenset({"type", "id", *_NAMES})
_LONGEST_TOLD = 2_000


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of a call's arguments.

    Attributes:
        text: JSON text; as the model wrote it where nothing was changed, or nothing can be run.
        changes: What was changed.
        invalid: Why the call is not run; None where it can be.
    """

    text: str
    changes: Sequence[Change] = ()
    invalid: InvalidArguments | None = None


def settled_arguments(text: str, name: str, schema: CompiledSchema, *, mends: bool) -> Settled:
    """Settle the arguments of a call that was closed.

    Args:
        text: All that came of them.
        name: The tool's name.
        schema: Its schema.
        mends: Whether what is damaged is mended where it has one reading.
    """
    found = read_arguments(text)
    if isinstance(found, InvalidArguments):
        return _of_damaged(text, found, name, schema) if mends else Settled(text, invalid=found)
    if schema.fits(found):
        return _as_written(text, mends=mends)
    meant = _meant(found, name, schema) if mends else None
    if meant is None:
        return Settled(text, invalid=InvalidArguments("schema", schema.reason(found)))
    return Settled(written_anew(meant[0]), meant[1])


def written_anew(value: Mapping[str, Any]) -> str:
    """Return JSON text for a value that is not what the model wrote."""
    text = json.dumps(value, ensure_ascii=False)
    return text if text.isascii() else (legal_json(text) or json.dumps(value))


def _as_written(text: str, *, mends: bool) -> Settled:
    legal = legal_json(text) if mends else text
    if legal is None or legal == text:
        return Settled(text)
    return Settled(legal, [_change("control_characters", text, legal)])


def _of_damaged(text: str, damage: InvalidArguments, name: str, schema: CompiledSchema) -> Settled:
    if text.strip() in _NOTHING and schema.fits({}):
        return Settled("{}", [Change("no_arguments", text, "{}")])
    mended = mended_object(text)
    if mended is None:
        return Settled(text, invalid=damage)
    value, kinds = mended
    meant = (value, list[Change]()) if schema.fits(value) else _meant(value, name, schema)
    if meant is None:
        return Settled(text, invalid=InvalidArguments("schema", schema.reason(value)))
    after = written_anew(meant[0])
    return Settled(after, [*(_change(kind, text, after) for kind in kinds), *meant[1]])


def _change(kind: str, before: str, after: str) -> Change:
    return Change(kind, before[:_LONGEST_TOLD], after[:_LONGEST_TOLD])


def _meant(
    value: dict[str, Any], name: str, schema: CompiledSchema
) -> tuple[dict[str, Any], list[Change]] | None:
    """Return the one reading of arguments that the schema refuses: mended, or taken out."""
    readings = [converted(value, schema)]
    inner = _unwrapped(value, name, schema)
    if inner is not None:
        told = Change("unwrapped", written_anew(value)[:_LONGEST_TOLD], written_anew(inner))
        meant = (inner, list[Change]()) if schema.fits(inner) else converted(inner, schema)
        readings.append(meant and (meant[0], [told, *meant[1]]))
    found = [reading for reading in readings if reading is not None]
    return found[0] if len(found) == 1 else None


def names_tool(key: str) -> bool:
    """Whether a wrapper says the tool's name under this key."""
    return key in _NAMES


def wraps(key: str, name: str) -> bool:
    """Whether arguments that begin with this key may be wrapped in something of a call's form."""
    return key in _WRAPPERS or key in _BESIDE or fitting_name(key, [name]) is not None


def _unwrapped(value: dict[str, Any], name: str, schema: CompiledSchema) -> dict[str, Any] | None:
    """Return the arguments out of ``{"name": ..., "arguments": {...}}`` and its like, or None."""
    declared: Mapping[str, Any] = schema.rules.get("properties") or {}
    holders = [key for key in value if key in _WRAPPERS or fitting_name(key, [name])]
    others = value.keys() - set(holders)
    if len(holders) != 1 or not others <= _BESIDE or holders[0] in declared:
        if value.keys() <= _BESIDE and is_object(value.get("function")):
            return _unwrapped(value["function"], name, schema)
        return None
    names = [value[key] for key in others if key in _NAMES]
    if any(not isinstance(said, str) or fitting_name(said, [name]) is None for said in names):
        return None
    return _as_object(value[holders[0]])


def _as_object(value: object) -> dict[str, Any] | None:
    if isinstance(value, str):
        try:
            value = lenient_json(value)
        except (ValueError, SyntaxError, RecursionError, MemoryError):
            return None
    return value if is_object(value) else None
