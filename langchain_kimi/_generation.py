"""From messages to a request of the core, and from its events to LangChain's generations.

Owns: whole answers and streams, sync and async. May know: its own files, chat, errors, request;
langchain_core.

Hooks of `BaseChatOpenAI` that are replaced here, each pinned by a test:

* ``_get_request_payload``: the payload is the core's; what it returns is what is sent.
* ``_convert_input``: the base is a KeyError for a file of text in words of before 1.0.
* ``_use_responses_api``: Kimi is asked through chat completions or completions only.
* ``agenerate``: the base asks in a task of its own, where warnings would not find the user's line.
* ``_generate``, ``_agenerate``, ``_stream``, ``_astream``: the transport and the reader are the
  core's; the SDK's models of every chunk cost two thirds of the time, and drop the reasoning.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models import LanguageModelInput
from langchain_core.messages import BaseMessage
from langchain_core.outputs import ChatGenerationChunk, ChatResult, LLMResult
from langchain_core.prompt_values import PromptValue
from langchain_core.runnables import ensure_config

from kimi_core.chat import nested, running_loop
from kimi_core.errors import line_of_user, warnings_at
from kimi_core.request import CallOptions
from kimi_core.request.blocks import known, readable_prompt
from langchain_kimi._errors import langchain_errors
from langchain_kimi._messages import response_format_of, to_wire

if TYPE_CHECKING:
    from kimi_core.chat import Opened
    from kimi_core.request import Request
    from langchain_kimi._chunks import AnswerWriter
    from langchain_kimi._settings import KimiSettings
else:  # and what is above, where a model is made; see `Instance._connect`
    KimiSettings = object  # of which pydantic would copy a hundred fields, for methods alone

__all__ = ["KimiGeneration"]

# The nodes in which create_agent (deepagents, too) and create_react_agent ask their model.
_AGENT_NODES = ("model", "agent")

Messages = list[BaseMessage]
Stop = list[str] | None
Manager = CallbackManagerForLLMRun | None
AsyncManager = AsyncCallbackManagerForLLMRun | None


class KimiGeneration(KimiSettings):
    """Asks and reads; not for use by itself."""

    def _convert_input(self, model_input: LanguageModelInput) -> PromptValue:
        return cast("PromptValue", readable_prompt(super()._convert_input(model_input)))

    def _get_request_payload(
        self, input_: LanguageModelInput, *, stop: Stop = None, **kwargs: Any
    ) -> dict[str, Any]:
        """Return the payload that `invoke` (or, with ``stream=True``, `stream`) would send."""
        messages = self._convert_input(input_).to_messages()
        stream = bool(kwargs.pop("stream", False))
        return self._request(messages, {**kwargs, "stop": stop}, stream=stream).payload

    def _request(self, messages: Messages, call: Mapping[str, Any], *, stream: bool) -> Request:
        limit = self.stream_chunk_timeout if stream else None
        asked = self._asked({"timeout": limit, **call} if limit else call)
        return self._chat.request(
            to_wire(messages), asked.tools, asked.options, stream=stream, model=asked.model
        )

    def _asked(self, call: Mapping[str, Any]) -> CallOptions:
        """Return what the instance and a call ask for."""
        call = {name: value for name, value in call.items() if name != "stop" or value}
        if call.get("response_format") is not None:
            call["response_format"] = response_format_of(call["response_format"])
        # What traces need not show is no part of _default_params.
        return CallOptions.read({**self._said(), **self._default_params}, call)

    def _use_responses_api(self, payload: dict[str, Any]) -> bool:
        return False

    async def agenerate(self, *args: Any, **kwargs: Any) -> LLMResult:
        """Return answers to several conversations, as the base does."""
        running_loop()
        with warnings_at(line_of_user()):
            return await super().agenerate(*args, **kwargs)

    def _generate(
        self, messages: Messages, stop: Stop = None, run_manager: Manager = None, **kwargs: Any
    ) -> ChatResult:
        with langchain_errors():
            request = self._request(messages, {**kwargs, "stop": stop}, stream=False)
            return self._writer(run_manager, self._chat.ask(request)).whole()

    async def _agenerate(
        self, messages: Messages, stop: Stop = None, run_manager: AsyncManager = None, **kwargs: Any
    ) -> ChatResult:
        with langchain_errors():
            request = self._request(messages, {**kwargs, "stop": stop}, stream=False)
            return self._writer(run_manager, await self._chat.aask(request)).whole()

    def _stream(
        self, messages: Messages, stop: Stop = None, run_manager: Manager = None, **kwargs: Any
    ) -> Iterator[ChatGenerationChunk]:
        with langchain_errors():
            request = self._request(messages, {**kwargs, "stop": stop}, stream=True)
            with closing(self._chat.stream(request, partial(self._writer, run_manager))) as chunks:
                for chunk in chunks:
                    if run_manager:
                        run_manager.on_llm_new_token(chunk.text, chunk=chunk)
                    yield chunk

    async def _astream(
        self, messages: Messages, stop: Stop = None, run_manager: AsyncManager = None, **kwargs: Any
    ) -> AsyncIterator[ChatGenerationChunk]:
        with langchain_errors():
            request = self._request(messages, {**kwargs, "stop": stop}, stream=True)
            async with nested(
                self._chat.astream(request, partial(self._writer, run_manager))
            ) as chunks:
                async for chunk in chunks:
                    if run_manager:
                        await run_manager.on_llm_new_token(chunk.text, chunk=chunk)
                    yield chunk

    @property
    def _provider(self) -> str:
        from langchain_kimi._chunks import provider_of_messages

        endpoint = self._chat.capabilities.endpoint
        return provider_of_messages(endpoint.provider_name or endpoint.name)

    def _writer(self, manager: Manager | AsyncManager, reply: Opened) -> AnswerWriter:
        from langchain_kimi._chunks import AnswerWriter

        self._refresh_profile()
        blocks = {"output_version": "v1"} if self.output_version == "v1" else {}
        told = {"model_provider": self._provider, **blocks}
        headers = dict(reply.headers) if self.include_response_headers else None
        beside = known(request_id=reply.request_id, headers=headers)
        return AnswerWriter(reply.reader, told, beside, in_agent=_in_agent(manager))


def _in_agent(manager: Manager | AsyncManager) -> bool:
    """Whether an agent of LangChain or LangGraph asks, which ends with a message without calls."""
    # A stream behind `invoke` has no manager, but runs in the context of the node.
    told = manager.metadata if manager else ensure_config().get("metadata")
    return (told or {}).get("langgraph_node") in _AGENT_NODES
