"""A whole schema, written again in Moonshot's flavour.

Owns: the walk through a schema, and what stays a reference in it. May know: its own files, _json.

References are inlined, because servers in the field refuse more of them than the published
validator does (a reference inside a definition, one to a bare anyOf: reported in September 2026);
only a schema that contains itself stays a definition.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from kimi_core.schema._document import Document, at, checked, parts
from kimi_core.schema._keywords import ANNOTATIONS, note, schema_error
from kimi_core.schema._write import (
    ANYTHING,
    any_of,
    branches_of,
    common_notes,
    kept_alternatives,
    only_types,
    plain_bounds,
    possible,
    with_annotations,
    with_notes,
)
from kimi_core.schema.limits import STEP, nested, shortened, spend
from kimi_core.schema.reading import TYPES, copied, identity, is_ignored

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from kimi_core._json import Schema
    from kimi_core.schema._alternatives import Alternative

__all__ = ["Builder"]

_COMBINING = frozenset({"$ref", "allOf", "anyOf", "oneOf"})


class Builder:
    """Writes one schema again.

    Attributes:
        definitions: What contains itself, by name.
    """

    def __init__(self, root: Schema) -> None:
        """Keep the root, where references start."""
        self.definitions: dict[str, Schema] = {}
        self._document = Document(root)
        self._names: dict[str, str] = {}
        self._open: dict[str, int] = {}  # what is being written -> how deep in the value
        self._depth = 0

    def build(self, schema: object, path: str) -> Schema | None:
        """Return a schema in Moonshot's flavour, or None where no value fits it.

        Args:
            schema: A schema; not changed.
            path: Where it stands, for errors and names.

        Raises:
            KimiConfigError: For what is no schema, or cannot be said in this flavour.
        """
        spend(STEP)
        if isinstance(schema, bool):
            return copied(ANYTHING) if schema else None
        with nested(path):
            return self._written(checked(schema, path), path)

    def _written(self, schema: Schema, path: str) -> Schema | None:
        own = {key: copied(schema[key]) for key in ANNOTATIONS if key in schema}
        rest = {key: schema[key] for key in schema if not is_ignored(key) and key not in own}
        keywords = set(rest)
        body: Schema | None
        if keywords == {"$ref"}:
            target, place = self._document.chain(rest["$ref"], path)
            body = self._once(place, place, path, lambda: self.build(target, path))
        elif keywords in ({"anyOf"}, {"oneOf"}):
            body = self._union(keywords.pop(), rest, path)
        elif keywords == {"allOf"} and len(parts(rest, "allOf", path)) == 1:
            body = self.build(rest["allOf"][0], at(path, "allOf", 0))
        elif keywords & _COMBINING:
            body = self._once(identity(rest), path, path, lambda: self._typed(rest, path))
        else:
            body = self._typed(rest, path)
        return body and with_annotations(body, own)

    def _once(
        self, key: str, place: str, path: str, write: Callable[[], Schema | None]
    ) -> Schema | None:
        """Write what may contain itself; inside itself it is a reference.

        Without a reference on its way a schema cannot come back to itself, so that what needs no
        watching is never called the place where the circle closes.
        """
        if self._open.get(key) == self._depth:
            raise schema_error(path, "this schema leads back to itself without a value between.")
        if key in self._open and key not in self._names:
            self._names[key] = self._free_name(place)
        if key in self._names:
            return {"$ref": f"#/$defs/{self._names[key]}"}
        self._open[key] = self._depth
        body = write()
        del self._open[key]
        if key not in self._names:
            return body
        if body is None:
            raise schema_error(
                path, "this schema contains itself and no value fits it; correct it."
            )
        self.definitions[self._names[key]] = body
        return {"$ref": f"#/$defs/{self._names[key]}"}

    def _free_name(self, place: str) -> str:
        last = re.split(r"[/.#]", place)[-1]
        name = re.sub(r"[^A-Za-z0-9_-]", "_", shortened(last)) or "root"
        taken = set(self._names.values())
        spend(len(taken) * STEP // 10)
        numbered = (f"{name}_{number}" for number in range(2, len(taken) + 3))
        return next(free for free in [name, *numbered] if free not in taken)

    def _union(self, keyword: str, schema: Schema, path: str) -> Schema | None:
        found: list[Schema] = []
        for number, branch in enumerate(parts(schema, keyword, path)):
            found += branches_of(self.build(branch, at(path, keyword, number)))
        return any_of(found, path)

    def _typed(self, schema: Schema, path: str) -> Schema | None:
        alternatives = self._document.alternatives(schema, path)
        common = common_notes(alternatives)
        kept = kept_alternatives(alternatives, common)
        body = only_types(kept, common)
        if body is None:
            written = [self._one(one, common, path) for one in kept]
            body = any_of([one for one in written if one], path)
        return body and with_notes(body, common)

    def _one(self, alternative: Alternative, common: Sequence[str], path: str) -> Schema | None:
        limits = alternative.limits
        notes = [text for text in alternative.notes if text not in common]
        if alternative.type in {"number", "integer"}:
            limits, more = plain_bounds(alternative.type, limits)
            notes += more
        elif alternative.type == "array":
            limits = self._array(limits, path)
        elif alternative.type == "object":
            members, more = self._object(limits, path)
            if members is None:
                return None
            limits = members
            notes += more
        if not possible(limits):
            return None
        body = with_notes({"type": alternative.type, **copied(limits)}, notes)
        return with_annotations(body, copied(alternative.annotations))

    def _inside(self, schema: object, path: str) -> Schema | None:
        self._depth += 1
        body = self.build(schema, path)
        self._depth -= 1
        return body

    def _array(self, limits: Schema, path: str) -> Schema:
        if "items" not in limits:
            return limits
        items = self._inside(limits["items"], at(path, "items"))
        others = {key: value for key, value in limits.items() if key != "items"}
        if items is None:
            return {**others, "maxItems": 0}
        return others if items == ANYTHING else {**others, "items": items}

    def _object(self, limits: Schema, path: str) -> tuple[Schema | None, list[str]]:
        """Return what is said of members, None where a required one cannot be, and notes."""
        others = limits.get("additionalProperties", True)
        required = limits.get("required", [])
        needed = set(required)
        declared = limits.get("properties", {})
        properties: Schema = {}
        notes: list[str] = []
        # A required name must be declared: some versions of the server's validator refuse others.
        for name in dict.fromkeys([*declared, *required]):
            body = self._inside(declared.get(name, others), at(path, "properties", name))
            if body is not None:
                properties[name] = body
            elif name in needed:
                return None, []
            elif others is not False:
                notes.append(note("not", {"required": [name]}))
        members: Schema = {"properties": properties} if properties else {}
        if "required" in limits:
            members["required"] = required
        if "additionalProperties" in limits:
            body = self._inside(others, at(path, "additionalProperties"))
            members["additionalProperties"] = body or False
            if body is not None and body.get("type") == list(TYPES) and len(body) == 1:
                members["additionalProperties"] = True
        return members, notes
