"""What an object may hold, read from its schema.

Owns: the members of an object in their order, and which keywords about members can be kept.
May know: its own files, _json.

Properties that a schema does not name are written only where it says `additionalProperties`, and
in an object that names none. JSON schema allows them everywhere; a model that is offered them
invents arguments.
"""

# A JSON schema is of unknown shape all the way down; mypy strict checks this file.
# pyright: basic

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kimi_core.raw._grammar.merge import refusal

if TYPE_CHECKING:
    from collections.abc import Callable

    from kimi_core._json import Schema
    from kimi_core.raw._grammar.merge import Document
    from kimi_core.raw._grammar.place import Place

__all__ = ["Extra", "Member", "Shape", "read_shape"]


@dataclass(frozen=True, slots=True)
class Member:
    """One named property."""

    key: str
    schema: Any
    required: bool


@dataclass(frozen=True, slots=True)
class Extra:
    """Any number of properties without names of their own.

    Attributes:
        schema: Their values.
        names: The schema of their keys, or None where any other key will do.
        low: How many at least.
        high: How many at most; None is any number.
    """

    schema: Any
    names: Schema | None = None
    low: int = 0
    high: int | None = None


@dataclass(frozen=True, slots=True)
class Shape:
    """What an object may hold; `needs_one` excludes the empty object."""

    members: tuple[Member, ...]
    extra: Extra | None
    needs_one: bool


def read_shape(
    schema: Schema, document: Document, place: Place, *, strict: bool, arguments: bool
) -> Shape:
    """Read the shape of an object.

    Args:
        schema: In normal form.
        document: To read the schema of keys.
        place: For errors.
        strict: Whether a keyword that cannot be kept is an error.
        arguments: Whether this is a tool's whole parameters: without any keyword about members
            the tool takes none.

    Raises:
        KimiConfigError: For a keyword that cannot be kept.
    """
    members = _members(schema)
    extra = _extra(schema, members, arguments=arguments)

    def refuse(keyword: str) -> None:
        if strict:
            raise refusal(place.where, repr(keyword))

    for keyword in ("dependentRequired", "dependentSchemas", "dependencies"):
        if schema.get(keyword):
            refuse(keyword)
    if extra is None and not schema.get("patternProperties"):
        return _counted(schema, members, None, refuse)
    members, extra = _with_names(schema, members, extra, document, place, refuse)
    return _counted(schema, members, extra, refuse)


def _members(schema: Schema) -> tuple[Member, ...]:
    properties = schema.get("properties", {})
    required = schema.get("required", [])
    others = schema.get("additionalProperties", True)
    undeclared = [name for name in dict.fromkeys(required) if name not in properties]
    needed = set(required)
    return tuple(
        Member(name, properties.get(name, others), name in needed)
        for name in [*properties, *undeclared]
    )


def _extra(schema: Schema, members: tuple[Member, ...], *, arguments: bool) -> Extra | None:
    named = "propertyNames" in schema or "patternProperties" in schema
    default = not members and not arguments and not named
    default = default or ("propertyNames" in schema and not members)
    others = schema.get("additionalProperties", default)
    return None if others is False else Extra(others)


def _with_names(
    schema: Schema,
    members: tuple[Member, ...],
    extra: Extra | None,
    document: Document,
    place: Place,
    refuse: Callable[[str], None],
) -> tuple[tuple[Member, ...], Extra | None]:
    patterns = schema.get("patternProperties", {})
    if patterns:
        if members or extra is not None or len(patterns) > 1 or "propertyNames" in schema:
            refuse("patternProperties")
            return members, extra
        pattern, value = next(iter(patterns.items()))
        return (), Extra(value, {"type": "string", "pattern": pattern})
    if "propertyNames" not in schema or extra is None:
        return members, extra
    names = document.normal(schema["propertyNames"], place.where)
    if "enum" in names and not members:
        members = tuple(Member(str(name), extra.schema, required=False) for name in names["enum"])
        return members, None
    if members:
        refuse("propertyNames")
        return members, extra
    return (), Extra(extra.schema, {"type": "string", **names})


def _counted(
    schema: Schema,
    members: tuple[Member, ...],
    extra: Extra | None,
    refuse: Callable[[str], None],
) -> Shape:
    low, high = schema.get("minProperties", 0), schema.get("maxProperties")
    required = sum(member.required for member in members)
    if extra is not None and not members:
        if low > 1:
            refuse("minProperties")  # a key may be written twice, which makes one property
        return Shape((), Extra(extra.schema, extra.names, low, high), needs_one=False)
    if low > max(required, 1):
        refuse("minProperties")
    if high is not None and (high < len(members) or extra is not None):
        refuse("maxProperties")
    return Shape(members, extra, needs_one=low > 0)
