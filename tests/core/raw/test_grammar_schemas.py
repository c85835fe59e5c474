"""Arguments under the grammar fit the schema, whatever the model's dice say."""

from __future__ import annotations

import json
import random
from typing import Any

import hypothesis
import jsonschema
import pytest
from hypothesis import strategies as st

from kimi_core import parse, tool_call_grammar
from tests.core.raw.gbnf import Grammar
from tests.core.raw.grammar_schemas import SCHEMAS, value_tool

# A thousand characters are slow to recognise.
LONG = ("long string", "long string of nearly one length")
CHECKER = jsonschema.Draft202012Validator.FORMAT_CHECKER


def check_random_calls(tool: dict[str, Any], dialect: Any, seed: int, count: int) -> None:
    """Write calls at random, parse them, and validate their arguments."""
    grammar = Grammar(tool_call_grammar([tool], dialect=dialect)["grammar"])
    validator = jsonschema.Draft202012Validator(
        tool["function"]["parameters"], format_checker=CHECKER
    )
    dice = random.Random(seed)  # noqa: S311 - the same dice every time
    for _ in range(count):
        written = grammar.write(dice)
        message = parse(written, dialect)
        (call,) = message.tool_calls
        assert (call.name, call.complete, message.content) == (tool["function"]["name"], True, "")
        arguments = json.loads(call.arguments)
        validator.validate(arguments)
        json.dumps(arguments, ensure_ascii=False).encode()
        assert grammar.accepts(written)


def draft_4(schema: Any) -> bool:
    """Whether only validators of older drafts read the schema as it is meant."""
    return isinstance(schema, dict) and (
        isinstance(schema.get("exclusiveMinimum"), bool) or isinstance(schema.get("items"), list)
    )


@pytest.mark.parametrize("dialect", ["k2", "k3"])
@pytest.mark.parametrize(
    "schema",
    [schema for schema in SCHEMAS.values() if not draft_4(schema)],
    ids=[name for name, schema in SCHEMAS.items() if not draft_4(schema)],
)
def test_what_is_written_parses_and_fits_the_schema(schema: Any, dialect: str) -> None:
    count = 4 if schema in map(SCHEMAS.get, LONG) else 20
    profile = hypothesis.settings()
    check_random_calls(
        value_tool(schema), dialect, seed=1, count=min(count, profile.max_examples // 4)
    )


NOT_COMBINED = {
    *LONG,
    "reference into a list",  # its reference is to the place where it stands
    "anything",  # as "true"
}
LEAVES = st.sampled_from(
    [schema for name, schema in SCHEMAS.items() if not draft_4(schema) and name not in NOT_COMBINED]
)
NAMES = st.sampled_from(["a", "b", "city", "über", 'q"', "root", "string", "comma"])


def objects(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Objects with optional and required properties, open or closed."""
    return st.builds(
        lambda properties, others, wanted: {
            "type": "object",
            "properties": properties,
            "required": [name for name in properties if name in wanted],
            **({} if others is None else {"additionalProperties": others}),
        },
        st.dictionaries(NAMES, inner, max_size=4),
        st.none() | st.booleans() | inner,
        st.sets(NAMES),
    )


def containers(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Objects, arrays and unions of schemas."""
    arrays = st.builds(
        lambda items, low, more: {
            "type": "array",
            "items": items,
            "minItems": low,
            "maxItems": low + more,
        },
        inner,
        st.integers(0, 2),
        st.integers(0, 2),
    )
    unions = st.builds(
        lambda branches: {"anyOf": branches}, st.lists(inner, min_size=1, max_size=3)
    )
    return objects(inner) | arrays | unions


@hypothesis.given(
    st.recursive(LEAVES, containers, max_leaves=6), st.integers(0, 9), st.sampled_from(["k2", "k3"])
)
def test_any_combination_of_them_is_kept(schema: Any, seed: int, dialect: str) -> None:
    check_random_calls(value_tool(schema), dialect, seed, count=3)
