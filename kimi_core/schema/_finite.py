"""Schemas that contain themselves must end somewhere.

Owns: whether some finite value fits a schema, by reason and by the server's reading, and making
both agree. May know: its own files, _json.

The two readings: a value is finite where all its required parts are. Moonshot's validator held one
finite required property to be enough, and a list to be endless where its items are, although it may
be empty; its newest version reads as we do, and which one a server runs is not known.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kimi_core.schema._keywords import schema_error
from kimi_core.schema._write import branches_of
from kimi_core.schema.limits import STEP, spend

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kimi_core._json import Schema

__all__ = ["finite"]


def finite(root: Schema, definitions: Mapping[str, Schema]) -> Schema:
    """Return the schema with its definitions, in a form that every version takes for finite.

    Args:
        root: A schema in Moonshot's flavour.
        definitions: What its references lead to; none may be superfluous.

    Raises:
        KimiConfigError: Where no finite value fits.
    """
    if not definitions:
        return root
    if not _ends(root, _ending(definitions, lists_end=True), lists_end=True):
        raise schema_error(
            "",
            "no finite value fits this schema: each value requires another of its kind; make a "
            "property optional, or let it be null.",
        )
    if not _ends(root, _ending(definitions, lists_end=False), lists_end=False):
        root = _with_empty_lists(root)
        definitions = {name: _with_empty_lists(body) for name, body in definitions.items()}
    return {**root, "$defs": dict(definitions)}


def _ending(definitions: Mapping[str, Schema], *, lists_end: bool) -> set[str]:
    """Return the definitions that some finite value fits: those that need no other, and so on.

    Asked one by one, each would ask for all that it refers to, on every way that leads there.
    """
    found: set[str] = set()
    while True:
        more = {n for n in definitions if _ends(definitions[n], found, lists_end=lists_end)}
        if found == more:
            return found
        found = more


def _ends(node: Schema, ending: set[str], *, lists_end: bool) -> bool:
    spend(STEP // 50)
    if "$ref" in node:
        return node["$ref"].rpartition("/")[2] in ending
    if "anyOf" in node:
        return any(_ends(branch, ending, lists_end=lists_end) for branch in node["anyOf"])
    if "items" in node:
        empty = lists_end and not node.get("minItems")
        return empty or _ends(node["items"], ending, lists_end=lists_end)
    required = [
        _ends(node["properties"][name], ending, lists_end=lists_end)
        for name in node.get("required", [])
    ]
    return all(required) if lists_end else any(required) or not required


def _with_empty_lists(node: Schema) -> Schema:
    """Write each list that may be empty as an empty list or a list of these items."""
    found: dict[str, Any] = dict(node)
    if "properties" in node:
        members = node["properties"]
        found["properties"] = {name: _with_empty_lists(members[name]) for name in members}
    if isinstance(node.get("additionalProperties"), dict):
        found["additionalProperties"] = _with_empty_lists(node["additionalProperties"])
    if "anyOf" in node:
        written = [_with_empty_lists(branch) for branch in node["anyOf"]]
        found["anyOf"] = [part for branch in written for part in branches_of(branch)]
    if "items" not in node:
        return found
    found["items"] = _with_empty_lists(node["items"])
    if node.get("minItems"):
        return found
    outside: dict[str, Any] = {
        key: found.pop(key) for key in ("title", "description", "default") if key in found
    }
    return {**outside, "anyOf": [{"type": "array", "maxItems": 0}, found]}
