"""Bounds, arrays, objects and what has no keyword, in Moonshot's flavour.

Owns: one row a keyword, as a property of an object.
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
    ("above an integer", of("integer", exclusiveMinimum=3), of("integer", minimum=4)),
    ("below an integer", of("integer", exclusiveMaximum=3), of("integer", maximum=2)),
    ("above a fraction", of("integer", exclusiveMinimum=1.5), of("integer", minimum=2)),
    (
        "a fraction",
        of("integer", minimum=1.5, maximum=-1.5 + 5),
        of("integer", minimum=2, maximum=3),
    ),
    ("both", of("integer", minimum=5, exclusiveMinimum=3), of("integer", minimum=5)),
    ("draft 4", of("integer", minimum=3, exclusiveMinimum=True), of("integer", minimum=4)),
    ("draft 4, off", of("integer", maximum=3, exclusiveMaximum=False), of("integer", maximum=3)),
    (
        "above a number",
        of("number", exclusiveMinimum=0),
        described("Must be greater than 0.", type="number", minimum=0),
    ),
    (
        "below a number",
        of("number", exclusiveMaximum=1.5),
        described("Must be less than 1.5.", type="number", maximum=1.5),
    ),
    ("both of a number", of("number", minimum=5, exclusiveMinimum=3), of("number", minimum=5)),
    ("merged first", of("integer", allOf=[{"exclusiveMinimum": 3}]), of("integer", minimum=4)),
    ("lengths as 2.0", of("string", minLength=2.0), of("string", minLength=2)),
)
def test_bounds(given: Any, expected: Any) -> None:
    assert normal(given) == expected


PAIR = {"type": "array", "minItems": 2, "maxItems": 2, "items": {"anyOf": [STRING, INTEGER]}}
IN_ORDER = "Items in this order: string, integer."


@rows(
    (
        "2020-12",
        of("array", prefixItems=[STRING, INTEGER], minItems=2, maxItems=2),
        described(IN_ORDER, **PAIR),
    ),
    (
        "older",
        of("array", items=[STRING, INTEGER], additionalItems=False, minItems=2),
        described(IN_ORDER, **PAIR),
    ),
    (
        "all alike",
        of("array", prefixItems=[STRING, STRING], items=False),
        of("array", maxItems=2, items=STRING),
    ),
    (
        "cut short",
        {"prefixItems": [STRING, INTEGER], "items": False, "maxItems": 1},
        of("array", maxItems=1, items=STRING),
    ),
    (
        "with a rest",
        of("array", prefixItems=[STRING], items=INTEGER),
        described("Items in this order: string.", type="array", items={"anyOf": [STRING, INTEGER]}),
    ),
    (
        "open",
        of("array", prefixItems=[STRING]),
        described("Items in this order: string.", type="array"),
    ),
    (
        "in a few words",
        of(
            "array",
            prefixItems=[ADDRESS, True, {"enum": [1, "a"]}, {"minimum": 1}, {"$ref": "#/$defs/A"}],
        ),
        described(
            'Items in this order: Address, any value, [1, "a"], {"minimum": 1}, A.', type="array"
        ),
    ),
    ("any items", of("array", items=True), {"type": "array"}),
    ("items of every type", of("array", items=ANYTHING), {"type": "array"}),
    ("no items", of("array", items=False), of("array", maxItems=0)),
    ("impossible items", of("array", items={"enum": []}), of("array", maxItems=0)),
)
def test_arrays(given: Any, expected: Any) -> None:
    assert normal(given) == expected


@rows(
    (
        "required and not declared",
        of("object", required=["a", "a"]),
        of("object", properties={"a": ANYTHING}, required=["a"]),
    ),
    (
        "required among others",
        of("object", required=["a"], additionalProperties=STRING),
        of("object", properties={"a": STRING}, required=["a"], additionalProperties=STRING),
    ),
    ("any others", of("object", additionalProperties={}), of("object", additionalProperties=True)),
    (
        "no others",
        of("object", additionalProperties={"enum": []}),
        of("object", additionalProperties=False),
    ),
    (
        "impossible",
        of("object", properties={"a": False}, additionalProperties=False),
        of("object", additionalProperties=False),
    ),
    (
        "forbidden",
        of("object", properties={"a": False}),
        described('Must not fit {"required": ["a"]}.', type="object"),
    ),
    (
        "by a pattern",
        of("object", patternProperties={"^a": STRING}, additionalProperties=False),
        described(
            'Properties by a regular expression for their names: {"^a": {"type": "string"}}.',
            type="object",
            additionalProperties=STRING,
        ),
    ),
    (
        "by a pattern, and any others",
        of("object", patternProperties={"^a": STRING}, additionalProperties=True),
        described(
            'Properties by a regular expression for their names: {"^a": {"type": "string"}}.',
            type="object",
            additionalProperties=True,
        ),
    ),
)
def test_objects(given: Any, expected: Any) -> None:
    assert normal(given) == expected


@rows(
    ("format", of("string", format="date"), described("Format: date.", **STRING)),
    (
        "after a word",
        described("Day", **STRING, format="date"),
        described("Day. Format: date.", **STRING),
    ),
    (
        "after a sentence",
        described("Day?", **STRING, format="date"),
        described("Day? Format: date.", **STRING),
    ),
    ("format of a number", of("integer", format="int64"), described("Format: int64.", **INTEGER)),
    ("multiples", of("integer", multipleOf=5), described("Must be a multiple of 5.", **INTEGER)),
    (
        "different items",
        of("array", uniqueItems=True),
        described("All items must differ.", type="array"),
    ),
    ("any items", of("array", uniqueItems=False), {"type": "array"}),
    (
        "how many",
        of("object", minProperties=1, maxProperties=2),
        described("At least 1 properties. At most 2 properties.", type="object"),
    ),
    (
        "exclusion",
        {"type": "string", "not": {"const": ""}},
        described('Must not fit {"const": ""}.', **STRING),
    ),
    (
        "condition",
        {"type": "string", "if": {}, "then": {"minLength": 1}},
        described('if: {}. then: {"minLength": 1}.', **STRING),
    ),
    (
        "examples",
        {"anyOf": [STRING, NULL], "examples": ["a"]},
        described('Examples: ["a"].', type=["string", "null"]),
    ),
    ("deprecated", of("string", deprecated=True), described("Deprecated.", **STRING)),
    (
        "of one type of several",
        of(["string", "integer"], format="uuid", pattern="a", examples=[1]),
        described(
            "Format: uuid. Examples: [1].",
            anyOf=[
                described("Must match the regular expression a.", **STRING),
                INTEGER,
            ],
        ),
    ),
    (
        "said by nobody",
        {"type": "string", "$comment": "c", "readOnly": True, "x-order": 1, "xml": {}},
        STRING,
    ),
    ("text that is none", of("string", description=["a"], title=3), described("['a']", **STRING)),
)
def test_what_has_no_keyword_is_said(given: Any, expected: Any) -> None:
    assert normal(given) == expected


def test_what_a_reference_says_is_kept_beside_another_description() -> None:
    email = described("An address.", type="string", format="email", title="Email")
    found = normal(
        {"$ref": "#/$defs/E", "description": "Where to write"}, **{"$defs": {"E": email}}
    )

    assert found == described("Where to write. Format: email.", type="string", title="Email")
