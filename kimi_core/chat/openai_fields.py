"""Fields that LangChain's class for OpenAI has, and no class of LlamaIndex.

Owns: `OpenAIFields`, and how settings that are objects are dumped. May know: its own files;
pydantic. It stands beside `ModelFields`, not with them, since LangChain's adapter needs none of it.
"""

# No annotations as text, of which pydantic compiles each.
from typing import Any

from pydantic import Field, FieldSerializationInfo, field_serializer

from kimi_core.chat._instance import written_setting
from kimi_core.chat.fields import ModelFields

__all__ = ["OpenAIFields"]


class OpenAIFields(ModelFields):
    """Fields that a framework's own class for OpenAI has, where ours is made without one.

    Settings that are objects are dumped as values of JSON.
    """

    model: str | None = Field(default=None, description="Any spelling of a model's name.")
    base_url: str | None = Field(default=None, description="Where the server is.")
    temperature: float | None = Field(default=None, description="None: not sent.")
    top_p: float | None = Field(default=None, description="None: not sent.")
    n: int | None = Field(default=None, description="Answers; only 1.")
    presence_penalty: float | None = Field(default=None, description="None: not sent.")
    frequency_penalty: float | None = Field(default=None, description="None: not sent.")
    max_tokens: int | None = Field(default=None, description="None: not sent.")
    stop: str | list[str] | None = Field(default=None, description="Strings that end an answer.")
    reasoning_effort: str | None = Field(default=None, description="Strength of thinking.")
    parallel_tool_calls: bool | None = Field(default=None, description="None: not sent.")
    stream_usage: bool | None = Field(default=None, description="None: as the endpoint needs.")
    seed: int | None = Field(default=None, description="None: not sent.")
    logprobs: bool | None = Field(default=None, description="None: not sent.")
    top_logprobs: int | None = Field(default=None, description="None: not sent.")
    logit_bias: dict[str, float] | None = Field(default=None, description="None: not sent.")
    prompt_cache_options: dict[str, Any] | None = Field(default=None, description="Its ttl.")
    extra_body: dict[str, Any] | None = Field(default=None, description="Sent as it is.")
    timeout: Any = Field(default=None, description="Seconds, or an httpx.Timeout.")
    max_retries: int | None = Field(default=None, description="Before the first byte.")
    http_client: Any = Field(default=None, exclude=True, repr=False)
    http_async_client: Any = Field(default=None, exclude=True, repr=False)

    @field_serializer("endpoint", "rate_limit", "timeout")
    def _write(self, value: Any, info: FieldSerializationInfo) -> Any:  # noqa: ANN401 - of any of them
        return written_setting(info.field_name, value)
