"""A schema with the places that its references point to: what is allowed where.

Owns: following references, and all alternatives of one schema with what it refers to and combines.
May know: its own files, _json.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from kimi_core._json import JsonValue, as_sequence
from kimi_core.schema._alternatives import (
    Alternative,
    annotated,
    anything,
    intersections,
    own_alternatives,
    without_repeats,
)
from kimi_core.schema._keywords import ANNOTATIONS, schema_error, untyped_notes
from kimi_core.schema.limits import STEP, nested, shortened, spend
from kimi_core.schema.reading import as_object, target

if TYPE_CHECKING:
    from kimi_core._json import Schema

__all__ = ["Document", "at", "checked", "parts"]


def at(path: str, *steps: object) -> str:
    """Return the path of what lies inside what lies at a path."""
    return ".".join([*([path] if path else []), *(shortened(str(step)) for step in steps)])


def checked(schema: object, path: str) -> Schema:
    """Return an object that is a schema.

    Raises:
        KimiConfigError: For anything else, and for a reference that only a server could follow.
    """
    known = as_object(schema)
    if known is None:
        raise schema_error(
            path, f"{shortened(repr(schema))} is no schema; it must be an object or a boolean."
        )
    for keyword in ("$dynamicRef", "$recursiveRef"):
        if keyword in known:
            raise schema_error(path, f"{keyword} is not followed; use $ref to #/$defs/NAME.")
    return known


def parts(schema: Schema, keyword: str, path: str) -> list[Any]:
    """Return the schemas that a keyword combines, none where it is absent.

    Raises:
        KimiConfigError: Where there is no list, or nothing in it.
    """
    if keyword not in schema:
        return []
    found = as_sequence(schema[keyword])
    if not found:
        raise schema_error(path, f"{keyword} must be a list of at least one schema.")
    return list(found)


class Document:
    """One schema, read; nothing of it is changed."""

    def __init__(self, root: Schema) -> None:
        """Keep the root, where references start."""
        self._root = root

    def target(self, reference: object, path: str) -> JsonValue:
        """Return what a reference points to.

        Args:
            reference: The value of ``$ref``.
            path: Where it stands, for errors.

        Raises:
            KimiConfigError: Where it leads out of the schema, or to nothing.
        """
        return target(self._root, reference, partial(schema_error, path))

    def chain(self, reference: object, path: str) -> tuple[Any, str]:
        """Follow a reference through targets that are nothing but references.

        Returns:
            What the last one points to, and that reference.

        Raises:
            KimiConfigError: As `target`, and where the way leads back to its start.
        """
        seen: set[str] = set()
        while True:
            found = self.target(reference, path)
            if reference in seen:
                raise schema_error(path, f"$ref {reference!r} leads back to itself.")
            seen.add(str(reference))
            known = as_object(found)
            if known is None or set(known) != {"$ref"}:
                return found, str(reference)
            reference = known["$ref"]

    def alternatives(
        self, schema: Schema, path: str, seen: tuple[object, ...] = ()
    ) -> list[Alternative]:
        """Return what a schema allows, its own annotations left aside.

        Args:
            schema: An object.
            path: Where it stands, for errors.
            seen: References that were followed on the way without leaving the value.

        Raises:
            KimiConfigError: For what is no schema, or a reference that cannot be followed.
        """
        own = own_alternatives(schema, path)
        notes = untyped_notes(schema)
        found = [replace(one, notes=(*one.notes, *notes)) for one in own]
        if "$ref" in schema:
            reference = schema["$ref"]
            if reference in seen:
                raise schema_error(path, f"$ref {reference!r} leads back to itself.")
            inside = self.target(reference, path)
            found = intersections(found, self._inside(inside, path, (*seen, reference)), path)
        for number, part in enumerate(parts(schema, "allOf", path)):
            inside = self._inside(part, at(path, "allOf", number), seen)
            found = intersections(found, inside, path)
        for keyword in ("anyOf", "oneOf"):
            if keyword in schema:
                found = intersections(found, self._any(schema, keyword, path, seen), path)
        if schema.get("nullable") is True:  # OpenAPI 3.0
            found = without_repeats([*found, Alternative("null")])
        return found

    def _any(
        self, schema: Schema, keyword: str, path: str, seen: tuple[object, ...]
    ) -> list[Alternative]:
        return without_repeats(
            alternative
            for number, branch in enumerate(parts(schema, keyword, path))
            for alternative in self._inside(branch, at(path, keyword, number), seen)
        )

    def _inside(self, schema: object, path: str, seen: tuple[object, ...]) -> list[Alternative]:
        if isinstance(schema, bool):
            return anything() if schema else []
        known = checked(schema, path)
        own = {key: known[key] for key in ANNOTATIONS if key in known}
        spend(STEP)
        with nested(path):
            return annotated(self.alternatives(known, path, seen), own)
