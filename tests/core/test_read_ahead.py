"""What arrived while the consumer was busy comes at once; nothing is lost, moved or waited for.

Owns: the reading ahead of plain async iterators. That a reply does it stands in test_chat.py.
"""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import TYPE_CHECKING

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kimi_core.chat._read_ahead import ReadAhead
from kimi_core.transport.limits import FOR_THE_END, Limits

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence


async def source(reads: Sequence[bytes | None]) -> AsyncIterator[bytes]:
    """Give these reads; None is a turn for everybody else, as a socket that has nothing gives."""
    for data in reads:
        if data is None:
            await asyncio.sleep(0)
        else:
            yield data


async def collected(reads: Sequence[bytes | None], turns: int = 0) -> list[bytes]:
    """Read everything, as a consumer that takes so many turns of the loop for each item."""
    seen: list[bytes] = []
    async with aclosing(ReadAhead(source(reads)).reads(Limits(None).within)) as items:
        async for item in items:
            seen.append(item)
            for _ in range(turns):
                await asyncio.sleep(0)
    return seen


@given(st.lists(st.none() | st.binary(max_size=50_000), max_size=20), st.integers(0, 3))
def test_every_byte_comes_in_its_order(reads: list[bytes | None], turns: int) -> None:
    seen = asyncio.run(collected(reads, turns))
    assert b"".join(seen) == b"".join(data for data in reads if data)
    assert all(seen)


def test_what_lies_ready_comes_at_once() -> None:
    assert asyncio.run(collected([b"a", b"b", b"c"])) == [b"abc"]


def test_nothing_is_waited_for() -> None:
    """The second read comes only after the consumer has said that it saw the first."""

    async def run() -> list[bytes]:
        saw_first = asyncio.Event()

        async def two() -> AsyncIterator[bytes]:
            yield b"first"
            await saw_first.wait()
            yield b"second"

        seen: list[bytes] = []
        async for item in ReadAhead(two()).reads(Limits(None).within):
            seen.append(item)
            saw_first.set()
        return seen

    assert asyncio.run(asyncio.wait_for(run(), 10)) == [b"first", b"second"]


@pytest.mark.parametrize("before", [[], [b"a"], [b"a", None]])
def test_an_error_comes_after_what_was_before_it(before: list[bytes | None]) -> None:
    async def broken() -> AsyncIterator[bytes]:
        async for data in source(before):
            yield data
        raise ValueError("broken")

    seen: list[bytes] = []

    async def run() -> None:
        async for item in ReadAhead(broken()).reads(Limits(None).within):
            seen.extend([item])

    with pytest.raises(ValueError, match="broken"):
        asyncio.run(run())
    assert seen == [data for data in before if data]


@pytest.mark.parametrize("fails", [False, True], ids=["waits", "has failed"])
def test_a_consumer_that_leaves_leaves_no_task(
    fails: bool, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither a task that reads on, nor an error that nobody looked at."""

    async def endless() -> AsyncIterator[bytes]:
        yield b"a"
        if fails:
            raise ValueError("broken")
        await asyncio.Event().wait()

    async def run() -> None:
        before = asyncio.all_tasks()
        async with aclosing(ReadAhead(endless()).reads(Limits(None).within)) as items:
            async for _ in items:
                break
        assert asyncio.all_tasks() == before

    asyncio.run(asyncio.wait_for(run(), 10))
    assert caplog.records == []


def test_a_slow_consumer_does_not_make_it_hold_everything() -> None:
    async def run() -> int:
        made = 0

        async def megabytes() -> AsyncIterator[bytes]:
            nonlocal made
            for _ in range(1_000):
                made += 1
                yield b"x" * 10_000

        async with aclosing(ReadAhead(megabytes()).reads(Limits(None).within)) as items:
            async for _ in items:
                for _ in range(100):
                    await asyncio.sleep(0)
                break
        return made

    assert asyncio.run(run()) < 40


def test_a_consumer_that_leaves_does_not_break_off_what_is_shielded() -> None:
    """So the HTTP library closes connections; those that it did not come to stayed open."""
    done: list[str] = []

    async def run() -> None:
        closing, released = asyncio.Event(), asyncio.Event()

        async def closes_at_its_end() -> AsyncIterator[bytes]:
            yield b"all"
            with anyio.CancelScope(shield=True):
                closing.set()
                await released.wait()
                done.append("closed")

        items = ReadAhead(closes_at_its_end()).reads(Limits(None).within)
        assert await anext(items) == b"all"
        await closing.wait()
        leaving = asyncio.create_task(items.aclose())
        await asyncio.sleep(0)
        released.set()
        await leaving

    asyncio.run(run())
    assert done == ["closed"]


def test_a_consumer_that_leaves_waits_for_nothing_else() -> None:
    async def run() -> None:
        async def never_ends() -> AsyncIterator[bytes]:
            yield b"first"
            await asyncio.Event().wait()

        items = ReadAhead(never_ends()).reads(Limits(None).within)
        assert await anext(items) == b"first"
        await items.aclose()
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(run())


async def left_behind(source: AsyncIterator[bytes]) -> None:
    """Take the first read, as a whole answer, and have the rest read that comes at once."""
    ahead, before = ReadAhead(source), asyncio.all_tasks()
    async with aclosing(ahead.reads(Limits(None).within)) as items:
        assert await anext(items) == b"all"
        await ahead.rest(FOR_THE_END)
    assert asyncio.all_tasks() == before


def test_what_is_behind_an_answer_is_read_to_its_end_and_no_error_there_counts() -> None:
    read: list[bytes] = []

    async def pieces() -> AsyncIterator[bytes]:
        yield b"all"
        for piece in (b"a", b"b" * 200_000, b"c"):
            await asyncio.sleep(0)
            read.append(piece[:1])
            yield piece
        raise ConnectionError

    asyncio.run(left_behind(pieces()))
    assert read == [b"a", b"b", b"c"]


@pytest.mark.parametrize("waits", [False, True], ids=["it never ends", "it never comes"])
def test_what_is_behind_an_answer_is_given_up_in_time(waits: bool) -> None:
    async def endless() -> AsyncIterator[bytes]:
        yield b"all"
        await asyncio.sleep(0)
        while not waits:
            yield b"more"
        await asyncio.Event().wait()

    asyncio.run(asyncio.wait_for(left_behind(endless()), 10))
