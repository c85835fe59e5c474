"""A schema that is none -> one that says less, so that a tool can be sent all the same.

Owns: what is left out of a schema, and where. May know: its own files, _json, errors.

Tools of an MCP server are somebody else's, and their schemas hold what no validator takes:
``"type": "unknown"`` (moonrepo/moon issue 2396), ``"properties": []`` where a language has one
empty container (devOpifex/mcpr issue 14), ``"required": true``, null for what is not set. One of
them made every request impossible. Nothing is guessed: what is wrong is left out, so that the
schema takes more than before and never less, and a sentence tells the model what stood there.
"""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING, Any

from kimi_core._json import AnySchema, as_mapping, as_sequence
from kimi_core.errors import KimiConfigError
from kimi_core.schema._document import at
from kimi_core.schema._keywords import joined, note, schema_error
from kimi_core.schema.reading import TYPES, as_object, target, type_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from collections.abc import Set as AbstractSet

    from kimi_core._json import JsonValue, Schema

__all__ = ["relaxed"]

_LONGEST_SENTENCE = 200  # characters of what was left out, in the description


def relaxed(
    schema: object, *, reserved: AbstractSet[str] = frozenset()
) -> tuple[AnySchema, list[str]]:
    """Return a schema without what is wrong in it.

    Args:
        schema: What should be a schema. Not changed.
        reserved: Names that no property may have.

    Returns:
        The schema, and what was left out of it: one entry for each place, e.g. ``type 'unknown' at
        'properties.v'``. A schema with nothing wrong in it comes back equal, with no entry. What is
        wrong with no keyword by itself (nothing fits it, it leads back to itself) is left.
    """
    known = as_mapping(schema)
    root = schema if known is None else dict(known)
    walk = _Walk(as_object(root) or {}, reserved)
    return walk.any_schema(root, ""), walk.left_out


class _Walk:
    """One way through a schema."""

    def __init__(self, root: Schema, reserved: AbstractSet[str]) -> None:
        self.left_out: list[str] = []
        self._reserved = reserved
        self._root = root

    def any_schema(self, schema: object, path: str) -> AnySchema:
        if isinstance(schema, bool):
            return schema
        known = as_object(schema)
        if known is None:
            self._leave_out("", schema, path)
            return True
        sentences: list[str] = []
        found: Schema = {}
        for keyword, value in known.items():
            if _is_wrong(keyword, value) or self._leads_nowhere(keyword, value):
                self._leave_out(keyword, value, path)
                sentences += _sentence(keyword, value)
            else:
                found[keyword] = self._inside(keyword, value, path)
        sentences += self._without_reserved_names(found, path)
        if sentences:
            found["description"] = joined(found.get("description"), tuple(sentences))
        return found

    def _leave_out(self, keyword: str, value: object, path: str) -> None:
        what = f"{keyword} {value!r}" if keyword else f"{value!r} in place of a schema"
        self.left_out.append(f"{what[:_LONGEST_SENTENCE]} at {path or 'root'!r}")

    def _leads_nowhere(self, keyword: str, value: object) -> bool:
        if keyword != "$ref":
            return False
        try:
            target(self._root, value, partial(schema_error, ""))
        except KimiConfigError:
            return True
        return False

    def _inside(self, keyword: str, value: Any, path: str) -> JsonValue:  # noqa: ANN401 - any JSON
        here = at(path, keyword)
        listed = as_sequence(value)
        members = as_object(value)
        if keyword in _OF_SCHEMAS and members is not None:
            return {name: self.any_schema(members[name], at(here, name)) for name in members}
        if keyword in _LISTS and listed is not None:
            return [self.any_schema(one, at(here, place)) for place, one in enumerate(listed)]
        if keyword in _SINGLE:
            return self.any_schema(value, here)
        return value

    def _without_reserved_names(self, schema: Schema, path: str) -> list[str]:
        """Take out properties whose names are refused, and what would still speak of them."""
        members = as_object(schema.get("properties")) or {}
        refused = sorted(self._reserved & members.keys())
        if not refused:
            return []
        schema["properties"] = {n: members[n] for n in members if n not in refused}
        if "required" in schema:
            schema["required"] = [n for n in schema["required"] if n not in refused]
        schema.pop("additionalProperties", None)
        for name in refused:
            self._leave_out(f"property {name!r}:", members[name], at(path, "properties"))
        return [note(f"Property {name!r}", members[name]) for name in refused]


def _sentence(keyword: str, value: JsonValue) -> list[str]:
    """Return what the model is told of a keyword; nothing where the keyword said nothing."""
    said = note(keyword, value) if value or value is False else ""
    return [said] if 0 < len(said) <= _LONGEST_SENTENCE else []


def _is_wrong(keyword: str, value: object) -> bool:
    fits = _FITS.get(keyword)
    return fits is not None and not fits(value)


def _is_type(value: object) -> bool:
    listed = as_sequence(value)
    names = [value] if listed is None else listed
    return bool(names) and all(name in (*TYPES, "integer") for name in names)


def _is_number(value: object) -> bool:
    return type_of(value) in {"integer", "number"} and math.isfinite(float(str(value)))


def _is_names(value: object) -> bool:
    listed = as_sequence(value)
    return listed is not None and all(isinstance(name, str) for name in listed)


def _is_count(value: object) -> bool:
    return value is None or type_of(value) == "integer"


def _is_bound(value: object) -> bool:
    return value is None or _is_number(value)


def _is_flag_or_bound(value: object) -> bool:
    return isinstance(value, bool) or _is_bound(value)


def _is_some(value: object) -> bool:
    return bool(as_sequence(value))


def _is_list(value: object) -> bool:
    return as_sequence(value) is not None


def _is_object(value: object) -> bool:
    return isinstance(value, dict)


def _never(_: object) -> bool:
    return False


_FITS: Mapping[str, Callable[[object], bool]] = {
    "type": _is_type,
    "enum": _is_some,
    "required": _is_names,
    "prefixItems": _is_list,
    **dict.fromkeys(("properties", "patternProperties"), _is_object),
    **dict.fromkeys(("allOf", "anyOf", "oneOf"), _is_some),
    **dict.fromkeys(("minLength", "maxLength", "minItems", "maxItems"), _is_count),
    **dict.fromkeys(("minimum", "maximum"), _is_bound),
    **dict.fromkeys(("exclusiveMinimum", "exclusiveMaximum"), _is_flag_or_bound),
    **dict.fromkeys(("$dynamicRef", "$recursiveRef"), _never),
}
_OF_SCHEMAS = frozenset({"properties", "patternProperties", "$defs", "definitions"})
_LISTS = frozenset({"allOf", "anyOf", "oneOf", "prefixItems", "items"})
_SINGLE = frozenset({"items", "additionalItems", "additionalProperties"})
