"""A damaged call is mended where it has one reading, and is otherwise not run.

Owns: the core's part of it: the table, streams that are cut anywhere, schemas that nobody can read.
"""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kimi_core.errors import KimiConfigError
from kimi_core.events import Repair
from kimi_core.events.arguments import InvalidArguments
from kimi_core.request import Options
from kimi_core.response._repair.told import rest_of
from tests.core.asked_calls import called, delta, reader_of, tool
from tests.core.repairs import REPAIRS, Damaged

FILE: dict[str, Any] = {
    "type": "object",
    "properties": {
        "path": {"type": "string"},
        "content": {"type": ["string", "null"]},
        "lines": {"type": "array", "items": {"type": "integer"}},
        "force": {"type": "boolean"},
    },
    "required": ["path"],
    "additionalProperties": False,
}


def schema_of(row: Damaged) -> dict[str, Any]:
    closed: dict[str, Any] = {"additionalProperties": False} if row.closed else {}
    required = {"required": list(row.required)} if row.required else {}
    return {"type": "object", "properties": row.properties, **required, **closed}


@pytest.mark.parametrize("size", [10_000, 1, 3], ids=["at once", "by characters", "by threes"])
@pytest.mark.parametrize("row", REPAIRS.values(), ids=REPAIRS)
def test_what_has_one_reading_is_mended_and_nothing_else(row: Damaged, size: int) -> None:
    reader = reader_of([tool("act", schema_of(row))])
    pieces = [row.text[at : at + size] for at in range(0, len(row.text), size)]
    call, _ = called(reader, "act", pieces)
    found = call.parsed()
    if row.meant is None:
        assert isinstance(found, InvalidArguments)
        assert call.arguments == (row.text or "{}")
    else:
        assert json.dumps(found) == json.dumps(row.meant)


@pytest.mark.parametrize("row", REPAIRS.values(), ids=REPAIRS)
def test_strict_mends_nothing_and_off_looks_at_no_schema(row: Damaged) -> None:
    strict, _ = called(
        reader_of([tool("act", schema_of(row))], tool_call_policy="strict"), "act", [row.text]
    )
    off, told = called(
        reader_of([tool("act", schema_of(row))], tool_call_policy="off"), "act", [row.text]
    )
    assert strict.arguments == off.arguments == "".join(told) == (row.text or "{}")
    found = strict.parsed()
    if not isinstance(found, InvalidArguments):
        assert jsonschema.Draft202012Validator(schema_of(row)).is_valid(found)
        assert off.parsed() == found


def test_a_text_beyond_the_limit_is_not_looked_through() -> None:
    for size, mended in ((3_999_000, True), (4_000_000, False)):
        text = json.dumps({"note": "x" * size})[:-1] + ",}"
        call, _ = called(reader_of([tool("act", schema_of(REPAIRS["Python"]))]), "act", [text])
        assert isinstance(call.parsed(), dict) == mended


@pytest.mark.parametrize(("ways", "mended"), [(401, True), (402, False)])
def test_nothing_is_tried_without_an_end(ways: int, *, mended: bool) -> None:
    schema = {"type": "object", "properties": {"n": {"anyOf": [{"type": "integer"}] * ways}}}
    call, _ = called(reader_of([tool("act", schema)]), "act", ['{"n": "7"}'])
    assert isinstance(call.parsed(), dict) == mended


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


def test_null_is_a_value_in_openapis_words_too() -> None:
    schema = {"type": "object", "properties": {"n": {"type": "integer", "nullable": True}}}
    for required in ([], ["n"]):
        reader = reader_of([tool("act", {**schema, "required": required})])
        call, _ = called(reader, "act", ['{"n": null}'])
        assert call.parsed() == {"n": None}


NAMES: dict[str, tuple[str, str | None]] = {
    "as it is": ("read_file", "read_file"),
    "in another case": ("ReadFile", "read_file"),
    "with other separators": ("read-file", "read_file"),
    "with the prefix": ("functions.read_file", "read_file"),
    "with a counter": ("functions.read_file:3", "read_file"),
    "twice": ("read_fileread_file", "read_file"),
    "a hundred times": ("read_file" * 100, "read_file"),
    "without an end": ("read_file" * 112, None),
    "in blanks": (" read_file\n", "read_file"),
    "one that is near": ("red_file", None),
    "one with another meaning": ("reread_file", None),
    "one of two": ("WriteIt", None),
    "one of two, exactly": ("write_it", "write_it"),
    "another": ("img_gen", None),
}


@pytest.mark.parametrize(("said", "meant"), NAMES.values(), ids=NAMES)
def test_a_name_means_the_one_declared_tool_that_it_can_mean(said: str, meant: str | None) -> None:
    tools = [tool(name, {"type": "object"}) for name in ("read_file", "write_it", "write-it")]
    reader = reader_of(tools)
    call, _ = called(reader, said, ["{}"])
    if meant is None:
        assert isinstance(call.parsed(), InvalidArguments)
        assert call.invalid is not None
        assert call.invalid.kind == "undeclared"
        assert "read_file" in call.invalid.reason
    else:
        assert (call.name, call.parsed()) == (meant, {})
        repairs = [found for found in reader.diagnostics if isinstance(found, Repair)]
        changed = [(found.before, found.after) for found in repairs]
        assert changed == ([] if said == meant else [(said, meant)])


def test_strict_takes_a_name_as_it_is() -> None:
    read = tool("read_file", {"type": "object"})
    for said in ("read_file", "ReadFile"):
        call, _ = called(reader_of([read], tool_call_policy="strict"), said, ["{}"])
        assert (call.name, isinstance(call.parsed(), dict)) == (said, said == "read_file")


def test_what_was_changed_is_told_with_before_and_after() -> None:
    reader = reader_of([tool("act", schema_of(REPAIRS["a number in quotes"]))])
    called(reader, "act", ['{"count": "7"}'])
    (found,) = reader.metadata()["diagnostics"]
    assert found == {
        "kind": "repaired_string_to_number", "text": '"7"', "position": 0,
        "before": '"7"', "after": "7",
    }  # fmt: skip


numbers = st.integers(-(10**20), 10**20) | st.floats(allow_nan=False, allow_infinity=False)
json_values = st.recursive(
    st.none() | st.booleans() | numbers | st.text(max_size=12),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=6,
)
files = st.fixed_dictionaries(
    {"path": st.text(max_size=30)},
    optional={
        "content": st.none() | st.text(max_size=60),
        "lines": st.lists(st.integers(), max_size=4),
        "force": st.booleans(),
    },
)
writers = st.sampled_from([{}, {"indent": 2}, {"separators": (",", ":")}, {"ensure_ascii": False}])


@given(value=files, writer=writers, sizes=st.lists(st.integers(1, 9), min_size=1, max_size=5))
def test_a_right_call_comes_through_byte_for_byte_however_it_is_cut(
    value: dict[str, Any], writer: dict[str, Any], sizes: list[int]
) -> None:
    text = json.dumps(value, **writer)
    pieces: list[str] = []
    while sum(map(len, pieces)) < len(text):
        at = sum(map(len, pieces))
        pieces.append(text[at : at + sizes[len(pieces) % len(sizes)]])
    reader = reader_of([tool("write_file", FILE)])
    call, told = called(reader, "write_file", pieces)
    assert "".join(told) == call.arguments == text
    assert call.parsed() == json.loads(text)
    assert reader.diagnostics == ()


def test_a_string_in_a_list_is_whole_wherever_its_escapes_are_cut() -> None:
    text = json.dumps({"notes": ["a\\", '"', '\\"]', "\u20ac\n"], "path": "x"})
    notes = {"type": "array", "items": {"type": "string"}}
    properties = {"notes": notes, "path": {"type": "string"}}
    declared = tool("write_file", {"type": "object", "properties": properties})
    end = text.index('], "path"') + 2
    for at in range(1, end):
        pieces = [text[:at], text[at:end], text[end:]]
        call, told = called(reader_of([declared]), "write_file", pieces)
        assert call.arguments == text
        # The list is told as soon as it is whole: nothing waits for the end of the call.
        assert "".join(told[:-2]) == text[: end - 1]
        assert told[-2:] == [', "path": "x"', "}"]


@given(text=st.text(alphabet="{}[]\",:\\abn1 \n'T`", max_size=40), size=st.integers(1, 5))
@settings(max_examples=300)
def test_streamed_or_whole_damage_ends_alike(text: str, size: int) -> None:
    text = '{"path": "a", ' + text
    whole, _ = called(reader_of([tool("write_file", FILE)]), "write_file", [text])
    pieces = [text[at : at + size] for at in range(0, len(text), size)]
    parts, told = called(reader_of([tool("write_file", FILE)]), "write_file", pieces)
    assert "".join(told) == parts.arguments
    if not isinstance(parts.parsed(), InvalidArguments):
        assert parts.parsed() == whole.parsed()


@given(
    value=st.dictionaries(st.sampled_from(["path", "content", "lines", "force", "x"]), json_values)
)
def test_what_is_run_fits_its_schema(value: dict[str, Any]) -> None:
    call, _ = called(reader_of([tool("write_file", FILE)]), "write_file", [json.dumps(value)])
    found = call.parsed()
    valid = jsonschema.Draft202012Validator(FILE)
    if not isinstance(found, InvalidArguments):
        assert valid.is_valid(found)
    if valid.is_valid(value):
        assert found == value


def test_a_text_is_told_as_it_comes() -> None:
    pieces = ['{"path": "a", "content": "', *["line of a file\n"] * 1_000, '"', "}"]
    call, told = called(reader_of([tool("write_file", FILE)]), "write_file", pieces)
    assert len(told) >= 1_000
    assert call.parsed() == {"path": "a", "content": "line of a file\n" * 1_000}
    assert "\n" not in call.arguments


LATE = {
    "a value that does not fit": ['{"path": "a", ', '"lines": "[1', ']"', "}"],
    "an unknown name": ['{"path": "a", ', '"Lines": ', "[1]}"],
    "a comma too many": ['{"path": "a", "lines": [1]', ",", "}"],
    "the object again": ['{"path": "a", "lines": [1]}', '{"path": "a", "lines": [1]}'],
    "the object again, without blanks": ['{"path":"a","lines":[1]}', '{"path":"a","lines":[1]}'],
}


@pytest.mark.parametrize("pieces", LATE.values(), ids=LATE)
def test_what_was_told_before_the_damage_stays(pieces: list[str]) -> None:
    call, told = called(reader_of([tool("write_file", FILE)]), "write_file", pieces)
    assert call.parsed() == {"path": "a", "lines": [1]}
    assert told[0].startswith(pieces[0][: pieces[0].index('"a') + 2])
    assert "".join(told) == call.arguments


def test_what_was_told_of_an_inner_object_stays() -> None:
    box = {"type": "object", "properties": {"w": {"type": "integer"}}}
    schema = {"type": "object", "properties": {"box": box, "n": {"type": "integer"}}}
    call, told = called(reader_of([tool("act", schema)]), "act", ['{"box":{"w":1}', ',"n":"2"}'])
    assert told == ['{"box":{"w":1}', ', "n": 2}']
    assert call.parsed() == {"box": {"w": 1}, "n": 2}


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ('{"path": "a", "content": "abc"}', 'c"}'),
        ('{"path": "a", "content": "ab", "n": 1}', '", "n": 1}'),
        ('{"path": "a", "content": "xb"}', None),
        ('{"path": "b", "content": "abc"}', None),
        ('{"content": "abc"}', None),
    ],
)
def test_a_string_that_is_open_goes_on_in_other_words(text: str, rest: str | None) -> None:
    """So does one of which the model was asked again: what was told of it cannot be taken back."""
    assert rest_of('{"path":"a","content":"ab', text) == rest


STRING: dict[str, Any] = {"type": "object", "properties": {"name": {"type": "string"}}}
WHOLE: dict[str, tuple[dict[str, Any], list[str]]] = {
    "the root has a condition": ({**STRING, "not": {"required": ["b"]}}, ['{"name": "ab"}']),
    "the root is meant again": (
        {**STRING, "properties": {**STRING["properties"], "b": {"$ref": "#"}}}, ['{"name": "ab"}'],
    ),
    "a name with a choice of values": (
        {"type": "object", "properties": {"name": {"enum": ["ab"]}}}, ["{", '"name": "ab"', "}"],
    ),
    "a name": (STRING, ["{", '"name": "ab', '"', "}"]),
}  # fmt: skip


@pytest.mark.parametrize(("schema", "pieces"), WHOLE.values(), ids=WHOLE)
def test_what_can_still_be_wrong_waits(schema: dict[str, Any], pieces: list[str]) -> None:
    said = ["{", '"name": "', "a", "b", '"', "}"]
    call, told = called(reader_of([tool("act", schema)]), "act", said)
    assert (told, call.parsed()) == (pieces, {"name": "ab"})


def test_an_answer_that_is_still_open_says_what_has_come() -> None:
    reader = reader_of([tool("write_file", FILE)])
    for text in ('{"path": "a", "li', 'nes": "[1'):
        reader.feed(delta("write_file", text))
    (call,) = reader.message().tool_calls
    assert (call.arguments, call.complete) == ('{"path": "a", "lines": "[1', False)
    reader = reader_of([tool("write_file", FILE)])
    reader.feed(delta("write_file", '{"path": "a\n", "lines": "[1'))
    (call,) = reader.message().tool_calls
    assert call.arguments == '{"path": "a\\n"', "what waits behind what was escaped is not told yet"


def test_nothing_is_held_without_tools() -> None:
    call, told = called(reader_of([]), "f", ["{", '"a"', ": 1}"])
    assert (call.parsed(), told) == ({"a": 1}, ["{", '"a"', ": 1}"])


@pytest.mark.parametrize("value", ["mend", 1, True, ""])
def test_a_policy_that_is_none_is_refused(value: Any) -> None:
    with pytest.raises(KimiConfigError, match="'repair', 'strict' or 'off'"):
        Options(tool_call_policy=value)


@pytest.mark.parametrize("value", [-1, 4, True, "1"])
def test_retries_are_at_most_three(value: Any) -> None:
    with pytest.raises(KimiConfigError, match="a whole number from 0 to 3"):
        Options(tool_call_retries=value)


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
