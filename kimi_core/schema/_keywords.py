"""The keywords of JSON schema, drafts 4 to 2020-12: what each says about values of one type.

Owns: which keywords belong to which type, their reading into the words of the newest draft, and
the sentences for what Moonshot's flavour has no keyword for. May know: its own files, _json,
errors.
"""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

from kimi_core._json import AnySchema, JsonValue, as_sequence
from kimi_core.errors import KimiConfigError
from kimi_core.schema.limits import shortened, shortened_path, spend
from kimi_core.schema.reading import TYPES, as_object, distinct_types, identity, type_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from kimi_core._json import Schema

__all__ = [
    "ANNOTATIONS",
    "RESERVED_NAMES",
    "declared_types",
    "joined",
    "note",
    "read_limits",
    "schema_error",
    "typed_notes",
    "untyped_notes",
]

ANNOTATIONS = ("title", "description", "default")
"""What Moonshot's flavour takes beside any other keyword."""

RESERVED_NAMES = frozenset({"$defs", "$ref", "anyOf", "required", "additionalProperties"})
"""Names of properties that the server refuses, at its level "strict" and above."""


def schema_error(path: str, problem: str) -> KimiConfigError:
    """Return the error for what stands at a path; the root's path is empty."""
    return KimiConfigError(f"Schema at {shortened_path(path) or 'root'!r}: {problem}")


def _shown(value: JsonValue) -> str:
    return shortened(repr(value))


def joined(text: object, notes: tuple[str, ...]) -> str:
    """Return a description with sentences after it, the text's last stop given back to it."""
    first = str(text).rstrip() if text else ""
    if first and notes and first[-1] not in ".!?:;":
        first += "."
    return " ".join([*([first] if first else []), *notes])


def declared_types(schema: Schema, path: str) -> list[str] | None:
    """Return the types that a schema names, or None where it names none.

    Raises:
        KimiConfigError: For a name that is no type.
    """
    if "type" not in schema:
        return None
    given = schema["type"]
    listed = as_sequence(given)
    names = [given] if listed is None else listed
    for name in names:
        if name not in (*TYPES, "integer"):
            raise schema_error(
                path,
                f"type {_shown(name)} is none of {', '.join(TYPES)} and integer; use one of these, "
                "or leave type out where any value will do.",
            )
    if not names:
        raise schema_error(path, "type must name at least one type; leave it out for any value.")
    return distinct_types(names)


def read_limits(kind: str, schema: Schema, path: str) -> Schema:
    """Return what a schema says of values of one type, in keywords of the newest draft.

    Args:
        kind: The type.
        schema: The schema; not changed. Other schemas inside it are kept as they are.
        path: Where it stands, for errors.

    Raises:
        KimiConfigError: For a keyword of the wrong form, or a name that is reserved.
    """
    reader = _READERS.get(kind)
    return reader(schema, path) if reader else {}


def _count(schema: Schema, keyword: str, path: str) -> Schema:
    value = schema.get(keyword)
    if value is None:
        return {}
    if type_of(value) != "integer":
        raise schema_error(path, f"{keyword} must be a whole number, not {_shown(value)}.")
    return {keyword: int(value)}


def _string(schema: Schema, path: str) -> Schema:
    return {**_count(schema, "minLength", path), **_count(schema, "maxLength", path)}


def _number(schema: Schema, path: str) -> Schema:
    limits: Schema = {}
    for bound, exclusive in (
        ("minimum", "exclusiveMinimum"),
        ("maximum", "exclusiveMaximum"),
    ):
        # In draft 4 the exclusive bound is a flag beside the bound.
        flag = schema.get(exclusive)
        names = {bound: exclusive if flag is True else bound, exclusive: exclusive}
        for written, name in names.items():
            value = schema.get(written)
            if value is None or (written == exclusive and isinstance(value, bool)):
                continue
            if type_of(value) not in {"integer", "number"} or not math.isfinite(value):
                raise schema_error(path, f"{written} must be a finite number, not {_shown(value)}.")
            limits[name] = value
    return limits


def _array(schema: Schema, path: str) -> Schema:
    limits = {**_count(schema, "minItems", path), **_count(schema, "maxItems", path)}
    items, most = _members(schema, limits.get("maxItems"), path)
    if most is not None:
        limits["maxItems"] = most
    if items is not True:
        limits["items"] = items
    return limits


def _tuple(schema: Schema, path: str) -> tuple[list[Any], Any]:
    """Return the schemas of the first items, and the schema of the rest."""
    items = schema.get("items", True)
    tuple_items = as_sequence(items)  # before 2020-12
    if tuple_items is not None:
        return list(tuple_items), schema.get("additionalItems", True)
    first = as_sequence(schema.get("prefixItems", []))
    if first is None:
        raise schema_error(path, "prefixItems must be a list of schemas.")
    return list(first), items


def _members(schema: Schema, most: int | None, path: str) -> tuple[Any, int | None]:
    """Return the one schema of all items, and the highest number of them."""
    first, rest = _tuple(schema, path)
    if rest is False:
        most = len(first) if most is None else min(most, len(first))
    full = most is not None and most <= len(first)
    allowed = first[:most] if full else [*first, rest]
    distinct = list({identity(member): member for member in allowed}.values())
    if True in distinct or {} in distinct or not distinct:
        return True, most
    return (distinct[0] if len(distinct) == 1 else {"anyOf": distinct}), most


def _object(schema: Schema, path: str) -> Schema:
    limits: Schema = {}
    if "properties" in schema:
        limits["properties"] = _named(schema, "properties", path)
        for name in sorted(RESERVED_NAMES & limits["properties"].keys()):
            raise schema_error(
                f"{path}.properties".lstrip("."),
                f"property name {name!r} is reserved by Moonshot's schema flavour; rename the "
                "property (in pydantic: another field name, or an alias).",
            )
    if "required" in schema:
        limits["required"] = _names(schema["required"], path)
    others = schema.get("additionalProperties")
    if others is not None:
        patterns = _named(schema, "patternProperties", path)
        # Names are not matched against patterns in this flavour, so a property that only a pattern
        # allows must be allowed as one of the others.
        closed = bool(patterns) and others not in (True, {})
        allowed = {"anyOf": [*patterns.values(), others]}
        limits["additionalProperties"] = allowed if closed else others
    return limits


def _named(schema: Schema, keyword: str, path: str) -> Schema:
    found = as_object(schema.get(keyword, {}))
    if found is None:
        raise schema_error(path, f"{keyword} must be an object of schemas.")
    return found


def _names(value: object, path: str) -> list[str]:
    listed = as_sequence(value)
    names = [None] if listed is None else listed
    texts = [name for name in names if isinstance(name, str)]
    if len(texts) < len(names):
        shown = _shown(value)
        raise schema_error(path, f"required must be a list of names of properties, not {shown}.")
    return list(dict.fromkeys(texts))


_READERS: Mapping[str, Callable[[Schema, str], Schema]] = {
    "array": _array,
    "integer": _number,
    "number": _number,
    "object": _object,
    "string": _string,
}

_SENTENCES = {
    "contains": "Must contain an item that fits {value}.",
    "contentEncoding": "Encoded as {value}.",
    "contentMediaType": "Content of media type {value}.",
    "dependentRequired": "Properties that need others: {value}.",
    "examples": "Examples: {value}.",
    "example": "Example: {value}.",
    "exclusiveMaximum": "Must be less than {value}.",
    "exclusiveMinimum": "Must be greater than {value}.",
    "format": "Format: {value}.",
    "maxContains": "At most {value} such items.",
    "maxProperties": "At most {value} properties.",
    "minContains": "At least {value} such items.",
    "minProperties": "At least {value} properties.",
    "multipleOf": "Must be a multiple of {value}.",
    "not": "Must not fit {value}.",
    "pattern": "Must match the regular expression {value}.",
    "patternProperties": "Properties by a regular expression for their names: {value}.",
    "propertyNames": "Names of properties must fit {value}.",
}
_FLAGS = {"deprecated": "Deprecated.", "uniqueItems": "All items must differ."}

_NOTED: Mapping[str, tuple[str, ...]] = {
    "array": ("uniqueItems", "contains", "minContains", "maxContains", "unevaluatedItems"),
    "object": (
        *("patternProperties", "propertyNames", "minProperties", "maxProperties"),
        *("dependentRequired", "dependentSchemas", "dependencies", "unevaluatedProperties"),
    ),
    "integer": ("multipleOf",),
    "number": ("multipleOf",),
    "string": ("pattern", "format", "contentEncoding", "contentMediaType", "contentSchema"),
}
_UNTYPED = ("not", "if", "then", "else", "examples", "example", "deprecated")


def note(keyword: str, value: JsonValue) -> str:
    """Return what a keyword says as a sentence, empty for a flag that is off."""
    if keyword in _FLAGS:
        return _FLAGS[keyword] if value is True else ""
    plain = isinstance(value, str) and keyword != "example"
    text = value if plain else json.dumps(value, ensure_ascii=False)
    spend(len(text))
    return _SENTENCES.get(keyword, f"{keyword}: {{value}}.").replace("{value}", text)


def typed_notes(kind: str, schema: Schema) -> tuple[str, ...]:
    """Return sentences for what a schema says of one type and the flavour has no keyword for."""
    keywords = _NOTED.get(kind, ())
    if kind in {"integer", "number"} and "type" in schema:
        keywords = (*keywords, "format")  # OpenAPI's int32 and double
    notes = _notes(schema, keywords)
    return (*notes, *_order_note(schema)) if kind == "array" else notes


def untyped_notes(schema: Schema) -> tuple[str, ...]:
    """Return sentences for what a schema says of values of every type."""
    return _notes(schema, _UNTYPED)


def _notes(schema: Schema, keywords: tuple[str, ...]) -> tuple[str, ...]:
    sentences = (note(keyword, schema[keyword]) for keyword in keywords if keyword in schema)
    return tuple(sentence for sentence in sentences if sentence)


def _order_note(schema: Schema) -> tuple[str, ...]:
    first, _ = _tuple(schema, "")
    most = _count(schema, "maxItems", "").get("maxItems")
    if not first or _members(schema, most, "")[0] == first[0]:
        return ()
    return (f"Items in this order: {', '.join(_brief(member) for member in first)}.",)


def _brief(schema: AnySchema) -> str:
    """Return a word or two for a schema."""
    known = as_object(schema)
    if not known:
        return "any value"
    for keyword in ("title", "const", "enum", "type", "$ref"):
        if keyword in known:
            value = known[keyword]
            word = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
            spend(len(word))
            return word.rpartition("/")[2] if keyword == "$ref" else word
    text = json.dumps(known, ensure_ascii=False)
    spend(len(text))
    return text
