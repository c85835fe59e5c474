"""A JSON schema in one piece: references followed, `allOf` merged, booleans written out.

Owns: the normal form of a schema that the grammar is made from, and the wording of what cannot be
kept. May know: `kimi_core.errors`.

The normal form of one schema has no `$ref`, `allOf`, `const`, `nullable` or annotation at its top;
the schemas inside it are as they were. ``{"enum": []}`` is the schema that nothing fits.
"""

# A JSON schema is of unknown shape all the way down; mypy strict checks this file.
# pyright: basic

from __future__ import annotations

import json
from typing import Any

from kimi_core.errors import KimiConfigError

__all__ = ["IMPOSSIBLE", "Document", "Schema", "canonical", "refusal"]

Schema = dict[str, Any]

IMPOSSIBLE: Schema = {"enum": []}
_ANNOTATIONS = frozenset(
    [
        *("$schema", "$id", "$comment", "$defs", "$anchor", "definitions", "title", "description"),
        *("default", "examples", "example", "deprecated", "readOnly", "writeOnly", "nullable"),
        *("contentEncoding", "contentMediaType", "contentSchema", "discriminator", "externalDocs"),
        *("xml", "strict"),
    ]
)
_LEAST = frozenset(["maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties"])
_GREATEST = frozenset(["minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties"])
_NO_DRAFT_4 = {"minimum": "exclusiveMinimum", "maximum": "exclusiveMaximum"}
_OBJECT_KEYS = frozenset(["properties", "required", "additionalProperties"])


def canonical(value: Any) -> str:  # noqa: ANN401 - any JSON value
    """Return the same text for the same JSON value; the order of properties counts."""
    return json.dumps(value, ensure_ascii=False)


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


class Document:
    """One schema with the definitions that its references point to."""

    def __init__(self, root: Schema, *, strict: bool) -> None:
        """Keep the root; `strict` is about keywords that no merge can keep."""
        self._root = root
        self._strict = strict

    def normal(self, schema: Any, where: str) -> Schema:  # noqa: ANN401 - a schema, or what is none
        """Return the normal form.

        Raises:
            KimiConfigError: For a reference that leads nowhere or in a circle, or what is no
                schema.
        """
        return self._normal(schema, where, ())

    def _normal(self, schema: Any, where: str, seen: tuple[str, ...]) -> Schema:  # noqa: ANN401
        if isinstance(schema, bool):
            return {} if schema else IMPOSSIBLE
        if not isinstance(schema, dict):
            raise KimiConfigError(f"{where}: {schema!r} is no JSON schema; it must be an object.")
        own = {key: value for key, value in schema.items() if key not in _ANNOTATIONS}
        parts = own.pop("allOf", [])
        reference = own.pop("$ref", None)
        if reference is not None:
            if reference in seen:
                raise KimiConfigError(f"{where}: $ref {reference!r} leads back to itself.")
            target = self._target(reference, where)
            merged = self._normal(target, where, (*seen, reference))
        else:
            merged = {}
        merged = self._merge(merged, _modern(own), where)
        for part in parts:
            merged = self._merge(merged, self._normal(part, where, seen), where)
        return merged

    def _target(self, reference: object, where: str) -> Any:  # noqa: ANN401 - whatever is there
        if not isinstance(reference, str) or not reference.startswith("#"):
            raise KimiConfigError(
                f"{where}: $ref {reference!r} points outside of the tool's schema; put the "
                "definition under $defs."
            )
        found: Any = self._root
        for step in reference[1:].split("/")[1:]:
            key = step.replace("~1", "/").replace("~0", "~")
            try:
                found = found[int(key) if isinstance(found, list) else key]
            except (KeyError, IndexError, TypeError, ValueError):
                raise KimiConfigError(
                    f"{where}: $ref {reference!r} points at nothing in the tool's schema."
                ) from None
        return found

    def merge(self, first: Schema, second: Schema, where: str) -> Schema:
        """Return the normal form of what fits both of two normal forms."""
        return self._merge(first, second, where)

    def _merge(self, first: Schema, second: Schema, where: str) -> Schema:
        if not first or not second:
            return {**first, **second}
        merged = _merged_objects(first, second)
        for key in [*first, *(key for key in second if key not in first)]:
            if key in _OBJECT_KEYS:
                continue
            if key not in first or key not in second:
                merged[key] = first.get(key, second.get(key))
            else:
                merged[key] = self._both(key, first[key], second[key], where)
        return IMPOSSIBLE if merged.get("type") == [] else merged

    def _both(self, key: str, first: Any, second: Any, where: str) -> Any:  # noqa: ANN401
        if key in _LEAST or key in _GREATEST:
            return min(first, second) if key in _LEAST else max(first, second)
        if key == "type":
            return _common_types(first, second)
        if key == "enum":
            allowed = {canonical(value) for value in second}
            return [value for value in first if canonical(value) in allowed]
        if key in {"items", "additionalItems"}:
            return {"allOf": [first, second]}
        if key in {"anyOf", "oneOf"}:
            return [{"allOf": [one, other]} for one in first for other in second]
        if first != second and key != "format" and self._strict:
            raise refusal(where, f"two different values of {key!r} that must both hold")
        return first


def _modern(schema: Schema) -> Schema:
    """Write `const` as an enum, and draft 4's boolean exclusive bounds as numbers."""
    if "const" in schema:
        value = schema.pop("const")
        inside = "enum" not in schema or value in schema["enum"]
        schema["enum"] = [value] if inside else []
    for bound, exclusive in _NO_DRAFT_4.items():
        if isinstance(schema.get(exclusive), bool) and schema.pop(exclusive) and bound in schema:
            schema[exclusive] = schema.pop(bound)
    return schema


def _common_types(first: Any, second: Any) -> list[str]:  # noqa: ANN401 - a name or a list
    ones = [first] if isinstance(first, str) else list(first)
    others = [second] if isinstance(second, str) else list(second)
    common = [name for name in ones if name in others]
    if "integer" not in common and {"integer", "number"} <= {*ones, *others}:
        common += ["integer"] * (
            ("integer" in ones and "number" in others) or ("number" in ones and "integer" in others)
        )
    return common


def _merged_objects(first: Schema, second: Schema) -> Schema:
    """Merge what two schemas say of properties, each closing itself to what it does not name."""
    merged: Schema = {}
    if "properties" in first or "properties" in second:
        names = [*first.get("properties", {}), *second.get("properties", {})]
        merged["properties"] = {
            name: _one_property(name, first, second) for name in dict.fromkeys(names)
        }
    if "required" in first or "required" in second:
        needed = [*first.get("required", []), *second.get("required", [])]
        merged["required"] = list(dict.fromkeys(needed))
    others = [s["additionalProperties"] for s in (first, second) if "additionalProperties" in s]
    if others:
        merged["additionalProperties"] = others[0] if len(others) == 1 else _both_schemas(*others)
    return merged


def _one_property(name: str, first: Schema, second: Schema) -> Any:  # noqa: ANN401 - a schema
    found = [
        schema["properties"][name]
        if name in schema.get("properties", {})
        else schema.get("additionalProperties", True)
        for schema in (first, second)
    ]
    return _both_schemas(*found)


def _both_schemas(first: Any, second: Any) -> Any:  # noqa: ANN401 - schemas
    if first is True or first == second:
        return second
    if second is True:
        return first
    return False if first is False or second is False else {"allOf": [first, second]}
