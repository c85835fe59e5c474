"""Bytes become the same events however they are cut, and whatever servers do to the framing.

Owns: `EventStreamDecoder` by itself; recorded streams over HTTP are in test_recordings.py.
"""

from __future__ import annotations

import cProfile
import json
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kimi_core.errors import KimiProtocolError
from kimi_core.transport.sse import EventStreamDecoder
from tests.shared import shared_path

STREAMS = (
    "fantasy-openrouter-tool-streaming-2.sse",  # comments, multiplication signs
    "opencode-venice-k26-toolloop-2.sse",
    "fantasy-groq-simple-streaming-1.sse",  # an accent cut in two
    "engines/c-08-chat-structural-tag-token-with-tools-auto-stream.sse",  # Chinese
)


def decode(*pieces: bytes) -> tuple[list[dict[str, Any]], bool]:
    """Feed pieces, close, and return the events and whether [DONE] was seen."""
    decoder = EventStreamDecoder()
    events = [event for piece in pieces for event in decoder.feed(piece)]
    events += decoder.close()
    if decoder.broken is not None:
        raise decoder.broken
    return events, decoder.done


@pytest.mark.shared("data/recordings")
@pytest.mark.parametrize("name", STREAMS)
def test_cutting_a_recording_anywhere_changes_nothing(name: str) -> None:
    data = shared_path(f"data/recordings/{name}").read_bytes()
    whole = decode(data)
    assert whole[1]
    assert whole[0] == [
        json.loads(line[5:])
        for line in data.split(b"\n")
        if line.startswith(b"data:") and b"[DONE]" not in line
    ]

    @given(st.lists(st.integers(0, len(data)), max_size=20))
    def holds(cuts: list[int]) -> None:
        edges = [0, *sorted(cuts), len(data)]
        assert decode(*(data[a:b] for a, b in pairwise(edges))) == whole

    holds()
    assert decode(*(data[i : i + 1] for i in range(len(data)))) == whole


DONE = b"data: [DONE]\n\n"
FRAMINGS = {
    "as documented": b'data: {"a": 1}\n\ndata: {"a": 2}\n\ndata: [DONE]\n\n',
    "no blank after the colon": b'data:{"a": 1}\n\ndata:{"a": 2}\n\ndata:[DONE]\n\n',
    "CRLF": b'data: {"a": 1}\r\n\r\ndata: {"a": 2}\r\n\r\ndata: [DONE]\r\n\r\n',
    "no final line end": b'data: {"a": 1}\n\ndata: {"a": 2}\n\ndata: [DONE]',
    "no blank lines": b'data: {"a": 1}\ndata: {"a": 2}\ndata: [DONE]\n',
    "comments": b': PROCESSING\n\ndata: {"a": 1}\n: PROCESSING\n\ndata: {"a": 2}\n\ndata: [DONE]\n',
    "other fields": b'event: x\nid: 1\ndata: {"a": 1}\n\ndata: {"a": 2}\nretry: 5\ndata: [DONE]\n',
    "empty data": b'data:\n\ndata: {"a": 1}\n\ndata: \ndata: {"a": 2}\n\ndata: [DONE]\n\n',
    "CR alone": b'data: {"a": 1}\r\rdata: {"a": 2}\r\rdata: [DONE]\r\r',
    "a byte order mark": b'\xef\xbb\xbfdata: {"a": 1}\n\ndata: {"a": 2}\n\ndata: [DONE]\n\n',
    "data on several lines": b'data: {\ndata:"a":\ndata: 1}\n\ndata: {"a": 2}\n\n' + DONE,
    "several lines, CRLF": b'data: {\r\ndata: "a": 1}\r\n\r\ndata: {"a": 2}\r\n\r\n' + DONE,
    "something behind the end": b'data: {"a": 1}\n\ndata: {"a": 2}\n\n' + DONE + b"data: {oh\n\n",
    "fields without a value": b'data\nevent\n\ndata: {"a": 1}\n\ndata: {"a": 2}\n\n' + DONE,
    "blanks round the JSON": b'data:   {"a": 1}  \n\ndata: {"a": 2} \n\ndata:  [DONE] \n\n',
}


@pytest.mark.parametrize("data", FRAMINGS.values(), ids=FRAMINGS)
def test_a_framing_is_read(data: bytes) -> None:
    assert decode(data) == ([{"a": 1}, {"a": 2}], True)


@pytest.mark.parametrize("data", FRAMINGS.values(), ids=FRAMINGS)
def test_a_framing_is_read_however_it_is_cut(data: bytes) -> None:
    whole = decode(data)
    assert decode(*(data[i : i + 1] for i in range(len(data)))) == whole
    for at in range(len(data)):
        assert decode(data[:at], data[at:]) == whole


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b'event: error\ndata: {"error": {"type": "x"}}\n\n', {"type": "x"}),
        (b'event: error\ndata: {"message": "no"}\n\n', {"message": "no"}),
        (b'data: {"message": "no"}\nevent: error\n\n', {"message": "no"}),
        (
            b"event: error\ndata: overloaded,\ndata: try later\n\n",
            {"message": "overloaded,\ntry later"},
        ),
    ],
    ids=["an error object", "an object", "the field behind the data", "text"],
)
def test_an_error_event_is_an_error_whatever_it_holds(data: bytes, error: dict[str, Any]) -> None:
    events, _ = decode(data, b'event: message\ndata: {"a": 1}\n\n')
    assert events[-2]["error"] == error
    assert events[-1] == {"a": 1}


def test_what_came_before_a_broken_event_is_not_lost() -> None:
    decoder = EventStreamDecoder()
    assert decoder.feed(b'data: {"a": 1}\n\ndata: {"a"\n\ndata: {"a": 2}\n\n') == [{"a": 1}]
    assert decoder.broken is not None
    assert (decoder.feed(b'data: {"a": 3}\n\n'), decoder.cut) == ([], False)


def test_nothing_is_read_behind_a_broken_event_whose_blank_line_comes_later() -> None:
    decoder = EventStreamDecoder()
    assert decoder.feed(b'data: {"a": 1}\n\ndata: {"a"\n') == [{"a": 1}]
    assert decoder.feed(b'\ndata: {"a": 2}\n\ndata: {"a": 3}\n\n') == []
    assert decoder.broken is not None


def test_an_event_of_many_lines_is_summed_once_and_has_a_limit() -> None:
    """Each read summed all lines of the event: 40,000 of them took 44 seconds."""

    class Line(bytes):
        looks = 0

        def __len__(self) -> int:
            Line.looks += 1
            return super().__len__()

    decoder = EventStreamDecoder()
    decoder.feed(b"data: [\n")
    decoder._data = [Line(b"1")] * 100
    for _ in range(100):
        decoder.feed(b"data: 1,\n")
    assert Line.looks == 0
    for _ in range(33):
        decoder.feed(b"data: " + b"1" * 2**20 + b"\n")
    assert "an event of more than" in str(decoder.broken)


def test_an_event_that_the_end_cuts_is_told_apart_from_a_broken_one() -> None:
    decoder = EventStreamDecoder()
    assert decoder.feed(b'data: {"a": 1}\n\ndata: {"choices": [{"del') == [{"a": 1}]
    assert (decoder.close(), decoder.cut) == ([], True)


def test_an_event_has_an_end() -> None:
    """A server that never ends a line would fill the memory."""
    decoder = EventStreamDecoder()
    for _ in range(40):
        decoder.feed(b"data: " + b"x" * 2**20)
    assert decoder.broken is not None
    assert "more than 33554432 bytes" in str(decoder.broken)


def test_reading_an_event_in_pieces_copies_it_once() -> None:
    """Work grows with the bytes, not with their square: doubling them doubles the calls."""

    def calls(pieces: int) -> int:
        decoder, profile = EventStreamDecoder(), cProfile.Profile()
        profile.enable()
        for _ in range(pieces):
            decoder.feed(b"x" * 100)
        profile.disable()
        assert max(map(len, decoder._tail)) == 100
        return sum(entry.callcount for entry in profile.getstats())

    assert calls(2_000) < 2.1 * calls(1_000)


def test_a_last_event_without_its_line_end_is_read_on_close() -> None:
    decoder = EventStreamDecoder()
    assert decoder.feed(b'data: {"a": 1}') == []
    assert decoder.close() == [{"a": 1}]
    assert decoder.close() == []
    assert not decoder.done


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"data: {broken\n", "an event that is not JSON"),
        (b'data: {"a": "\xff"}\n', "an event that is not JSON"),
        (b"data: [1]\n", "an event that is not a JSON object: b'[1]'"),
        (b"data: 7\n", "an event that is not a JSON object: b'7'"),
    ],
    ids=["syntax", "no UTF-8", "list", "number"],
)
def test_what_is_no_object_is_a_protocol_error(data: bytes, sentence: str) -> None:
    with pytest.raises(KimiProtocolError) as caught:
        decode(data)
    assert sentence in str(caught.value)


def test_an_error_shows_a_beginning_only() -> None:
    with pytest.raises(KimiProtocolError) as caught:
        decode(b"data: " + b"x" * 10_000 + b"\n")
    assert len(str(caught.value)) < 400
