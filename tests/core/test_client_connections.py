"""How connections are opened, kept, shared out and closed, however many answers are open.

Owns: one event loop's and one process's, plain, behind TLS and behind a proxy, as the server sees
them. Who shares them is in parity/test_connections.py; errors are in tests/faults.
"""

from __future__ import annotations

import asyncio
import ssl
import tracemalloc
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import openai
import pytest
import trustme

from kimi_core.chat import KimiChat, Settings
from kimi_core.errors import KimiBadRequestError, KimiTimeoutError
from kimi_core.transport import connections
from tests.core.asking import HELLO
from tests.scripted import ScriptedServer, chunk, stream

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SPOKEN = stream(chunk(content="Hi."), chunk("stop"), at_once=True)
STALLED = replace(SPOKEN, stalls=True)
LONG = replace(stream(*[chunk(content="word ")] * 1_000, chunk("stop")), at_once=True)


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer(repeats=True) as running:
        running.will(SPOKEN)
        yield running


async def asked(chat: KimiChat, at_once: int) -> list[str]:
    """Ask so often at once; no answer is read before all of them have begun."""
    request = chat.request(HELLO, stream=True)
    replies = await asyncio.gather(*(chat.aopen(request) for _ in range(at_once)))
    return [(await reply.read()).message().content for reply in replies]


async def one(chat: KimiChat) -> str:
    return (await (await chat.aopen(chat.request(HELLO, stream=True))).read()).message().content


def ports(server: ScriptedServer, since: int = 0) -> set[int]:
    return {seen.port for seen in server.seen[since:]}


def test_many_answers_at_once_open_a_connection_each_and_the_next_ones_none(
    server: ScriptedServer, connect: Callable[..., KimiChat]
) -> None:
    """The SDK's own limit keeps 100: of 120 each round would open 20 anew."""
    chat = connect()

    async def rounds() -> None:
        assert await asked(chat, 120) == ["Hi."] * 120
        first = ports(server)
        assert len(first) == 120
        assert await asked(chat, 120) == ["Hi."] * 120
        assert ports(server, since=120) == first
        await chat.aclose()

    asyncio.run(rounds())


def test_one_after_the_other_take_one_connection(
    server: ScriptedServer, connect: Callable[..., KimiChat]
) -> None:
    chat = connect()

    async def rounds() -> None:
        for _ in range(5):
            await asked(chat, 1)
        await chat.aclose()

    asyncio.run(rounds())
    assert len(ports(server)) == 1


def test_where_no_more_may_be_open_the_next_answer_waits_for_one(
    server: ScriptedServer, connect: Callable[..., KimiChat], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "_MOST", 40)
    chat = connect()

    async def all_of_them() -> list[str]:
        said = await asyncio.gather(*(one(chat) for _ in range(100)))
        await chat.aclose()
        return said

    assert asyncio.run(all_of_them()) == ["Hi."] * 100
    assert len(ports(server)) <= 40


def test_where_no_more_may_be_open_the_first_one_that_ends_makes_room(
    server: ScriptedServer, connect: Callable[..., KimiChat], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It waited for those of its pool, though all others had ended."""
    server.forget()
    server.will(*[STALLED] * 20, SPOKEN)
    monkeypatch.setattr(connections, "_MOST", 40)
    chat = connect()

    async def in_turn() -> str:
        request = chat.request(HELLO, stream=True)
        kept = [await chat.aopen(request) for _ in range(20)]
        ending = [await chat.aopen(request) for _ in range(20)]
        waiting = asyncio.create_task(one(chat))
        await asyncio.sleep(0)
        for reply in ending:
            await reply.read()
        said = await asyncio.wait_for(waiting, 10)
        await chat.aclose()
        assert len(kept) == 20
        return said

    assert asyncio.run(in_turn()) == "Hi."


def test_who_waits_for_a_connection_waits_no_longer_than_it_was_told(
    server: ScriptedServer, connect: Callable[..., KimiChat], monkeypatch: pytest.MonkeyPatch
) -> None:
    server.forget()
    server.will(STALLED)
    monkeypatch.setattr(connections, "_MOST", 1)
    chat = connect(timeout=openai.Timeout(10, pool=0.01))

    async def too_many() -> None:
        reply = await chat.aopen(chat.request(HELLO, stream=True))
        with pytest.raises(KimiTimeoutError):
            await one(chat)
        await chat.aclose()
        assert reply

    asyncio.run(too_many())
    assert len(server.seen) == 1


def test_refusals_that_break_off_leave_room_for_others(
    server: ScriptedServer, connect: Callable[..., KimiChat], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Such an answer stays open with httpx, and counted for ever."""
    server.forget()
    server.will(*[replace(SPOKEN, status=400, breaks=True)] * 4, SPOKEN)
    monkeypatch.setattr(connections, "_MOST", 2)
    chat = connect(timeout=10)

    async def refused() -> str:
        for _ in range(4):
            with pytest.raises(KimiBadRequestError):
                await one(chat)
        said = await one(chat)
        await chat.aclose()
        return said

    assert asyncio.run(refused()) == "Hi."


def test_requests_that_are_cancelled_leave_room_for_others(
    connect: Callable[..., KimiChat], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With httpcore 1 a connection whose request never came to be sent was kept for ever."""
    monkeypatch.setattr(connections, "_MOST_OF_POOL", 1)
    monkeypatch.setattr(connections, "_MOST", 1)
    chat = connect(timeout=10)

    async def cancelled() -> str:
        for steps in range(60):
            asking = asyncio.create_task(one(chat))
            for _ in range(steps):
                await asyncio.sleep(0)
            asking.cancel()
            await asyncio.wait([asking])
        said = await one(chat)
        await chat.aclose()
        return said

    assert asyncio.run(cancelled()) == "Hi."


def test_what_a_burst_has_opened_is_closed_when_it_was_not_used_for_a_while(
    server: ScriptedServer, connect: Callable[..., KimiChat], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is with the next request, as the HTTP library does it; 80 sockets stayed open."""
    chat = connect()

    async def rounds() -> None:
        await asked(chat, 100)
        with monkeypatch.context() as later:
            later.setattr(connections, "_IDLE_SECONDS", -1)
            await asked(chat, 1)
        await asked(chat, 100)
        await chat.aclose()

    asyncio.run(rounds())
    assert len(ports(server)) == 100 + 80


@pytest.mark.parametrize("way", ["sync", "async"])
def test_a_connection_that_the_server_has_closed_is_not_asked_again(
    server: ScriptedServer, connect: Callable[..., KimiChat], way: str
) -> None:
    server.forget()
    server.will(replace(SPOKEN, hangs_up=True))
    chat = connect()  # without retries: a request on the closed one would be an error
    if way == "sync":
        for _ in range(2):
            assert chat.open(chat.request(HELLO, stream=True)).read().message().content == "Hi."
            server.wait_for_a_closed_connection()
    else:

        async def rounds() -> None:
            for _ in range(2):
                assert await asked(chat, 1) == ["Hi."]
                server.wait_for_a_closed_connection()
            await chat.aclose()

        asyncio.run(rounds())
    assert len(ports(server)) == 2


def test_an_open_answer_keeps_little_of_what_has_come(
    server: ScriptedServer, connect: Callable[..., KimiChat]
) -> None:
    """The HTTP library's reads are 64 KiB, which each open answer held."""
    server.forget()
    server.will(LONG)
    chat = connect()
    request = chat.request(HELLO, stream=True)

    def begun() -> Any:
        events = iter(chat.open(request))
        next(events)
        return events

    kept = [begun()]
    tracemalloc.start()
    try:
        kept += [begun() for _ in range(10)]
        taken = tracemalloc.take_snapshot()
    finally:
        tracemalloc.stop()
    for events in kept:
        events.close()
    buffers = taken.filter_traces(
        [tracemalloc.Filter(inclusive=True, filename_pattern="*/h11/_receivebuffer.py")]
    )
    size = sum(found.size for found in buffers.statistics("filename"))
    assert 0 < size / 10 < 24 * 1024


@pytest.fixture
def behind_tls(server: ScriptedServer, tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> str:
    """Make the server speak TLS, and trust it as a user does whose company has its own CA."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    server.wrap(context)
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    return server.base_url.replace("http:", "https:")


def test_answers_come_through_tls(behind_tls: str, connect: Callable[..., KimiChat]) -> None:
    chat = connect(base_url=behind_tls)
    for _ in range(2):
        assert chat.open(chat.request(HELLO, stream=True)).read().message().content == "Hi."


def test_answers_come_through_tls_async(
    server: ScriptedServer, behind_tls: str, connect: Callable[..., KimiChat]
) -> None:
    chat = connect(base_url=behind_tls)

    async def rounds() -> None:
        assert await asked(chat, 3) == ["Hi."] * 3
        assert await asked(chat, 3) == ["Hi."] * 3
        await chat.aclose()

    asyncio.run(rounds())
    assert len(ports(server)) == 3


@pytest.mark.parametrize("way", ["sync", "async"])
def test_a_proxy_of_the_environment_is_asked(
    server: ScriptedServer, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    monkeypatch.setenv("HTTP_PROXY", server.base_url.removesuffix("/v1"))
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    address = "http://kimi.example:8000/v1"
    chat = KimiChat(Settings(endpoint="vllm", base_url=address, api_key="k", max_retries=0))
    if way == "sync":
        assert chat.open(chat.request(HELLO, stream=True)).read().message().content == "Hi."
        chat.close()
    else:

        async def one() -> list[str]:
            said = await asked(chat, 1)
            await chat.aclose()
            return said

        assert asyncio.run(one()) == ["Hi."]
    assert server.seen[-1].path == f"{address}/chat/completions"
