"""Kimi K2 as a LlamaIndex LLM.

Owns: the methods that LlamaIndex calls; each is a few lines over the core.
May know: its own files, chat, request; llama_index. How messages, responses and tools are converted
stands in the files beside this one.

`FunctionCallingLLM` is subclassed directly: the OpenAI classes have no hook for the conversion of
messages, always send a temperature, read OPENAI_* keys, and retry twice over.
"""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any

from llama_index.core.base.llms.types import ChatMessage, MessageRole
from llama_index.core.llms.callbacks import llm_chat_callback, llm_completion_callback

from kimi_core.chat import nested
from kimi_core.request import CallOptions
from llama_index_kimi._messages import to_wire
from llama_index_kimi._responses import (
    ResponseBuilder,
    acompletions_of,
    completion_of,
    completions_of,
)
from llama_index_kimi._structured import StructuredPrediction
from llama_index_kimi._tokens import TokenCounting
from llama_index_kimi._tools import conversation, select_tools, tool_choice_of, wire_tools

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from llama_index.core.base.llms.types import (
        ChatResponse,
        ChatResponseAsyncGen,
        ChatResponseGen,
        CompletionResponse,
        CompletionResponseAsyncGen,
        CompletionResponseGen,
    )
    from llama_index.core.llms.llm import ToolSelection
    from llama_index.core.tools.types import BaseTool

    from kimi_core.request import Request

__all__ = ["ChatKimiK2"]


class ChatKimiK2(TokenCounting, StructuredPrediction):
    """Kimi K2, hosted or on your own server, for LlamaIndex.

    All arguments are keyword-only and optional; what is not set is not sent. Fields may be assigned
    to later, in the same words and with the same checks. Other words for a setting, and who wins
    where two things are said: `kimi_core.request.Options.read`.

    Args:
        model: Any spelling of a model's name; the endpoint's default where it is left out
            (kimi-k3.1-pro at Moonshot).
        endpoint: A preset's name ("moonshot", "openrouter", "vllm", "local", ...) or an `Endpoint`;
            where it is left out, that of ``base_url``'s host, ``custom`` for an unknown one, and
            Moonshot's where there is no address either.
        api_key: The key: a string, a pydantic ``SecretStr``, or a function (async, too, for async
            calls) that is asked for one with each request; otherwise looked for in the environment
            under the endpoint's names (MOONSHOT_API_KEY, then KIMI_API_KEY), then in the nearest
            ``.env``. Never written into dumps, pickles or events.
        base_url: Where the server is, including ``/v1``.
        base_model: The model whose facts apply where a server uses a name of its own.
        context_window: Tokens, where the server was started with fewer than the model has.
        temperature, top_p, presence_penalty, frequency_penalty: Sampling; Moonshot pins it for
            current models. n, the number of answers, is always 1.
        max_tokens: Token limit of an answer, reasoning included.
        stop: Strings that end the answer.
        thinking: Whether to think; the model's default where it is left out. Moonshot's own object,
            ``{"type": ..., "keep": ..., "effort": ...}``, says this and the next two at once.
        keep_thinking: Whether the reasoning of earlier turns is sent back too.
        reasoning_effort: Strength of thinking, where the model has it.
        tool_call_parser: Who turns Kimi's tokens into tool calls: "auto", "server" or "client".
        api: "chat", or "completions" with the prompt rendered here.
        parallel_tool_calls: Whether one answer may hold several calls; sent where it is set.
        prompt_cache_key, prompt_cache_options: Id of the session for the prefix cache, and its ttl.
        safety_identifier: The end user, hashed.
        provider: OpenRouter's provider routing.
        stream_usage: Whether a stream is asked for its usage; left out, where the endpoint needs
            it.
        seed, logprobs, top_logprobs, logit_bias: Sent as they are.
        extra_body: Other fields of the payload, sent as they are, unchecked.
        additional_kwargs: Settings of every call, as LlamaIndex's OpenAI classes have them.
        timeout: Seconds without data, or an ``httpx.Timeout``; 600 s where it is left out.
        total_timeout: Seconds for a whole request, retries included; no limit where it is left out.
        max_retries: Retries of a request that has not been answered yet; 2 where it is left out.
            There is no second layer of retries.
        rate_limit: What the account may ask, a `kimi_core.Tier` or the number of one of Moonshot's
            tiers: requests wait for their turn. LlamaIndex's own ``rate_limiter`` works, too.
        default_headers, default_query: Of every request; never written into dumps or pickles.
        http_client, http_async_client: Your own HTTP clients, e.g. for a proxy; the async one then
            serves every event loop.
        media_fetcher: A function from URL to bytes, for http(s) URLs of images and videos, which
            Moonshot does not fetch; `kimi_core.fetch.fetch_media` is one. None: such a URL is an
            error there, and is passed on to other servers.
        media_folder: Where files that a message names (``ImageBlock(path=...)``) may be read;
            None: a path is an error, since a message may come from anybody.
        tokenizer: A `kimi_core.Tokenizer`, or the path of a ``tiktoken.model``, for exact counts.
        system_prompt: Put before the messages of ``predict``, structured prediction and the
            engines, as everywhere in LlamaIndex.
        callback_manager: LlamaIndex's callbacks; any other field of ``FunctionCallingLLM`` too.

    Raises:
        KimiConfigError: For a missing key, a setting that cannot work, or a keyword that is none:
            a misspelt one would be sent to the server, and mean nothing there.

    Examples:
        >>> from llama_index_kimi import ChatKimiK2
        >>> llm = ChatKimiK2(endpoint="vllm", base_url="http://gpu:8000/v1")
        >>> llm.metadata.model_name
        'moonshotai/Kimi-K2-Instruct'
    """

    # -- chat -----------------------------------------------------------------------------------

    @llm_chat_callback()
    def chat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponse:  # noqa: ANN401 - options of one call
        """Return the answer to a conversation.

        Args:
            messages: The conversation; not changed.
            **kwargs: Settings of this call only: any sampling or thinking setting, ``tools``
                (OpenAI-style dicts), ``tool_choice``, ``response_format``, ``model``; ``timeout``,
                ``extra_headers`` and ``extra_query`` of this request; other names are sent in
                the payload as they are.

        Returns:
            The answer: reasoning as `ThinkingBlock`, calls as `ToolCallBlock`, tokens in
            ``additional_kwargs`` and ``raw["usage"]``.

        Raises:
            KimiConfigError: For what the model would refuse; nothing is sent.
            KimiAPIError: Where the request failed.
        """
        return self._chat_once(messages, kwargs)

    @llm_chat_callback()
    async def achat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponse:  # noqa: ANN401 - as chat()
        """Return the answer to a conversation; see `chat`."""
        return await self._achat_once(messages, kwargs)

    @llm_chat_callback()
    def stream_chat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponseGen:  # noqa: ANN401 - as chat()
        """Return an iterator over the answer as it grows; arguments as for `chat`.

        Each response holds all that was said so far, ``delta`` and ``thinking_delta`` what is new;
        the last one holds usage and finish reason.

        Raises:
            KimiStreamTruncatedError: Where the stream broke off; ``.partial`` holds what had come.
        """
        return self._stream(messages, kwargs)

    @llm_chat_callback()
    async def astream_chat(
        self,
        messages: Sequence[ChatMessage],
        **kwargs: Any,  # noqa: ANN401 - as chat()
    ) -> ChatResponseAsyncGen:
        """Return an async iterator over the answer as it grows; see `stream_chat`."""
        return self._astream(messages, kwargs)

    # -- complete -------------------------------------------------------------------------------

    @llm_completion_callback()
    def complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponse:  # noqa: ANN401, FBT001, FBT002 - LlamaIndex's signature
        """Return the answer to a text, which is sent as one user message; see `chat`."""
        return completion_of(self._chat_once(self._as_messages(prompt, formatted), kwargs))

    @llm_completion_callback()
    async def acomplete(
        self,
        prompt: str,
        formatted: bool = False,  # noqa: FBT001, FBT002 - LlamaIndex's signature
        **kwargs: Any,  # noqa: ANN401 - as chat()
    ) -> CompletionResponse:
        """Return the answer to a text; see `complete`."""
        return completion_of(await self._achat_once(self._as_messages(prompt, formatted), kwargs))

    @llm_completion_callback()
    def stream_complete(
        self,
        prompt: str,
        formatted: bool = False,  # noqa: FBT001, FBT002 - LlamaIndex's signature
        **kwargs: Any,  # noqa: ANN401 - as chat()
    ) -> CompletionResponseGen:
        """Return an iterator over the answer to a text; see `stream_chat`."""
        return completions_of(self._stream(self._as_messages(prompt, formatted), kwargs))

    @llm_completion_callback()
    async def astream_complete(
        self,
        prompt: str,
        formatted: bool = False,  # noqa: FBT001, FBT002 - LlamaIndex's signature
        **kwargs: Any,  # noqa: ANN401 - as chat()
    ) -> CompletionResponseAsyncGen:
        """Return an async iterator over the answer to a text; see `stream_chat`."""
        return acompletions_of(self._astream(self._as_messages(prompt, formatted), kwargs))

    # -- tools ----------------------------------------------------------------------------------

    def _prepare_chat_with_tools(  # noqa: PLR0913 - LlamaIndex's signature
        self,
        tools: Sequence[BaseTool],
        user_msg: str | ChatMessage | None = None,
        chat_history: list[ChatMessage] | None = None,
        verbose: bool = False,  # noqa: FBT001, FBT002, ARG002 - LlamaIndex's signature
        allow_parallel_tool_calls: bool = False,  # noqa: FBT001, FBT002 - LlamaIndex's signature
        tool_required: bool = False,  # noqa: FBT001, FBT002 - LlamaIndex's signature
        *,
        tool_choice: str | bool | Mapping[str, Any] | None = None,
        **kwargs: Any,  # noqa: ANN401 - options of one call
    ) -> dict[str, Any]:
        """Return the keyword arguments of a chat with tools.

        parallel_tool_calls is not derived from allow_parallel_tool_calls: the framework passes the
        latter with every call, and servers differ in taking the former. More than one call is cut
        here, in streams too.
        """
        return {
            "messages": conversation(chat_history, user_msg),
            "tools": wire_tools(tools),
            "tool_choice": tool_choice_of(tool_choice, tool_required=tool_required),
            "allow_parallel_tool_calls": allow_parallel_tool_calls,
            **kwargs,
        }

    def get_tool_calls_from_response(
        self,
        response: ChatResponse,
        error_on_no_tool_call: bool = True,  # noqa: FBT001, FBT002 - LlamaIndex's signature
        **kwargs: Any,  # noqa: ANN401, ARG002 - LlamaIndex's signature
    ) -> list[ToolSelection]:
        """Return the calls of a response, or of a stream so far; see `_tools.select_tools`."""
        return select_tools(response, error_on_no_tool_call=error_on_no_tool_call)

    # -- one request ----------------------------------------------------------------------------

    def _as_messages(self, prompt: str, formatted: bool) -> list[ChatMessage]:  # noqa: FBT001 - as complete()
        text = prompt if formatted else self.completion_to_prompt(prompt)  # type: ignore[misc]  # set by a validator
        return [ChatMessage(role=MessageRole.USER, content=text)]

    def _request(
        self, messages: Sequence[ChatMessage], call: Mapping[str, Any], *, stream: bool
    ) -> tuple[Request, bool]:
        """Return the request, and whether only one tool call is wanted."""
        call = dict(call)
        single_call = not call.pop("allow_parallel_tool_calls", True)
        if self.tokenizer is not None:
            call.setdefault("tokenizer", self._the_tokenizer())
        asked = CallOptions.read(self._said(), call)
        wire = to_wire(messages, asked.options.media_folder)
        request = self._chat.request(
            wire, asked.tools, asked.options, stream=stream, model=asked.model
        )
        return request, single_call

    def _chat_once(self, messages: Sequence[ChatMessage], call: Mapping[str, Any]) -> ChatResponse:
        request, single_call = self._request(messages, call, stream=False)
        reader = self._chat.open(request).read()
        return ResponseBuilder(reader, single_call=single_call).finish(streamed=False)

    async def _achat_once(
        self, messages: Sequence[ChatMessage], call: Mapping[str, Any]
    ) -> ChatResponse:
        request, single_call = self._request(messages, call, stream=False)
        reader = await (await self._chat.aopen(request)).read()
        return ResponseBuilder(reader, single_call=single_call).finish(streamed=False)

    def _stream(self, messages: Sequence[ChatMessage], call: Mapping[str, Any]) -> ChatResponseGen:
        # The request is built now, so that a wrong setting is an error of the call itself; it is
        # sent with the first item, so that a stream nobody reads holds no connection open.
        request, single_call = self._request(messages, call, stream=True)
        kimi = self._chat

        def responses() -> ChatResponseGen:
            reply = kimi.open(request)
            builder = ResponseBuilder(reply.reader, single_call=single_call)
            with closing(iter(reply)) as chunks:
                for events in chunks:
                    response = builder.take(events) if events else None
                    if response is not None:
                        yield response
            yield builder.finish()

        return responses()

    def _astream(
        self, messages: Sequence[ChatMessage], call: Mapping[str, Any]
    ) -> ChatResponseAsyncGen:
        request, single_call = self._request(messages, call, stream=True)
        kimi = self._chat

        async def responses() -> ChatResponseAsyncGen:
            reply = await kimi.aopen(request)
            builder = ResponseBuilder(reply.reader, single_call=single_call)
            async with nested(aiter(reply)) as chunks:
                async for events in chunks:
                    response = builder.take(events) if events else None
                    if response is not None:
                        yield response
            yield builder.finish()

        return responses()
