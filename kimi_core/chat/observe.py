"""Looking on while requests are made, without touching them.

Owns: the observer of the running context. May know: events, request.

For people and programs that want to see what goes over the wire: the demo prints it, a test asserts
on it. An observer sees; it cannot change anything.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Protocol

from kimi_core.events import Event
from kimi_core.request import Request

__all__ = ["Observer", "current_observer", "observe"]


class Observer(Protocol):
    """What an observer is told, in this order: one request, its chunks, the end of its answer."""

    def on_request(self, request: Request) -> None:
        """Tell of a request that is about to be sent; its payload holds no key."""

    def on_chunk(self, chunk: Mapping[str, Any], events: Sequence[Event]) -> None:
        """Tell of one chunk as it came, and of the events that it became."""

    def on_close(self, events: Sequence[Event]) -> None:
        """Tell of the events that were held back until the end."""


_OBSERVER: ContextVar[Observer | None] = ContextVar("kimi_core_observer", default=None)


def current_observer() -> Observer | None:
    """Return the observer of this context, or None."""
    return _OBSERVER.get()


@contextmanager
def observe(observer: Observer) -> Generator[None, None, None]:
    """Show all requests of this context, and of tasks started from it, to an observer.

    Args:
        observer: What is told; it is called in the thread that makes the request.
    """
    token = _OBSERVER.set(observer)
    try:
        yield
    finally:
        _OBSERVER.reset(token)
