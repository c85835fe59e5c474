"""Events -> LlamaIndex responses, each a whole picture of the answer so far.

Owns: what a `ChatResponse` of this package holds, streamed or not.
May know: its own files, chat, events, response; llama_index.

Every response is made of new objects: peers hand out one growing list, so that a collected stream
shows its end in every item. A call stands twice in a message, as `ToolCallBlock` and as a plain
dict in ``additional_kwargs["tool_calls"]``: the framework's streaming programs and token estimates
still read only the dict, and objects in its place are counted twice by its TokenCounter. A call
that cannot be run is in ``additional_kwargs["invalid_tool_calls"]`` of the last response as well,
and what was said in place of an answer in ``additional_kwargs["refusal"]``: there is no block for
it.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import asdict, dataclass
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

from kimi_core.chat import nested
from kimi_core.events import (
    ContentDelta,
    ReasoningDelta,
    ToolCallArguments,
    ToolCallStart,
)
from kimi_core.events.arguments import InvalidArguments
from kimi_core.response import refusal_in
from llama_index_kimi._messages import reasoning_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from llama_index.core.base.llms.types import (
        ChatResponseAsyncGen,
        ChatResponseGen,
        CompletionResponseAsyncGen,
        CompletionResponseGen,
        ContentBlock,
    )

    from kimi_core.events import Event, ToolCall
    from kimi_core.response import ResponseReader

__all__ = ["ResponseBuilder", "acompletions_of", "completion_of", "completions_of", "is_growing"]

_COUNTS = ("prompt_tokens", "completion_tokens", "total_tokens", "cached_tokens")


@dataclass(slots=True)
class _Call:
    """A call that grows; the core's own is whole, and has the same fields."""

    id: str
    name: str
    arguments: str = ""


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
        return ChatResponse(
            message=_message(self._content, self._reasoning, self._calls.values()),
            delta=content,
            raw={"id": self._reader.id, "model": self._reader.model},
            additional_kwargs={"thinking_delta": reasoning} if reasoning else {},
        )

    def finish(self, *, streamed: bool = True) -> ChatResponse:
        """Return the whole answer, with usage and finish reason.

        Args:
            streamed: Whether it ends a stream, or was asked for whole.
        """
        said, usage = self._reader.message(), self._reader.usage
        calls = said.tool_calls[:1] if self._single_call else said.tool_calls
        thought = usage.reasoning_tokens if usage is not None else 0
        message = _message(said.content, said.reasoning, calls, reasoning_tokens=thought)
        raw = _raw(self._reader)
        told = {"invalid_tool_calls": _invalid(calls) or None, "refusal": refusal_in(raw)}
        message.additional_kwargs |= {name: it for name, it in told.items() if it is not None}
        return ChatResponse(
            message=message,
            delta="" if streamed else None,
            raw=raw,
            additional_kwargs={name: getattr(usage, name) for name in _COUNTS} if usage else {},
        )

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


def _message(
    content: str,
    reasoning: str,
    calls: Collection[_Call | ToolCall],
    *,
    reasoning_tokens: int = 0,
) -> ChatMessage:
    blocks: list[ContentBlock] = []
    if reasoning:
        blocks.append(ThinkingBlock(content=reasoning, num_tokens=reasoning_tokens or None))
    if content:
        blocks.append(TextBlock(text=content))
    blocks.extend(
        ToolCallBlock(tool_call_id=call.id, tool_name=call.name, tool_kwargs=call.arguments)
        for call in calls
    )
    extras = {"tool_calls": [_legacy(call) for call in calls]} if calls else {}
    return ChatMessage(role=MessageRole.ASSISTANT, blocks=blocks, additional_kwargs=extras)


def _legacy(call: _Call | ToolCall) -> dict[str, Any]:
    function = {"name": call.name, "arguments": call.arguments}
    return {"id": call.id, "type": "function", "function": function}


def _invalid(calls: Iterable[ToolCall]) -> list[dict[str, str]]:
    read = [(call, call.parsed()) for call in calls]
    return [
        {"id": call.id, "name": call.name, "arguments": call.arguments, "error": found.reason}
        for call, found in read
        if isinstance(found, InvalidArguments)
    ]


def _raw(reader: ResponseReader) -> dict[str, Any]:
    # A plain dict: a FunctionAgent dumps any pydantic model once a chunk. TokenCountingHandler
    # reads raw["usage"], so Moonshot's choices[0].usage is hoisted there.
    raw = reader.metadata()
    if reader.usage is not None:
        raw["usage"] = asdict(reader.usage)
    return raw


def is_growing(response: ChatResponse) -> bool:
    """Whether a response is a part of a stream; one that does not say so is taken for whole."""
    raw = response.raw
    return response.delta is not None and not (isinstance(raw, dict) and "finish_reason" in raw)


def completion_of(response: ChatResponse) -> CompletionResponse:
    """Return the text of a chat response as a completion, its reasoning beside it."""
    extras = dict(response.additional_kwargs)
    reasoning = reasoning_of(response.message)
    if reasoning:
        extras["reasoning_content"] = reasoning
    return CompletionResponse(
        text=response.message.content or "",
        delta=response.delta,
        raw=response.raw,
        additional_kwargs=extras,
    )


def completions_of(responses: ChatResponseGen) -> CompletionResponseGen:
    """Yield the texts of a stream; left early, it is closed."""
    with closing(responses):
        yield from map(completion_of, responses)


async def acompletions_of(responses: ChatResponseAsyncGen) -> CompletionResponseAsyncGen:
    """Yield what `completions_of` does."""
    async with nested(responses) as inner:
        async for response in inner:
            yield completion_of(response)
