"""The core as its users ask it, each way with what it tells.

Owns: `STREAMED` and `WHOLE`, and both `OVER_AIOHTTP`. May know: kimi_core, tests.faults.
"""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Any

from kimi_core.chat import KimiChat, Settings
from kimi_core.events import ContentDelta, ReasoningDelta, ToolCallArguments
from kimi_core.request import Options, Request

if TYPE_CHECKING:
    from tests.faults.holding import Ask, Told


def prepared(
    settings: dict[str, Any], words: str, told: Told, *, stream: bool
) -> tuple[KimiChat, Request]:
    told.streamed = True  # in both modes the core tells what comes as it comes
    total = {name: settings.pop(name) for name in ("total_timeout",) if name in settings}
    chat = KimiChat(Settings(**settings))
    messages = [{"role": "user", "content": words}]
    return chat, chat.request(messages, options=Options(**total), stream=stream)


def note(events: Any, told: Told) -> None:
    for event in events:
        if isinstance(event, ContentDelta):
            told.content += event.text
        elif isinstance(event, ReasoningDelta):
            told.reasoning += event.text
        elif isinstance(event, ToolCallArguments):
            told.calls[event.index] = told.calls.get(event.index, "") + event.text


def ask_sync(settings: dict[str, Any], words: str, told: Told, *, stream: bool) -> None:
    chat, request = prepared(settings, words, told, stream=stream)
    try:
        for events in chat.open(request):
            note(events, told)
    finally:
        chat.close()


def ask_async(settings: dict[str, Any], words: str, told: Told, *, stream: bool) -> None:
    async def run() -> None:
        chat, request = prepared(settings, words, told, stream=stream)
        try:
            async for events in await chat.aopen(request):
                note(events, told)
        finally:
            await chat.aclose()

    asyncio.run(run())


STREAMED: dict[str, Ask] = {
    "core": partial(ask_sync, stream=True), "core, async": partial(ask_async, stream=True),
}  # fmt: skip
WHOLE: dict[str, Ask] = {
    "core": partial(ask_sync, stream=False), "core, async": partial(ask_async, stream=False),
}  # fmt: skip


def _over_aiohttp(settings: dict[str, Any], words: str, told: Told, *, stream: bool) -> None:
    ask_async({**settings, "http_async_client": "aiohttp"}, words, told, stream=stream)


OVER_AIOHTTP: dict[str, Ask] = {
    "streamed": partial(_over_aiohttp, stream=True), "whole": partial(_over_aiohttp, stream=False),
}  # fmt: skip
