"""How one schema is written down in Moonshot's flavour, its parts being written already.

Owns: the form of unions, types, bounds, annotations and notes. May know: its own files, _json.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from kimi_core.schema._keywords import joined, note, schema_error
from kimi_core.schema.limits import MAX_BRANCHES
from kimi_core.schema.reading import TYPES, distinct_types, identity

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from kimi_core._json import Schema
    from kimi_core.schema._alternatives import Alternative

__all__ = [
    "ANYTHING",
    "any_of",
    "branches_of",
    "common_notes",
    "kept_alternatives",
    "only_types",
    "plain_bounds",
    "possible",
    "with_annotations",
    "with_description",
    "with_notes",
]

ANYTHING: Schema = {"type": list(TYPES)}
"""Any value; an empty schema says the same, which the strictest validator refuses in properties."""

_NOTES = "notes"  # until a description is final, sentences are kept here, beside the keywords
_PAIRS = (("minLength", "maxLength"), ("minItems", "maxItems"), ("minimum", "maximum"))


def branches_of(body: Schema | None) -> list[Schema]:
    """Return the branches of a bare union, else the schema itself, or nothing for none."""
    if body is None:
        return []
    return list(body["anyOf"]) if set(body) == {"anyOf"} else [body]


def any_of(branches: Iterable[Schema], path: str) -> Schema | None:
    """Return the union of schemas, None of none.

    Raises:
        KimiConfigError: Where there are more than a server takes.
    """
    found = list({identity(branch): branch for branch in branches}.values())
    if len(found) > MAX_BRANCHES:
        raise schema_error(path, f"anyOf may have {MAX_BRANCHES} branches, not {len(found)}.")
    if len(found) > 1:
        return {"anyOf": found}
    return found[0] if found else None


def common_notes(alternatives: Sequence[Alternative]) -> list[str]:
    """Return the notes that all alternatives have."""
    first = alternatives[0].notes if alternatives else ()
    return [text for text in first if all(text in other.notes for other in alternatives)]


def _says_more(alternative: Alternative, common: Sequence[str]) -> bool:
    return bool(alternative.limits) or any(text not in common for text in alternative.notes)


def kept_alternatives(
    alternatives: Sequence[Alternative], common: Sequence[str]
) -> list[Alternative]:
    """Return the alternatives that are meant.

    A schema that speaks of properties and names no type means an object, although JSON schema lets
    values of every other type through; servers want the type.
    """
    meant = any(one.assumed and _says_more(one, common) for one in alternatives)
    return [one for one in alternatives if not (meant and one.assumed) or _says_more(one, common)]


def only_types(alternatives: Sequence[Alternative], common: Sequence[str]) -> Schema | None:
    """Return the schema of alternatives that are nothing but types, else None."""
    if not alternatives or any(_says_more(one, common) or one.annotations for one in alternatives):
        return None
    names = distinct_types([one.type for one in alternatives])
    return {"type": names if len(names) > 1 else names[0]}


def plain_bounds(kind: str, limits: Mapping[str, Any]) -> tuple[Schema, list[str]]:
    """Return the limits of a number without exclusive bounds, and notes on what that loses.

    An integer loses nothing: above 3 is 4 and more.
    """
    plain = {key: value for key, value in limits.items() if not key.startswith("exclusive")}
    notes: list[str] = []
    for bound, exclusive, sign in (
        ("minimum", "exclusiveMinimum", 1),
        ("maximum", "exclusiveMaximum", -1),
    ):
        values = [sign * plain[bound]] if bound in plain else []
        if kind == "integer":
            values = [math.ceil(value) for value in values]
            if exclusive in limits:
                values.append(math.floor(sign * limits[exclusive]) + 1)
        elif exclusive in limits:
            values.append(sign * limits[exclusive])
            if max(values) == values[-1]:
                notes.append(note(exclusive, limits[exclusive]))
        if values:
            plain[bound] = sign * max(values)
    return plain, notes


def possible(limits: Mapping[str, Any]) -> bool:
    """Whether no lower bound is above its upper bound."""
    return all(
        limits[low] <= limits[high] for low, high in _PAIRS if low in limits and high in limits
    )


def with_notes(body: Schema, notes: Sequence[str]) -> Schema:
    """Return a schema with sentences for its description."""
    known = [*body.get(_NOTES, []), *notes]
    return {**body, _NOTES: list(dict.fromkeys(known))} if notes else body


def with_annotations(body: Schema, annotations: Schema) -> Schema:
    """Return a schema with a title, a description or a default, which win over its own."""
    if not annotations:
        return body
    if "$ref" in body:
        # The server refuses a description on both sides of a reference (quoted from a live body in
        # MoonshotAI/kimi-cli issue 1903), but not around a union, be it of one.
        return {**annotations, "anyOf": [body]}
    merged = {**body, **annotations}
    if "anyOf" in body and "default" in merged:
        merged["anyOf"] = [
            {key: value for key, value in branch.items() if key != "default"}
            for branch in body["anyOf"]
        ]
    return merged


def with_description(body: Schema) -> Schema:
    """Return a schema in which the sentences have become part of the descriptions."""
    final = dict(body)
    notes = final.pop(_NOTES, [])
    if notes or not isinstance(final.get("description", ""), str):
        final["description"] = joined(final.get("description"), notes)
    if not isinstance(final.get("title", ""), str):
        del final["title"]
    if "properties" in final:
        members = final["properties"]
        final["properties"] = {name: with_description(members[name]) for name in members}
    for keyword in ("items", "additionalProperties"):
        if isinstance(final.get(keyword), dict):
            final[keyword] = with_description(final[keyword])
    if "anyOf" in final:
        final["anyOf"] = [with_description(branch) for branch in final["anyOf"]]
    return final
