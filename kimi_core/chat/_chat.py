"""Asks one model at one endpoint: from messages to events.

Owns: `KimiChat`. May know: its own files, _json, capabilities, config, endpoints, errors, files,
local, request, tokenizer, transport.
"""

from __future__ import annotations

import threading
from collections.abc import AsyncGenerator, Callable, Generator, Mapping, Sequence
from contextlib import closing
from functools import cached_property, partial
from typing import Any, TypeVar

from kimi_core._json import Message, Tool
from kimi_core.capabilities import Capabilities, StructuredOutputMethod
from kimi_core.chat._charge import charged_tokens
from kimi_core.chat._coalesce import acoalesced, coalesced
from kimi_core.chat._in_time import in_time
from kimi_core.chat._learned import Learned
from kimi_core.chat._reply import AsyncReply, Opened, Reply, Writer
from kimi_core.chat._served import ServedModel, UnnamedRequest, resolved
from kimi_core.chat._settings import Settings
from kimi_core.chat.observe import current_observer
from kimi_core.config import resolve_api_key
from kimi_core.endpoints import endpoint_at
from kimi_core.endpoints.tiers import Tier
from kimi_core.errors import line_of_user, warnings_at
from kimi_core.files import ReadTexts, aread_documents, read_documents, texts_of
from kimi_core.request import CallOptions, Options, Request, build_request
from kimi_core.request.documents import with_texts
from kimi_core.tokenizer import Tokenizer
from kimi_core.transport import Transport
from kimi_core.transport.limits import Limits
from kimi_core.transport.processes import nested, renew_in_children, running_loop
from kimi_core.transport.rates import Limiter, Permit, Unlimited, limiter_of

__all__ = ["KimiChat"]


_Piece = TypeVar("_Piece")
_OF_A_SERVER = ("endpoint", "base_url", "api_key", "default_headers", "default_query")


class KimiChat:
    """Asks one model at one endpoint.

    Where no model was named and the server is self-hosted, the first request is preceded by one
    GET of ``/models`` (5 seconds at most, no retries): the only model served, or the only one that
    looks like Kimi, is asked from then on, otherwise the endpoint's own spelling,
    ``moonshotai/Kimi-K2-Instruct``. Until then `capabilities` are that spelling's, and a setting
    that it refuses, e.g. ``thinking=True``, needs the model named.

    Args:
        settings: Where and whom to ask.

    Attributes:
        spelled: The model's name as it was resolved first, before any server was asked.

    Raises:
        KimiConfigError: For anything in the settings that cannot work, before any request.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._made_at = line_of_user()
        self._endpoint = (
            endpoint_at(settings.base_url) if settings.endpoint is None else settings.endpoint
        )
        # Not a method of this object, which would stay, with its connections, for a copy's sake.
        resolves = partial(resolved, settings, self._endpoint)
        self._served = ServedModel(resolves, settings.model, settings.base_url)
        self.spelled: str = self.capabilities.model
        endpoint = self.capabilities.endpoint
        self._api_key = resolve_api_key(endpoint, settings.api_key)
        self._transport: Transport | None = None
        self._limiter: Limiter | None = None
        self._texts = ReadTexts()
        self._learned = Learned()
        self._opening = threading.Lock()
        renew_in_children(self, KimiChat._renew)
        if settings.base_url or not endpoint.embedded:
            self._transport = self._make_transport(None)

    def _renew(self) -> None:
        self._opening = threading.Lock()

    @property
    def capabilities(self) -> Capabilities:
        """What may be asked of the model; another's once a server has said what it serves."""
        return self._served.capabilities

    @cached_property
    def found_tokenizer(self) -> Tokenizer:
        """The tokenizer that is found where the caller named none; looked for once."""
        return Tokenizer.find()

    def resolve(self, model: str | None, stated_context: int | None = None) -> Capabilities:
        """Return what another model can do under the same settings.

        Args:
            model: Any spelling.
            stated_context: Tokens that the server says it was started with; a setting wins.
        """
        return resolved(self.settings, self._endpoint, model, stated_context)

    def structured_output_method(self, asked: CallOptions) -> StructuredOutputMethod:
        """Return how one call asks for an object; see `Capabilities.structured_output_method`."""
        own = self.capabilities
        capabilities = own if asked.model in {None, own.model} else self.resolve(asked.model)
        return capabilities.structured_output_method(asked.options.thinking)

    def request(
        self,
        messages: Sequence[Message],
        tools: Sequence[Tool] | None = None,
        options: Options | None = None,
        *,
        stream: bool,
        model: str | None = None,
    ) -> Request:
        """Return a request; see `kimi_core.request.build_request`. Pure: nothing is sent.

        Args:
            messages: OpenAI-style dicts.
            tools: OpenAI-style tool dicts.
            options: What else was set.
            stream: Whether the answer is to come in pieces.
            model: Another model for this request only.
        """
        build = partial(build_request, messages, tools, options or Options(), stream=stream)
        with warnings_at(self._made_at):
            return self._served.request(model, build)

    def with_documents(self, request: Request) -> Request:
        """Return a request that holds the texts of its documents, which its server reads.

        `open` does so by itself. What is not chat, a batch, needs it beforehand.

        Raises:
            KimiAPIError: Where the server cannot read one; it names the document.
        """
        if not request.documents:
            return request
        with warnings_at(self._made_at):
            texts = read_documents(self.transport, self._texts, request.documents)
        return self._told(request, texts)

    async def _awith_documents(self, request: Request) -> Request:
        with warnings_at(self._made_at):
            texts = await aread_documents(self.transport, self._texts, request.documents)
        return self._told(request, texts)

    def _told(self, request: Request, texts: Sequence[str]) -> Request:
        asked = request.asked
        messages = with_texts(asked.messages, texts)
        tools, options, stream = asked.tools, asked.options, asked.stream
        with warnings_at(self._made_at):
            return build_request(messages, tools, options, request.capabilities, stream=stream)

    @property
    def texts(self) -> ReadTexts:
        """The texts of documents that were read for this account."""
        return self._texts

    def follow(self, other: KimiChat | None) -> None:
        """Know of the server what another one has learnt of it, so that it is asked once."""
        if other is None or not _same_server(self.settings, other.settings):
            return
        self._learned = other._learned  # noqa: SLF001 - of its own class
        if self.settings == other.settings:
            self._served = other._served  # noqa: SLF001 - as above
        else:
            self._served.follow(other._served)  # noqa: SLF001 - as above

    def learn_models(self, rows: Sequence[Mapping[str, Any]] | None) -> None:
        """Take a server's list, fetched by the caller, as the one that would be asked for.

        Args:
            rows: As `listed_models` returns them.
        """
        self._served.learn(rows)

    def open(self, request: Request) -> Reply:
        """Send a request, and return its answer, of which nothing is read yet.

        Raises:
            KimiAPIError: Where there is no answer (a `KimiTimeoutError` where there is none in
                time), or one that says no.
            KimiConfigError: Where the server turns out to serve a model that refuses a setting.
        """
        transport = self.transport  # to start an engine is no part of the time of a request
        limits = Limits(request.total_timeout)
        with in_time(request, limits):
            if isinstance(request, UnnamedRequest):
                served = limits.run(partial(self._served.find, transport))
                request = self._rebuilt(request, served)
            if request.documents:
                request = limits.run(partial(self.with_documents, request))
        return self._send(request, limits, ask=self._send_again)

    def _send(self, request: Request, limits: Limits, ask: Any = None) -> Reply:  # noqa: ANN401
        transport = self.transport
        with in_time(request, limits):
            permit = self._permit(request, limits)
            if self._limiter is not None:
                permit.wait()
            with permit.sending():
                _announce(request)
                response = limits.run(
                    partial(transport.open, request.path, request.payload, request.sending)
                )
        return Reply(request, response, limits, permit, self._made_at, ask, self._learned)

    def _send_again(self, request: Request, limits: Limits) -> Reply:
        """Send another request for the same answer, in what is left of its time."""
        return self._send(request, limits.rest())

    async def aopen(self, request: Request) -> AsyncReply:
        """Send a request in the running event loop; errors as for `open`."""
        running_loop()
        transport = self.transport
        limits = Limits(request.total_timeout)
        with in_time(request, limits):
            if isinstance(request, UnnamedRequest):
                served = await limits.within(self._served.afind(transport))
                request = self._rebuilt(request, served)
            if request.documents:
                request = await limits.within(self._awith_documents(request))
        return await self._asend(request, limits, ask=self._asend_again)

    async def _asend_again(self, request: Request, limits: Limits) -> AsyncReply:
        return await self._asend(request, limits.rest())

    async def _asend(self, request: Request, limits: Limits, ask: Any = None) -> AsyncReply:  # noqa: ANN401
        transport = self.transport
        with in_time(request, limits):
            permit = self._permit(request, limits)
            if self._limiter is not None:
                await limits.within(permit.await_turn())
            with permit.sending():
                _announce(request)
                response = await limits.within(
                    transport.aopen(request.path, request.payload, request.sending)
                )
        return AsyncReply(request, response, limits, permit, self._made_at, ask, self._learned)

    def ask(self, request: Request) -> Reply:
        """Send a request and read all of its answer; errors as for `answer`."""
        reply = self.open(request)
        reply.read()
        return reply

    async def aask(self, request: Request) -> AsyncReply:
        """Return what `ask` does."""
        reply = await self.aopen(request)
        await reply.read()
        return reply

    def answer(self, request: Request, writer: Callable[[Opened], Writer[_Piece]]) -> _Piece:
        """Send a request and return its whole answer, as a framework's writer writes it.

        Args:
            request: What is asked.
            writer: Makes the writer, once the answer is open.

        Raises:
            KimiError: As for `open` and the iteration over a `Reply`.
        """
        return writer(self.ask(request)).finish(streamed=False)

    async def aanswer(self, request: Request, writer: Callable[[Opened], Writer[_Piece]]) -> _Piece:
        """Return what `answer` does."""
        return writer(await self.aask(request)).finish(streamed=False)

    def stream(
        self, request: Request, writer: Callable[[Opened], Writer[_Piece]]
    ) -> Generator[_Piece, None, None]:
        """Yield what a framework's writer writes while the answer comes, and its end.

        The request is sent with the first item, so that a stream that nobody reads holds no
        connection open; one that is left early is closed. Arguments and errors as for `answer`.
        """
        reply = self.open(request)
        writing = writer(reply)
        with closing(coalesced(iter(reply), request.asked.options.coalesce)) as chunks:
            for events in chunks:
                piece = writing.write(events) if events else None
                if piece is not None:
                    yield piece
        yield writing.finish(streamed=True)

    async def astream(
        self, request: Request, writer: Callable[[Opened], Writer[_Piece]]
    ) -> AsyncGenerator[_Piece, None]:
        """Yield what `stream` does."""
        reply = await self.aopen(request)
        writing = writer(reply)
        async with nested(acoalesced(aiter(reply), request.asked.options.coalesce)) as chunks:
            async for events in chunks:
                piece = writing.write(events) if events else None
                if piece is not None:
                    yield piece
        yield writing.finish(streamed=True)

    def _permit(self, request: Request, limits: Limits) -> Permit:
        if self._limiter is None:
            return Permit(Unlimited(), 0, limits)
        return self._limiter.permit(charged_tokens(request), limits)

    def _rebuilt(self, request: UnnamedRequest, capabilities: Capabilities) -> Request:
        with warnings_at(self._made_at):
            return request.rebuilt(capabilities)

    def warm(self) -> None:
        """Do what the first request would wait for; see `kimi_core.chat.Instance.warm`."""
        transport = self.transport
        self._served.find(transport)
        transport.connect()

    async def awarm(self) -> None:
        """Do what `warm` does, for the running event loop."""
        running_loop()
        transport = self.transport
        await self._served.afind(transport)
        await transport.aconnect()

    def close(self) -> None:
        """Close the connections."""
        if self._transport is not None:
            self._transport.close()

    async def aclose(self) -> None:
        """Close the connections of the running event loop and the sync ones."""
        if self._transport is not None:
            await self._transport.aclose()

    @property
    def transport(self) -> Transport:
        """The transport; the embedded engine is started where it is the endpoint."""
        transport = self._transport
        if transport is None:
            with self._opening:
                transport = self._transport = self._transport or self._start_engine()
        return transport

    def _start_engine(self) -> Transport:
        from kimi_core.local import shared_engine

        model, context = self._local_model(), self.settings.context_window
        engine = shared_engine(model, context) if context else shared_engine(model)
        return self._make_transport(engine.base_url)

    def _local_model(self) -> str | None:
        name = self.capabilities.model
        return name if name.endswith(".gguf") else None

    def _make_transport(self, base_url: str | None) -> Transport:
        settings = self.settings
        transport = Transport(
            self.capabilities.endpoint,
            base_url=base_url or settings.base_url,
            api_key=self._api_key,
            timeout=settings.timeout,
            max_retries=settings.max_retries,
            default_headers=settings.default_headers,
            default_query=settings.default_query,
            http_client=settings.http_client,
            http_async_client=settings.http_async_client,
        )
        self._texts = texts_of(transport.account)
        if settings.rate_limit is not None:
            self._limiter = limiter_of(transport.account, Tier.of(settings.rate_limit))
        return transport


def _same_server(one: Settings, other: Settings) -> bool:
    return all(getattr(one, name) == getattr(other, name) for name in _OF_A_SERVER)


def _announce(request: Request) -> None:
    observer = current_observer()
    if observer is not None:
        observer.on_request(request)
