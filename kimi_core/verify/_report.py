"""What a run found, as values.

Owns: `Report` and `Failure`, how they are made of rows, and their form as JSON. May know: its own
files, _json, chat.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import chain
from typing import Any, Literal

from kimi_core._json import as_mapping
from kimi_core.chat import KimiChat
from kimi_core.verify._conformance import Conformance
from kimi_core.verify._figures import Agreement, Column, Cost, IdFormat, Latency, agreement_of
from kimi_core.verify._outcome import Outcome, raw_outcome, repaired_outcome
from kimi_core.verify._rows import Row, ordered
from kimi_core.verify._samples import Sample

__all__ = ["Failure", "FailureKind", "Report", "make_report"]

FailureKind = Literal["request", "calls", "no calls", "leak", "empty", "cut"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """One answer that is not as it should be.

    Attributes:
        data_index: The sample.
        kind: "request" (no answer), "calls" (a call does not fit), "no calls" (it says that it
            calls, and does not), "leak" (Kimi's tokens as text), "empty" (neither text nor calls),
            "cut" (the token limit).
        reason: What is wrong, in a line for each call.
        raw: What the server sent: the message, or the error.
        repaired: Whether this package's users get an answer without this failure.
        after: What they get: calls to run, or why none is run.
    """

    data_index: int
    kind: FailureKind
    reason: str
    raw: Mapping[str, Any]
    repaired: bool
    after: str

    def to_dict(self) -> dict[str, Any]:
        """Return everything as JSON values."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, kw_only=True)
class Report:
    """What a run found.

    Attributes:
        model: The model's name as it was sent.
        endpoint: Name of the endpoint.
        base_url: Where was asked.
        api: "chat" or "completions".
        samples: How many samples there are.
        summary: Counts under the names of the published ``summary.json``, with schema accuracy.
        raw: The server's answers as they came.
        repaired: The same answers as this package hands them on.
        baselines: Agreement with each baseline; the first is what noise is measured against.
        repaired_baselines: The same after repair.
        noise: Agreement of each further baseline with the first: of one server with itself.
        ids: Forms of the ids of calls.
        latency: How fast.
        cost: How much.
        failures: All that is not as it should be, in the order of the samples.
        started_at: When the first sample was asked last, ISO 8601.
        finished_at: When the last one was.
        conformance: The runs of the newer suite; None where none were asked for.
    """

    model: str
    endpoint: str
    base_url: str
    api: str
    samples: int
    summary: Mapping[str, Any]
    raw: Column
    repaired: Column
    baselines: tuple[Agreement, ...]
    repaired_baselines: tuple[Agreement, ...]
    noise: tuple[Agreement, ...]
    ids: IdFormat
    latency: Latency
    cost: Cost
    failures: tuple[Failure, ...]
    started_at: str = ""
    finished_at: str = ""
    conformance: Conformance | None = field(default=None)

    def to_dict(self) -> dict[str, Any]:
        """Return everything as JSON values."""
        plain = ("model", "endpoint", "base_url", "api", "samples", "summary")
        lists = ("baselines", "repaired_baselines", "noise", "failures")
        return {
            **{name: getattr(self, name) for name in (*plain, "started_at", "finished_at")},
            "raw": self.raw.to_dict(),
            "repaired": self.repaired.to_dict(),
            **{name: [one.to_dict() for one in getattr(self, name)] for name in lists},
            "ids": self.ids.to_dict(),
            "latency": self.latency.to_dict(),
            "cost": {name: getattr(self.cost, name) for name in Cost.__slots__},
            "conformance": self.conformance.to_dict() if self.conformance else None,
        }


def make_report(
    rows: Sequence[Row],
    samples: Sequence[Sample],
    chat: KimiChat,
    *,
    baselines: Mapping[str, Sequence[Row]] | None = None,
    conformance: Conformance | None = None,
) -> Report:
    """Make a report of answers; nothing is sent.

    Args:
        rows: The answers.
        samples: What was asked.
        chat: Of the model that was asked, with which the answers are read once more.
        baselines: Rows of other runs of the same samples, by name. The first is compared with, the
            others are compared with the first: where all are of one server, that is its noise.
        conformance: Runs of the newer suite, to be part of the report.

    Returns:
        The report, as `write_report` writes it.
    """
    asked = {sample.data_index: sample for sample in samples}
    rows = [row for row in ordered(rows) if row.data_index in asked]
    raw = [_raw(row, asked[row.data_index], chat) for row in rows]
    repaired = [repaired_outcome(row, asked[row.data_index], chat) for row in rows]
    answers = sum(row.succeeded for row in rows)
    runs = {name: ordered(found) for name, found in (baselines or {}).items()}
    agreements = _agreements(rows, runs, [one.finish_reason for one in raw])
    capabilities = chat.capabilities
    begun, ended = _times(rows)
    return Report(
        model=capabilities.model,
        endpoint=capabilities.endpoint.name,
        base_url=chat.transport.base_url,
        api=capabilities.api,
        samples=len(samples),
        summary=_summary(rows, capabilities.model, agreements[:1]),
        raw=Column.of(raw, answers),
        repaired=Column.of(repaired, answers),
        baselines=agreements,
        repaired_baselines=_agreements(rows, runs, [one.finish_reason for one in repaired]),
        noise=_noise(runs),
        ids=IdFormat.of(rows, capabilities.info.dialect),
        latency=Latency.of(rows),
        cost=Cost.of(rows, capabilities.info, capabilities.endpoint),
        failures=tuple(chain.from_iterable(map(_failures, rows, raw, repaired))),
        started_at=begun,
        finished_at=ended,
        conformance=conformance,
    )


def _raw(row: Row, sample: Sample, chat: KimiChat) -> Outcome:
    here = chat.capabilities.api == "completions"
    return raw_outcome(row, sample.body.get("tools") or (), parsed_here=here)


def _agreements(
    rows: Sequence[Row], runs: Mapping[str, Sequence[Row]], reasons: Sequence[str | None]
) -> tuple[Agreement, ...]:
    return tuple(agreement_of(rows, found, name, reasons) for name, found in runs.items())


def _noise(runs: Mapping[str, Sequence[Row]]) -> tuple[Agreement, ...]:
    """Compare all further runs with the first, sample by sample."""
    names = [*runs]
    return tuple(agreement_of(runs[name], runs[names[0]], name) for name in names[1:])


def _times(rows: Sequence[Row]) -> tuple[str, str]:
    times = [row.last_run_at for row in rows if row.last_run_at]
    return min(times, default=""), max(times, default="")


def _summary(rows: Sequence[Row], model: str, agreements: Sequence[Agreement]) -> dict[str, Any]:
    """Count as the published script does, under its names."""
    calling = [row for row in rows if row.finish_reason == "tool_calls"]
    good = sum(bool(row.tool_calls_valid) for row in calling)
    said = {"stop", "tool_calls", None, ""}
    others = Counter(row.finish_reason for row in rows if row.finish_reason not in said)
    begun, ended = _times(rows)
    summary = {
        "model": model,
        "success_count": sum(row.succeeded for row in rows),
        "failure_count": sum(not row.succeeded for row in rows),
        "finish_stop": sum(row.finish_reason == "stop" for row in rows),
        "finish_tool_calls": len(calling),
        "finish_others": sum(others.values()),
        "finish_others_detail": dict(others),
        "schema_validation_error_count": len(calling) - good,
        "successful_tool_call_count": good,
        "usage": _usage_totals(rows),
        "eval_started_at": begun or None,
        "eval_finished_at": ended or None,
        "eval_duration_ms": _span_ms(rows),
        "schema_accuracy": good / len(calling) if calling else None,
    }
    for one in agreements:
        figures = one.to_dict()
        names = ("tool_call_precision", "tool_call_recall", "tool_call_f1")
        summary |= {name: figures[name] for name in names}
    return summary


def _span_ms(rows: Sequence[Row]) -> int | None:
    """Return the time from the first question to the last answer, pauses included."""
    moments = [(_moment(row.last_run_at), row.duration_ms) for row in rows]
    ends = [(ended, ms) for ended, ms in moments if ended is not None]
    if not ends:
        return None
    begun = min(ended - timedelta(milliseconds=ms) for ended, ms in ends)
    return int((max(ended for ended, _ in ends) - begun).total_seconds() * 1_000)


def _moment(text: str) -> datetime | None:
    # Moonshot's script writes the time of its machine without saying which that is.
    try:
        return datetime.fromisoformat(text).astimezone()
    except ValueError:
        return None


def _usage_totals(rows: Sequence[Row]) -> dict[str, int]:
    usages = [as_mapping((row.response or {}).get("usage")) or {} for row in rows]
    names = ("prompt_tokens", "completion_tokens", "total_tokens")
    return {name: sum(_whole(usage.get(name)) for usage in usages) for name in names}


def _whole(value: object) -> int:
    return value if isinstance(value, int) else 0


def _failures(row: Row, raw: Outcome, after: Outcome) -> list[Failure]:
    """Return what is wrong with one answer; an answer may be wrong in several ways."""
    if not row.succeeded:
        said = row.response or {}
        reason = str(said.get("error_message") or said.get("error") or "no answer")
        return [_failure(row, "request", reason, repaired=False, after="no answer")]
    told = _told(after)
    found: list[Failure] = []
    if raw.ends_in_calls and not raw.calls:
        reason = "finish_reason is tool_calls, and the answer holds no call"
        right = after.valid is True or not after.ends_in_calls
        found.append(_failure(row, "no calls", reason, repaired=right, after=told))
    elif raw.misfits:
        right = after.ends_in_calls and after.valid is True
        found.append(_failure(row, "calls", "\n".join(raw.misfits), repaired=right, after=told))
    if raw.leaked:
        reason = "Kimi's own tokens stand in the text or the reasoning"
        right = not after.leaked and after.valid is not False
        found.append(_failure(row, "leak", reason, repaired=right, after=told))
    if raw.empty:
        reason = "the answer holds neither text nor a call"
        found.append(_failure(row, "empty", reason, repaired=not after.empty, after=told))
    if raw.finish_reason == "length":
        reason = "the answer was cut by the token limit"
        found.append(_failure(row, "cut", reason, repaired=False, after=told))
    return found


def _failure(row: Row, kind: FailureKind, reason: str, *, repaired: bool, after: str) -> Failure:
    raw = row.message if row.succeeded else row.response or {}
    return Failure(
        data_index=row.data_index,
        kind=kind,
        reason=reason,
        raw=raw,
        repaired=repaired,
        after=after,
    )


def _told(after: Outcome) -> str:
    calls = "; ".join(
        f"{call['function']['name']}({call['function']['arguments']})" for call in after.calls
    )
    wrong = f" not run: {'; '.join(after.misfits)}" if after.misfits else ""
    mended = f" ({', '.join(after.repairs)})" if after.repairs else ""
    return (calls or "no call") + wrong + mended
