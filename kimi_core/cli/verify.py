"""``kimi-k2 verify``: a run of `kimi_core.verify` with a progress bar, and its tables.

Owns: what the command reads, shows and leaves behind. May know: its own files, _json, chat, errors,
verify; rich, typer, typing_extensions.
"""

from __future__ import annotations

import json
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.text import Text
from typing_extensions import Self

from kimi_core._json import as_mapping
from kimi_core.chat import Settings
from kimi_core.cli._output import console, print_json, printable, table
from kimi_core.errors import KimiConfigError
from kimi_core.verify import (
    Check,
    Job,
    Questions,
    Report,
    Row,
    Sample,
    Section,
    compare_reports,
    compared,
    heading,
    own_samples,
    read_rows,
    read_samples,
    sections,
    verify,
    write_comparison,
    write_report,
)

__all__ = ["Asked", "compare_two", "verify_server"]

_FAILURES_SHOWN = 10
_STOPPED = 130  # as shells have it for Ctrl-C


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What the command line said of a run.

    Attributes:
        report: Folder of the results and the report.
        samples: A samples file; None for those of this package.
        limit: How many of them, from the first.
        baselines: Results files.
        concurrency: How many requests are under way at a time.
        resume: Whether to go on with what the folder holds.
        extra_body: A JSON object, or "".
        conformance: Whether to ask the newer suite; None: of a K3 alone.
        suite: File or folder of that suite's schemas and prompts.
    """

    report: Path
    samples: Path | None = None
    limit: int | None = None
    baselines: Sequence[Path] = ()
    concurrency: int = 5
    resume: bool = False
    extra_body: str = ""
    conformance: bool | None = None
    suite: Path | None = None

    def job(self) -> Job:
        """Return what is asked.

        Raises:
            KimiConfigError: For files and values that cannot be read.
        """
        samples: list[Sample] = read_samples(self.samples) if self.samples else own_samples()
        return Job(
            samples=samples[: self.limit],
            results=self.report / "results.jsonl",
            concurrency=self.concurrency,
            resume=self.resume,
            extra_body=_object(self.extra_body),
        )


def _object(text: str) -> Mapping[str, Any]:
    try:
        value = as_mapping(json.loads(text or "{}"))
    except ValueError:
        value = None
    if value is None:
        raise KimiConfigError(
            f"extra_body {text!r} is no JSON object; give one, e.g. "
            """'{"chat_template_kwargs": {"thinking": false}}'."""
        )
    return value


def verify_server(settings: Settings, asked: Asked, *, as_json: bool) -> bool:
    """Measure a server, write the report, and print it.

    Args:
        settings: Where and whom to ask.
        asked: What to ask.
        as_json: Print the report as JSON.

    Returns:
        Whether the server answered anything.

    Raises:
        KimiConfigError: For what cannot work.
    """
    report = _measured(settings, asked)
    written = write_report(report, asked.report)
    if as_json:
        print_json(report.to_dict())
    else:
        _print_report(report, written)
    return bool(report.summary["success_count"] or not report.samples)


def _measured(settings: Settings, asked: Asked) -> Report:
    job = asked.job()
    baselines = {str(path): read_rows(path) for path in asked.baselines}
    with _Bars(len(job.samples)) as shown, _resumable():
        return verify(
            settings,
            job,
            baselines=baselines,
            conformance=asked.conformance,
            questions=Questions(suite=asked.suite),
            on_row=shown.row,
            on_check=shown.check,
        )


@contextmanager
def _resumable() -> Generator[None, None, None]:
    """Say after Ctrl-C that nothing was lost."""
    try:
        yield
    except KeyboardInterrupt as error:
        typer.echo(
            "kimi-k2 verify: stopped; what was answered is kept, --resume goes on.", err=True
        )
        raise typer.Exit(_STOPPED) from error


class _Bars:
    """Bars on the error output, so that what is printed stays clean."""

    def __init__(self, samples: int) -> None:
        screen = Console(stderr=True, highlight=False)
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
        self._progress = Progress(*columns, TimeRemainingColumn(), console=screen)
        self._samples = self._progress.add_task("samples", total=samples, visible=bool(samples))
        self._checks = self._progress.add_task("conformance", total=1, visible=False)
        self._failed = 0

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def row(self, row: Row) -> None:
        self._failed += not row.succeeded
        said = f"samples ({self._failed} failed)" if self._failed else "samples"
        self._progress.update(self._samples, advance=1, description=said)

    def check(self, check: Check, total: int) -> None:
        del check
        self._progress.update(self._checks, advance=1, total=total, visible=True)


def _print_report(report: Report, written: Sequence[Path]) -> None:
    screen = console()
    screen.print(Text(heading(report)))
    _print_sections(sections(report))
    for failure in report.failures[:_FAILURES_SHOWN]:
        repaired = "repaired" if failure.repaired else "not repaired"
        head = f"sample {failure.data_index}, {failure.kind} ({repaired})"
        screen.print(Text(printable(f"{head}: {failure.reason}")))
    more = len(report.failures) - _FAILURES_SHOWN
    if more > 0:
        screen.print(Text(f"… and {more} more failures in the report."))
    screen.print(Text("Written: " + ", ".join(map(str, written))))


def _print_sections(found: Sequence[Section]) -> None:
    screen = console()
    for section in found:
        made = table(*section.columns, title=section.title)
        for cells in section.rows:
            made.add_row(*(Text(printable(cell)) for cell in cells))
        screen.print(made)
        if section.note:
            screen.print(Text(section.note, style="dim"))


def compare_two(first: Path, second: Path, folder: Path | None, *, as_json: bool) -> None:
    """Compare two reports, and print what differs.

    Args:
        first: The report that is compared with.
        second: The one that is compared.
        folder: Where to write it; None for nowhere.
        as_json: Print JSON.

    Raises:
        KimiConfigError: For what is no report.
    """
    comparison = compare_reports(first, second)
    if folder is not None:
        write_comparison(comparison, folder)
    if as_json:
        print_json(comparison.to_dict())
        return
    for name, one in (("A", comparison.first), ("B", comparison.second)):
        console().print(Text(f"{name}: {one.get('model')} at {one.get('base_url')}"))
    _print_sections(compared(comparison))
