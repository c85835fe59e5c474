"""A JSON schema in one piece: references followed, `allOf` merged, booleans written out.

Owns: the normal form of a schema that the grammar is made from, and the wording of what cannot be
kept. May know: its own files, _json, errors, schema.

The normal form of one schema has no `$ref`, `allOf`, `const`, `nullable` or annotation at its top;
the schemas inside it are as they were. ``{"enum": []}`` is the schema that nothing fits.
"""

# A JSON schema is of unknown shape all the way down; mypy strict checks this file.
# pyright: basic

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from kimi_core.errors import KimiConfigError
from kimi_core.raw._grammar.text import UNREACHABLE
from kimi_core.schema.forms import UNSET, form_of, has_wrong_form
from kimi_core.schema.limits import MAX_BRANCHES, STEP, nested, shortened, spend
from kimi_core.schema.reading import (
    MEMBERS,
    is_ignored,
    merged_bound,
    merged_enum,
    merged_members,
    merged_schemas,
    target,
)

if TYPE_CHECKING:
    from kimi_core._json import AnySchema, JsonValue, Schema

__all__ = ["IMPOSSIBLE", "Document", "canonical", "check_branches", "refusal"]

IMPOSSIBLE: Schema = {"enum": []}
_ANNOTATIONS = frozenset(
    [
        *("title", "description", "default", "examples", "example", "deprecated", "nullable"),
        *("contentEncoding", "contentMediaType", "contentSchema", "strict"),
    ]
)
_LEAST = frozenset({"minLength", "minItems", "minProperties"})
_COUNTS = _LEAST | {"maxLength", "maxItems", "maxProperties"}
_NO_DRAFT_4 = {"minimum": "exclusiveMinimum", "maximum": "exclusiveMaximum"}


def canonical(value: JsonValue) -> str:
    """Return the same text for the same JSON value; the order of properties counts."""
    text = json.dumps(value, ensure_ascii=False)
    spend(len(text))
    return text


def refusal(where: str, what: str) -> KimiConfigError:
    """Return the error for a schema that a grammar cannot enforce.

    Args:
        where: The tool and the place in its schema.
        what: What cannot be said, as the end of "the grammar cannot say".
    """
    return KimiConfigError(
        f"{where}: the grammar cannot say {what}, so the arguments could break the schema; take "
        "it out of the schema, pass strict=False to leave it to the model, or let tool_choice be "
        "'auto'."
    )


def check_branches(number: int, where: str) -> None:
    """Refuse a union of more branches than are written out.

    Raises:
        KimiConfigError: For more than `MAX_BRANCHES`.
    """
    if number > MAX_BRANCHES:
        raise KimiConfigError(
            f"{where}: combining allOf, anyOf and oneOf gives {number} branches, more than "
            f"{MAX_BRANCHES}; write fewer."
        )


class Document:
    """One schema with the definitions that its references point to."""

    def __init__(self, root: Schema, *, strict: bool) -> None:
        """Keep the root; `strict` is about keywords that no merge can keep."""
        self._root = root
        self._strict = strict

    def normal(self, schema: AnySchema, where: str) -> Schema:
        """Return the normal form.

        Raises:
            KimiConfigError: For a reference that leads nowhere or in a circle, or what is no
                schema.
        """
        return self._normal(schema, where, ())

    def _normal(self, schema: AnySchema, where: str, seen: tuple[str, ...]) -> Schema:
        if isinstance(schema, bool):
            return {} if schema else IMPOSSIBLE
        if not isinstance(schema, dict):
            shown = shortened(repr(schema))
            raise KimiConfigError(f"{where}: {shown} is no JSON schema; it must be an object.")
        spend(STEP)
        with nested(where):
            return self._merged(schema, where, seen)

    def _merged(self, schema: Schema, where: str, seen: tuple[str, ...]) -> Schema:
        own = _own_keywords(schema, where)
        parts = own.pop("allOf", [])
        reference = own.pop("$ref", None)
        if reference is not None:
            if reference in seen:
                raise KimiConfigError(f"{where}: $ref {reference!r} leads back to itself.")
            inside = target(self._root, reference, lambda text: KimiConfigError(f"{where}: {text}"))
            merged = self._normal(inside, where, (*seen, reference))
        else:
            merged = {}
        merged = self.merge(merged, _modern(own), where)
        for part in parts:
            merged = self.merge(merged, self._normal(part, where, seen), where)
        return merged

    def merge(self, first: Schema, second: Schema, where: str) -> Schema:
        """Return the normal form of what fits both of two normal forms."""
        if not first or not second:
            return {**first, **second}
        merged = merged_members(first, second)
        for key in [*first, *(key for key in second if key not in first)]:
            if key in MEMBERS:
                continue
            if key not in first or key not in second:
                merged[key] = first.get(key, second.get(key))
            else:
                merged[key] = self._both(key, first[key], second[key], where)
        return IMPOSSIBLE if merged.get("type") == [] else merged

    def _both(self, key: str, first: JsonValue, second: JsonValue, where: str) -> JsonValue:
        bound = merged_bound(key, first, second)
        if bound is not None:
            return bound
        if key == "type":
            return _common_types(first, second)
        if key == "enum":
            return merged_enum(first, second)
        if key in {"items", "additionalItems"}:
            return merged_schemas(first, second)
        if key in {"anyOf", "oneOf"}:
            check_branches(len(first) * len(second), where)
            return [{"allOf": [one, other]} for one in first for other in second]
        if first != second and key != "format" and self._strict:
            raise refusal(where, f"two different values of {key!r} that must both hold")
        return first


def _own_keywords(schema: Schema, where: str) -> Schema:
    return {
        key: _formed(key, value, where)
        for key, value in schema.items()
        if not _says_nothing(key) and not (value is None and key in UNSET)
    }


def _formed(key: str, value: JsonValue, where: str) -> JsonValue:
    """Return the value of a keyword, which has the form that it must have."""
    if has_wrong_form(key, value) and (key, value) != ("enum", []):
        shown = shortened(repr(value))
        raise KimiConfigError(f"{where}: {key!r} must be {form_of(key)}, not {shown}.")
    if key in _LEAST and value >= UNREACHABLE:
        raise KimiConfigError(
            f"{where}: {key!r} is {value:g}, more than any answer holds; choose less than "
            f"{UNREACHABLE}."
        )
    return int(value) if key in _COUNTS else value


def _says_nothing(keyword: str) -> bool:
    return keyword in _ANNOTATIONS or is_ignored(keyword)


def _modern(schema: Schema) -> Schema:
    """Write `const` as an enum, and draft 4's boolean exclusive bounds as numbers."""
    if isinstance(schema.get("type"), list):
        schema["type"] = list(dict.fromkeys(schema["type"]))
    if "const" in schema:
        only = [schema.pop("const")]
        schema["enum"] = merged_enum(only, schema.get("enum", only))
    for bound, exclusive in _NO_DRAFT_4.items():
        if isinstance(schema.get(exclusive), bool) and schema.pop(exclusive) and bound in schema:
            schema[exclusive] = schema.pop(bound)
    return schema


def _common_types(first: Any, second: Any) -> list[str]:  # noqa: ANN401 - a name or a list
    ones = [first] if isinstance(first, str) else list(first)
    others = [second] if isinstance(second, str) else list(second)
    common = [name for name in ones if name in others]
    both = {"integer", "number"}
    if "integer" not in common and both <= {*ones, *others} and both & {*ones} and both & {*others}:
        common.append("integer")
    return common
