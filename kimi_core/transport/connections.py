"""The connections of one HTTP client: many at once cost no more, each, than few.

Owns: how many there may be, how long an idle one is kept, and how the requests of an event loop are
shared out over pools. May know: its own files; anyio.

With each request and each end of one the library goes through all connections of its pool: a third
of the time of 256 answers at once, of which the SDK's own limit of 100 idle connections closed 156,
to open them again for the next. So a pool has few, and a loop as many pools as it needs.
"""

from __future__ import annotations

import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from importlib import import_module
from typing import Any
from urllib.request import getproxies

import anyio

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

    transport._pool = _Pools(pool, opens, core.PoolTimeout)  # noqa: SLF001 - as above
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

    def lose(self, request: Any = None) -> list[Any]:  # noqa: ANN401 - as above
        """Take out what no request will have any more, and return it.

        httpcore 1 keeps a connection for ever whose request is cancelled between connecting and
        sending, or while its answer is closed. It counts, so that behind twenty of them no request
        of this pool was ever sent.

        Args:
            request: One that is over, whether or not the pool knows.
        """
        asked, known = self.pool._requests, self.pool._connections  # noqa: SLF001 - see above
        if request in asked:
            asked.remove(request)
        had = {request.connection for request in asked}
        lost = [one for one in known if one not in had and not (one.is_idle() or one.is_closed())]
        for one in lost:
            known.remove(one)
        return lost


class _Pools:
    """Takes the place of a pool: the first one that has a connection to spare gets the request."""

    def __init__(
        self, make: Callable[[], Any], opens: AsyncSockets, too_late: type[Exception]
    ) -> None:
        self._make, self._opens, self._too_late = make, opens, too_late
        self._parts: list[_Part] = []
        self._turns = anyio.Semaphore(_MOST)
        self._leaving: list[Any] = []

    async def handle_async_request(self, request: Any) -> Any:  # noqa: ANN401 - the library's own
        """Send a request, and return the answer as it begins."""
        await self._turn(request)
        part = self._chosen()
        part.open += 1
        try:
            await self._close_quiet()
            response = await part.pool.handle_async_request(request)
        except BaseException:
            self.leave(part)
            await self.give_up(part)
            raise
        response.stream = _Body(response.stream, self, part)
        return response

    async def aclose(self) -> None:
        """Close all connections, those that a pool has lost as well."""
        self._parts = []
        await self._opens.aclose()

    def leave(self, part: _Part) -> None:
        """Let another one be open in the place of one that is over."""
        part.leave()
        self._turns.release()

    async def give_up(self, part: _Part, request: Any = None) -> None:  # noqa: ANN401 - as above
        """Close what a pool has lost with a request that failed or was cancelled."""
        with suppress(AttributeError):  # of a later library, which may keep its own otherwise
            self._leaving += part.lose(request)
        await self._close_leaving()

    async def _turn(self, request: Any) -> None:  # noqa: ANN401 - as above
        """Wait until one more may be open; in a pool it would wait for those of that pool alone."""
        try:
            self._turns.acquire_nowait()
        except anyio.WouldBlock:
            try:
                with anyio.fail_after(request.extensions.get("timeout", {}).get("pool")):
                    await self._turns.acquire()
            except TimeoutError as error:
                raise self._too_late from error

    def _chosen(self) -> _Part:
        for part in self._parts:
            if part.open < _MOST_OF_POOL:
                return part
        self._parts.append(_Part(self._make()))
        return self._parts[-1]

    async def _close_quiet(self) -> None:
        """Close what a burst has left: a pool closes its own only when it is asked again."""
        for quiet in [part for part in self._parts[1:] if part.is_quiet]:
            self._parts.remove(quiet)
            self._leaving += quiet.pool.connections
        await self._close_leaving()

    async def _close_leaving(self) -> None:
        # The network hears of it before anything is waited for: of a request that is cancelled
        # here, the next one closes the others.
        while self._leaving:
            await self._leaving.pop().aclose()


class _Body:
    """The body of an answer, with whose end its pool has a connection to spare."""

    def __init__(self, stream: Any, pools: _Pools, part: _Part) -> None:  # noqa: ANN401 - as above
        self._stream, self._pools, self._part = stream, pools, part
        self._is_over = False

    def __aiter__(self) -> AsyncIterator[bytes]:
        read: AsyncIterator[bytes] = self._stream.__aiter__()
        return read

    async def aclose(self) -> None:
        if self._is_over:
            return
        self._is_over = True
        try:
            await self._stream.aclose()
        except BaseException:
            await self._pools.give_up(self._part, getattr(self._stream, "_pool_request", None))
            raise
        finally:
            self._pools.leave(self._part)
