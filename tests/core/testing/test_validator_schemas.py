"""The schemas that Moonshot's own validator calls valid: as they are, and as we send them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

from kimi_core import normalize_schema
from kimi_core.testing import MoonshotSimulator
from tests.core.testing.support import body, post, tool
from tests.shared import shared_path

if TYPE_CHECKING:
    from collections.abc import Iterator


pytestmark = pytest.mark.shared("data/schemas")


@pytest.fixture(scope="module")
def server() -> Iterator[MoonshotSimulator]:
    with MoonshotSimulator() as running:
        yield running


def _rows() -> list[tuple[str, Any]]:
    lines = shared_path("data/schemas/kvv_walle_valid.jsonl").read_text().splitlines()
    rows = [json.loads(line) for line in lines]
    assert len(rows) == 212
    return [(f"{row['group']} {row['index']}", row["schema"]) for row in rows]


def _said_of(server: MoonshotSimulator, schema: Any) -> str | None:
    status, answer = post(server, body(tools=[tool(schema)], tool_choice="none", model="kimi-k3"))
    return None if status == 200 else str(answer["error"]["message"])


def _is_object(schema: Any) -> bool:
    """Whether the root is an object by its word; arguments can be nothing else."""
    return schema.get("type", "object") in ("object", ["object"]) and "anyOf" not in schema


def _in_a_property(schema: Any) -> Any:
    """Put a schema where a value of any type may stand; what belongs to the root stays there."""
    at_root = {name: schema[name] for name in ("$defs", "$id") if name in schema}
    value = {name: member for name, member in schema.items() if name not in at_root}
    return {"type": "object", "properties": {"value": value}, "required": ["value"], **at_root}


def test_every_schema_passes_as_it_is(server: MoonshotSimulator) -> None:
    problems = {name: _said_of(server, schema) for name, schema in _rows()}
    assert {name: said for name, said in problems.items() if said} == {}


def test_every_schema_passes_as_it_is_sent(server: MoonshotSimulator) -> None:
    problems: dict[str, str] = {}
    for name, schema in _rows():
        sent = normalize_schema(schema if _is_object(schema) else _in_a_property(schema))
        said = _said_of(server, sent)
        if said:
            problems[name] = said
    assert problems == {}


# Its shortest string has a trillion characters.
_ENDLESS = "TestRangeConstraints 2"


def test_arguments_fit_every_schema(server: MoonshotSimulator) -> None:
    problems: dict[str, str] = {}
    for name, schema in _rows():
        wanted = schema if _is_object(schema) else _in_a_property(schema)
        if name == _ENDLESS:
            continue
        _, answer = post(
            server, body(tools=[tool(wanted)], tool_choice="required", model="kimi-k3")
        )
        call = answer["choices"][0]["message"]["tool_calls"][0]["function"]
        try:
            jsonschema.Draft202012Validator(wanted).validate(json.loads(call["arguments"]))
        except jsonschema.ValidationError as error:
            problems[name] = error.message
    assert problems == {}
