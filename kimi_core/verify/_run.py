"""Asking all samples, several at a time, and going on where a run was broken off.

Owns: `ask_samples`, and what a results file may hold before a run. May know: its own files, errors.

Every answer is a line on the disk as soon as it is there, so that whatever ends a run (Ctrl-C, a
full account, a machine that goes down) costs the requests under way and no others.
"""

from __future__ import annotations

import asyncio
import warnings
from collections.abc import (
    Awaitable,
    Callable,
    Coroutine,
    Generator,
    Iterable,
    Mapping,
    Sequence,
)
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from kimi_core.errors import KimiConfigError
from kimi_core.verify._ask import Asker
from kimi_core.verify._rows import ESCAPED, Row, ordered, read_rows, write_rows
from kimi_core.verify._samples import Sample, hash_of

__all__ = ["Job", "ask_samples", "in_turns", "quiet", "run_here"]

OnRow = Callable[[Row], None]

_T = TypeVar("_T")


@dataclass(frozen=True, kw_only=True)
class Job:
    """What a run asks, and where its answers go.

    Attributes:
        samples: What to ask.
        results: The results file; its folder is made.
        concurrency: How many requests are under way at a time.
        resume: Whether to go on with a results file that exists: samples that were answered are
            not asked again, those that failed are.
        extra_body: Fields of every payload, over those of the samples.

    Raises:
        KimiConfigError: Where `concurrency` is below 1.
    """

    samples: Sequence[Sample]
    results: Path
    concurrency: int = 5
    resume: bool = False
    extra_body: Mapping[str, Any] = field(default_factory=dict[str, Any])

    def __post_init__(self) -> None:
        if self.concurrency < 1:
            raise KimiConfigError(
                f"concurrency {self.concurrency} asks nothing; it is at least 1, e.g. 5."
            )


def run_here(work: Coroutine[Any, Any, _T]) -> _T:
    """Do async work in a program without an event loop.

    Args:
        work: What to do.

    Raises:
        KimiConfigError: In a running event loop, e.g. a notebook's.
    """
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(work)
    work.close()
    raise KimiConfigError(
        "an event loop is running here, as in a notebook: await averify(...), not verify(...)."
    )


async def ask_samples(asker: Asker, job: Job, on_row: OnRow | None = None) -> list[Row]:
    """Ask all samples.

    Args:
        asker: Who asks; it has learned the model's name.
        job: What to ask.
        on_row: Called with each row: those that are kept of an earlier run, then the answers as
            they come.

    Returns:
        A row for each sample, in their order, as they stand in the results file.

    Raises:
        KimiConfigError: For a results file that exists (without ``resume``) or is of other requests
            (with it), and a server that refuses the key or the model.
    """
    rows = _kept(asker, job)
    told = on_row or _nobody
    for row in rows:
        told(row)
    answered = {row.data_index for row in rows}
    todo = [sample for sample in job.samples if sample.data_index not in answered]
    job.results.parent.mkdir(parents=True, exist_ok=True)
    write_rows(job.results, rows)
    with job.results.open("a", encoding="utf-8", errors=ESCAPED) as file, quiet():

        async def ask(sample: Sample) -> None:
            row = await asker.ask(sample)
            file.write(row.line())
            file.flush()
            rows.append(row)
            told(row)

        await in_turns(todo, ask, job.concurrency)
    write_rows(job.results, ordered(rows))
    return ordered(rows)


def _nobody(row: Row) -> None:
    """Be told of nothing."""


def _kept(asker: Asker, job: Job) -> list[Row]:
    """Return the rows of an earlier run that count for this one."""
    if not job.results.exists():
        return []
    if not job.resume:
        raise KimiConfigError(
            f"results file {str(job.results)!r} exists, and its answers were paid for; set resume "
            "(--resume) to go on with it, or name another folder (--report)."
        )
    asked = {
        sample.data_index: hash_of(asker.request(sample.prepared(asker.model)).payload)
        for sample in job.samples
    }
    rows = ordered(read_rows(job.results))
    for row in rows:
        if asked.get(row.data_index) != row.hash or row.extra_body != job.extra_body:
            raise KimiConfigError(
                f"results file {str(job.results)!r} has answers to other requests (sample "
                f"{row.data_index}): go on with the same samples, model {asker.model!r} and extra "
                "body, or name another folder (--report)."
            )
    return [row for row in rows if row.succeeded]


async def in_turns(
    items: Iterable[_T], work: Callable[[_T], Awaitable[None]], concurrency: int
) -> None:
    """Do work for all items, several at a time, in their order.

    Args:
        items: What there is to do.
        work: Does one.
        concurrency: How many at a time.
    """
    waiting = iter(items)

    async def worker() -> None:
        for item in waiting:
            await work(item)

    workers = [asyncio.ensure_future(worker()) for _ in range(concurrency)]
    try:
        await asyncio.gather(*workers)
    finally:
        for one in workers:
            one.cancel()
        await asyncio.gather(*workers, return_exceptions=True)


@contextmanager
def quiet() -> Generator[None, None, None]:
    """Keep the reading of odd answers silent: that one is empty, or odd, is a figure here.

    Once for the run: tasks that each kept and restored the filters would restore one another's.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
