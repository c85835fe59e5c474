"""The sockets of the HTTP library: read by 16 KiB, and quick to say whether they are readable.

Owns: what stands between the library's pools and its sockets. May know: the standard library.

The library reads 64 KiB at once, which a sync answer that nobody has read on keeps: two thirds of
all that an open stream takes. And with each request it asks every idle connection whether the
server has closed it: through anyio's attributes, with a poll that is made and thrown away, 17
microseconds for each, which was a quarter of the time of a hundred answers at once.
"""

from __future__ import annotations

import asyncio
import select
import ssl
from collections.abc import Callable
from typing import Any

__all__ = ["AsyncSockets", "Sockets"]

_MOST_BYTES = 16 * 1024
_poll: Callable[[], Any] | None = getattr(select, "poll", None)  # Windows has none


class _Socket:
    """What a stream knows without waiting."""

    def __init__(self, stream: Any) -> None:  # noqa: ANN401 - the library's stream
        self._stream = stream
        self.write: Any = stream.write
        self._socket = stream.get_extra_info("socket")
        self._asks: Any = None

    def get_extra_info(self, info: str) -> Any:  # noqa: ANN401 - as the library has it
        if info != "is_readable" or self._socket is None or _poll is None:
            return self._stream.get_extra_info(info)
        number: int = self._socket.fileno()
        if number < 0:  # closed, as the library says it: a read would end at once
            return True
        if self._asks is None:  # one thread at a time: the library asks under its pool's lock
            self._asks = _poll()
            self._asks.register(number, select.POLLIN)
        return bool(self._asks.poll(0))


class _SyncSocket(_Socket):
    def __init__(self, stream: Any) -> None:  # noqa: ANN401 - as above
        super().__init__(stream)
        self.close: Any = stream.close

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        read: bytes = self._stream.read(min(max_bytes, _MOST_BYTES), timeout)
        return read

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> _SyncSocket:
        return _SyncSocket(self._stream.start_tls(ssl_context, server_hostname, timeout))


class _AsyncSocket(_Socket):
    """Reads as the library does: what the event loop has read is kept by its own stream anyway."""

    def __init__(self, stream: Any, opened: set[_AsyncSocket]) -> None:  # noqa: ANN401 - see above
        super().__init__(stream)
        self.read = stream.read
        self._opened = opened
        opened.add(self)

    async def aclose(self) -> None:
        self._opened.discard(self)
        await self._stream.aclose()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> _AsyncSocket:
        self._opened.discard(self)  # it goes on in the other one, or the library closes it
        secure = await self._stream.start_tls(ssl_context, server_hostname, timeout)
        return _AsyncSocket(secure, self._opened)


class Sockets:
    """Opens connections.

    Args:
        backend: The library's own, which opens them.
    """

    def __init__(self, backend: Any) -> None:  # noqa: ANN401 - of either library
        self._backend = backend
        self.sleep: Any = backend.sleep

    def connect_tcp(self, *args: Any, **kwargs: Any) -> _SyncSocket:  # noqa: ANN401 - passed on
        """Open one."""
        return _SyncSocket(self._backend.connect_tcp(*args, **kwargs))


class AsyncSockets:
    """Opens connections, async.

    Args:
        backend: The library's own, which opens them.
    """

    def __init__(self, backend: Any) -> None:  # noqa: ANN401 - of either library
        self._backend = backend
        self.sleep: Any = backend.sleep
        self._opened: set[_AsyncSocket] = set()

    async def connect_tcp(self, *args: Any, **kwargs: Any) -> _AsyncSocket:  # noqa: ANN401 - passed on
        """Open one."""
        return _AsyncSocket(await self._backend.connect_tcp(*args, **kwargs), self._opened)

    async def aclose(self) -> None:
        """Close all that are open.

        ``Task.cancel`` goes through the shields in which a pool closes connections, and it has
        forgotten them by then.
        """
        cancelled: asyncio.CancelledError | None = None
        while self._opened:
            try:
                await self._opened.pop().aclose()
            except asyncio.CancelledError as error:  # noqa: PERF203 - the network has heard of it
                cancelled = error
        if cancelled is not None:
            raise cancelled
