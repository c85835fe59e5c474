"""What takes the passage is told as on the way: the same events, at the same chunk, and kept alike.

Owns: texts of calls that are read in both ways, chunk by chunk. What is compared is
`ResponseReader.feed`, which knows of no passage.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kimi_core.events import ToolCallArguments
from kimi_core.response import ResponseReader, only_text
from tests.core.asking import ask, tool
from tests.core.raw.cases_common import AB, CB, CE, SB, SE
from tests.scripted import chunk

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from kimi_core.events import Event

BEGUN = f'{SB}{CB}functions.get_weather:0{AB}{{"city": "'
ENDED = f'"}}{CE}{SE}'
# What ends a string or a piece of one, and what nearly does.
TEXTS = st.text(max_size=4) | st.sampled_from(
    [
        *['"', '", "b": "', '", "b": 1, "', '"}', "\\", '\\"', "\\\\", "\\n", "\\u00e9", "\\u00"],
        *["\\x", "e9", "\n", "\x00", "\ud83d", "<", "<b>", "<|tool_call", "_end|>", "", "word "],
        *[CE, SE, ENDED, BEGUN, ENDED + BEGUN, "<|im_end|>", "{", "[1, 2", "]", "}"],
    ]
)


def _call(text: str) -> dict[str, Any]:
    return {"tool_calls": [{"index": 0, "function": {"arguments": text}}]}


def _begun(number: int) -> dict[str, Any]:
    """Return what begins a call of the server's own, inside of a string."""
    function = {"name": "get_weather", "arguments": '{"city": "'}
    call = {"index": number, "id": f"functions.get_weather:{number}", "function": function}
    return {"tool_calls": [call]}


def _content(text: str) -> dict[str, Any]:
    return {"content": text}


DELTAS: st.SearchStrategy[dict[str, Any]] = (
    TEXTS.map(_content)
    | TEXTS.map(_call)
    | st.builds(_begun, st.integers(0, 1))
    | TEXTS.map(lambda text: {"reasoning_content": text})
    | st.just({})
)
RUNS = st.lists(st.lists(TEXTS, min_size=1, max_size=8) | DELTAS, max_size=6)
ASKED = st.fixed_dictionaries(
    {
        "tools": st.sampled_from([None, [tool()]]),
        "tool_call_parser": st.sampled_from(["client", "server", "auto"]),
        "tool_call_policy": st.sampled_from(["off", "repair", "strict"]),
    }
)


def _deltas(runs: Sequence[Any], say: Callable[[str], dict[str, Any]]) -> list[dict[str, Any]]:
    return [delta for run in runs for delta in (map(say, run) if isinstance(run, list) else [run])]


def reader_of(asked: dict[str, Any]) -> ResponseReader:
    """Return what reads the answer to a request with these settings."""
    options = {**asked}
    overrides = {"tool_call_parser": options.pop("tool_call_parser")}
    request = ask("vllm", "kimi-k2-instruct", overrides=overrides, stream=True, **options)
    return ResponseReader(request, asks_again=options.get("tool_call_policy") == "repair")


def told(
    deltas: Sequence[dict[str, Any]], asked: dict[str, Any], *, passes: bool, at_once: int = 1
) -> tuple[list[list[Event]], tuple[Any, ...]]:
    """Return the events of each chunk, and all that is known of the answer in the end."""
    reader = reader_of(asked)
    lists: list[list[Event]] = []
    waiting: list[str] = []
    for at, delta in enumerate(deltas):
        one = chunk(**delta)
        found = only_text(one) if passes else None
        if found is None:
            lists.append(reader.feed(one))
            continue
        kind, holder, name = found
        waiting.append(holder[name])
        after = only_text(chunk(**deltas[at + 1])) if at + 1 < len(deltas) else None
        if len(waiting) == at_once or after is None or after[0] != kind:
            read = reader.feed_texts(kind, one, waiting)
            lists.append([event for events in read for event in events])
            waiting = []
    begun = reader.message()
    lists.append(reader.end(done=True))
    return lists, (begun, reader.message(), reader.metadata(), reader.unsettled)


def _joined(lists: list[list[Event]]) -> list[Any]:
    """Join neighbouring fragments of arguments: those that arrive together may be one."""
    found: list[Any] = []
    for event in (event for events in lists for event in events):
        last = found[-1] if found else None
        if isinstance(event, ToolCallArguments):
            if isinstance(last, list) and last[0] == event.index:
                last[1] += event.text
            else:
                found.append([event.index, event.text])
        else:
            found.append(event)
    return found


WORDS = TEXTS | st.sampled_from(
    [
        *["word ", "get_", "functions.get_", "weather", "get_weather:0", "<think>", "</think>"],
        *[" ", "`", "```", "\n", "quoted: ", SB, CB, AB, f"{AB}{{}}{CE}", f"{AB}{{}}"],
    ]
)


@given(st.lists(st.lists(WORDS, min_size=1, max_size=8) | DELTAS, max_size=6), ASKED)
def test_each_chunk_of_text_is_told_alike(runs: list[Any], asked: dict[str, Any]) -> None:
    """Of text with markers, or what nearly is one, and ids of tools in front of arguments."""
    deltas = _deltas(runs, _content)
    assert repr(told(deltas, asked, passes=True)) == repr(told(deltas, asked, passes=False))


@given(RUNS, ASKED)
def test_each_chunk_of_raw_tokens_is_told_alike(runs: list[Any], asked: dict[str, Any]) -> None:
    deltas = [_content(BEGUN), *_deltas(runs, _content), _content(ENDED)]
    assert repr(told(deltas, asked, passes=True)) == repr(told(deltas, asked, passes=False))


@given(RUNS, ASKED)
def test_each_fragment_of_a_call_is_told_alike(runs: list[Any], asked: dict[str, Any]) -> None:
    deltas = [_begun(0), *_deltas(runs, _call), _call('"}')]
    assert repr(told(deltas, asked, passes=True)) == repr(told(deltas, asked, passes=False))


@given(RUNS, ASKED, st.integers(2, 9), st.sampled_from([_content, _call]))
def test_what_arrives_together_is_told_alike(
    runs: list[Any], asked: dict[str, Any], at_once: int, say: Callable[[str], dict[str, Any]]
) -> None:
    begin = _content(BEGUN) if say is _content else _begun(0)
    deltas = [begin, *_deltas(runs, say), say('"}')]
    lists, known = told(deltas, asked, passes=True, at_once=at_once)
    expected, others = told(deltas, asked, passes=False)
    assert repr(_joined(lists)) == repr(_joined(expected))
    assert repr(known) == repr(others)


NUMBERED = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "parameters": {"type": "object", "properties": {"city": {"type": "integer"}}},
    },
}


@pytest.mark.parametrize("policy", ["off", "repair", "strict"])
@pytest.mark.parametrize("tools", [None, [tool()], [NUMBERED]], ids=["none", "one", "a number"])
@pytest.mark.parametrize(
    "end",
    [f'"}}{CE}text{SE}{SB}', f"<|tool_call{CE}{SE}", '"} and more', f'\n"}}{CE}{AB}', "\\"],
    ids=["a diagnostic", "no marker", "more behind", "raw line end", "an escape that is cut"],
)  # fmt: skip
def test_what_follows_is_read_as_it_was(policy: str, tools: list[Any] | None, end: str) -> None:
    """Where it stands in the text, and what of it may be told: a number is not told as a string."""
    deltas = [*map(_content, [BEGUN, "1", "2", "<b", "3", "4", *end, "5", *"<|im_end|>"])]
    asked = {"tools": tools, "tool_call_parser": "client", "tool_call_policy": policy}
    assert repr(told(deltas, asked, passes=True)) == repr(told(deltas, asked, passes=False))
    fragments = [_begun(0), *map(_call, ["1", "2", "<b", "3", *end])]
    assert repr(told(fragments, asked, passes=True)) == repr(told(fragments, asked, passes=False))


@pytest.mark.parametrize("tools", [None, [tool()]], ids=["no tools", "tools"])
@pytest.mark.parametrize(
    ("begun", "say", "parser"),
    [(_content(BEGUN), _content, "client"), (_begun(0), _call, "server")],
    ids=["raw tokens", "fragments"],
)
def test_more_of_a_string_that_arrives_together_is_one_event(
    tools: list[Any] | None,
    begun: dict[str, Any],
    say: Callable[[str], dict[str, Any]],
    parser: str,
) -> None:
    reader = reader_of({"tools": tools, "tool_call_parser": parser})
    reader.feed(chunk(**begun))
    words = ["word ", 'a \\"quotation\\"', "\\n", "\\u00e9"]
    one = chunk(**say("word "))
    found = only_text(one)
    assert found is not None
    assert list(reader.feed_texts(found[0], one, ["word "])) == [[ToolCallArguments(0, "word ")]]
    together = [[ToolCallArguments(0, "".join(words))]]
    assert list(reader.feed_texts(found[0], one, words)) == together
