"""One thread that calls functions when their time has come, for all answers of a process.

Owns: that thread. May know: its own files.

A `threading.Timer` is a thread for each answer: to start one and to wait until it runs took 0.2 of
the 1.6 milliseconds of CPU that a short stream takes, only to be cancelled.
"""

from __future__ import annotations

import heapq
import itertools
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress

from kimi_core.transport.processes import renew_in_children

__all__ = ["Alarm", "alarm"]

_IDLE = 5.0  # seconds without anything to wait for, after which the thread ends


class Alarm:
    """Calls functions later, from a thread that lives while there is something to wait for.

    Args:
        idle: Seconds that the thread goes on waiting for another one.
    """

    def __init__(self, idle: float = _IDLE) -> None:
        self._idle = idle
        self._numbers = itertools.count()
        self._renew()
        renew_in_children(self, Alarm._renew)

    def _renew(self) -> None:
        self._changed = threading.Condition(threading.Lock())
        # When, a unique number, and the function, taken out where it is no longer wanted.
        self._due: list[tuple[float, int, list[Callable[[], object]]]] = []
        self._thread: threading.Thread | None = None

    @contextmanager
    def after(self, seconds: float, call: Callable[[], object]) -> Generator[None, None, None]:
        """Have a function called, unless the block is left before.

        Args:
            seconds: From now on.
            call: Called in the alarm's thread, which it must not keep waiting.
        """
        entry = [call]
        with self._changed:
            due = (time.monotonic() + seconds, next(self._numbers), entry)
            heapq.heappush(self._due, due)
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._run, args=(self._changed,), daemon=True, name="kimi-alarm"
                )
                self._thread.start()
            elif self._due[0] is due:
                self._changed.notify()
        try:
            yield
        finally:
            entry.clear()

    def _run(self, changed: threading.Condition) -> None:
        while (calls := self._next(changed)) is not None:
            for call in calls:
                with suppress(Exception):  # of one answer; the others wait for this thread, too
                    call()

    def _next(self, changed: threading.Condition) -> list[Callable[[], object]] | None:
        """Wait for what is due next; None where nothing was for a while.

        None as well for a thread whose alarm was renewed: another one waits for what comes now.
        """
        with changed:
            while changed is self._changed:
                if not self._due:
                    if not changed.wait(self._idle) and changed is self._changed and not self._due:
                        self._thread = None
                        return None
                    continue
                left = self._due[0][0] - time.monotonic()
                if left <= 0:
                    return list(heapq.heappop(self._due)[2])
                changed.wait(left)
        return None


alarm: Alarm = Alarm()
"""The alarm of this process."""
