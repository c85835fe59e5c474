"""Events of the core -> LangChain's messages and chunks.

Owns: where in a message reasoning, text, tool calls, usage, refusal and metadata stand, for whole
answers and for streams; that a damaged call never looks like a whole one. May know: chat, events,
request, response; langchain_core. No wire format is known here: raw tokens and server-parsed calls
are the same events.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

from langchain_core.messages import AIMessage, AIMessageChunk, InvalidToolCall, ToolCallChunk
from langchain_core.messages import ToolCall as LangChainToolCall
from langchain_core.messages.ai import UsageMetadata, add_ai_message_chunks
from langchain_core.messages.block_translators import get_translator, register_translator
from langchain_core.messages.tool import invalid_tool_call, tool_call, tool_call_chunk
from langchain_core.outputs import ChatGenerationChunk
from langchain_core.utils.json import parse_partial_json

from kimi_core.chat.fields import copied
from kimi_core.events import Event, ParsedMessage, ToolCall
from kimi_core.events.arguments import read_arguments
from kimi_core.events.deltas import CallDelta, Deltas
from kimi_core.request.blocks import known
from kimi_core.request.kept_arguments import misfit, original_arguments
from kimi_core.response import ResponseReader, Usage, withheld_in

__all__ = [
    "ChunkWriter",
    "provider_of_messages",
    "spoiling_suffix",
    "usage_metadata",
    "whole_message",
]


def usage_metadata(usage: Usage | None) -> UsageMetadata | None:
    """Put the core's usage into LangChain's words; None where the server never said.

    Details of 0 are left out: the core cannot tell "none" from "the server does not say".
    """
    if usage is None:
        return None
    cached = known(cache_read=usage.cached_tokens, cache_creation=usage.cache_write_tokens)
    spent = known(reasoning=usage.reasoning_tokens)
    # Not by the constructor: langchain-core 1.8 imports typing.NotRequired, which Python 3.10 has
    # not, so that a type checker that looks with the eyes of 3.10 takes the details for required.
    counted = {
        "input_tokens": usage.prompt_tokens,
        "output_tokens": usage.completion_tokens,
        "total_tokens": usage.total_tokens,
        **known(input_token_details=cached, output_token_details=spent),
    }
    return cast("UsageMetadata", counted)


def _response_metadata(reader: ResponseReader, given: Mapping[str, Any]) -> dict[str, Any]:
    found = {**reader.metadata(), **(reader.usage.as_received() if reader.usage else {})}
    return {**given, **known(model_name=found.pop("model"), **found)}


def _beside(reader: ResponseReader, calls: Iterable[ToolCall]) -> dict[str, Any]:
    return {**original_arguments(calls), **known(refusal=reader.refusal)}


def _calls(said: ParsedMessage) -> tuple[list[LangChainToolCall], list[InvalidToolCall]]:
    """Return the calls that can be run, and those that cannot."""
    good, bad = said.sorted_calls()
    return [tool_call(name=call.name, args=args, id=call.id) for call, args in good], [
        invalid_tool_call(name=call.name, args=call.arguments, id=call.id, error=why.reason)
        for call, why in bad
    ]


def whole_message(
    reader: ResponseReader, metadata: Mapping[str, Any], *, blocks: bool
) -> AIMessage:
    """Build the message of an answer that was read to its end; arguments as for `ChunkWriter`."""
    said = reader.message()
    good, bad = _calls(said)
    told = _response_metadata(reader, metadata)
    standard = [*_standard(said.content, said.reasoning), *_refusals(told), *good, *bad]
    reasoning, logprobs = known(reasoning_content=said.reasoning), known(content=reader.logprobs)
    return AIMessage(
        content=standard if blocks else said.content,
        additional_kwargs={**reasoning, **_beside(reader, said.tool_calls)},
        tool_calls=good,
        invalid_tool_calls=bad,
        usage_metadata=usage_metadata(reader.usage),
        response_metadata={**told, **known(logprobs=logprobs)},
    )


class ChunkWriter:
    """Turns the lists of events of one stream into chunks, one for one.

    Args:
        metadata: What stands in the ``response_metadata`` of every chunk.
        beside: What the HTTP response said beside its body, for the last one.
        blocks: Whether content is a list of standard blocks (``output_version="v1"``).
        reader: What reads the stream. Its list of log probabilities grows meanwhile, and each entry
            goes into the next chunk; of several that arrive at once that is the first.
        in_agent: Whether an agent asks, which would end with a call that cannot be run.
    """

    def __init__(
        self,
        metadata: Mapping[str, Any],
        beside: Mapping[str, Any] | None = None,
        *,
        blocks: bool,
        reader: ResponseReader | None = None,
        in_agent: bool = False,
    ) -> None:
        self._metadata, self._beside = dict(metadata), beside or {}
        self._blocks, self._reader, self._in_agent = blocks, reader, in_agent
        self._logprobs, self._told = reader.logprobs if reader else [], 0
        self._deltas = Deltas(spoiling_suffix)
        self._message = AIMessageChunk(content="")
        self._generation = ChatGenerationChunk(message=self._message)

    def write(self, events: Sequence[Event]) -> ChatGenerationChunk | None:
        """Return the chunk of some events; None where they say nothing."""
        content, reasoning, pieces = self._deltas.read(events)
        if not (content or reasoning or pieces):
            return None
        calls, begun = ([], []) if not pieces else _pieces(pieces)
        message = copied(
            self._message,
            content=_growing(content, reasoning, calls) if self._blocks else content,
            additional_kwargs={"reasoning_content": reasoning} if reasoning else {},
            response_metadata=self._said(),
            tool_call_chunks=calls,
            tool_calls=begun,
            invalid_tool_calls=[],
        )
        return copied(self._generation, message=message, text=content)

    def finish(self, *, streamed: bool = True) -> ChatGenerationChunk:
        """Return the chunk that ends the stream: usage and metadata, each said once."""
        reader = self._reader
        assert reader is not None and streamed  # noqa: S101, PT018 - chunks are of streams
        if self._in_agent:
            reader.refuse_silence()
        said = reader.message()
        _, bad = _calls(said)
        told = _response_metadata(reader, {**self._said(), **self._beside})
        message = (LastChunk if bad or reader.asked_again else AIMessageChunk)(
            content=_indexed(_refusals(told)) if self._blocks else "",
            additional_kwargs=_beside(reader, said.tool_calls),
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


def _pieces(pieces: Sequence[CallDelta]) -> tuple[list[ToolCallChunk], list[LangChainToolCall]]:
    """Return pieces of calls, and the calls that begin.

    The constructor would parse each piece as if it were a whole object, at two thirds of the cost
    of a chunk; what is parsed is the sum, when chunks are added up.
    """
    chunks = [
        tool_call_chunk(name=p.name, args=p.arguments, id=p.id, index=p.index) for p in pieces
    ]
    begun = [p for p in pieces if p.name is not None]
    return chunks, [tool_call(name=p.name or "", args=p.shown(), id=p.id) for p in begun]


def _standard(content: str, reasoning: str) -> list[Any]:
    told = known(reasoning=reasoning, text=content)
    return [{"type": kind, kind: said} for kind, said in told.items()]


def _indexed(blocks: Sequence[Any]) -> list[Any]:
    """Give standard blocks indices that never meet those of calls: docs/design.md says why."""
    return [{**block, "index": f"lc_{block['type']}"} for block in blocks]


def _growing(content: str, reasoning: str, calls: Sequence[Any]) -> list[Any]:
    begun = [{**one, "type": "tool_call_chunk", "index": f"lc_tc_{one['index']}"} for one in calls]
    return [*_indexed(_standard(content, reasoning)), *begun]


def _refusals(metadata: Mapping[str, Any]) -> list[Any]:
    """Return a ``RefusalContentBlock`` for the metadata of a withheld answer; otherwise nothing."""
    found = withheld_in(metadata)
    if found is None:
        return []
    reason, refusal = found
    return [{"type": "refusal", "refusal": refusal, "extras": {"category": reason}}]


def _translate(message: AIMessage) -> list[Any]:
    told = message.response_metadata
    found = _refusals(told)
    if not found:
        raise NotImplementedError  # so that LangChain does what it does without a translator
    others = {name: value for name, value in told.items() if name != "model_provider"}
    plain = message.model_copy(update={"response_metadata": others})
    return [*plain.content_blocks, *found]


def provider_of_messages(name: str) -> str:
    """Return the provider that messages name, whose blocks are translated here.

    ``content_blocks`` asks a translator of the provider first; ours makes a block of a refusal and
    leaves every other message to LangChain. One that the endpoint's own name has already (e.g.
    "openai") would drop the reasoning; "moonshot" is named then.
    """
    translator = get_translator(name)
    if translator is not None and translator["translate_content"] is not _translate:
        name = "moonshot"
    register_translator(name, _translate, _translate)
    return name


class LastChunk(AIMessageChunk):
    """The last chunk of a stream in which calls are damaged; these are its invalid_tool_calls."""

    def __radd__(self, left: AIMessageChunk) -> AIMessageChunk:
        """Add up, with the calls that are damaged as they were received, and what is wrong.

        LangChain adds a list of chunks at once in its own code, without asking any of them.
        """
        whole = add_ai_message_chunks(left, self)
        received = {call["id"]: call for call in self.invalid_tool_calls}
        # Others were begun, and said anew when the model was asked again.
        found = [received.get(call["id"]) for call in whole.invalid_tool_calls]
        whole.invalid_tool_calls = [call for call in found if call is not None]
        return whole


def spoiling_suffix(arguments: str, complete: bool) -> str:  # noqa: FBT001 - as `Deltas` calls it
    """Return what to append to a call's arguments so that they are not read as whole; mostly "".

    When chunks are added up, langchain-core closes every open bracket: a call that was cut off at
    ``{"path": "/home/u`` would be run. With a bracket that fits nowhere it is invalid.
    """
    if isinstance(read_arguments(arguments, complete=complete), dict):
        return ""
    return misfit(arguments) if _reads_as_whole(arguments) else ""


def _reads_as_whole(text: str) -> bool:
    """Whether a reader of langchain-core takes the text for arguments."""
    try:
        if isinstance(parse_partial_json(text or "{}"), dict):
            return True
        json.loads(text)  # `stream_events` does not ask whether it is an object
    except (ValueError, RecursionError):
        return False
    return True
