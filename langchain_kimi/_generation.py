"""From messages to a request of the core, and from its events to LangChain's generations.

Owns: whole answers and streams, sync and async. May know: its own files, chat, errors, request,
response; langchain_core.

Hooks of `BaseChatOpenAI` that are replaced here, each pinned by a test:

* ``_get_request_payload``: the payload is the core's; what it returns is what is sent.
* ``_use_responses_api``: Kimi is asked through chat completions or completions only.
* ``agenerate``: the base asks in a task of its own, where warnings would not find the user's line.
* ``_generate``, ``_agenerate``, ``_stream``, ``_astream``: the transport and the reader are the
  core's; the SDK's models of every chunk cost two thirds of the time, and drop the reasoning.
"""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any

from langchain_core.outputs import ChatGeneration, ChatResult

from kimi_core.chat import nested, running_loop
from kimi_core.errors import line_of_user, warnings_at
from kimi_core.request import CallOptions
from langchain_kimi._chunks import ChunkWriter, whole_message
from langchain_kimi._errors import langchain_errors
from langchain_kimi._messages import to_wire
from langchain_kimi._refusals import provider_of_messages
from langchain_kimi._settings import UNTOLD, KimiSettings
from langchain_kimi._tools import response_format_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Mapping

    from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
    from langchain_core.language_models import LanguageModelInput
    from langchain_core.messages import BaseMessage
    from langchain_core.outputs import ChatGenerationChunk, LLMResult

    from kimi_core.chat import AsyncReply, Reply
    from kimi_core.request import Request
    from kimi_core.response import ResponseReader

__all__ = ["KimiGeneration"]


class KimiGeneration(KimiSettings):
    """Asks and reads; not for use by itself."""

    def _get_request_payload(
        self,
        input_: LanguageModelInput,
        *,
        stop: list[str] | None = None,
        **kwargs: Any,  # noqa: ANN401 - whatever LangChain passes on
    ) -> dict[str, Any]:
        """Return the payload that `invoke` (or, with ``stream=True``, `stream`) would send."""
        messages = self._convert_input(input_).to_messages()
        stream = bool(kwargs.pop("stream", False))
        return self._request(messages, stop, kwargs, stream=stream).payload

    def _request(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None,
        kwargs: Mapping[str, Any],
        *,
        stream: bool,
    ) -> Request:
        call = {**kwargs, **({"stop": stop} if stop else {})}
        if call.get("response_format") is not None:
            call["response_format"] = response_format_of(call["response_format"])
        # What traces need not show is no part of _default_params.
        own = {name: getattr(self, name) for name in UNTOLD}
        if self.tokenizer is not None:
            own["tokenizer"] = self._tokenizer()
        asked = CallOptions.read({**own, **self._default_params}, call)
        other = None if asked.model == self._chat.capabilities.model else asked.model
        return self._chat.request(
            to_wire(messages), asked.tools, asked.options, stream=stream, model=other
        )

    def _use_responses_api(self, payload: dict[str, Any]) -> bool:  # noqa: ARG002 - the base's signature
        return False

    async def agenerate(self, *args: Any, **kwargs: Any) -> LLMResult:  # noqa: ANN401 - the base's
        """Return answers to several conversations, as the base does."""
        running_loop()
        with warnings_at(line_of_user()):
            return await super().agenerate(*args, **kwargs)

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,  # noqa: ARG002 - tells of tokens only
        **kwargs: Any,  # noqa: ANN401 - whatever LangChain passes on
    ) -> ChatResult:
        with langchain_errors():
            reply = self._chat.open(self._request(messages, stop, kwargs, stream=False))
            return self._result(reply.read(), reply)

    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,  # noqa: ARG002 - as in _generate
        **kwargs: Any,  # noqa: ANN401 - whatever LangChain passes on
    ) -> ChatResult:
        with langchain_errors():
            reply = await self._chat.aopen(self._request(messages, stop, kwargs, stream=False))
            return self._result(await reply.read(), reply)

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,  # noqa: ANN401 - whatever LangChain passes on
    ) -> Iterator[ChatGenerationChunk]:
        with langchain_errors():
            reply = self._chat.open(self._request(messages, stop, kwargs, stream=True))
            writer = self._writer(reply.reader)
            with closing(iter(reply)) as pieces:
                for events in pieces:
                    chunk = writer.write(events)
                    if chunk is not None:
                        if run_manager:
                            run_manager.on_llm_new_token(chunk.text, chunk=chunk)
                        yield chunk
            yield writer.last(reply.reader, self._reply_metadata(reply))

    async def _astream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,  # noqa: ANN401 - whatever LangChain passes on
    ) -> AsyncIterator[ChatGenerationChunk]:
        with langchain_errors():
            reply = await self._chat.aopen(self._request(messages, stop, kwargs, stream=True))
            writer = self._writer(reply.reader)
            async with nested(aiter(reply)) as pieces:
                async for events in pieces:
                    chunk = writer.write(events)
                    if chunk is not None:
                        if run_manager:
                            await run_manager.on_llm_new_token(chunk.text, chunk=chunk)
                        yield chunk
            yield writer.last(reply.reader, self._reply_metadata(reply))

    @property
    def _provider(self) -> str:
        endpoint = self._chat.capabilities.endpoint
        return provider_of_messages(endpoint.provider_name or endpoint.name)

    @property
    def _blocks(self) -> bool:
        return self.output_version == "v1"

    def _metadata(self) -> dict[str, Any]:
        version = {"output_version": "v1"} if self._blocks else {}
        return {"model_provider": self._provider, **version}

    def _reply_metadata(self, reply: Reply | AsyncReply) -> dict[str, Any]:
        """What the HTTP response says beside its body."""
        found: dict[str, Any] = {}
        if reply.request_id:
            found["request_id"] = reply.request_id
        if self.include_response_headers:
            found["headers"] = dict(reply.headers)
        return found

    def _writer(self, reader: ResponseReader) -> ChunkWriter:
        return ChunkWriter(self._metadata(), blocks=self._blocks, logprobs=reader.logprobs)

    def _result(self, reader: ResponseReader, reply: Reply | AsyncReply) -> ChatResult:
        metadata = {**self._metadata(), **self._reply_metadata(reply)}
        message, usage = whole_message(reader, metadata, blocks=self._blocks), reader.usage
        totals = {"token_usage": usage.totals() if usage else {}, "model_name": reader.model}
        return ChatResult(generations=[ChatGeneration(message=message)], llm_output=totals)
