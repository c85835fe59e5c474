"""Damaged calls: visible, never executed, and nothing of them lost."""

from __future__ import annotations

import json
import pickle
from functools import reduce
from operator import add
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain.agents import create_agent
from langchain_core.messages import (
    AIMessage,
    AIMessageChunk,
    HumanMessage,
    ToolMessage,
    message_chunk_to_message,
)
from langchain_core.messages.ai import add_ai_message_chunks
from langchain_core.utils.json import parse_partial_json

from kimi_core import ToolCall
from kimi_core.request.kept_arguments import spoiling_suffix
from kimi_core.testing import SimulatedReply, SimulatedToolCall
from tests.core.test_arguments import anything

if TYPE_CHECKING:
    from kimi_core.testing import MoonshotSimulator
    from tests.langchain.conftest import MakeModel

DAMAGED = {
    "cut-in-a-string": '{"path": "/home/u',
    "cut-behind-a-backslash": '{"path": "C:\\',
    "cut-behind-an-escaped-quote": '{"path": "a\\"',
    "cut-in-a-list": '{"paths": ["/a", "/b"',
    "cut-behind-a-value": '{"path": "/home"',
    "cut-at-once": "{",
    "not-json": '{"path": /home}',
    "not-an-object": '["/home"]',
    "a-number": "12",
    "null": "null",
    "two-objects": '{"path": "/home"}{"path": "/data"}',
    "text-behind-it": '{"path": "/home"} done',
    "a-trailing-comma": '{"path": "/home",}',
    "another-language": "{'path': True}",
    "not-a-number": '{"path": NaN}',
    "too-deep": '{"path": ' + "[" * 2_000,
}


@pytest.mark.parametrize("version", ["v0", "v1"])
@pytest.mark.parametrize("arguments", DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_call_is_not_executed(
    server: MoonshotSimulator, make: MakeModel, arguments: str, version: str
) -> None:
    """langchain-core closes open brackets, so a cut path would become a valid, shorter path."""
    reply = SimulatedReply(
        tool_calls=[SimulatedToolCall("delete", arguments)], finish_reason="length", chunk_size=2
    )
    server.reply(reply, reply)
    model = make(output_version=version)
    whole = model.invoke("Go.")
    first, *others = model.stream("Go.")
    summed = add_ai_message_chunks(first, *others)
    assert whole.tool_calls == summed.tool_calls == []
    assert [call["args"] for call in whole.invalid_tool_calls] == [arguments]
    (invalid,) = summed.invalid_tool_calls
    assert str(invalid["args"]).startswith(arguments)
    assert (invalid["name"], invalid["id"]) == ("delete", whole.invalid_tool_calls[0]["id"])


# The reader of events gives up at what is nested too deeply, with a RecursionError of its own.
READABLE = {name: text for name, text in DAMAGED.items() if name != "too-deep"}


@pytest.mark.filterwarnings("ignore:.*beta")
@pytest.mark.parametrize("arguments", READABLE.values(), ids=READABLE)
def test_no_reader_of_a_stream_takes_a_damaged_call_for_whole(
    server: MoonshotSimulator, make: MakeModel, arguments: str
) -> None:
    """Events, which take any JSON for arguments, and a model that streams to be invoked."""
    reply = SimulatedReply(tool_calls=[SimulatedToolCall("delete", arguments)], chunk_size=200)
    server.reply(reply, reply)
    events = make().stream_events("Go.", version="v3")
    invoked = make(streaming=True).invoke("Go.")
    assert events.output.tool_calls == invoked.tool_calls == []
    for message in (events.output, invoked):
        (invalid,) = message.invalid_tool_calls
        assert str(invalid["args"]).startswith(arguments)


@pytest.mark.parametrize("version", ["v0", "v1"])
def test_chunks_that_are_added_one_by_one_end_with_what_the_model_wrote(
    server: MoonshotSimulator, make: MakeModel, version: str
) -> None:
    """A whole answer says why it cannot be run, and so does the sum of its stream."""
    reply = SimulatedReply(tool_calls=[SimulatedToolCall("delete", '{"path": "/ho')], chunk_size=2)
    server.reply(reply, reply)
    model = make(output_version=version)
    whole = model.invoke("Go.")
    chunks = list(model.stream("Go."))
    summed = reduce(add, chunks)
    expected = {"name": "delete", "args": '{"path": "/ho', "error": "the call was cut off"}
    for message in (whole, summed, chunks[-1]):
        (invalid,) = message.invalid_tool_calls
        assert expected.items() <= invalid.items()
    assert type(summed) is AIMessageChunk
    assert type(message_chunk_to_message(summed)) is AIMessage
    assert pickle.loads(pickle.dumps(chunks[-1])) == chunks[-1]  # noqa: S301 - our own


def test_an_agent_runs_what_is_whole_and_nothing_else(
    server: MoonshotSimulator, make: MakeModel
) -> None:
    deleted: list[str] = []

    def delete(path: str = "/") -> str:
        """Delete everything below a path."""
        deleted.append(path)
        return "deleted"

    calls = [SimulatedToolCall("delete", text) for text in (*DAMAGED.values(), '{"path": "/data"}')]
    server.reply(SimulatedReply(tool_calls=calls), SimulatedReply(content="Done."))
    strict = make(tool_call_policy="strict", tool_call_retries=0)
    create_agent(strict, [delete]).invoke({"messages": [HumanMessage("Go.")]})
    assert deleted == ["/data"]


def test_the_text_of_a_damaged_call_is_in_the_diagnostics(
    server: MoonshotSimulator, make: MakeModel
) -> None:
    cut = SimulatedToolCall("delete", '{"path": "/ho')
    server.reply(SimulatedReply(tool_calls=[cut], finish_reason="length"))
    last = list(make().stream("Go."))[-1]
    assert '{"path": "/ho' in [odd["text"] for odd in last.response_metadata["diagnostics"]]


json_objects = st.dictionaries(
    st.text(max_size=5),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=8),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
        max_leaves=5,
    ),
    min_size=1,
)


@given(data=st.data(), arguments=json_objects)
def test_no_beginning_of_a_call_reads_as_a_call(
    data: st.DataObject, arguments: dict[str, object]
) -> None:
    text = json.dumps(arguments, ensure_ascii=False)
    cut = text[: data.draw(st.integers(0, len(text)))]
    suffix = spoiling_suffix(parse_partial_json, cut, complete=False)
    fragment = {
        "type": "tool_call_chunk",
        "name": "delete",
        "args": cut + suffix,
        "id": "delete:0",
        "index": 0,
    }
    chunk = AIMessageChunk(content="", tool_call_chunks=[fragment])
    assert chunk.tool_calls == []
    assert len(chunk.invalid_tool_calls) == 1
    assert spoiling_suffix(parse_partial_json, text, complete=True) == ""


@given(text=anything, complete=st.booleans())
def test_the_sum_of_a_stream_means_what_the_core_says(text: str, *, complete: bool) -> None:
    if not text.strip():
        return  # the readers write {} for a call without arguments
    suffix = spoiling_suffix(parse_partial_json, text, complete=complete)
    fragment = {
        "type": "tool_call_chunk",
        "name": "f",
        "args": text + suffix,
        "id": "f:0",
        "index": 0,
    }
    chunk = AIMessageChunk(content="", tool_call_chunks=[fragment])
    found = ToolCall(0, "f:0", "f", text, complete=complete).parsed()
    if isinstance(found, dict):
        assert (suffix, [call["args"] for call in chunk.tool_calls]) == ("", [found])
    else:
        assert chunk.tool_calls == []
        assert _not_json(text + suffix)


def _not_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return True
    return False


def test_a_history_with_an_unanswered_damaged_call_is_sent_without_it(
    server: MoonshotSimulator, make: MakeModel
) -> None:
    """Agent loops leave such calls unanswered, which the server would refuse."""
    broken = {"type": "invalid_tool_call", "name": "delete", "args": "{", "id": "a", "error": None}
    make().invoke(
        [
            HumanMessage("Go."),
            AIMessage("I try.", invalid_tool_calls=[broken]),
            HumanMessage("That was cut off."),
        ]
    )
    assert "tool_calls" not in server.requests[-1].body["messages"][1]


def test_an_answered_damaged_call_is_sent_with_its_text(make: MakeModel) -> None:
    """Inside an object: a conversation with arguments that are no JSON is refused from then on."""
    broken = {"type": "invalid_tool_call", "name": "delete", "args": "{", "id": "a", "error": None}
    payload = make()._get_request_payload(
        [
            HumanMessage("Go."),
            AIMessage("", invalid_tool_calls=[broken]),
            ToolMessage("Not JSON.", tool_call_id="a", status="error"),
        ]
    )
    (call,) = payload["messages"][1]["tool_calls"]
    assert call["function"]["name"] == "delete"
    assert json.loads(call["function"]["arguments"]) == {
        "invalid_arguments": "{",
        "error": "the call was cut off",
    }
