"""How long a request may take: a server that only keeps the line open is given up.

Owns: both limits, on a clock that the test turns, and on a server that goes on until it is closed.
That both adapters take the limits stands in tests/parity/test_limits.py.
"""

from __future__ import annotations

import asyncio
import importlib
import itertools
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import openai
import pytest

from kimi_core import ParsedMessage
from kimi_core.errors import KimiAuthenticationError, KimiStreamTruncatedError, KimiTimeoutError
from kimi_core.request import Options
from kimi_core.response import says_something
from kimi_core.transport.limits import Limits, OutOfTimeError, _hang_up, keep_within
from tests.core.asking import HELLO
from tests.scripted import EVENT_STREAM, Answer, ScriptedServer, chunk, error, sse, stream

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from kimi_core.chat import KimiChat
    from kimi_core.response import ResponseReader

    Connect = Callable[..., KimiChat]


class Clock:
    """A clock that a test turns."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Response:
    """An answer as an HTTP library hands it out."""

    def __init__(self, timeout: Any = None, **extensions: Any) -> None:
        self.request = self
        self.extensions = {**({"timeout": timeout} if timeout else {}), **extensions}
        self.http_version = "HTTP/1.1"
        self.closed = threading.Event()

    def close(self) -> None:
        self.closed.set()


def test_the_time_for_the_whole_is_that_of_the_wall() -> None:
    clock = Clock()
    limits = Limits(30, clock)
    assert (limits.left, limits.passed) == (30, False)
    clock.now += 29
    assert (limits.left, limits.passed) == (1, False)
    clock.now += 2
    assert (limits.left, limits.passed) == (0, True)
    without = Limits(None, clock)
    assert (without.left, without.passed) == (None, False)


def test_the_time_without_data_is_the_servers_alone() -> None:
    clock = Clock()

    def pings() -> Generator[bytes, None, None]:
        for _ in range(3):
            clock.now += 4
            yield b": ping\n\n"

    limits = Limits(None, clock)
    limits.opened(Response({"read": 10}))
    silent = []
    for _ in limits.reads(pings()):
        clock.now += 1000  # a consumer that takes its time
        silent.append(limits.silent)
    assert silent == [False, False, True]
    limits.heard()
    assert not limits.silent


@pytest.mark.parametrize("timeout", [None, {}, {"read": None}], ids=str)
def test_without_a_gap_nothing_is_silent(timeout: Any) -> None:
    clock = Clock()
    limits = Limits(None, clock)
    limits.opened(Response(timeout))

    async def wait() -> None:
        clock.now += 10**6

    asyncio.run(limits.within(wait()))
    assert not limits.silent


def test_waiting_in_an_event_loop_counts_and_ends() -> None:
    clock = Clock()
    limits = Limits(None, clock)
    limits.opened(Response({"read": 10}))

    async def wait() -> None:
        clock.now += 11

    asyncio.run(limits.within(wait()))
    assert limits.silent

    async def forever() -> None:
        await Limits(0.01).within(asyncio.Event().wait())

    with pytest.raises(OutOfTimeError):
        asyncio.run(forever())


def test_a_call_that_is_late_is_let_go_and_closed_when_it_comes() -> None:
    release, answer = threading.Event(), Response()

    def late() -> Response:
        release.wait()
        return answer

    with pytest.raises(OutOfTimeError):
        Limits(0.01).run(late)
    release.set()
    assert answer.closed.wait(10)


@pytest.mark.parametrize("result", [1, ValueError("too late")], ids=["plain", "an error"])
def test_what_cannot_be_closed_is_forgotten(result: Any) -> None:
    release = threading.Event()

    def late() -> int:
        release.wait()
        if isinstance(result, Exception):
            raise result
        return int(result)

    before = set(threading.enumerate())
    with pytest.raises(OutOfTimeError):
        Limits(0.01).run(late)
    release.set()
    for thread in set(threading.enumerate()) - before:
        thread.join(10)


def test_a_call_in_time_is_what_it_is() -> None:
    answer = Response()
    assert Limits(60).run(lambda: answer) is answer
    with pytest.raises(ZeroDivisionError):
        Limits(60).run(lambda: 1 / 0)


def test_within_the_limit_a_request_waits_no_longer_and_past_it_is_not_sent() -> None:
    clock = Clock()
    limits = Limits(30, clock)
    request = Response({"read": 600, "connect": 5, "pool": None})
    keep_within(request)  # not one of ours
    assert request.extensions["timeout"]["read"] == 600

    def send() -> Response:
        keep_within(request)
        return request

    limits.run(send)
    assert request.extensions["timeout"] == {"read": 30, "connect": 5, "pool": 30}
    limits.opened(request)
    assert limits.gap == 600
    clock.now += 31
    # The time is over before the thread begins, so that it may be let go before it fails.
    with pytest.raises(OutOfTimeError):
        limits.run(send)


class Socket:
    """Counts how often it is shut down."""

    def __init__(self, error: type[OSError] | None = None) -> None:
        self.error = error
        self.shut = 0

    def get_extra_info(self, name: str) -> Socket:
        assert name == "socket"
        return self

    def shutdown(self, _: int) -> None:
        self.shut += 1
        if self.error is not None:
            raise self.error


@pytest.mark.parametrize(
    ("stream", "version", "shut"),
    [
        pytest.param(None, "HTTP/1.1", 0, id="no network"),
        pytest.param(Socket(), "HTTP/1.1", 1, id="a connection of its own"),
        pytest.param(Socket(OSError), "HTTP/1.1", 1, id="closed already"),
        pytest.param(Socket(), "HTTP/2", 0, id="a connection that others share"),
    ],
)
def test_who_is_hung_up_on(stream: Socket | None, version: str, shut: int) -> None:
    response = Response(**({"network_stream": stream} if stream else {}))
    response.http_version = version
    _hang_up(response)
    assert (stream.shut if stream else 0) == shut


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ({}, False),
        ({"choices": []}, False),
        ({"choices": [{"delta": {}}]}, False),
        ({"choices": [{"delta": {"role": "assistant", "content": ""}}]}, False),
        ({"choices": [{"delta": {"content": None, "tool_calls": []}}]}, False),
        ({"choices": [{"delta": {"content": " "}}]}, True),
        ({"choices": [{"delta": {"reasoning": "Hm"}}]}, True),
        ({"choices": [{"delta": {"tool_calls": [{"function": {"arguments": "{"}}]}}]}, True),
        ({"choices": [{"message": {"content": "Hi"}}]}, True),
        ({"choices": [{"text": "Hi"}]}, True),
        ({"choices": [{"delta": {"tool_calls": [{"index": 1, "function": {}}]}}]}, False),
        ({"choices": [{"delta": {"tool_calls": [{"function": {"arguments": ""}}]}}]}, False),
        ({"choices": [{"delta": {}, "finish_reason": "stop"}]}, True),
        ({"choices": [], "usage": {"total_tokens": 1}}, True),
    ],
    ids=str,
)
def test_which_chunks_say_something(data: Any, says: bool) -> None:
    assert says_something(data) is says


HEL = sse(chunk(content="Hel"), done=False)
STREAM = {"content-type": EVENT_STREAM}
BODY = {"content-type": "application/json"}
KEPT_ALIVE = {
    "comments": (Answer((HEL,), headers=STREAM, repeats=b": ping\n\n"), "Hel"),
    "empty deltas": (Answer((HEL,), headers=STREAM, repeats=sse(chunk(), done=False)), "Hel"),
    "empty texts": (
        Answer((HEL,), headers=STREAM, repeats=sse(chunk(content=""), done=False)),
        "Hel",
    ),
    "null events": (Answer((HEL,), headers=STREAM, repeats=b"data: null\n\n"), "Hel"),
    "nothing but comments": (Answer((), headers=STREAM, repeats=b": ping\n\n"), ""),
    "blanks before a body": (Answer((), headers=BODY, repeats=b"\n"), ""),
}
GOING_ON = {
    **KEPT_ALIVE,
    "an answer without an end": (Answer((HEL,), headers=STREAM, repeats=HEL), "Hel"),
    "nothing more": (Answer((HEL,), headers=STREAM, stalls=True), "Hel"),
}


# On a busy machine the way to the first byte may take longer than a test should: what is shortened
# when the answer is open is shortened for certain.
Shorten = Callable[[Limits], None]


def no_data_for_a_moment(limits: Limits) -> None:
    limits.gap = 0.2


def no_more_time_than_a_moment(limits: Limits) -> None:
    limits._ends = limits._clock() + 0.2


def as_it_is(_: Limits) -> None: ...


def read_sync(chat: KimiChat, shorten: Shorten = as_it_is, **options: Any) -> ResponseReader:
    reply = chat.open(chat.request(HELLO, None, Options(**options), stream=True))
    shorten(reply._reading.limits)
    return reply.read()


def read_async(chat: KimiChat, shorten: Shorten = as_it_is, **options: Any) -> ResponseReader:
    async def ask() -> ResponseReader:
        request = chat.request(HELLO, None, Options(**options), stream=True)
        reply = await chat.aopen(request)
        shorten(reply._reading.limits)
        return await reply.read()

    return asyncio.run(asyncio.wait_for(ask(), 30))


both = pytest.mark.parametrize("read", [read_sync, read_async], ids=["sync", "async"])


@both
@pytest.mark.parametrize(("answer", "content"), KEPT_ALIVE.values(), ids=KEPT_ALIVE)
def test_keep_alives_are_no_data(
    server: ScriptedServer, connect: Connect, read: Any, answer: Answer, content: str
) -> None:
    server.will(answer)
    with pytest.raises(KimiTimeoutError, match=r"nothing of it came for 0\.2 s \(timeout\)") as got:
        read(connect(), no_data_for_a_moment)
    assert got.value.partial == ParsedMessage(content)
    assert isinstance(got.value, KimiStreamTruncatedError)
    assert isinstance(got.value, openai.APITimeoutError)
    assert (got.value.endpoint, got.value.request) == ("vllm", None)


@both
@pytest.mark.parametrize(("answer", "content"), GOING_ON.values(), ids=GOING_ON)
def test_a_request_ends_in_time_whatever_is_sent(
    server: ScriptedServer, connect: Connect, read: Any, answer: Answer, content: str
) -> None:
    server.will(answer)
    with pytest.raises(KimiTimeoutError, match=r"not whole after 60 s \(total_timeout\)") as got:
        read(connect(), no_more_time_than_a_moment, total_timeout=60)
    assert got.value.partial is not None
    assert got.value.partial.content.startswith(content)


@both
def test_a_server_that_does_not_answer_is_asked_once(
    server: ScriptedServer, connect: Connect, read: Any
) -> None:
    server.will(*[Answer(stalls=True)] * 3)
    before = set(threading.enumerate())
    chat = connect(max_retries=1)
    with pytest.raises(KimiTimeoutError, match=r"vllm did not answer within 0\.2 s") as got:
        read(chat, total_timeout=0.2)
    assert got.value.partial is None
    for thread in set(threading.enumerate()) - before:
        if thread.name == "kimi-open":
            thread.join(30)
    assert len(server.seen) == 1


@both
def test_the_question_for_the_model_counts_too(
    server: ScriptedServer, connect: Connect, read: Any
) -> None:
    server.listings = [Answer((), headers=BODY, repeats=b" ")]
    with pytest.raises(KimiTimeoutError, match=r"vllm did not answer within 0\.2 s"):
        read(connect(), total_timeout=0.2)
    assert server.seen == []


@both
def test_in_time_everything_is_as_it_was(
    server: ScriptedServer, connect: Connect, read: Any
) -> None:
    spoken = stream(chunk(content="Hel"), chunk("stop", content="lo"))
    server.will(spoken, error(401, "no", "invalid_authentication_error"))
    chat = connect()
    assert read(chat, total_timeout=60).message().content == "Hello"
    with pytest.raises(KimiAuthenticationError):
        read(chat, total_timeout=60)


@both
def test_who_cannot_connect_is_told_so_in_time(connect: Connect, read: Any) -> None:
    chat = connect(base_url="http://127.0.0.1:9/v1")
    with pytest.raises(openai.APIConnectionError, match="No connection to vllm") as got:
        read(chat, total_timeout=60)
    assert not isinstance(got.value, KimiTimeoutError)


class Pings:
    """A body that comes from no network, so that nobody can hang up."""

    def __iter__(self) -> Iterator[bytes]:
        return itertools.repeat(b": ping\n\n")


def test_where_nobody_can_hang_up_the_next_sign_of_life_is_the_last(connect: Connect) -> None:
    library = importlib.import_module(openai.DefaultHttpxClient.__mro__[1].__module__.split(".")[0])
    pings = library.MockTransport(lambda _: library.Response(200, headers=STREAM, content=Pings()))
    with library.Client(transport=pings) as client:
        chat = connect(http_client=client, model="moonshotai/Kimi-K2-Instruct")
        with pytest.raises(KimiTimeoutError, match="not whole after 60 s"):
            read_sync(chat, no_more_time_than_a_moment, total_timeout=60)


def test_what_comes_after_the_end_is_not_waited_for_in_vain(
    server: ScriptedServer, connect: Connect
) -> None:
    """A consumer that takes longer than the limit for the last piece has the whole answer."""
    server.will(stream(chunk("stop", content="Hello")))
    chat = connect()
    reply = chat.open(chat.request(HELLO, None, Options(total_timeout=60), stream=True))
    limits = reply._reading.limits
    for _ in reply:
        limits._ends = 0.0
    assert reply.reader.message().content == "Hello"
