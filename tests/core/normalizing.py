"""Help for tests of schemas: a property's normal form, and tables of them.

Owns: what every such test holds besides its own subject: the simulated server takes the result, and
the result is its own normal form.
"""

from __future__ import annotations

from typing import Any

import pytest

from kimi_core.schema import normalize_schema
from kimi_core.testing._schema_rules import schema_problem

__all__ = [
    "ADDRESS",
    "ANYTHING",
    "INTEGER",
    "NULL",
    "STRING",
    "described",
    "normal",
    "normal_root",
    "of",
    "rows",
]

STRING = {"type": "string"}
INTEGER = {"type": "integer"}
NULL = {"type": "null"}
ANYTHING = {"type": ["object", "array", "string", "number", "boolean", "null"]}
ADDRESS = {"type": "object", "title": "Address", "properties": {"city": STRING}}


def normal_root(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the normal form, which the server takes and which stays as it is."""
    found = normalize_schema(schema)
    assert schema_problem(found) is None
    assert normalize_schema(found) == found
    return found


def normal(schema: Any, **root: Any) -> Any:
    """Return what the schema of a property becomes."""
    return normal_root(of("object", properties={"x": schema}, **root))["properties"]["x"]


def of(kind: str | list[str], **limits: Any) -> dict[str, Any]:
    """Return the schema of a type, or of several."""
    return {"type": kind, **limits}


def described(text: str, **schema: Any) -> dict[str, Any]:
    """Return a schema with a description."""
    return {**schema, "description": text}


def rows(*table: tuple[str, Any, Any]) -> Any:
    """Return the parametrization by names, schemas and what they become."""
    cases = [pytest.param(given, expected, id=name) for name, given, expected in table]
    return pytest.mark.parametrize(("given", "expected"), cases)
