"""A model under the limits of an account, against the simulator's.

Owns: what is sent and when, what is charged, and what a refusal does. How turns are given stands in
tests/core/test_rates.py; that both adapters take the setting in tests/parity/test_rate_limit.py.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from kimi_core import Tier
from kimi_core.chat import AccountRate, KimiChat, Settings
from kimi_core.errors import KimiRateLimitError, KimiTimeoutError
from kimi_core.platform import KimiClient
from kimi_core.request import Options
from kimi_core.testing import MoonshotSimulator, SimulatedReply
from kimi_core.transport.rates import limiter_of
from tests.core.asking import HELLO
from tests.turned import TurnedClock

if TYPE_CHECKING:
    from collections.abc import Iterator

ONE = Tier(concurrency=1)


@pytest.fixture
def clock() -> TurnedClock:
    return TurnedClock()


@pytest.fixture
def server(clock: TurnedClock) -> Iterator[MoonshotSimulator]:
    with MoonshotSimulator(rate_limit=0, clock=clock.now) as running:
        yield running


def test_others_take_their_turn_with_the_models(server: MoonshotSimulator) -> None:
    where = {"endpoint": "moonshot", "base_url": server.base_url, "api_key": server.api_key}
    rate = AccountRate(Tier(requests_per_minute=4), **where)  # type: ignore[arg-type]

    async def ask() -> list[bool]:
        return [await rate.atake(), await rate.atake(blocking=False)]

    assert [rate.take(), rate.take(blocking=False), *asyncio.run(ask())] == [True] * 4
    assert not rate.take(blocking=False)


def chat_at(server: MoonshotSimulator, clock: TurnedClock, tier: Any, **more: Any) -> KimiChat:
    settings = Settings(
        endpoint="moonshot",
        base_url=server.base_url,
        api_key=server.api_key,
        **{"max_retries": 0, "rate_limit": tier, **more},
    )
    limiter = limiter_of(KimiChat(settings).transport.account, Tier.of(tier or 0), clock)
    limiter._clock = clock
    return KimiChat(settings)


def asked(chat: KimiChat, **options: Any) -> Any:
    options = {"max_tokens": 1_000, **options}
    return chat.request(HELLO, None, Options(**options), stream=True)


def test_the_simulator_refuses_what_is_above_its_limits(
    server: MoonshotSimulator, clock: TurnedClock
) -> None:
    chat = chat_at(server, clock, None)
    for _ in range(3):
        chat.open(asked(chat)).read()
    with pytest.raises(KimiRateLimitError, match="RPM: 3") as caught:
        chat.open(asked(chat)).read()
    assert caught.value.limit == "RPM"
    assert caught.value.retry_after == 1


LIMITS: dict[str, tuple[Tier, list[int], str]] = {
    "TPM": (Tier(tokens_per_minute=5_000), [3_000, 3_000], "TPM rate limit, current: 6"),
    "TPD": (Tier(tokens_per_day=5_000), [3_000, 3_000], "TPD rate limit, current: 6"),
}


@pytest.mark.parametrize(("tier", "tokens", "words"), LIMITS.values(), ids=LIMITS)
def test_the_simulator_counts_tokens(tier: Tier, tokens: list[int], words: str) -> None:
    with MoonshotSimulator(rate_limit=tier) as running:
        chat = chat_at(running, TurnedClock(), None)
        *fine, last = tokens
        for most in fine:
            chat.open(asked(chat, max_tokens=most)).read()
        with pytest.raises(KimiRateLimitError, match=words):
            chat.open(asked(chat, max_tokens=last)).read()


def test_the_simulator_counts_no_question_for_models(
    server: MoonshotSimulator,
) -> None:
    ask = KimiClient(base_url=server.base_url, api_key=server.api_key).models
    assert len([ask() for _ in range(5)]) == 5


def test_the_simulator_counts_an_answer_until_it_is_sent() -> None:
    long = SimulatedReply(content="x" * 20_000_000)  # more than the buffers of a connection hold
    with MoonshotSimulator(rate_limit=ONE) as running:
        running.reply(long)
        chat = chat_at(running, TurnedClock(), None)
        reply = chat.open(asked(chat))
        with pytest.raises(KimiRateLimitError, match="concurrency: 1"):
            chat.open(asked(chat))
        reply.read()
        chat.open(asked(chat)).read()


def test_under_its_limit_a_model_is_refused_nothing(
    server: MoonshotSimulator, clock: TurnedClock
) -> None:
    chat = chat_at(server, clock, 0)
    for _ in range(10):
        chat.open(asked(chat)).read()
    assert len(server.requests) == 10
    assert not server.refusals


def test_what_a_k3_may_say_counts_where_nothing_was_set() -> None:
    clock = TurnedClock()
    with MoonshotSimulator(rate_limit=0, clock=clock.now) as running:
        chat = chat_at(running, clock, 0, model="kimi-k3")
        begun = clock.time
        for _ in range(4):  # 131,072 tokens each, of 500,000
            chat.open(asked(chat, max_tokens=None)).read()
        assert clock.time > begun + 59
        assert not running.refusals


PICTURE = {"type": "image_url", "image_url": {"url": "data:image/png;base64," + "A" * 9_000_000}}


def test_a_picture_is_not_counted_by_its_bytes() -> None:
    from kimi_core.chat._charge import charged_tokens

    chat = KimiChat(Settings(model="kimi-k2.6", api_key="key"))
    message = {"role": "user", "content": [{"type": "text", "text": "What is it?"}, PICTURE]}
    request = chat.request([message], None, Options(max_tokens=1_000), stream=False)
    assert 2_000 < charged_tokens(request) < 3_000


def test_an_answer_that_nobody_reads_holds_no_turn(clock: TurnedClock) -> None:
    """The server has no limit: it would see that a connection was left only some time later."""

    async def abandoned() -> None:
        await chat.aopen(asked(chat))
        clock.time += 60
        reading = aiter(await chat.aopen(asked(chat)))
        await anext(reading)
        await reading.aclose()
        await (await chat.aopen(asked(chat))).read()

    with MoonshotSimulator() as running:
        chat = chat_at(running, clock, ONE)
        chat.open(asked(chat))
        begun = iter(chat.open(asked(chat)))
        next(begun)
        begun.close()
        chat.open(asked(chat)).read()
        clock.time += 60
        asyncio.run(abandoned())
        assert len(running.requests) == 6


def test_a_refusal_makes_everybody_wait_and_its_retry_too(clock: TurnedClock) -> None:
    busy = SimulatedReply(
        error=(429, {"error": {"message": "busy", "type": "rate_limit_reached_error"}}),
        retry_after=0.01,
    )
    with MoonshotSimulator() as running:
        chat = chat_at(running, clock, Tier(concurrency=1, requests_per_minute=2), max_retries=1)
        begun = clock.time
        running.reply(busy)
        chat.open(asked(chat)).read()
        assert clock.time >= begun + 1
        running.reply(busy)

        async def ask() -> None:
            await (await chat.aopen(asked(chat))).read()

        asyncio.run(ask())
        assert clock.time >= begun + 60  # each of the four was one of a minute
        assert len(running.requests) == 4


def test_no_turn_in_time_is_said_so(server: MoonshotSimulator, clock: TurnedClock) -> None:
    chat = chat_at(server, clock, ONE)
    held = chat.open(asked(chat))
    words = r"did not get its turn \(rate_limit\) within 0\.05 s \(total_timeout\)"
    with pytest.raises(KimiTimeoutError, match=words):
        chat.open(asked(chat, total_timeout=0.05))
    with pytest.raises(KimiTimeoutError, match=words):
        asyncio.run(chat.aopen(asked(chat, total_timeout=0.05)))
    held.read()
    assert len(server.requests) == 1
