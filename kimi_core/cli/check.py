"""``kimi-k2 check``: the report of `kimi_core.check` for people or for programs.

Owns: how a report is printed. May know: its own files, chat, check; rich.
"""

from __future__ import annotations

from rich.text import Text

from kimi_core.chat import Settings
from kimi_core.check import PROBES, Finding, Report, run_check
from kimi_core.cli._output import console, print_json, table

__all__ = ["check_server"]

_SIGNS = {"green": "ok", "amber": "limit", "red": "FAILS", "skipped": "-"}
_STYLES = {"green": "green", "amber": "yellow", "red": "bold red", "skipped": "dim"}


def check_server(settings: Settings, *, as_json: bool) -> bool:
    """Ask a server everything, and print what was found.

    Args:
        settings: Where and whom to ask.
        as_json: Print the report as JSON.

    Returns:
        Whether nothing is red.

    Raises:
        KimiConfigError: For settings that cannot work.
    """
    if as_json:
        report = run_check(settings)
        print_json(report.to_dict())
        return report.passed
    screen = console()
    with screen.status(f"asking: {PROBES[0].question}") as status:
        done: list[Finding] = []

        def show_next(finding: Finding) -> None:
            done.append(finding)
            status.update(f"asking: {PROBES[min(len(done), len(PROBES) - 1)].question}")

        report = run_check(settings, on_finding=show_next)
    _print_report(report)
    return report.passed


def _print_report(report: Report) -> None:
    screen = console()
    title = f"{report.model} at {report.base_url} (endpoint {report.endpoint}, {report.api})"
    made = table("probe", "", "what was seen", title=title)
    for finding in report.findings:
        style = _STYLES[finding.status]
        made.add_row(
            Text(finding.probe), Text(_SIGNS[finding.status], style=style), Text(finding.seen)
        )
    screen.print(made)
    if report.model == "local":
        screen.print("The model is SmolLM2-135M-Instruct, a stand-in that is NOT Kimi.")
    for finding in report.findings:
        if finding.status in {"amber", "red"}:
            _print_advice(finding)
    screen.print(Text(_summary(report)))


def _print_advice(finding: Finding) -> None:
    heading = Text(finding.probe, style=_STYLES[finding.status])
    text = Text.assemble(heading, f": {finding.means}\n  To fix it: {finding.fix}")
    console().print(text)


def _summary(report: Report) -> str:
    counts = dict.fromkeys(_SIGNS, 0)
    for finding in report.findings:
        counts[finding.status] += 1
    verdict = ", ".join(f"{number} {status}" for status, number in counts.items() if number)
    return (
        f"{verdict}. {report.requests} requests, {report.prompt_tokens} prompt tokens, "
        f"{report.completion_tokens} completion tokens."
    )
