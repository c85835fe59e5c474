"""The arguments of a K3 call: elements of their own, without commas, strings as raw text."""

from __future__ import annotations

from typing import Any

import pytest

from kimi_core import tool_call_grammar
from kimi_core.errors import KimiConfigError
from tests.core.raw.gbnf import Grammar
from tests.core.raw.test_grammar_markup import K3_END, K3_START, k3_argument, k3_call, tool

A, B = k3_argument("a", "number", "1"), k3_argument("b", "string", "x")
A_AND_B = {"type": "object", "properties": {"a": {"type": "integer"}, "b": {"type": "string"}}}


def accepts(parameters: Any, arguments: str, **settings: Any) -> bool:
    grammar = tool_call_grammar([tool("f", parameters)], dialect="k3", **settings)["grammar"]
    return Grammar(grammar).accepts(K3_START + k3_call("f", arguments) + K3_END)


@pytest.mark.parametrize("arguments", ["", A, B, A + B])
def test_optional_arguments_come_in_any_selection(arguments: str) -> None:
    assert accepts(A_AND_B, arguments)


@pytest.mark.parametrize("arguments", [B + A, A + A, k3_argument("c", "null", "null")])
def test_in_their_order_each_once_and_no_others(arguments: str) -> None:
    assert not accepts(A_AND_B, arguments)


def test_required_arguments_are_there() -> None:
    assert accepts({**A_AND_B, "required": ["b"]}, B)
    assert not accepts({**A_AND_B, "required": ["b"]}, A)


def test_a_union_of_objects_is_a_choice_of_arguments() -> None:
    union = {**A_AND_B, "anyOf": [{"required": ["a"]}, {"required": ["b"]}, {"enum": []}]}
    assert accepts(union, A)
    assert accepts(union, B)
    assert not accepts(union, "")


def test_additional_arguments_have_other_names() -> None:
    """One of a declared name would have a value that its own schema never saw."""
    more = {**A_AND_B, "additionalProperties": {"type": "boolean"}}
    others = k3_argument("c", "boolean", "true") + k3_argument("ab", "boolean", "true")
    assert accepts(more, A + others)
    assert not accepts(more, k3_argument("a", "boolean", "true"))
    assert not accepts(more, k3_argument('c" x="', "boolean", "true"))
    assert accepts({**A_AND_B, "additionalProperties": False}, A)


def test_additional_arguments_that_nothing_fits_are_left_out() -> None:
    nothing = {**A_AND_B, "additionalProperties": {"enum": []}}
    assert accepts(nothing, A)
    assert not accepts(nothing, k3_argument("c", "null", "null"))


def test_an_argument_that_nothing_fits_is_left_out() -> None:
    impossible = {"type": "object", "properties": {"a": False, "b": {"type": "string"}}}
    assert accepts(impossible, B)
    assert not accepts(impossible, A)


@pytest.mark.parametrize(
    "parameters",
    [
        {**A_AND_B, "minProperties": 1},
        {"type": "object", "additionalProperties": True, "maxProperties": 3},
        {"type": "object", "additionalProperties": True, "minProperties": 1},
        {"type": "object", "additionalProperties": True, "propertyNames": {"pattern": "^a$"}},
    ],
    ids=["of those named", "at most", "at least", "names"],
)
def test_their_number_and_their_names_cannot_be_bounded(parameters: Any) -> None:
    """The error says so, and the rule is left to the model where that was asked for."""
    with pytest.raises(KimiConfigError, match=r"tool 'f', parameters: the grammar cannot say"):
        tool_call_grammar([tool("f", parameters)], dialect="k3")
    assert accepts(parameters, "", strict=False)


def test_one_argument_of_at_least_one_is_the_required_one() -> None:
    assert accepts({**A_AND_B, "minProperties": 1, "required": ["a"]}, A)


def k3_value(schema: Any, kind: str, value: str) -> bool:
    parameters = {"properties": {"x": schema}, "required": ["x"]}
    return accepts(parameters, k3_argument("x", kind, value))


@pytest.mark.parametrize(
    ("schema", "kind", "value"),
    [
        ({"type": "string"}, "string", 'raw "quoted" \\ line\n <b> <|open|> <|clo'),
        ({"type": "string", "minLength": 2}, "string", "ab < c"),
        ({"type": "string", "maxLength": 3}, "string", "a\n"),
        ({"enum": ["a b", 1]}, "string", "a b"),
        ({"enum": ["a b", 1]}, "number", "1"),
        ({"type": "integer"}, "number", "-3"),
        ({"type": ["boolean", "null"]}, "boolean", "true"),
        ({"type": ["boolean", "null"]}, "null", "null"),
        ({"type": "array", "items": {"type": "string"}}, "array", '["a", "b"]'),
        ({"type": "object"}, "object", '{"k": ["v"]}'),
        ({"anyOf": [{"type": "string"}, {"type": "integer"}]}, "string", "1"),
    ],
)
def test_arguments_are_typed_and_strings_are_raw(schema: Any, kind: str, value: str) -> None:
    assert k3_value(schema, kind, value)


@pytest.mark.parametrize(
    ("schema", "kind", "value"),
    [
        ({"type": "string"}, "number", "1"),
        ({"type": "string"}, "string", "a<|close|>b"),
        ({"type": "string", "maxLength": 3}, "string", "abcd"),
        ({"type": "string", "minLength": 2}, "string", "a"),
        ({"type": "integer"}, "string", "1"),
        ({"enum": ["a"]}, "string", '"a"'),
    ],
)
def test_other_arguments_cannot_be_written(schema: Any, kind: str, value: str) -> None:
    assert not k3_value(schema, kind, value)
