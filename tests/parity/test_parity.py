"""One answer through both adapters says the same.

The server is the simulator: what a model said, once as a server parses it and once as raw tokens,
streamed and whole, must reach a LangChain user and a LlamaIndex user alike.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from kimi_core.endpoints import vllm
from kimi_core.testing import MoonshotSimulator, SimulatedReply, SimulatedToolCall

pytest.importorskip("langchain_openai", reason="parity needs both frameworks")
pytest.importorskip("llama_index.core", reason="parity needs both frameworks")

from langchain_core.messages import AIMessageChunk
from llama_index.core.llms import ChatMessage

import langchain_kimi
import llama_index_kimi

if TYPE_CHECKING:
    from collections.abc import Iterator

QUESTION = "What is the weather in Paris and in 北京?"
TOOL = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Get the weather.",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string"}},
            "required": ["city"],
        },
    },
}


@dataclass(frozen=True)
class Said:
    """What a user of either framework gets to see."""

    content: str
    reasoning: str
    calls: tuple[tuple[str, str, str], ...]
    usage: tuple[int, int, int]
    cached: int


def langchain_said(message: Any) -> Said:
    usage = message.usage_metadata
    return Said(
        content=message.text,
        reasoning=message.additional_kwargs.get("reasoning_content", ""),
        calls=tuple(
            (call["id"], call["name"], json.dumps(call["args"])) for call in message.tool_calls
        ),
        usage=(usage["input_tokens"], usage["output_tokens"], usage["total_tokens"]),
        cached=usage.get("input_token_details", {}).get("cache_read", 0),
    )


def llama_index_said(response: Any) -> Said:
    blocks = response.message.blocks
    counts = response.additional_kwargs
    return Said(
        content=response.message.content or "",
        reasoning="".join(b.content for b in blocks if b.block_type == "thinking"),
        calls=tuple(
            (b.tool_call_id, b.tool_name, json.dumps(_arguments(b.tool_kwargs)))
            for b in blocks
            if b.block_type == "tool_call"
        ),
        usage=tuple(counts[f"{kind}_tokens"] for kind in ("prompt", "completion", "total")),
        cached=counts.get("cached_tokens", 0),
    )


def _arguments(kwargs: Any) -> Any:
    return json.loads(kwargs) if isinstance(kwargs, str) else kwargs


def ask_langchain(settings: dict[str, Any], *, stream: bool) -> Said:
    llm = langchain_kimi.ChatKimiK2(**settings).bind_tools([TOOL])
    if not stream:
        return langchain_said(llm.invoke(QUESTION))
    whole = AIMessageChunk(content="")
    for chunk in llm.stream(QUESTION):
        whole += chunk
    return langchain_said(whole)


def ask_llama_index(settings: dict[str, Any], *, stream: bool) -> Said:
    llm = llama_index_kimi.ChatKimiK2(**settings)
    messages = [ChatMessage(role="user", content=QUESTION)]
    if not stream:
        return llama_index_said(llm.chat(messages, tools=[TOOL]))
    *_, last = llm.stream_chat(messages, tools=[TOOL])
    return llama_index_said(last)


@pytest.fixture
def server() -> Iterator[MoonshotSimulator]:
    with MoonshotSimulator() as simulator:
        yield simulator
        assert not simulator.refusals


CALLS = (
    SimulatedToolCall("get_weather", {"city": "Paris"}, id="functions.get_weather:0"),
    SimulatedToolCall("get_weather", {"city": "北京"}, id="functions.get_weather:1"),
)
RAW = (
    "<|tool_calls_section_begin|>"
    '<|tool_call_begin|>functions.get_weather:0<|tool_call_argument_begin|>{"city": "Paris"}'
    "<|tool_call_end|>"
    '<|tool_call_begin|>functions.get_weather:1<|tool_call_argument_begin|>{"city": "北京"}'
    "<|tool_call_end|><|tool_calls_section_end|>"
)
REPLIES = {
    "text": SimulatedReply(content="Sunny.", reasoning="Easy.", cached_tokens=3),
    "calls parsed by the server": SimulatedReply(
        content="Let me see.", reasoning="Two cities.", tool_calls=CALLS
    ),
    "raw tokens in the content": SimulatedReply(content=RAW, reasoning="Two cities."),
    "usage everywhere": SimulatedReply(content="Sunny.", usage="all"),
}


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("reply", REPLIES.values(), ids=REPLIES.keys())
def test_both_adapters_say_the_same(
    server: MoonshotSimulator, reply: SimulatedReply, stream: bool
) -> None:
    """Text, reasoning, calls with their ids, and usage; and both asked with the same payload."""
    settings = {"endpoint": "moonshot", "base_url": server.base_url, "api_key": server.api_key}
    if reply.content == RAW:
        # The raw tokens are those of the K2 series, and are looked for where they are asked for.
        settings |= {"model": "kimi-k2.6", "tool_call_parser": "client"}
    server.reply(reply, reply)
    said = ask_langchain(settings, stream=stream)
    assert ask_llama_index(settings, stream=stream) == said
    assert said.reasoning == (reply.reasoning or "")
    assert len(said.calls) == (2 if reply.content == RAW or reply.tool_calls else 0)
    first, second = (request.body for request in server.requests)
    assert first == second


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])
def test_a_prompt_rendered_here_is_the_same_for_both(stream: bool) -> None:
    """On the completions route both send one prompt, and parse the same raw answer."""
    with MoonshotSimulator(rules="none") as server:
        raw = "I think.</think>Let me look." + RAW
        server.reply(SimulatedReply(raw=raw), SimulatedReply(raw=raw))
        settings = {
            "endpoint": vllm(server.base_url, tool_call_parser="client", api="completions"),
            "model": "moonshotai/Kimi-K2.6",
            "api_key": server.api_key,
        }
        said = ask_langchain(settings, stream=stream)
        assert ask_llama_index(settings, stream=stream) == said
        assert said.content == "Let me look."
        assert said.reasoning == "I think."
        assert [call[0] for call in said.calls] == [
            "functions.get_weather:0",
            "functions.get_weather:1",
        ]
        first, second = (request.body for request in server.requests)
        assert first == second
        assert first["prompt"].endswith("<|im_assistant|>assistant<|im_middle|><think>")
