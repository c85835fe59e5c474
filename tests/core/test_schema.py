"""Types, unions and combinations, in Moonshot's flavour.

Owns: one row a rule, as a property of an object. That whole schemas keep their meaning and are
accepted is the subject of `test_schema_properties` and `test_schema_models`.
"""

from __future__ import annotations

from typing import Any

from tests.core.normalizing import (
    ADDRESS,
    ANYTHING,
    INTEGER,
    NULL,
    STRING,
    described,
    normal,
    of,
    rows,
)


@rows(
    ("boolean", True, ANYTHING),
    ("nothing said", {}, ANYTHING),
    ("only a description", {"description": "Any."}, described("Any.", **ANYTHING)),
    ("one value", {"const": "a"}, of("string", enum=["a"])),
    ("null", {"const": None}, NULL),
    ("numbers", {"enum": [1, 2.5]}, of("number", enum=[1, 2.5])),
    ("whole numbers", {"enum": [1, 2.0, 1.0]}, of("integer", enum=[1, 2.0])),
    ("true", {"enum": [True]}, of("boolean", enum=[True])),
    ("both booleans", {"enum": [True, False]}, {"type": "boolean"}),
    (
        "several types",
        {"enum": ["a", 1, None, "b", True]},
        {
            "anyOf": [
                of("string", enum=["a", "b"]),
                of("integer", enum=[1]),
                NULL,
                of("boolean", enum=[True]),
            ]
        },
    ),
    (
        "an object",
        {"const": {"a": 1}},
        of(
            "object",
            properties={"a": of("integer", enum=[1])},
            required=["a"],
            additionalProperties=False,
        ),
    ),
    (
        "a list",
        {"const": [1, "a"]},
        described(
            "Items in this order: 1, a.",
            type="array",
            minItems=2,
            maxItems=2,
            items={"anyOf": [of("integer", enum=[1]), of("string", enum=["a"])]},
        ),
    ),
    ("an empty list", {"const": []}, of("array", minItems=0, maxItems=0)),
    ("properties", {"properties": {"a": {}}}, of("object", properties={"a": ANYTHING})),
    ("items", {"items": STRING}, of("array", items=STRING)),
    (
        "bounds and lengths",
        {"minimum": 1, "maxLength": 3},
        {"anyOf": [of("string", maxLength=3), of("number", minimum=1)]},
    ),
    ("a pattern", {"pattern": "^a"}, described("Must match the regular expression ^a.", **STRING)),
)
def test_a_type_is_filled_in(given: Any, expected: Any) -> None:
    assert normal(given) == expected


@rows(
    ("bare", {"type": ["string", "null"]}, {"type": ["string", "null"]}),
    ("number and integer", {"type": ["integer", "number"]}, {"type": "number"}),
    (
        "with items",
        of(["array", "null"], items=STRING),
        {"anyOf": [of("array", items=STRING), NULL]},
    ),
    (
        "with values",
        of(["string", "null"], enum=["a", None, 1]),
        {"anyOf": [of("string", enum=["a"]), NULL]},
    ),
    ("values of another type", of("number", enum=["a", 1.5]), of("number", enum=[1.5])),
    ("fractions", of("integer", enum=[1, 1.5]), of("integer", enum=[1])),
    ("a branch without values", {"anyOf": [of("integer", enum=[1.5]), STRING]}, STRING),
    ("enum and const", {"enum": ["a", "b"], "const": "b"}, of("string", enum=["b"])),
    ("nullable", of("string", nullable=True), {"type": ["string", "null"]}),
    ("not nullable", of("string", nullable=False), STRING),
    (
        "nullable properties",
        {"nullable": True, "properties": {"a": STRING}},
        {"anyOf": [of("object", properties={"a": STRING}), NULL]},
    ),
)
def test_several_types(given: Any, expected: Any) -> None:
    assert normal(given) == expected


@rows(
    ("oneOf", {"oneOf": [STRING, NULL]}, {"anyOf": [STRING, NULL]}),
    ("one branch", {"anyOf": [STRING], "title": "X"}, of("string", title="X")),
    ("twice the same", {"anyOf": [STRING, STRING]}, STRING),
    (
        "the same in another order",
        {"anyOf": [of("string", minLength=1), {"minLength": 1, "type": "string"}]},
        of("string", minLength=1),
    ),
    (
        "inside each other",
        {"anyOf": [{"anyOf": [STRING, INTEGER]}, NULL]},
        {"anyOf": [STRING, INTEGER, NULL]},
    ),
    ("an impossible branch", {"anyOf": [STRING, False]}, STRING),
    (
        "type beside",
        of("object", anyOf=[{"required": ["a"]}, {"required": ["b"]}]),
        {
            "anyOf": [
                of("object", properties={"a": ANYTHING}, required=["a"]),
                of("object", properties={"b": ANYTHING}, required=["b"]),
            ]
        },
    ),
    (
        "a branch of another type",
        of("string", minLength=2, anyOf=[{"minLength": 1}, INTEGER]),
        of("string", minLength=2),
    ),
    (
        "items on both sides",
        {"items": STRING, "anyOf": [of("array", items={"enum": ["a", 1]}), NULL]},
        {"anyOf": [of("array", items=of("string", enum=["a"])), NULL]},
    ),
    (
        "default on both sides",
        {"anyOf": [of("string", default="a"), NULL], "default": None, "title": "X"},
        {"anyOf": [STRING, NULL], "default": None, "title": "X"},
    ),
    (
        "descriptions",
        of("integer", description="N", oneOf=[described("low", maximum=3), {"minimum": 7}]),
        described(
            "N", anyOf=[of("integer", maximum=3, description="low"), of("integer", minimum=7)]
        ),
    ),
)
def test_unions(given: Any, expected: Any) -> None:
    assert normal(given) == expected


@rows(
    ("one part", {"allOf": [ADDRESS], "description": "Home."}, described("Home.", **ADDRESS)),
    ("no limit", {"allOf": [True, STRING]}, STRING),
    (
        "integer and number",
        {"allOf": [INTEGER, of("number", minimum=0.5)]},
        of("integer", minimum=1),
    ),
    (
        "bounds",
        {"allOf": [of("string", minLength=1, maxLength=9), {"minLength": 2, "maxLength": 5}]},
        of("string", minLength=2, maxLength=5),
    ),
    (
        "values",
        {"allOf": [{"enum": ["a", "b", 1]}, {"enum": ["b", "c", True]}]},
        of("string", enum=["b"]),
    ),
    (
        "objects",
        {
            "allOf": [
                {"properties": {"a": STRING, "b": {"enum": [1, 2]}}, "required": ["a"]},
                {"properties": {"b": {"enum": [2, 3]}, "c": True}, "required": ["b", "a"]},
            ],
            "minProperties": 2,
        },
        described(
            "At least 2 properties.",
            type="object",
            properties={"a": STRING, "b": of("integer", enum=[2]), "c": ANYTHING},
            required=["a", "b"],
        ),
    ),
    (
        "a limit on all other properties",
        {
            "properties": {"a": of("string", maxLength=3)},
            "additionalProperties": of("string", minLength=1),
            "allOf": [{"properties": {"b": of("string", maxLength=2)}, "additionalProperties": {}}],
        },
        of(
            "object",
            properties={
                "a": of("string", maxLength=3),
                "b": of("string", minLength=1, maxLength=2),
            },
            additionalProperties=of("string", minLength=1),
        ),
    ),
    (
        "a closed object",
        {
            "allOf": [
                of("object", properties={"a": STRING}, additionalProperties=False),
                {"properties": {"a": {"minLength": 1}, "b": STRING}, "additionalProperties": True},
            ]
        },
        of("object", properties={"a": of("string", minLength=1)}, additionalProperties=False),
    ),
    (
        "annotations",
        {
            "allOf": [
                described("One.", title="A", default=1),
                described("Two.", title="B", type="integer"),
            ]
        },
        described("One. Two.", type="integer", title="A", default=1),
    ),
)
def test_what_all_parts_allow(given: Any, expected: Any) -> None:
    assert normal(given) == expected
