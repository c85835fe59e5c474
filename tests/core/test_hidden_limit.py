"""A call that the token limit cut is never taken for a whole one, whatever the server says.

Owns: bodies as vLLM 0.32.0 writes them when the limit falls into a call and it does not stream
(seen on a real one, tests/engines/test_oddities.py), and the ones that must not be mistaken for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from kimi_core.request import Options
from tests.core.asking import HELLO, call, tool
from tests.scripted import ScriptedServer, body

if TYPE_CHECKING:
    from collections.abc import Callable

    from kimi_core.chat import KimiChat

LIMIT = 20
PARIS = '{"city": "Paris"}'
FIRST = call("functions.get_weather:0", arguments="{}")


def answer(
    *calls: dict[str, Any],
    used: int = LIMIT,
    finish: str = "tool_calls",
    stopped: int | None = None,
) -> dict[str, Any]:
    choice = {"message": {"tool_calls": list(calls)}, "finish_reason": finish}
    usage = {"prompt_tokens": 9, "completion_tokens": used, "total_tokens": 9 + used}
    return {"choices": [{**choice, "stop_reason": stopped}], "usage": usage}


def last(name: str, arguments: str) -> dict[str, Any]:
    return call(f"functions.{name}:1", name, arguments)


# What the server says; then the arguments and whether they are whole, and the finish reason.
BODIES: dict[str, tuple[dict[str, Any], list[tuple[str, bool]], str]] = {
    "half a name": (answer(last("functions.get_we", "{}")), [("", False)], "length"),
    "no arguments yet": (answer(last("get_weather", "{}")), [("", False)], "length"),
    "half the arguments": (answer(last("get_weather", '{"c')), [('{"c', False)], "length"),
    "named, half": (answer(last("get_weather", '{"c'), finish="stop"), [('{"c', False)], "length"),
    "only the marker of its end": (answer(last("get_weather", PARIS)), [(PARIS, True)], "length"),
    "only the last of two": (
        answer(FIRST, last("get_weather", "{}")),
        [("{}", True), ("", False)],
        "length",
    ),
    "ended at the limit": (answer(FIRST, stopped=163586), [("{}", True)], "tool_calls"),
    "below the limit": (answer(FIRST, used=LIMIT - 1), [("{}", True)], "tool_calls"),
    "said so": (answer(FIRST, finish="length"), [("{}", True)], "length"),
}


@pytest.mark.parametrize(("said", "calls", "finish"), BODIES.values(), ids=BODIES)
def test_a_cut_call_is_not_whole(
    server: ScriptedServer,
    connect: Callable[..., KimiChat],
    said: dict[str, Any],
    calls: list[tuple[str, bool]],
    finish: str,
) -> None:
    server.will(body(said))
    chat = connect()
    request = chat.request(HELLO, [tool()], Options(max_tokens=LIMIT), stream=False)
    reader = chat.open(request).read()
    found = [(made.arguments, made.complete) for made in reader.message().tool_calls]
    assert (found, reader.finish_reason) == (calls, finish)


def test_without_a_limit_of_ours_nothing_is_guessed(
    server: ScriptedServer, connect: Callable[..., KimiChat]
) -> None:
    server.will(body(answer(FIRST)))
    chat = connect()
    reader = chat.open(chat.request(HELLO, [tool()], stream=False)).read()
    assert [made.complete for made in reader.message().tool_calls] == [True]


def test_text_that_used_up_its_limit_stays_what_the_server_says(
    server: ScriptedServer, connect: Callable[..., KimiChat]
) -> None:
    server.will(
        body({**answer(finish="stop"), "choices": [{"text": "Hi", "finish_reason": "stop"}]})
    )
    chat = connect()
    reader = chat.open(chat.request(HELLO, None, Options(max_tokens=LIMIT), stream=False)).read()
    assert (reader.message().content, reader.finish_reason) == ("Hi", "stop")
