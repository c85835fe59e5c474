"""The fields of `ChatKimiK2`, and what becomes of them when one is constructed.

Owns: names, defaults and serialization of the settings; building the core's `KimiChat`. May know:
chat, endpoints, kimi_core, request; langchain_core, langchain_openai, pydantic, typing_extensions.

Hooks of `BaseChatOpenAI` that are replaced here, each pinned by a test:

* ``validate_environment``: the base reads OPENAI_* variables and builds SDK clients at once; one
  async client for all event loops is why its models fail when ``asyncio.run`` is called twice.
* ``default_headers``, ``default_query``: may hold a secret, so that no dump has them.
* ``openai_proxy``, ``model_name``, ``use_responses_api``: OpenAI's defaults, and undecided.
* ``stream_chunk_timeout``: the `timeout` of streams where it is set; the base's own is 120 s.
* ``max_tokens``: takes ``max_completion_tokens`` too, as ``ChatOpenAI`` does.
* ``_default_params``: the base would add fields that Kimi does not have, and ``stream``.
* ``_resolve_model_profile``: the base knows OpenAI's models.
* ``model_copy``, as copy, pickle and assignment (`kimi_core.chat.Instance`): connections hold
  locks, which the base's copies stumble over, and follow the fields here.
* ``lc_secrets``, ``lc_attributes``, ``get_lc_namespace``, ``is_lc_serializable``: so that a dump
  can be loaded, without the key in it.
"""

from __future__ import annotations

from dataclasses import fields
from typing import Any, cast

from langchain_core.language_models import ModelProfile
from langchain_openai.chat_models.base import BaseChatOpenAI
from pydantic import Field, PrivateAttr, SecretStr, model_validator
from typing_extensions import Self

from kimi_core import Capabilities, __version__
from kimi_core.chat import Instance, KimiChat, Settings
from kimi_core.chat.fields import ModelFields, fields_by_word
from kimi_core.endpoints import written_endpoint
from kimi_core.endpoints.tiers import Tier
from kimi_core.request import PAYLOAD_FIELDS, option_names
from kimi_core.request.blocks import known

__all__ = ["UNTOLD", "KimiSettings"]

# Who reads media and stream_usage are asked for as well, and nothing that traces need to show.
UNTOLD = frozenset(
    {"files", "media_fetcher", "media_folder", "stream_usage", "tokenizer", "unsupported"}
)
_SAID_TO_OPENAI = {"reasoning", "service_tier", "store", "verbosity"}
_SAID = sorted((option_names() - UNTOLD) | PAYLOAD_FIELDS | _SAID_TO_OPENAI)
_CONNECTION = frozenset(item.name for item in fields(Settings)) - {"model"}


# A key that this langchain-core does not have would be a warning.
_PROFILE = ModelProfile.__required_keys__ | ModelProfile.__optional_keys__


def _profile(capabilities: Capabilities) -> ModelProfile:
    facts = capabilities.profile().items()
    return cast("ModelProfile", {name: fact for name, fact in facts if name in _PROFILE})


class Spelled(str):
    """The name of a model that nobody named; configurable_fields hands it to each copy."""

    __slots__ = ()


class Facts(dict[str, Any]):
    """A profile that nobody wrote, likewise."""


class KimiSettings(Instance, ModelFields, BaseChatOpenAI):
    """`BaseChatOpenAI` with Kimi's settings; not for use by itself."""

    model_name: str = Field(default="", alias="model", description="Afterwards, what is sent.")
    max_tokens: int | None = Field(default=None, alias="max_completion_tokens")
    openai_proxy: str | None = None  # the base fills it from OPENAI_PROXY
    use_responses_api: bool | None = False
    stream_chunk_timeout: float | None = None

    _chat: KimiChat = PrivateAttr()

    def _kept(self, word: str, value: Any) -> tuple[str, Any]:
        hidden = word == "api_key" and isinstance(value, str)
        return fields_by_word(type(self)).get(word, word), SecretStr(value) if hidden else value

    @model_validator(mode="after")
    def validate_environment(self) -> Self:
        """Resolve model, endpoint and key; the base would read OPENAI_* variables here.

        Raises:
            KimiConfigError: For a setting that cannot work.
        """
        self._connect()
        self._add_version("langchain-kimi", __version__)
        return self

    def _connect(self) -> None:
        kept = fields_by_word(type(self))
        settings = {word: getattr(self, kept[word]) for word in _CONNECTION}
        organization = known(**{"OpenAI-Organization": self.openai_organization})
        settings["default_headers"] = organization | dict(self.default_headers or {})
        before: KimiChat | None = (self.__pydantic_private__ or {}).get("_chat")
        named: str | None = self.model_name
        if before is not None and named == before.spelled:
            named = before.settings.model  # None where nobody named it
        self._chat = KimiChat(Settings(model=named or None, **settings))
        spelled = self._chat.spelled if named else Spelled(self._chat.spelled)
        BaseChatOpenAI.__setattr__(self, "model_name", spelled)
        stale = before is not None and self.profile == _profile(before.capabilities)
        if self.profile is None or stale:
            self.profile = cast("ModelProfile", Facts(self._resolve_model_profile() or {}))

    @property
    def _default_params(self) -> dict[str, Any]:
        """What every request asks for: what was set, and nothing else."""
        said = {name: getattr(self, name, None) for name in _SAID}
        chosen = {name: value for name, value in said.items() if value is not None}
        body = known(extra_body=dict(self.extra_body or {}))
        return {"model": self.model_name, **chosen, **self.model_kwargs, **body}

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
        """What a dump holds in place of a field: no headers, since traces show a dump.

        And no model where none was named: the server is asked for it again after loading.
        """
        told: dict[str, Any] = {} if self._chat.settings.model else {"model_name": ""}
        if self.endpoint is not None:
            told["endpoint"] = written_endpoint(self.endpoint)
        if self.rate_limit is not None:
            told["rate_limit"] = Tier.of(self.rate_limit).written()
        hidden = ("default_headers", "default_query")
        return told | {name: None for name in hidden if getattr(self, name)}
