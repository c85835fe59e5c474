"""The fields of `ChatKimiK2`, and what becomes of them when one is constructed.

Owns: names, defaults and serialization of the settings; building the core's `KimiChat`. May know:
capabilities, chat, endpoints, errors, kimi_core, request, tokenizer; langchain_core,
langchain_openai, pydantic, typing_extensions.

Hooks of `BaseChatOpenAI` that are replaced here, each pinned by a test:

* ``validate_environment``: the base reads OPENAI_* variables and builds SDK clients at once; one
  async client for all event loops is why its models fail when ``asyncio.run`` is called twice.
* ``default_headers``, ``default_query``: may hold a secret, so that no dump has them.
* ``openai_proxy``, ``model_name``: the base's defaults are OPENAI_PROXY and an OpenAI model.
* ``use_responses_api``: False, not undecided; Kimi is never asked through that API.
* ``max_tokens``: takes ``max_completion_tokens`` too, as ``ChatOpenAI`` does.
* ``_default_params``: the base would add fields that Kimi does not have, and ``stream``.
* ``_resolve_model_profile``: the base knows OpenAI's models.
* ``model_copy``, and what copy, pickle and assignment call (`kimi_core.chat.Instance`): connections
  hold locks, which the base's copies stumble over, and follow the fields here.
* ``lc_secrets``, ``lc_attributes``, ``get_lc_namespace``, ``is_lc_serializable``: so that a dump
  can be loaded, without the key in it.
"""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003 - pydantic reads it
from dataclasses import fields
from functools import cache
from typing import TYPE_CHECKING, Any, cast, get_type_hints

from langchain_core.language_models import ModelProfile
from langchain_openai.chat_models.base import BaseChatOpenAI
from pydantic import (
    Field,
    PrivateAttr,
    SecretStr,
    ValidationError,
    model_validator,
)

from kimi_core import __version__
from kimi_core.chat import Instance, KimiChat, Settings
from kimi_core.endpoints import Endpoint, written_endpoint
from kimi_core.endpoints.tiers import Tier
from kimi_core.errors import (
    UnknownSettingWarning,
    setting_error,
    warn,
)
from kimi_core.request import PAYLOAD_FIELDS, option_names
from kimi_core.tokenizer import Tokenizer

if TYPE_CHECKING:
    from typing_extensions import Self

    from kimi_core.capabilities import Capabilities

    EndpointLike = str | Endpoint
else:
    # pydantic would build a schema of Endpoint from its annotations; get_endpoint checks it.
    EndpointLike = Any

__all__ = ["UNTOLD", "KimiSettings"]

# Who reads media and stream_usage are asked for as well, and nothing that traces need to show.
UNTOLD = frozenset({"media_fetcher", "media_folder", "stream_usage", "tokenizer"})
_SAID = (option_names() - UNTOLD) | PAYLOAD_FIELDS
_SAID_TO_OPENAI = {"reasoning", "service_tier", "store", "verbosity"}
_CONNECTION = frozenset(item.name for item in fields(Settings)) - {"model"}


@cache
def _fields_by_word(kind: type[BaseChatOpenAI]) -> dict[str, str]:
    """Return the field that each keyword is kept in: ``base_url`` is openai_api_base."""
    named = {name: name for name in kind.model_fields}
    return named | {item.alias: name for name, item in kind.model_fields.items() if item.alias}


@cache
def _said_by(kind: type[BaseChatOpenAI]) -> tuple[str, ...]:
    return tuple(sorted((_SAID & kind.model_fields.keys()) | _SAID_TO_OPENAI))


@cache
def _profile_words() -> frozenset[str]:
    # A key that this langchain-core does not have would be a warning; reading them takes 0.2 ms.
    return frozenset(get_type_hints(ModelProfile))


def _profile(capabilities: Capabilities) -> ModelProfile:
    known, facts = _profile_words(), capabilities.profile()
    return cast("ModelProfile", {name: facts[name] for name in facts if name in known})


class KimiSettings(Instance, BaseChatOpenAI):
    """`BaseChatOpenAI` with Kimi's settings; not for use by itself."""

    model_name: str = Field(default="", alias="model")
    """The model under any spelling; after construction, the name that is sent."""

    max_tokens: int | None = Field(default=None, alias="max_completion_tokens")
    """Limit of the answer in tokens, reasoning included; not sent unless set."""

    endpoint: EndpointLike = "moonshot"
    """A preset's name or an `Endpoint`; see `langchain_kimi.endpoints`."""

    base_model: str | None = Field(default=None, description="The model whose facts apply.")
    context_window: int | None = Field(default=None, description="Tokens.")
    api: str | None = Field(default=None, description="chat or completions.")
    tool_call_parser: str | None = Field(default=None, description="auto, server or client.")
    thinking: bool | None = Field(default=None, description="None: the model's default.")
    keep_thinking: bool | None = Field(default=None, description="Earlier turns' reasoning too.")
    tool_call_policy: str | None = Field(default=None, description="repair, strict or off.")
    tool_call_retries: int | None = Field(default=None, description="0 to 3; None is 1.")
    prompt_cache_key: str | None = Field(default=None, description="Id of the session.")
    safety_identifier: str | None = Field(default=None, description="The end user, hashed.")
    provider: dict[str, Any] | None = Field(default=None, description="OpenRouter's routing.")

    total_timeout: float | None = None
    """Seconds for a whole request, retries included; ``timeout`` is for the gaps in its answer."""

    tokenizer: Any = Field(default=None, exclude=True)
    """A `kimi_core.Tokenizer`, or the path of Kimi's ``tiktoken.model``; without one it is looked
    for (see `kimi_core.Tokenizer.find`), and counts are estimates where there is none."""

    media_fetcher: Any = Field(default=None, exclude=True, repr=False)
    """A function from URL to bytes, for http(s) URLs of pictures and videos, which Moonshot does
    not fetch: `kimi_core.fetch.fetch_media`, or your own. It blocks while a request is built."""

    media_folder: Any = Field(default=None, exclude=True, repr=False)
    """Where files that a message names may be read; see `kimi_core.request.Options`."""

    rate_limit: Any = None
    """What the account may ask: a `kimi_core.Tier`, or the number of one of Moonshot's tiers."""

    default_headers: Mapping[str, str] | None = Field(default=None, exclude=True, repr=False)
    default_query: Mapping[str, object] | None = Field(default=None, exclude=True, repr=False)
    openai_proxy: str | None = None  # the base fills it from OPENAI_PROXY
    use_responses_api: bool | None = False

    _chat: KimiChat = PrivateAttr()
    _spelled: str = PrivateAttr()

    def __init__(self, **kwargs: Any) -> None:  # noqa: ANN401 - the fields
        """Build the model; nothing is connected yet.

        A keyword that is no setting goes into ``model_kwargs`` with a warning, as in ChatOpenAI:
        code that was written for it passes fields of its server in that way.

        Raises:
            KimiConfigError: For a setting that cannot work.
        """
        known = _fields_by_word(type(self)).keys()
        given, others, unknown = self._sorted(kwargs, known)
        for name, hint in unknown.items():
            message = (
                f"ChatKimiK2 has no setting {name!r}; it is sent in the payload as it is.{hint} "
                "model_kwargs takes such fields without a warning."
            )
            warn(message, UnknownSettingWarning)
        if others:
            given["model_kwargs"] = {**others, **given.get("model_kwargs", {})}
        try:
            super().__init__(**given)
        except ValidationError as error:
            # pydantic wraps every ValueError; the sentence alone is what helps.
            raise setting_error(error) from None

    def _kept(self, word: str, value: Any) -> tuple[str, Any]:  # noqa: ANN401 - of any field
        hidden = word == "api_key" and isinstance(value, str)
        return _fields_by_word(type(self)).get(word, word), SecretStr(value) if hidden else value

    @model_validator(mode="after")
    def validate_environment(self) -> Self:
        """Resolve model, endpoint and key; the base would read OPENAI_* variables here.

        Raises:
            KimiConfigError: For a setting that cannot work.
        """
        self._connect()
        return self

    @model_validator(mode="after")
    def _set_langchain_kimi_version(self) -> Self:
        self._add_version("langchain-kimi", __version__)
        return self

    def _connect(self) -> None:
        known = _fields_by_word(type(self))
        settings = {word: getattr(self, known[word]) for word in _CONNECTION}
        settings["default_headers"] = dict(self.default_headers or {})
        if self.openai_organization:
            settings["default_headers"].setdefault("OpenAI-Organization", self.openai_organization)
        before: KimiChat | None = (self.__pydantic_private__ or {}).get("_chat")
        named: str | None = self.model_name
        if before is not None and named == self._spelled:
            named = before.settings.model  # None where nobody named it
        self._chat = KimiChat(Settings(model=named or None, **settings))
        self._spelled = self._chat.capabilities.model
        BaseChatOpenAI.__setattr__(self, "model_name", self._spelled)
        stale = before is not None and self.profile == _profile(before.capabilities)
        if self.profile is None or stale:
            self.profile = self._resolve_model_profile()

    @property
    def _default_params(self) -> dict[str, Any]:
        """What every request asks for: what was set, and nothing else."""
        chosen = {name: getattr(self, name) for name in _said_by(type(self))}
        return {
            "model": self.model_name,
            **{name: value for name, value in chosen.items() if value is not None},
            **self.model_kwargs,
            **({"extra_body": dict(self.extra_body)} if self.extra_body else {}),
        }

    def _tokenizer(self) -> Tokenizer:
        given = self.tokenizer
        return given if isinstance(given, Tokenizer) else Tokenizer.find(given)

    def _resolve_model_profile(self) -> ModelProfile | None:
        try:
            return _profile(self._chat.capabilities)
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
        """What a dump holds in place of a field: an `Endpoint` of your own, as a dict; no headers.

        And no model where none was named: the server is asked for it again after loading.
        """
        told: dict[str, Any] = {} if self._chat.settings.model else {"model_name": ""}
        if not isinstance(self.endpoint, str):
            told["endpoint"] = written_endpoint(self.endpoint)
        if self.rate_limit is not None:
            told["rate_limit"] = Tier.of(self.rate_limit).written()
        # They may hold a secret, and traces show what a dump holds.
        hidden = ("default_headers", "default_query")
        return told | {name: None for name in hidden if getattr(self, name)}
