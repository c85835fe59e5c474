"""What a self-hosted server calls the model that is asked, where nobody wrote its own name for it.

Owns: the question, the choice among what is listed, and the rebuilding of a request that was built
before the answer was known. May know: its own files, _json, capabilities, endpoints, errors, local,
models, request, transport.

A request is built before anything is sent, so the first one is built for the endpoint's own
spelling (``moonshotai/Kimi-K2-Instruct``) and once more for what the server serves, if that is
another model. vLLM, SGLang and llama.cpp answer 404 for a name that they were not started with, so
the server is asked, once, where the caller named no model, and where a short name was given: only
the server knows whether it serves ``kimi-k2-thinking`` or ``moonshotai/Kimi-K2-Thinking``.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, fields, replace
from typing import Any, TypeAlias, TypeGuard

from kimi_core._json import as_mapping, as_sequence
from kimi_core.capabilities import Capabilities, resolve
from kimi_core.chat._settings import Settings
from kimi_core.endpoints import Endpoint, get_endpoint
from kimi_core.errors import KimiConnectionError, KimiError, KimiTimeoutError
from kimi_core.models import get_model
from kimi_core.request import Request
from kimi_core.transport import Transport
from kimi_core.transport.body import read_json
from kimi_core.transport.call import Call
from kimi_core.transport.processes import renew_in_children, running_loop

Build = Callable[[Capabilities], Request]
_Rows: TypeAlias = Sequence[Mapping[str, Any]] | None

__all__ = ["ServedModel", "UnnamedRequest", "listed_models", "resolved", "stated_context"]

# A server that is up lists its models from memory. One that does not answer may not hold up the
# request itself for the SDK's ten minutes and two retries.
_SECONDS = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class UnnamedRequest(Request):
    """A request whose model the server may call otherwise, built for the endpoint's own spelling.

    Attributes:
        build: Builds it for another model. A ``media_fetcher`` is then called again.
    """

    build: Build = field(repr=False, compare=False)

    def rebuilt(self, capabilities: Capabilities) -> Request:
        """Return the request for the model that is served.

        Raises:
            KimiConfigError: For what that model refuses.
        """
        return self if capabilities == self.capabilities else self.build(capabilities)


class ServedModel:
    """The model that a `kimi_core.chat.KimiChat` asks.

    Args:
        resolve: From a name (None for the endpoint's own), and what the server states of it, its
            context and its weights (None where it does not), to capabilities.
        named: What the caller named.
        base_url: Where the caller says that the server is.

    Attributes:
        capabilities: Those of what was named; otherwise the endpoint's own until the server was
            asked, and those of what it serves from then on.
        known: Whether there is nothing left to ask.
    """

    def __init__(
        self,
        resolve: Callable[[str | None, int | None, str | None], Capabilities],
        named: str | None,
        base_url: str | None,
    ) -> None:
        self._resolve = resolve
        self._named = named
        self.capabilities = resolve(named, None, None)
        self._first = self.capabilities.model
        endpoint = self.capabilities.endpoint
        engine = endpoint.embedded and not base_url
        one = bool(endpoint.default_model or endpoint.needs_key or engine)
        self.known = one or named == self._first
        self._rows: _Rows = None
        self._asking = threading.Lock()
        self._turns: dict[asyncio.AbstractEventLoop, asyncio.Lock] = {}
        renew_in_children(self, ServedModel._renew)

    def _renew(self) -> None:
        self._asking = threading.Lock()
        self._turns = {}

    def request(self, model: str | None, build: Build) -> Request:
        """Build a request for a model of its own, or for this one where it is None.

        The spelling that this began with means this one, too: LangChain hands it back with every
        call. A server that has a single model of another name could not answer to it.
        """
        if model not in {None, self._first, self.capabilities.model}:
            return build(self._resolve(model, None, None))
        known = self.known  # read first: the capabilities are final as soon as it is true
        request = build(self.capabilities)
        if known:
            return request
        parts = {item.name: getattr(request, item.name) for item in fields(Request)}
        return UnnamedRequest(**parts, build=build)

    def find(self, transport: Transport) -> Capabilities:
        """Return the capabilities of what the server serves; asked once, errors are silent."""
        with self._asking:
            if not self.known:
                try:
                    question = _question()
                    rows = question.read(transport.send(question))
                    self.learn(self._with_props(rows, transport))
                except KimiError as error:
                    self._give_up(error)
        return self.capabilities

    async def afind(self, transport: Transport) -> Capabilities:
        """Return what `find` does; the tasks of one event loop ask once."""
        loop = running_loop()
        async with self._turns.setdefault(loop, asyncio.Lock()):
            if not self.known:
                try:
                    question = _question()
                    rows = question.read(await transport.asend(question))
                    self.learn(await self._awith_props(rows, transport))
                except KimiError as error:
                    self._give_up(error)
        self._turns.pop(loop, None)
        return self.capabilities

    def learn(self, rows: Sequence[Mapping[str, Any]] | None) -> None:
        """Take what is listed for the answer to the question; nothing where there is none left."""
        self._rows = rows
        name = None if self.known else self._choose([row["id"] for row in rows or ()])
        for row in rows or ():
            if name is not None and row["id"] == name:
                # As it is listed: a vLLM with --served-model-name kimi-k2.5 answers 404 to the
                # endpoint's own spelling, moonshotai/Kimi-K2.5.
                found = self._resolve(name, stated_context(row), _weights(row))
                self.capabilities = replace(found, model=name)
        self.known = True

    def follow(self, other: ServedModel) -> None:
        """Take what another one was told by the same server, where it was told anything."""
        if other._rows is not None:
            self.learn(other._rows)

    def _choose(self, names: Sequence[str]) -> str | None:
        """Return the name as it was written or spelled, or else the only one that it can mean.

        Where nobody named a model that is the only one listed, or the only one of Kimi's; None
        where there is no such one.
        """
        for name in (self._named, self._first):
            if self._named and name in names:
                return name
        if len(names) == 1 and not self._named:
            return names[0]
        meant = [name for name in names if _looks_right(name, self._named)]
        return meant[0] if len(meant) == 1 else None

    def _with_props(self, rows: _Rows, transport: Transport) -> _Rows:
        """Return the rows with the context that an older llama.cpp states at ``/props`` alone."""
        question = _question_of_props(rows, transport.base_url)
        if question is None:
            return rows
        with suppress(KimiError):
            return _stating(rows, question.read(transport.send(question)))
        return rows

    async def _awith_props(self, rows: _Rows, transport: Transport) -> _Rows:
        question = _question_of_props(rows, transport.base_url)
        if question is None:
            return rows
        with suppress(KimiError):
            return _stating(rows, question.read(await transport.asend(question)))
        return rows

    def _give_up(self, error: KimiError) -> None:
        # A server that is not up yet has answered nothing: the next request asks again. One that
        # took the connection and stayed silent would cost every request the same seconds.
        unreachable = isinstance(error, KimiConnectionError)
        self.known = not unreachable or isinstance(error, KimiTimeoutError)


def resolved(
    settings: Settings,
    endpoint: str | Endpoint,
    model: str | None,
    stated: int | None,
    weights: str | None = None,
) -> Capabilities:
    """Return what a model can do under settings; the endpoint is that of their address.

    Args:
        settings: Where and whom to ask.
        endpoint: The endpoint's row, or its name.
        model: Any spelling; None for the endpoint's own.
        stated: Tokens that the server says it was started with; a setting wins.
        weights: The model that the server says it serves under that name; likewise.
    """
    context = settings.context_window or stated or _context_of_engine(settings, endpoint)
    return resolve(
        model,
        endpoint,
        {
            "base_model": settings.base_model or weights,
            "context_window": context,
            "api": settings.api,
            "tool_call_parser": settings.tool_call_parser,
        },
    )


def _context_of_engine(settings: Settings, endpoint: str | Endpoint) -> int | None:
    """Return what the embedded engine is started with, where it is the endpoint."""
    if settings.base_url or not get_endpoint(endpoint).embedded:
        return None
    from kimi_core.local import CONTEXT_WINDOW

    return CONTEXT_WINDOW


def _question() -> Call[list[Mapping[str, Any]] | None]:
    options = {"timeout": _SECONDS, "max_retries": 0}
    return Call(method="get", path="/models", read=listed_models, options=options)


def listed_models(text: str) -> list[Mapping[str, Any]] | None:
    """Return the rows of a list of models that name one, or None for what is no such list.

    Together answers with the bare list, everybody else with an object around it.
    """
    try:
        listed = read_json(text.encode())
    except ValueError:
        return None
    fields = as_mapping(listed)
    rows = as_sequence(listed if fields is None else fields.get("data"))
    return None if rows is None else [row for row in map(as_mapping, rows) if _names_one(row)]


def stated_context(row: Mapping[str, Any]) -> int | None:
    """Return the context that a server states of a model in its list, in one of these spellings.

    vLLM and SGLang say ``max_model_len``, Moonshot and OpenRouter ``context_length``, Groq
    ``context_window``, llama.cpp ``meta.n_ctx``, and of old, what the model was trained with.
    """
    places: dict[str, Any] = {**(as_mapping(row.get("meta")) or {}), **row}
    names = ("max_model_len", "context_length", "context_window", "n_ctx", "n_ctx_train")
    stated = (places.get(name) for name in names)
    return next((tokens for tokens in stated if type(tokens) is int and tokens > 0), None)


def _weights(row: Mapping[str, Any]) -> str | None:
    """Return the Kimi that a server serves under a name that is none, as vLLM says it in ``root``.

    It may be a path (/models/Kimi-K2-Thinking).
    """
    root = str(row.get("root") or "").strip(" /")
    named = get_model(str(row["id"])) is not None
    return root if root and not named and get_model(root) is not None else None


def _question_of_props(rows: _Rows, base_url: str) -> Call[int | None] | None:
    """Return what is asked of a llama.cpp whose list says only what the model was trained with."""
    metas = [as_mapping(row.get("meta")) or {} for row in rows or ()]
    if not any("n_ctx_train" in meta and "n_ctx" not in meta for meta in metas):
        return None
    options = {"timeout": _SECONDS, "max_retries": 0}
    url = f"{base_url.rstrip('/').removesuffix('/v1')}/props"
    return Call(method="get", path=url, read=_context_in_props, options=options)


def _context_in_props(text: str) -> int | None:
    try:
        said = as_mapping(read_json(text.encode())) or {}
    except ValueError:
        return None
    return stated_context(as_mapping(said.get("default_generation_settings")) or {})


def _stating(rows: _Rows, context: int | None) -> _Rows:
    return [{**row, "n_ctx": context} for row in rows or ()] if context else rows


def _names_one(row: Mapping[str, Any] | None) -> TypeGuard[Mapping[str, Any]]:
    name = row.get("id") if row else None
    return isinstance(name, str) and bool(name.strip(" /"))


def _looks_right(name: str, named: str | None) -> bool:
    found = get_model(name)
    return found is not None and (named is None or found is get_model(named))
