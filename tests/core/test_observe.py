"""An observer sees what goes over the wire, in order, in its own context only."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from kimi_core.chat.observe import current_observer, observe
from kimi_core.events import ContentDelta
from tests.core.asking import HELLO
from tests.scripted import ScriptedServer, body, chunk, stream

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from kimi_core.chat import KimiChat
    from kimi_core.events import Event
    from kimi_core.request import Request

KEY = "sk-never-shown"


class Notes:
    """Writes down what it is told."""

    def __init__(self) -> None:
        self.told: list[tuple[str, Any]] = []

    def on_request(self, request: Request) -> None:
        """Write the payload down."""
        assert KEY not in repr(request)
        self.told.append(("request", request.payload["messages"]))

    def on_chunk(self, chunk: Mapping[str, Any], events: Sequence[Event]) -> None:
        """Write the events down."""
        assert chunk["choices"]
        self.told.append(("chunk", list(events)))

    def on_close(self, events: Sequence[Event]) -> None:
        """Write the events down."""
        self.told.append(("close", list(events)))


def ask(chat: KimiChat, *, streamed: bool) -> None:
    chat.open(chat.request(HELLO, stream=streamed)).read()


def aask(chat: KimiChat, *, streamed: bool) -> None:
    async def run() -> None:
        await (await chat.aopen(chat.request(HELLO, stream=streamed))).read()

    async def in_a_task() -> None:
        await asyncio.create_task(run())

    asyncio.run(in_a_task())


@pytest.mark.parametrize("asking", [ask, aask], ids=["sync", "async"])
def test_a_request_its_chunks_and_its_end(
    server: ScriptedServer, connect: Callable[..., KimiChat], asking: Callable[..., None]
) -> None:
    chat = connect(api_key=KEY)
    notes = Notes()
    message = {"message": {"content": "Hi"}, "finish_reason": "stop"}
    server.will(stream(chunk(content="Hi <"), chunk("stop")), body({"choices": [message]}))
    with observe(notes):
        assert current_observer() is notes
        asking(chat, streamed=True)
        asking(chat, streamed=False)
    assert current_observer() is None
    assert notes.told == [
        ("request", HELLO),
        ("chunk", [ContentDelta("Hi ")]),
        ("chunk", []),
        ("close", [ContentDelta("<")]),
        ("request", HELLO),
        ("chunk", [ContentDelta("Hi")]),
        ("close", []),
    ]


def test_outside_nobody_looks_on(server: ScriptedServer, connect: Callable[..., KimiChat]) -> None:
    notes = Notes()
    with observe(notes):
        pass
    server.will(stream(chunk("stop", content="Hi")))
    ask(connect(), streamed=True)
    assert notes.told == []
