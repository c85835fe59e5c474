"""How long one request may take: in all, and without a byte of the answer.

Owns: both clocks, and what ends a request that its server keeps alive. May know: its own files.

An HTTP library's timeout is the gap between two reads, and a server that has lost a request goes on
sending keep-alives (``: ping``, blanks before a body, chunks that say nothing), each of which is a
read: no timeout ever struck (MoonshotAI/kimi-code#2446, SillyTavern/SillyTavern#5599). So the time
without data is measured here, and the caller says what is data. What a consumer does between two
reads counts for the limit of the whole request, which is one of the clock on the wall, and not for
the gap, which is the server's.
"""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections import deque
from collections.abc import Awaitable, Callable, Generator, Iterable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from contextlib import AbstractContextManager, nullcontext, suppress
from contextvars import ContextVar, copy_context
from functools import partial
from typing import Any, TypeVar

from kimi_core.transport.alarm import alarm
from kimi_core.transport.call import HttpResponse

__all__ = ["FOR_THE_END", "Limits", "OutOfTimeError", "drain", "keep_within"]

_T = TypeVar("_T")

# Seconds for the end of a body behind a whole answer. A connection whose body was read to its end
# serves the next request; the end mostly lies in the buffer already.
FOR_THE_END = 0.05

_running: ContextVar[Limits | None] = ContextVar("limits of the request", default=None)


class OutOfTimeError(Exception):
    """The whole request took too long; the caller says so in an error of its own."""


class Limits:
    """The limits of one request, from now on.

    Args:
        total: Seconds for the whole request, or None.
        clock: Seconds, from any beginning.

    Attributes:
        total: As given.
        gap: Seconds without data once the answer was opened, or None.
        queued: Whether the request waits for its turn, so that nothing was sent yet.
    """

    def __init__(self, total: float | None, clock: Callable[[], float] = time.monotonic) -> None:
        self.total = total
        self.gap: float | None = None
        self.queued = False
        self._clock = clock
        self._ends = None if total is None else clock() + total
        self._waited = 0.0

    def rest(self) -> Limits:
        """Return the limits of a further request, which ends when this one has to."""
        further = Limits(self.total, self._clock)
        further._ends = self._ends
        return further

    @property
    def left(self) -> float | None:
        """Seconds that are left of the whole, never below 0; None without a limit."""
        return None if self._ends is None else max(0.0, self._ends - self._clock())

    @property
    def passed(self) -> bool:
        """Whether the time for the whole request is over."""
        return self._ends is not None and self._clock() >= self._ends

    @property
    def silent(self) -> bool:
        """Whether the server has sent no data for longer than the gap that is allowed."""
        return self.gap is not None and self._waited > self.gap

    @property
    def over(self) -> bool:
        """Whether one of both limits is passed; asked with every read."""
        if self._ends is not None and self.passed:
            return True
        return self.gap is not None and self._waited > self.gap

    def heard(self) -> None:
        """Take note of data."""
        self._waited = 0.0

    def opened(self, response: HttpResponse) -> None:
        """Take the gap that the HTTP library was told, whoever told it."""
        self._waited = 0.0
        if self.gap is None:
            self.gap = response.request.extensions.get("timeout", {}).get("read")

    # -- sync: a call that blocks cannot be told to stop -------------------------------------------

    def run(self, call: Callable[[], _T]) -> _T:
        """Call a function; past the limit the caller is let go, and nothing more is sent.

        What is returned too late is closed, if it can be: it is an open answer.

        Raises:
            OutOfTimeError: Where the time is over.
        """
        if self._ends is None:
            return call()
        future: Future[_T] = Future()
        context = copy_context()
        context.run(_running.set, self)
        threading.Thread(
            target=context.run, args=(_settle, future, call), daemon=True, name="kimi-open"
        ).start()
        try:
            return future.result(self.left)
        except FutureTimeoutError:
            future.add_done_callback(_close_late)
            raise OutOfTimeError from None

    def reads(self, source: Iterable[bytes]) -> Generator[bytes, None, None]:
        """Yield what a source yields, and measure how long it takes."""
        clock = self._clock
        begun = clock()
        for data in source:
            self._waited += clock() - begun
            yield data
            begun = clock()

    def watch(self, response: HttpResponse) -> AbstractContextManager[None]:
        """Hang up when the time is over, so that a read that blocks comes back."""
        if self._ends is None:
            return nullcontext()
        return alarm.after(self.left or 0, partial(_hang_up, response))

    # -- async -------------------------------------------------------------------------------------

    async def within(self, waiting: Awaitable[_T]) -> _T:
        """Wait for something, no longer than there is time, and measure how long it takes.

        Raises:
            OutOfTimeError: Where the time is over.
        """
        begun = self._clock()
        try:
            if self._ends is None:
                return await waiting
            return await asyncio.wait_for(waiting, self.left)
        except asyncio.TimeoutError:
            raise OutOfTimeError from None
        finally:
            self._waited += self._clock() - begun


def keep_within(request: Any) -> None:  # noqa: ANN401 - of httpx or httpx2
    """Send nothing after the time is over, and wait for nothing longer; a hook of the HTTP client.

    A retry of the SDK would go on behind the back of a caller that was told of the timeout long
    ago, and cost money.

    Raises:
        OutOfTimeError: Where the time is over.
    """
    limits = _running.get()
    if limits is None:
        return
    if limits.passed:
        raise OutOfTimeError
    told: dict[str, float | None] = request.extensions.get("timeout", {})
    limits.gap = told.get("read")
    shorter = {name: _least(limits.left, seconds) for name, seconds in told.items()}
    request.extensions = {**request.extensions, "timeout": shorter}


def _least(left: float | None, seconds: float | None) -> float | None:
    return left if seconds is None or left is None else min(left, seconds)


def _settle(future: Future[_T], call: Callable[[], _T]) -> None:
    try:
        result = call()
    except BaseException as error:  # noqa: BLE001 - it is raised where the result is asked for
        future.set_exception(error)
    else:
        future.set_result(result)


def _close_late(future: Future[Any]) -> None:
    if future.exception() is None and hasattr(future.result(), "close"):
        future.result().close()


def _hang_up(response: HttpResponse) -> None:
    """Shut the connection down; to close it would leave a read in another thread waiting for ever.

    A connection of HTTP/2 carries other answers, too, and is left alone: there a server that is
    silent is ended by the gap, one that keeps the request alive at its next sign of life.
    """
    stream = response.extensions.get("network_stream")
    if stream is None or response.http_version != "HTTP/1.1":
        return
    with suppress(OSError):  # it may be closed by now
        stream.get_extra_info("socket").shutdown(socket.SHUT_RDWR)


def drain(response: HttpResponse, pieces: Iterable[bytes]) -> None:
    """Read what is behind a whole answer, if it comes at once; errors there mean nothing."""
    if response.http_version == "HTTP/2":
        return  # a stream of its own: closing it costs the connection nothing
    announced = response.headers.get("content-length")
    with suppress(Exception):
        if announced == str(response.num_bytes_downloaded):
            deque(pieces, maxlen=0)  # it ends at once
            return
        with alarm.after(FOR_THE_END, partial(_hang_up, response)):
            deque(pieces, maxlen=0)
