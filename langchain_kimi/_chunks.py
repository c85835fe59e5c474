"""Events of the core -> LangChain's messages and chunks.

Owns: where in a message reasoning, text, tool calls, usage, refusal and metadata stand, for whole
answers and for streams; that a damaged call never looks like a whole one. May know: chat, events,
request, response; langchain_core. No wire format is known here: raw tokens and server-parsed calls
are the same events.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from langchain_core.messages import AIMessage, AIMessageChunk, InvalidToolCall, ToolCallChunk
from langchain_core.messages import ToolCall as LangChainToolCall
from langchain_core.messages.ai import add_ai_message_chunks
from langchain_core.messages.block_translators import get_translator, register_translator
from langchain_core.messages.tool import invalid_tool_call, tool_call, tool_call_chunk
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.utils.json import parse_partial_json

from kimi_core.chat.fields import copies
from kimi_core.events import Event, ParsedMessage, ToolCallArguments
from kimi_core.events.deltas import Deltas, Pieces
from kimi_core.request.blocks import known
from kimi_core.request.kept_arguments import original_arguments, spoiling_suffix
from kimi_core.response import ResponseReader
from kimi_core.response.blocks import (
    growing_blocks,
    indexed_blocks,
    refusal_blocks,
    standard_blocks,
)

__all__ = ["AnswerWriter", "provider_of_messages"]
_CHUNK = ChatGenerationChunk(message=AIMessageChunk(content=""))
_copy_of_message, _copy_of_chunk = copies(_CHUNK.message), copies(_CHUNK)
_FRAGMENT = tool_call_chunk(name=None, args=None, id=None, index=None)  # to be copied, in a third


def _calls(said: ParsedMessage) -> tuple[list[LangChainToolCall], list[InvalidToolCall]]:
    """Return the calls that can be run, and those that cannot."""
    good, bad = said.sorted_calls()
    return [tool_call(name=call.name, args=args, id=call.id) for call, args in good], [
        invalid_tool_call(name=call.name, args=call.arguments, id=call.id, error=why.reason)
        for call, why in bad
    ]


class AnswerWriter:
    """Writes one answer: whole, or the lists of events of its stream as chunks, one for one.

    Args:
        reader: What reads it. Its list of log probabilities grows meanwhile, and each entry goes
            into the next chunk; of several that arrive at once that is the first.
        metadata: What stands in every ``response_metadata``; with ``output_version="v1"`` among it
            content is a list of standard blocks.
        beside: What the HTTP response said beside its body.
        in_agent: Whether an agent asks, which would end with a call that cannot be run.
    """

    def __init__(
        self,
        reader: ResponseReader,
        metadata: Mapping[str, Any],
        beside: Mapping[str, Any] | None = None,
        *,
        in_agent: bool = False,
    ) -> None:
        self._reader, self._metadata, self._beside = reader, dict(metadata), beside or {}
        self._blocks, self._in_agent = "output_version" in metadata, in_agent
        self._logprobs, self._told = reader.logprobs, 0
        self._deltas = Deltas(partial(spoiling_suffix, parse_partial_json))

    def whole(self) -> ChatResult:
        """Return the result of an answer that was read to its end."""
        reader = self._reader
        said, fields = self._end()
        good, bad = _calls(said)
        told = fields["response_metadata"]
        texts = standard_blocks(said.content, said.reasoning)
        fields["additional_kwargs"] |= known(reasoning_content=said.reasoning)
        content = [*texts, *refusal_blocks(told), *good, *bad] if self._blocks else said.content
        message = AIMessage(content=content, tool_calls=good, invalid_tool_calls=bad, **fields)
        used = reader.usage.in_integers() if reader.usage else {}
        output = {"token_usage": used, "model_name": reader.model}
        return ChatResult(generations=[ChatGeneration(message=message)], llm_output=output)

    def write(self, events: Sequence[Event]) -> ChatGenerationChunk | None:
        """Return the chunk of some events; None where they say nothing."""
        content, reasoning, pieces = self._deltas.read(events)
        if not (content or reasoning or pieces):
            return None
        calls, begun = _pieces(pieces) if pieces else ([], [])
        message = _copy_of_message(
            content=growing_blocks(content, reasoning, calls) if self._blocks else content,
            additional_kwargs={"reasoning_content": reasoning} if reasoning else {},
            response_metadata=self._said(),
            tool_call_chunks=calls,
            tool_calls=begun,
            invalid_tool_calls=[],
        )
        return _copy_of_chunk(message=message, text=content)

    def finish(self, *, streamed: bool = True) -> ChatGenerationChunk:
        """Return the chunk that ends the stream: usage and metadata, each said once."""
        said, fields = self._end()
        _, bad = _calls(said)
        blocks = indexed_blocks(refusal_blocks(fields["response_metadata"])) if self._blocks else ""
        kind = LastChunk if bad or self._reader.asked_again else AIMessageChunk
        message = kind(content=blocks, chunk_position="last", **fields)
        message.invalid_tool_calls = bad  # given to the constructor, they would be new fragments
        return ChatGenerationChunk(message=message)

    def _end(self) -> tuple[ParsedMessage, dict[str, Any]]:
        """Return all that was said, and the fields about it."""
        reader, usage = self._reader, self._reader.usage
        if self._in_agent:
            reader.refuse_silence()
        said = reader.message()
        found = {**reader.metadata(), **(usage.as_received() if usage else {})}
        told = known(model_name=found.pop("model"), **found)
        refused = known(refusal=reader.refusal)
        return said, {
            "additional_kwargs": {**original_arguments(said.tool_calls), **refused},
            "usage_metadata": usage.as_standard() if usage else None,
            "response_metadata": {**self._said(), **self._beside, **told},
        }

    def _said(self) -> dict[str, Any]:
        metadata = self._metadata.copy()
        if len(self._logprobs) > self._told:
            metadata["logprobs"] = {"content": self._logprobs[self._told :]}
            self._told = len(self._logprobs)
        return metadata


def _pieces(pieces: Pieces) -> tuple[list[ToolCallChunk], list[LangChainToolCall]]:
    """Return pieces of calls, and the calls that begin.

    The constructor would parse each piece, at two thirds of a chunk's cost; the sum is parsed.
    """
    if isinstance(pieces, ToolCallArguments):
        return [{**_FRAGMENT, "args": pieces.text, "index": pieces.index}], []
    chunks = [
        tool_call_chunk(name=p.name, args=p.arguments, id=p.id, index=p.index) for p in pieces
    ]
    begun = [p for p in pieces if p.name is not None and p.runs]
    return chunks, [tool_call(name=p.name or "", args=p.shown(), id=p.id) for p in begun]


def _translate(message: AIMessage) -> list[Any]:
    told = message.response_metadata
    found = refusal_blocks(told)
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


class LastChunk(AIMessageChunk, defer_build=True):  # 8 ms of the import
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
