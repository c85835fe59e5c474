"""The fields of `ChatKimiK2`, and what becomes of them when one is constructed.

Owns: names, defaults and serialization of the settings; building the core's `KimiChat`. May know:
`kimi_core.chat`, and `BaseChatOpenAI`, whose fields it keeps.

Hooks of `BaseChatOpenAI` that are replaced here, each pinned by a test:

* ``validate_environment``: the base reads OPENAI_* variables and builds SDK clients at once; one
  async client for all event loops is why its models fail when ``asyncio.run`` is called twice.
* ``openai_proxy``, ``model_name``: the base's defaults are OPENAI_PROXY and an OpenAI model.
* ``use_responses_api``: False, not undecided; Kimi is never asked through that API.
* ``max_tokens``: takes ``max_completion_tokens`` too, as ``ChatOpenAI`` does.
* ``_default_params``: the base would add fields that Kimi does not have, and ``stream``.
* ``_resolve_model_profile``: the base knows OpenAI's models.
* ``lc_secrets``, ``lc_attributes``, ``get_lc_namespace``, ``is_lc_serializable``: so that a dump
  can be loaded, without the key in it.
"""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

from langchain_openai.chat_models.base import BaseChatOpenAI
from pydantic import Field, PrivateAttr, ValidationError, field_validator, model_validator

from kimi_core import __version__
from kimi_core.chat import KimiChat, Settings
from kimi_core.endpoints import Endpoint
from kimi_core.errors import KimiConfigError, KimiError
from langchain_kimi._profile import profile_of

if TYPE_CHECKING:
    from langchain_core.language_models import ModelProfile
    from typing_extensions import Self

    EndpointLike = str | Endpoint
else:
    # pydantic would build a schema of Endpoint from its annotations; get_endpoint checks it.
    EndpointLike = Any

__all__ = ["KimiSettings"]

_CALL_FIELDS = (
    "temperature",
    "top_p",
    "n",
    "presence_penalty",
    "frequency_penalty",
    "max_tokens",
    "stop",
    "thinking",
    "keep_thinking",
    "reasoning_effort",
    "reasoning",
    "prompt_cache_key",
    "safety_identifier",
    "provider",
    "seed",
    "logprobs",
    "top_logprobs",
    "logit_bias",
    "service_tier",
    "store",
    "verbosity",
)


def _own_error(error: ValidationError) -> KimiError | None:
    for detail in error.errors(include_url=False, include_input=False):
        cause = detail.get("ctx", {}).get("error")
        if isinstance(cause, KimiError):
            return cause
    return None


class KimiSettings(BaseChatOpenAI):
    """`BaseChatOpenAI` with Kimi's settings; not for use by itself."""

    model_name: str = Field(default="", alias="model")
    """The model under any spelling; after construction, the name that is sent."""

    max_tokens: int | None = Field(default=None, alias="max_completion_tokens")
    """Limit of the answer in tokens, reasoning included; not sent unless set."""

    endpoint: EndpointLike = "moonshot"
    """A preset's name or an `Endpoint`; see `langchain_kimi.endpoints`."""

    base_model: str | None = None
    """The model whose facts apply where a server uses a name of its own."""

    context_window: int | None = None
    """Tokens, where the server was started with fewer than the model has."""

    api: str | None = None
    """"chat" or "completions" (the prompt is rendered here); the endpoint's own by default."""

    tool_call_parser: str | None = None
    """Who parses raw tokens: "server", "client" or "auto"; the endpoint's own by default."""

    thinking: bool | None = None
    """Whether to think; the model's default where it is None."""

    keep_thinking: bool | None = None
    """Whether the reasoning of every earlier turn is sent back, not only that beside tool calls."""

    prompt_cache_key: str | None = None
    """Session id for the prefix cache."""

    safety_identifier: str | None = None
    """The end user, hashed."""

    provider: dict[str, Any] | None = None
    """OpenRouter's provider routing."""

    tokenizer: Any = Field(default=None, exclude=True)
    """A `kimi_core.Tokenizer`, or the path of Kimi's ``tiktoken.model``; without one it is looked
    for (see `kimi_core.Tokenizer.find`), and counts are estimates where there is none."""

    media_fetcher: Any = Field(default=None, exclude=True, repr=False)
    """A function from URL to bytes, for http(s) URLs of pictures and videos, which Moonshot does
    not fetch: `kimi_core.fetch.fetch_media`, or your own. It blocks while a request is built."""

    openai_proxy: str | None = None  # the base fills it from OPENAI_PROXY
    use_responses_api: bool | None = False

    _chat: KimiChat = PrivateAttr()

    def __init__(self, **kwargs: Any) -> None:  # noqa: ANN401 - the fields  # noqa: ANN401 - the fields
        """Build the model; nothing is connected yet.

        Raises:
            KimiConfigError: For a setting that cannot work.
        """
        if kwargs.get("model", "") is None:
            del kwargs["model"]
        try:
            super().__init__(**kwargs)
        except ValidationError as error:
            # pydantic wraps every ValueError; the sentence alone is what helps.
            raise _own_error(error) or error from None

    @field_validator("endpoint", mode="before")
    @classmethod
    def _read_endpoint(cls, value: Any) -> EndpointLike:  # noqa: ANN401 - as a dump holds it
        return Endpoint(**value) if isinstance(value, dict) else value

    @model_validator(mode="after")
    def validate_environment(self) -> Self:
        """Resolve model, endpoint and key; the base would read OPENAI_* variables here.

        Raises:
            KimiConfigError: For a setting that cannot work.
        """
        if self.use_responses_api:
            message = (
                "use_responses_api=True is refused: Kimi has no Responses API that keeps reasoning "
                "and tools; leave it out."
            )
            raise KimiConfigError(message)
        if self.openai_proxy is not None:
            message = (
                "openai_proxy is refused: it is OpenAI's setting. Set HTTPS_PROXY, or pass "
                "http_client= and http_async_client= with a proxy."
            )
            raise KimiConfigError(message)
        self._chat = KimiChat(self._settings())
        self.model_name = self._chat.capabilities.model
        if self.profile is None:
            self.profile = self._resolve_model_profile()
        return self

    @model_validator(mode="after")
    def _set_langchain_kimi_version(self) -> Self:
        self._add_version("langchain-kimi", __version__)
        return self

    def _settings(self) -> Settings:
        headers = dict(self.default_headers or {})
        if self.openai_organization:
            headers.setdefault("OpenAI-Organization", self.openai_organization)
        return Settings(
            model=self.model_name or None,
            endpoint=self.endpoint,
            api_key=self.openai_api_key,
            base_url=self.openai_api_base,
            base_model=self.base_model,
            context_window=self.context_window,
            api=self.api,
            tool_call_parser=self.tool_call_parser,
            timeout=self.request_timeout,
            max_retries=self.max_retries,
            default_headers=headers,
            default_query=self.default_query,
            http_client=self.http_client,
            http_async_client=self.http_async_client,
        )

    @property
    def _default_params(self) -> dict[str, Any]:
        """What every request asks for: what was set, and nothing else."""
        chosen = {name: getattr(self, name) for name in _CALL_FIELDS}
        return {
            "model": self.model_name,
            **{name: value for name, value in chosen.items() if value is not None},
            **self.model_kwargs,
            **({"extra_body": dict(self.extra_body)} if self.extra_body else {}),
        }

    def _resolve_model_profile(self) -> ModelProfile | None:
        try:
            return profile_of(self._chat.capabilities)
        except AttributeError:  # called by a validator that runs before validate_environment
            return None

    @classmethod
    def is_lc_serializable(cls) -> bool:
        """Whether `langchain_core.load.dumps` writes it; the key never leaves."""
        return True

    @classmethod
    def get_lc_namespace(cls) -> list[str]:
        """Return where `langchain_core.load.loads` finds the class."""
        return ["langchain_kimi", "chat_models"]

    @property
    def lc_secrets(self) -> dict[str, str]:
        """Name the variable that holds the key when a dump is loaded."""
        names = self._chat.capabilities.endpoint.api_key_names
        return {"openai_api_key": names[0], "api_key": names[0]} if names else {}

    @property
    def lc_attributes(self) -> dict[str, Any]:
        """What a dump holds in place of a field: an `Endpoint` of your own, as a dict.

        And no model where none was named: the server is asked for it again after loading.
        """
        named = self._chat.settings.model is not None
        unnamed = {} if named else {"model_name": ""}
        if isinstance(self.endpoint, str):
            return unnamed
        endpoint = {item.name: getattr(self.endpoint, item.name) for item in fields(Endpoint)}
        return {**unnamed, "endpoint": endpoint}
