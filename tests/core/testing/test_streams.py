"""Streams and whole answers, read back with the openai SDK as an independent client."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import openai
import pytest

from kimi_core.testing import MoonshotSimulator, SimulatedReply, SimulatedToolCall
from tests.core.testing.support import body, post, post_raw, tool, user
from tests.shared import shared_path

if TYPE_CHECKING:
    from collections.abc import Iterator

    from openai.types.chat import ChatCompletionChunk

_WEATHER = tool(
    {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    name="get_weather",
)
_CALLS = (
    SimulatedToolCall("get_weather", {"city": "Paris"}),
    SimulatedToolCall("get_weather", '{"city": "Ro', id="call_x"),
)


@pytest.fixture
def server() -> Iterator[MoonshotSimulator]:
    with MoonshotSimulator() as running:
        yield running


@pytest.fixture
def client(server: MoonshotSimulator) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(
        base_url=server.base_url, api_key=server.api_key, max_retries=0, timeout=10
    ) as opened:
        yield opened


def _stream(client: openai.OpenAI, **fields: Any) -> list[ChatCompletionChunk]:
    request: dict[str, Any] = {"model": "kimi-k2.6", "messages": [user()], **fields}
    return list(client.chat.completions.create(stream=True, **request))


def _deltas(chunks: list[ChatCompletionChunk]) -> list[dict[str, Any]]:
    return [chunk.choices[0].delta.model_dump(exclude_unset=True) for chunk in chunks]


def _events(server: MoonshotSimulator, **fields: Any) -> list[Any]:
    content = json.dumps(body(**fields, stream=True)).encode()
    _, headers, answer = post_raw(server, content)
    assert headers["content-type"] == "text/event-stream; charset=utf-8"
    *events, done, end = answer.decode().split("\n\n")
    assert (done, end) == ("data: [DONE]", "")
    return [json.loads(event.removeprefix("data: ")) for event in events]


def test_a_stream_says_role_then_reasoning_then_content_then_calls(
    server: MoonshotSimulator, client: openai.OpenAI
) -> None:
    server.reply(SimulatedReply(reasoning="I think so.", content="Let me see.", tool_calls=_CALLS))
    chunks = _stream(client)
    assert _deltas(chunks) == [
        {"role": "assistant", "content": ""},
        {"reasoning_content": "I"},
        {"reasoning_content": " think"},
        {"reasoning_content": " so."},
        {"reasoning_content": ""},
        {"content": "Let"},
        {"content": " me"},
        {"content": " see."},
        _opening(0, "get_weather:0"),
        _fragment(0, '{"city": "Paris"}'),
        _opening(1, "call_x"),
        _fragment(1, '{"city": "Ro'),
        {},
    ]
    assert [chunk.choices[0].finish_reason for chunk in chunks] == [None] * 12 + ["tool_calls"]
    assert {chunk.system_fingerprint for chunk in chunks} == {"fpv0_simulated"}


def _opening(index: int, call_id: str) -> dict[str, Any]:
    function = {"name": "get_weather", "arguments": ""}
    call = {"index": index, "id": call_id, "type": "function", "function": function}
    return {"tool_calls": [call]}


def _fragment(index: int, arguments: str) -> dict[str, Any]:
    return {"tool_calls": [{"index": index, "function": {"arguments": arguments}}]}


@pytest.mark.parametrize("size", [1, 3, 1000])
def test_every_chunk_size_says_the_same(
    server: MoonshotSimulator, client: openai.OpenAI, size: int
) -> None:
    server.reply(
        SimulatedReply(reasoning=" A\n b", content="é 𝄞 c ", tool_calls=_CALLS, chunk_size=size)
    )
    deltas = _deltas(_stream(client))
    calls = [call for delta in deltas for call in delta.get("tool_calls", [])]
    assert "".join(delta.get("reasoning_content", "") for delta in deltas) == " A\n b"
    assert "".join(delta.get("content", "") for delta in deltas) == "é 𝄞 c "
    assert [
        "".join(call["function"]["arguments"] for call in calls if call["index"] == index)
        for index in (0, 1)
    ] == ['{"city": "Paris"}', '{"city": "Ro']
    pieces = [delta["content"] for delta in deltas if delta.get("content")]
    assert max(map(len, pieces)) <= size


def test_a_whole_answer_says_the_same_as_a_stream(
    server: MoonshotSimulator, client: openai.OpenAI
) -> None:
    server.reply(SimulatedReply(reasoning="Hm.", content="See.", tool_calls=_CALLS[:1]))
    answer = client.chat.completions.create(
        model="kimi-k3", messages=[{"role": "user", "content": "?"}]
    )
    message = answer.choices[0].message.model_dump(exclude_unset=True)
    function = {"name": "get_weather", "arguments": '{"city": "Paris"}'}
    assert message == {
        "role": "assistant",
        "content": "See.",
        "reasoning_content": "Hm.",
        "tool_calls": [
            {"index": 0, "id": "get_weather_0", "type": "function", "function": function}
        ],
    }
    assert answer.choices[0].finish_reason == "tool_calls"


def test_no_reasoning_and_empty_reasoning_differ(server: MoonshotSimulator) -> None:
    server.reply(SimulatedReply(content="Hi"), SimulatedReply(content="Hi", reasoning=""))
    messages = [post(server, body())[1]["choices"][0]["message"] for _ in range(2)]
    assert messages == [
        {"role": "assistant", "content": "Hi"},
        {"role": "assistant", "content": "Hi", "reasoning_content": ""},
    ]


def test_raw_text_stays_in_the_content(server: MoonshotSimulator, client: openai.OpenAI) -> None:
    raw = "Yes.<|tool_calls_section_begin|><|tool_call_begin|>functions.add:0<|tool_call_argument"
    server.reply(SimulatedReply(raw=raw, chunk_size=7), SimulatedReply(raw=raw))
    deltas = _deltas(_stream(client))
    assert "".join(delta.get("content", "") for delta in deltas) == raw
    assert post(server, body())[1]["choices"][0]["message"] == {"role": "assistant", "content": raw}


def test_a_server_may_call_the_reasoning_otherwise(server: MoonshotSimulator) -> None:
    reply = SimulatedReply(content="Hi", reasoning="Hm.", reasoning_field="reasoning")
    server.reply(reply, reply)
    assert post(server, body())[1]["choices"][0]["message"]["reasoning"] == "Hm."
    assert _events(server)[1]["choices"][0]["delta"] == {"reasoning": "Hm."}


_OPTIONS = {"stream_options": {"include_usage": True}}


@pytest.mark.parametrize(
    ("placement", "fields", "found"),
    [
        (None, {}, ["choice"]),
        (None, {"stream_options": {"include_usage": False}}, ["choice"]),
        (None, _OPTIONS, ["choice", "final"]),
        ("choice", _OPTIONS, ["choice"]),
        ("top", _OPTIONS, ["top"]),
        ("final", {}, ["final"]),
        ("all", {}, ["choice", "top", "final"]),
    ],
)
def test_usage_stands_where_it_was_scripted(
    server: MoonshotSimulator, placement: Any, fields: dict[str, Any], found: list[str]
) -> None:
    server.reply(SimulatedReply(content="Hi", usage=placement))
    events = _events(server, **fields)
    places = {
        "choice": [event["choices"][0].get("usage") for event in events if event["choices"]],
        "top": [event.get("usage") for event in events if event["choices"]],
        "final": [event["usage"] for event in events if not event["choices"]],
    }
    said = {place: [usage for usage in usages if usage] for place, usages in places.items()}
    assert [place for place, usages in said.items() if usages] == found
    assert all(usages in ([], [_USAGE]) for usages in said.values())


_USAGE = {
    "prompt_tokens": 10,
    "completion_tokens": 1,
    "total_tokens": 11,
    "completion_tokens_details": {"reasoning_tokens": 0},
    "prompt_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
}


@pytest.mark.shared("data/recordings")
def test_cached_and_reasoning_tokens_are_said_as_recorded(server: MoonshotSimulator) -> None:
    """The names and their order are those of a recorded body; only the written ones are newer."""
    path = shared_path("data/recordings/vercel-moonshot-k3-usage.json")
    recorded = json.loads(path.read_text())["usage"]
    counts = {"cached_tokens": 8, "cache_write_tokens": 1, "reasoning_tokens": 2}
    server.reply(SimulatedReply(content="Hi", reasoning="Hm.", **counts))
    usage = post(server, body(model="kimi-k3"))[1]["usage"]
    assert list(usage) == list(recorded)
    assert usage["cached_tokens"] == 8
    assert usage["prompt_tokens_details"] == {"cached_tokens": 8, "cache_write_tokens": 1}
    assert usage["completion_tokens_details"] == {"reasoning_tokens": 2}


def test_a_finish_reason_can_be_scripted(server: MoonshotSimulator) -> None:
    server.reply(SimulatedReply(reasoning="Hm", finish_reason="length"))
    assert _events(server)[-1]["choices"][0]["finish_reason"] == "length"


def _shape(chunk: dict[str, Any]) -> tuple[Any, ...]:
    choice = chunk["choices"][0] if chunk["choices"] else {}
    call = choice.get("delta", {}).get("tool_calls", [{}])[0]
    keys = (chunk, choice, choice.get("delta", {}), call, call.get("function", {}))
    return tuple(tuple(level) for level in keys)


@pytest.mark.shared("data/recordings")
def test_a_stream_has_the_shapes_of_a_recorded_one(server: MoonshotSimulator) -> None:
    """Names and order of all keys, chunk by chunk; runs of like chunks count as one."""
    path = shared_path("data/recordings/vercel-moonshot-k3-stream-reasoning-tool.chunks.jsonl")
    recorded = [_shape(json.loads(line)) for line in path.read_text().splitlines()]
    server.reply(SimulatedReply(reasoning="I think so.", tool_calls=_CALLS[:1]))
    simulated = [
        _shape(chunk) for chunk in _events(server, model="kimi-k3", tools=[_WEATHER], **_OPTIONS)
    ]
    assert _runs(simulated) == _runs(recorded)


def _runs(shapes: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    return [shape for index, shape in enumerate(shapes) if index == 0 or shape != shapes[index - 1]]


@pytest.mark.shared("data/recordings")
def test_a_whole_answer_has_the_shape_of_a_recorded_one(server: MoonshotSimulator) -> None:
    recorded = json.loads(shared_path("data/recordings/vercel-moonshot-k3-tool.json").read_text())
    server.reply(SimulatedReply(reasoning="Hm.", tool_calls=_CALLS[:1]))
    _, simulated = post(server, body(model="kimi-k3", tools=[_WEATHER]))
    message = simulated["choices"][0]["message"]
    assert list(simulated) == list(recorded)
    assert message["tool_calls"] == recorded["choices"][0]["message"]["tool_calls"]
    assert list(message) == list(recorded["choices"][0]["message"])
    # Recorded in August without anything cached; the details are required since October.
    assert list(simulated["usage"]) == [*recorded["usage"], "prompt_tokens_details"]


@pytest.mark.parametrize("model", ["kimi-k2.6", "kimi-k3", "kimi-k3.1-pro"])
def test_no_delta_has_a_null(server: MoonshotSimulator, model: str) -> None:
    server.reply(SimulatedReply(reasoning="I see.", content="Let me.", tool_calls=_CALLS[:1]))
    deltas = [event["choices"][0]["delta"] for event in _events(server, model=model)]
    assert "null" not in json.dumps(deltas)
    assert [list(delta) for delta in deltas if len(delta) > 1] == [["role", "content"]]
    assert deltas[-1] == {}


@pytest.mark.parametrize(
    ("model", "there"), [("kimi-k2.6", True), ("kimi-k3", False), ("kimi-k3.1-pro", False)]
)
def test_the_streams_of_kimi_k3_carry_no_fingerprint(
    server: MoonshotSimulator, model: str, *, there: bool
) -> None:
    assert {"system_fingerprint" in event for event in _events(server, model=model)} == {there}


@pytest.mark.parametrize("model", ["kimi-k3", "kimi-k3.1-pro-highspeed", "kimi-k2.7-code"])
def test_ids_count_the_calls_of_the_conversation(server: MoonshotSimulator, model: str) -> None:
    call = {"id": "get_time_0", "type": "function", "function": {"name": "get_time"}}
    call["function"] = {"name": "get_time", "arguments": "{}"}
    said = {"role": "assistant", "content": "", "reasoning_content": "Hm.", "tool_calls": [call]}
    history = [user(), said, {"role": "tool", "tool_call_id": "get_time_0", "content": "5"}]
    server.reply(SimulatedReply(tool_calls=[_CALLS[0], SimulatedToolCall("get_time")]))
    _, answer = post(server, body(*history, model=model))
    calls = answer["choices"][0]["message"]["tool_calls"]
    assert [found["id"] for found in calls] == ["get_weather_1", "get_time_2"]


_INTERNAL = {"stream_options": {"include_internal_content": True}}


def test_token_ids_come_with_every_increment_where_asked_for(server: MoonshotSimulator) -> None:
    reply = SimulatedReply(reasoning="I see.", content="é", tool_calls=_CALLS[:1])
    server.reply(reply, reply)
    plain = [event["choices"][0]["delta"] for event in _events(server, model="kimi-k3")]
    asked = [
        event["choices"][0]["delta"] for event in _events(server, model="kimi-k3", **_INTERNAL)
    ]
    ids = [delta.pop("internal_content", {"token_ids": []})["token_ids"] for delta in asked]
    assert asked == plain
    # Without a tokenizer the bytes stand for the ids; the boundary of the reasoning has none.
    texts = ["", "I", " see.", "", "é", "get_weather", '{"city": "Paris"}', ""]
    assert [bytes(found).decode() for found in ids] == texts


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("cached", [None, 7])
def test_headers_count_the_prompt(
    server: MoonshotSimulator, cached: int | None, *, stream: bool
) -> None:
    server.reply(SimulatedReply(content="Hi", cached_tokens=cached))
    _, headers, answer = post_raw(server, json.dumps(body(stream=stream)).encode())
    text = answer.decode().split("\n\n")[-3].removeprefix("data: ") if stream else answer
    told = json.loads(text)
    usage = told["choices"][0]["usage"] if stream else told["usage"]
    assert headers["X-Msh-Usage-Prompt-Tokens"] == str(usage["prompt_tokens"])
    assert headers["X-Msh-Usage-Cached-Tokens"] == str(cached or 0)
