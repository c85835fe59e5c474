"""The keywords of a ``ChatKimiK2``, as editors and type checkers see them.

Owns: `ModelKeywords`, which both constructors take apart: ``**settings: Unpack[ModelKeywords]``.
May know: config, endpoints, models, tokenizer; typing_extensions. What they mean stands at
`kimi_core.chat.Settings` and `kimi_core.request.Options`, what their values must be in
`kimi_core.errors`; None is "not set" everywhere.
"""

# Not for type checkers alone: `typing.get_type_hints` reads annotations where a program runs. They
# are no text, of which a TypedDict compiles each: that took 4 of the 90 ms of an adapter's import.
from collections.abc import Callable, Mapping, Sequence
from os import PathLike
from typing import Any, Literal

from typing_extensions import TypedDict

from kimi_core.config import ApiKey
from kimi_core.endpoints import Endpoint
from kimi_core.endpoints.tiers import Tier
from kimi_core.models import ModelName
from kimi_core.tokenizer import Tokenizer

__all__ = ["ModelKeywords"]


class ModelKeywords(TypedDict, total=False):
    """What either ``ChatKimiK2`` may be constructed with, in every word for it."""

    # Whom to ask.
    model: ModelName | str | None
    endpoint: str | Endpoint | Mapping[str, Any] | None
    api_key: ApiKey | None
    base_url: str | None
    base_model: str | None
    context_window: int | None
    api: Literal["chat", "completions"] | None
    tool_call_parser: Literal["auto", "server", "client"] | None

    # What for.
    temperature: float | None
    top_p: float | None
    n: int | None
    presence_penalty: float | None
    frequency_penalty: float | None
    seed: int | None
    logprobs: bool | None
    top_logprobs: int | None
    logit_bias: Mapping[Any, float] | None
    max_tokens: int | None
    stop: str | Sequence[str] | None
    prefix: str | None
    thinking: bool | Mapping[str, Any] | None
    keep_thinking: bool | None
    reasoning_effort: str | None
    tool_choice: str | bool | Mapping[str, Any] | None
    parallel_tool_calls: bool | None
    response_format: Any  # a dict, or a pydantic class
    stream_usage: bool | None
    coalesce: float | None
    tool_call_policy: str | None
    tool_call_retries: int | None
    prompt_cache_key: str | None
    prompt_cache_options: Mapping[str, Any] | None
    safety_identifier: str | None
    provider: Mapping[str, Any] | None
    escape_markers: bool | None
    tokenizer: Tokenizer | str | PathLike[str] | None
    media_fetcher: Callable[[str], bytes] | None
    media_folder: str | PathLike[str] | None
    files: Literal["extract"] | None
    extra_body: Mapping[str, Any] | None
    unsupported: Literal["error", "warn", "drop"] | None

    # How it is sent.
    timeout: Any  # seconds, or an httpx.Timeout of either major version
    total_timeout: float | None
    max_retries: int | None
    rate_limit: Tier | int | str | Mapping[str, Any] | None
    default_headers: Mapping[str, str] | None
    default_query: Mapping[str, object] | None
    extra_headers: Mapping[str, str] | None
    extra_query: Mapping[str, object] | None
    http_client: Any  # of httpx or httpx2
    http_async_client: Any  # of httpx or httpx2, or "aiohttp"

    # Other words for these; a setting's own name wins.
    api_base: str | None
    max_completion_tokens: int | None
    model_name: ModelName | str | None
    openai_api_base: str | None
    openai_api_key: ApiKey | None
    request_timeout: Any
    stop_sequences: str | Sequence[str] | None
