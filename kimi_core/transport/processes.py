"""What a process and an event loop have of their own: locks, connections, and their end.

Owns: what is renewed in the child of a fork, the loop that a call runs in, and generators inside
generators. May know: errors.

A child of a fork has its parent's sockets and its locks, in whatever state they were: two children
that send on one connection receive each other's answers.
"""

from __future__ import annotations

import asyncio
import os
import sys
import weakref
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Any, Generic, TypeVar

from kimi_core.errors import KimiConfigError

__all__ = ["nested", "renew_in_children", "running_loop"]

_Thing = TypeVar("_Thing")
_Item = TypeVar("_Item")

_renewed: weakref.WeakKeyDictionary[Any, Callable[[Any], None]] = weakref.WeakKeyDictionary()


def renew_in_children(thing: _Thing, renew: Callable[[_Thing], None]) -> None:
    """Have something renewed in every child that this process forks, before anything runs there.

    Args:
        thing: What holds locks or connections.
        renew: Gives it others. It must neither wait for a lock nor close a connection: both are the
            parent's.
    """
    _renewed[thing] = renew


def _renew_all() -> None:
    for thing, renew in list(_renewed.items()):
        renew(thing)


if hasattr(os, "register_at_fork"):  # pragma: no branch - Windows has no fork
    os.register_at_fork(after_in_child=_renew_all)


def running_loop() -> asyncio.AbstractEventLoop:
    """Return the event loop that this call runs in.

    Raises:
        KimiConfigError: Outside of asyncio.
    """
    try:
        return asyncio.get_running_loop()
    except RuntimeError as error:
        message = (
            "an async method was called where no asyncio event loop runs. Start one (asyncio.run, "
            "or anyio with the backend 'asyncio'); under trio call the sync methods in a thread: "
            "trio.to_thread.run_sync."
        )
        raise KimiConfigError(message) from error


class nested(Generic[_Item]):  # noqa: N801 - a context manager reads as a word
    """Iterate over an async generator inside another one, which closes it behind the block.

    A loop that ends closes all generators that it knows, at once. One that its outer generator
    closes, too, is asked twice, and asyncio logs an error for every stream that somebody left
    unfinished. So the loop does not learn of an inner one; the outer one is known and closes it.
    """

    def __init__(self, generator: AsyncGenerator[_Item, None]) -> None:
        self._generator = generator
        self._begun = False

    async def __aenter__(self) -> nested[_Item]:
        return self

    def __aiter__(self) -> nested[_Item]:
        return self

    def __anext__(self) -> Awaitable[_Item]:
        if self._begun:
            return self._generator.__anext__()
        self._begun = True
        # Python looks at these once, when a generator is first asked for something.
        hooks = sys.get_asyncgen_hooks()
        sys.set_asyncgen_hooks(None, None)
        try:
            return self._generator.__anext__()
        finally:
            sys.set_asyncgen_hooks(*hooks)

    async def __aexit__(self, *_: object) -> None:
        await self._generator.aclose()
