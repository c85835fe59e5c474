"""How K3 output is written, for the tests of its parser.

Owns: helpers that render tags and calls. May know: `cases_common`.
"""

from __future__ import annotations

from typing import Any

from tests.core.raw.cases_common import Case, tool


def opened(tag: str, attributes: str = "") -> str:
    """Return an opening tag."""
    return f"<|open|>{tag}{attributes}<|sep|>"


def closed(tag: str) -> str:
    """Return a closing tag."""
    return f"<|close|>{tag}<|sep|>"


def channel(tag: str, body: str) -> str:
    """Return a channel with a body."""
    return opened(tag) + body + closed(tag)


def head(name: str = "f") -> str:
    """Return a call's opening tag."""
    return opened("call", f' tool="{name}" index="1"')


def argument(value: str, key: str = "a", kind: str = "string") -> str:
    """Return one argument."""
    return opened("argument", f' key="{key}" type="{kind}"') + value + closed("argument")


def call(*parts: str, name: str = "f") -> str:
    """Return one call."""
    return head(name) + "".join(parts) + closed("call")


def tools(*parts: str) -> str:
    """Return the tool channel."""
    return channel("tools", "".join(parts))


def one(arguments: str, *, complete: bool = True) -> tuple[tuple[Any, ...], ...]:
    """Return what a message with one call of ``f`` holds."""
    return (("f:0", "f", arguments, complete),)


K3 = {"dialect": "k3"}
THINKING = {**K3, "thinking": True}
LENGTH = {**K3, "finish_reason": "length"}
ASSISTANT = opened("message", ' role="assistant"')
USER = opened("message", ' role="user"')
NUMBER = opened("argument", ' key="a" type="number"')
STRING = opened("argument", ' key="a"')
DONE = closed("message") + "<|end_of_msg|>"
ENDLESS = opened("call", ' tool="' + "x" * 3000 + '"')
CALL = call(argument("x"))
X = one('{"a":"x"}')
ONE = {**K3, "tools": [tool("f", a="string", n="integer", o="object")]}
LONG = "word " * 200


def case(row: str, text: str, *values: Any, **named: Any) -> Case:
    return Case(row, text, *values, **{"options": K3, **named})
