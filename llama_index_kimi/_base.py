"""What a LlamaIndex `ChatKimiK2` is made of: its settings, its connection, its identity.

Owns: the constructor, (de)serialisation, copies, closing, metadata.
May know: chat, config, errors, request; llama_index, pydantic. The openai SDK is imported by the
core on the first request, never here.

The key is no field: LlamaIndex writes every field into ``to_dict``, ``repr``, pickles and
instrumentation, which is how every peer leaks it. What may hold a secret beside it (headers, HTTP
clients) is not written either.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from llama_index.core.base.llms.types import ChatMessage, LLMMetadata
from llama_index.core.bridge.pydantic import Field, PrivateAttr, ValidationError, field_serializer
from llama_index.core.callbacks import CallbackManager
from llama_index.core.llms.function_calling import FunctionCallingLLM
from llama_index.core.prompts import BasePromptTemplate
from llama_index.core.types import BaseOutputParser, PydanticProgramMode
from pydantic import FieldSerializationInfo

from kimi_core.chat import Instance, KimiChat, ModelKeywords, Settings, written_setting
from kimi_core.config import ApiKey
from kimi_core.errors import KimiConfigError, setting_error
from kimi_core.request import PAYLOAD_FIELDS, option_names

__all__ = ["Keywords", "KimiBase"]

_SETTINGS = frozenset(item.name for item in dataclasses.fields(Settings)) - {"api_key"}
# A timeout of the instance belongs to the connection, of a call to its request.
_SAID = (option_names() - {"timeout"}) | PAYLOAD_FIELDS | {"extra_body"}


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


class KimiBase(Instance, FunctionCallingLLM):
    """Settings and connection of `llama_index_kimi.ChatKimiK2`, which documents them."""

    model: str | None = Field(default=None, description="Any spelling of a model's name.")
    endpoint: Any = Field(default=None, description="A preset's name, or an Endpoint.")
    base_url: str | None = Field(default=None, description="Where the server is.")
    base_model: str | None = Field(default=None, description="The model whose facts apply.")
    context_window: int | None = Field(default=None, description="Tokens.")
    temperature: float | None = Field(default=None, description="None: not sent.")
    top_p: float | None = Field(default=None, description="None: not sent.")
    n: int | None = Field(default=None, description="Answers; only 1.")
    presence_penalty: float | None = Field(default=None, description="None: not sent.")
    frequency_penalty: float | None = Field(default=None, description="None: not sent.")
    max_tokens: int | None = Field(default=None, description="None: not sent.")
    stop: str | list[str] | None = Field(default=None, description="Strings that end an answer.")
    thinking: bool | None = Field(default=None, description="None: the model's default.")
    keep_thinking: bool | None = Field(default=None, description="Earlier turns' reasoning too.")
    reasoning_effort: str | None = Field(default=None, description="Strength of thinking.")
    tool_call_parser: str | None = Field(default=None, description="auto, server or client.")
    api: str | None = Field(default=None, description="chat or completions.")
    prompt_cache_key: str | None = Field(default=None, description="Id of the session.")
    safety_identifier: str | None = Field(default=None, description="The end user, hashed.")
    provider: dict[str, Any] | None = Field(default=None, description="OpenRouter's routing.")
    parallel_tool_calls: bool | None = Field(default=None, description="None: not sent.")
    stream_usage: bool | None = Field(default=None, description="None: as the endpoint needs.")
    seed: int | None = Field(default=None, description="None: not sent.")
    logprobs: bool | None = Field(default=None, description="None: not sent.")
    top_logprobs: int | None = Field(default=None, description="None: not sent.")
    logit_bias: dict[str, float] | None = Field(default=None, description="None: not sent.")
    prompt_cache_options: dict[str, Any] | None = Field(default=None, description="Its ttl.")
    files: str | None = Field(default=None, description="extract: Moonshot reads documents.")
    extra_body: dict[str, Any] | None = Field(default=None, description="Sent as it is.")
    additional_kwargs: dict[str, Any] | None = Field(default=None, description="Of every call.")
    timeout: Any = Field(default=None, description="Seconds, or an httpx.Timeout.")
    total_timeout: float | None = Field(default=None, description="Seconds of a whole request.")
    max_retries: int | None = Field(default=None, description="Before the first byte.")
    rate_limit: Any = Field(default=None, description="A Tier, or one of Moonshot's by number.")
    default_query: dict[str, Any] | None = Field(default=None, exclude=True, repr=False)
    default_headers: dict[str, str] | None = Field(default=None, exclude=True, repr=False)
    http_client: Any = Field(default=None, exclude=True, repr=False)
    http_async_client: Any = Field(default=None, exclude=True, repr=False)
    media_fetcher: Any = Field(default=None, exclude=True, repr=False)
    media_folder: Any = Field(default=None, exclude=True, repr=False)
    tokenizer: Any = Field(default=None, exclude=True, repr=False)

    _api_key: ApiKey | None = PrivateAttr(default=None)
    _chat: KimiChat = PrivateAttr(default=None)  # type: ignore[assignment]  # until it is made

    def __init__(self, **settings: Any) -> None:  # noqa: ANN401 - `Keywords`, of a subclass also others
        known = type(self).model_fields.keys() | {"api_key"}
        given, others, unknown = self._sorted(settings, known)
        for name, hint in unknown.items():
            message = (
                f"ChatKimiK2 has no setting {name!r}.{hint} "
                "extra_body takes other fields of the payload."
            )
            raise KimiConfigError(message)
        if others:
            given["additional_kwargs"] = {**others, **given.get("additional_kwargs", {})}
        api_key = given.pop("api_key", None)
        try:
            super().__init__(**given)
        except ValidationError as error:
            raise setting_error(error) from None
        self._api_key = api_key
        self._connect()

    def _kept(self, word: str, value: Any) -> tuple[str, Any]:  # noqa: ANN401 - of any field
        return "_api_key" if word == "api_key" else word, value

    def _connect(self) -> None:
        fields = {name: getattr(self, name) for name in _SETTINGS}
        self._chat = KimiChat(Settings(api_key=self._api_key, **fields))

    @classmethod
    def class_name(cls) -> str:
        """Return the name under which LlamaIndex writes this class down."""
        return "ChatKimiK2"

    @property
    def metadata(self) -> LLMMetadata:
        """What LlamaIndex wants to know of the model: context, output budget, abilities."""
        capabilities = self._chat.capabilities
        info = capabilities.info
        # LlamaIndex's engines take this much away from the context for every prompt, so it must
        # leave room in a small one.
        num_output = min(info.default_output or 4096, info.context_window // 4)
        return LLMMetadata(
            context_window=info.context_window,
            num_output=self.max_tokens or num_output,
            is_chat_model=True,
            is_function_calling_model=True,
            model_name=capabilities.model,
        )

    def to_payload(self) -> dict[str, Any]:
        """Return what instrumentation is told of this model; nothing secret is in it."""
        payload = {"class_name": self.class_name(), **self.metadata.model_dump()}
        payload["endpoint"] = self._chat.capabilities.endpoint.name
        if self.thinking is not None:
            payload["thinking"] = self.thinking
        return payload

    def _said(self) -> dict[str, Any]:
        """Return what the instance was set to for its requests, as words of a call."""
        said = {name: value for name, value in self if name in _SAID and value is not None}
        return {**said, **(self.additional_kwargs or {})}

    @field_serializer("endpoint", "rate_limit", "timeout")
    def _write(self, value: Any, info: FieldSerializationInfo) -> Any:  # noqa: ANN401 - of any of them
        return written_setting(info.field_name, value)
