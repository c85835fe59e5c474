"""Regular expressions of a schema, as the grammar has them."""

from __future__ import annotations

import json
import random
import re

import hypothesis
import pytest
from hypothesis import strategies as st

from kimi_core import KimiError, parse, tool_call_grammar
from tests.core.raw.gbnf import Grammar
from tests.core.raw.grammar_schemas import value_tool
from tests.core.raw.test_grammar_values import accepts

PATTERNS = [
    "",
    "^$",
    "abc",
    "^abc$",
    "^abc",
    "abc$",
    "^a|b$",
    "^(foo|ba[rz])-?x*$",
    "^(?:a|b){2}c{2,}d{0,3}e{2}$",
    r"^\w+@\w+\.com$",
    '^[^a-z"]+$',
    r"^\S{2,}\s$",
    r"^\D\W$",
    r"^(?:\+\d{1,3} )?\(?\d{3}\)?[ .-]\d{3}$",
    "^.*$",
    "^[\u4e00-\u9fff]{1,4}$",
    r"^[\u4e00-\u9fff\x41]+$",
    r'^\\d"$',
    r"^[\]\-^]+$",
    r"^[a\-z-]+$",
    r"^[\d_-]+$",
    r"^\t\n\r\f\v\0$",
    r"^\/\.\#$",
    "^a+?b*?c??$",
    "^(?P<year>[0-9]{4})-(?:[0-9]{2})$",
    "^()$",
    "^(a|)$",
    '^["\\\\]+$',
    '^[^"]{2}$',
    "^<[a-z]+>$",
]


@pytest.mark.parametrize("dialect", ["k2", "k3"])
@pytest.mark.parametrize("pattern", PATTERNS)
def test_what_is_written_matches(pattern: str, dialect: str) -> None:
    """Searched as Python's `re` does; in K3 strings are raw, in K2 they are JSON."""
    tool = value_tool({"type": "string", "pattern": pattern})
    grammar = Grammar(tool_call_grammar([tool], dialect=dialect)["grammar"])
    dice = random.Random(2)  # noqa: S311 - the same dice every time
    for _ in range(30):
        (call,) = parse(grammar.write(dice), dialect).tool_calls
        value = json.loads(call.arguments)["x"]
        assert re.search(pattern, value), value


@pytest.mark.parametrize(
    ("pattern", "texts"),
    [
        ("^a|b$", ["a", "axe", "b", "sob"]),
        ("b", ["b", "abc", "\n b"]),
        (r"^\w{2}$", ["a_", "Z9"]),
        ("^(?<name>x)$", ["x"]),
        ("^.$", ["é", "🎉", '"', "\\", "<"]),
        (r"^[^x]$", ["y", "\\"]),
        (r"^\s$", [" ", "\t", "\n"]),
        (r"^[+--]$", ["+", ",", "-"]),
    ],
)
def test_what_matches_can_be_written(pattern: str, texts: list[str]) -> None:
    for text in texts:
        schema = {"type": "string", "pattern": pattern}
        assert accepts(schema, json.dumps(text, ensure_ascii=False)), text


@hypothesis.given(st.text(alphabet="ab01_- ", max_size=6))
def test_a_plain_pattern_lets_through_exactly_what_matches(text: str) -> None:
    pattern = r"^(a|b)?[01]*(_-)?$"
    assert accepts({"type": "string", "pattern": pattern}, f'"{text}"') == bool(
        re.search(pattern, text)
    )


@pytest.mark.parametrize(
    ("pattern", "rule", "fits", "does_not"),
    [
        ("^[a-z]+$", {"maxLength": 3}, "abc", "abcd"),
        ("^[a-z]*$", {"minLength": 2}, "ab", "a"),
        ("^[a-z]{2,9}$", {"minLength": 1, "maxLength": 4}, "abcd", "a"),
        ("^[a-z]$", {"maxLength": 4}, "a", "ab"),
        ("^ab?$", {"minLength": 1, "maxLength": 2}, "ab", "abb"),
    ],
)
def test_a_length_beside_a_pattern_is_kept(
    pattern: str, rule: dict[str, int], fits: str, does_not: str
) -> None:
    schema = {"type": "string", "pattern": pattern, **rule}
    assert accepts(schema, f'"{fits}"')
    assert not accepts(schema, f'"{does_not}"')


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ("^(?=a)b$", "the assertion"),
        ("^(?<!a)b$", "the assertion"),
        (r"^(a)\1$", r"'\\1'"),
        (r"^\bword$", r"'\\b'"),
        (r"^\p{L}+$", r"'\\p'"),
        ("^a$b", "'b'"),
        ("^a)$", r"'\)'"),
        ("^(a$", "a parenthesis open"),
        ("^*a$", r"'\*'"),
        ("^a**$", "a second quantifier"),
        ("^a{,2}$", "'{'"),
        ("^a{2$", "'{'"),
        ("^[a", "ends too early"),
        ("^a\\", "ends too early"),
        (r"^\xzz$", "'zz'"),
        ("^[]$", "the empty set"),
        ("^[^\\s\\S]$", "the empty set"),
    ],
)
def test_what_a_grammar_cannot_say_is_an_error_that_names_the_part(
    pattern: str, reason: str
) -> None:
    tool = value_tool({"type": "string", "pattern": pattern})
    with pytest.raises(KimiError, match=f"tool 't', x: the grammar cannot say .*{reason}"):
        tool_call_grammar([tool])


@pytest.mark.parametrize(
    "schema",
    [
        {"pattern": "^ab*$", "maxLength": 3},
        {"pattern": "^[a-z]{5,}$", "maxLength": 3},
    ],
    ids=["not one set", "too short"],
)
def test_a_length_that_a_pattern_cannot_keep_is_an_error(schema: dict[str, object]) -> None:
    with pytest.raises(KimiError, match=r"cannot say the pattern .* with .*[lL]ength"):
        tool_call_grammar([value_tool({"type": "string", **schema})])


def test_a_pattern_is_left_to_the_model_where_that_was_asked_for() -> None:
    """Its type and lengths are kept."""
    schema = {"type": "string", "pattern": r"^\p{Lu}", "maxLength": 2}
    assert accepts(schema, '"xy"', strict=False)
    assert not accepts(schema, '"xyz"', strict=False)
