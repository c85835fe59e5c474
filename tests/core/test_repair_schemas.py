"""What judges the arguments of a call: a schema that can be read, within a bound, and nothing else.

Owns: schemas that nobody can read, patterns, and both validators.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from datetime import date
from types import MappingProxyType
from typing import Any

import pytest

from tests.core.repairs import REPAIRS
from tests.core.test_repair import FILE, called, reader_of, schema_of, tool

# What a pattern and a text cost, and whether the call is run: what costs too much is not asked.
PATTERNS: dict[str, tuple[str, str, bool]] = {
    "a group again and again": ("^(ab)+$", "ab" * 15, True),
    "a group again, and more": ("^(ab)+$", "ab" * 15 + "c", False),
    "the very end": ("^a$", "a\n", False),
    "a choice again and again": ("^(a|b)*c$", "b" * 30, True),
    "a group within a group": ("^(a+)+c$", "b" * 30, True),
    "the same, of a short text": ("^(a+)+c$", "b" * 20, False),
    "a look ahead": ("^(?=a)a+$", "b" * 30, True),
    "what was found before": (r"^(a)\1$", "b" * 30, True),
    "a power of a long text": ("^.*.*.*c$", "b" * 300, True),
    "no pattern": ("(", "b", True),
}


@pytest.mark.parametrize(("pattern", "text", "run"), PATTERNS.values(), ids=PATTERNS)
def test_a_pattern_is_asked_within_a_bound(
    monkeypatch: pytest.MonkeyPatch, pattern: str, text: str, *, run: bool
) -> None:
    monkeypatch.setitem(sys.modules, "jsonschema_rs", None)  # whose engine has a bound of its own
    schema = {"type": "object", "properties": {"a": {"type": "string", "pattern": pattern}}}
    call, _ = called(reader_of([tool("act", schema)]), "act", [json.dumps({"a": text})])
    assert isinstance(call.parsed(), dict) == run


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
    begun = time.process_time()
    call, _ = called(reader_of([tool("act", schema)]), "act", [text])
    assert time.process_time() - begun < 5
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
    schema = MappingProxyType(schema_of(REPAIRS["a number in quotes"]))
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


PROGRAM = """
import json, sys
from kimi_core.chat import KimiChat, Settings
from kimi_core.request import Options
from kimi_core.response import ResponseReader

tool = {"type": "function", "function": {"name": "f", "parameters": json.loads(sys.argv[1])}}
chat = KimiChat(Settings(model="kimi-k3", api_key="k"))
request = chat.request([{"role": "user", "content": "x"}], [tool], Options(), stream=False)
reader = ResponseReader(request)
call = {"id": "f:0", "function": {"name": "f", "arguments": sys.argv[2]}}
reader.feed({"choices": [{"message": {"tool_calls": [call]}, "finish_reason": "tool_calls"}]})
reader.close(done=True)
print(reader.message().tool_calls[0].parsed())
print([name for name in sys.modules if name.startswith("jsonschema")])
"""


def test_no_validator_is_imported_for_a_right_call() -> None:
    said = '{"path": "a.txt", "content": "a", "lines": [1, 2], "force": true}'
    command = [sys.executable, "-c", PROGRAM, json.dumps(FILE), said]
    run = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603 - our own program
    assert run.stdout.splitlines() == [str(json.loads(said)), "[]"]
