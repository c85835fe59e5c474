"""Waiting for one's turn, so that a server has no reason to refuse a request for its limits.

Owns: one `Limiter` for each account of this process, whose turns threads and event loops share.
May know: its own files, endpoints.

A server's own words for "too many" cost the request that they refuse and, at Moonshot, count as one
of the minute: three requests a minute are gone with a request and the SDK's two retries. So each
request waits here first; and where a server says 429 all the same (other processes spend the same
account), everybody on it waits as long as it says, in place of each asking again on its own.
"""

from __future__ import annotations

import asyncio
import math
import threading
import time
import weakref
from collections import deque
from collections.abc import Callable, Generator, Hashable
from contextlib import contextmanager
from contextvars import ContextVar
from queue import Empty, SimpleQueue
from typing import Protocol

from kimi_core.endpoints.tiers import Tier
from kimi_core.transport.limits import Limits, OutOfTimeError
from kimi_core.transport.processes import renew_in_children, running_loop
from kimi_core.transport.windows import Sent, Windows

News = SimpleQueue[None]

__all__ = [
    "Clock",
    "Limiter",
    "Permit",
    "Unlimited",
    "acount_again",
    "count_again",
    "limiter_of",
    "pause_all",
]

# Moonshot says "please try again after 1 seconds" and may leave the header out.
_SHORTEST_PAUSE = 1.0

_sending: ContextVar[Permit | None] = ContextVar("permit of the request", default=None)


class Clock(Protocol):
    """What a limiter knows of time; tests have one of their own."""

    def now(self) -> float:
        """Return seconds, from any beginning."""
        ...

    def wait(self, news: News, seconds: float | None, *, idle: bool) -> None:
        """Return when there is news, or after some seconds.

        Args:
            news: Something is put into it where a request ended, or came.
            seconds: At most; None for no limit.
            idle: Whether nothing is on its way, so that time alone can change anything.
        """
        ...


class _RealClock:
    def now(self) -> float:
        return time.monotonic()

    def wait(self, news: News, seconds: float | None, *, idle: bool) -> None:  # noqa: ARG002
        try:
            news.get(timeout=seconds)
        except Empty:
            return


class Limiter:
    """Gives turns to the requests of one account, first come, first served.

    Args:
        tier: The limits.
        clock: The time.
    """

    def __init__(self, tier: Tier, clock: Clock | None = None) -> None:
        self._clock: Clock = clock or _RealClock()
        self._windows = Windows(tier)
        self._paused_until = -math.inf
        self._renew()
        renew_in_children(self, Limiter._renew)

    def _renew(self) -> None:
        """Begin without the requests of the process that this one was forked from."""
        self._lock = threading.Lock()
        self._waiting: deque[Permit] = deque()
        self._running: set[Permit] = set()
        # A finalizer may run in the middle of anything, in a thread that holds the lock, so what it
        # does takes none: this queue is made for that.
        self._news: News = SimpleQueue()
        self._pacer: threading.Thread | None = None

    @property
    def tier(self) -> Tier:
        """The limits; they may be set to others at any time."""
        return self._windows.tier

    @tier.setter
    def tier(self, tier: Tier) -> None:
        self._windows.tier = tier
        self._tell()

    @property
    def idle(self) -> bool:
        """Whether nobody asks, and nothing that was asked counts any more."""
        now = self._clock.now()
        busy = self._waiting or self._running or self._paused_until > now
        return not busy and self._windows.empty(now)

    def permit(self, tokens: int = 0, limits: Limits | None = None) -> Permit:
        """Return a permit that has not been waited for.

        Args:
            tokens: What the request is charged.
            limits: How long it may take; no limit where it is None.
        """
        return Permit(self, tokens, limits or Limits(None))

    def pause(self, seconds: float) -> None:
        """Give no turn for some seconds."""
        self._paused_until = max(self._paused_until, self._clock.now() + seconds)

    def ask(self, permit: Permit, *, first: bool) -> bool:
        """Give a turn at once and return True, or note who waits.

        Args:
            permit: Who asks.
            first: Whether it goes before those who wait: it was refused, and has waited already.
        """
        with self._lock:
            if (first or not self._waiting) and self._delay(permit) == 0:
                self._admit(permit)
                return True
            (self._waiting.appendleft if first else self._waiting.append)(permit)
            if self._pacer is None:
                self._pacer = threading.Thread(target=self._pace, daemon=True, name="kimi-rates")
                self._pacer.start()
        self._tell()
        return False

    def try_now(self, permit: Permit) -> bool:
        """Give a turn if there is one at once; nobody is noted as waiting."""
        with self._lock:
            free = not self._waiting and self._delay(permit) == 0
            if free:
                self._admit(permit)
        return free

    def leave(self, permit: Permit) -> None:
        """Take a permit back; it may be called at any time, by a finalizer too."""
        self._running.discard(permit)
        self._tell()

    def answered(self, sent: Sent) -> None:
        """Take note that the server has counted a request by now."""
        sent.counted = min(sent.counted, self._clock.now())
        self._tell()

    def _tell(self) -> None:
        if self._waiting:
            self._news.put(None)

    def _pace(self) -> None:
        """Give turns until nobody waits; runs in a thread of its own, which no event loop has."""
        while True:
            with self._lock:
                seconds = self._admit_all()
                if not self._waiting:
                    self._pacer = None
                    return
            self._clock.wait(self._news, seconds, idle=not self._running)

    def _admit_all(self) -> float | None:
        while self._waiting:
            seconds = 0.0 if self._waiting[0].closed else self._delay(self._waiting[0])
            if seconds > 0:
                return None if seconds == math.inf else seconds
            permit = self._waiting.popleft()
            if not permit.closed:
                self._admit(permit)
                permit.wake()
        return None

    def _delay(self, permit: Permit) -> float:
        most = self.tier.concurrency
        if most is not None and len(self._running) >= most:
            return math.inf
        now = self._clock.now()
        return max(0.0, self._paused_until - now, self._windows.delay(permit.tokens, now))

    def _admit(self, permit: Permit) -> None:
        self._running.add(permit)
        permit.sent = self._windows.add(permit.tokens, self._clock.now())
        if permit.closed:  # by a finalizer, or by who is tired of waiting, just now
            self._running.discard(permit)


class Unlimited:
    """What a `Limiter` is to a permit, where nothing is limited."""

    def ask(self, _permit: Permit, *, first: bool) -> bool:  # noqa: ARG002 - as in Limiter
        """Give a turn."""
        return True

    def leave(self, _permit: Permit) -> None:
        """Do nothing."""

    def pause(self, _seconds: float) -> None:
        """Do nothing: each retry of the SDK waits by itself."""

    def answered(self, _sent: Sent) -> None:
        """Do nothing."""


class Permit:
    """The turn of one request, from its asking to the end of its answer.

    Args:
        limiter: Who gives turns.
        tokens: What the request is charged.
        limits: How long it may take.

    Attributes:
        closed: Whether it was given back.
        sent: What the limiter has noted of it.
    """

    def __init__(self, limiter: Limiter | Unlimited, tokens: int, limits: Limits) -> None:
        self.tokens = tokens
        self.closed: bool = False
        self.sent: Sent = Sent(tokens, 0.0)
        self._limiter = limiter
        self._limits = limits
        self._fresh = True
        self._wake: Callable[[], object] = bool

    def wake(self) -> None:
        """Tell who waits that it is their turn."""
        try:
            self._wake()
        except RuntimeError:  # its event loop is closed
            self.release()

    def release(self) -> None:
        """Give it back; a second time does nothing."""
        self.closed = True
        self._limiter.leave(self)

    def wait(self, *, first: bool = False) -> None:
        """Wait for a turn, in this thread.

        Raises:
            OutOfTimeError: Where the time of the request is over before.
        """
        woken = threading.Event()
        with self._queued(woken.set):
            if not (self._limiter.ask(self, first=first) or woken.wait(self._limits.left)):
                raise OutOfTimeError

    async def await_turn(self, *, first: bool = False) -> None:
        """Wait for a turn, in the running event loop; whoever waits says how long."""
        loop = running_loop()
        turn: asyncio.Future[None] = loop.create_future()
        with self._queued(lambda: loop.call_soon_threadsafe(_settle, turn)):
            if not self._limiter.ask(self, first=first):
                await turn

    @contextmanager
    def _queued(self, wake: Callable[[], object]) -> Generator[None, None, None]:
        self._wake = wake
        self._limits.queued = True
        try:
            yield
        except BaseException:
            self.release()
            raise
        self._limits.queued = False

    @contextmanager
    def sending(self) -> Generator[None, None, None]:
        """Send the request inside of this; it ends with the answer's headers or gives back."""
        token = _sending.set(self)
        try:
            yield
        except BaseException:
            self.release()
            raise
        finally:
            _sending.reset(token)
            self._limiter.answered(self.sent)

    def pause(self, seconds: float | None) -> None:
        """Have the whole account wait as long as the server said."""
        self._limiter.pause(max(seconds or 0, _SHORTEST_PAUSE))

    def repeats(self) -> bool:
        """Return whether it is sent once more, which wants another turn; the old one is over.

        Raises:
            OutOfTimeError: Where nobody waits for it any more.
        """
        if self._fresh:
            self._fresh = False
            return False
        self._limiter.leave(self)
        if self.closed:
            raise OutOfTimeError
        return True


def _settle(turn: asyncio.Future[None]) -> None:
    if not turn.done():
        turn.set_result(None)


# -- hooks of the HTTP client ------------------------------------------------------------------


def count_again(_request: object) -> None:
    """Wait for another turn where the SDK repeats a request; a hook of the HTTP client."""
    permit = _sending.get()
    if permit is not None and permit.repeats():
        permit.wait(first=True)


async def acount_again(_request: object) -> None:
    """Wait as `count_again` does, in the running event loop."""
    permit = _sending.get()
    if permit is not None and permit.repeats():
        await permit.await_turn(first=True)


def pause_all(seconds: float | None) -> None:
    """Have everybody on the account wait whose request was refused just now.

    Args:
        seconds: As the server said, if it did.
    """
    permit = _sending.get()
    if permit is not None:
        permit.pause(seconds)


# -- one for each account ----------------------------------------------------------------------


class _Accounts:
    def __init__(self) -> None:
        self._known: weakref.WeakValueDictionary[Hashable, Limiter] = weakref.WeakValueDictionary()
        self._busy: set[Limiter] = set()
        self._renew()
        renew_in_children(self, _Accounts._renew)

    def _renew(self) -> None:
        self._lock = threading.Lock()

    def limiter(self, account: Hashable, tier: Tier, clock: Clock | None) -> Limiter:
        with self._lock:
            limiter = self._known.get(account)
            if limiter is None:
                limiter = self._known[account] = Limiter(tier, clock)
            limiter.tier = tier
            # What was sent counts, though the model that sent it is gone.
            self._busy = {one for one in self._busy if not one.idle} | {limiter}
        return limiter


_accounts = _Accounts()


def limiter_of(account: Hashable, tier: Tier, clock: Clock | None = None) -> Limiter:
    """Return the limiter of an account, which all of this process share.

    Args:
        account: As `kimi_core.transport.Transport.account` says.
        tier: Its limits; what was said last counts for everybody.
        clock: The time, of a limiter that has to be made.
    """
    return _accounts.limiter(account, tier, clock)
