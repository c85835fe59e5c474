"""Bytes become the same events however they are cut, and whatever servers do to the framing.

Owns: `EventStreamDecoder` by itself; recorded streams over HTTP are in test_recordings.py.
"""

from __future__ import annotations

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
    return events + decoder.close(), decoder.done


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


FRAMINGS = {
    "as documented": b'data: {"a": 1}\n\ndata: {"a": 2}\n\ndata: [DONE]\n\n',
    "no blank after the colon": b'data:{"a": 1}\n\ndata:{"a": 2}\n\ndata:[DONE]\n\n',
    "CRLF": b'data: {"a": 1}\r\n\r\ndata: {"a": 2}\r\n\r\ndata: [DONE]\r\n\r\n',
    "no final line end": b'data: {"a": 1}\n\ndata: {"a": 2}\n\ndata: [DONE]',
    "no blank lines": b'data: {"a": 1}\ndata: {"a": 2}\ndata: [DONE]\n',
    "comments": b': PROCESSING\n\ndata: {"a": 1}\n: PROCESSING\n\ndata: {"a": 2}\n\ndata: [DONE]\n',
    "other fields": b'event: x\nid: 1\ndata: {"a": 1}\n\ndata: {"a": 2}\nretry: 5\ndata: [DONE]\n',
    "empty data": b'data:\n\ndata: {"a": 1}\n\ndata: \ndata: {"a": 2}\n\ndata: [DONE]\n\n',
    "blanks round the JSON": b'data:   {"a": 1}  \n\ndata: {"a": 2} \n\ndata:  [DONE] \n\n',
}


@pytest.mark.parametrize("data", FRAMINGS.values(), ids=FRAMINGS)
def test_a_framing_is_read(data: bytes) -> None:
    assert decode(data) == ([{"a": 1}, {"a": 2}], True)


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
