"""Which values a grammar lets through: nothing that does not fit, and of what fits, enough."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import hypothesis
import pytest
from hypothesis import strategies as st

from kimi_core import tool_call_grammar
from tests.core.raw.gbnf import Grammar
from tests.core.raw.grammar_schemas import SCHEMAS, value_tool

START = (
    '<|tool_calls_section_begin|><|tool_call_begin|>functions.t:0<|tool_call_argument_begin|>{"x":'
)
END = "}<|tool_call_end|><|tool_calls_section_end|>"


def accepts(schema: Any, value: str, **settings: Any) -> bool:
    """Whether the text may be written as the value of the argument."""
    grammar = tool_call_grammar([value_tool(schema)], **settings)["grammar"]
    return Grammar(grammar).accepts(START + value + END)


ACCEPTED = {
    "integer": ["0", "-3", "9223372036854775807"],
    "integers around a ten": ["19", "20", "21"],
    "draft 4 exclusive bounds": ["1", "9"],
    "number": ["0", "-0.5", "1e-7", "6.02E+23"],
    "number above nine tenths": ["0.9", "0.900001", "0.95", "1", "77.7"],
    "string": [
        '""',
        '"a \\"quoted\\" \\\\ line\\n\\u00e9\\ud83c\\udf89"',
        '"北京 🎉 <b>&</b> <|x"',
    ],
    "least length": ['"ab"', '"a\\n and more"'],
    "short string": ['"\\n\\n\\n"', '"\\ud83c\\udf89ab"', '"1234567"'],
    "long string": [json.dumps("a" * 600), json.dumps("a" * 1100), json.dumps("a" * 1300)],
    "long string of nearly one length": [json.dumps("a" * 600), json.dumps("a" * 700)],
    "empty string": ['""'],
    "unknown format": ['"anything at all"'],
    "format date": ['"2024-02-29"', '"2000-02-29"', '"1999-12-31"', '"2026-04-30"'],
    "format time": ['"23:59:59Z"', '"00:00:00.123456+05:30"'],
    "format date-time": ['"2026-11-23T08:15:00Z"'],
    "format uuid": ['"123e4567-e89b-12d3-a456-426614174000"'],
    "format ipv4": ['"0.0.0.0"', '"255.249.199.99"'],
    "format email": ['"jane.doe+x@mail.example-site.org"'],
    "format duration": ['"P1Y2M3DT4H5M6S"', '"PT30S"', '"P2W"'],
    "pattern with escapes": ['"\\\\d\\"\\n"'],
    "pattern anywhere": ['"a5"', '"5"', '"\\n5\\t"'],
    "pattern of a length": ['"ab"', '"abcd"'],
    "multiples": ["5", "100"],
    "array": ["[]", '[1,"a",null,[{}]]', "[1, 2]"],
    "array of at least": ["[true,true,true]", "[true,false,true,true]"],
    "tuple": ["[1]", '[1,"a"]', '[1,"a",true,false,true]'],
    "draft 7 tuple": ["[]", "[1]", "[1,null,null]"],
    "cut tuple": ["[]", '["a"]', '["a",null]'],
    "set": ["[]", '["a","c"]', '["a","b","c"]'],
    "set of a part of an enum": ["[]", '["a"]', '["a","b"]'],
    "optional properties": ["{}", '{"a":1}', '{"b":""}', '{"a":1,"b":""}', '{"a": 1, "b": ""}'],
    "at least one property": ['{"a":1}', '{"b":""}'],
    "more properties": ['{"ab":""}', '{"a":1,"ab":"","é":null,"abc":true,"b":false}'],
    "map": ["{}", '{"k":1}', '{"k":1,"l":2}'],
    "map of a size": ['{"k":1}', '{"k":1,"l":2,"m":3}'],
    "any map with known keys": ['{"y":[1]}'],
    "anything": ["1", '"s"', "null", "true", "{}", '[{"a":[]}]'],
    "union": ["1", '"ab"', "null"],
    "exclusive union": ['{"kind":"circle","radius":1}', '{"kind":"square"}'],
    "tree": ['[{"value":1,"children":[{"value":2},{"value":3,"children":[]}]}]'],
}
REFUSED = {
    "integer": ["01", "1.0", "+1", "", "12345678901234567890", "null", '"1"'],
    "integers around a ten": ["18", "22", "119"],
    "draft 4 exclusive bounds": ["0", "10"],
    "number": ["01.5", ".5", "5.", "1e400", "NaN", "Infinity"],
    "number above nine tenths": ["0.8999", "0.0", "-1"],
    "string": ['"line\n"', '"tab\t"', '"\\x41"', '"a', "a", '"\\ud83c"', '"\\udf89"', '"\\u12"'],
    "least length": ['"a"', '"\\n"'],
    "short string": ['"ab"', '"12345678"'],
    "long string": [json.dumps("a" * 599), json.dumps("a" * 1301)],
    "long string of nearly one length": [json.dumps("a" * 599), json.dumps("a" * 701)],
    "empty string": ['"a"'],
    "format date": ['"2023-02-29"', '"1900-02-29"', '"2026-04-31"', '"2026-13-01"', '"26-01-01"'],
    "format time": ['"24:00:00Z"', '"12:00:00"', '"12:60:00Z"'],
    "format ipv4": ['"256.0.0.1"', '"1.2.3"', '"01.2.3.4"'],
    "format email": ['"jane@localhost"', '"@x.org"', '"a..b@x.org"'],
    "format duration": ['"P"', '"PT"', '"P1"'],
    "pattern": ['"aa123"', '"AA12"', '"AA123456"', '"AA123 "'],
    "pattern of a length": ['"a"', '"abcde"'],
    "multiples": ["0", "7", "105"],
    "enum in a range": ["1", "2.5"],
    "array": ["[1,]", "[,1]", "[1 ,2]", "[1,  2]"],
    "array of at least": ["[true,true]"],
    "tuple": ["[]", '["a"]', '[1,"a",true,true,true,true]'],
    "cut tuple": ['["a",null,1]'],
    "set": ['["a","a"]', '["d"]'],
    "set of a part of an enum": ["[1]", '["a","a"]'],
    "set of nothing": ["[1]"],
    "optional properties": ['{"b":"","a":1}', '{"a":1,"a":2}', '{"c":1}', '{"a":1,}', "{,}"],
    "at least one property": ["{}"],
    "closed object": ['{"a":1}'],
    "more properties": ['{"a":1}', '{"ab":"","a":true}', '{"ab":"","abc":1}', '{"ab":"","":true}'],
    "map of a size": ["{}", '{"a":1,"b":2,"c":3,"d":4}'],
    "map with known keys": ['{"z":true}', '{"x":1}'],
    "exclusive union": ['{"kind":"circle"}', '{"kind":"square","radius":1}'],
    "one or the other": ["{}"],
}


def pairs(table: dict[str, list[str]]) -> list[Any]:
    return [
        pytest.param(SCHEMAS[name], value, id=f"{name}: {value[:40]}")
        for name, values in table.items()
        for value in values
    ]


@pytest.mark.parametrize(("schema", "value"), pairs(ACCEPTED))
def test_a_value_that_fits_can_be_written(schema: Any, value: str) -> None:
    assert accepts(schema, value)


@pytest.mark.parametrize(("schema", "value"), pairs(REFUSED))
def test_a_value_that_does_not_fit_cannot(schema: Any, value: str) -> None:
    assert not accepts(schema, value)


BOUNDS = st.none() | st.integers(-2000, 2000) | st.integers(-(10**18), 10**18)


@hypothesis.given(BOUNDS, BOUNDS, st.integers(-2100, 2100) | st.integers(-(10**18), 10**18))
def test_exactly_the_integers_in_the_range_can_be_written(
    low: int | None, high: int | None, number: int
) -> None:
    hypothesis.assume(low is None or high is None or low <= high)
    near = [bound + step for bound in (low, high) if bound is not None for step in (-1, 0, 1)]
    schema = {"type": "integer", "minimum": low, "maximum": high}
    for one in [number, *near]:
        fits = (low is None or low <= one) and (high is None or one <= high)
        assert accepts(schema, str(one)) == fits


DECIMALS = st.decimals(-120, 120, places=4).map(Decimal.normalize)


@hypothesis.given(
    low=DECIMALS, high=DECIMALS, number=DECIMALS, low_open=st.booleans(), high_open=st.booleans()
)
@hypothesis.example(  # no whole number lies between those of the bounds
    low=Decimal("1.5"), high=Decimal("2.25"), number=Decimal(2), low_open=False, high_open=False
)
def test_exactly_the_decimals_in_the_range_can_be_written(
    low: Decimal, high: Decimal, number: Decimal, low_open: bool, high_open: bool
) -> None:
    hypothesis.assume(low < high)
    schema = {
        "type": "number",
        "exclusiveMinimum" if low_open else "minimum": float(low),
        "exclusiveMaximum" if high_open else "maximum": float(high),
    }
    step = Decimal("0.00001")
    for one in (number, low, high, low - step, low + step, high - step, high + step):
        fits = low < one < high or one == (None if low_open else low)
        fits = fits or one == (None if high_open else high)
        assert accepts(schema, f"{one:f}") == fits


def test_a_number_beside_an_excluded_bound_is_still_beside_it_as_a_double() -> None:
    """99.999999999999999 would be read as 100.0, which is excluded."""
    schema = {"type": "number", "minimum": 0, "exclusiveMaximum": 100}
    assert accepts(schema, "99.9999999999999")
    assert not accepts(schema, "99.999999999999999")


@pytest.mark.parametrize("text", ["<|tool_call_end|>", "a<|tool_calls_section_end|>", "<<|tool_c"])
def test_a_string_holds_no_marker(text: str) -> None:
    """A marker's token in a string is a call that was closed too early."""
    assert not accepts({"type": "string"}, f'"{text}"')


@pytest.mark.parametrize("text", ["<|tool", "<<|", "<|tool\\n_call", "<|tool<", "a<", "<|to|>"])
def test_a_string_holds_what_only_begins_like_a_marker(text: str) -> None:
    assert accepts({"type": "string"}, f'"{text}"')


def test_max_string_length_bounds_strings_that_state_no_bound() -> None:
    """Strings that state one keep their own, and keys have it, too."""
    assert accepts({"type": "string"}, '"12345"', max_string_length=5)
    assert not accepts({"type": "string"}, '"123456"', max_string_length=5)
    assert accepts({"type": "string", "maxLength": 9}, '"123456789"', max_string_length=5)
    assert accepts({"type": "string", "minLength": 6}, '"123456"', max_string_length=5)
    assert not accepts(SCHEMAS["map"], '{"123456789":1}', max_string_length=5)


def test_a_length_beyond_any_context_is_no_bound() -> None:
    """The grammar would have a rule for every 500 characters."""
    endless = tool_call_grammar([value_tool({"type": "string", "maxLength": 10**9})])
    assert len(endless["grammar"]) < 5000
