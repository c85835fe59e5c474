"""One model at one endpoint: from messages to events. What both adapters drive.

Owns: putting the rooms together: settings -> capabilities -> request -> transport -> events.
May know: all of the core; it is the only file that does. It holds no rule of its own.
"""

from __future__ import annotations

import threading
from contextlib import aclosing
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from kimi_core._error_facts import request_id_of
from kimi_core._merge import merged_arguments
from kimi_core._read_ahead import read_ahead
from kimi_core._served import ServedModel, UnnamedRequest
from kimi_core.capabilities import Capabilities, resolve
from kimi_core.client import Transport
from kimi_core.config import resolve_api_key
from kimi_core.errors import KimiAPIError, KimiProtocolError
from kimi_core.observe import current_observer
from kimi_core.request import Options, Request, build_request
from kimi_core.response import ResponseReader, read_json
from kimi_core.sse import EventStreamDecoder

if TYPE_CHECKING:
    from collections.abc import (
        AsyncGenerator,
        Generator,
        Mapping,
        Sequence,
    )

    from kimi_core.config import SecretLike
    from kimi_core.endpoints import Endpoint
    from kimi_core.raw.events import Event

__all__ = ["AsyncReply", "KimiChat", "Reply", "Settings"]


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What a `ChatKimiK2` of either framework was constructed with, as far as the core cares.

    Attributes:
        model: Any spelling; the endpoint's default where it is None. A self-hosted endpoint has
            none: the first request asks the server, see `KimiChat`.
        endpoint: A preset's name or an `Endpoint`.
        api_key: The key; found as `kimi_core.config` says where it is None.
        base_url: Where the server is; the endpoint's own where it is None.
        base_model: The model whose facts apply to a name that is not Kimi's.
        context_window: Tokens, where the server was started with fewer than the model has.
        api: "chat" or "completions"; the endpoint's where it is None.
        tool_call_parser: "auto", "server" or "client"; the endpoint's where it is None.
        timeout: Seconds, or an ``httpx.Timeout``.
        max_retries: Retries of a request that was not answered yet.
        default_headers: Headers of every request.
        default_query: Query of every request.
        http_client: Your own HTTP client.
        http_async_client: Your own async HTTP client.
    """

    model: str | None = None
    endpoint: str | Endpoint = "moonshot"
    api_key: str | SecretLike | None = field(default=None, repr=False)
    base_url: str | None = None
    base_model: str | None = None
    context_window: int | None = None
    api: str | None = None
    tool_call_parser: str | None = None
    timeout: Any = None
    max_retries: int | None = None
    default_headers: Mapping[str, str] | None = field(default=None, repr=False)  # keys, at times
    default_query: Mapping[str, object] | None = field(default=None, repr=False)
    http_client: Any = None
    http_async_client: Any = None


class KimiChat:
    """Asks one model at one endpoint.

    Where no model was named and the server is self-hosted, the first request is preceded by one
    GET of ``/models`` (5 seconds at most, no retries): the only model served, or the only one that
    looks like Kimi, is asked from then on, otherwise the endpoint's own spelling,
    ``moonshotai/Kimi-K2-Instruct``. Until then `capabilities` are that spelling's, and a setting
    that it refuses, e.g. ``thinking=True``, needs the model named.

    Args:
        settings: Where and whom to ask.

    Raises:
        KimiConfigError: For anything in the settings that cannot work, before any request.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._served = ServedModel(self.resolve, settings.model, settings.base_url)
        endpoint = self.capabilities.endpoint
        self._api_key = resolve_api_key(endpoint, settings.api_key)
        self._transport: Transport | None = None
        self._opening = threading.Lock()
        if endpoint.base_url or settings.base_url:
            self._transport = self._make_transport(None)

    @property
    def capabilities(self) -> Capabilities:
        """What may be asked of the model; another's once a server has said what it serves."""
        return self._served.capabilities

    def resolve(self, model: str | None) -> Capabilities:
        """Return what another model can do under the same settings."""
        settings = self.settings
        return resolve(
            model,
            settings.endpoint,
            {
                "base_model": settings.base_model,
                "context_window": settings.context_window,
                "api": settings.api,
                "tool_call_parser": settings.tool_call_parser,
            },
        )

    def request(
        self,
        messages: Sequence[Mapping[str, Any]],
        tools: Sequence[Mapping[str, Any]] | None = None,
        options: Options | None = None,
        *,
        stream: bool,
        model: str | None = None,
    ) -> Request:
        """Build a request; see `kimi_core.request.build_request`. Pure: nothing is sent.

        Args:
            messages: OpenAI-style dicts.
            tools: OpenAI-style tool dicts.
            options: What else was set.
            stream: Whether the answer is to come in pieces.
            model: Another model for this request only.
        """
        build = partial(build_request, messages, tools, options or Options(), stream=stream)
        return self._served.request(model, build)

    def open(self, request: Request) -> Reply:
        """Send a request.

        Raises:
            KimiAPIError: Where there is no answer, or one that says no.
            KimiConfigError: Where the server turns out to serve a model that refuses a setting.
        """
        if isinstance(request, UnnamedRequest):
            request = request.rebuilt(self._served.find(self.transport))
        _announce(request)
        response = self.transport.open(request.path, request.payload, request.sending)
        return Reply(request, response)

    async def aopen(self, request: Request) -> AsyncReply:
        """Send a request in the running event loop; errors as for `open`."""
        if isinstance(request, UnnamedRequest):
            request = request.rebuilt(await self._served.afind(self.transport))
        _announce(request)
        response = await self.transport.aopen(request.path, request.payload, request.sending)
        return AsyncReply(request, response)

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
        # The one endpoint without an address is the embedded engine, which is started now.
        from kimi_core.local import shared_engine

        return self._make_transport(shared_engine(self._local_model()).base_url)

    def _local_model(self) -> str | None:
        name = self.capabilities.model
        return name if name.endswith(".gguf") else None

    def _make_transport(self, base_url: str | None) -> Transport:
        settings = self.settings
        return Transport(
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


def _announce(request: Request) -> None:
    observer = current_observer()
    if observer is not None:
        observer.on_request(request)


class _Reading:
    """Bytes of an answer -> lists of events; shared by the sync and the async reply.

    A body that is one JSON object (an answer that was not streamed, or an error in place of a
    stream) is collected and read as a stream of one chunk.
    """

    def __init__(self, request: Request, headers: Mapping[str, str]) -> None:
        self.reader = ResponseReader(request, headers)
        streamed = "event-stream" in headers.get("content-type", "")
        self._decoder = EventStreamDecoder() if streamed else None
        self._body: list[bytes] = []
        self._observer = current_observer()

    def feed(self, data: bytes) -> Generator[list[Event], None, None]:
        if self._decoder is None and not self._body and data.startswith((b"data:", b":")):
            # An event stream under another content type, as relays send it.
            self._decoder = EventStreamDecoder()
        if self._decoder is None:
            self._body.append(data)
            return
        chunks = self._decoder.feed(data)
        if len(chunks) == 1:  # the usual case, and nothing to merge
            yield self._read(chunks[0])
        else:
            yield from merged_arguments(map(self._read, chunks))

    def close(self) -> list[list[Event]]:
        if self._decoder is None:
            return [self._read(_whole(b"".join(self._body))), self._end(done=True)]
        last = [self._read(chunk) for chunk in self._decoder.close()]
        return [*last, self._end(done=self._decoder.done)]

    def _read(self, chunk: dict[str, Any]) -> list[Event]:
        try:
            events = self.reader.feed(chunk)
        except KimiAPIError as error:
            error.partial = self.reader.message()
            raise
        if self._observer is not None:
            self._observer.on_chunk(chunk, events)
        return events

    def _end(self, *, done: bool) -> list[Event]:
        events = self.reader.close(done=done)
        if self._observer is not None:
            self._observer.on_close(events)
        return events


def _whole(body: bytes) -> dict[str, Any]:
    try:
        value = read_json(body)
    except ValueError as error:
        message = (
            f"the server's answer is not JSON ({error}): {body[:200]!r}. "
            "Check that base_url names an OpenAI-compatible API, usually ending in /v1."
        )
        raise KimiProtocolError(message) from error
    if not isinstance(value, dict) or not ("choices" in value or "error" in value):
        message = f"the server's answer has no choices: {body[:200]!r}"
        raise KimiProtocolError(message)
    return cast("dict[str, Any]", value)


class Reply:
    """An answer on its way: iterate over it for lists of events, one for every chunk.

    Only neighbouring chunks of nothing but tool arguments share a list, where they arrived in one
    read; `kimi_core._merge` says why.

    Attributes:
        reader: Usage, finish reason, model and the message so far; complete after the iteration.
        request_id: The server's id of the request, or None.
        headers: The response headers.
    """

    def __init__(self, request: Request, response: Any) -> None:  # noqa: ANN401 - httpx or httpx2
        """Take over an open HTTP response."""
        self._response = response
        self._reading = _Reading(request, response.headers)
        self.reader = self._reading.reader
        self.headers = response.headers
        self.request_id = request_id_of(response.headers)

    def __iter__(self) -> Generator[list[Event], None, None]:
        """Yield the events of each chunk; the last list holds what was held back until the end.

        Raises:
            KimiStreamTruncatedError: Where the answer broke off.
            KimiStatusError: Where the server reported an error inside its answer.
        """
        try:
            for data in self._response.iter_bytes():
                yield from self._reading.feed(data)
            yield from self._reading.close()
        except Exception as error:
            if _is_transport_error(error):
                raise self.reader.truncated(f"the connection was lost ({error})") from error
            raise
        finally:
            self._response.close()

    def read(self) -> ResponseReader:
        """Read all of it and return the reader."""
        for _events in self:
            pass
        return self.reader


class AsyncReply:
    """An answer on its way, async; see `Reply`."""

    def __init__(self, request: Request, response: Any) -> None:  # noqa: ANN401 - httpx or httpx2
        """Take over an open HTTP response."""
        self._response = response
        self._reading = _Reading(request, response.headers)
        self.reader = self._reading.reader
        self.headers = response.headers
        self.request_id = request_id_of(response.headers)

    async def __aiter__(self) -> AsyncGenerator[list[Event], None]:
        """Yield the events of each chunk; see `Reply.__iter__`.

        What arrives while the caller works is read meanwhile, and counts as one read.
        """
        try:
            async with aclosing(read_ahead(self._response.aiter_bytes())) as reads:
                async for data in reads:
                    for events in self._reading.feed(data):
                        yield events
            for events in self._reading.close():
                yield events
        except Exception as error:
            if _is_transport_error(error):
                raise self.reader.truncated(f"the connection was lost ({error})") from error
            raise
        finally:
            await self._response.aclose()

    async def read(self) -> ResponseReader:
        """Read all of it and return the reader."""
        async for _events in self:
            pass
        return self.reader


def _is_transport_error(error: Exception) -> bool:
    # openai 3 is built on httpx2, openai 2 on httpx; both call the base of these RequestError.
    return any(kind.__name__ == "RequestError" for kind in type(error).__mro__)
