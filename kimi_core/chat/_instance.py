"""What a ``ChatKimiK2`` is besides its framework: connections, settings, copies.

Owns: how such an object is closed, assigned to, copied, shown and written down, which is the same
in every framework whose models are pydantic's. May know: its own files, _json, config, endpoints,
errors, request, tokenizer; typing_extensions.
"""

from __future__ import annotations

import weakref
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import fields
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, cast

from typing_extensions import Self

from kimi_core._json import Message, Tool
from kimi_core.chat._settings import Settings
from kimi_core.config import key_of_a_copy
from kimi_core.endpoints import (
    LACKED_FIELDS,
    endpoint_at,
    endpoint_of_a_copy,
    get_endpoint,
    written_endpoint,
)
from kimi_core.endpoints.tiers import Tier
from kimi_core.errors import (
    KimiConfigError,
    UnknownSettingWarning,
    meant_instead,
    nearest_setting,
    warn,
)
from kimi_core.request import PAYLOAD_FIELDS, option_names, read_settings
from kimi_core.request.foreign import countable
from kimi_core.tokenizer import Tokenizer

if TYPE_CHECKING:
    from kimi_core.chat._chat import KimiChat

__all__ = ["AlsoCalled", "ClosesItself", "Instance", "UnsaidDict", "written_setting"]

# typing.Self came with Python 3.11.
_Closes = TypeVar("_Closes", bound="ClosesItself")
_Same = TypeVar("_Same", bound="Instance")

# A timeout of the instance belongs to the connection, of a call to its request.
_SAID = sorted((option_names() - {"timeout"}) | PAYLOAD_FIELDS | {"extra_body"})
_CONNECTION = frozenset(item.name for item in fields(Settings))
_OF_THE_METHOD = {"stream_options"}  # usage, which streams are asked for anyway
# What may hold a secret, or cannot be written down.
_UNWRITTEN = frozenset(
    {
        "api_key", "default_headers", "default_query", "http_async_client", "http_client",
        "media_fetcher", "media_folder", "openai_api_key", "tokenizer",
    }
)  # fmt: skip
# Locks cannot be copied; what holds them is shared by copies.
_SHARED = ("_chat", "http_async_client", "http_client", "tokenizer")


def _say_unknown(name: str, hint: str, rest: str, *, strict: bool) -> None:
    sentence = f"ChatKimiK2 has no setting {name!r}"
    if strict:
        raise KimiConfigError(f"{sentence}.{hint} extra_body takes other fields of the payload.")
    message = (
        f"{sentence}; it is sent in the payload as it is.{hint} {rest} takes such fields without a "
        "warning."
    )
    warn(message, UnknownSettingWarning)


def written_setting(name: str, value: Any) -> Any:  # noqa: ANN401 - of any setting
    """Return the `value` of the setting `name` as JSON has it; what already is JSON stays."""
    if name == "endpoint":
        return written_endpoint(value)
    if name == "rate_limit":
        return None if value is None else Tier.of(value).written()
    if name == "timeout":  # an httpx.Timeout cannot be written
        return value if isinstance(value, (int, float)) else None
    return value


class SpelledText(str):
    """The name of a model as its endpoint spells it, where the caller wrote another one, or none.

    Taken for the caller's own, a server that serves it under the short name answers it with a 404.

    Attributes:
        said: The name as the caller wrote it; None where nobody named a model.
    """

    __slots__ = ("_chat", "said")

    said: str | None
    _chat: weakref.ref[KimiChat]

    def __new__(cls, chat: KimiChat) -> SpelledText:  # noqa: PYI034 - see above
        made = super().__new__(cls, chat.spelled)
        made.said, made._chat = chat.settings.model, weakref.ref(chat)
        return made

    @property
    def chat(self) -> KimiChat | None:
        """Who asks under this name, as long as somebody holds it."""
        return self._chat()

    def __deepcopy__(self, _memo: object) -> SpelledText:
        return self

    def __reduce__(self) -> tuple[type[str], tuple[str]]:
        return str, (str(self),)


class AlsoCalled(str):
    """A name that is found under another one as well, where a framework has a list of names."""

    __slots__ = ("_other",)

    _other: str

    def __new__(cls, name: str, other: str) -> AlsoCalled:  # noqa: PYI034 - see above
        made = super().__new__(cls, name)
        made._other = other
        return made

    def __eq__(self, name: object) -> bool:
        return str.__eq__(self, name) is True or name == self._other

    def __hash__(self) -> int:
        return hash(self._other)

    def __reduce__(self) -> tuple[type[str], tuple[str]]:
        return str, (str(self),)  # what is written down is the name alone


class UnsaidDict(dict[str, Any]):
    """The profile of a model that nobody wrote.

    LangChain's ``configurable_fields`` hands the fields of an instance to each copy.
    """


def _said(value: Any) -> Any:  # noqa: ANN401 - of any field
    """Return what the caller said where a field of another instance is handed on."""
    if isinstance(value, SpelledText):
        return value.said
    return None if isinstance(value, UnsaidDict) else value


class ClosesItself:
    """Has connections; a context manager, sync and async, that closes them at its end."""

    if TYPE_CHECKING:
        _chat: KimiChat

    def warm(self) -> None:
        """Do what the first request would wait for: open the connection, and ask what is served.

        The openai SDK is imported, certificates are read, a self-hosted server that nobody named
        a model of is asked for it, and the embedded engine is started where it is the endpoint.
        The server sees one GET of its base URL, which costs nothing.

        Raises:
            KimiConnectionError: Where there is no server.
        """
        self._chat.warm()

    async def awarm(self) -> None:
        """Do what `warm` does, for the running event loop, which has connections of its own."""
        await self._chat.awarm()

    def close(self) -> None:
        """Close the connections; a later request opens new ones."""
        self._chat.close()

    async def aclose(self) -> None:
        """Close the connections of the running event loop, and the sync ones."""
        await self._chat.aclose()

    def __enter__(self: _Closes) -> _Closes:  # noqa: PYI019 - see above
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    async def __aenter__(self: _Closes) -> _Closes:  # noqa: PYI019 - see above
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()


class Instance(ClosesItself):
    """One `ChatKimiK2`; stands before the framework's class among the bases.

    Attributes:
        _rest: The field that keeps what else every call is to ask for.
        _strict: Whether a keyword that is no setting is refused, and not sent with a warning.
    """

    _rest: ClassVar[str]
    _strict: ClassVar[bool]
    if not TYPE_CHECKING:  # `ClosesItself` says its type

        @property
        def _chat(self) -> KimiChat:
            # Asked eight times a request; pydantic looks everywhere else first, for 3 us each time.
            try:
                return self.__pydantic_private__["_chat"]
            except (AttributeError, KeyError, TypeError):
                raise AttributeError from None  # which pydantic words

    def _sorted(self, said: Mapping[str, Any], *, of_copy: bool = False) -> dict[str, Any]:
        """Sort the keywords of a constructor, or what a copy is to have otherwise.

        Args:
            said: What the caller said.
            of_copy: Whether they change what is there already, which None takes back.

        Returns:
            What was set, by keyword of a field.

        Raises:
            KimiConfigError: For a keyword of another class that is called otherwise here.
        """
        fields = cast("Any", type(self)).model_fields
        known = {*fields, *(field.alias for field in fields.values() if field.alias), "api_key"}
        read = read_settings({name: _said(it) for name, it in said.items()})
        given = {name: value for name, value in read.items() if of_copy or value is not None}
        others = {name: given.pop(name) for name in given.keys() - known}
        unknown = others.keys() - option_names() - LACKED_FIELDS - _OF_THE_METHOD
        for name in sorted(unknown):
            if (instead := meant_instead(name)) is not None:
                raise KimiConfigError(f"ChatKimiK2 has no setting {name!r}; {instead}.")
        for name in sorted(unknown):
            _say_unknown(name, nearest_setting(name, known), self._rest, strict=self._strict)
        if others:
            kept = getattr(self, self._rest) if of_copy else None
            given[self._rest] = {**(kept or {}), **others, **(given.get(self._rest) or {})}
        return given

    def _said(self) -> dict[str, Any]:
        """Return what the instance was set to for its requests, as words of a call."""
        # LangChain asks five times a request, and pydantic answers slowly for what is no field.
        values = map(self.__dict__.get, _SAID)
        said = {name: it for name, it in zip(_SAID, values, strict=True) if it is not None}
        return {**said, "tokenizer": self._tokenizer()} if "tokenizer" in said else said

    def _tokenizer(self) -> Tokenizer:
        """Return the tokenizer that was set, or one that is found."""
        given = getattr(self, "tokenizer", None)
        return self._chat.found_tokenizer if given is None else Tokenizer.of(given)

    def _count(self, messages: Sequence[Message], tools: Sequence[Tool] | None) -> int:
        """Return the tokens of a prompt; messages and tools are OpenAI-style dicts."""
        if not messages and not tools:
            return 0  # whoever drops messages until they fit took them from an empty list
        info = self._chat.capabilities.info
        prompt = countable(messages, info)
        return self._tokenizer().count_messages(prompt, tools or None, model=info.name)

    def _connection(self) -> dict[str, Any]:
        """Return what `Settings` are made of, as the fields are now."""
        return {word: _said(getattr(self, self._kept(word, None)[0])) for word in _CONNECTION}

    def _connect(self) -> None:
        """Make `_chat` for the settings as they are now."""
        # What asks and reads answers takes as long to import as all else of an adapter: ChatOpenAI,
        # too, imports the SDK when the first model is made.
        from kimi_core.chat._chat import KimiChat

        settings = self._connection()
        chat = KimiChat(Settings(**{**settings, "model": settings["model"] or None}))
        self._chat, before = chat, getattr(self, "_chat", None)
        chat.follow(before)

    def _spelled(self) -> str:
        """Return the model's name as it is sent, which knows what the caller wrote in its place."""
        chat = self._chat
        return chat.spelled if chat.spelled == chat.settings.model else SpelledText(chat)

    def _follow(self, said: Mapping[str, Any]) -> None:
        """Know of the server what an instance has learnt whose fields were handed on."""
        for value in said.values():
            if isinstance(value, SpelledText):
                self._chat.follow(value.chat)

    def _kept(self, word: str, value: Any) -> tuple[str, Any]:  # noqa: ANN401 - of any field
        """Return the field that keeps a setting, and what it keeps."""
        raise NotImplementedError

    def __setattr__(self, name: str, value: Any) -> None:  # noqa: ANN401 - of any field
        """Set a field, in any word for it, or say why not; the connection follows.

        Raises:
            KimiConfigError: For a setting that is none, or that cannot work; the field stays what
                it was.
        """
        if name.startswith("_"):
            super().__setattr__(name, value)
        else:
            settings = read_settings({name: value})
            if name not in cast("Any", self).__pydantic_fields__:
                self._check_field(name, settings)
            self._set(settings, {name}, connects=bool(settings.keys() & _CONNECTION))

    def _check_field(self, name: str, settings: Iterable[str]) -> None:
        """Refuse what is no field in any word, as pydantic does, and say what to write."""
        fields = cast("Any", type(self)).model_fields
        kept = {self._kept(word, None)[0] for word in settings} | {name}
        if hasattr(type(self), name) or any(it in fields or it.startswith("_") for it in kept):
            return
        said = f"ChatKimiK2 has no field {name!r}"
        if name in option_names() | LACKED_FIELDS:
            raise KimiConfigError(f"{said}; write model_copy(update={{{name!r}: ...}}).")
        if (instead := meant_instead(name)) is not None:
            raise KimiConfigError(f"{said}; {instead}.")
        hint = nearest_setting(name, fields)
        raise KimiConfigError(f"{said}.{hint} {self._rest} takes other fields of the payload.")

    def _set(self, settings: Mapping[str, Any], words: AbstractSet[str], *, connects: bool) -> None:
        """Set all of them, of which the caller said these words, or none where that cannot work."""
        before = dict[str, Any]()
        for word, given in settings.items():
            field, kept = self._kept(word, given)
            if word == "default_headers" and word not in words:  # of a password in an address
                kept |= getattr(self, field) or {}
            before[field] = getattr(self, field, None)
            super().__setattr__(field, kept)
        if connects and getattr(self, "_chat", None) is not None:
            try:
                self._connect()
            except KimiConfigError:
                for field, kept in before.items():
                    super().__setattr__(field, kept)
                raise

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """Return a copy, as pydantic does, whose connection is that of the fields it has then.

        Args:
            update: Settings that the copy has otherwise, in the words of the constructor; None
                takes one back.
            deep: Whether fields are copied, too, and not shared with this instance.

        Raises:
            KimiConfigError: For a setting that is none, or that cannot work.
        """
        copy: Self = cast("Any", super()).model_copy(deep=deep)
        settings = copy._sorted(update or {}, of_copy=True)
        # Closed by itself: an original that is asked meanwhile keeps its connections.
        copy._set(settings, set(update or {}), connects=bool(update))
        return copy

    def __deepcopy__(self: _Same, memo: dict[int, Any] | None = None) -> _Same:  # noqa: PYI019 - see above
        memo = {} if memo is None else memo
        memo.update((id(thing), thing) for name in _SHARED if (thing := getattr(self, name, None)))
        return cast("_Same", cast("Any", super()).__deepcopy__(memo))

    def __repr_args__(self) -> Iterator[tuple[str | None, Any]]:
        for name, value in cast("Any", super()).__repr_args__():
            yield name, written_endpoint(value) if name == "endpoint" else value

    def __getstate__(self) -> dict[str, Any]:
        names = cast("Any", type(self)).model_fields.keys() - _UNWRITTEN  # no cached property
        kept = {name: value for name, value in vars(self).items() if name in names}
        if isinstance(client := getattr(self, "http_async_client", None), str):
            kept["http_async_client"] = client
        kept["endpoint"] = written_endpoint(kept["endpoint"], with_key_names=True)
        # As the caller wrote it: the server is asked again for a short name, and for none.
        kept[self._kept("model", None)[0]] = self._chat.settings.model
        return {"__dict__": kept}

    def __setstate__(self, state: dict[str, Any]) -> None:
        # As a user makes it; only a missing key is no error before the first request.
        said = state["__dict__"]
        endpoint = endpoint_of_a_copy(said["endpoint"])
        address = said.get("base_url") or said.get("openai_api_base")
        row = endpoint_at(address) if endpoint is None else get_endpoint(endpoint)
        key = key_of_a_copy(row)
        said = {**said, "endpoint": endpoint, "api_key": key}
        self.__init__(**said)  # type: ignore[misc]  # how pydantic objects are revived
