"""Events -> LlamaIndex responses, each a whole picture of the answer so far.

Owns: what a `ChatResponse` of this package holds, streamed or not.
May know: its own files, chat, events, request, response; llama_index.

Every response is made of new objects: peers hand out one growing list, so that a collected stream
shows its end in every item. A call stands twice in a message, as `ToolCallBlock` and as a plain
dict in ``additional_kwargs["tool_calls"]``: the framework's streaming programs and token estimates
still read only the dict, and objects in its place are counted twice by its TokenCounter. A call
that cannot be run is in ``additional_kwargs["invalid_tool_calls"]`` of the last response as well,
and what was said in place of an answer in ``additional_kwargs["refusal"]``: there is no block for
it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

from llama_index.core.base.llms.types import (
    ChatMessage,
    ChatResponse,
    CompletionResponse,
    ContentBlock,
    LogProb,
    MessageRole,
    TextBlock,
    ThinkingBlock,
    ToolCallBlock,
)

from kimi_core.chat import Opened
from kimi_core.chat.fields import copies
from kimi_core.events import Event, MessageBuilder, wire_call
from kimi_core.request.blocks import known
from kimi_core.response import invalid_calls, refusal_in
from llama_index_kimi._messages import reasoning_of

__all__ = ["ResponseWriter", "completion_of", "is_growing", "unchanged"]

_Shown = TypeVar("_Shown")
_Calls = Sequence[tuple[str, str, str]]  # id, name and arguments

# What each chunk's objects are copies of: nothing that is built here has to be validated.
_copy_of_text = copies(TextBlock(text=""))
_copy_of_thought = copies(ThinkingBlock())
_copy_of_call = copies(ToolCallBlock(tool_name=""))
_copy_of_message = copies(ChatMessage())
_copy_of_response = copies(ChatResponse(message=ChatMessage()))


class ResponseWriter(Generic[_Shown]):
    """Writes one answer.

    Args:
        reply: What was opened; its reader knows usage, model and finish reason.
        single_call: Whether calls after the first are left out, as
            ``allow_parallel_tool_calls=False`` asks.
        show: What becomes of each response, `unchanged` or `completion_of`.
    """

    def __init__(
        self, reply: Opened, *, single_call: bool, show: Callable[[ChatResponse], _Shown]
    ) -> None:
        self._reader = reply.reader
        self._single_call = single_call
        self._show = show
        self._said = MessageBuilder()

    def write(self, events: Sequence[Event]) -> _Shown | None:
        """Add the events of one chunk; return the answer so far, or None where nothing was said."""
        if self._single_call:
            events = [event for event in events if getattr(event, "index", 0) == 0]
        if not events:
            return None
        said, reader = self._said, self._reader
        delta, thought = said.take(events)
        response = _copy_of_response(
            message=_message(*said.so_far()),
            delta=delta,
            raw={"id": reader.id, "model": reader.model},
            additional_kwargs={"thinking_delta": thought} if thought else {},
        )
        return self._show(response)

    def finish(self, *, streamed: bool) -> _Shown:
        """Return the whole answer, with usage and finish reason.

        Args:
            streamed: Whether it ends a stream, or was asked for whole.
        """
        said, usage = self._reader.message(), self._reader.usage
        calls = said.tool_calls[:1] if self._single_call else said.tool_calls
        thought = usage.reasoning_tokens if usage else 0
        counts = {**usage.totals(), "cached_tokens": usage.cached_tokens} if usage else {}
        told = [(call.id, call.name, call.arguments) for call in calls]
        message = _message(said.content, said.reasoning, told, reasoning_tokens=thought)
        # A plain dict: a FunctionAgent dumps any pydantic model once a chunk. TokenCountingHandler
        # reads raw["usage"], so Moonshot's choices[0].usage is hoisted there.
        raw = self._reader.body(self._reader.metadata())
        alternatives = self._reader.alternatives
        odd = {"invalid_tool_calls": invalid_calls(calls) or None, "refusal": refusal_in(raw)}
        message.additional_kwargs |= {name: it for name, it in odd.items() if it is not None}
        logprobs = [[LogProb(**one) for one in each] for each in alternatives] or None
        delta = "" if streamed else None
        beside: dict[str, Any] = {"raw": raw, "logprobs": logprobs, "additional_kwargs": counts}
        return self._show(ChatResponse(message=message, delta=delta, **beside))


def _message(
    content: str, reasoning: str, calls: _Calls, *, reasoning_tokens: int = 0
) -> ChatMessage:
    blocks: list[ContentBlock] = []
    extras: dict[str, Any] = {}
    if reasoning:
        told: dict[str, Any] = {"num_tokens": reasoning_tokens or None}
        blocks.append(_copy_of_thought(content=reasoning, **told, additional_information={}))
    if content:
        blocks.append(_copy_of_text(text=content))
    if calls:
        for identity, name, text in calls:
            blocks.append(_copy_of_call(tool_call_id=identity, tool_name=name, tool_kwargs=text))
        extras["tool_calls"] = [wire_call(*call) for call in calls]
    return _copy_of_message(role=MessageRole.ASSISTANT, blocks=blocks, additional_kwargs=extras)


def is_growing(response: ChatResponse) -> bool:
    """Whether a response is a part of a stream; one that does not say so is taken for whole."""
    raw = response.raw
    return response.delta is not None and not (isinstance(raw, dict) and "finish_reason" in raw)


def unchanged(response: ChatResponse) -> ChatResponse:
    """Return a response as it is."""
    return response


def completion_of(response: ChatResponse) -> CompletionResponse:
    """Return the text of a chat response as a completion, its reasoning beside it."""
    reasoning = known(reasoning_content=reasoning_of(response.message))
    return CompletionResponse(
        text=response.message.content or "",
        delta=response.delta,
        raw=response.raw,
        logprobs=response.logprobs,
        additional_kwargs={**response.additional_kwargs, **reasoning},
    )
