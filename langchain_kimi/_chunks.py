"""Events of the core -> LangChain's messages and chunks.

Owns: where in a message reasoning, text, tool calls, usage and metadata stand, for whole answers
and for streams. May know: its own files, events, request, response; langchain_core. No wire format
is known here: raw tokens and server-parsed calls are the same events.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, cast

from langchain_core.messages import AIMessage, AIMessageChunk
from langchain_core.messages.ai import OutputTokenDetails
from langchain_core.messages.tool import invalid_tool_call, tool_call, tool_call_chunk
from langchain_core.outputs import ChatGenerationChunk

from kimi_core.events import (
    ContentDelta,
    ReasoningDelta,
    ToolCallArguments,
    ToolCallEnd,
    ToolCallStart,
)
from kimi_core.events.arguments import InvalidArguments, read_arguments
from kimi_core.request.kept_arguments import original_arguments
from langchain_kimi._damaged import LastChunk, spoiling_suffix
from langchain_kimi._refusals import refusal_blocks

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from langchain_core.messages import InvalidToolCall, ToolCallChunk
    from langchain_core.messages import ToolCall as LangChainToolCall
    from langchain_core.messages.ai import UsageMetadata

    from kimi_core.events import Event, ToolCall
    from kimi_core.response import ResponseReader, Usage

_Model = TypeVar("_Model", AIMessageChunk, ChatGenerationChunk)

__all__ = ["ChunkWriter", "usage_metadata", "whole_message"]


def usage_metadata(usage: Usage | None) -> UsageMetadata | None:
    """Put the core's usage into LangChain's words; None where the server never said.

    Details of 0 are left out: the core cannot tell "none" from "the server does not say".
    """
    if usage is None:
        return None
    # As a plain dict: langchain-core 1.8 imports typing.NotRequired, which Python 3.10 has not, so
    # that a type checker that looks with the eyes of 3.10 takes the details for required.
    counted: dict[str, Any] = {
        "input_tokens": usage.prompt_tokens,
        "output_tokens": usage.completion_tokens,
        "total_tokens": usage.total_tokens,
    }
    cached = {"cache_read": usage.cached_tokens, "cache_creation": usage.cache_write_tokens}
    if any(cached.values()):
        details = {name: tokens for name, tokens in cached.items() if tokens}
        counted["input_token_details"] = details
    if usage.reasoning_tokens:
        counted["output_token_details"] = OutputTokenDetails(reasoning=usage.reasoning_tokens)
    return cast("UsageMetadata", counted)


def _response_metadata(reader: ResponseReader, given: Mapping[str, Any]) -> dict[str, Any]:
    found = {**reader.metadata(), **(reader.usage.as_received() if reader.usage else {})}
    found["model_name"] = found.pop("model")
    return {**given, **{name: value for name, value in found.items() if value}}


def _beside(reader: ResponseReader, calls: Iterable[ToolCall]) -> dict[str, Any]:
    refusal = {"refusal": reader.refusal} if reader.refusal else {}
    return {**original_arguments(calls), **refusal}


def whole_message(
    reader: ResponseReader, metadata: Mapping[str, Any], *, blocks: bool
) -> AIMessage:
    """Build the message of an answer that was read to its end.

    Args:
        reader: What has read it.
        metadata: What else belongs into ``response_metadata``.
        blocks: Whether content is a list of standard blocks (``output_version="v1"``).
    """
    said = reader.message()
    good, bad = _sorted(said.tool_calls)
    told = _response_metadata(reader, metadata)
    standard: list[Any] = []
    if blocks:
        standard += [{"type": "reasoning", "reasoning": said.reasoning}] if said.reasoning else []
        standard += [{"type": "text", "text": said.content}] if said.content else []
        standard += [*refusal_blocks(told), *good, *bad]
    reasoning = {"reasoning_content": said.reasoning} if said.reasoning else {}
    logprobs = {"logprobs": {"content": reader.logprobs}} if reader.logprobs else {}
    return AIMessage(
        content=standard if blocks else said.content,
        additional_kwargs={**reasoning, **_beside(reader, said.tool_calls)},
        tool_calls=good,
        invalid_tool_calls=bad,
        usage_metadata=usage_metadata(reader.usage),
        response_metadata={**told, **logprobs},
    )


def _sorted(calls: Iterable[ToolCall]) -> tuple[list[LangChainToolCall], list[InvalidToolCall]]:
    """Return the calls that can be run, and those that cannot."""
    good: list[LangChainToolCall] = []
    bad: list[InvalidToolCall] = []
    for call in calls:
        found = call.parsed()
        if isinstance(found, InvalidArguments):
            bad.append(
                invalid_tool_call(
                    name=call.name, args=call.arguments, id=call.id, error=found.reason
                )
            )
        else:
            good.append(tool_call(name=call.name, args=found, id=call.id))
    return good, bad


class ChunkWriter:
    """Turns the lists of events of one stream into chunks, one for one.

    Args:
        metadata: What stands in the ``response_metadata`` of every chunk.
        blocks: Whether content is a list of standard blocks (``output_version="v1"``).
        logprobs: The reader's list, which grows while the stream is read; each entry goes into the
            next chunk. Where several chunks arrive at once, that is the first of them: the sum is
            right, and which of these chunks an entry stands in says nothing.
    """

    def __init__(
        self, metadata: Mapping[str, Any], *, blocks: bool, logprobs: Sequence[Any] = ()
    ) -> None:
        self._metadata = dict(metadata)
        self._blocks = blocks
        self._logprobs = logprobs
        self._told = 0
        self._arguments: dict[int, list[str]] = {}
        self._message = AIMessageChunk(content="")
        self._generation = ChatGenerationChunk(message=self._message)

    def write(self, events: Sequence[Event]) -> ChatGenerationChunk | None:
        """Return the chunk of some events; None where they say nothing."""
        content = reasoning = ""
        fragments: dict[int, ToolCallChunk] = {}
        for event in events:
            if isinstance(event, ContentDelta):
                content += event.text
            elif isinstance(event, ReasoningDelta):
                reasoning += event.text
            else:
                self._add_fragment(event, fragments)
        if not (content or reasoning or fragments):
            return None
        calls = list(fragments.values())
        message = _copy(
            self._message,
            content=_blocks(content, reasoning, calls) if self._blocks else content,
            additional_kwargs={"reasoning_content": reasoning} if reasoning else {},
            response_metadata=self._said(),
            tool_call_chunks=calls,
            tool_calls=_begun(calls) if calls else [],
            invalid_tool_calls=[],
        )
        return _copy(self._generation, message=message, text=content)

    def last(self, reader: ResponseReader, metadata: Mapping[str, Any]) -> ChatGenerationChunk:
        """Return the chunk that ends the stream: usage and metadata, each said once.

        Args:
            reader: What has read the stream.
            metadata: What the HTTP response said beside its body.
        """
        calls = reader.message().tool_calls
        _, bad = _sorted(calls)
        told = _response_metadata(reader, {**self._said(), **metadata})
        refused: list[Any] = [{**block, "index": "lc_refusal"} for block in refusal_blocks(told)]
        message = (LastChunk if bad else AIMessageChunk)(
            content=refused if self._blocks else "",
            additional_kwargs=_beside(reader, calls),
            usage_metadata=usage_metadata(reader.usage),
            response_metadata=told,
            chunk_position="last",
        )
        message.invalid_tool_calls = bad  # given to the constructor, they would be new fragments
        return ChatGenerationChunk(message=message)

    def _said(self) -> dict[str, Any]:
        metadata = self._metadata.copy()
        new = self._logprobs[self._told :]
        if new:
            self._told += len(new)
            metadata["logprobs"] = {"content": new}
        return metadata

    def _add_fragment(
        self,
        event: ToolCallStart | ToolCallArguments | ToolCallEnd,
        fragments: dict[int, ToolCallChunk],
    ) -> None:
        index = event.index
        if isinstance(event, ToolCallStart):
            self._arguments[index] = []
            fragments[index] = tool_call_chunk(name=event.name, args="", id=event.id, index=index)
            return
        pieces = self._arguments[index]
        if isinstance(event, ToolCallArguments):
            text = event.text
            pieces.append(text)
        else:
            runs = event.complete and event.invalid is None
            text = spoiling_suffix("".join(pieces), complete=runs)
        if not text:
            return
        fragment = fragments.get(index)
        if fragment is None:
            fragments[index] = tool_call_chunk(name=None, args=text, id=None, index=index)
        else:
            fragment["args"] = f"{fragment['args']}{text}"


def _copy(template: _Model, **changed: Any) -> _Model:  # noqa: ANN401 - values of any field
    """Return a copy with other values, as ``model_copy`` does, in a fraction of its time.

    Constructing would validate what was built here a line ago, and takes as long as all the rest of
    a chunk. Every field that can be changed in place has to be among those that are given.
    """
    copied = template.__class__.__new__(template.__class__)
    write = object.__setattr__
    write(copied, "__dict__", {**template.__dict__, **changed})
    write(copied, "__pydantic_fields_set__", set(changed))
    write(copied, "__pydantic_extra__", None if template.__pydantic_extra__ is None else {})
    write(copied, "__pydantic_private__", None)
    return copied


def _blocks(content: str, reasoning: str, calls: Sequence[ToolCallChunk]) -> list[Any]:
    """Return standard blocks whose indices can never meet.

    Without indices of our own core numbers blocks from 0, and tool calls have a 0 too; merging then
    puts the call into the reasoning block, where it disappears (measured on five peers). Indices
    that begin with "lc_" are merged by name.
    """
    blocks: list[Any] = []
    if reasoning:
        blocks.append({"type": "reasoning", "reasoning": reasoning, "index": "lc_reasoning"})
    if content:
        blocks.append({"type": "text", "text": content, "index": "lc_text"})
    blocks += [
        {**call, "type": "tool_call_chunk", "index": f"lc_tc_{call['index']}"} for call in calls
    ]
    return blocks


def _begun(calls: Sequence[ToolCallChunk]) -> list[LangChainToolCall]:
    """Return the calls that begin in a chunk, without parsing every fragment as JSON.

    The constructor would parse each as if it were a whole object, at two thirds of the cost of a
    chunk, and fill `tool_calls` and `invalid_tool_calls` of the single chunk with what such a piece
    looks like by chance. What is parsed is the sum, when chunks are added up.
    """
    return [
        tool_call(name=call["name"], args=_arguments_so_far(call), id=call["id"])
        for call in calls
        if call["name"] is not None
    ]


def _arguments_so_far(call: ToolCallChunk) -> dict[str, Any]:
    # Some servers send a call whole, in one fragment; its arguments can be shown at once.
    found = read_arguments(call["args"] or "")
    return {} if isinstance(found, InvalidArguments) else found
