"""A JSON schema of an object -> the flavour that Moonshot accepts.

Owns: `normalize_schema`; what stands at the root. May know: its own files, _json.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kimi_core._json import JsonValue, Schema
from kimi_core.schema._build import Builder
from kimi_core.schema._finite import finite
from kimi_core.schema._keywords import joined, schema_error
from kimi_core.schema._write import with_description
from kimi_core.schema.limits import MAX_WORK, STEP, limited, shortened, spend
from kimi_core.schema.plain import plain_json
from kimi_core.schema.reading import as_object

__all__ = ["normal", "normalize_schema"]


def normalize_schema(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return a schema that Moonshot accepts, for the same values where that is possible.

    Args:
        schema: The JSON schema of an object, of any draft from 4 to 2020-12, also OpenAPI's. Not
            changed.

    Returns:
        A new schema; given to this function again it comes back equal. References are inlined, but
        for schemas that contain themselves.

    Raises:
        KimiConfigError: For what is no JSON, or more than `kimi_core.schema.limits` allows; for
            what the flavour cannot say: no object at the root, a reference that
            leads elsewhere, a reserved name of a property, a schema that no value fits. The message
            names the path, as the server's own errors do.
    """
    return normal(plain_json(schema, schema_error))


def normal(schema: JsonValue, *, most: int = MAX_WORK) -> Schema:
    """Return the same for what was read by `kimi_core.schema.plain` before.

    Args:
        schema: What was read.
        most: What it may cost.

    Raises:
        KimiConfigError: As `normalize_schema`.
    """
    root = as_object(schema)
    if root is None:
        raise schema_error("", f"{shortened(repr(schema))} is no schema; it must be an object.")
    with limited(schema_error, most=most):
        return _written(root)


def _written(schema: Schema) -> Schema:
    builder = Builder(schema)
    body = builder.build(schema, "")
    definitions = {name: with_description(found) for name, found in builder.definitions.items()}
    root = _object_of(with_description(body), definitions) if body else None
    if root is None:
        raise schema_error(
            "",
            "no object fits this schema, and arguments and answers are objects; give it type "
            "'object', and put another value into a property of it.",
        )
    if root.get("type") == "object" and not root.get("properties"):
        # An empty object was refused by a host until "required" stood there (opencode issue 11357).
        root.update(properties={}, required=[])
    return finite(root, definitions)


def _object_of(body: Schema, definitions: Mapping[str, Schema]) -> Schema | None:
    """Return what a schema says of objects, written out, or None where it allows none."""
    spend(STEP // 4)
    if "$ref" in body:
        return _object_of(definitions[body["$ref"].rpartition("/")[2]], definitions)
    if "anyOf" in body:
        return _objects_among(body, definitions)
    names = [body["type"]] if isinstance(body["type"], str) else body["type"]
    return {**body, "type": "object"} if "object" in names else None


def _objects_among(body: Schema, definitions: Mapping[str, Schema]) -> Schema | None:
    found = [_object_of(branch, definitions) for branch in body["anyOf"]]
    objects = [branch for branch in found if branch]
    if len(objects) != 1:
        return {**body, "anyOf": objects} if objects else None
    only = {**objects[0], **{key: value for key, value in body.items() if key != "anyOf"}}
    texts = dict.fromkeys(one["description"] for one in (body, objects[0]) if "description" in one)
    if texts:
        only["description"] = joined("", tuple(texts))
    return only
