"""A call whose arguments are not one whole object is run by nobody, and told to everybody.

Owns: the same damaged answers through both adapters, whole and streamed. The server is the
simulator; which texts are damaged, and how, is the core's table (tests/core/test_arguments.py).
"""

from __future__ import annotations

import json
from functools import reduce
from operator import add
from typing import TYPE_CHECKING, Any

import pytest

from kimi_core import ToolCall
from kimi_core.endpoints import vllm
from kimi_core.errors import KimiToolCallError
from kimi_core.testing import MoonshotSimulator, SimulatedReply, SimulatedToolCall
from tests.core.raw.cases_common import tool
from tests.core.raw.cases_k3 import argument, head, opened
from tests.core.test_arguments import DAMAGED, TEXTS, WHOLE

pytest.importorskip("langchain_openai", reason="parity needs both frameworks")
pytest.importorskip("llama_index.core", reason="parity needs both frameworks")

from langchain_core.messages import HumanMessage, ToolMessage
from llama_index.core.llms import ChatMessage

import langchain_kimi
import llama_index_kimi

if TYPE_CHECKING:
    from collections.abc import Iterator

# What takes minutes in pieces is said in the core's table alone.
SHORT = {name: text for name, (text, _) in TEXTS.items() if len(text) < 10_000}
del SHORT["half a pair, raw"]  # it has no UTF-8, so that no server says it
damaged = pytest.mark.parametrize(
    "text",
    [SHORT[name] for name in DAMAGED if name in SHORT],
    ids=[n for n in DAMAGED if n in SHORT],
)
streamed = pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])


@pytest.fixture(scope="module")
def server() -> Iterator[MoonshotSimulator]:
    """One for all: every test takes what it has scripted."""
    with MoonshotSimulator(rules="none") as simulator:
        yield simulator


@pytest.fixture(scope="module")
def langchain(server: MoonshotSimulator) -> langchain_kimi.ChatKimiK2:
    return langchain_kimi.ChatKimiK2(
        endpoint="moonshot", base_url=server.base_url, api_key=server.api_key
    )


@pytest.fixture(scope="module")
def llama_index(server: MoonshotSimulator) -> llama_index_kimi.ChatKimiK2:
    return llama_index_kimi.ChatKimiK2(
        endpoint="moonshot", base_url=server.base_url, api_key=server.api_key
    )


def calling(text: str, finish: str | None = None) -> SimulatedReply:
    call = SimulatedToolCall("delete_path", text)
    return SimulatedReply(
        tool_calls=[call], finish_reason=finish, chunk_size=max(3, len(text) // 20)
    )


def message_of(llm: Any, *, stream: bool) -> Any:
    return reduce(add, llm.stream("Go.")) if stream else llm.invoke("Go.")


def response_of(llm: Any, *, stream: bool, **more: Any) -> Any:
    messages = [ChatMessage("Go.")]
    return list(llm.stream_chat(messages, **more))[-1] if stream else llm.chat(messages, **more)


@streamed
@damaged
def test_langchain_tells_a_damaged_call_apart(
    server: MoonshotSimulator, langchain: Any, text: str, *, stream: bool
) -> None:
    server.reply(calling(text))
    message = message_of(langchain, stream=stream)
    (invalid,) = message.invalid_tool_calls
    assert message.tool_calls == []
    assert (invalid["name"], invalid["args"]) == ("delete_path", text)
    assert invalid["error"] == ToolCall(0, "", "", text).parsed().reason
    assert text in [odd["text"] for odd in message.response_metadata["diagnostics"]]


@streamed
@damaged
def test_llama_index_refuses_a_damaged_call(
    server: MoonshotSimulator, llama_index: Any, text: str, *, stream: bool
) -> None:
    server.reply(calling(text))
    response = response_of(llama_index, stream=stream)
    for expects_call in (True, False):
        with pytest.raises(KimiToolCallError, match="'delete_path'") as caught:
            llama_index.get_tool_calls_from_response(response, error_on_no_tool_call=expects_call)
        (call,) = caught.value.partial.tool_calls
        assert (call.name, call.arguments) == ("delete_path", text)
    assert text in [odd["text"] for odd in response.raw["diagnostics"]]
    (told,) = response.message.additional_kwargs["invalid_tool_calls"]
    assert (told["name"], told["arguments"]) == ("delete_path", text)
    assert told["error"] == ToolCall(0, "", "", text).parsed().reason


@streamed
@pytest.mark.parametrize("name", [name for name in WHOLE if name in SHORT])
def test_a_whole_object_is_what_it_means_in_both(
    server: MoonshotSimulator, langchain: Any, llama_index: Any, name: str, *, stream: bool
) -> None:
    text, meaning = WHOLE[name]
    reply = calling(text)
    server.reply(reply, reply)
    message = message_of(langchain, stream=stream)
    response = response_of(llama_index, stream=stream)
    assert [call["args"] for call in message.tool_calls] == [meaning]
    assert [c.tool_kwargs for c in llama_index.get_tool_calls_from_response(response)] == [meaning]
    assert message.invalid_tool_calls == []
    assert "diagnostics" not in {**message.response_metadata, **response.raw}
    assert "invalid_tool_calls" not in response.message.additional_kwargs


@streamed
@pytest.mark.parametrize("finish", ["length", "stop", "tool_calls", "content_filter"])
def test_no_finish_reason_makes_a_cut_call_whole(
    server: MoonshotSimulator, langchain: Any, llama_index: Any, finish: str, *, stream: bool
) -> None:
    reply = calling('{"path": "/home/u', finish)
    server.reply(reply, reply)
    message = message_of(langchain, stream=stream)
    response = response_of(llama_index, stream=stream)
    assert message.tool_calls == []
    with pytest.raises(KimiToolCallError, match="was cut off"):
        llama_index.get_tool_calls_from_response(response)


@streamed
def test_a_damaged_call_takes_none_of_the_others_with_it_in_langchain_and_all_in_llama_index(
    server: MoonshotSimulator, langchain: Any, llama_index: Any, *, stream: bool
) -> None:
    """LangChain has a place for invalid calls; an agent of LlamaIndex knows only all or none."""
    calls = [
        SimulatedToolCall("a", '{"x": 1}'),
        SimulatedToolCall("b", '{"y": '),
        SimulatedToolCall("c"),
    ]
    reply = SimulatedReply(tool_calls=calls)
    server.reply(reply, reply)
    message = message_of(langchain, stream=stream)
    response = response_of(llama_index, stream=stream)
    assert [call["name"] for call in message.tool_calls] == ["a", "c"]
    assert [call["name"] for call in message.invalid_tool_calls] == ["b"]
    with pytest.raises(KimiToolCallError, match="'b'") as caught:
        llama_index.get_tool_calls_from_response(response)
    texts = [call.arguments for call in caught.value.partial.tool_calls]
    assert texts == ['{"x": 1}', '{"y": ', "{}"]


@streamed
def test_a_call_that_was_cut_between_two_arguments_only_looks_whole(
    server: MoonshotSimulator, *, stream: bool
) -> None:
    """kimi-k3 writes argument by argument; what came reads as an object, and more was to come."""
    said = opened("tools") + head() + argument("x")
    reply = SimulatedReply(raw=said, finish_reason="length", chunk_size=3)
    server.reply(reply, reply)
    raw = vllm(server.base_url, tool_call_parser="client")
    own: dict[str, Any] = {"model": "kimi-k3", "endpoint": raw, "api_key": server.api_key}
    own["tool_call_retries"] = 0
    tools = [tool("f", a="string")]
    message = message_of(langchain_kimi.ChatKimiK2(**own).bind_tools(tools), stream=stream)
    llama_index = llama_index_kimi.ChatKimiK2(**own)
    response = response_of(llama_index, stream=stream, tools=tools)
    assert message.tool_calls == []
    assert [call["args"] for call in message.invalid_tool_calls] == ['{"a":"x"}']
    with pytest.raises(KimiToolCallError, match="cut off by the token limit"):
        llama_index.get_tool_calls_from_response(response)


def test_both_send_a_damaged_call_back_as_an_object_that_says_so(
    server: MoonshotSimulator, langchain: Any, llama_index: Any
) -> None:
    reply = calling('{"path": "/tmp",}')
    server.reply(reply, SimulatedReply(content="I see."), reply, SimulatedReply(content="I see."))
    answer = langchain.invoke("Go.")
    answered = ToolMessage("No JSON.", tool_call_id=answer.invalid_tool_calls[0]["id"])
    langchain.invoke([HumanMessage("Go."), answer, answered])
    response = llama_index.chat([ChatMessage("Go.")])
    identity = response.message.blocks[-1].tool_call_id
    result = ChatMessage(role="tool", content="-", additional_kwargs={"tool_call_id": identity})
    llama_index.chat([ChatMessage("Go."), response.message, result])
    for request in (server.requests[-3], server.requests[-1]):
        (call,) = request.body["messages"][1]["tool_calls"]
        told = json.loads(call["function"]["arguments"])
        assert told["invalid_arguments"] == '{"path": "/tmp",}'
        assert told["error"].startswith("the arguments are not JSON")
