"""The structural tags of vLLM and SGLang, xgrammar's notation.

xgrammar itself is no dependency, so its reading is modelled here: a tag becomes a GBNF grammar.
That xgrammar 0.2.8 compiles these tags and lets nothing but valid calls through was seen with the
tokenizer of Kimi K2.5, on 94 schemas and on every combination of settings.
"""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from kimi_core import parse, tool_call_grammar
from tests.core.raw.gbnf import Grammar
from tests.core.raw.test_grammar_markup import (
    ADD,
    CALLS,
    NOW,
    k2_call,
    k3_argument,
    k3_call,
    tool,
)


def tag_of(fields: dict[str, Any]) -> dict[str, Any]:
    """The tag in the request field of either engine."""
    if "response_format" in fields:
        return dict(fields["response_format"])
    return dict(json.loads(fields["structured_outputs"]["structural_tag"]))


class Reading:
    """A tag as GBNF rules."""

    def __init__(self, tag: dict[str, Any]) -> None:
        """Read the whole tag."""
        assert tag["type"] == "structural_tag"
        self.rules: list[str] = []
        self.grammar = Grammar(f"root ::= {self.read(tag['format'])}\n" + "\n".join(self.rules))

    def read(self, element: dict[str, Any]) -> str:
        """Return an element as an expression."""
        return str(getattr(self, "_" + element["type"])(element))

    def _sequence(self, element: dict[str, Any]) -> str:
        return " ".join(self.read(one) for one in element["elements"])

    def _or(self, element: dict[str, Any]) -> str:
        return "(" + " | ".join(self.read(one) for one in element["elements"]) + ")"

    def _const_string(self, element: dict[str, Any]) -> str:
        return '"' + element["value"].replace('"', '\\"') + '"'

    def _regex(self, element: dict[str, Any]) -> str:
        return "(" + element["pattern"].replace("0|", '"0" | ') + ")"

    def _plus(self, element: dict[str, Any]) -> str:
        return f"({self.read(element['content'])})+"

    def _optional(self, element: dict[str, Any]) -> str:
        return f"({self.read(element['content'])})?"

    def _any_text(self, element: dict[str, Any]) -> str:
        assert all(text[0] == "<" for text in element["excludes"])
        return "[^<]*"  # the part of it that certainly holds none of them

    def _grammar(self, element: dict[str, Any]) -> str:
        prefix = f"g{len(self.rules)}-"
        Grammar(element["grammar"])
        for line in element["grammar"].splitlines():
            words = re.split(r'("(?:[^"\\]|\\.)*"|\[(?:[^\]\\]|\\.)*\])', line)
            words[::2] = [re.sub(r"[a-zA-Z][\w-]*", prefix + r"\g<0>", word) for word in words[::2]]
            self.rules.append("".join(words))
        return f"{prefix}root"


setattr(
    Reading,
    "or",
    lambda self, element: "(" + " | ".join(self.read(one) for one in element["elements"]) + ")",
)


def accepts(
    text: str, tools: list[Any] | None = None, dialect: Any = "k2", **settings: Any
) -> bool:
    fields = tool_call_grammar(
        tools or [ADD, NOW], dialect=dialect, **{"engine": "vllm", **settings}
    )
    return Reading(tag_of(fields)).grammar.accepts(text)


def test_the_engines_get_the_same_tag_in_their_own_fields() -> None:
    """VLLM wants it as JSON text, SGLang as an object."""
    vllm = tool_call_grammar([ADD], engine="vllm")
    sglang = tool_call_grammar([ADD], engine="sglang")
    assert json.loads(vllm["structured_outputs"]["structural_tag"]) == sglang["response_format"]


@pytest.mark.parametrize("dialect", CALLS)
def test_no_marker_is_demanded_as_a_token(dialect: Any) -> None:
    """Xgrammar 0.2.8 would serve one tag with the tokens of another."""
    for thinking in (False, True):
        for choice in ("auto", "required"):
            fields = tool_call_grammar(
                [ADD], engine="sglang", dialect=dialect, thinking=thinking, tool_choice=choice
            )
            assert '"type": "token"' not in json.dumps(fields)


@pytest.mark.parametrize("dialect", CALLS)
def test_a_required_choice_is_one_call_and_several_only_in_parallel(dialect: str) -> None:
    start, (add, now), end = CALLS[dialect]
    assert accepts(start + add + end, dialect=dialect)
    assert accepts(start + now + end, dialect=dialect)
    assert not accepts(start + end, dialect=dialect)
    assert not accepts(start + add + now + end, dialect=dialect)
    assert accepts(start + add + now + end, dialect=dialect, parallel=True)


@pytest.mark.parametrize("dialect", CALLS)
def test_a_named_choice_is_that_tool(dialect: str) -> None:
    start, (add, now), end = CALLS[dialect]
    assert accepts(start + add + end, dialect=dialect, tool_choice="add")
    assert not accepts(start + now + end, dialect=dialect, tool_choice="add")


@pytest.mark.parametrize(
    ("dialect", "thought"),
    [
        ("k2", "I should.</think>"),
        ("k3", "I should.<|close|>think<|sep|><|open|>response<|sep|>"),
    ],
)
def test_reasoning_may_come_first_where_the_prompt_opened_it(dialect: str, thought: str) -> None:
    """It may be absent: behind a reasoning parser the server applies the tag only after it."""
    start, (add, _), end = CALLS[dialect]
    assert accepts(thought + start + add + end, dialect=dialect, thinking=True)
    assert accepts(start + add + end, dialect=dialect, thinking=True)
    assert not accepts(thought + start + add + end, dialect=dialect)


@pytest.mark.parametrize("dialect", CALLS)
def test_an_automatic_choice_is_text_or_calls_or_both(dialect: str) -> None:
    start, (add, _), end = CALLS[dialect]
    nothing = "" if dialect == "k2" else "<|close|>response<|sep|><|close|>message<|sep|>"
    for text in ("Hello" + nothing, start + add + end, "Hello" + start + add + end):
        assert accepts(text, dialect=dialect, tool_choice="auto")
        assert not text.startswith("Hello") or parse(text, dialect).content == "Hello"
    assert not accepts("Hello" + start + add + end, dialect=dialect)


@pytest.mark.parametrize(
    ("dialect", "call"),
    [
        ("k2", k2_call("f", '{{"x":"{}"}}')),
        ("k3", k3_call("f", k3_argument("x", "string", "{}"))),
    ],
)
def test_arguments_are_bound_by_our_own_grammar(dialect: str, call: str) -> None:
    """A counted string has no escapes here: two spellings cost xgrammar a second a token."""
    start, _, end = CALLS[dialect]
    schema = {"type": "string", "maxLength": 3}
    tools = [tool("f", {"properties": {"x": schema}, "required": ["x"]})]

    def writes(value: str) -> bool:
        filled = call.replace("{}", value, 1).replace("{{", "{").replace("}}", "}")
        return accepts(start + filled + end, tools, dialect)

    assert writes("abc")
    assert not writes("abcd")
    assert writes('a\\n"'[:2]) == (dialect == "k3")


@pytest.mark.parametrize(
    ("pattern", "fits", "does_not"),
    [('^["a]+$', "aa", 'a\\"a'), ('^"$', '\\"', '"'), ("^[a-z]{600}$", "a" * 600, "a" * 599)],
)
def test_a_set_is_written_without_escapes_where_it_can_be(
    pattern: str, fits: str, does_not: str
) -> None:
    start, _, end = CALLS["k2"]
    schema = {"type": "string", "pattern": pattern}
    tools = [tool("f", {"properties": {"x": schema}, "required": ["x"]})]
    assert accepts(start + k2_call("f", f'{{"x":"{fits}"}}') + end, tools)
    assert not accepts(start + k2_call("f", f'{{"x":"{does_not}"}}') + end, tools)
