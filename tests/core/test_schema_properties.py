"""A normal form is accepted, is its own normal form, and allows the same values.

Owns: these three promises for schemas that nobody thought of. jsonschema is the judge of values,
the simulator's rules are the judge of schemas.
"""

from __future__ import annotations

import copy
from typing import Any

from hypothesis import event, given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from kimi_core.errors import KimiConfigError
from kimi_core.schema import normalize_schema
from kimi_core.testing._schema_rules import schema_problem

NAMES = st.sampled_from("abc")
SCALARS = st.sampled_from([None, True, False, 0, 1, 2, 1.0, 1.5, -1, "", "a", "b", "abc"])
VALUES = st.recursive(
    SCALARS,
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(NAMES, inside, max_size=3),
    max_leaves=6,
)
OBJECTS = st.dictionaries(NAMES, VALUES, max_size=3)
LITERALS = SCALARS | st.dictionaries(NAMES, SCALARS, max_size=2)  # of arrays the order is lost
COUNTS = st.integers(0, 3)

Schemas = st.SearchStrategy[Any]


def optional(**keywords: Schemas) -> Schemas:
    return st.fixed_dictionaries({}, optional=keywords)


def typed(kind: str, limits: Schemas) -> Schemas:
    return limits.map(lambda found: {"type": kind, **found})


def plain(inside: Schemas) -> Schemas:
    """Return schemas whose meaning the flavour can keep."""
    members = optional(
        properties=st.dictionaries(NAMES, inside, max_size=2),
        required=st.lists(st.sampled_from("abcd"), max_size=2, unique=True),
        additionalProperties=inside,
    )
    between = optional(exclusiveMinimum=COUNTS, exclusiveMaximum=st.sampled_from([1, 2.5, 3]))
    bounds = optional(minimum=COUNTS, maximum=COUNTS)
    types = st.sampled_from(["array", "boolean", "integer", "null", "number", "object", "string"])
    return st.one_of(
        typed("string", optional(minLength=COUNTS, maxLength=COUNTS)),
        typed("integer", between),
        typed("integer", bounds),
        typed("number", bounds),
        typed("array", optional(items=inside, minItems=COUNTS, maxItems=COUNTS)),
        typed("object", members),
        st.lists(types, min_size=1, unique=True).map(lambda names: {"type": names}),
        st.lists(LITERALS, min_size=1, max_size=3).map(lambda values: {"enum": values}),
        LITERALS.map(lambda value: {"const": value}),
        st.sampled_from("PQ").map(lambda name: {"$ref": f"#/$defs/{name}"}),
        st.booleans(),
        st.just({}),
    )


def beside(first: Schemas, second: Schemas) -> Schemas:
    """Return schemas with the keywords of two."""
    pairs = st.tuples(first, second)
    return pairs.map(lambda pair: {**pair[0], **pair[1]} if isinstance(pair[0], dict) else pair[0])


def combined(inside: Schemas) -> Schemas:
    branches = st.lists(inside, min_size=1, max_size=2)
    united = st.fixed_dictionaries({"anyOf": branches})
    merged = st.fixed_dictionaries({"allOf": branches})
    said = optional(description=st.just("Said."), title=st.just("T"), default=VALUES)
    simple = plain(inside)
    return st.one_of(
        simple, united, merged, beside(simple, united), beside(united, merged), beside(simple, said)
    )


def roots(inside: Schemas) -> Schemas:
    return st.fixed_dictionaries(
        {
            "type": st.just("object"),
            "properties": st.dictionaries(NAMES, inside, min_size=1, max_size=3),
            "$defs": st.fixed_dictionaries({"P": inside, "Q": inside}),
        },
        optional={"required": st.lists(NAMES, max_size=2)},
    )


EXACT = st.recursive(plain(st.just({})), combined, max_leaves=8)

WIDENED: list[Any] = [
    {"pattern": "a"},
    {"format": "date"},
    {"multipleOf": 2},
    {"uniqueItems": True},
    {"minProperties": 1},
    {"not": {"type": "null"}},
    {"examples": [1]},
    {"deprecated": True},
    {"prefixItems": [{"type": "string"}, {"type": "null"}]},
    {"prefixItems": [{"type": "string"}], "items": False},
    {"patternProperties": {"^a": {"type": "string"}}},
    {"exclusiveMinimum": 1, "exclusiveMaximum": 1.5},
    {"if": {"type": "null"}, "then": {"const": 1}},
    {"oneOf": [{"type": "string"}, {"const": "a"}]},
    {"enum": [[1, "a"], {"a": [None]}, 2]},
]


def widened(inside: Schemas) -> Schemas:
    return combined(inside) | beside(inside, st.sampled_from(WIDENED))


ANY = st.recursive(plain(st.just({})), widened, max_leaves=12)


def normal(schema: dict[str, Any]) -> dict[str, Any] | None:
    """Return the normal form, or None for a schema that is rightly refused."""
    before = copy.deepcopy(schema)
    try:
        found = normalize_schema(schema)
    except KimiConfigError as error:
        event(str(error).partition(": ")[2][:30])
        return None
    finally:
        assert schema == before
    return found


def fits(value: Any, schema: Any) -> bool | None:
    """Whether a value fits; None where a schema that leads back to itself has no answer."""
    try:
        return Draft202012Validator(schema).is_valid(value)
    except RecursionError:
        return None


@given(roots(ANY))
def test_the_server_accepts_it_and_it_is_its_own_normal_form(schema: dict[str, Any]) -> None:
    found = normal(schema)
    if found is not None:
        assert schema_problem(found) is None
        assert normalize_schema(found) == found


@given(roots(EXACT), st.lists(OBJECTS, min_size=5, max_size=5))
def test_the_same_values_fit(schema: dict[str, Any], values: list[Any]) -> None:
    found = normal(schema)
    for value in values if found else []:
        before = fits(value, schema)
        event(f"fits: {before}")
        # A property that must be absent is the one thing here that can only be said.
        if before is not None and not (before is False and "Must not fit" in str(found)):
            assert fits(value, found) == before


@given(roots(EXACT), st.lists(OBJECTS, min_size=5, max_size=5))
def test_what_is_refused_for_fitting_nothing_fits_nothing(
    schema: dict[str, Any], values: list[Any]
) -> None:
    try:
        normalize_schema(schema)
    except KimiConfigError as error:
        if "no object fits" in str(error) or "no finite value" in str(error):
            assert not any(fits(value, schema) for value in values)


TYPED_WIDENED = st.sampled_from(
    [
        ("string", {"pattern": "^a"}),
        ("string", {"format": "date"}),
        ("number", {"multipleOf": 2}),
        ("number", {"exclusiveMinimum": 1}),
        ("number", {"exclusiveMaximum": 1}),
        ("array", {"uniqueItems": True}),
        ("array", {"contains": {"type": "string"}}),
        ("array", {"prefixItems": [{"type": "string"}, {"type": "null"}]}),
        ("array", {"prefixItems": [{"type": "integer"}], "items": {"type": "string"}}),
        ("array", {"prefixItems": [{"type": "integer"}, {}], "items": False}),
        ("object", {"minProperties": 1}),
        ("object", {"maxProperties": 1}),
        ("object", {"propertyNames": {"enum": ["a"]}}),
        ("object", {"dependentRequired": {"a": ["b"]}}),
        ("object", {"patternProperties": {"^a": {"type": "string"}}}),
        (
            "object",
            {"patternProperties": {"^a": {"type": "string"}}, "additionalProperties": False},
        ),
        ("object", {"properties": {"a": False}}),
        ("object", {"if": {"required": ["a"]}, "then": {"required": ["b"]}}),
        ("string", {"not": {"const": "a"}}),
        ("array", {"enum": [[1, "a"], ["a"], []]}),
        ("array", {"const": [1, "a"]}),
        ("string", {"oneOf": [{"minLength": 1}, {"maxLength": 2}]}),
    ]
)


@given(TYPED_WIDENED, VALUES)
def test_a_widening_lets_more_through_and_nothing_less(row: tuple[str, Any], value: Any) -> None:
    kind, keywords = row
    schema = {"type": "object", "properties": {"x": {"type": kind, **keywords}}}
    found = normalize_schema(schema)

    assert fits({"x": value}, found) or not fits({"x": value}, schema)
    assert "'description'" in str(found) or "oneOf" in keywords
