"""Which text of an answer becomes a call, in both frameworks: streamed and whole, sync and async.

Owns: the table of tests/core/answers.py, asked by LangChain's and LlamaIndex's users.
"""

from __future__ import annotations

import asyncio
import json
from functools import reduce
from operator import add
from typing import TYPE_CHECKING, Any

import pytest

pytest.importorskip("langchain_openai", reason="parity needs both frameworks")
pytest.importorskip("llama_index.core", reason="parity needs both frameworks")

from langchain_core.messages import HumanMessage, SystemMessage
from llama_index.core.llms import ChatMessage

import langchain_kimi
import llama_index_kimi
from tests.core.answers import ANSWERS, TextAnswer
from tests.scripted import ScriptedServer, body, stream

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [
    pytest.mark.filterwarnings("ignore::kimi_core.errors.RetiredModelWarning"),
    # An answer that was cut inside its reasoning says nothing.
    pytest.mark.filterwarnings("ignore::kimi_core.errors.EmptyAnswerWarning"),
]

Said = tuple[str, str, list[tuple[str, str, dict[str, Any]]], str]


@pytest.fixture(scope="module")
def server() -> Iterator[ScriptedServer]:
    """One for all: every test takes what it has scripted."""
    with ScriptedServer() as scripted:
        yield scripted


def langchain_said(message: Any) -> Said:
    calls = [(call["id"], call["name"], call["args"]) for call in message.tool_calls]
    reasoning = message.additional_kwargs.get("reasoning_content", "")
    return message.text, reasoning, calls, message.response_metadata["finish_reason"]


def llama_index_said(response: Any) -> Said:
    blocks = response.message.blocks
    calls = [
        (block.tool_call_id, block.tool_name, _read(block.tool_kwargs))
        for block in blocks
        if block.block_type == "tool_call"
    ]
    thought = "".join(block.content for block in blocks if block.block_type == "thinking")
    content = response.message.content or ""
    return content, thought, calls, response.raw["finish_reason"]


def _read(arguments: Any) -> Any:
    return json.loads(arguments) if isinstance(arguments, str) else arguments


def ask_langchain(made: dict[str, Any], answer: TextAnswer, way: str) -> Said:
    llm = langchain_kimi.ChatKimiK2(**made, tool_call_retries=0)
    messages = [
        SystemMessage("", additional_kwargs={"tools": message["tools"]})
        if "tools" in message
        else HumanMessage(message["content"])
        for message in answer.messages
    ]

    async def astream() -> Any:
        return reduce(add, [chunk async for chunk in llm.astream(messages, **answer.asked)])

    if way == "whole":
        return langchain_said(llm.invoke(messages, **answer.asked))
    if way == "streamed":
        return langchain_said(reduce(add, llm.stream(messages, **answer.asked)))
    if way == "async":
        return langchain_said(asyncio.run(llm.ainvoke(messages, **answer.asked)))
    return langchain_said(asyncio.run(astream()))


def ask_llama_index(made: dict[str, Any], answer: TextAnswer, way: str) -> Said:
    llm = llama_index_kimi.ChatKimiK2(**made, tool_call_retries=0)
    messages = [
        ChatMessage(
            role=message["role"],
            content=message["content"],
            additional_kwargs={"tools": message["tools"]} if "tools" in message else {},
        )
        for message in answer.messages
    ]

    async def astream() -> Any:
        return [one async for one in await llm.astream_chat(messages, **answer.asked)][-1]

    if way == "whole":
        return llama_index_said(llm.chat(messages, **answer.asked))
    if way == "streamed":
        return llama_index_said(list(llm.stream_chat(messages, **answer.asked))[-1])
    if way == "async":
        return llama_index_said(asyncio.run(llm.achat(messages, **answer.asked)))
    return llama_index_said(asyncio.run(astream()))


# Sync and async differ in who iterates over the bytes: each answer goes both ways in a deep run,
# and every eighth in every run.
CASES = [
    pytest.param(
        answer,
        way,
        id=f"{name}-{way}",
        marks=pytest.mark.deep if "async" in way and position % 8 else (),
    )
    for position, (name, answer) in enumerate(ANSWERS.items())
    for way in ("whole", "streamed", "async", "async streamed")
]


@pytest.mark.parametrize(("answer", "way"), CASES)
def test_what_an_answer_says(server: ScriptedServer, answer: TextAnswer, way: str) -> None:
    said = stream(*answer.chunks(3)) if "streamed" in way else body(answer.whole())
    server.will(said, said)
    where = {
        "base_url": server.base_url,
        "api_key": "sk-made-up",
        "max_retries": 0,
    }
    made = {**answer.endpoint, **where}
    finish = "tool_calls" if answer.calls else answer.finish
    expected = (answer.content, answer.reasoning, list(answer.calls), finish)
    assert ask_langchain(made, answer, way) == expected
    assert ask_llama_index(made, answer, way) == expected
