"""Whatever stands in a tool's schema, its calls are judged by it in bounded time, or not at all.

Owns: schemas that are hostile, odd or unchecked, and the two validators.
"""

from __future__ import annotations

import json
import sys
from datetime import date
from types import MappingProxyType
from typing import Any

import pytest

from tests.core.asked_calls import called, reader_of, tool

HOSTILE: dict[str, Any] = {
    "no schema": None,
    "no type of JSON's": {"type": "file"},
    "a reference to nothing": {"properties": {"a": {"$ref": "#/$defs/b"}}},
    "a reference to the web": {"properties": {"a": {"$ref": "http://127.0.0.1:9/a.json"}}},
    "itself": {"$ref": "#"},
    "2 ** 40 schemas": {
        "$ref": "#/$defs/0",
        "$defs": {
            **{str(n): {"allOf": [{"$ref": f"#/$defs/{n + 1}"}] * 2} for n in range(40)},
            "40": {"type": "object"},
        },
    },
    "a thousand schemas behind each other": {
        "$ref": "#/$defs/0",
        "$defs": {
            **{str(n): {"$ref": f"#/$defs/{n + 1}"} for n in range(1000)},
            "1000": {"type": "object", "maxProperties": 0},
        },
    },
    "a pattern without an end": {"properties": {"a": {"type": "string", "pattern": "^(a+)+$"}}},
    "required as in draft 3": {"properties": {"a": {"type": "string", "required": True}}},
}


@pytest.mark.parametrize("schema", HOSTILE.values(), ids=HOSTILE)
def test_a_schema_that_nobody_can_judge_by_refuses_nothing(schema: Any) -> None:
    text = json.dumps({"a": "a" * 40 + "!"})
    call, _ = called(reader_of([tool("act", schema)]), "act", [text])
    assert call.arguments == text
    if schema is None or "properties" not in schema or "pattern" not in json.dumps(schema):
        assert isinstance(call.parsed(), dict)


DEEPER: dict[str, Any] = {}
for _ in range(200):
    DEEPER = {"items": DEEPER}
OWN: dict[str, Any] = {
    "too deep": {"properties": {"a": DEEPER, "b": {"type": "string"}}},
    "a day": {"properties": {"b": {"type": "string", "default": date(2026, 11, 30)}}},
}


@pytest.mark.parametrize("schema", OWN.values(), ids=OWN)
def test_nor_does_a_schema_that_was_sent_unchecked(schema: Any) -> None:
    reader = reader_of([], extra={"tools": [tool("act", schema)]})
    assert called(reader, "act", ['{"b": 1}'])[0].parsed() == {"b": 1}


def test_a_schema_may_be_a_mapping_of_any_class() -> None:
    schema = MappingProxyType({"type": "object", "properties": {"count": {"type": "integer"}}})
    assert called(reader_of([tool("act", schema)]), "act", ['{"count": "7"}'])[0].parsed() == {
        "count": 7
    }


def test_a_value_that_is_read_out_of_a_text_may_be_too_deep_to_be_judged() -> None:
    node = {"type": "array", "items": {"anyOf": [{"$ref": "#/$defs/n"}] * 9 + [{"type": "null"}]}}
    schema = {"properties": {"a": {"$ref": "#/$defs/n"}}, "$defs": {"n": node}}
    for text, meant in (("[null]", {"a": [None]}), ("[[[[[[[1]]]]]]]", {"a": [[[[[[[1]]]]]]]})):
        reader = reader_of([tool("act", schema)])
        assert called(reader, "act", [json.dumps({"a": text})])[0].parsed() == meant


HALF = {"type": "object", "properties": {"a": {"type": "string", "minLength": 2}}}


@pytest.mark.parametrize("library", ["with", "without"])
def test_one_validator_decides_as_the_other(monkeypatch: pytest.MonkeyPatch, library: str) -> None:
    if library == "without":
        monkeypatch.setitem(sys.modules, "jsonschema_rs", None)
    schema = {**HALF, "title": library}  # compiled once for each text
    for text, run in (
        ('{"a": "ab"}', True), ('{"a": "a"}', False),
        (r'{"a": "\ud83d"}', False), (r'{"a": "a\ud83d"}', True),
        (r'{"\ud83d": 1, "a": "a"}', False), (r'{"\ud83d": 1, "a": "ab"}', True),
    ):  # fmt: skip
        call, _ = called(reader_of([tool("act", schema)]), "act", [text])
        assert isinstance(call.parsed(), dict) == run
