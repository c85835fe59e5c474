"""A key may be a function: it is asked for with each request, and shown nowhere.

Owns: keys that rotate, sync and async, through `KimiChat` and `KimiClient`.
"""

from __future__ import annotations

import asyncio
import itertools
import pickle
import threading
import traceback
from typing import TYPE_CHECKING, Any

import pytest

from kimi_core.chat import KimiChat, Settings
from kimi_core.errors import KimiAuthenticationError, KimiConfigError
from kimi_core.platform import KimiClient
from tests.core.asking import HELLO
from tests.scripted import ScriptedServer, body, chunk, error, stream

if TYPE_CHECKING:
    from collections.abc import Callable

FINE = stream(chunk("stop", content="Hi"))
BUSY = error(429, "overloaded", "engine_overloaded_error", retry_after="0.01")


class Hidden:
    """What pydantic's SecretStr looks like from outside."""

    def __init__(self, value: str) -> None:
        self._value = value

    def get_secret_value(self) -> str:
        """Return the hidden string."""
        return self._value


class Vault:
    """Hands out a new key each time, in every way that Python has of asking."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)
        self.threads: list[str] = []

    def plain(self) -> str:
        self.threads.append(threading.current_thread().name)
        return f"key-{next(self._numbers)}"

    def hidden(self) -> Hidden:
        return Hidden(f" {self.plain()} ")

    async def waiting(self) -> str:
        await asyncio.sleep(0)
        return self.plain()

    async def __call__(self) -> str:
        return await self.waiting()

    def a_coroutine(self) -> Any:
        return self.waiting()


def ask(chat: KimiChat) -> str:
    return chat.open(chat.request(HELLO, stream=True)).read().message().content


def aask(chat: KimiChat) -> str:
    async def run() -> str:
        reply = await chat.aopen(chat.request(HELLO, stream=True))
        return (await reply.read()).message().content

    return asyncio.run(run())


def key_of(name: str) -> tuple[Vault, Any]:
    vault = Vault()
    return vault, vault if name == "object" else getattr(vault, name)


def sent(server: ScriptedServer) -> list[str]:
    return [request.headers["authorization"] for request in server.seen]


GOOD = [
    (ask, "plain"), (ask, "hidden"), (aask, "plain"), (aask, "hidden"), (aask, "waiting"),
    (aask, "object"), (aask, "a_coroutine"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("asking", "name"), GOOD, ids=lambda value: getattr(value, "__name__", value)
)
@pytest.mark.filterwarnings("ignore::kimi_core.UnknownModelWarning")  # a name of its own
def test_every_request_asks_for_its_key(
    server: ScriptedServer, connect: Callable[..., KimiChat], asking: Any, name: str
) -> None:
    vault, key = key_of(name)
    chat = connect(model="mine", api_key=key, max_retries=1)
    assert vault.threads == []  # making it asks for nothing
    server.will(FINE, BUSY, FINE)
    assert [asking(chat), asking(chat)] == ["Hi", "Hi"]
    assert sent(server) == [f"Bearer key-{number}" for number in (1, 2, 3)]  # the retry, too


def test_a_plain_function_may_wait_without_holding_up_the_event_loop(
    server: ScriptedServer, connect: Callable[..., KimiChat]
) -> None:
    vault, key = key_of("plain")
    server.will(FINE)
    aask(connect(api_key=key))
    assert vault.threads != [threading.current_thread().name]


@pytest.mark.parametrize("name", ["waiting", "object", "a_coroutine"])
def test_a_sync_call_cannot_wait_for_an_async_function(
    server: ScriptedServer, connect: Callable[..., KimiChat], name: str
) -> None:
    with pytest.raises(KimiConfigError, match=r"api_key is an async function.*async methods"):
        ask(connect(api_key=key_of(name)[1]))
    assert server.seen == []


# what the function returns -> words of the error
BAD: dict[str, tuple[Any, str]] = {
    "nothing": (None, "returned a NoneType; endpoint 'vllm' needs the key as text"),
    "empty text": (" ", "returned empty text"),
    "hidden nothing": (Hidden(""), "returned empty text"),
    "bytes": (b"sk-made-up", "returned a bytes"),
}


@pytest.mark.parametrize("asking", [ask, aask])
@pytest.mark.parametrize(("returned", "words"), BAD.values(), ids=BAD)
def test_what_is_no_key_is_said_before_any_request(
    server: ScriptedServer, connect: Callable[..., KimiChat], asking: Any, returned: Any, words: str
) -> None:
    with pytest.raises(KimiConfigError, match=words) as caught:
        asking(connect(api_key=lambda: returned))
    assert "made-up" not in str(caught.value)
    assert server.seen == []


@pytest.mark.parametrize("asking", [ask, aask])
def test_a_key_of_another_vendor_is_refused_each_time(
    server: ScriptedServer, connect: Callable[..., KimiChat], asking: Any
) -> None:
    keys = iter(["sk-made-up", "sk-or-v1-made-up"])
    chat = connect(endpoint="moonshot", api_key=lambda: next(keys))
    server.will(FINE)
    assert asking(chat) == "Hi"
    with pytest.raises(KimiConfigError, match=r"openrouter"):
        asking(chat)
    assert sent(server) == ["Bearer sk-made-up"]


@pytest.mark.parametrize("asking", [ask, aask])
def test_an_error_of_the_function_is_the_caller_s_own(
    server: ScriptedServer, connect: Callable[..., KimiChat], asking: Any
) -> None:
    def broken() -> str:
        raise LookupError("no vault")

    with pytest.raises(LookupError, match="no vault"):
        asking(connect(api_key=broken))
    assert server.seen == []


@pytest.mark.parametrize("asking", [ask, aask])
def test_it_is_shown_nowhere(
    server: ScriptedServer, connect: Callable[..., KimiChat], asking: Any
) -> None:
    """Not even where a server repeats it; and this one looks like no key."""
    chat = connect(api_key=lambda: "another-kind-of-key")
    server.will(error(401, "Incorrect: another-kind-of-key", "invalid_authentication_error"))
    with pytest.raises(KimiAuthenticationError) as caught:
        asking(chat)
    shown = "".join(traceback.format_exception(caught.value)) + repr(vars(caught.value))
    assert "another-kind" not in f"{shown}{chat.settings!r}{chat!r}"
    assert b"another-kind" not in pickle.dumps(caught.value)


def test_other_routes_ask_for_it_too(server: ScriptedServer) -> None:
    vault, key = key_of("plain")
    counted = body({"data": {"total_tokens": 7}})
    server.will(counted, counted)
    with KimiClient(api_key=key, base_url=server.base_url) as client:
        assert client.estimate_tokens(HELLO) == 7
        assert asyncio.run(client.aestimate_tokens(HELLO)) == 7
    assert sent(server) == ["Bearer key-1", "Bearer key-2"]
    assert len(vault.threads) == 2


@pytest.mark.parametrize("wrong", [7, b"sk-made-up", ["sk-made-up"]], ids=str)
def test_what_can_be_no_key_is_said_at_once(wrong: Any) -> None:
    with pytest.raises(
        KimiConfigError, match=r"api_key \(a value of type \w+\) is refused"
    ) as caught:
        KimiChat(Settings(api_key=wrong))
    assert "made-up" not in str(caught.value)
