"""One way to open an answer, sync and async.

Owns: the SDK clients (one, and one for each event loop), their keys, retries and closing. The HTTP
clients under them are shared (`kimi_core.transport.pools`).
May know: its own files, config, endpoints, errors; openai. The openai SDK is imported on first use:
it costs half a second.

The SDK keeps what it does well: authentication, retries with Retry-After, error types. Its models
for every chunk do not take part: they are two thirds of what LangChain and LlamaIndex spend on a
chunk. No OPENAI_* variable is used: a key or an organisation of another vendor must not reach
this server.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Generator, Hashable, Mapping
from contextlib import contextmanager, suppress
from functools import lru_cache, partial
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any, cast

from kimi_core.config import RotatingKey
from kimi_core.endpoints import Endpoint, check_base_url, check_headers
from kimi_core.errors import KimiStatusError, is_of_aiohttp, map_error
from kimi_core.transport._account import account_of
from kimi_core.transport._hooks import add_async_hooks, add_hooks, wants_whole
from kimi_core.transport._hooks import asked_here as _ours
from kimi_core.transport.call import Call, HttpClient, HttpResponse, Timeout
from kimi_core.transport.pools import shared_pool
from kimi_core.transport.processes import renew_in_children, running_loop
from kimi_core.transport.unsendable import why_unsendable

if TYPE_CHECKING:
    import openai

__all__ = ["Transport"]

# Sent to self-hosted servers, which look at no key; the SDK refuses to work without one.
_NO_KEY = "no-key-needed"
_DISTRIBUTION = "kimi-k2-integrations"
# The base URL itself, which servers answer with a small 404: that opens a connection like any other
# request, and asks for nothing that is counted or paid.
_GREETING = Call(method="get", path="", read=str, options={"timeout": 5.0, "max_retries": 0})


@lru_cache(maxsize=1)
def _product() -> str:
    """Return what servers are told of us; a copy that was not installed has no version."""
    try:
        return f"{_DISTRIBUTION}/{version(_DISTRIBUTION)}"
    except PackageNotFoundError:
        return _DISTRIBUTION


@lru_cache(maxsize=1)
def _stream_classes() -> tuple[Any, Any]:
    import openai

    class _Opened(openai.Stream[object]):
        """A response of the SDK whose bytes nobody has touched."""

    class _AsyncOpened(openai.AsyncStream[object]):
        """The same, async."""

    return _Opened, _AsyncOpened


class Transport:
    """Opens answers of one server.

    Args:
        endpoint: The server.
        base_url: Where it is; the endpoint's own where it is None.
        api_key: The key, a function that is asked for it with each request, or None for a server
            that needs none.
        timeout: Seconds without data, or the SDK's own Timeout; the SDK's default (600 s) where it
            is None.
        max_retries: Retries before the first byte of an answer; the SDK's default (2) where it is
            None.
        default_headers: Headers of every request.
        default_query: Query of every request.
        http_client: Your own ``httpx`` client (``httpx2`` with openai 3), e.g. for a proxy. It is
            not closed here. Hooks are added to it, which keep the SDK from retrying an empty
            balance and a request whose time is over, and have retries keep to a rate limit.
        http_async_client: Your own async client; it then serves every event loop. "aiohttp" makes
            one over aiohttp for each.

    Raises:
        KimiConfigError: For a base URL or headers that cannot be such.
    """

    def __init__(  # noqa: PLR0913 - keyword-only, one for each thing that users of the SDK know
        self,
        endpoint: Endpoint,
        *,
        base_url: str | None = None,
        api_key: str | RotatingKey | None = None,
        timeout: Timeout | None = None,
        max_retries: int | None = None,
        default_headers: Mapping[str, str] | None = None,
        default_query: Mapping[str, object] | None = None,
        http_client: HttpClient | None = None,
        http_async_client: HttpClient | None = None,
    ) -> None:
        self.endpoint = endpoint
        self.base_url: str = check_base_url(
            base_url or endpoint.base_url, endpoint=endpoint.name, any_path=endpoint.any_path
        )
        check_headers(default_headers or {}, "default_headers")
        self._settings: dict[str, Any] = {
            "base_url": self.base_url,
            "default_headers": {
                "User-Agent": _product(),
                **endpoint.default_headers,
                **(default_headers or {}),
            },
            "default_query": default_query,
        }
        if timeout is not None:
            self._settings["timeout"] = timeout
        if max_retries is not None:
            self._settings["max_retries"] = max_retries
        self._api_key = api_key or _NO_KEY
        self._http_client = http_client
        aiohttp = http_async_client == "aiohttp"
        self._http_async_client = None if aiohttp else http_async_client
        self._client: openai.OpenAI | None = None
        self._opening = threading.Lock()
        self._async_clients: dict[asyncio.AbstractEventLoop, openai.AsyncOpenAI] = {}
        # Held from the beginning: a copy that asks in this one's place, as LangChain's
        # configurable_fields makes for every call, leaves its connection behind for the next.
        self._pool = shared_pool(self._connection(), aiohttp=aiohttp)
        self._pool.join(self)
        renew_in_children(self, Transport._renew)

    def _renew(self) -> None:
        self._client, self._async_clients = None, {}
        self._opening = threading.Lock()

    def _connection(self) -> Hashable:
        """Whose connections may be used; a header may be the key, or say who asks."""
        headers = "\n".join(f"{k}: {v}" for k, v in self._settings["default_headers"].items())
        return self.account, account_of("", headers)

    @property
    def account(self) -> Hashable:
        """Whose limits count: the server and the key, which is not kept, or who hands keys out."""
        return account_of(self.base_url, self._api_key)

    def open(
        self, path: str, payload: Mapping[str, Any], sending: Mapping[str, Any] | None = None
    ) -> HttpResponse:
        """Send a request and return the HTTP response, its body not yet read.

        Args:
            path: Route below the base URL.
            payload: The JSON body.
            sending: "headers", "params" and "timeout" of this request; see `Request.sending`.

        Raises:
            KimiAPIError: Where there is no answer, or one that says no.
        """
        with self._mapping(payload):
            opened = self._sync_client().post(
                path,
                cast_to=object,
                body=dict(payload),
                options=_request_options(sending),
                stream=True,
                stream_cls=_stream_classes()[0],
            )
        return opened.response

    async def aopen(
        self, path: str, payload: Mapping[str, Any], sending: Mapping[str, Any] | None = None
    ) -> HttpResponse:
        """Send a request as `open` does, in the running event loop."""
        client = await self._async_client()
        with self._mapping(payload):
            opened = await client.post(
                path,
                cast_to=object,
                body=dict(payload),
                options=_request_options(sending),
                stream=True,
                stream_cls=_stream_classes()[1],
            )
        return opened.response

    def send(self, call: Call[Any]) -> str:
        """Send one of the utilities' requests and return the whole body.

        Args:
            call: Method, path and what goes with them.

        Raises:
            KimiAPIError: Where there is no answer, or one that says no.
        """
        method = getattr(self._sync_client(), call.method)
        with self._mapping(call.naming), _reading_whole():
            return cast("str", method(call.path, cast_to=str, **_call_arguments(call)))

    async def asend(self, call: Call[Any]) -> str:
        """Send a request as `send` does, in the running event loop."""
        method = getattr(await self._async_client(), call.method)
        with self._mapping(call.naming), _reading_whole():
            return cast("str", await method(call.path, cast_to=str, **_call_arguments(call)))

    def connect(self) -> None:
        """Open a connection, which the next request uses; what the server says to it is no matter.

        Raises:
            KimiConnectionError: Where there is no server.
        """
        with suppress(KimiStatusError):
            self.send(_GREETING)

    async def aconnect(self) -> None:
        """Open a connection of the running event loop, as `connect` does."""
        with suppress(KimiStatusError):
            await self.asend(_GREETING)

    def close(self) -> None:
        """Close the sync connections, unless another may use them; a later request opens new ones.

        They are another's where server, key and headers are the same.
        """
        self._client = None
        self._pool.leave(self)

    async def aclose(self) -> None:
        """Close the connections of the running event loop and the sync ones, as `close` does."""
        loop = running_loop()
        self._client = None
        self._async_clients.pop(loop, None)
        await self._pool.aleave(self, loop)

    @contextmanager
    def _mapping(self, payload: Mapping[str, Any]) -> Generator[None, None, None]:
        """Make an error of the SDK, or of the HTTP library that it lets through, one of ours."""
        import openai

        outer = _ours.set(True)
        try:
            yield
        except Exception as error:
            if isinstance(error, (TypeError, ValueError, RecursionError)):
                why_not = why_unsendable(payload)
                if why_not is not None:
                    raise why_not from error
            if not isinstance(error, openai.APIError) and not is_of_aiohttp(error):
                raise
            raise map_error(
                error,
                endpoint=self.endpoint.name,
                base_url=self.base_url,
                model=str(payload.get("model", "")),
            ) from error
        finally:
            _ours.reset(outer)

    def _sync_client(self) -> openai.OpenAI:
        client = self._client
        if client is None:
            # Two threads that each open one: the SDK closes the one that was not kept as soon as
            # it is collected, and with it the answer being read ("Bad file descriptor").
            with self._opening:
                client = self._client or self._open_client()
        return client

    def _open_client(self) -> openai.OpenAI:
        import openai

        http_client = self._http_client or self._pool.client(self)
        add_hooks(http_client)
        key = self._api_key if isinstance(self._api_key, str) else self._api_key.get
        self._client = client = _anonymous(
            openai.OpenAI(api_key=key, http_client=http_client, **self._settings),
            self._settings["default_headers"],
        )
        return cast("openai.OpenAI", client)

    def _forget(self, loop: asyncio.AbstractEventLoop) -> None:
        self._async_clients.pop(loop, None)

    async def _async_client(self) -> openai.AsyncOpenAI:
        loop = running_loop()
        client = self._async_clients.get(loop)
        if client is None:
            import openai

            for ended in [one for one in self._async_clients if one.is_closed()]:
                self._async_clients.pop(ended, None)
            http_client = self._http_async_client or await self._pool.aclient(
                self, loop, partial(Transport._forget, loop=loop)
            )
            add_async_hooks(http_client)
            key = self._api_key if isinstance(self._api_key, str) else self._api_key.aget
            client = self._async_clients[loop] = _anonymous(
                openai.AsyncOpenAI(api_key=key, http_client=http_client, **self._settings),
                self._settings["default_headers"],
            )
        return client


@contextmanager
def _reading_whole() -> Generator[None, None, None]:
    outer = wants_whole.set(True)
    try:
        yield
    finally:
        wants_whole.reset(outer)


def _request_options(sending: Mapping[str, Any] | None) -> Any:  # noqa: ANN401 - a TypedDict of the SDK
    check_headers((sending or {}).get("headers") or {}, "extra_headers")
    # The one rule for redirects, with every request: none is followed, whatever the HTTP client
    # would do by itself. Where one leads would get the conversation, the query and every header but
    # the key's own: httpx leaves out Authorization at another origin, and no `default_headers`.
    return {**(sending or {}), "follow_redirects": False}


def _call_arguments(call: Call[Any]) -> dict[str, Any]:
    arguments = call.sending()
    return {**arguments, "options": _request_options(arguments["options"])}


def _anonymous(client: Any, headers: Mapping[str, str]) -> Any:  # noqa: ANN401 - OpenAI or AsyncOpenAI
    # The SDK fills these from OPENAI_ORG_ID, OPENAI_PROJECT_ID and OPENAI_CUSTOM_HEADERS and would
    # send them to whatever server base_url names. It has no argument against the last one, hence
    # the private attribute; a test with all of them set fails if it moves.
    client.organization = None
    client.project = None
    client._custom_headers = dict(headers)  # noqa: SLF001 - see above
    return client
