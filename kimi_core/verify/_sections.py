"""A report as titled tables, which every writer shows in its own way.

Owns: `Section`, the words of a report, and how a figure is written. May know: its own files.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from kimi_core.verify._compare import Comparison
from kimi_core.verify._conformance import Conformance
from kimi_core.verify._figures import Agreement
from kimi_core.verify._intervals import Median, Share
from kimi_core.verify._report import Report

__all__ = ["SHARES", "Section", "compared", "heading", "percent", "sections", "share"]

SHARES = {
    "trigger": "ends in calls (trigger rate)",
    "schema": "of these, all calls fit (schema accuracy)",
    "misfits": "calls that do not fit",
    "run_wrongly": "calls that do not fit and are run",
    "leaked": "Kimi's tokens leak into the text",
    "empty": "empty answers",
    "reasoning": "reasoning told apart",
}
"""What the shares of a `Column` are called."""


@dataclass(frozen=True, slots=True)
class Section:
    """One table of a report.

    Attributes:
        title: Its heading.
        columns: Heads of the columns.
        rows: Cells, as text.
        note: What to know about it; empty for nothing.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""


def percent(value: float | None) -> str:
    """Write a share of 1 as percent."""
    return "-" if value is None else f"{100 * value:.2f} %"


def share(one: Share) -> str:
    """Write a share with its interval."""
    if not one.n:
        return "- (0 of 0)"
    low, high = (100 * end for end in one.interval)
    return f"{percent(one.value)} ({low:.1f} to {high:.1f}), {one.good} of {one.n}"


def heading(report: Report) -> str:
    """Return what was asked, where and when, as one sentence."""
    when = f", {report.started_at[:16]} to {report.finished_at[:16]}" if report.started_at else ""
    # Its name is that of the endpoint; a GGUF of your own has its file's.
    stand_in = " (SmolLM2-135M-Instruct, a stand-in that is NOT Kimi)" * (report.model == "local")
    return (
        f"{report.model}{stand_in} at {report.base_url} "
        f"(endpoint {report.endpoint}, {report.api}), {report.samples} samples{when}"
    )


def sections(report: Report) -> list[Section]:
    """Return all tables that have something to say; the failures are written apart.

    Args:
        report: What was found.
    """
    found = [
        _answers(report),
        *_baselines(report),
        _finish_reasons(report),
        _ids(report),
        _latency(report),
        _cost(report),
        _repairs(report),
        *(_conformance(report.conformance) if report.conformance else ()),
    ]
    return [section for section in found if section.rows]


def _answers(report: Report) -> Section:
    answered = Share(report.summary["success_count"], report.samples)
    rows = [("answered", share(answered), "")]
    raw, repaired = report.raw.shares(), report.repaired.shares()
    rows += [(text, share(raw[name]), share(repaired[name])) for name, text in SHARES.items()]
    note = (
        "Percent with its 95 % interval (Wilson). After repair: the same answers, read as this "
        "package hands them to an agent, without asking again; a call that does not fit is "
        "reported and not run. Raw: as a client runs them that looks at no schema."
    )
    return Section("Answers", ("", "raw", "after repair"), tuple(rows), note)


def _baselines(report: Report) -> list[Section]:
    note = (
        "Who calls a tool where the baseline does. A server does not agree with itself either: "
        "give --baseline again, with further runs of the baseline's server, to see how much. "
        "Moonshot's own runs of K2-Thinking had an F1 of 75.81 % and more (76 % on average), and "
        "its table takes 73 % for good (80 % for K2-0905)."
    )
    found = [
        Section(f"Agreement with {one.name}", ("", "raw", "after repair"), _pairs(one, after))
        for one, after in zip(report.baselines, report.repaired_baselines, strict=True)
    ]
    rows = tuple((one.name, _f1(one), _counts(one)) for one in report.noise)
    columns = ("run", "F1 with the first baseline", _COUNTED)
    changed = sum(one.changed for one in report.baselines)
    if changed:
        note += f" {changed} samples have other messages or tools in a baseline: not comparable."
    noise = Section("Noise of the baseline against itself", columns, rows)
    last = noise if rows else found[-1] if found else None
    if last is None:
        return []
    kept = [*found, noise] if rows else found
    return [*kept[:-1], replace(last, note=note)]


_COUNTED = "both call / only this / only that / neither"


def _pairs(one: Agreement, after: Agreement) -> tuple[tuple[str, ...], ...]:
    return (
        ("precision", share(one.precision), share(after.precision)),
        ("recall", share(one.recall), share(after.recall)),
        ("F1", _f1(one), _f1(after)),
        (_COUNTED, _counts(one), _counts(after)),
    )


def _f1(one: Agreement) -> str:
    low, high = (100 * end for end in one.f1_interval)
    return f"{percent(one.f1)} ({low:.1f} to {high:.1f})"


def _counts(one: Agreement) -> str:
    return f"{one.tp} / {one.fp} / {one.fn} / {one.tn}"


def _finish_reasons(report: Report) -> Section:
    raw, repaired = report.raw.finish_reasons, report.repaired.finish_reasons
    names = [*raw, *(name for name in repaired if name not in raw)]
    rows = tuple((name, str(raw.get(name, 0)), str(repaired.get(name, 0))) for name in names)
    failed = report.summary["failure_count"]
    rows += (("(no answer)", str(failed), str(failed)),) if failed else ()
    return Section("Finish reasons", ("finish_reason", "raw", "after repair"), rows)


def _ids(report: Report) -> Section:
    ids = report.ids
    if not ids.native.n:
        return Section("Ids of calls", (), ())
    rows = (
        ("in the model's own form", share(ids.native)),
        ("of these, counting on", share(ids.counted)),
        ("missing", str(ids.missing)),
        ("repeated in one answer", str(ids.repeated)),
    )
    note = (
        "functions.NAME:N of K2 (NAME:N and NAME_N, too, of K3). A host may use ids of its own; "
        "sent back as they are they make K2 models call worse, and this package rewrites them."
    )
    return Section("Ids of calls", ("", ""), rows, note)


def _latency(report: Report) -> Section:
    latency = report.latency
    rows = (
        _median("first token, ms (streams)", latency.first_token_ms),
        _median("tokens a second (streams)", latency.tokens_per_second),
        _median("whole answer, ms", latency.duration_ms),
    )
    note = (
        "Medians with a 95 % interval from the order of the values. Requests that had to be "
        "repeated are left out. Measured here, at this concurrency, network included."
    )
    columns = ("", "median", "95 % do not exceed", "of")
    return Section("Latency", columns, tuple(row for row in rows if row[-1] != "0"), note)


def _median(name: str, one: Median) -> tuple[str, str, str, str]:
    if one.value is None or one.low is None or one.high is None or one.p95 is None:
        return name, "-", "-", "0"
    middle = f"{one.value:.0f} ({one.low:.0f} to {one.high:.0f})"
    return name, middle, f"{one.p95:.0f}", str(one.n)


def _cost(report: Report) -> Section:
    cost = report.cost
    money = "not known" if cost.amount is None else f"{cost.amount:.4f} {cost.currency}"
    rows = (
        ("prompt tokens", f"{cost.prompt_tokens} ({cost.cached_tokens} cached)"),
        ("completion tokens", str(cost.completion_tokens)),
        ("cost", money),
    )
    said = {"server": "As the server says.", "price list": "By Moonshot's own price list."}
    return Section("Tokens and cost", ("", ""), rows, said.get(cost.source, ""))


def _repairs(report: Report) -> Section:
    rows = tuple((kind, str(number)) for kind, number in report.repaired.repairs.items())
    note = "What this package changed, refused or found odd in these answers, by its diagnostics."
    return Section("Repairs", ("kind", "times"), rows, note)


def _conformance(found: Conformance) -> list[Section]:
    rows = tuple((group, share(one)) for group, one in found.shares().items())
    skipped = "; ".join(f"{group}: {reason}" for group, reason in found.skipped.items())
    note = "Questions of Moonshot's newer suite, asked as they stand, whole and streamed."
    failed = tuple(
        (check.id, check.reason, check.raw) for check in found.checks if not check.passed
    )
    summary = Section("Conformance", ("group", "passed"), rows, f"{note} {skipped}".strip())
    return [summary, Section("Conformance: what failed", ("case", "reason", "raw"), failed)]


def compared(comparison: Comparison) -> list[Section]:
    """Return the tables of a comparison.

    Args:
        comparison: Of two reports.
    """
    shown: list[tuple[str, ...]] = []
    for one in comparison.differences:
        gap = one.gap
        low, middle, high = (100 * end for end in (gap[1], gap[0], gap[2])) if gap else (0, 0, 0)
        told = f"{middle:+.2f} ({low:+.1f} to {high:+.1f})" if gap else "-"
        name = f"{SHARES[one.name]}, {'after repair' if one.column == 'repaired' else 'raw'}"
        verdict = "yes" if one.is_told_apart else "no"
        shown.append((name, share(one.first), share(one.second), told, verdict))
    columns = ("", "A", "B", "B - A, points", "differs")
    note = "95 % intervals: Wilson of each share, Newcombe of the difference."
    found = [Section("Shares", columns, tuple(shown), note)]
    both = comparison.agreement
    if both is not None:
        rows = [("precision", share(both.precision)), ("recall", share(both.recall))]
        rows += [("F1", _f1(both)), (_COUNTED, _counts(both))]
        found.append(Section("Agreement of B with A", ("", "A as the baseline"), tuple(rows)))
    return found
