"""The transport repeats what may succeed, keeps its connections, and sends nothing of OpenAI's.

Owns: retries, headers, the life of connections in one and in several event loops, own HTTP clients.
"""

from __future__ import annotations

import asyncio
import gc
from dataclasses import replace
from importlib import metadata
from typing import TYPE_CHECKING, Any

import openai
import pytest

from kimi_core import errors
from kimi_core.endpoints import vllm
from kimi_core.transport import _transport
from tests.core.asking import HELLO
from tests.scripted import Answer, ScriptedServer, chunk, error, stream

if TYPE_CHECKING:
    from collections.abc import Callable

    from kimi_core.chat import KimiChat

    Connect = Callable[..., KimiChat]
    Ask = Callable[[KimiChat], str]

FINE = stream(chunk("stop", content="Hi"))
OVERLOADED = error(429, "overloaded", "engine_overloaded_error", retry_after="0.01")
NO_MONEY = error(429, "no", "exceeded_current_quota_error", retry_after="0.01")


def ask(chat: KimiChat) -> str:
    """Ask and return the content."""
    return chat.open(chat.request(HELLO, stream=True)).read().message().content


async def ask_in_loop(chat: KimiChat) -> str:
    """Ask in the running event loop and return the content."""
    reply = await chat.aopen(chat.request(HELLO, stream=True))
    return (await reply.read()).message().content


def aask(chat: KimiChat) -> str:
    """Ask in an event loop of its own and return the content."""
    return asyncio.run(ask_in_loop(chat))


both = pytest.mark.parametrize("asking", [ask, aask], ids=["sync", "async"])


# answers, max_retries -> requests that were made, and the error in the end
RETRIES: dict[str, tuple[list[Answer], int, int, type[Exception] | None]] = {
    "the first is fine": ([FINE], 2, 1, None),
    "busy once": ([OVERLOADED, FINE], 2, 2, None),
    "busy twice": ([OVERLOADED, OVERLOADED, FINE], 2, 3, None),
    "busy too often": ([OVERLOADED] * 3, 2, 3, errors.KimiOverloadedError),
    "no retries wanted": ([OVERLOADED, FINE], 0, 1, errors.KimiOverloadedError),
    "a server error": ([error(500, "no", "server_error", retry_after="0.01"), FINE], 1, 2, None),
    "no money": ([NO_MONEY, FINE], 2, 1, errors.KimiQuotaError),
    "busy, then no money": ([OVERLOADED, NO_MONEY, FINE], 2, 2, errors.KimiQuotaError),
    "a wrong key": (
        [error(401, "no", "invalid_authentication_error"), FINE], 2, 1,
        errors.KimiAuthenticationError,
    ),
    "a wrong request": (
        [error(400, "no", "invalid_request_error"), FINE], 2, 1, errors.KimiBadRequestError,
    ),
    "a broken answer": (
        [stream(chunk(content="Hel"), done=False, breaks=True), FINE], 2, 1,
        errors.KimiStreamTruncatedError,
    ),
    "an error in the answer": (
        [stream({"error": {"type": "engine_overloaded_error", "message": "no"}}), FINE], 2, 1,
        errors.KimiOverloadedError,
    ),
}  # fmt: skip


@both
@pytest.mark.parametrize(("answers", "retries", "requests", "end"), RETRIES.values(), ids=RETRIES)
def test_what_is_repeated(  # noqa: PLR0913, PLR0917 - the columns
    server: ScriptedServer,
    connect: Connect,
    asking: Ask,
    answers: list[Answer],
    retries: int,
    requests: int,
    end: type[Exception] | None,
) -> None:
    server.will(*answers)
    chat = connect(max_retries=retries)
    if end is None:
        assert asking(chat) == "Hi"
    else:
        with pytest.raises(end):
            asking(chat)
    assert len(server.seen) == requests
    counts = [seen.headers["x-stainless-retry-count"] for seen in server.seen]
    assert counts == [str(number) for number in range(requests)]


@both
def test_nothing_of_openai_is_sent(
    server: ScriptedServer, connect: Connect, asking: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("API_KEY", "ADMIN_KEY", "ORG_ID", "PROJECT_ID", "WEBHOOK_SECRET"):
        monkeypatch.setenv(f"OPENAI_{name}", "canary")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/canary")
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "x-canary: canary\nAuthorization: Bearer canary")
    server.will(FINE, FINE)
    assert asking(connect()) == "Hi"
    assert asking(connect(api_key=None, default_headers={"x-mine": "1"})) == "Hi"
    first, second = server.seen
    assert "canary" not in repr(server.seen)
    assert not {"openai-organization", "openai-project"} & first.headers.keys()
    assert first.headers["authorization"] == "Bearer sk-made-up"
    assert second.headers["authorization"] == "Bearer no-key-needed"
    assert second.headers["x-mine"] == "1"


@both
def test_headers_and_query_of_every_request(
    server: ScriptedServer, connect: Connect, asking: Ask
) -> None:
    endpoint = vllm(server.base_url, default_headers={"x-title": "theirs", "x-kind": "theirs"})
    server.will(FINE)
    asking(connect(endpoint=endpoint, base_url=None, default_headers={"x-title": "mine"},
                   default_query={"version": "2"}))  # fmt: skip
    (seen,) = server.seen
    assert (seen.headers["x-title"], seen.headers["x-kind"]) == ("mine", "theirs")
    assert seen.path == "/v1/chat/completions?version=2"


@pytest.mark.parametrize("installed", [True, False], ids=["installed", "a bare copy"])
def test_the_server_is_told_which_program_asks(
    server: ScriptedServer, connect: Connect, monkeypatch: pytest.MonkeyPatch, installed: bool
) -> None:
    """A folder that is only on the path has no version to tell; it works all the same."""
    if not installed:
        monkeypatch.setattr(metadata.Distribution, "from_name", _no_distribution)
    _transport._product.cache_clear()
    server.will(FINE)
    ask(connect())
    _transport._product.cache_clear()
    version = f"/{metadata.version('kimi-k2-integrations')}" if installed else ""
    assert server.seen[0].headers["user-agent"] == f"kimi-k2-integrations{version}"


def _no_distribution(name: str) -> metadata.Distribution:
    raise metadata.PackageNotFoundError(name)


def test_a_connection_is_used_again_until_it_is_closed(
    server: ScriptedServer, connect: Connect
) -> None:
    server.will(FINE, FINE, FINE)
    chat = connect()
    ask(chat)
    ask(chat)
    chat.close()
    chat.close()
    ask(chat)
    first, second, third = (seen.port for seen in server.seen)
    assert first == second != third


def test_one_chat_serves_many_event_loops(server: ScriptedServer, connect: Connect) -> None:
    server.will(*[FINE] * 5)
    chat = connect()

    async def twice() -> list[str]:
        return [await ask_in_loop(chat), await ask_in_loop(chat)]

    assert asyncio.run(twice()) == ["Hi", "Hi"]
    assert ask(chat) == "Hi"
    assert asyncio.run(twice()) == ["Hi", "Hi"]
    ports = [seen.port for seen in server.seen]
    assert ports[0] == ports[1]
    assert ports[3] == ports[4]
    assert len(set(ports)) == 3


def test_a_loop_that_was_closed_by_hand_is_forgotten_with_the_next(
    server: ScriptedServer, connect: Connect
) -> None:
    server.will(*[replace(FINE, headers={**FINE.headers, "connection": "close"})] * 2)
    chat = connect()
    loop = asyncio.new_event_loop()
    assert loop.run_until_complete(ask_in_loop(chat)) == "Hi"
    loop.close()  # without shutdown_asyncgens, which would have told
    assert chat._transport is not None
    kept = chat._transport._pool._loops
    assert list(kept) == [loop]
    assert aask(chat) == "Hi"
    assert list(kept) == []


def test_an_event_loop_closes_its_connections_when_it_ends(
    server: ScriptedServer, connect: Connect
) -> None:
    server.will(FINE)
    chat = connect()

    async def run() -> openai.AsyncOpenAI:
        await ask_in_loop(chat)
        assert chat._transport is not None
        client = await chat._transport._async_client()
        assert not client.is_closed()
        return client

    assert asyncio.run(run()).is_closed()


def test_aclose_closes_both_and_a_later_request_opens_anew(
    server: ScriptedServer, connect: Connect
) -> None:
    server.will(FINE, FINE, FINE)
    chat = connect()

    async def run() -> None:
        assert ask(chat) == "Hi"
        assert await ask_in_loop(chat) == "Hi"
        assert chat._transport is not None
        client = await chat._transport._async_client()
        await chat.aclose()
        await chat.aclose()
        assert client.is_closed()
        assert await ask_in_loop(chat) == "Hi"

    asyncio.run(run())
    assert len({seen.port for seen in server.seen}) == 3


def test_a_forgotten_chat_closes_its_connections(server: ScriptedServer, connect: Connect) -> None:
    server.will(FINE)
    chat = connect()
    ask(chat)
    assert chat._transport is not None
    client = chat._transport._sync_client()
    transport, chat._transport = chat._transport, None
    del transport
    gc.collect()
    assert client.is_closed()


OWN: dict[str, tuple[Callable[[], Any], Callable[[], Any]]] = {
    "the SDK's": (openai.DefaultHttpxClient, openai.DefaultAsyncHttpxClient),
    # A client of httpx2 with openai 3, of httpx with openai 2.
    "plain": (
        openai.DefaultHttpxClient.__bases__[0],
        openai.DefaultAsyncHttpxClient.__bases__[0],
    ),
}


@pytest.mark.parametrize("kind", OWN)
def test_an_own_client_is_used_and_not_closed(
    server: ScriptedServer, connect: Connect, kind: str
) -> None:
    server.will(FINE, FINE)
    with OWN[kind][0]() as mine:
        mine.headers["x-mine"] = "1"
        chat = connect(http_client=mine)
        assert ask(chat) == "Hi"
        chat.close()
        assert not mine.is_closed
        assert ask(chat) == "Hi"
    assert [seen.headers["x-mine"] for seen in server.seen] == ["1", "1"]


@pytest.mark.parametrize("kind", OWN)
def test_an_own_async_client_is_used_and_not_closed(
    server: ScriptedServer, connect: Connect, kind: str
) -> None:
    server.will(FINE, FINE)

    async def run() -> None:
        async with OWN[kind][1]() as mine:
            mine.headers["x-mine"] = "1"
            chat = connect(http_async_client=mine)
            assert await ask_in_loop(chat) == "Hi"
            await chat.aclose()
            assert not mine.is_closed
            assert await ask_in_loop(chat) == "Hi"

    asyncio.run(run())
    assert [seen.headers["x-mine"] for seen in server.seen] == ["1", "1"]


@pytest.mark.parametrize("kind", OWN)
def test_errors_of_an_own_client_are_ours_too(
    server: ScriptedServer, connect: Connect, kind: str
) -> None:
    server.will(stream(chunk(content="Hel"), done=False, breaks=True))
    with OWN[kind][0]() as mine:
        with pytest.raises(errors.KimiStreamTruncatedError):
            ask(connect(http_client=mine))
        with pytest.raises(errors.KimiConnectionError):
            ask(connect(http_client=mine, base_url="http://127.0.0.1:9/v1"))
