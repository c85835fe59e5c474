"""Events -> LlamaIndex responses, each a whole picture of the answer so far.

Owns: what a `ChatResponse` of this package holds, streamed or not.
May know: llama_index.core's message types and the core's events and reader.

Every response is made of new objects: peers hand out one growing list, so that a collected stream
shows its end in every item. A call stands twice in a message, as `ToolCallBlock` and as a plain
dict in ``additional_kwargs["tool_calls"]``: the framework's streaming programs and token estimates
still read only the dict, and objects in its place are counted twice by its TokenCounter.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from llama_index.core.base.llms.types import (
    ChatMessage,
    ChatResponse,
    CompletionResponse,
    MessageRole,
    TextBlock,
    ThinkingBlock,
    ToolCallBlock,
)

from kimi_core.events import (
    ContentDelta,
    ReasoningDelta,
    ToolCallArguments,
    ToolCallStart,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llama_index.core.base.llms.types import ContentBlock

    from kimi_core.events import Event
    from kimi_core.response import ResponseReader

__all__ = ["ResponseBuilder", "completion_of"]

_COUNTS = ("prompt_tokens", "completion_tokens", "total_tokens", "cached_tokens")


class ResponseBuilder:
    """Sums one answer.

    Args:
        reader: Knows usage, model and finish reason.
        single_call: Whether calls after the first are left out, as
            ``allow_parallel_tool_calls=False`` asks.
    """

    def __init__(self, reader: ResponseReader, *, single_call: bool) -> None:
        self._reader = reader
        self._single_call = single_call
        self._content = ""
        self._reasoning = ""
        self._calls: dict[int, _Call] = {}

    def take(self, events: Sequence[Event]) -> ChatResponse | None:
        """Add the events of one chunk; return the answer so far, or None where nothing was said."""
        if self._single_call:
            events = [event for event in events if getattr(event, "index", 0) == 0]
        if not events:
            return None
        content, reasoning = self._add(events)
        return self._response(delta=content, thinking_delta=reasoning, final=False)

    def finish(self) -> ChatResponse:
        """Return the whole answer, with usage and finish reason."""
        return self._response(delta="", thinking_delta="", final=True)

    def whole(self) -> ChatResponse:
        """Return an answer that was read to its end by its reader, as one response."""
        message = self._reader.message()
        self._content, self._reasoning = message.content, message.reasoning
        calls = message.tool_calls[:1] if self._single_call else message.tool_calls
        self._calls = {call.index: _Call(call.id, call.name, call.arguments) for call in calls}
        response = self._response(delta="", thinking_delta="", final=True)
        response.delta = None
        return response

    def _add(self, events: Sequence[Event]) -> tuple[str, str]:
        content = reasoning = ""
        for event in events:
            if isinstance(event, ContentDelta):
                content += event.text
            elif isinstance(event, ReasoningDelta):
                reasoning += event.text
            elif isinstance(event, ToolCallStart):
                self._calls[event.index] = _Call(event.id, event.name)
            elif isinstance(event, ToolCallArguments):
                self._calls[event.index].arguments += event.text
        self._content += content
        self._reasoning += reasoning
        return content, reasoning

    def _response(self, *, delta: str, thinking_delta: str, final: bool) -> ChatResponse:
        extras: dict[str, Any] = _token_counts(self._reader) if final else {}
        if thinking_delta:
            extras["thinking_delta"] = thinking_delta
        return ChatResponse(
            message=self._message(final=final),
            delta=delta,
            raw=_raw(self._reader, final=final),
            additional_kwargs=extras,
        )

    def _message(self, *, final: bool) -> ChatMessage:
        blocks: list[ContentBlock] = []
        if self._reasoning:
            tokens = self._reader.usage.reasoning_tokens if final and self._reader.usage else 0
            blocks.append(ThinkingBlock(content=self._reasoning, num_tokens=tokens or None))
        if self._content:
            blocks.append(TextBlock(text=self._content))
        calls = self._calls.values()
        blocks.extend(call.block() for call in calls)
        extras = {"tool_calls": [call.legacy() for call in calls]} if calls else {}
        return ChatMessage(role=MessageRole.ASSISTANT, blocks=blocks, additional_kwargs=extras)


class _Call:
    __slots__ = ("arguments", "id", "name")

    def __init__(self, call_id: str, name: str, arguments: str = "") -> None:
        self.id = call_id
        self.name = name
        self.arguments = arguments

    def block(self) -> ToolCallBlock:
        return ToolCallBlock(tool_call_id=self.id, tool_name=self.name, tool_kwargs=self.arguments)

    def legacy(self) -> dict[str, Any]:
        function = {"name": self.name, "arguments": self.arguments}
        return {"id": self.id, "type": "function", "function": function}


def _raw(reader: ResponseReader, *, final: bool) -> dict[str, Any]:
    # A plain dict: a FunctionAgent dumps any pydantic model once a chunk. TokenCountingHandler
    # reads raw["usage"], so Moonshot's choices[0].usage is hoisted there.
    raw: dict[str, Any] = {"id": reader.id, "model": reader.model}
    if not final:
        return raw
    raw["finish_reason"] = reader.finish_reason
    raw["system_fingerprint"] = reader.system_fingerprint
    if reader.usage is not None:
        raw["usage"] = asdict(reader.usage)
    if reader.diagnostics:
        raw["diagnostics"] = [asdict(diagnostic) for diagnostic in reader.diagnostics]
    return raw


def _token_counts(reader: ResponseReader) -> dict[str, Any]:
    if reader.usage is None:
        return {}
    return {name: getattr(reader.usage, name) for name in _COUNTS}


def completion_of(response: ChatResponse) -> CompletionResponse:
    """Return the text of a chat response as a completion, its reasoning beside it."""
    extras = dict(response.additional_kwargs)
    reasoning = "".join(
        block.content or "" for block in response.message.blocks if isinstance(block, ThinkingBlock)
    )
    if reasoning:
        extras["reasoning_content"] = reasoning
    return CompletionResponse(
        text=response.message.content or "",
        delta=response.delta,
        raw=response.raw,
        additional_kwargs=extras,
    )
