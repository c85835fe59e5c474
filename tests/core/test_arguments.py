"""Whether arguments are one whole JSON object, what they mean, and what goes back of them.

Owns: the table of `kimi_core.events.arguments`, and what holds for every text.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kimi_core import ToolCall
from kimi_core.events.arguments import (
    InvalidArguments,
    history_arguments,
    legal_json,
    read_arguments,
    read_growing,
)

DEEP = '{"a":' * 100_000

# text -> the object, or the kind of damage
TEXTS: dict[str, tuple[str, dict[str, Any] | str]] = {
    "an object": ('{"a": [1, true, null, {"b": "c"}]}', {"a": [1, True, None, {"b": "c"}]}),
    "blanks round it": (' \n\t{"a": 1}\r\n', {"a": 1}),
    "an empty object": ("{}", {}),
    "nothing": ("", {}),
    "only blanks": (" \n", {}),
    "a raw line end": ('{"a": "b\nc\td"}', {"a": "b\nc\td"}),
    "a raw null character": ('{"a": "\0"}', {"a": "\0"}),
    "an escaped line end": ('{"a": "b\\nc"}', {"a": "b\nc"}),
    "a marker inside a string": ('{"a": "}{\\"[1]"}', {"a": '}{"[1]'}),
    "one name twice": ('{"a": 1, "a": 2}', {"a": 2}),
    "half a pair, escaped": ('{"a": "\\ud83d"}', {"a": "\ud83d"}),
    "half a pair, raw": ('{"a": "\ud83d"}', {"a": "\ud83d"}),
    "many digits": ('{"a": ' + "9" * 4000 + "}", {"a": int("9" * 4000)}),
    "beyond a float": ('{"a": 1e999}', {"a": float("inf")}),
    "a list": ("[1]", "not_object"),
    "a string": ('"x"', "not_object"),
    "an object in a string": ('"{\\"a\\": 1}"', "not_object"),
    "a number": ("12", "not_object"),
    "null": ("null", "not_object"),
    "true": ("true", "not_object"),
    "two objects": ('{"a": 1}{"b": 2}', "trailing_text"),
    "the same object twice": ('{"a": 1}{"a": 1}', "trailing_text"),
    "an empty object before it": ('{}{"a": 1}', "trailing_text"),
    "a bracket too many": ('{"a": 1}}', "trailing_text"),
    "prose behind it": ('{"a": 1} Done.', "trailing_text"),
    "an object and the beginning of one": ('{"a": 1}{"b', "trailing_text"),
    "cut in a string": ('{"path": "/home/u', "cut"),
    "cut in a name": ('{"pa', "cut"),
    "cut behind a name": ('{"path"', "cut"),
    "cut behind a colon": ('{"path": ', "cut"),
    "cut behind a comma": ('{"a": 1,', "cut"),
    "cut behind a value": ('{"a": "b"', "cut"),
    "cut in a number": ('{"a": 10', "cut"),
    "cut in a fraction": ('{"a": 1.', "cut"),
    "cut in an exponent": ('{"a": 1e-', "cut"),
    "cut behind a sign": ('{"a": -', "cut"),
    "cut in a word": ('{"a": fals', "cut"),
    "cut in an escape": ('{"a": "\\', "cut"),
    "cut in a long escape": ('{"a": "\\u00', "cut"),
    "cut in a pair": ('{"a": "\\ud83d', "cut"),
    "cut in a list": ('{"a": ["b", ', "cut"),
    "cut with a raw line end": ('{"a": "b\nc', "cut"),
    "cut in a list alone": ("[1, 2", "cut"),
    "a bracket": ("{", "cut"),
    "a trailing comma": ('{"a": 1,}', "not_json"),
    "the wrong bracket": ('{"a": [1}', "not_json"),
    "single quotes": ("{'a': 1}", "not_json"),
    "no quotes": ("{a: 1}", "not_json"),
    "another language's word": ('{"a": True}', "not_json"),
    "not a number": ('{"a": NaN}', "not_json"),
    "infinity": ('{"a": -Infinity}', "not_json"),
    "a leading zero": ('{"a": 01}', "not_json"),
    "an unknown escape": ('{"a": "\\d"}', "not_json"),
    "a short escape": ('{"a": "\\u12"}', "not_json"),
    "an open quote": ('{"a": "he said "no""}', "not_json"),
    "a fence": ('```json\n{"a": 1}\n```', "not_json"),
    "prose before it": ('Here: {"a": 1}', "not_json"),
    "a number and prose": ("12 apples", "not_json"),
    "a byte order mark": ('\ufeff{"a": 1}', "not_json"),
    "a no-break space": ("\u00a0", "not_json"),
    "too deep": (DEEP, "beyond_limits"),
    "too many digits": ('{"a": ' + "9" * 5000 + "}", "beyond_limits"),
}  # fmt: skip
WHOLE = {name: row for name, row in TEXTS.items() if isinstance(row[1], dict)}
DAMAGED = {name: row for name, row in TEXTS.items() if name not in WHOLE}


@pytest.mark.parametrize(("text", "meaning"), WHOLE.values(), ids=WHOLE)
def test_one_whole_object_is_what_it_means(text: str, meaning: dict[str, Any]) -> None:
    assert ToolCall(0, "f:0", "f", text).parsed() == read_arguments(text) == meaning


@pytest.mark.parametrize(("text", "kind"), DAMAGED.values(), ids=DAMAGED)
@pytest.mark.parametrize("complete", [True, False])
def test_anything_else_is_said_to_be_what_it_is(text: str, kind: str, *, complete: bool) -> None:
    found = ToolCall(0, "f:0", "f", text, complete=complete).parsed()
    assert isinstance(found, InvalidArguments)
    assert found.kind == kind
    assert found.reason.startswith(("the arguments are", "the call was"))
    assert len(found.reason) < 200


@pytest.mark.parametrize(("text", "meaning"), WHOLE.values(), ids=WHOLE)
def test_an_object_in_a_call_that_was_not_closed_may_lack_something(
    text: str, meaning: dict[str, Any]
) -> None:
    """kimi-k3 writes argument by argument, so that what is there can be closed and not whole."""
    assert read_arguments(text) == meaning
    found = read_arguments(text, complete=False)
    assert isinstance(found, InvalidArguments)
    assert found.kind == "cut"


def test_every_reading_is_an_object_of_its_own() -> None:
    call = ToolCall(0, "f:0", "f", '{"a": [1]}')
    first, second = call.parsed(), call.parsed()
    assert isinstance(first, dict)
    first["a"].append(2)
    assert second == {"a": [1]}


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=6,
)  # fmt: skip
objects = st.dictionaries(st.text(max_size=5), values, max_size=4)
written = st.builds(
    lambda value, ascii_only, indent: json.dumps(value, ensure_ascii=ascii_only, indent=indent),
    objects, st.booleans(), st.sampled_from([None, 1]),
)  # fmt: skip
# JSON, its beginnings, and what may be damaged about it.
anything = st.text() | st.lists(
    st.sampled_from(['{"a": 1}', "{", "}", "[", "]", '"', "\\", ",", ":", "1", "\n", "\ud83d", "x"])
    | written
).map("".join)  # fmt: skip


@given(value=objects, text=st.data())
def test_every_beginning_of_an_object_is_cut(value: dict[str, Any], text: st.DataObject) -> None:
    whole = json.dumps(value)
    beginning = whole[: text.draw(st.integers(1, len(whole) - 1))]
    found = read_arguments(beginning)
    assert isinstance(found, InvalidArguments)
    assert found.kind == "cut"
    assert read_arguments(whole) == value


@given(text=anything)
def test_what_goes_back_is_legal_and_means_the_same(text: str) -> None:
    sent = history_arguments(text)
    again = json.loads(sent.encode())
    assert history_arguments(sent) == sent
    found = read_arguments(text)
    if isinstance(found, dict):
        assert again == found
    elif found.kind != "not_object":
        assert (again["invalid_arguments"], again["error"]) == (text, found.reason)


@given(text=written)
def test_what_is_legal_goes_back_byte_for_byte(text: str) -> None:
    assert history_arguments(text) == legal_json(text) == text


# text -> what goes back
SENT = {
    "a raw line end": ('{"a" : "b\nc"}', '{"a" : "b\\nc"}'),
    "a raw null character": ('{"a":"\0"}', '{"a":"\\u0000"}'),
    "a raw line end in a name": ('{"a\n":1}', '{"a\\n":1}'),
    "line ends between and inside": ('{\n"a":\t"b\r\n"\n}', '{\n"a":\t"b\\r\\n"\n}'),
    "half a pair, raw": ('{"a":"\ud83d é"}', '{"a":"\\ud83d é"}'),
    "other characters": ('{"a":"\u2028\x7f é 文"}', '{"a":"\u2028\x7f é 文"}'),
    "many digits": ('{"a":' + "9" * 5000 + "}", '{"a":' + "9" * 5000 + "}"),
    "a list": ("[1]", "[1]"),
    "null": ("null", "null"),
    "nothing": ("", "{}"),
    "blanks": ("\n", "{}"),
}


@pytest.mark.parametrize(("text", "sent"), SENT.values(), ids=SENT)
def test_what_goes_back(text: str, sent: str) -> None:
    assert history_arguments(text) == sent


# Each has two damages, or one that is not only a raw character.
HOPELESS = {
    "escape": '{"a": "\n\\d"}',
    "cut": "{",
    "blank": "\n",
    "behind": "{}\0",
    "deep": DEEP,
    "no number": '{"a": NaN}',
    "endless": '{"a": [1, -Infinity]}',
}


@pytest.mark.parametrize("text", HOPELESS.values(), ids=HOPELESS)
def test_no_legal_json_is_made_of_what_has_no_single_meaning(text: str) -> None:
    assert legal_json(text) is None


# what has come -> what can be shown
GROWING: dict[str, tuple[str, dict[str, Any]]] = {
    "nothing": ("", {}),
    "a bracket": ("{", {}),
    "a name": ('{"a', {}),
    "an open string": ('{"a": "b', {"a": "b"}),
    "a raw line end in an open string": ('{"a": "b\nc', {"a": "b\nc"}),
    "half an escape": ('{"a": "b\\', {"a": "b"}),
    "a list": ('{"a": [1, 2', {"a": [1, 2]}),
    "whole": ('{"a": 1}', {"a": 1}),
    "more behind it": ('{"a": 1}}', {"a": 1}),
    "half a pair": ('{"a": "b\ud83d', {"a": "b"}),
    "no object": ("[1", {}),
    "no JSON": ("['a'", {}),
    "too deep": (DEEP, {}),
}


@pytest.mark.parametrize(("text", "shown"), GROWING.values(), ids=GROWING)
def test_growing_arguments_are_read_as_far_as_they_go(text: str, shown: dict[str, Any]) -> None:
    assert read_growing(text) == shown


@given(text=anything)
def test_a_whole_object_is_shown_as_what_it_means(text: str) -> None:
    found = read_arguments(text)
    shown = read_growing(text)
    if isinstance(found, dict) and "\\ud83d" not in text and "\ud83d" not in text:
        assert shown == found
