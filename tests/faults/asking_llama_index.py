"""LlamaIndex' model as its users ask it, each way with what it tells.

Owns: `STREAMED` and `WHOLE`. May know: llama_index and llama_index_kimi, tests.faults.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from llama_index.core.base.llms.types import ThinkingBlock, ToolCallBlock
from llama_index.core.llms import ChatMessage

from llama_index_kimi import ChatKimiK2

if TYPE_CHECKING:
    from tests.faults.holding import Ask, Told


def note(response: Any, told: Told) -> None:
    """Note down all so far: each response of a stream holds what came before it."""
    message = response.message
    told.content = message.content or ""
    thought = [block.content or "" for block in message.blocks if isinstance(block, ThinkingBlock)]
    told.reasoning = "".join(thought)
    calls = [block for block in message.blocks if isinstance(block, ToolCallBlock)]
    told.calls = {number: str(call.tool_kwargs) for number, call in enumerate(calls)}


def chat(settings: dict[str, Any], words: str, told: Told) -> None:
    with ChatKimiK2(**settings) as llm:
        note(llm.chat([ChatMessage(words)]), told)


def stream_chat(settings: dict[str, Any], words: str, told: Told) -> None:
    told.streamed = True
    with ChatKimiK2(**settings) as llm:
        for response in llm.stream_chat([ChatMessage(words)]):
            note(response, told)


def achat(settings: dict[str, Any], words: str, told: Told) -> None:
    async def ask() -> None:
        async with ChatKimiK2(**settings) as llm:
            note(await llm.achat([ChatMessage(words)]), told)

    asyncio.run(ask())


def astream_chat(settings: dict[str, Any], words: str, told: Told) -> None:
    told.streamed = True

    async def ask() -> None:
        async with ChatKimiK2(**settings) as llm:
            async for response in await llm.astream_chat([ChatMessage(words)]):
                note(response, told)

    asyncio.run(ask())


STREAMED: dict[str, Ask] = {"llama_index": stream_chat, "llama_index, async": astream_chat}
WHOLE: dict[str, Ask] = {"llama_index": chat, "llama_index, async": achat}
