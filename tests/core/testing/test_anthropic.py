"""The simulator's Anthropic-compatible route: answers, streams and refusals.

Owns: that route over plain HTTP. May know: the standard library and the simulator.
"""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import TYPE_CHECKING, Any

import pytest

from kimi_core.testing import MoonshotSimulator, SimulatedReply, SimulatedToolCall

if TYPE_CHECKING:
    from collections.abc import Iterator

ASK: dict[str, Any] = {
    "model": "kimi-k3",
    "max_tokens": 999,
    "messages": [{"role": "user", "content": "Hi"}],
}
TOOL = {"name": "add", "input_schema": {"type": "object", "properties": {}}}


@pytest.fixture
def server() -> Iterator[MoonshotSimulator]:
    with MoonshotSimulator() as running:
        yield running


def post(server: MoonshotSimulator, body: dict[str, Any], key: str | None = None) -> Any:
    """Return the status and the body: an object, or the text of a stream."""
    request = urllib.request.Request(  # noqa: S310 - loopback
        f"{server.anthropic_base_url}/v1/messages",
        json.dumps(body).encode(),
        {"authorization": f"Bearer {key or server.api_key}", "content-type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request) as response:  # noqa: S310 - loopback
            text = response.read().decode()
            return response.status, text if body.get("stream") else json.loads(text)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.loads(error.read())


def test_an_answer_has_thinking_text_and_calls(server: MoonshotSimulator) -> None:
    call = SimulatedToolCall("add", {"a": 1})
    server.reply(SimulatedReply(content="Yes", reasoning="why", tool_calls=[call], cached_tokens=1))
    status, body = post(server, {**ASK, "tools": [TOOL]})
    assert (status, body["stop_reason"]) == (200, "tool_use")
    assert [block["type"] for block in body["content"]] == ["thinking", "text", "tool_use"]
    assert body["content"][2]["input"] == {"a": 1}
    assert body["usage"]["cache_read_input_tokens"] == 1


def test_usage_counts_what_the_cache_read_and_wrote_apart(server: MoonshotSimulator) -> None:
    server.reply(
        SimulatedReply(content="Yes"), SimulatedReply(cached_tokens=3, cache_write_tokens=4)
    )
    plain, cached = (post(server, ASK)[1]["usage"] for _ in range(2))
    names = ("input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens")
    whole = plain["input_tokens"]
    assert [plain[name] for name in names] == [whole, 0, 0]
    assert [cached[name] for name in names] == [whole - 7, 3, 4]


def test_a_stream_names_its_events(server: MoonshotSimulator) -> None:
    call = SimulatedToolCall("add", {"a": 1})
    server.reply(SimulatedReply(content="Yes", reasoning="why", tool_calls=[call]))
    _, text = post(server, {**ASK, "stream": True})
    names = [line[7:] for line in text.splitlines() if line.startswith("event: ")]
    assert names[0] == "message_start"
    assert names[-2:] == ["message_delta", "message_stop"]
    assert names.count("content_block_start") == 3
    assert "[DONE]" not in text


def test_a_whole_conversation_meets_the_rules(server: MoonshotSimulator) -> None:
    image = {"type": "image", "source": {"type": "url", "url": "ms://file_1"}}
    thinking = {"type": "thinking", "thinking": "why", "signature": "s"}
    use = {"type": "tool_use", "id": "add_0", "name": "add", "input": {}}
    result = {"type": "tool_result", "tool_use_id": "add_0", "content": "3"}
    config = {"effort": "low"}
    status, body = post(
        server,
        {
            **ASK,
            "system": "Be brief.",
            "messages": [
                {"role": "user", "content": [{"type": "text", "text": "Look"}, image]},
                {"role": "assistant", "content": [thinking, use]},
                {"role": "user", "content": [result]},
            ],
            "tools": [TOOL],
            "tool_choice": {"type": "auto"},
            "stop_sequences": ["end"],
            "output_config": config,
        },
    )
    assert (status, body["stop_reason"]) == (200, "end_turn")
    assert body["content"][-1]["text"] == "You said: 3"


def test_a_schema_shapes_the_answer(server: MoonshotSimulator) -> None:
    wanted = {"type": "json_schema", "schema": {"type": "object", "properties": {}}}
    _, body = post(server, {**ASK, "output_config": {"format": wanted}})
    assert body["content"][-1]["text"] == "{}"


REFUSED = {
    "max_tokens": ({"max_tokens": None}, 400, "max_tokens is required"),
    "messages": ({"messages": None}, 400, "messages must be an array"),
    "an undocumented field": ({"top_k": 1}, 400, "unknown field top_k"),
    "a named tool": ({"tool_choice": {"type": "tool", "name": "add"}}, 400, "incompatible"),
    "sampling": ({"temperature": 0.6}, 400, "invalid temperature: only 1"),
    "model": ({"model": "kimi-k9"}, 404, "Not found the model"),
}


@pytest.mark.parametrize(("change", "status", "words"), REFUSED.values(), ids=REFUSED)
def test_a_refusal_comes_in_anthropics_envelope(
    server: MoonshotSimulator, change: dict[str, Any], status: int, words: str
) -> None:
    got, body = post(server, {**ASK, **change})
    assert (got, body["type"]) == (status, "error")
    assert words in body["error"]["message"]
    assert words in server.refusals[-1].message


def test_a_wrong_key_comes_in_openais_envelope(server: MoonshotSimulator) -> None:
    status, body = post(server, ASK, "sk-other")
    assert (status, set(body)) == (401, {"error"})


def test_a_scripted_error_keeps_its_status(server: MoonshotSimulator) -> None:
    server.reply(SimulatedReply(error=(503, {"error": {"message": "busy", "type": "busy"}})))
    status, body = post(server, ASK)
    assert (status, body["type"], body["error"]["message"]) == (503, "error", "busy")


def test_a_gateways_page_comes_through_as_it_is(server: MoonshotSimulator) -> None:
    server.reply(SimulatedReply(error=(504, "<html>Gateway Timeout</html>")))
    with pytest.raises(json.JSONDecodeError):
        post(server, ASK)


def test_an_answer_without_thinking_has_no_block_for_it(server: MoonshotSimulator) -> None:
    server.reply(SimulatedReply(content="Yes", reasoning=""))
    _, body = post(server, ASK)
    assert body["content"] == [{"type": "text", "text": "Yes"}]
    server.reply(SimulatedReply(reasoning="", tool_calls=[SimulatedToolCall("add", {})]))
    _, body = post(server, {**ASK, "tools": [TOOL]})
    assert [block["type"] for block in body["content"]] == ["tool_use"]


def test_a_const_is_answered_as_it_is() -> None:
    schema = {"type": "object", "properties": {"a": {"const": 7}}, "required": ["a"]}
    wanted = {"type": "json_schema", "schema": schema}
    asked = {**ASK, "output_config": {"format": wanted}}
    with MoonshotSimulator(rules="none") as lenient:
        _, body = post(lenient, asked)
    assert body["content"][-1]["text"] == '{"a":7}'
