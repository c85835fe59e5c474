"""Requests wait for their turn, so that a server refuses none for its limits.

Owns: turns, windows and pauses of `kimi_core.transport.rates`, on a clock that a test turns.
What a model sends under them stands in tests/core/test_rate_limit.py.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import threading
from typing import TYPE_CHECKING, Any

import pytest

from kimi_core import TIERS, Tier
from kimi_core.chat import KimiChat, Settings
from kimi_core.errors import KimiConfigError
from kimi_core.transport.limits import Limits, OutOfTimeError
from kimi_core.transport.rates import Limiter, limiter_of, pause_all
from kimi_core.transport.windows import Windows
from tests.turned import TurnedClock

if TYPE_CHECKING:
    from collections.abc import Callable

ONE = Tier(concurrency=1)


# -- what a tier is --------------------------------------------------------------------------------


@pytest.mark.parametrize("said", [1, "1", "tier1", "Tier 1", "tier-1", TIERS[1]], ids=repr)
def test_a_tier_is_named_by_its_number(said: Any) -> None:
    assert Tier.of(said) == TIERS[1]


def test_a_tier_that_was_written_down_is_read_again() -> None:
    mine = Tier(requests_per_minute=30)
    assert mine.written() == {"requests_per_minute": 30}
    assert Tier.of(mine.written()) == mine


WRONG: dict[str, tuple[Any, str]] = {
    "a number that is none": (9, r"rate_limit=9 is refused: Moonshot's tiers are 0, 1, 2, 3, 4, 5"),
    "a name that is none": ("gold", r"rate_limit='gold' is refused: Moonshot's tiers"),
    "a bool": (True, r"rate_limit=True is refused: it must be a kimi_core.Tier, or the number"),
    "a list": ([1], r"rate_limit=\[1\] is refused"),
    "a word of its own": ({"rpm": 3}, r"rate_limit=\{'rpm': 3\} is refused: a tier has concurr"),
    "no number": ({"concurrency": 0}, r"concurrency=0 is refused: it must be a whole number"),
}


@pytest.mark.parametrize(("said", "words"), WRONG.values(), ids=WRONG)
def test_what_is_no_tier_is_refused(said: Any, words: str) -> None:
    with pytest.raises(KimiConfigError, match=words):
        Settings(rate_limit=said)


# -- windows ---------------------------------------------------------------------------------------

WINDOWS: dict[str, tuple[Tier, list[int], int, float]] = {
    "nothing is limited": (Tier(), [1, 1], 1, 0),
    "room": (Tier(requests_per_minute=3), [1, 1], 1, 0),
    "requests of a minute": (Tier(requests_per_minute=2), [1, 1], 1, 60),
    "tokens of a minute": (Tier(tokens_per_minute=100), [60, 30], 20, 60),
    "tokens of a day": (Tier(tokens_per_day=100), [60, 30], 20, 86_400),
    "more than the limit waits for an empty window": (Tier(tokens_per_minute=100), [1], 500, 60),
    "more than the limit is sent alone": (Tier(tokens_per_minute=100), [], 500, 0),
}


@pytest.mark.parametrize(("tier", "sent", "tokens", "seconds"), WINDOWS.values(), ids=WINDOWS)
def test_the_next_request_waits_until_it_fits(
    tier: Tier, sent: list[int], tokens: int, seconds: float
) -> None:
    windows = Windows(tier)
    for one in sent:
        windows.add(one, 0).counted = 0
    assert windows.delay(tokens, 0) == seconds
    assert windows.delay(tokens, seconds) == 0


def test_a_request_counts_from_its_answer_or_when_it_must_have_arrived() -> None:
    clock = TurnedClock()
    limiter = Limiter(Tier(requests_per_minute=1), clock)
    permit = limiter.permit()
    permit.wait()
    clock.time += 2
    with permit.sending():
        pass
    assert permit.sent.counted == clock.time
    clock.time += 60
    late = limiter.permit()
    late.wait()
    assert late.sent.counted == clock.time + 5


# -- turns -----------------------------------------------------------------------------------------


def in_thread(function: Callable[[], Any]) -> threading.Thread:
    thread = threading.Thread(target=function, daemon=True)
    thread.start()
    return thread


def test_a_turn_is_given_when_another_one_ends() -> None:
    limiter = Limiter(ONE, TurnedClock())
    first, second = limiter.permit(), limiter.permit()
    first.wait()
    waiting = in_thread(second.wait)
    first.release()
    waiting.join(60)
    assert not waiting.is_alive()
    second.release()
    assert not limiter.try_now(limiter.permit()) or not limiter.idle


def test_threads_and_event_loops_wait_together() -> None:
    limiter = Limiter(ONE, TurnedClock())
    held = limiter.permit()
    held.wait()
    done: list[str] = []

    def sync() -> None:
        permit = limiter.permit()
        permit.wait()
        done.append("thread")
        permit.release()

    async def one() -> None:
        permit = limiter.permit()
        await permit.await_turn()
        done.append("loop")
        permit.release()

    async def several() -> None:
        await asyncio.gather(one(), one())

    threads = [in_thread(sync), in_thread(lambda: asyncio.run(several())), in_thread(sync)]
    held.release()
    for thread in threads:
        thread.join(60)
    assert sorted(done) == ["loop", "loop", "thread", "thread"]


def test_who_is_tired_of_waiting_takes_no_turn() -> None:
    limiter = Limiter(ONE, TurnedClock())
    held = limiter.permit()
    held.wait()
    with pytest.raises(OutOfTimeError):
        limiter.permit(0, Limits(0.01)).wait()

    async def give_up() -> None:
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(limiter.permit().await_turn(), 0.01)

    asyncio.run(give_up())
    held.release()
    limiter.permit().wait()


def test_a_turn_that_comes_with_a_cancellation_is_given_back() -> None:
    limiter = Limiter(ONE, TurnedClock())
    limiter.permit().wait()
    waiting = limiter.permit()

    async def cancelled() -> None:
        task = asyncio.create_task(waiting.await_turn())
        await asyncio.sleep(0)
        waiting.wake()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancelled())
    assert waiting.closed


def test_a_refusal_of_other_requests_makes_nobody_wait() -> None:
    clock = TurnedClock()
    limiter = Limiter(Tier(), clock)
    begun = clock.time
    pause_all(30)
    limiter.permit().wait()
    assert clock.time == begun


def test_a_turn_of_a_loop_that_has_ended_goes_to_the_next() -> None:
    limiter = Limiter(ONE, TurnedClock())
    held = limiter.permit()
    held.wait()
    loop = asyncio.new_event_loop()
    lost = loop.create_task(limiter.permit().await_turn())
    loop.call_soon(loop.stop)
    loop.run_forever()
    loop.close()
    held.release()
    limiter.permit().wait()
    lost.get_coro().close()  # else asyncio says that it is pending
    lost._log_destroy_pending = False  # type: ignore[attr-defined]


def test_a_turn_that_was_given_back_before_it_came_is_nobodys() -> None:
    limiter = Limiter(ONE, TurnedClock())
    gone = limiter.permit()
    gone.release()
    assert limiter.try_now(gone)
    assert limiter.try_now(limiter.permit())
    assert not limiter.try_now(limiter.permit())


def test_a_change_of_tier_counts_at_once() -> None:
    limiter = Limiter(ONE, TurnedClock())
    limiter.permit().wait()
    waiting = in_thread(limiter.permit().wait)
    while not limiter._waiting:
        pass
    limiter.tier = Tier(concurrency=2)
    waiting.join(60)
    assert not waiting.is_alive()


def test_a_pause_is_for_everybody() -> None:
    clock = TurnedClock()
    limiter = Limiter(Tier(), clock)
    begun = clock.time
    limiter.pause(30)
    limiter.pause(10)
    limiter.permit().wait()
    assert clock.time >= begun + 30


def test_the_real_clock_waits_for_time_or_news() -> None:
    limiter = Limiter(ONE)
    limiter.pause(0.01)
    first = limiter.permit()
    first.wait()
    waiting = in_thread(limiter.permit().wait)
    first.release()
    waiting.join(60)
    assert not waiting.is_alive()


# -- one for each account --------------------------------------------------------------------------


def test_an_account_has_one_limiter_as_long_as_something_counts() -> None:
    clock = TurnedClock()
    first = limiter_of("account of a test", TIERS[1], clock)
    first.permit().wait()
    known = id(first)
    del first
    gc.collect()
    again = limiter_of("account of a test", TIERS[2])
    assert id(again) == known
    assert again.tier == TIERS[2]
    assert limiter_of("another account of a test", TIERS[1]) is not again


def key() -> str:
    return "sk-a-key-of-a-function"


class Vault:
    """Hands keys out, and cannot be hashed."""

    __hash__ = None  # type: ignore[assignment]

    def __call__(self) -> str:
        return "sk-a-key-of-a-vault"


def account(**settings: Any) -> Any:
    return KimiChat(Settings(**{"api_key": "sk-one", **settings})).transport.account


def test_an_account_is_a_server_and_a_key_that_is_not_kept() -> None:
    vault = Vault()
    assert account() == account()
    assert account(api_key="sk-two") != account()
    assert account(endpoint="moonshot-cn") != account()
    assert account(api_key=key) == account(api_key=key)
    assert account(api_key=vault) == account(api_key=vault)
    assert "sk-one" not in repr(account())


def test_a_retry_of_a_request_that_was_given_up_is_not_sent() -> None:
    permit = Limiter(ONE, TurnedClock()).permit()
    permit.wait()
    assert not permit.repeats()
    with contextlib.suppress(ValueError), permit.sending():
        raise ValueError
    with pytest.raises(OutOfTimeError):
        permit.repeats()
