"""One call of one answer, fed to the reader of a request that declared tools.

Owns: what the tests of damaged calls ask and feed.
"""

from __future__ import annotations

from typing import Any

from kimi_core.chat import KimiChat, Settings
from kimi_core.endpoints import vllm
from kimi_core.events import MessageBuilder, ToolCall, ToolCallArguments
from kimi_core.request import Options
from kimi_core.response import ResponseReader

__all__ = ["CHAT", "called", "delta", "reader_of", "tool"]

CHAT = KimiChat(Settings(model="kimi-k2-thinking", endpoint=vllm("http://x/v1"), api_key="k"))


def tool(name: str, parameters: Any) -> dict[str, Any]:
    return {"type": "function", "function": {"name": name, "parameters": parameters}}


def reader_of(tools: list[dict[str, Any]], **options: Any) -> ResponseReader:
    request = CHAT.request(
        [{"role": "user", "content": "x"}], tools, Options(**options), stream=True
    )
    return ResponseReader(request)


def delta(name: str | None, text: str) -> dict[str, Any]:
    said = {"index": 0, "function": {"arguments": text}}
    if name is not None:
        said = {"index": 0, "id": "a:0", "function": {"name": name, "arguments": text}}
    return {"choices": [{"index": 0, "delta": {"tool_calls": [said]}}]}


def called(reader: ResponseReader, name: str, pieces: list[str]) -> tuple[ToolCall, list[str]]:
    """Feed a call in pieces; return it as the events sum it up, and the pieces that were told."""
    builder, told = MessageBuilder(), list[str]()
    chunks = [delta(name, ""), *(delta(None, piece) for piece in pieces)]
    for events in [*map(reader.feed, chunks), reader.close(done=True)]:
        for event in events:
            builder.add(event)
            told += [event.text] if isinstance(event, ToolCallArguments) else []
    (call,) = builder.message().tool_calls
    assert reader.message().tool_calls == (call,)
    return call, told
