"""Tool calls that a server parsed are merged, whatever is missing from their fragments.

Owns: fragments of ``tool_calls``: indices, ids, names, arguments, and how a call ends.
"""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kimi_core.events import ToolCall, ToolCallArguments, ToolCallEnd, ToolCallStart
from tests.core.reading import delta, fragment, read, reader_for, whole

F, G = "functions.f:0", "functions.g:1"

# deltas, each a list of fragments -> id, name, arguments of the calls; all of them complete
MERGED: dict[str, tuple[list[list[dict[str, Any]]], list[tuple[str, str, str]]]] = {
    "one delta": ([[fragment(0, F, "f", '{"x": 1}')]], [(F, "f", '{"x": 1}')]),
    "token by token": (
        [[fragment(0, F, "f", "")], [fragment(0, None, None, '{"x"')],
         [fragment(0, "", "", ": 1}")]],
        [(F, "f", '{"x": 1}')],
    ),
    "in pieces in the first chunk": (
        [[fragment(0, F, "f", '{"x"'), fragment(0, None, None, ": 1}")]], [(F, "f", '{"x": 1}')],
    ),
    "two in one chunk": (
        [[fragment(0, F, "f", "{}"), fragment(1, G, "g", "{}")]], [(F, "f", "{}"), (G, "g", "{}")],
    ),
    "interleaved": (
        [[fragment(0, F, "f", '{"x":')], [fragment(1, G, "g", '{"y":')],
         [fragment(0, None, None, "1}")], [fragment(1, None, None, "2}")]],
        [(F, "f", '{"x":1}'), (G, "g", '{"y":2}')],
    ),
    "interleaved calls of one tool without ids": (
        [[fragment(0, None, "f", '{"x":')], [fragment(1, None, "f", '{"x":')],
         [fragment(0, None, None, "1}")], [fragment(1, None, None, "2}")]],
        [("functions.f:0", "f", '{"x":1}'), ("functions.f:1", "f", '{"x":2}')],
    ),
    "index from 1": ([[fragment(1, F, "f", "{}")], [fragment(4, G, "g", "{}")]],
                     [(F, "f", "{}"), (G, "g", "{}")]),
    "no index, ids tell": (
        [[fragment(None, F, "f", '{"x"')], [fragment(None, None, None, ": 1}")],
         [fragment(None, G, "g", "{}")], [fragment(None, F, None, "  ")]],
        [(F, "f", '{"x": 1}  '), (G, "g", "{}")],
    ),
    "neither index nor id, names tell": (
        [[fragment(None, None, "f", '{"x"')], [fragment(None, None, None, ": 1}")],
         [fragment(None, None, "f", "{}")]],
        [(F, "f", '{"x": 1}'), ("functions.f:1", "f", "{}")],
    ),
    "no id": ([[fragment(0, None, "f", "{}")], [fragment(1, "", "g", "{}")]],
              [(F, "f", "{}"), (G, "g", "{}")]),
    "one index for all": (
        [[fragment(0, F, "f", '{"x": 1}')], [fragment(0, G, "g", '{"y"')],
         [fragment(0, None, None, ": 2}")]],
        [(F, "f", '{"x": 1}'), (G, "g", '{"y": 2}')],
    ),
    "a new id in the middle of a call": (
        [[fragment(0, F, "f", '{"x"')], [fragment(0, G, "f", ": 1}")]], [(F, "f", '{"x": 1}')],
    ),
    "the id comes late": ([[fragment(0, None, "f", "{}")], [fragment(0, "late", None, "")]],
                          [(F, "f", "{}")]),
    "the name comes late": (
        [[fragment(0, F, None, '{"x"')], [fragment(0, None, None, ":")],
         [fragment(0, None, "f", " 1}")]],
        [(F, "f", '{"x": 1}')],
    ),
    "an object": ([[fragment(0, F, "f", {"x": "é"})]], [(F, "f", '{"x": "é"}')]),
    "nothing": ([[fragment(0, F, "f")]], [(F, "f", "{}")]),
    "blanks": ([[fragment(0, F, "f", "  ")]], [(F, "f", "  {}")]),
    "blanks round it": ([[fragment(0, F, "f", ' {"x": 1} ')]], [(F, "f", ' {"x": 1} ')]),
    "null arguments first": (
        [[{"index": 0, "id": F, "function": {"name": "f", "arguments": None}}],
         [fragment(0, None, None, "{}")]],
        [(F, "f", "{}")],
    ),
    "a repeated id": ([[fragment(0, F, "f", "{}")], [fragment(1, F, "f", '{"x": 1}')]],
                      [(F, "f", "{}"), (f"{F}__2", "f", '{"x": 1}')]),
    "a repeated id of another tool, and one behind it": (
        [[fragment(0, F, "f", "{}")], [fragment(1, F, "g", "{}")], [fragment(2, "h:2", "h", "{}")]],
        [(F, "f", "{}"), (f"{F}__2", "g", "{}"), ("h:2", "h", "{}")],
    ),
    "calls that are the same but for their ids": (
        [[fragment(0, F, "f", "{}")], [fragment(1, "a", "f", "{}")]],
        [(F, "f", "{}"), ("a", "f", "{}")],
    ),
    "empty fragments": (
        [[fragment(0, F, "f", "{}")], [], [{"index": 0}], [{"index": 0, "function": None}]],
        [(F, "f", "{}")],
    ),
    **{
        f"one index for all, the first with {label}": (
            [[fragment(0, F, "f", first)], [fragment(0, G, "g", '{"y": 2}')]],
            [(F, "f", "{}"), (G, "g", '{"y": 2}')],
        )
        for label, first in (("nothing", ""), ("null", None), ("{}", "{}"))
    },
    "one index and one name for all, without arguments": (
        [[fragment(0, F, "f", "")], [fragment(0, G, "f", "")]], [(F, "f", "{}"), (G, "f", "{}")],
    ),
    "one index for three, ids are missing": (
        [[fragment(0, F, "f", "")], [fragment(0, None, "g", '{"y"')],
         [fragment(0, None, "", ": 2}")], [fragment(0, None, "f", "{}")]],
        [(F, "f", "{}"), (G, "g", '{"y": 2}'), ("functions.f:2", "f", "{}")],
    ),
    "one index for all, ids tell who goes on": (
        [[fragment(0, "a", "f", "")], [fragment(0, "b", "g", "")], [fragment(0, "a", None, '{"x"')],
         [fragment(0, "b", None, '{"y"')], [fragment(0, "a", "f", ": 1}")],
         [fragment(0, "b", "g", ": 2}")]],
        [("a", "f", '{"x": 1}'), ("b", "g", '{"y": 2}')],
    ),
    "one id for all, names tell": (
        [[fragment(0, "a", "f", '{"x"')], [fragment(0, "a", "f", ": 1}")],
         [fragment(0, "a", "g", '{"y"')], [fragment(0, "a", "g", ": 2}")]],
        [("a", "f", '{"x": 1}'), ("a__2", "g", '{"y": 2}')],
    ),
    "one id for all, without an index": (
        [[fragment(None, "a", "f", "")], [fragment(None, "a", "g", '{"y"')],
         [fragment(None, "a", None, ": 2}")]],
        [("a", "f", "{}"), ("a__2", "g", '{"y": 2}')],
    ),
    "id and name in every fragment": (
        [[fragment(0, F, "f", "")], [fragment(0, F, "f", '{"x"')], [fragment(0, F, "f", ": 1}")]],
        [(F, "f", '{"x": 1}')],
    ),
    "the name in every fragment": (
        [[fragment(0, F, "f", "")], [fragment(0, None, "f", '{"x"')],
         [fragment(0, "", "f", ": 1}")], [fragment(0, None, "f", "")]],
        [(F, "f", '{"x": 1}')],
    ),
    "the name in every fragment, with nothing else": (
        [[fragment(None, None, "f", "")], [fragment(None, None, "f", '{"x"')],
         [fragment(None, None, "f", ": 1}")]],
        [(F, "f", '{"x": 1}')],
    ),
    "whole calls of one tool under one index, without ids": (
        [[fragment(0, None, "f", '{"x": 1}')], [fragment(0, None, "f", '{"x": 2}')]],
        [(F, "f", '{"x": 1}'), ("functions.f:1", "f", '{"x": 2}')],
    ),
    "alike in one delta": (
        [[fragment(0, "a", "f", '{"x": 1}'), fragment(0, "a", "f", '{"x": 2}')]],
        [("a", "f", '{"x": 1}'), ("a__2", "f", '{"x": 2}')],
    ),
    "alike in one delta, without an index": (
        [[fragment(None, "a", "f", ""), fragment(None, "a", "f", '{"x": 2}')]],
        [("a", "f", "{}"), ("a__2", "f", '{"x": 2}')],
    ),
    "several pieces of one call in a delta": (
        [[fragment(0, F, "f", ""), fragment(0, None, None, '{"x"'), fragment(0, F, "f", ": 1}")]],
        [(F, "f", '{"x": 1}')],
    ),
    "an index as text": (
        [[{**fragment(None, F, "f", '{"x"'), "index": "0"}],
         [{**fragment(None, G, "g", "{}"), "index": " 1"}],
         [{**fragment(None, None, None, ": 1}"), "index": "0"}]],
        [(F, "f", '{"x": 1}'), (G, "g", "{}")],
    ),
    "an index that is none": (
        [[{**fragment(None, F, "f", '{"x"'), "index": "first"}],
         [fragment(None, None, None, ": 1}")]],
        [(F, "f", '{"x": 1}')],
    ),
    "the index comes late": (
        [[fragment(None, F, "f", '{"x"')], [fragment(0, None, None, ": 1}")]],
        [(F, "f", '{"x": 1}')],
    ),
    "a raw line end inside a string": (
        [[fragment(0, F, "f", '{"x": "a\nb"}')]], [(F, "f", '{"x": "a\nb"}')],
    ),
}  # fmt: skip


@pytest.mark.parametrize("parser", ["auto", "server"])
@pytest.mark.parametrize(("deltas", "calls"), MERGED.values(), ids=MERGED)
def test_fragments_are_merged(
    deltas: list[list[dict[str, Any]]], calls: list[tuple[str, str, str]], parser: str
) -> None:
    chunks = [delta(tool_calls=fragments) for fragments in deltas]
    reader, _ = read([*chunks, delta("tool_calls")], reader_for(parser))
    message = reader.message()
    assert message.tool_calls == tuple(
        ToolCall(index, *call, complete=True) for index, call in enumerate(calls)
    )
    assert (message.content, message.diagnostics) == ("", ())
    assert reader.finish_reason == "tool_calls"


_F = fragment(0, F, "f", "{}")
ODD_LISTS: dict[str, tuple[Any, list[str], list[str]]] = {
    "one call": (_F, [F], []),
    "calls by their indices": ({"0": _F, "1": fragment(1, G, "g", "{}")}, [F, G], []),
    "a word": ("f", [], ["f"]),
    "a number": ([7], [], ["7"]),
    "a number among calls": ([7, _F], [F], []),
    "nothing": ([None, {}, []], [], []),
}


@pytest.mark.parametrize(("said", "calls", "lost"), ODD_LISTS.values(), ids=ODD_LISTS)
def test_what_stands_in_place_of_calls_is_read_or_told(
    said: Any, calls: list[str], lost: list[str]
) -> None:
    for answer in (
        [whole("tool_calls", content="x", tool_calls=said)],
        [delta(content="x"), delta(tool_calls=said), delta("tool_calls")],
    ):
        reader, _ = read(answer)
        assert [call.id for call in reader.message().tool_calls] == calls
        assert [(odd.kind, odd.text) for odd in reader.diagnostics] == [
            ("call_without_name", text) for text in lost
        ]


@pytest.mark.parametrize("again", ['{"x":1}', '{ "x": 1 }', '{"y": 2, "x": 1}', "{"])
def test_a_call_that_a_server_repeats_is_one(again: str) -> None:
    """The same id, name and arguments; the arguments may be written otherwise."""
    chunks = [[fragment(0, F, "f", '{"x":1}')], [fragment(1, F, "f", again)]]
    reader, _ = read(
        [*(delta(tool_calls=one) for one in chunks), delta("tool_calls")], reader_for()
    )
    same = again in {'{"x":1}', '{ "x": 1 }'}
    assert [call.id for call in reader.message().tool_calls] == [F, f"{F}__2"][: 1 if same else 2]
    assert ("repeated_call" in {odd.kind for odd in reader.diagnostics}) is same


def test_a_call_starts_as_soon_as_its_name_is_known() -> None:
    reader = reader_for()
    assert reader.feed(delta(tool_calls=[fragment(3, F)])) == []
    assert reader.feed(delta(tool_calls=[fragment(3, None, "f", '{"x"')])) == [
        ToolCallStart(0, F, "f"),
        ToolCallArguments(0, '{"x"'),
    ]
    assert reader.feed(delta(tool_calls=[fragment(3, None, None, ": 1}")])) == [
        ToolCallArguments(0, ": 1}")
    ]
    assert reader.feed(delta("tool_calls")) == []
    assert reader.close() == [ToolCallEnd(0, complete=True)]


def test_a_body_lists_its_calls_without_index_or_id() -> None:
    calls = [fragment(None, None, "f", "{}"), fragment(None, None, "g", "{}")]
    reader, _ = read([whole("tool_calls", tool_calls=calls, content=None)])
    assert [(call.id, call.name) for call in reader.message().tool_calls] == [(F, "f"), (G, "g")]


def test_a_body_keeps_two_calls_of_one_id() -> None:
    """Nothing of a whole answer continues anything."""
    calls = [fragment(0, "a", "f", '{"x": 1}'), fragment(0, "a", "f", '{"x": 2}')]
    reader, _ = read([whole("tool_calls", tool_calls=calls, content=None)])
    assert [(call.id, call.arguments) for call in reader.message().tool_calls] == [
        ("a", '{"x": 1}'),
        ("a__2", '{"x": 2}'),
    ]


# What a server of OpenAI's first form says.
LEGACY: dict[str, list[dict[str, Any]]] = {
    "whole": [whole("function_call", function_call={"name": "f", "arguments": '{"x": 1}'})],
    "an object, whole": [
        whole("function_call", function_call={"name": "f", "arguments": {"x": 1}})
    ],
    "streamed": [
        delta(function_call={"name": "f", "arguments": ""}),
        delta(function_call={"arguments": '{"x"'}),
        delta(function_call={"arguments": ": 1}"}),
        delta("function_call"),
    ],
    "the name in every piece": [
        delta(function_call={"name": "f"}),
        delta(function_call={"name": "f", "arguments": '{"x"'}),
        delta(function_call={"name": "f", "arguments": ": 1}"}),
        delta("function_call", function_call={"name": "", "arguments": ""}),
    ],
    "beside the same call in the new form": [
        delta(
            tool_calls=[fragment(0, F, "f", '{"x": 1}')],
            function_call={"name": "f", "arguments": '{"x": 1}'},
        ),
        delta("tool_calls", function_call=None),
    ],
    "each delta is called a message": [
        {"choices": [{"message": {"function_call": {"name": "f", "arguments": '{"x"'}}}]},
        whole("function_call", function_call={"arguments": ": 1}"}),
    ],
}


@pytest.mark.parametrize("chunks", LEGACY.values(), ids=LEGACY)
def test_a_function_call_is_a_tool_call(chunks: list[dict[str, Any]]) -> None:
    reader, _ = read(chunks)
    assert reader.message().tool_calls == (ToolCall(0, F, "f", '{"x": 1}'),)
    assert reader.diagnostics == ()
    assert reader.finish_reason == "tool_calls"


# arguments, finish reason -> complete, diagnostics
ENDS: dict[str, tuple[str, str, bool, list[tuple[str, str]]]] = {
    "cut in the arguments": ('{"city": "', "length", False, [("invalid_arguments", '{"city": "')]),
    "cut, and called whole by the server": (
        '{"city": "', "tool_calls", False, [("invalid_arguments", '{"city": "')],
    ),
    "cut before the arguments": ("", "length", False, [("invalid_arguments", "")]),
    "whole at the limit": ('{"city": "x"}', "length", True, []),
    "no JSON": ("{city}", "tool_calls", False, [("invalid_arguments", "{city}")]),
    "a trailing comma": (
        '{"x": 1,}', "tool_calls", False, [("invalid_arguments", '{"x": 1,}')],
    ),
    "two objects": ("{}{}", "tool_calls", False, [("invalid_arguments", "{}{}")]),
    "no object": ("[]", "tool_calls", True, [("arguments_not_object", "[]")]),
    "blanks, and cut": (" ", "length", False, [("invalid_arguments", " ")]),
    "too deep": ("[" * 100_000, "tool_calls", False, [("invalid_arguments", "[" * 100_000)]),
}  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "finish", "complete", "diagnostics"), ENDS.values(), ids=ENDS
)
def test_how_a_call_ends(
    arguments: str, finish: str, diagnostics: list[tuple[str, str]], *, complete: bool
) -> None:
    reader, _ = read([delta(tool_calls=[fragment(0, F, "f", arguments)]), delta(finish)])
    (call,) = reader.message().tool_calls
    assert (call.arguments, call.complete) == (arguments, complete)
    assert [(odd.kind, odd.text) for odd in reader.diagnostics] == diagnostics
    assert reader.finish_reason == finish


def test_a_call_without_a_name_is_no_call_and_not_lost() -> None:
    reader, _ = read([delta(tool_calls=[fragment(0, F, None, '{"x": 1}')]), delta("stop")])
    assert reader.message().tool_calls == ()
    assert [(odd.kind, odd.text) for odd in reader.diagnostics] == [
        ("call_without_name", f'{F} {{"x": 1}}')
    ]


@given(st.text(min_size=1), st.lists(st.integers(0, 40), max_size=8))
def test_arguments_cut_anywhere_are_the_same(text: str, cuts: list[int]) -> None:
    arguments = json.dumps({"x": text}, ensure_ascii=False)
    edges = [0, *sorted(min(cut, len(arguments)) for cut in cuts), len(arguments)]
    pieces = [arguments[a:b] for a, b in pairwise(edges)]
    chunks = [delta(tool_calls=[fragment(0, None, None, piece)]) for piece in pieces]
    reader, _ = read([delta(tool_calls=[fragment(0, F, "f")]), *chunks, delta("tool_calls")])
    assert reader.message().tool_calls == (ToolCall(0, F, "f", arguments),)


def test_a_name_in_every_fragment_takes_no_time_for_each() -> None:
    """Where each could be the end, all so far were looked at with each: 20,000 took seconds."""
    quotes = [fragment(0, None, "f", '\\"') for _ in range(2_000)]
    parts = [fragment(0, F, "f", '{"x": "'), *quotes, fragment(0, None, "f", '"}')]
    reader, _ = read([*(delta(tool_calls=[part]) for part in parts), delta("tool_calls")])
    (call,) = reader.message().tool_calls
    assert json.loads(call.arguments) == {"x": '"' * 2_000}
