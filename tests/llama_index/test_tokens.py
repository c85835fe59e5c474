"""Token counts: what a prompt costs, and memories that are kept within the context.

Owns: tokenize, count_tokens, make_memory.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from llama_index.core.base.llms.types import ChatMessage, TextBlock, ThinkingBlock, ToolCallBlock
from llama_index.core.memory import Memory, StaticMemoryBlock
from llama_index.core.storage.chat_store.base_db import MessageStatus
from llama_index.core.tools import FunctionTool

from kimi_core import Tokenizer
from llama_index_kimi import ChatKimiK2

if TYPE_CHECKING:
    from collections.abc import Sequence


@pytest.fixture
def llm() -> ChatKimiK2:
    """An LLM that estimates, whatever lies on this machine."""
    return ChatKimiK2(api_key="sk-made-up", tokenizer=Tokenizer.estimate())


def test_a_text_has_as_many_tokens_as_the_core_counts(llm: ChatKimiK2) -> None:
    text = "How is the weather in Zürich?"

    assert len(llm.tokenize(text)) == Tokenizer.estimate().count(text) > 0


def test_tools_and_markup_count(llm: ChatKimiK2, weather: FunctionTool) -> None:
    messages = [ChatMessage("Hello")]

    alone, with_tool = llm.count_tokens(messages), llm.count_tokens(messages, [weather])

    assert len(llm.tokenize("Hello")) < alone < with_tool


def test_reasoning_and_calls_fill_a_memory(llm: ChatKimiK2) -> None:
    words = "word " * 100
    blocks: Sequence[Any] = [
        ThinkingBlock(content=words),
        ToolCallBlock(tool_call_id="f:0", tool_name="f", tool_kwargs=words),
    ]
    memory = llm.make_memory()

    counted = memory._estimate_token_count([ChatMessage(role="assistant", blocks=blocks)])

    assert counted > 2 * len(llm.tokenize(words))
    assert memory._estimate_token_count("word") == len(llm.tokenize("word"))


def test_a_memory_leaves_room_for_the_answer_and_the_tools(
    llm: ChatKimiK2, weather: FunctionTool
) -> None:
    bare, with_tool = llm.make_memory(), llm.make_memory([weather])

    assert isinstance(bare, Memory)
    assert 917_000 < bare.token_limit <= 1_048_576 - 131_072
    assert with_tool.token_limit < bare.token_limit
    assert llm.make_memory(token_limit=50).token_limit == 50


def test_a_function_counts_as_the_tool_that_an_agent_makes_of_it(llm: ChatKimiK2) -> None:
    def add(a: int, b: int) -> int:
        """Add."""
        return a + b

    tool = FunctionTool.from_defaults(add)

    assert llm.count_tokens([], [add]) == llm.count_tokens([], [tool]) > llm.count_tokens([])
    assert llm.make_memory([add]).token_limit == llm.make_memory([tool]).token_limit


def test_a_memory_with_blocks_is_left_to_llama_index(llm: ChatKimiK2) -> None:
    block = StaticMemoryBlock(static_content=[TextBlock(text="Ada.")])
    memory = llm.make_memory(memory_blocks=[block])

    assert memory.to_dict() == Memory.to_dict(memory)

    theirs = Memory.from_defaults(session_id="s").to_dict()
    del theirs["memory_blocks_template"]  # which LlamaIndex cannot read
    again = type(memory).from_dict(theirs)
    assert (type(again), again.session_id) == (type(memory), "s")


def test_a_memory_forgets_what_does_not_fit(llm: ChatKimiK2) -> None:
    memory = llm.make_memory(token_limit=200, token_flush_size=50)
    turns = [
        ChatMessage(role=role, blocks=[ThinkingBlock(content="word " * 40)])
        for role in ("user", "assistant") * 4
    ]

    async def remember() -> list[ChatMessage]:
        for turn in turns:
            await memory.aput(turn)
        kept = await memory.sql_store.get_messages(memory.session_id, status=MessageStatus.ACTIVE)
        await memory.sql_store._async_engine.dispose()
        return list(kept)

    assert 0 < len(asyncio.run(remember())) < len(turns)
