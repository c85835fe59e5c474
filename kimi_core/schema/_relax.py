"""A schema that is none -> one that says less, so that a tool can be sent all the same.

Owns: what is left out of a schema, and where. May know: its own files, _json, errors.

Tools of an MCP server are somebody else's, and their schemas hold what no validator takes:
``"type": "unknown"`` (moonrepo/moon issue 2396), ``"properties": []`` where a language has one
empty container (devOpifex/mcpr issue 14), ``"required": true``, null for what is not set. One of
them made every request impossible. Nothing is guessed: what is wrong is left out, so that the
schema takes more than before and never less, and a sentence tells the model what stood there.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from kimi_core._json import AnySchema, as_sequence
from kimi_core.errors import KimiConfigError
from kimi_core.schema._document import at
from kimi_core.schema._keywords import joined, note, schema_error
from kimi_core.schema.forms import has_wrong_form
from kimi_core.schema.plain import is_sayable
from kimi_core.schema.reading import as_object, target

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from kimi_core._json import JsonValue, Schema

__all__ = ["relaxed"]

_LONGEST_SENTENCE = 200  # characters of what was left out, in the description


def relaxed(
    schema: object, *, reserved: AbstractSet[str] = frozenset()
) -> tuple[AnySchema, list[str]]:
    """Return a schema without what is wrong in it.

    Args:
        schema: What should be a schema, read by `kimi_core.schema.plain`. Not changed.
        reserved: Names that no property may have.

    Returns:
        The schema, and what was left out of it: one entry for each place, e.g. ``type 'unknown' at
        'properties.v'``. A schema with nothing wrong in it comes back equal, with no entry. What is
        wrong with no keyword by itself (nothing fits it, it leads back to itself) is left.
    """
    walk = _Walk(as_object(schema) or {}, reserved)
    return walk.any_schema(schema, ""), walk.left_out


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
            if self._is_wrong(keyword, value):
                self._leave_out(keyword, value, path)
                sentences += _sentence(keyword, value)
            else:
                found[keyword] = self._inside(keyword, value, path)
        if len(found.get("patternProperties", ())) < len(
            as_object(known.get("patternProperties")) or ()
        ):
            found.pop("additionalProperties", None)  # it spoke of what no pattern allows
        sentences += self._without_reserved_names(found, path)
        if sentences:
            found["description"] = joined(found.get("description"), tuple(sentences))
        return found

    def _leave_out(self, keyword: str, value: object, path: str) -> None:
        what = f"{keyword} {value!r}" if keyword else f"{value!r} in place of a schema"
        self.left_out.append(f"{what[:_LONGEST_SENTENCE]} at {path or 'root'!r}")

    def _is_wrong(self, keyword: str, value: object) -> bool:
        """Whether a keyword is left out; one that holds schemas is looked at part by part."""
        wrong = keyword in _UNFOLLOWED or has_wrong_form(keyword, value)
        if wrong or self._leads_nowhere(keyword, value):
            return True
        said = _holds_schemas(keyword, value) or is_sayable(value)
        return not (said and is_sayable(keyword))

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
            return self._named(members, here, keeps_all=keyword == "properties")
        if keyword in _LISTS and listed is not None:
            return [self.any_schema(one, at(here, place)) for place, one in enumerate(listed)]
        if keyword in _SINGLE:
            return self.any_schema(value, here)
        return value

    def _named(self, members: Schema, path: str, *, keeps_all: bool) -> Schema:
        """Return schemas by name; those of properties are left out later, with more beside them."""
        found: Schema = {}
        for name, member in members.items():
            if keeps_all or is_sayable(name):
                found[name] = self.any_schema(member, at(path, name))
            else:
                self._leave_out(f"the name {name!r} of", member, path)
        return found

    def _without_reserved_names(self, schema: Schema, path: str) -> list[str]:
        """Take out properties whose names are refused, and what would still speak of them."""
        members = as_object(schema.get("properties")) or {}
        refused = sorted(name for name in members if self._is_refused(name))
        if not refused:
            return []
        gone = set(refused)
        schema["properties"] = {n: members[n] for n in members if n not in gone}
        if "required" in schema:
            schema["required"] = [n for n in schema["required"] if n not in gone]
        schema.pop("additionalProperties", None)
        for name in refused:
            self._leave_out(f"property {name!r}:", members[name], at(path, "properties"))
        return [note(f"Property {name!r}", members[name]) for name in refused if is_sayable(name)]

    def _is_refused(self, name: str) -> bool:
        return name in self._reserved or not is_sayable(name)


def _holds_schemas(keyword: str, value: object) -> bool:
    return (
        keyword in _SINGLE
        or (keyword in _OF_SCHEMAS and isinstance(value, dict))
        or (keyword in _LISTS and isinstance(value, list))
    )


def _sentence(keyword: str, value: JsonValue) -> list[str]:
    """Return what the model is told of a keyword; nothing where the keyword said nothing."""
    said = note(keyword, value) if value or value is False else ""
    return [said] if 0 < len(said) <= _LONGEST_SENTENCE and is_sayable(said) else []


_UNFOLLOWED = frozenset({"$dynamicRef", "$recursiveRef"})
_OF_SCHEMAS = frozenset({"properties", "patternProperties", "$defs", "definitions"})
_LISTS = frozenset({"allOf", "anyOf", "oneOf", "prefixItems", "items"})
_SINGLE = frozenset({"items", "additionalItems", "additionalProperties"})
