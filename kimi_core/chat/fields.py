"""Settings that no framework has, as fields of its pydantic models.

Owns: `ModelFields`. May know: endpoints; pydantic. It stands beside `Instance`, not in it, because
whoever asks without a framework does not need pydantic.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, Field

if TYPE_CHECKING:
    from kimi_core.endpoints import Endpoint

    EndpointLike = str | Endpoint
else:
    # pydantic would build a schema of Endpoint from its annotations; get_endpoint checks it.
    EndpointLike = Any

__all__ = ["ModelFields"]


class ModelFields(BaseModel):
    """Fields of both ``ChatKimiK2``; stands before the framework's class among the bases.

    `kimi_core.chat.Settings` and `kimi_core.request.Options` say what they mean. What may hold a
    secret, or cannot be written down, is left out of dumps.
    """

    endpoint: EndpointLike = Field(default="moonshot", description="A preset, or an Endpoint.")
    base_model: str | None = Field(default=None, description="The model whose facts apply.")
    context_window: int | None = Field(default=None, description="Tokens.")
    api: str | None = Field(default=None, description="chat or completions.")
    tool_call_parser: str | None = Field(default=None, description="auto, server or client.")
    thinking: bool | None = Field(default=None, description="None: the model's default.")
    keep_thinking: bool | None = Field(default=None, description="Earlier turns' reasoning too.")
    prompt_cache_key: str | None = Field(default=None, description="Id of the session.")
    safety_identifier: str | None = Field(default=None, description="The end user, hashed.")
    provider: dict[str, Any] | None = Field(default=None, description="OpenRouter's routing.")
    total_timeout: float | None = Field(
        default=None, description="Seconds for a whole request, retries included."
    )
    rate_limit: Any = Field(
        default=None, description="What the account may ask: a Tier, or one of Moonshot's by number"
    )
    tokenizer: Any = Field(
        default=None,
        exclude=True,
        description="A Tokenizer, or the path of a tiktoken.model; without one counts may be "
        "estimates.",
    )
    media_fetcher: Any = Field(
        default=None,
        exclude=True,
        repr=False,
        description="From URL to bytes, for pictures and videos, which Moonshot does not fetch.",
    )
    media_folder: Any = Field(
        default=None,
        exclude=True,
        repr=False,
        description="Where files that a message names may be read.",
    )
    default_headers: Mapping[str, str] | None = Field(default=None, exclude=True, repr=False)
    default_query: Mapping[str, object] | None = Field(default=None, exclude=True, repr=False)
