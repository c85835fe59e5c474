"""Whatever a server of tools calls a schema: a request, or one sentence that names the place.

Owns: that, for two tables of families and for any JSON; that what is read grows with what is
written; and what becomes of values that JSON does not have.
"""

from __future__ import annotations

import json
import re
import sys
import warnings
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kimi_core import tool_call_grammar
from kimi_core.errors import KimiConfigError
from kimi_core.raw.prompt import render_prompt
from kimi_core.schema import normalize_schema
from tests.core.asking import HELLO, ask
from tests.core.hostile_amounts import AMOUNTS, INNER, chained, laughs, nested, unions, wide
from tests.core.hostile_schemas import HOSTILE, KEYWORDS, ODD, STRING, of

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")

LONGEST_SENTENCE = 1_500
OF_A_TOOL = re.compile(r"([Tt]ool|function) 'f'(: Schema)? at |tool 'f', |Tool 'f': Schema at ")
OF_A_FORMAT = re.compile(r"response_format(: Schema)? at |Schema at ")


def function(parameters: Any) -> dict[str, Any]:
    return {"type": "function", "function": {"name": "f", "parameters": parameters}}


def form(schema: Any) -> dict[str, Any]:
    return {"type": "json_schema", "json_schema": {"name": "a", "schema": schema}}


def brought(schema: Any) -> list[dict[str, Any]]:
    return [{"role": "system", "tools": [function(schema)]}, *HELLO]


RAW: dict[str, Any] = {"overrides": {"api": "completions"}}
FORCED: dict[str, Any] = {**RAW, "tool_choice": "required"}
TOOL_WAYS: dict[str, Callable[[Any], Any]] = {
    "moonshot": lambda s: ask("moonshot", tools=[function(s)]).payload,
    "vllm": lambda s: ask("vllm", "kimi-k2.6", tools=[function(s)]).payload,
    "vllm, k2": lambda s: ask("vllm", "kimi-k2.6", tools=[function(s)], **FORCED).payload,
    "vllm, k3": lambda s: ask("vllm", "kimi-k3", tools=[function(s)], **FORCED).payload,
    "llama.cpp": lambda s: tool_call_grammar([function(s)], strict=False, max_string_length=9),
    "in a message": lambda s: ask("moonshot", "kimi-k3", messages=brought(s)).payload,
    "in a prompt": lambda s: ask("vllm", "kimi-k3", messages=brought(s), **RAW).payload,
    "prompt": lambda s: render_prompt(HELLO, [function(s)], model="kimi-k2-instruct"),
}
FORMAT_WAYS: dict[str, Callable[[Any], Any]] = {
    "schema": normalize_schema,
    "moonshot": lambda s: ask("moonshot", response_format=form(s)).payload,
    "vllm": lambda s: ask("vllm", "kimi-k2.6", response_format=form(s)).payload,
    "vllm, k3": lambda s: ask("vllm", "kimi-k3", response_format=form(s), **RAW).payload,
}


def check(way: Callable[[Any], Any], schema: Any, place: re.Pattern[str]) -> None:
    """Something that can be sent comes out, or one sentence that names the place."""
    try:
        found = way(schema)
    except KimiConfigError as error:
        message = str(error)
        assert place.match(message), message
        assert "\n" not in message
        assert len(message) < LONGEST_SENTENCE
        message.encode()
    else:
        json.dumps(found, ensure_ascii=False, allow_nan=False).encode()


WAYS = [
    *((way, OF_A_TOOL) for way in TOOL_WAYS.values()),
    *((way, OF_A_FORMAT) for way in FORMAT_WAYS.values()),
]


# Every family goes every way in a deep run, and every fourth in every run.
@pytest.mark.parametrize(
    "family",
    [
        pytest.param(family, marks=() if position % 4 == 0 else pytest.mark.deep)
        for position, family in enumerate(HOSTILE)
    ],
)
def test_a_hostile_schema_is_sent_or_refused(family: str) -> None:
    schema = HOSTILE[family]()
    for way, place in WAYS:
        check(way, schema, place)


# In every run the one that is small until somebody writes it down.
@pytest.mark.parametrize(
    "family",
    [
        pytest.param(family, marks=() if family == "few objects, much JSON" else pytest.mark.deep)
        for family in AMOUNTS
    ],
)
def test_a_schema_of_any_size_is_sent_or_refused(family: str) -> None:
    schema = AMOUNTS[family]()
    for way in ("moonshot", "vllm, k2", "vllm, k3"):
        check(TOOL_WAYS[way], schema, OF_A_TOOL)
    check(normalize_schema, schema, OF_A_FORMAT)


def _json(leaves: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    names = st.sampled_from(KEYWORDS) | st.sampled_from(("a", "$defs", "#")) | st.text(max_size=3)
    return st.recursive(
        leaves,
        lambda inside: st.lists(inside, max_size=3) | st.dictionaries(names, inside, max_size=4),
        max_leaves=12,
    )


LEAVES = (
    st.sampled_from([*ODD.values()])
    | st.sampled_from(["object", "array", "string", "number", "#", "#/a", "#/$defs/a", "^a{2}$"])
    | st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=4)
)


@given(schema=_json(LEAVES))
def test_any_json_is_sent_or_refused(schema: Any) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for way in TOOL_WAYS.values():
            check(way, schema, OF_A_TOOL)
        check(normalize_schema, schema, OF_A_FORMAT)


# ---- growth --------------------------------------------------------------------------------------


def calls(way: Callable[[Any], Any], schema: Any) -> int:
    """Count the functions that are called, which no clock and no other process changes."""
    count = 0

    def counted(_: object, event: str, __: object) -> None:
        nonlocal count
        count += event == "call"

    before = sys.getprofile()
    sys.setprofile(counted)
    try:
        way(schema)
    except KimiConfigError:
        pass
    finally:
        sys.setprofile(before)
    return count


def definitions_of_lists(size: int) -> Any:
    names = [f"d{number}" for number in range(size)]
    members = {name: {"$ref": f"#/$defs/{name}"} for name in names}
    return {"properties": members, "$defs": {name: {"items": STRING} for name in names}}


GROWING: dict[str, Callable[[int], Any]] = {
    "properties": wide,
    "open properties": lambda size: wide(size, additionalProperties=True),
    "required": lambda size: wide(size, required=[f"p{number}" for number in range(size)]),
    "wrong properties": lambda size: wide(size, {"type": "unknown"}),
    "an enum": lambda size: of({"enum": [f"v{number}" for number in range(size)]}),
    "a union": lambda size: of({"anyOf": [{"const": number} for number in range(size)]}),
    "a chain": chained,
    "definitions": definitions_of_lists,
    "text": lambda size: of({"description": "d" * size, "pattern": "^" + "a" * size}),
    "items": lambda size: of({"enum": [list(range(size))]}),
}


@pytest.mark.deep
@pytest.mark.parametrize("way", ["moonshot", "vllm, k2", "llama.cpp"])
@pytest.mark.parametrize("family", GROWING)
def test_twice_the_schema_is_twice_the_work(family: str, way: str) -> None:
    make, build = GROWING[family], TOOL_WAYS[way]
    calls(build, make(1))  # what is imported and compiled once
    assert calls(build, make(240)) < 2.5 * calls(build, make(120))


MOST_CALLS = 1_500_000
EXPLODING: dict[str, Callable[[int], Any]] = {
    "laughs": laughs,
    "laughs in anyOf": lambda size: laughs(size, keyword="anyOf"),
    "laughs in allOf": lambda size: laughs(size, keyword="allOf"),
    "unions": lambda size: unions(size, 10),
    "unions that exclude": lambda size: unions(size, 10, keyword="oneOf"),
    **{keyword: partial(nested, keyword) for keyword in INNER},
}


@pytest.mark.parametrize("way", ["schema", "llama.cpp"])
@pytest.mark.parametrize("family", EXPLODING)
def test_what_multiplies_is_given_up(family: str, way: str) -> None:
    """However often it multiplies: there is one bound, and no schema costs more."""
    build = {**TOOL_WAYS, **FORMAT_WAYS}[way]
    assert calls(build, EXPLODING[family](24)) < MOST_CALLS
    assert calls(build, EXPLODING[family](96)) < MOST_CALLS
