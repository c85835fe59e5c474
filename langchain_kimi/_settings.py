"""The fields of `ChatKimiK2`, and what becomes of them when one is constructed.

Owns: names, defaults and serialization of the settings; building the core's `KimiChat`. May know:
chat, kimi_core, request; langchain_core, langchain_openai, pydantic, typing_extensions.

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

from typing import TYPE_CHECKING, Any, ClassVar, cast

from langchain_core.language_models import ModelProfile
from langchain_openai.chat_models.base import BaseChatOpenAI
from pydantic import Field, PrivateAttr, SecretStr, model_validator
from typing_extensions import Self

from kimi_core import __version__
from kimi_core.chat import Instance, UnsaidDict, written_setting
from kimi_core.chat.fields import ModelFields, fields_by_word
from kimi_core.request.blocks import known

__all__ = ["LOAD_ARGUMENTS", "UNTOLD", "KimiSettings"]

# Who reads media and stream_usage are asked for as well, and nothing that traces need to show.
UNTOLD = frozenset(
    {"coalesce", "files", "media_fetcher", "media_folder"}
    | {"stream_usage", "tokenizer", "unsupported"}
)
_SAID_TO_OPENAI = ("reasoning", "service_tier", "store", "verbosity")
# A key that this langchain-core does not have would be a warning.
_PROFILE = ModelProfile.__required_keys__ | ModelProfile.__optional_keys__

_ID = ("langchain_kimi", "chat_models", "ChatKimiK2")
LOAD_ARGUMENTS: dict[str, Any] = {
    "allowed_objects": "core",
    "valid_namespaces": ["langchain_kimi"],
    "additional_import_mappings": {_ID: _ID},
}
"""What `langchain_core.load.loads` and ``load`` are told to load chains with a ``ChatKimiK2``."""


class KimiSettings(Instance, ModelFields, BaseChatOpenAI):
    """`BaseChatOpenAI` with Kimi's settings; not for use by itself."""

    model_name: str = Field(default="", alias="model", description="Afterwards, what is sent.")
    max_tokens: int | None = Field(default=None, alias="max_completion_tokens")
    openai_proxy: str | None = None  # the base fills it from OPENAI_PROXY
    use_responses_api: bool | None = False
    stream_chunk_timeout: float | None = None

    _rest: ClassVar[str] = "model_kwargs"
    _strict: ClassVar[bool] = False
    if not TYPE_CHECKING:  # `ClosesItself` says its type
        _chat = PrivateAttr()

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

    def _connection(self) -> dict[str, Any]:
        organization = known(**{"OpenAI-Organization": self.openai_organization})
        headers = organization | dict(self.default_headers or {})
        return {**super()._connection(), "default_headers": headers}

    def _connect(self) -> None:
        super()._connect()
        BaseChatOpenAI.__setattr__(self, "model_name", self._spelled())
        self._refresh_profile()

    def _refresh_profile(self) -> None:
        """Take the facts of the model, which the server may have named meanwhile."""
        if self.profile is None or isinstance(self.profile, UnsaidDict):
            found = self._resolve_model_profile()
            if found != self.profile:  # it is asked for with every request
                self.profile: ModelProfile | None = found

    @property
    def _default_params(self) -> dict[str, Any]:
        """What every request asks for: what was set, and nothing else."""
        said = self._said() | {name: getattr(self, name) for name in _SAID_TO_OPENAI}
        told = {k: v for k, v in said.items() if v is not None and k not in UNTOLD}
        return {"model": self.model_name, **told, **self.model_kwargs}

    def _resolve_model_profile(self) -> ModelProfile | None:
        chat = (self.__pydantic_private__ or {}).get("_chat")
        if chat is None:  # called by a validator that runs before validate_environment
            return None
        facts = chat.capabilities.profile().items()
        known_here = {name: fact for name, fact in facts if name in _PROFILE}
        return cast("ModelProfile", UnsaidDict(known_here))

    @classmethod
    def is_lc_serializable(cls) -> bool:
        """Whether `langchain_core.load.dumps` writes it; the key never leaves."""
        return True

    @classmethod
    def get_lc_namespace(cls) -> list[str]:
        """Return where `langchain_core.load.loads` finds the class."""
        return [*_ID[:-1]]

    @property
    def lc_secrets(self) -> dict[str, str]:
        """Name the variable that holds the key when a dump is loaded."""
        names = self._chat.capabilities.endpoint.api_key_names
        return {"openai_api_key": names[0], "api_key": names[0]} if names else {}

    @property
    def lc_attributes(self) -> dict[str, Any]:
        """What a dump holds in place of a field: no headers, since traces show a dump.

        And the model as the caller wrote it: the server is asked for it again after loading.
        """
        named = {"model_name": self._chat.settings.model or ""}
        objects = {name: getattr(self, name) for name in ("endpoint", "rate_limit")}
        written = {name: written_setting(name, one) for name, one in objects.items() if one}
        hidden = ("default_headers", "default_query")
        return {**named, **written, **{name: None for name in hidden if getattr(self, name)}}
