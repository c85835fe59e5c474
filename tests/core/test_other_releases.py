"""Connections that a release of the HTTP library loses, and waiting that is cut short.

Owns: stand-ins for pools and sockets that do as httpcore 1 was seen to do (openai 2.45, with real
servers in core/test_client_connections.py and in make test-oldest), so that each way is gone with
every release.
"""

from __future__ import annotations

import asyncio
import socket
from dataclasses import dataclass, field
from typing import Any

import pytest

from kimi_core.transport.connections import _MOST, _Pools
from kimi_core.transport.pools import Pool, _OfLoop
from kimi_core.transport.sockets import AsyncSockets, Sockets


@dataclass(eq=False)
class Connection:
    """One that is in use until it is closed."""

    closed: bool = False

    def is_idle(self) -> bool:
        return False

    def is_closed(self) -> bool:
        return self.closed

    async def aclose(self) -> None:
        self.closed = True


@dataclass(eq=False)
class Asked:
    """A request, as a pool keeps it."""

    connection: Any = None


class Body:
    """One whose end is cancelled."""

    def __init__(self, asked: Asked) -> None:
        self._pool_request = asked

    async def aclose(self) -> None:
        raise asyncio.CancelledError


class Response:
    """An answer that has begun."""

    def __init__(self, stream: Body) -> None:
        self.stream: Any = stream


class Forgetful:
    """A pool that keeps the connection of a request which was cancelled."""

    def __init__(self, *, begins: bool) -> None:
        self.begins = begins
        self._connections: list[Connection] = []
        self._requests: list[Asked] = []

    async def handle_async_request(self, _: object) -> Response:
        connection = Connection()
        self._connections.append(connection)
        if not self.begins:
            raise asyncio.CancelledError
        self._requests.append(Asked(connection))
        return Response(Body(self._requests[-1]))


@dataclass
class Request:
    """What is sent."""

    extensions: dict[str, Any] = field(default_factory=dict[str, Any])


class Unknown:
    """A pool of a release that keeps its own in another way."""

    async def handle_async_request(self, _: object) -> Response:
        raise asyncio.CancelledError


def pools(pool: object) -> tuple[_Pools, AsyncSockets]:
    opens = AsyncSockets(Backend())
    return _Pools(lambda: pool, opens, TimeoutError), opens


async def test_what_a_cancelled_request_leaves_in_its_pool_is_closed() -> None:
    pool = Forgetful(begins=False)
    shared, _ = pools(pool)
    with pytest.raises(asyncio.CancelledError):
        await shared.handle_async_request(Request())
    assert pool._connections == []
    assert shared._turns.value == _MOST


async def test_what_an_answer_leaves_whose_end_is_cancelled_is_closed() -> None:
    pool = Forgetful(begins=True)
    shared, _ = pools(pool)
    response = await shared.handle_async_request(Request())
    (connection,) = pool._connections
    with pytest.raises(asyncio.CancelledError):
        await response.stream.aclose()
    await response.stream.aclose()  # once more changes nothing
    assert connection.closed
    assert (pool._connections, pool._requests) == ([], [])
    assert shared._turns.value == _MOST


async def test_a_release_that_keeps_its_own_otherwise_is_left_alone() -> None:
    shared, _ = pools(Unknown())
    with pytest.raises(asyncio.CancelledError):
        await shared.handle_async_request(Request())
    assert shared._turns.value == _MOST


class Stream:
    """A connection of the library's, whose end may be cancelled."""

    def __init__(self, *, cancels: bool = False) -> None:
        self.socket, self._cancels, self.closed = socket.socket(), cancels, False
        self.read = self.write = self.close = None

    def get_extra_info(self, _: str) -> socket.socket:
        return self.socket

    async def aclose(self) -> None:
        self.socket.close()
        self.closed = True
        if self._cancels:
            raise asyncio.CancelledError


class Backend:
    """Opens what it was given."""

    sleep = None

    def __init__(self, *streams: Stream) -> None:
        self._streams = list(streams)

    def connect_tcp(self) -> Stream:
        return self._streams.pop()


class AsyncBackend(Backend):
    """The same, async."""

    async def connect_tcp(self) -> Stream:  # type: ignore[override]  # the async one
        return self._streams.pop()


async def test_all_are_closed_where_closing_is_cancelled() -> None:
    streams = [Stream(cancels=True), Stream(cancels=True), Stream()]
    opens = AsyncSockets(AsyncBackend(*streams))
    for _ in streams:
        await opens.connect_tcp()
    with pytest.raises(asyncio.CancelledError):
        await opens.aclose()
    assert all(stream.closed for stream in streams)


def test_a_closed_socket_is_readable() -> None:
    """As the library has it: a read would end at once, so the connection is given up."""
    stream = Stream()
    opened = Sockets(Backend(stream)).connect_tcp()
    assert opened.get_extra_info("is_readable") in {True, False}
    stream.socket.close()
    assert opened.get_extra_info("is_readable") is True


class Client:
    """A client whose connections take their time to close."""

    def __init__(self) -> None:
        self.closes, self.may_end = 0, asyncio.Event()

    async def aclose(self) -> None:
        await self.may_end.wait()
        self.closes += 1


async def test_who_waits_for_the_end_of_a_client_may_be_cancelled() -> None:
    client = Client()
    kept = _OfLoop(client, asyncio.get_running_loop(), Pool(), lambda: None)
    waiting, other = (asyncio.create_task(kept.aclose()) for _ in range(2))
    await asyncio.sleep(0)
    waiting.cancel()
    client.may_end.set()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    await other
    assert client.closes == 1
