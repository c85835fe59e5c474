"""What cannot be said in Moonshot's flavour is an error that names the path.

Owns: every error of schemas.
"""

from __future__ import annotations

from typing import Any

import pytest

from kimi_core.errors import KimiConfigError
from kimi_core.schema import normalize_schema
from tests.core.normalizing import NULL, STRING, of

NO_SCHEMA = "'a' is no schema; it must be an object"
ELSEWHERE = "does not point into this schema; put the definition under"
NOT_FOLLOWED = "is not followed; use $ref"
LIST_OF_SCHEMAS = "must be a list of at least one schema"
MANY = [{"const": number} for number in range(501)]
UNION_LOOP = {"$defs": {"a": {"anyOf": [{"$ref": "#/$defs/a"}, NULL]}}}
BACK = "'#/$defs/a' leads back to itself"
LOOP = {"$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}}

# What stands under properties.x, what else at the root, the path of the error, a part of it
ERRORS: list[tuple[Any, dict[str, Any], str, str]] = [
    ("a", {}, "properties.x", NO_SCHEMA),
    ({"anyOf": [{}, "a"]}, {}, "properties.x.anyOf.1", NO_SCHEMA),
    ({"type": "string", "allOf": ["a"]}, {}, "properties.x.allOf.0", NO_SCHEMA),
    ({"type": "date"}, {}, "properties.x", "type 'date' is none of object, array"),
    ({"type": ["string", None]}, {}, "properties.x", "type None is none of"),
    ({"type": []}, {}, "properties.x", "type must name at least one type"),
    ({"enum": "a"}, {}, "properties.x", "enum must be a list of values"),
    ({"minLength": "3"}, {}, "properties.x", "minLength must be a whole number, not '3'"),
    ({"maxItems": 1.5}, {}, "properties.x", "maxItems must be a whole number, not 1.5"),
    ({"minimum": "3"}, {}, "properties.x", "minimum must be a finite number, not '3'"),
    ({"maximum": float("inf")}, {}, "properties.x.maximum", "inf is no number of JSON"),
    ({"exclusiveMinimum": "3"}, {}, "properties.x", "exclusiveMinimum must be a finite number"),
    ({"prefixItems": {}}, {}, "properties.x", "prefixItems must be a list of schemas"),
    ({"properties": []}, {}, "properties.x", "properties must be an object of schemas"),
    ({"required": "a"}, {}, "properties.x", "required must be a list of names of properties"),
    ({"required": [1]}, {}, "properties.x", "required must be a list of names of properties"),
    ({"items": "a"}, {}, "properties.x.items", NO_SCHEMA),
    ({"additionalProperties": "a"}, {}, "properties.x.additionalProperties", NO_SCHEMA),
    ({"anyOf": []}, {}, "properties.x", f"anyOf {LIST_OF_SCHEMAS}"),
    ({"oneOf": {}}, {}, "properties.x", f"oneOf {LIST_OF_SCHEMAS}"),
    ({"allOf": []}, {}, "properties.x", f"allOf {LIST_OF_SCHEMAS}"),
    (
        {"properties": {"$ref": {}}},
        {},
        "properties.x.properties",
        "property name '$ref' is reserved",
    ),
    ({}, {"properties": {"anyOf": {}}}, "properties", "property name 'anyOf' is reserved"),
    ({"$ref": "other.json"}, {}, "properties.x", ELSEWHERE),
    ({"$ref": "#anchor"}, {}, "properties.x", ELSEWHERE),
    ({"$ref": 1}, {}, "properties.x", ELSEWHERE),
    ({"$ref": "#/$defs/a"}, {}, "properties.x", "points at nothing"),
    ({"$ref": "#/required/a"}, {"required": []}, "properties.x", "points at nothing"),
    ({"$ref": "#/title/a"}, {"title": "T"}, "properties.x", "points at nothing"),
    ({"$dynamicRef": "#a"}, {}, "properties.x", f"$dynamicRef {NOT_FOLLOWED}"),
    ({"$recursiveRef": "#"}, {}, "properties.x", f"$recursiveRef {NOT_FOLLOWED}"),
    ({"$ref": "#/$defs/a"}, LOOP, "properties.x", BACK),
    ({"$ref": "#/$defs/a", "type": "string"}, LOOP, "properties.x", BACK),
    ({"$ref": "#/$defs/a"}, UNION_LOOP, "properties.x.anyOf.0", "without a value between"),
    ({"anyOf": MANY}, {}, "properties.x", "anyOf may have 500 branches, not 501"),
    ({"minimum": 0, "anyOf": MANY}, {}, "properties.x", "gives 501 alternatives, more than 500"),
]


@pytest.mark.parametrize(("schema", "root", "path", "problem"), ERRORS)
def test_what_cannot_be_said_is_an_error_with_its_path(
    schema: Any, root: dict[str, Any], path: str, problem: str
) -> None:
    with pytest.raises(KimiConfigError) as caught:
        normalize_schema({"type": "object", "properties": {"x": schema}, **root})

    assert str(caught.value).startswith(f"Schema at {path!r}: ")
    assert problem in str(caught.value)


@pytest.mark.parametrize(
    "schema",
    [
        *(STRING, False, [], {"type": ["array", "null"]}, {"anyOf": [STRING, NULL]}, {"const": 1}),
        of("object", properties={"a": False}, required=["a"]),
        of("object", required=["a"], additionalProperties=False),
        of("object", properties={"a": of("string", minLength=2, maxLength=1)}, required=["a"]),
    ],
    ids=repr,
)
def test_what_no_object_fits_is_refused(schema: Any) -> None:
    with pytest.raises(KimiConfigError, match=r"^Schema at 'root': "):
        normalize_schema(schema)


def test_a_schema_that_contains_itself_and_fits_nothing_is_refused() -> None:
    inside = {"a": {"$ref": "#/$defs/A"}, "b": False}
    schema = of("object", properties={"x": {"$ref": "#/$defs/A"}})
    schema["$defs"] = {"A": of("object", properties=inside, required=["b"])}

    with pytest.raises(KimiConfigError, match=r"'properties\.x': this schema contains itself"):
        normalize_schema(schema)


def test_references_that_multiply_are_refused_in_time() -> None:
    definitions: dict[str, Any] = {"d0": STRING}
    for number in range(1, 30):
        below = {"$ref": f"#/$defs/d{number - 1}"}
        definitions[f"d{number}"] = of("object", properties={"a": below, "b": below})

    with pytest.raises(KimiConfigError, match="this schema is too complex"):
        normalize_schema({"$ref": "#/$defs/d29", "$defs": definitions})
