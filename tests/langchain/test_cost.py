"""What a chunk costs, in calls of functions and not in seconds, which a busy machine stretches.

The seconds, beside ChatOpenAI, are measured by ``make bench``.
"""

from __future__ import annotations

import copy
import cProfile
import gc
import json
import pickle
import pstats
from typing import TYPE_CHECKING, Any

import pytest
from langchain_core.messages import AIMessageChunk
from langchain_core.outputs import ChatGenerationChunk

from kimi_core.events import (
    ContentDelta,
    ReasoningDelta,
    ToolCallArguments,
    ToolCallEnd,
    ToolCallStart,
)
from kimi_core.response import ResponseReader
from kimi_core.testing import SimulatedReply, SimulatedToolCall
from langchain_kimi._chunks import AnswerWriter
from tests.core.asking import ask

if TYPE_CHECKING:
    from kimi_core.testing import MoonshotSimulator
    from langchain_kimi import ChatKimiK2
    from tests.langchain.conftest import MakeModel

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


def test_chunks_share_nothing_that_can_be_changed() -> None:
    made = writer(blocks=False)
    first, second = (made.write([ContentDelta(text)]) for text in "ab")
    assert first is not None
    assert second is not None
    for name, value in vars(first.message).items():
        if isinstance(value, (dict, list)):
            assert value is not getattr(second.message, name)


def calls_of(model: ChatKimiK2) -> int:
    """Count the function calls that one stream takes."""
    profile = cProfile.Profile()
    gc.collect()
    gc.disable()  # what other tests left behind is not to be buried, and counted, here
    try:
        profile.runcall(lambda: sum(1 for _ in model.stream("Go.")))
    finally:
        gc.enable()
    return int(pstats.Stats(profile).total_calls)  # type: ignore[attr-defined]  # not in typeshed


REPLIES: dict[str, Any] = {
    "text": lambda size: SimulatedReply(content="x" * size, chunk_size=1),
    "arguments": lambda size: SimulatedReply(
        tool_calls=[SimulatedToolCall("f", json.dumps({"x": "y" * size}))], chunk_size=1
    ),
    "raw": lambda size: SimulatedReply(
        raw="<|tool_calls_section_begin|><|tool_call_begin|>functions.f:0"
        '<|tool_call_argument_begin|>{"x":"' + "y" * size + '"}<|tool_call_end|>'
        "<|tool_calls_section_end|>",
        chunk_size=1,
    ),
}


@pytest.mark.parametrize("many", [150, pytest.param(1_000, marks=pytest.mark.deep)])
@pytest.mark.parametrize("kind", REPLIES)
@pytest.mark.usefixtures("own_garbage")
def test_calls_of_a_chunk_are_few_and_do_not_grow(
    engine: MoonshotSimulator, make_raw: MakeModel, kind: str, many: int
) -> None:
    """The first so many chunks and the next cost the same, and no SDK model is built for any."""
    model = make_raw(tool_call_parser="client")
    engine.reply(*[REPLIES[kind](100 + size) for size in (0, 0, many, 2 * many)])
    calls_of(model)  # what is imported and connected once
    short, middle, long = (calls_of(model) for _ in range(3))
    assert (long - middle) / many < 320  # 230 to 280 when it was written
    # How many chunks one read of the socket brings is up to the machine: a few percent.
    assert long - middle < 1.25 * (middle - short)
