"""A whole run: samples, conformance where it is due, and the report.

Owns: `verify` and `averify`. May know: its own files, chat.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from kimi_core.chat import Settings
from kimi_core.verify._ask import Asker
from kimi_core.verify._conformance import OnCheck, Questions, ask_questions
from kimi_core.verify._report import Report, make_report
from kimi_core.verify._rows import Row
from kimi_core.verify._run import Job, OnRow, ask_samples, run_here

__all__ = ["CHECKS", "averify", "verify"]

CHECKS = "conformance.jsonl"
"""Where the answers of a conformance run stand, beside the results file."""


def verify(  # noqa: PLR0913 - keyword-only, one for each thing that a run may have
    settings: Settings,
    job: Job,
    *,
    baselines: Mapping[str, Sequence[Row]] | None = None,
    conformance: bool | None = None,
    questions: Questions | None = None,
    on_row: OnRow | None = None,
    on_check: OnCheck | None = None,
) -> Report:
    """Measure a server, in a program without an event loop; see `averify`."""
    return run_here(
        averify(
            settings,
            job,
            baselines=baselines,
            conformance=conformance,
            questions=questions,
            on_row=on_row,
            on_check=on_check,
        )
    )


async def averify(  # noqa: PLR0913 - as above
    settings: Settings,
    job: Job,
    *,
    baselines: Mapping[str, Sequence[Row]] | None = None,
    conformance: bool | None = None,
    questions: Questions | None = None,
    on_row: OnRow | None = None,
    on_check: OnCheck | None = None,
) -> Report:
    """Measure a server. Each request costs what it costs there.

    Args:
        settings: Where and whom to ask. ``max_retries`` are those of the SDK, for answers 429 and
            5xx and for lost connections; what is refused after them is a failed row.
        job: The samples, and where their answers go; answers of a conformance run go into
            `CHECKS` beside them.
        baselines: Rows of other runs of the same samples, by name; see `make_report`.
        conformance: Whether to ask the questions of Moonshot's newer suite; None: of a K3 alone.
        questions: Which of them; all by default.
        on_row: Called with each answer to a sample, those of an earlier run first.
        on_check: Called with each answer of the conformance run, and how many there will be.

    Returns:
        The report; write it with `write_report`.

    Raises:
        KimiConfigError: For settings that cannot work, files that cannot be read, a results file
            that exists (without ``resume``) or is of other requests (with it), and a server that
            refuses the key or the model.
    """
    asker = Asker(settings, job.extra_body)
    try:
        await asker.learn()
        rows = await ask_samples(asker, job, on_row)
        found = None
        wanted = asker.info.dialect == "k3" if conformance is None else conformance
        if wanted:
            found = await ask_questions(
                asker,
                questions or Questions(),
                job.results.with_name(CHECKS),
                concurrency=job.concurrency,
                on_check=on_check,
            )
        return make_report(rows, job.samples, asker.chat, baselines=baselines, conformance=found)
    finally:
        await asker.chat.aclose()
