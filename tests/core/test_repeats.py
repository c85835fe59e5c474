"""Events that repeat each other but for a text are told alike, whether they are read anew or not.

Owns: `Repeats` behind `EventStreamDecoder`, and what a reader makes of a run of texts. What is
compared is the way that reads each event by itself.
"""

from __future__ import annotations

import json
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kimi_core.response import ResponseReader, only_text
from kimi_core.transport.repeats import Texts
from kimi_core.transport.sse import EventStreamDecoder
from tests.core.asking import ask, tool
from tests.core.test_sse import STREAMS
from tests.scripted import chunk
from tests.shared import shared_path

if TYPE_CHECKING:
    from collections.abc import Iterable

TEXTS = st.text(max_size=8) | st.sampled_from(
    ['"', "\\", '\\"},"', "\n\n", "data: ", '","', "é", "\u2028", "kimi\u241fmark", "</think>"]
)


def _call(text: str, **more: Any) -> dict[str, Any]:
    return {"tool_calls": [{"index": 0, "function": {"arguments": text, **more}}]}


def _begun(text: str) -> dict[str, Any]:
    delta = _call(text, name="f")
    delta["tool_calls"][0]["id"] = "functions.f:0"
    return delta


DELTAS = (
    TEXTS.map(lambda text: {"content": text})
    | TEXTS.map(lambda text: {"role": "assistant", "content": text, "tool_calls": None})
    | TEXTS.map(lambda text: {"reasoning_content": text})
    | TEXTS.map(lambda text: {"reasoning": text, "reasoning_content": text})
    | TEXTS.map(_call)
)
# Runs of the same form, as servers send them, with another now and then.
RUNS = st.lists(st.lists(TEXTS, min_size=1, max_size=6) | DELTAS, max_size=8)


def deltas_of(runs: Iterable[Any]) -> list[dict[str, Any]]:
    found = [_begun('{"a":"')]
    for run in runs:
        found += [{"content": text} for text in run] if isinstance(run, list) else [run]
    return found


def events_of(bytes_of_reads: Iterable[bytes], *, repeats: bool) -> tuple[Any, ...]:
    """Read an answer, and return what was told of it, with the last chunk as the server sent it."""
    request = ask("vllm", "kimi-k2-instruct", tools=[tool()], tool_call_policy="off")
    reader = ResponseReader(request)
    decoder = EventStreamDecoder(only_text if repeats else None)
    told = []
    for data in bytes_of_reads:
        for read in decoder.feed(data):
            lists = reader.feed_texts(*read) if isinstance(read, Texts) else [reader.feed(read)]
            told += [event for events in lists for event in events]
    told += reader.end(done=True)
    return _joined(told), reader.message(), reader.body(reader.metadata()), decoder.broken


def _joined(told: list[Any]) -> list[Any]:
    """Join neighbouring fragments of arguments, which is all that may differ."""
    found: list[Any] = []
    for event in told:
        last = found[-1] if found else None
        if isinstance(last, list) and hasattr(event, "index") and hasattr(event, "text"):
            last[1] += event.text
        elif hasattr(event, "index") and hasattr(event, "text"):
            found.append([event.index, event.text])
        else:
            found.append(event)
    return found


@given(RUNS, st.lists(st.integers(0, 4_000), max_size=4), st.booleans())
def test_what_is_told_does_not_depend_on_it(runs: list[Any], cuts: list[int], ascii_: bool) -> None:
    deltas = [chunk(**delta) for delta in deltas_of(runs)]
    said = [json.dumps(one, ensure_ascii=ascii_).encode(errors="replace") for one in deltas]
    stream = b"".join(b"data: %s\n\n" % one for one in said)
    edges = [0, *sorted(cut % (len(stream) + 1) for cut in cuts), len(stream)]
    reads = [stream[begin:end] for begin, end in pairwise(edges)]
    assert repr(events_of(reads, repeats=True)) == repr(events_of([stream], repeats=False))


@pytest.mark.shared("data/recordings")
@pytest.mark.parametrize("name", STREAMS)
def test_recordings_are_told_alike(name: str) -> None:
    data = shared_path(f"data/recordings/{name}").read_bytes()
    for size in (97, 4_096, len(data)):
        reads = [data[at : at + size] for at in range(0, len(data), size)]
        assert repr(events_of(reads, repeats=True)) == repr(events_of([data], repeats=False))


def test_a_run_is_read_as_one() -> None:
    decoder = EventStreamDecoder(only_text)
    events = [json.dumps(chunk(content=text)) for text in ("a", "b", 'c"', "")]
    first, run = decoder.feed("".join(f"data: {one}\n\n" for one in events).encode())
    assert first == chunk(content="a")
    assert run == (("content", None), first, ["b", 'c"', ""])


@pytest.mark.parametrize(
    "more",
    [
        {"usage": {"prompt_tokens": 1}},
        {"id": "another"},
        {"error": {"message": "no"}},
        {"choices": [{"delta": {"content": "b"}, "finish_reason": "stop"}]},
        {"choices": [{"delta": {"content": "b"}, "logprobs": {"content": []}}]},
        {"choices": [{"delta": {"content": "b", "reasoning": "c"}}]},
        {"choices": [{"delta": {"content": "b"}}, {"delta": {"content": "c"}}]},
    ],
)
def test_what_says_more_is_read_anew(more: dict[str, Any]) -> None:
    decoder = EventStreamDecoder(only_text)
    events = [chunk(content="a"), {**chunk(content="b"), **more}]
    found = decoder.feed(b"".join(b"data: %s\n\n" % json.dumps(one).encode() for one in events))
    assert found == events


def test_two_places_of_one_name_are_told_apart() -> None:
    """What counts is the last of them, and only that one may change."""
    decoder = EventStreamDecoder(only_text)
    line = (
        b'data: {"content":"x","choices":[{"delta":{"content":"o","content":"a"}}],"content":"x"}'
    )
    events = decoder.feed(b"%b\n\n%b\n\n" % (line, line.replace(b'"a"', b'"b"')))
    assert [event if isinstance(event, dict) else event.texts for event in events] == [
        {"content": "x", "choices": [{"delta": {"content": "a"}}]},
        ["b"],
    ]


@pytest.mark.parametrize(
    "texts", [[b'c","d'], [b"x\\", b',"'], [b"\xff"], [b"a\tb"]],
    ids=["two strings", "an end that is escaped", "no UTF-8", "a control character"],
)  # fmt: skip
def test_what_is_no_string_is_none(texts: list[bytes]) -> None:
    """Joined, the first two would be as many strings as there are events."""
    line = b'data: {"choices":[{"delta":{"content":"%b"}}]}\n\n'
    stream = b"".join(line % text for text in (b"a", b"b", *texts))
    read, plain = EventStreamDecoder(only_text), EventStreamDecoder()
    told = [text for one in read.feed(stream) for text in _texts(one)]
    assert told == [text for one in plain.feed(stream) for text in _texts(one)]
    assert str(read.broken) == str(plain.broken)


def _texts(read: Any) -> list[str]:
    return read.texts if isinstance(read, Texts) else [read["choices"][0]["delta"]["content"]]


def test_a_server_that_numbers_its_events_is_not_looked_at_for_ever() -> None:
    looks = 0

    def find(event: dict[str, Any]) -> Any:
        nonlocal looks
        looks += 1
        return only_text(event)

    decoder = EventStreamDecoder(find)
    for at in range(100):
        decoder.feed(b"data: %s\n\n" % json.dumps({**chunk(content="a"), "id": f"{at}"}).encode())
    assert looks < 40


@pytest.mark.parametrize("others", [1, 3, 4, 5])
def test_the_name_of_a_text_may_stand_elsewhere_in_an_event(others: int) -> None:
    """As a value; behind four such places the text is not looked for."""
    events = [{**chunk(content=text), "note": ["content"] * others} for text in ("a", "b", "c")]
    reads = [f"data: {json.dumps(event)}\n\n".encode() for event in events]
    one, other = (events_of(reads, repeats=repeats) for repeats in (True, False))
    assert one == other
    assert one[1].content == "abc"
