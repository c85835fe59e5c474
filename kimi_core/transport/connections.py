"""The connections of one HTTP client: many at once cost no more, each, than few.

Owns: how many there may be, how long an idle one is kept, and how the requests of an event loop are
shared out over pools. May know: its own files.

With each request and each end of one the library goes through all connections of its pool: a third
of the time of 256 answers at once, of which the SDK's own limit of 100 idle connections closed 156,
to open them again for the next. So a pool has few, and a loop as many pools as it needs.
"""

from __future__ import annotations

import sys
import time
from collections.abc import AsyncIterator, Callable
from importlib import import_module
from typing import Any
from urllib.request import getproxies

from kimi_core.transport.sockets import AsyncSockets, Sockets

__all__ = ["make_transport"]

_MOST = 1_000  # connections, the openai SDK's own limit
_MOST_OF_POOL = 20
_IDLE_SECONDS = 5.0  # the HTTP library's own


def make_transport(kind: Any, context: object) -> Any:  # noqa: ANN401 - httpx's or httpx2's
    """Return a transport for a client of this kind; None for the library's own, behind a proxy.

    Args:
        kind: The client's class, sync or async.
        context: Whom it trusts.
    """
    if any(getproxies().get(scheme) for scheme in ("http", "https", "all")):
        return None  # the library mounts those of the environment where no transport is given
    library = sys.modules[kind.__mro__[1].__module__.partition(".")[0]]
    core = import_module(f"httpcore{library.__name__.removeprefix('httpx')}")
    settings = {"ssl_context": context, "keepalive_expiry": _IDLE_SECONDS}
    if issubclass(kind, library.Client):
        transport = library.HTTPTransport(verify=context)
        backend = Sockets(core.SyncBackend())
        transport._pool = core.ConnectionPool(  # noqa: SLF001 - see above
            **settings, max_connections=_MOST, network_backend=backend
        )
        return transport
    transport = library.AsyncHTTPTransport(verify=context)
    opens = AsyncSockets(core.AnyIOBackend())

    def pool() -> Any:  # noqa: ANN401 - httpcore's or httpcore2's
        return core.AsyncConnectionPool(
            **settings, max_connections=_MOST_OF_POOL, network_backend=opens
        )

    transport._pool = _Pools(pool)  # noqa: SLF001 - as above
    return transport


class _Part:
    """One pool: how many answers are open, and since when none is."""

    def __init__(self, pool: Any) -> None:  # noqa: ANN401 - as above
        self.pool = pool
        self.open = 0
        self._since = 0.0

    def leave(self) -> None:
        self.open -= 1
        self._since = time.monotonic()

    @property
    def is_quiet(self) -> bool:
        return not self.open and time.monotonic() - self._since > _IDLE_SECONDS


class _Pools:
    """Takes the place of a pool: the first one that has a connection to spare gets the request."""

    def __init__(self, make: Callable[[], Any]) -> None:
        self._make = make
        self._parts: list[_Part] = []

    async def handle_async_request(self, request: Any) -> Any:  # noqa: ANN401 - the library's own
        """Send a request, and return the answer as it begins."""
        part = self._chosen()
        part.open += 1
        try:
            await self._close_quiet()
            response = await part.pool.handle_async_request(request)
        except BaseException:
            part.leave()
            raise
        response.stream = _Body(response.stream, part)
        return response

    async def aclose(self) -> None:
        """Close all connections."""
        parts, self._parts = self._parts, []
        for part in parts:
            await part.pool.aclose()

    def _chosen(self) -> _Part:
        for part in self._parts:
            if part.open < _MOST_OF_POOL:
                return part
        if len(self._parts) * _MOST_OF_POOL < _MOST:
            self._parts.append(_Part(self._make()))
            return self._parts[-1]
        return min(self._parts, key=lambda part: part.open)  # it waits there, as with the library

    async def _close_quiet(self) -> None:
        """Close what a burst has left: a pool closes its own only when it is asked again."""
        while quiet := next((part for part in self._parts[1:] if part.is_quiet), None):
            self._parts.remove(quiet)
            await quiet.pool.aclose()


class _Body:
    """The body of an answer, with whose end its pool has a connection to spare."""

    def __init__(self, stream: Any, part: _Part) -> None:  # noqa: ANN401 - the library's own
        self._stream = stream
        self._part: _Part | None = part

    def __aiter__(self) -> AsyncIterator[bytes]:
        read: AsyncIterator[bytes] = self._stream.__aiter__()
        return read

    async def aclose(self) -> None:
        try:
            await self._stream.aclose()
        finally:
            part, self._part = self._part, None
            if part is not None:
                part.leave()
