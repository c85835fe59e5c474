"""One schema as the values of single types that it allows, and what two schemas allow together.

Owns: `Alternative`, reading a schema's own keywords into alternatives, and their intersection.
May know: its own files, _json. Schemas inside an alternative are as they were written; who builds
the answer reads them in their turn.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, cast

from kimi_core._json import JsonValue, as_sequence
from kimi_core.schema._keywords import declared_types, read_limits, schema_error, typed_notes
from kimi_core.schema.limits import MAX_BRANCHES, STEP, spend
from kimi_core.schema.reading import (
    MEMBERS,
    TYPES,
    identity,
    merged_bound,
    merged_enum,
    merged_members,
    merged_schemas,
    type_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from kimi_core._json import Schema

__all__ = [
    "Alternative",
    "annotated",
    "anything",
    "intersections",
    "joined_annotations",
    "own_alternatives",
    "without_repeats",
]


@dataclass(frozen=True, slots=True)
class Alternative:
    """Values of one type.

    Attributes:
        type: One of JSON schema's seven types.
        limits: Keywords about this type, in the words of the newest drafts.
        notes: What no keyword can say to Moonshot, as sentences.
        annotations: Title, description and default, where the schema that brought them has any.
        assumed: Whether no schema named the type.
    """

    type: str
    limits: Schema = field(default_factory=lambda: cast("Schema", {}))
    notes: tuple[str, ...] = ()
    annotations: Schema = field(default_factory=lambda: cast("Schema", {}))
    assumed: bool = False

    @property
    def identity(self) -> str:
        """Equal for alternatives that say the same."""
        return identity([self.type, self.limits, self.notes, self.annotations, self.assumed])


def anything() -> list[Alternative]:
    """Return what the schema ``true`` allows."""
    return [Alternative(name, assumed=True) for name in TYPES]


def own_alternatives(schema: Schema, path: str) -> list[Alternative]:
    """Return what a schema allows by its own keywords, without references and combinations.

    Args:
        schema: The schema.
        path: Where it stands, for errors.

    Raises:
        KimiConfigError: For a keyword of the wrong form.
    """
    declared = declared_types(schema, path)
    alternatives = [
        Alternative(
            name,
            read_limits(name, schema, path),
            typed_notes(name, schema),
            assumed=declared is None,
        )
        for name in declared or TYPES
    ]
    for values in _allowed_values(schema, path):
        alternatives = intersections(alternatives, _literals(values), path)
    return alternatives


def _allowed_values(schema: Schema, path: str) -> list[list[Any]]:
    allowed: list[list[Any]] = []
    if "enum" in schema:
        values = as_sequence(schema["enum"])
        if values is None:
            raise schema_error(path, "enum must be a list of values.")
        allowed.append(list(values))
    if "const" in schema:
        allowed.append([schema["const"]])
    return allowed


def _literals(values: Sequence[Any]) -> list[Alternative]:
    """Return one alternative for each type of simple values, and one for each object and array."""
    literals: list[Alternative] = []
    simple: dict[str, dict[str, Any]] = {}
    for value in values:
        kind = type_of(value)
        if kind in {"object", "array"}:
            literals.append(_structure(kind, value))
        else:
            family = "number" if kind == "integer" else kind
            simple.setdefault(family, {}).setdefault(identity(value), value)
    return [_one_of(kind, list(found.values())) for kind, found in simple.items()] + literals


def _one_of(kind: str, values: list[Any]) -> Alternative:
    if kind == "null" or (kind == "boolean" and len(values) > 1):
        return Alternative(kind)
    if kind == "number" and all(type_of(value) == "integer" for value in values):
        kind = "integer"
    return Alternative(kind, {"enum": values})


def _structure(kind: str, value: JsonValue) -> Alternative:
    # The flavour's enum holds no objects and arrays. An object with one value for each property is
    # the same; of an array the order is lost, which the note of a tuple says.
    if kind == "object":
        limits = {
            "properties": {name: {"const": member} for name, member in value.items()},
            "required": list(value),
            "additionalProperties": False,
        }
        return Alternative(kind, limits)
    literal = {
        "prefixItems": [{"const": member} for member in value],
        "items": False,
        "minItems": len(value),
    }
    return Alternative(kind, read_limits(kind, literal, ""), typed_notes(kind, literal))


def without_repeats(alternatives: Iterable[Alternative]) -> list[Alternative]:
    """Return the alternatives, each once, in their order."""
    return list({alternative.identity: alternative for alternative in alternatives}.values())


def intersections(
    first: Sequence[Alternative], second: Sequence[Alternative], path: str
) -> list[Alternative]:
    """Return what both allow; empty where nothing is left.

    Raises:
        KimiConfigError: Where the combinations are too many to write out.
    """
    found: dict[str, Alternative] = {}
    for other in second:
        for one in first:
            both = _both(one, other)
            if both is not None:
                found[both.identity] = both
        if len(found) > MAX_BRANCHES:
            raise schema_error(
                path,
                f"combining allOf, anyOf and oneOf gives {len(found)} alternatives, more than "
                f"{MAX_BRANCHES}; write fewer branches.",
            )
    return list(found.values())


def _both(one: Alternative, other: Alternative) -> Alternative | None:
    kind = _common_type(one.type, other.type)
    if kind is None:
        return None
    spend(STEP // 4 + len(one.notes) + len(other.notes))
    limits = _merged_limits(one.limits, other.limits)
    if kind == "integer" and "enum" in limits:
        limits["enum"] = [value for value in limits["enum"] if type_of(value) == "integer"]
    if limits.get("enum") == []:
        return None
    return Alternative(
        kind,
        limits,
        tuple(dict.fromkeys([*one.notes, *other.notes])),
        joined_annotations(one.annotations, other.annotations),
        assumed=one.assumed and other.assumed,
    )


def _common_type(one: str, other: str) -> str | None:
    if one == other:
        return one
    return "integer" if {one, other} == {"integer", "number"} else None


def _merged_limits(one: Schema, other: Schema) -> Schema:
    merged = {
        keyword: _merged(keyword, one[keyword], other[keyword])
        if keyword in one and keyword in other
        else one.get(keyword, other.get(keyword))
        for keyword in dict.fromkeys([*one, *other])
        if keyword not in MEMBERS
    }
    return {**merged, **merged_members(one, other)}


def _merged(keyword: str, one: JsonValue, other: JsonValue) -> JsonValue:
    bound = merged_bound(keyword, one, other)
    if bound is not None:
        return bound
    # items are the only keyword left
    return merged_enum(one, other) if keyword == "enum" else merged_schemas(one, other)


def annotated(alternatives: Iterable[Alternative], annotations: Schema) -> list[Alternative]:
    """Return the alternatives with what is said of all of them."""
    return [
        replace(found, annotations=joined_annotations(annotations, found.annotations))
        for found in alternatives
    ]


def joined_annotations(one: Mapping[str, Any], other: Mapping[str, Any]) -> Schema:
    """Return both; of two titles or defaults the first, of two descriptions both."""
    both = {**other, **one}
    texts = dict.fromkeys(
        found["description"] for found in (one, other) if found.get("description")
    )
    if texts:
        both["description"] = " ".join(texts)
        spend(len(both["description"]))
    return both
