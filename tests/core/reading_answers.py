"""Ways to ask and read to the end, sync and async, shared by the tests of answers.

Owns: `read_sync`, `read_async` and the parametrization over both. May know: kimi_core.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from kimi_core.chat import KimiChat
from kimi_core.response import ResponseReader
from tests.core.asking import HELLO

__all__ = ["Connect", "Read", "both", "read_async", "read_sync"]

Connect = Callable[..., KimiChat]
Read = Callable[[KimiChat], ResponseReader]


def read_sync(chat: KimiChat, *, streamed: bool = True) -> ResponseReader:
    """Ask and read to the end."""
    return chat.open(chat.request(HELLO, stream=streamed)).read()


def read_async(chat: KimiChat, *, streamed: bool = True) -> ResponseReader:
    """Ask and read to the end in an event loop of its own."""

    async def ask() -> ResponseReader:
        return await (await chat.aopen(chat.request(HELLO, stream=streamed))).read()

    return asyncio.run(ask())


both = pytest.mark.parametrize("read", [read_sync, read_async], ids=["sync", "async"])
