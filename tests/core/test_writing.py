"""What both adapters write answers with: pieces of a chunk, calls that can be run, formats.

Owns: `kimi_core.events.deltas`, `ParsedMessage.sorted_calls`, `kimi_core.request.structured` and
`KimiChat.stream`.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from kimi_core.chat import KimiChat, Settings
from kimi_core.errors import KimiConfigError
from kimi_core.events import (
    ContentDelta,
    Event,
    ParsedMessage,
    ReasoningDelta,
    ToolCall,
    ToolCallArguments,
    ToolCallEnd,
    ToolCallStart,
)
from kimi_core.events.deltas import CallDelta, Deltas
from kimi_core.request.blocks import kept_reasoning, known
from kimi_core.request.structured import METHODS, check_method, format_in, named_format
from kimi_core.testing import MoonshotSimulator, SimulatedReply

if TYPE_CHECKING:
    from collections.abc import Sequence


def test_the_events_of_a_chunk_are_one_delta() -> None:
    deltas = Deltas(lambda text, complete: "" if complete else f"!{len(text)}")
    assert deltas.read([]) == ("", "", [])
    assert deltas.read([ReasoningDelta("Hm"), ContentDelta("a"), ContentDelta("b")]) == (
        "ab",
        "Hm",
        [],
    )
    first = [ToolCallStart(0, "f:0", "f"), ToolCallArguments(0, "{"), ToolCallArguments(0, '"a')]
    assert deltas.read(first)[2] == [CallDelta(0, "f:0", "f", '{"a')]
    second = [
        ToolCallArguments(0, '":'),
        ToolCallStart(1, "g:1", "g"),
        ToolCallEnd(1, complete=True),
    ]
    assert deltas.read(second)[2] == [CallDelta(0, None, None, '":'), CallDelta(1, "g:1", "g")]
    assert deltas.read([ToolCallEnd(0, complete=False)])[2] == [CallDelta(0, arguments="!5")]


@pytest.mark.parametrize(("text", "shown"), [('{"a": 1}', {"a": 1}), ('{"a"', {}), ("[1]", {})])
def test_arguments_that_came_whole_are_shown(text: str, shown: dict[str, int]) -> None:
    assert CallDelta(0, "f:0", "f", text).shown() == shown


def test_calls_are_sorted_by_whether_they_can_be_run() -> None:
    whole, cut = ToolCall(0, "f:0", "f", '{"a": 1}'), ToolCall(1, "f:1", "f", "{}", complete=False)
    good, bad = ParsedMessage(tool_calls=(whole, cut)).sorted_calls()
    assert good == [(whole, {"a": 1})]
    assert [(call, found.kind) for call, found in bad] == [(cut, "cut")]


SCHEMA = {"type": "object", "title": "City"}
NAMED = {"name": "City", "schema": SCHEMA}
FORMAT = {"type": "json_schema", "json_schema": NAMED}


@pytest.mark.parametrize(
    ("said", "found"),
    [
        (FORMAT, FORMAT),
        (NAMED, FORMAT),
        ({"type": "json_object"}, {"type": "json_object"}),
        (SCHEMA, None),
        ({"type": ["object", "null"]}, None),
        (int, None),
    ],
)
def test_a_format_is_told_from_a_schema(said: Any, found: Any) -> None:
    assert format_in(said) == found


def test_what_is_not_set_is_no_part_of_a_format() -> None:
    assert named_format("City", SCHEMA, description=None, strict=None) == FORMAT
    assert named_format("City", SCHEMA, strict=False)["json_schema"] == {**NAMED, "strict": False}


@pytest.mark.parametrize("method", METHODS)
def test_every_method_takes_a_schema(method: str) -> None:
    check_method(method, SCHEMA)


@pytest.mark.parametrize(
    ("method", "schema", "sentence"),
    [
        ("tools", SCHEMA, "method 'tools' is not known; it is one of 'json_schema', "),
        ("json_schema", None, "schema is missing; method 'json_schema' needs one"),
    ],
)
def test_a_method_that_cannot_work_is_refused(method: str, schema: Any, sentence: str) -> None:
    with pytest.raises(KimiConfigError) as caught:
        check_method(method, schema)
    assert str(caught.value).startswith(sentence)


def test_what_nobody_said_is_left_out() -> None:
    assert known(a=0, b="", c=None, d=False, e=[1]) == {"e": [1]}
    assert kept_reasoning({"reasoning_content": None, "reasoning": "Hm"}) == "Hm"
    assert kept_reasoning({"reasoning": {"effort": "low"}}) == ""


class _Written:
    """A framework that has strings."""

    def __init__(self, opened: Any) -> None:
        self._reader = opened.reader

    def write(self, events: Sequence[Event]) -> str | None:
        return "".join(event.text for event in events if isinstance(event, ContentDelta)) or None

    def finish(self, *, streamed: bool) -> str:
        return f"{self._reader.finish_reason} {streamed}"


def test_a_writer_writes_a_stream_and_a_whole_answer() -> None:
    with MoonshotSimulator() as server:
        server.reply(*[SimulatedReply(content="Hello you.", reasoning="Hm.")] * 3)
        chat = KimiChat(
            Settings(endpoint="moonshot", base_url=server.base_url, api_key=server.api_key)
        )
        messages = [{"role": "user", "content": "Hi"}]
        request = chat.request(messages, stream=True)
        unread = chat.stream(request, _Written)
        assert server.requests == []  # sent with the first piece
        *pieces, last = unread

        async def collect() -> list[str]:
            return [piece async for piece in chat.astream(request, _Written)]

        assert asyncio.run(collect()) == [*pieces, last]
        whole = chat.answer(chat.request(messages, stream=False), _Written)
    assert ("".join(pieces), last, whole) == ("Hello you.", "stop True", "stop False")
