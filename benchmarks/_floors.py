"""What a chunk takes where nothing of ours takes part.

Owns: the least that a framework, the HTTP library and JSON take, each by itself. May know:
`_server`; the frameworks and the openai SDK, each imported where it is used.

The framework's is that of a model whose chunks are there already: copies of one, the cheapest way
to make an object of its classes, handed to its own ``stream`` and added up by it.
"""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import jiter

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

WORDS = ("for ", "each ", "word ")
KEY = "not needed"


def bytes_of(url: str, *, reads_json: bool) -> Callable[[], int]:
    """Read an answer through the SDK's own HTTP client, and its events as JSON, or not even so."""
    import openai

    class Untouched(openai.Stream[object]):
        """A response whose bytes nobody has touched."""

    client = openai.OpenAI(api_key=KEY, base_url=url)
    body = {"model": "m", "messages": [{"role": "user", "content": "Go."}], "stream": True}

    def run() -> int:
        sent: Any = client.post(
            "/chat/completions", cast_to=object, body=body, stream=True, stream_cls=Untouched
        )
        for data in sent.response.iter_bytes():
            for event in data.split(b"\n\n") if reads_json else ():
                _read(event)
        return 1

    return run


def bytes_at_once(url: str, at_once: int, *, stream: bool) -> Callable[[], int]:
    """Read so many answers at once, in one event loop, through an async client like the SDK's."""
    import openai

    client = openai.DefaultAsyncHttpxClient()
    body = {"model": "m", "messages": [{"role": "user", "content": "Go."}], "stream": stream}
    loop = asyncio.new_event_loop()

    async def one() -> None:
        async with client.stream("POST", f"{url}/chat/completions", json=body) as response:
            async for _ in response.aiter_raw():
                pass

    async def all_of_them() -> None:
        await asyncio.gather(*(one() for _ in range(at_once)))

    def run() -> int:
        loop.run_until_complete(all_of_them())
        return 1

    return run


def _read(event: bytes) -> None:
    try:
        jiter.from_json(event[5:])
    except ValueError:  # the end, or an event that two reads share
        return


def langchain(kind: str, chunks: int) -> Any:
    """Return a chat model that streams so many chunks, or says them at once, without a server."""
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import AIMessage
    from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult

    words = [WORDS[at % 3] for at in range(chunks)]

    class Bare(BaseChatModel):
        @property
        def _llm_type(self) -> str:
            return "bare"

        def bind_tools(self, *_: Any, **__: Any) -> Any:
            return self.bind()

        def _generate(self, *_: Any, **__: Any) -> Any:
            raise NotImplementedError

        async def _agenerate(self, *_: Any, **__: Any) -> Any:
            return ChatResult(generations=[ChatGeneration(message=AIMessage("".join(words)))])

        def _stream(self, messages: Any, *_: Any, **__: Any) -> Iterator[ChatGenerationChunk]:
            calls = kind == "arguments" or (kind == "agent" and messages[-1].type != "tool")
            return _langchain_chunks(words, calls=calls)

        async def _astream(self, *given: Any, **_: Any) -> AsyncIterator[ChatGenerationChunk]:
            for one in self._stream(*given):
                yield one

    return Bare()


def _langchain_chunks(words: list[str], *, calls: bool) -> Iterator[Any]:
    from langchain_core.messages import AIMessageChunk
    from langchain_core.messages.tool import tool_call, tool_call_chunk
    from langchain_core.outputs import ChatGenerationChunk

    from kimi_core.chat.fields import copies

    message = AIMessageChunk(content="")
    copy_of_message = copies(message)
    copy_of_chunk = copies(ChatGenerationChunk(message=message))

    def chunk(text: str, pieces: list[Any], begun: list[Any]) -> ChatGenerationChunk:
        one = copy_of_message(
            content=text, additional_kwargs={}, response_metadata={"model_provider": "m"},
            tool_call_chunks=pieces, tool_calls=begun, invalid_tool_calls=[],
        )  # fmt: skip
        return copy_of_chunk(message=one, text=text)

    if calls:
        first = {"name": "write", "id": "1"}
        piece = tool_call_chunk(args="", index=0, **first)
        yield chunk("", [piece], [tool_call(args={}, **first)])
        for word in ('{"code":"', *words, '"}'):
            yield chunk("", [tool_call_chunk(args=word, index=0)], [])
    else:
        for word in words:
            yield chunk(word, [], [])
    yield ChatGenerationChunk(message=AIMessageChunk(content="", chunk_position="last"))


def llama_index(kind: str, chunks: int) -> Any:
    """Return an LLM that streams so many responses, each with all of the answer so far.

    An agent gets a call of so many, and then an answer of one.
    """
    from llama_index.core.llms import CustomLLM, LLMMetadata
    from llama_index.core.llms.callbacks import llm_chat_callback
    from llama_index.core.llms.function_calling import FunctionCallingLLM
    from llama_index.core.llms.llm import ToolSelection

    class Bare(FunctionCallingLLM, CustomLLM):
        @property
        def metadata(self) -> LLMMetadata:
            return LLMMetadata(model_name="bare", is_function_calling_model=True)

        def complete(self, *_: Any, **__: Any) -> Any:
            raise NotImplementedError

        stream_complete = _prepare_chat_with_tools = complete

        @llm_chat_callback()
        def stream_chat(self, *_: Any, **__: Any) -> Any:
            return _llama_index_responses(chunks, calls=kind == "arguments")

        async def astream_chat_with_tools(self, *_: Any, chat_history: Any, **__: Any) -> Any:
            answered = any(message.role == "tool" for message in chat_history)
            return self._ready(answered=answered)

        async def _ready(self, *, answered: bool) -> AsyncIterator[Any]:
            for one in _llama_index_responses(1 if answered else chunks, calls=not answered):
                yield one

        def get_tool_calls_from_response(self, response: Any, **_: Any) -> Any:
            calls = response.message.additional_kwargs.get("tool_calls", ())
            chosen: Any = {"tool_id": "1", "tool_name": "write", "tool_kwargs": {"code": ""}}
            return [ToolSelection(**chosen) for _ in calls]

    return Bare()


def _llama_index_responses(count: int, *, calls: bool) -> Iterator[Any]:
    from llama_index.core.base.llms.types import (
        ChatMessage,
        ChatResponse,
        MessageRole,
        TextBlock,
        ToolCallBlock,
    )  # fmt: skip

    from kimi_core.chat.fields import copies

    copy_of_text = copies(TextBlock(text=""))
    copy_of_call = copies(ToolCallBlock(tool_name="write"))
    copy_of_message = copies(ChatMessage())
    copy_of_response = copies(ChatResponse(message=ChatMessage()))
    said = ""
    for at in range(count):
        word = WORDS[at % 3]
        said += word
        block: Any = copy_of_text(text=said)
        extras: dict[str, Any] = {}
        if calls:
            block = copy_of_call(tool_kwargs=said)
            function = {"name": "write", "arguments": said}
            extras["tool_calls"] = [{"id": "1", "type": "function", "function": function}]
        one = copy_of_message(role=MessageRole.ASSISTANT, blocks=[block], additional_kwargs=extras)
        yield copy_of_response(message=one, delta=word, raw={}, additional_kwargs={})


def json_alone(chunks: int) -> Callable[[], int]:
    """Read so many events that are there already."""
    head = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "m"}
    delta = [{"index": 0, "delta": {"content": "word "}, "finish_reason": None}]
    event = json.dumps({**head, "choices": delta}).encode()

    def run() -> int:
        for _ in range(chunks):
            jiter.from_json(event)
        return 1

    return run


FLOORS = {"langchain": langchain, "llama_index": llama_index}
