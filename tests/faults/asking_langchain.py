"""LangChain's model as its users ask it, each way with what it tells.

Owns: `STREAMED` and `WHOLE`. May know: langchain_kimi, tests.faults.
"""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

from langchain_kimi import ChatKimiK2

if TYPE_CHECKING:
    from tests.faults.holding import Ask, Told


def note(message: Any, told: Told) -> None:
    told.content += message.content
    told.reasoning += message.additional_kwargs.get("reasoning_content", "")
    for call in getattr(message, "tool_call_chunks", ()):
        # A bracket that fits nowhere spoils a call that broke off: nobody repairs and runs it.
        more = "" if call["args"] == '"]' else (call["args"] or "").removesuffix("]")
        told.calls[call["index"]] = told.calls.get(call["index"], "") + more


def note_whole(message: Any, told: Told) -> None:
    note(message, told)
    for number, call in enumerate(message.tool_calls):
        told.calls[number] = json.dumps(call["args"])


def invoke(settings: dict[str, Any], words: str, told: Told) -> None:
    with ChatKimiK2(**settings) as model:
        note_whole(model.invoke(words), told)


def stream(settings: dict[str, Any], words: str, told: Told) -> None:
    told.streamed = True
    with ChatKimiK2(**settings) as model:
        for message in model.stream(words):
            note(message, told)


def ainvoke(settings: dict[str, Any], words: str, told: Told) -> None:
    async def ask() -> None:
        async with ChatKimiK2(**settings) as model:
            note_whole(await model.ainvoke(words), told)

    asyncio.run(ask())


def astream(settings: dict[str, Any], words: str, told: Told) -> None:
    told.streamed = True

    async def ask() -> None:
        async with ChatKimiK2(**settings) as model:
            async for message in model.astream(words):
                note(message, told)

    asyncio.run(ask())


STREAMED: dict[str, Ask] = {"langchain": stream, "langchain, async": astream}
WHOLE: dict[str, Ask] = {"langchain": invoke, "langchain, async": ainvoke}
