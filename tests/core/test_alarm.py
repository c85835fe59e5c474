"""What is to happen later happens then, and only then, from one thread for all."""

from __future__ import annotations

import threading
from typing import Any

from kimi_core.transport.alarm import Alarm


def test_it_calls_in_time_and_goes_on_behind_one_that_fails() -> None:
    alarm, called, threads = Alarm(), threading.Event(), set[Any]()

    def fail() -> None:
        threads.add(threading.current_thread())
        raise ValueError("of one answer")

    def call() -> None:
        threads.add(threading.current_thread())
        called.set()

    with alarm.after(60, threads.clear), alarm.after(0.001, fail), alarm.after(0.002, call):
        assert called.wait(10)
    assert len(threads) == 1
    assert threading.current_thread() not in threads


def test_what_was_left_in_time_is_not_called() -> None:
    alarm, told = Alarm(), list[str]()
    behind = threading.Event()
    with alarm.after(0.01, lambda: told.append("left")):
        pass
    with alarm.after(0.02, behind.set):
        assert behind.wait(10)
    assert told == []


def test_its_thread_ends_where_nothing_is_waited_for_and_another_follows() -> None:
    alarm = Alarm(idle=0.001)
    for _ in range(2):
        called, thread = threading.Event(), list[threading.Thread]()

        def call(called: threading.Event = called, thread: Any = thread) -> None:
            thread.append(threading.current_thread())
            called.set()

        with alarm.after(0.001, call):
            assert called.wait(10)
        thread[0].join(10)
        assert not thread[0].is_alive()


def test_the_thread_of_an_alarm_that_was_renewed_ends_and_tells_nothing() -> None:
    """It waited under a lock that it did not hold: an exception in a thread of nobody's."""
    alarm, told, called = Alarm(), list[str](), threading.Event()
    with alarm.after(0.02, lambda: told.append("of before")):
        thread = alarm._thread
        alarm._renew()
        assert thread is not None
        thread.join(10)
        assert not thread.is_alive()
        with alarm.after(0.001, called.set):
            assert called.wait(10)
    assert told == []
