"""Processes and event loops have connections of their own, and leave nothing behind.

Owns: forks, loops that ended, streams that were left unfinished, and calls outside of asyncio. Both
adapters are asked in tests/parity/test_loops.py.
"""

from __future__ import annotations

import asyncio
import gc
import os
import subprocess
import sys
import threading
import weakref
from typing import TYPE_CHECKING

import pytest

from kimi_core.chat import KimiChat, Settings, running_loop
from kimi_core.errors import KimiConfigError
from kimi_core.files import ReadTexts
from kimi_core.transport import pools, processes
from kimi_core.transport.processes import renew_in_children
from tests.core.asking import HELLO
from tests.scripted import ScriptedServer, chunk, stream

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.usefixtures("own_garbage")

ANSWER = stream(chunk(content="Hello"), chunk("stop"))

# Eight children of one process that has asked before; each wants its own number back.
FORKS = """
import os, sys
from kimi_core.chat import KimiChat, Settings
from kimi_core.testing import MoonshotSimulator

def ask(text):
    messages = [{"role": "user", "content": text}]
    reply = chat.open(chat.request(messages, stream=True))
    return reply.read().message().content

with MoonshotSimulator() as server:
    chat = KimiChat(Settings(endpoint="moonshot", base_url=server.base_url, api_key=server.api_key))
    ask("parent")
    children = []
    for number in range(8):
        child = os.fork()
        if not child:
            right = all(ask(f"{number}.{n}") == f"You said: {number}.{n}" for n in range(5))
            chat.close()
            os._exit(0 if right else 1)
        children.append(child)
    codes = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
    print(codes, ask("parent again"))
    ports = {request.headers.get("host") for request in server.requests}
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="fork is POSIX's")
def test_children_of_a_process_that_has_asked_get_their_own_answers() -> None:
    """On a connection of the parent's, children receive each other's answers."""
    done = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", FORKS], capture_output=True, text=True, check=False, timeout=100
    )
    assert done.stdout.strip() == f"{[0] * 8} You said: parent again", done.stderr


def test_a_child_waits_for_no_lock_of_its_parent(connect: Callable[..., KimiChat]) -> None:
    """Another thread may hold any of them while a process forks; nobody opens them in the child."""
    chat, texts = connect(), ReadTexts()

    def all_locks() -> list[threading.Lock]:
        transport = chat.transport
        pool = transport._pool
        held = [chat._opening, chat._served._asking, transport._opening, pool._opening]
        return [*held, pools._registry._looking, texts._looking]

    locks = all_locks()
    for lock in locks:
        lock.acquire()
    processes._renew_all()
    renewed = all_locks()
    for lock in (*renewed, *locks):
        assert lock is not None
    assert not any(lock.locked() for lock in renewed)
    for lock in locks:
        lock.release()


def test_what_is_renewed_is_not_kept() -> None:
    class Thing:
        lock = threading.Lock()

    thing = Thing()
    renew_in_children(thing, lambda _: None)
    kept = weakref.ref(thing)
    del thing
    gc.collect()
    assert kept() is None


def test_no_loop_is_kept_when_it_has_ended(
    server: ScriptedServer, connect: Callable[..., KimiChat]
) -> None:
    """A model lives longer than the loops it is asked in; it held each of them, and a client."""
    chat = connect()
    loops: list[weakref.ref[asyncio.AbstractEventLoop]] = []

    async def ask() -> None:
        loops.append(weakref.ref(asyncio.get_running_loop()))
        await (await chat.aopen(chat.request(HELLO, stream=True))).read()

    # One that was closed by hand, without a word to what it ran.
    closed = asyncio.new_event_loop()
    closed.close()
    chat.transport._async_clients[closed] = (None, None)  # type: ignore[assignment]  # of no use
    for _ in range(5):
        server.will(ANSWER)
        asyncio.run(ask())
    gc.collect()
    assert [loop for loop in loops if loop() is not None] == []
    assert chat.transport._async_clients == {}


def test_outside_of_asyncio_the_error_says_what_to_do() -> None:
    chat = KimiChat(Settings(endpoint="vllm", model="kimi-k2.6", base_url="http://127.0.0.1:9/v1"))
    call = chat.aopen(chat.request(HELLO, stream=True))
    with pytest.raises(KimiConfigError, match=r"under trio call the sync methods in a thread"):
        call.send(None)
    with pytest.raises(KimiConfigError, match=r"asyncio\.run"):
        running_loop()
