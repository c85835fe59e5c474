"""One recording through both adapters says the same.

The recordings are real answers of hosted and self-hosted Kimi; the table beside the core's tests
says which settings read them.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.core.recordings import ANSWERS, settings_of, tools_of
from tests.scripted import Answer, ScriptedServer
from tests.shared import shared_path

pytest.importorskip("langchain_openai", reason="parity needs both frameworks")
pytest.importorskip("llama_index.core", reason="parity needs both frameworks")

from langchain_core.messages import AIMessageChunk
from llama_index.core.llms import ChatMessage

import langchain_kimi
import llama_index_kimi

if TYPE_CHECKING:
    from collections.abc import Iterator

QUESTION = "Hello"


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer() as scripted:
        yield scripted


def recorded(name: str) -> Answer:
    """Answer with a recording; the framing of a file of chunks is added, as it was lost."""
    data = shared_path(f"data/recordings/{name}").read_bytes()
    if name.endswith(".jsonl"):
        lines = [b"data: %s\n\n" % line for line in data.splitlines() if line.strip()]
        data = b"".join([*lines, b"data: [DONE]\n\n"])
    kind = "application/json" if name.endswith(".json") else "text/event-stream"
    return Answer((data,), headers={"content-type": kind})


def langchain_said(llm: Any, *, stream: bool, **tools: Any) -> tuple[Any, ...]:
    message: Any = AIMessageChunk(content="")
    if stream:
        for chunk in llm.stream(QUESTION, **tools):
            message += chunk
    else:
        message = llm.invoke(QUESTION, **tools)
    usage = message.usage_metadata
    # LangChain keeps a call that was cut apart from the valid ones.
    calls = {
        call["id"]: call["name"] for call in (*message.tool_calls, *message.invalid_tool_calls)
    }
    return (
        message.text,
        message.additional_kwargs.get("reasoning_content", ""),
        calls,
        (usage["input_tokens"], usage["output_tokens"], usage["total_tokens"]),
        usage.get("input_token_details", {}).get("cache_read", 0),
        message.response_metadata["finish_reason"],
    )


def llama_index_said(llm: Any, *, stream: bool, **tools: Any) -> tuple[Any, ...]:
    messages = [ChatMessage(role="user", content=QUESTION)]
    ask = llm.stream_chat if stream else llm.chat
    response: Any = list(ask(messages, **tools))[-1] if stream else ask(messages, **tools)
    blocks, counts = response.message.blocks, response.additional_kwargs
    return (
        response.message.content or "",
        "".join(block.content for block in blocks if block.block_type == "thinking"),
        {b.tool_call_id: b.tool_name for b in blocks if b.block_type == "tool_call"},
        tuple(counts[f"{kind}_tokens"] for kind in ("prompt", "completion", "total")),
        counts["cached_tokens"],
        response.raw["finish_reason"],
    )


def arguments_of(name: str) -> dict[str, Any]:
    """Return what the constructors are given: as the core's tests ask, else a vLLM."""
    given: dict[str, Any] = dict(settings_of(name))
    return {"endpoint": "vllm", "api_key": "sk-made-up", **given}


@pytest.mark.filterwarnings("ignore::kimi_core.EmptyAnswerWarning")
@pytest.mark.shared("data/recordings")
@pytest.mark.parametrize("name", ANSWERS)
def test_a_recording_says_the_same_in_both_frameworks(server: ScriptedServer, name: str) -> None:
    """Text, reasoning, the calls' ids and names, usage and finish reason."""
    stream = not name.endswith(".json")
    server.will(recorded(name), recorded(name))
    settings = {
        "endpoint": "moonshot",
        "base_url": server.base_url,
        "max_retries": 0,
        "tool_call_retries": 0,
    }
    settings |= arguments_of(name)

    tools = tools_of(name)
    said = langchain_said(langchain_kimi.ChatKimiK2(**settings), stream=stream, **tools)

    theirs = llama_index_said(llama_index_kimi.ChatKimiK2(**settings), stream=stream, **tools)
    assert theirs == said
    assert said[-1] == ANSWERS[name].finish


WITH_WHOLE_CALLS = [
    name
    for name, said in ANSWERS.items()
    if said.calls and all(complete for *_, complete in said.calls)
]


@pytest.mark.shared("data/recordings")
@pytest.mark.parametrize("name", WITH_WHOLE_CALLS)
def test_the_arguments_of_recorded_calls_are_the_same(server: ScriptedServer, name: str) -> None:
    """A dict in LangChain, the text as it came in LlamaIndex."""
    stream = not name.endswith(".json")
    server.will(recorded(name), recorded(name))
    settings = {
        "endpoint": "moonshot",
        "base_url": server.base_url,
        "max_retries": 0,
        "tool_call_retries": 0,
    }
    settings |= arguments_of(name)
    theirs: Any = AIMessageChunk(content="")
    if stream:
        for chunk in langchain_kimi.ChatKimiK2(**settings).stream(QUESTION, **tools_of(name)):
            theirs += chunk
    else:
        theirs = langchain_kimi.ChatKimiK2(**settings).invoke(QUESTION, **tools_of(name))
    llm = llama_index_kimi.ChatKimiK2(**settings)
    messages = [ChatMessage(role="user", content=QUESTION)]
    ask: Any = llm.stream_chat if stream else llm.chat
    answer = ask(messages, **tools_of(name))
    response = list(answer)[-1] if stream else answer

    blocks: Any = [block for block in response.message.blocks if block.block_type == "tool_call"]

    assert [json.loads(block.tool_kwargs) for block in blocks] == [
        call["args"] for call in theirs.tool_calls
    ]
