"""`ChatKimiK2` for LangChain: what it does when it is asked.

Owns: from messages to a request of the core, from its events to LangChain's results. May know: the
adapter's own modules, the core's `kimi_core.chat`, langchain_core. Settings stand in
`langchain_kimi._settings`.

Hooks of `BaseChatOpenAI` that are replaced here, each pinned by a test:

* ``_get_request_payload``: the payload is the core's; what it returns is what is sent.
* ``_use_responses_api``: Kimi is asked through chat completions or completions only.
* ``_generate``, ``_agenerate``, ``_stream``, ``_astream``: the transport and the reader are the
  core's; the SDK's models of every chunk cost two thirds of the time, and drop the reasoning.
* ``bind_tools``: Kimi's builtin tools; a forced tool_choice is decided when a request is made.
* ``with_structured_output``: the base relies on the SDK's ``parse`` and on forced tool choices.
* ``get_num_tokens``, ``get_token_ids``, ``get_num_tokens_from_messages``: the base downloads
  OpenAI's vocabulary and refuses other models.
* ``_llm_type``, ``_get_ls_params``: what traces show.
"""

from __future__ import annotations

from contextlib import aclosing, closing
from typing import TYPE_CHECKING, Any, Literal

from langchain_core.messages.block_translators import get_translator
from langchain_core.outputs import ChatGeneration, ChatResult

from kimi_core.tokenizer import Tokenizer
from langchain_kimi._chunks import ChunkWriter, token_usage, whole_message
from langchain_kimi._errors import langchain_errors
from langchain_kimi._messages import to_wire
from langchain_kimi._options import read_options, response_format_of
from langchain_kimi._settings import KimiSettings
from langchain_kimi._structured import keywords_of, read_by, with_raw
from langchain_kimi._tools import tool_dict

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
    from os import PathLike

    from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
    from langchain_core.language_models import LangSmithParams, LanguageModelInput
    from langchain_core.messages import AIMessage, BaseMessage
    from langchain_core.outputs import ChatGenerationChunk
    from langchain_core.runnables import Runnable
    from pydantic import SecretStr

    from kimi_core.chat import AsyncReply, Reply
    from kimi_core.endpoints import Endpoint
    from kimi_core.request import Request
    from kimi_core.response import ResponseReader
    from langchain_kimi._tools import Tool

__all__ = ["ChatKimiK2"]


class ChatKimiK2(KimiSettings):
    """Kimi K2 at any endpoint, as a LangChain chat model."""

    if TYPE_CHECKING:
        # pydantic's own signature has one spelling of each keyword and refuses a key that is a
        # string; every keyword of ChatOpenAI is taken besides these.
        def __init__(  # noqa: PLR0913 - the published keywords
            self,
            *,
            model: str | None = None,
            endpoint: str | Endpoint = "moonshot",
            api_key: str | SecretStr | Callable[[], str] | None = None,
            base_url: str | None = None,
            base_model: str | None = None,
            context_window: int | None = None,
            temperature: float | None = None,
            top_p: float | None = None,
            max_tokens: int | None = None,
            stop: str | list[str] | None = None,
            thinking: bool | None = None,
            keep_thinking: bool | None = None,
            reasoning_effort: str | None = None,
            api: Literal["chat", "completions"] | None = None,
            tool_call_parser: Literal["auto", "server", "client"] | None = None,
            prompt_cache_key: str | None = None,
            safety_identifier: str | None = None,
            provider: Mapping[str, Any] | None = None,
            timeout: Any = None,  # noqa: ANN401 - seconds, or httpx.Timeout of either major version
            max_retries: int | None = None,
            default_headers: Mapping[str, str] | None = None,
            extra_body: Mapping[str, Any] | None = None,
            http_client: Any = None,  # noqa: ANN401 - of httpx or httpx2
            http_async_client: Any = None,  # noqa: ANN401 - of httpx or httpx2
            tokenizer: Tokenizer | str | PathLike[str] | None = None,
            output_version: str | None = None,
            **kwargs: Any,  # noqa: ANN401 - ChatOpenAI's
        ) -> None: ...

    # --- requests ---------------------------------------------------------------------------------

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
        call = read_options({**self._default_params, **kwargs, **({"stop": stop} if stop else {})})
        other = None if call.model == self._chat.capabilities.model else call.model
        request = self._chat.request(
            to_wire(messages), call.tools, call.options, stream=stream, model=other
        )
        usage = kwargs.get("stream_usage", self.stream_usage)
        if stream and usage is not None:
            request.payload.pop("stream_options", None)
            if usage:
                request.payload["stream_options"] = {"include_usage": True}
        return request

    def _use_responses_api(self, payload: dict[str, Any]) -> bool:  # noqa: ARG002 - the base's signature
        return False

    # --- answers ----------------------------------------------------------------------------------

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
            writer = self._writer()
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
            writer = self._writer()
            async with aclosing(aiter(reply)) as pieces:
                async for events in pieces:
                    chunk = writer.write(events)
                    if chunk is not None:
                        if run_manager:
                            await run_manager.on_llm_new_token(chunk.text, chunk=chunk)
                        yield chunk
            yield writer.last(reply.reader, self._reply_metadata(reply))

    def close(self) -> None:
        """Close the connections; a later request opens new ones."""
        self._chat.close()

    async def aclose(self) -> None:
        """Close the connections of the running event loop, and the sync ones."""
        await self._chat.aclose()

    @property
    def _provider(self) -> str:
        endpoint = self._chat.capabilities.endpoint
        name = "moonshot" if endpoint.first_party else endpoint.name
        # A translator of another provider's messages (e.g. "openai") would drop the reasoning.
        return "moonshot" if get_translator(name) else name

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

    def _writer(self) -> ChunkWriter:
        return ChunkWriter(self._metadata(), blocks=self._blocks)

    def _result(self, reader: ResponseReader, reply: Reply | AsyncReply) -> ChatResult:
        metadata = {**self._metadata(), **self._reply_metadata(reply)}
        message = whole_message(reader, metadata, blocks=self._blocks)
        totals = {"token_usage": token_usage(reader.usage), "model_name": reader.model}
        return ChatResult(generations=[ChatGeneration(message=message)], llm_output=totals)

    # --- tools and structured output --------------------------------------------------------------

    def bind_tools(
        self,
        tools: Sequence[Tool],
        *,
        tool_choice: dict[str, Any] | str | bool | None = None,
        strict: bool | None = None,
        parallel_tool_calls: bool | None = None,
        response_format: Any = None,  # noqa: ANN401 - a class, or any dict that LangChain takes
        **kwargs: Any,  # noqa: ANN401 - whatever LangChain passes on
    ) -> Runnable[LanguageModelInput, AIMessage]:
        """Return a model that may call tools.

        Args:
            tools: Functions, pydantic classes, dicts, ``BaseTool``s, or Kimi's builtin tools:
                ``"$web_search"``.
            tool_choice: "auto", "none", "any" or "required" or True, a tool's name, or OpenAI's
                dict. Never refused here: what thinking does not allow is decided for each request
                (see `kimi_core.request.Options`).
            strict: Whether arguments must follow the schema; sent with each tool where it is set.
            parallel_tool_calls: Whether one answer may hold several calls; sent where it is set.
            response_format: A schema for an answer without calls.
            **kwargs: Further options of each request.
        """
        bound: dict[str, Any] = {"tools": [tool_dict(tool, strict=strict) for tool in tools]}
        if tool_choice is not None and tool_choice is not False:
            bound["tool_choice"] = tool_choice
        if parallel_tool_calls is not None:
            bound["parallel_tool_calls"] = parallel_tool_calls
        if response_format:
            bound["response_format"] = response_format_of(response_format, strict=strict)
        return self.bind(**bound, **kwargs)

    def with_structured_output(
        self,
        schema: Any = None,  # noqa: ANN401 - a class, a TypedDict or a JSON schema
        *,
        method: str | None = None,
        include_raw: bool = False,
        strict: bool | None = None,
        tools: Sequence[Any] | None = None,
        **kwargs: Any,  # noqa: ANN401 - whatever LangChain passes on
    ) -> Runnable[LanguageModelInput, Any]:
        """Return a model that answers in a schema.

        Args:
            schema: A pydantic class, a TypedDict, or a JSON schema with a title.
            method: "json_schema" (a schema in ``response_format``), "function_calling" (a forced
                tool call) or "json_mode" (any JSON; describe it in the prompt). None chooses:
                "json_schema", which goes with thinking, and on the completions route
                "function_calling", which the grammar enforces there.
            include_raw: Return ``{"raw", "parsed", "parsing_error"}`` and never raise for an
                answer that does not fit.
            strict: Sent with the schema where it is set.
            tools: Tools that may be called instead, with method "json_schema".
            **kwargs: Further options of each request.

        Raises:
            KimiConfigError: For an unknown method, or a missing schema.
        """
        if method is None:
            completions = self._chat.capabilities.api == "completions"
            method = "function_calling" if completions else "json_schema"
        keywords = keywords_of(schema, method, strict=strict, tools=tools)
        model = self.bind(**self._filter_disabled_params(**keywords), **kwargs)
        parser = read_by(schema, method, beside_tools=bool(tools))
        return with_raw(model, parser) if include_raw else model | parser

    # --- tokens and tracing -----------------------------------------------------------------------

    def _tokenizer(self) -> Tokenizer:
        given = self.tokenizer
        return given if isinstance(given, Tokenizer) else Tokenizer.find(given)

    def get_num_tokens(self, text: str) -> int:
        """Count the tokens of a text; estimated unless `tokenizer` is exact."""
        if self.custom_get_token_ids is not None:
            return len(self.custom_get_token_ids(text))
        return self._tokenizer().count(text)

    def get_token_ids(self, text: str) -> list[int]:
        """Return the ids of a text's tokens.

        Raises:
            KimiConfigError: Where no tokenizer file was found; only counts can be estimated.
        """
        if self.custom_get_token_ids is not None:
            return self.custom_get_token_ids(text)
        return self._tokenizer().encode(text)

    def get_num_tokens_from_messages(
        self,
        messages: Sequence[BaseMessage],
        tools: Sequence[Tool] | None = None,
        **_kwargs: Any,  # noqa: ANN401 - options of other models, e.g. allow_fetching_images
    ) -> int:
        """Count the tokens of a conversation as the model sees it, markup and tools included.

        Args:
            messages: The conversation.
            tools: What `bind_tools` takes.
            **_kwargs: Ignored.

        Returns:
            The length of the rendered prompt; estimated unless `tokenizer` is exact. Images and
            videos count as their placeholders only.
        """
        dicts = [tool_dict(tool) for tool in tools or ()]
        model = self._chat.capabilities.info.name
        return self._tokenizer().count_messages(to_wire(messages), dicts or None, model=model)

    @property
    def _llm_type(self) -> str:
        return "kimi-chat"

    def _get_ls_params(
        self,
        stop: list[str] | None = None,
        **kwargs: Any,  # noqa: ANN401 - whatever LangChain passes on
    ) -> LangSmithParams:
        params = super()._get_ls_params(stop=stop, **kwargs)
        params["ls_provider"] = self._provider
        return params
