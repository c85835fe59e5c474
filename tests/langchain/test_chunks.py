"""Chunks are copied from a template, which is quick; each is whole, and shares nothing.

What it costs is counted in tests/parity/test_costs.py.
"""

from __future__ import annotations

import copy
import json
import pickle
from typing import Any

import pytest
from langchain_core.messages import AIMessageChunk
from langchain_core.messages.tool import tool_call_chunk
from langchain_core.outputs import ChatGenerationChunk

from kimi_core.events import (
    ContentDelta,
    ReasoningDelta,
    ToolCallArguments,
    ToolCallEnd,
    ToolCallStart,
)
from kimi_core.response import ResponseReader
from langchain_kimi._chunks import AnswerWriter
from tests.core.asking import ask

EVENTS: dict[str, list[Any]] = {
    "text": [ContentDelta("Hello.")],
    "reasoning": [ReasoningDelta("Hm.")],
    "call-begins": [ToolCallStart(0, "functions.f:0", "f")],
    "call-whole": [
        ToolCallStart(0, "functions.f:0", "f"),
        ToolCallArguments(0, '{"x":1}'),
        ToolCallEnd(0, complete=True),
    ],
    "text-and-call": [ContentDelta("So."), ToolCallStart(0, "functions.f:0", "f")],
}


def writer(*, blocks: bool) -> AnswerWriter:
    """Return what writes the answer to a request."""
    version = {"output_version": "v1"} if blocks else {}
    told = {"model_provider": "moonshot", **version}
    return AnswerWriter(ResponseReader(ask("moonshot")), told)


@pytest.mark.parametrize("blocks", [False, True], ids=["v0", "v1"])
@pytest.mark.parametrize("events", EVENTS.values(), ids=EVENTS)
def test_a_chunk_is_what_the_constructors_would_have_made(events: list[Any], blocks: bool) -> None:
    """Chunks are copied from a template; no field may be missing, shared or left unvalidated."""
    chunk = writer(blocks=blocks).write(events)
    assert chunk is not None
    message: Any = chunk.message
    rebuilt = ChatGenerationChunk(message=AIMessageChunk(**message.__dict__))
    assert chunk == rebuilt
    assert chunk.__dict__.keys() == rebuilt.__dict__.keys()
    assert message.__dict__.keys() == rebuilt.message.__dict__.keys()
    for other in (copy.deepcopy(chunk), pickle.loads(pickle.dumps(chunk))):  # noqa: S301 - ours
        assert other == chunk
    assert message + AIMessageChunk(content="") is not message
    assert json.loads(chunk.model_dump_json())["text"] == chunk.text


@pytest.mark.parametrize("blocks", [False, True], ids=["v0", "v1"])
def test_a_fragment_is_what_the_constructor_would_have_made(blocks: bool) -> None:
    """Nearly every chunk of a call says nothing else."""
    made = writer(blocks=blocks)
    made.write([ToolCallStart(0, "functions.f:0", "f")])
    for text in ('{"x":', "1}"):
        chunk = made.write([ToolCallArguments(0, text)])
        assert chunk is not None
        message: Any = chunk.message
        assert message.tool_call_chunks == [tool_call_chunk(name=None, args=text, id=None, index=0)]
        told = {**message.__dict__, "tool_calls": [], "invalid_tool_calls": []}
        assert message.__dict__ == told
        assert message.__dict__.keys() == AIMessageChunk(content="").__dict__.keys()


def test_chunks_share_nothing_that_can_be_changed() -> None:
    made = writer(blocks=False)
    first, second = (made.write([ContentDelta(text)]) for text in "ab")
    assert first is not None
    assert second is not None
    for name, value in vars(first.message).items():
        if isinstance(value, (dict, list)):
            assert value is not getattr(second.message, name)
