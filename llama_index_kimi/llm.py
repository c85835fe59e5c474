"""Kimi K2 as a LlamaIndex LLM.

Owns: the methods that LlamaIndex calls; each is a few lines over the core; `register`.
May know: its own files, chat, request; llama_index, typing_extensions. How messages, responses and
tools are converted stands in the files beside this one.

`FunctionCallingLLM` is subclassed directly: the OpenAI classes have no hook for the conversion of
messages, always send a temperature, read OPENAI_* keys, and retry twice over.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, TypeVar

from llama_index.core.base.llms.types import (
    ChatMessage,
    ChatResponse,
    ChatResponseAsyncGen,
    ChatResponseGen,
    CompletionResponse,
    CompletionResponseAsyncGen,
    CompletionResponseGen,
)
from llama_index.core.llms.callbacks import llm_chat_callback, llm_completion_callback
from typing_extensions import Unpack

from kimi_core.chat import Opened, Writer, decorated_where, documented
from kimi_core.request import CallOptions, Request
from llama_index_kimi._base import Keywords, KimiBase, is_told
from llama_index_kimi._messages import to_wire, wire_tools
from llama_index_kimi._responses import ResponseWriter, completion_of, unchanged
from llama_index_kimi._structured import StructuredPrediction
from llama_index_kimi._tokens import TokenCounting
from llama_index_kimi._tools import ToolCalling

__all__ = ["ChatKimiK2", "register"]

_Shown = TypeVar("_Shown")

_chat_callback = decorated_where(llm_chat_callback(), is_told)
_completion_callback = decorated_where(llm_completion_callback(), is_told)


@documented
class ChatKimiK2(TokenCounting, StructuredPrediction, ToolCalling):
    """Kimi K2, hosted or on your own server, for LlamaIndex.

    All arguments are keyword-only and optional; what is not set is not sent. Fields may be assigned
    to later, in the same words and with the same checks. Other words for a setting, and who wins
    where two things are said: `kimi_core.request.Options.read`.

    Args:
        model: Any spelling of a model's name; the endpoint's default where it is left out
            (kimi-k3.1-pro at Moonshot).
        endpoint: A preset's name ("moonshot", "openrouter", "vllm", "local", ...) or an `Endpoint`;
            where it is left out, that of ``base_url``'s host, ``custom`` for an unknown one.
        api_key: The key, or a function that is asked for it; otherwise it is looked for in the
            environment (MOONSHOT_API_KEY, then KIMI_API_KEY), then in the nearest ``.env``. Never
            written into dumps, pickles or events.
        additional_kwargs: Settings of every call, as LlamaIndex's OpenAI classes have them.
        system_prompt: Put before the messages of ``predict``, structured prediction and the
            engines, as everywhere in LlamaIndex.
        callback_manager: LlamaIndex's callbacks; any other field of ``FunctionCallingLLM`` too.
        **settings: Whom to ask and how: `kimi_core.chat.Settings`. What for: every field of
            `kimi_core.request.Options`, ``extra_body``, ``seed``, ``logprobs``, ``top_logprobs``
            and ``logit_bias``. ``help(ChatKimiK2)`` shows what each of them means.

    Raises:
        KimiConfigError: For a missing key, a setting that cannot work, or a keyword that is none:
            a misspelt one would be sent to the server, and mean nothing there.

    Examples:
        >>> from llama_index_kimi import ChatKimiK2
        >>> llm = ChatKimiK2(endpoint="vllm", base_url="http://gpu:8000/v1")
        >>> llm.metadata.model_name
        'moonshotai/Kimi-K2-Instruct'
    """

    def __init__(self, **settings: Unpack[Keywords]) -> None:
        # Not super(): type checkers make up a constructor for each class between.
        KimiBase.__init__(self, **settings)

    # -- chat -----------------------------------------------------------------------------------

    @_chat_callback
    def chat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponse:
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
        return self._chat.answer(*self._asked(messages, kwargs, unchanged))

    @_chat_callback
    async def achat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponse:
        """Return the answer to a conversation; see `chat`."""
        return await self._chat.aanswer(*self._asked(messages, kwargs, unchanged))

    @_chat_callback
    def stream_chat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponseGen:
        """Return an iterator over the answer as it grows; arguments as for `chat`.

        Each response holds all that was said so far, ``delta`` and ``thinking_delta`` what is new;
        the last one holds usage and finish reason.

        Raises:
            KimiStreamTruncatedError: Where the stream broke off; ``.partial`` holds what had come.
        """
        return self._chat.stream(*self._asked(messages, kwargs, unchanged, stream=True))

    @_chat_callback
    async def astream_chat(
        self, messages: Sequence[ChatMessage], **kwargs: Any
    ) -> ChatResponseAsyncGen:
        """Return an async iterator over the answer as it grows; see `stream_chat`."""
        return self._chat.astream(*self._asked(messages, kwargs, unchanged, stream=True))

    # -- complete -------------------------------------------------------------------------------

    @_completion_callback
    def complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponse:
        """Return the answer to a text, which is sent as one user message; see `chat`."""
        return self._chat.answer(*self._completed(prompt, formatted, kwargs))

    @_completion_callback
    async def acomplete(
        self, prompt: str, formatted: bool = False, **kwargs: Any
    ) -> CompletionResponse:
        """Return the answer to a text; see `complete`."""
        return await self._chat.aanswer(*self._completed(prompt, formatted, kwargs))

    @_completion_callback
    def stream_complete(
        self, prompt: str, formatted: bool = False, **kwargs: Any
    ) -> CompletionResponseGen:
        """Return an iterator over the answer to a text; see `stream_chat`."""
        return self._chat.stream(*self._completed(prompt, formatted, kwargs, stream=True))

    @_completion_callback
    async def astream_complete(
        self, prompt: str, formatted: bool = False, **kwargs: Any
    ) -> CompletionResponseAsyncGen:
        """Return an async iterator over the answer to a text; see `stream_chat`."""
        return self._chat.astream(*self._completed(prompt, formatted, kwargs, stream=True))

    # -- one request ----------------------------------------------------------------------------

    def _completed(
        self, prompt: str, formatted: bool, call: Mapping[str, Any], *, stream: bool = False
    ) -> tuple[Request, Callable[[Opened], Writer[CompletionResponse]]]:
        text = prompt if formatted else self.completion_to_prompt(prompt)  # type: ignore[misc]  # set by a validator
        return self._asked([ChatMessage(text)], call, completion_of, stream=stream)

    def _asked(
        self,
        messages: Sequence[ChatMessage],
        call: Mapping[str, Any],
        show: Callable[[ChatResponse], _Shown],
        *,
        stream: bool = False,
    ) -> tuple[Request, Callable[[Opened], Writer[_Shown]]]:
        """Return the request of one call, and what writes its answer.

        It is built now, so that a wrong setting is an error of the call itself, and not of the
        first item of a stream.
        """
        call = dict(call)
        single_call = not call.pop("allow_parallel_tool_calls", True)
        asked = CallOptions.read(self._said(), call)
        wire = to_wire(messages, asked.options.media_folder)
        request = self._chat.request(
            wire, wire_tools(asked.tools or ()), asked.options, stream=stream, model=asked.model
        )
        return request, partial(ResponseWriter, single_call=single_call, show=show)


def register() -> None:
    """Let LlamaIndex's ``load_llm`` read what `ChatKimiK2.to_dict` wrote."""
    from llama_index.core.llms.loading import RECOGNIZED_LLMS  # imports the OpenAI packages, too

    RECOGNIZED_LLMS[ChatKimiK2.class_name()] = ChatKimiK2
