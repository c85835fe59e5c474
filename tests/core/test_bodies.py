"""A body that never ends: of a refusal, of a list of models, of a file's text.

Owns: the bounds of bodies that are no answer of the model. What is said of those of answers stands
in test_limits.py and test_ends.py.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from kimi_core.errors import KimiConnectionError, KimiServerError, KimiTimeoutError
from kimi_core.files import routes
from kimi_core.transport import _hooks
from tests.core.asking import HELLO
from tests.scripted import Answer, ScriptedServer, body

if TYPE_CHECKING:
    from collections.abc import Callable

    from kimi_core.chat import KimiChat
    from kimi_core.transport.call import Call

    Connect = Callable[..., KimiChat]

BLANKS = Answer((b'{"data": [',), repeats=b" " * 100)
SPOKEN = body({"choices": [{"message": {"content": "Hi."}, "finish_reason": "stop"}]})


def ask(chat: KimiChat) -> str | None:
    return chat.open(chat.request(HELLO, stream=False)).read().message().content


def aask(chat: KimiChat) -> str | None:
    async def asking() -> str | None:
        reply = await chat.aopen(chat.request(HELLO, stream=False))
        return (await reply.read()).message().content

    return asyncio.run(asking())


def send(chat: KimiChat, call: Call[Any]) -> str:
    return chat.transport.send(call)


def asend(chat: KimiChat, call: Call[Any]) -> str:
    return asyncio.run(chat.transport.asend(call))


@pytest.mark.parametrize("ask_for", [ask, aask])
def test_a_refusal_is_told_as_far_as_it_came(
    server: ScriptedServer,
    connect: Connect,
    monkeypatch: pytest.MonkeyPatch,
    ask_for: Callable[[KimiChat], str | None],
) -> None:
    """A byte now and then is a sign of life for the HTTP library: it would wait for ever."""
    monkeypatch.setattr(_hooks, "_MOST_SECONDS", 0.1)
    server.will(Answer((b'{"error": {"message": "broken',), status=500, repeats=b" "))
    chat = connect(max_retries=0, endpoint="moonshot")
    with pytest.raises(KimiServerError, match="broken"):
        ask_for(chat)


@pytest.mark.parametrize("ask_for", [ask, aask])
def test_a_list_of_models_without_end_is_not_waited_for(
    server: ScriptedServer,
    connect: Connect,
    monkeypatch: pytest.MonkeyPatch,
    ask_for: Callable[[KimiChat], str | None],
) -> None:
    monkeypatch.setattr("kimi_core.chat._served._SECONDS", 0.2)
    server.listings = [BLANKS]
    server.will(*[SPOKEN] * 2)
    chat = connect()
    assert [ask_for(chat), ask_for(chat)] == ["Hi.", "Hi."]
    assert server.looks == 1


@pytest.mark.parametrize("send_it", [send, asend])
def test_a_text_of_a_file_is_whole_within_its_time(
    server: ScriptedServer, connect: Connect, send_it: Callable[[KimiChat, Call[Any]], str]
) -> None:
    server.listings = [BLANKS]
    chat = connect(endpoint="moonshot", timeout=0.2)
    call = routes.files()
    with pytest.raises(KimiTimeoutError):
        send_it(chat, call)


@pytest.mark.parametrize("send_it", [send, asend])
def test_a_text_of_a_file_has_a_longest_size(
    server: ScriptedServer,
    connect: Connect,
    monkeypatch: pytest.MonkeyPatch,
    send_it: Callable[[KimiChat, Call[Any]], str],
) -> None:
    monkeypatch.setattr(_hooks, "_MOST_BYTES_WHOLE", 1_000)
    server.listings = [BLANKS]
    chat = connect(endpoint="moonshot")
    with pytest.raises(KimiConnectionError, match="longer than 1000 bytes"):
        send_it(chat, routes.files())


def test_an_answer_of_the_model_has_bounds_of_its_own(
    server: ScriptedServer, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_hooks, "_MOST_BYTES_WHOLE", 1)
    server.will(SPOKEN)
    chat = connect(endpoint="moonshot")
    assert ask(chat) == "Hi."
