"""What a LlamaIndex `ChatKimiK2` is made of: its settings, its connection, its identity.

Owns: the constructor, (de)serialisation, copies, closing, metadata; whether anybody listens.
May know: chat, config; llama_index. The core imports the openai SDK, on the first request.

The key is no field: LlamaIndex writes every field into ``to_dict``, ``repr``, pickles and
instrumentation, which is how every peer leaks it. What may hold a secret beside it (headers, HTTP
clients) is not written either.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from llama_index.core.base.llms.types import ChatMessage, LLMMetadata
from llama_index.core.bridge.pydantic import Field, PrivateAttr
from llama_index.core.callbacks import CallbackManager
from llama_index.core.instrumentation.event_handlers import NullEventHandler
from llama_index.core.llms import callbacks
from llama_index.core.llms.function_calling import FunctionCallingLLM
from llama_index.core.prompts import BasePromptTemplate
from llama_index.core.types import BaseOutputParser, PydanticProgramMode

from kimi_core.chat import Instance, ModelKeywords
from kimi_core.chat.fields import in_one_sentence
from kimi_core.chat.openai_fields import OpenAIFields
from kimi_core.config import ApiKey

__all__ = ["Keywords", "KimiBase", "is_told"]


class Keywords(ModelKeywords, total=False):
    """What a constructor takes: the settings of every framework, and LlamaIndex's own."""

    additional_kwargs: Mapping[str, Any] | None
    callback_manager: CallbackManager | None
    rate_limiter: Any
    system_prompt: str | None
    messages_to_prompt: Callable[[Sequence[ChatMessage]], str] | None
    completion_to_prompt: Callable[[str], str] | None
    output_parser: BaseOutputParser | None
    pydantic_program_mode: PydanticProgramMode
    query_wrapper_prompt: BasePromptTemplate | None


class KimiBase(Instance, OpenAIFields, FunctionCallingLLM):
    """Settings and connection of `llama_index_kimi.ChatKimiK2`, which documents them."""

    additional_kwargs: dict[str, Any] | None = Field(default=None, description="Of every call.")

    _rest: ClassVar[str] = "additional_kwargs"
    _strict: ClassVar[bool] = True
    _api_key: ApiKey | None = PrivateAttr(default=None)
    if not TYPE_CHECKING:  # `ClosesItself` says its type
        _chat = PrivateAttr(default=None)

    def __init__(self, **settings: Any) -> None:
        given = self._sorted(settings)
        api_key = given.pop("api_key", None)
        with in_one_sentence():
            super().__init__(**given)
        self._api_key = api_key
        self._connect()

    def _kept(self, word: str, value: Any) -> tuple[str, Any]:
        return "_api_key" if word == "api_key" else word, value

    @classmethod
    def class_name(cls) -> str:
        """Return the name under which LlamaIndex writes this class down."""
        return "ChatKimiK2"

    @property
    def metadata(self) -> LLMMetadata:
        """What LlamaIndex wants to know of the model: context, output budget, abilities."""
        capabilities = self._chat.capabilities
        return LLMMetadata(
            context_window=capabilities.info.context_window,
            num_output=self.max_tokens or capabilities.room_for_output,
            is_chat_model=True,
            is_function_calling_model=True,
            model_name=capabilities.model,
        )

    def to_payload(self) -> dict[str, Any]:
        """Return what instrumentation is told of this model; nothing secret is in it."""
        payload = {"class_name": self.class_name(), **self.metadata.model_dump()}
        thinking = {} if self.thinking is None else {"thinking": self.thinking}
        return {**payload, "endpoint": self._chat.capabilities.endpoint.name, **thinking}

    def _said(self) -> dict[str, Any]:
        return {**super()._said(), **(self.additional_kwargs or {})}


def is_told(model: KimiBase) -> bool:
    """Whether anybody is told of a request, or a limiter asked: all that LlamaIndex's callbacks do.

    They make an event of each chunk: 10 of the 31 microseconds that one took (``make profile``).
    """
    if model.rate_limiter is not None or getattr(model.callback_manager, "handlers", True):
        return True
    told: Any = callbacks.dispatcher
    while told and all(type(handler) is NullEventHandler for handler in told.event_handlers):
        told = told.parent if told.propagate else None
    return told is not None
