"""Figures of a run, all shares with their intervals.

Owns: `Column`, `Agreement`, `Latency`, `Cost`, and how they are counted. May know: its own files,
_json, endpoints, models, response. Pure functions over rows.

Formulas of trigger and schema accuracy are those of Moonshot's K2-Vendor-Verifier, so that figures
compare with its tables.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kimi_core._json import as_mapping
from kimi_core.endpoints import Endpoint
from kimi_core.models import ModelInfo
from kimi_core.response import Usage
from kimi_core.verify._intervals import Median, Share, f1_interval, median_of
from kimi_core.verify._outcome import Outcome
from kimi_core.verify._rows import Row

__all__ = ["Agreement", "Column", "Cost", "IdFormat", "Latency", "agreement_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """What one reading of all answers comes to: raw, or after repair.

    Attributes:
        trigger: Answers that end in calls, of all answers.
        schema: Answers whose calls all fit, of those that end in calls: ``schema_accuracy``.
        leaked: Answers with Kimi's tokens in their text or reasoning.
        empty: Answers with neither text nor calls.
        reasoning: Answers with reasoning apart from the text.
        misfits: Calls that do not fit, of all calls.
        run_wrongly: Calls that do not fit and are run all the same, of all calls; see `Outcome`.
        finish_reasons: How often answers ended for which reason.
        repairs: How often this package changed or found what.
    """

    trigger: Share
    schema: Share
    leaked: Share
    empty: Share
    reasoning: Share
    misfits: Share
    run_wrongly: Share
    finish_reasons: Mapping[str, int]
    repairs: Mapping[str, int]

    @classmethod
    def of(cls, outcomes: Sequence[Outcome], answers: int) -> Column:
        """Count outcomes.

        Args:
            outcomes: One for each row.
            answers: How many of these are answers.

        Returns:
            The column of these outcomes.
        """
        calling = [one for one in outcomes if one.ends_in_calls]
        calls = sum(len(one.calls) for one in outcomes)
        reasons = Counter(one.finish_reason for one in outcomes if one.finish_reason)
        return cls(
            trigger=Share(len(calling), answers),
            schema=Share(sum(one.valid is True for one in calling), len(calling)),
            leaked=Share(sum(one.leaked for one in outcomes), answers),
            empty=Share(sum(one.empty for one in outcomes), answers),
            reasoning=Share(sum(one.reasoning for one in outcomes), answers),
            misfits=Share(sum(len(one.misfits) for one in outcomes), calls),
            run_wrongly=Share(sum(one.run_wrongly for one in outcomes), calls),
            finish_reasons=dict(reasons.most_common()),
            repairs=dict(Counter(kind for one in outcomes for kind in one.repairs).most_common()),
        )

    def shares(self) -> dict[str, Share]:
        """Return the shares by name."""
        names = ("trigger", "schema", "misfits", "run_wrongly", "leaked", "empty", "reasoning")
        return {name: getattr(self, name) for name in names}

    def to_dict(self) -> dict[str, Any]:
        """Return everything as JSON values."""
        shares = {name: share.to_dict() for name, share in self.shares().items()}
        return {**shares, "finish_reasons": self.finish_reasons, "repairs": self.repairs}


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """How often two runs agree on whether to call a tool.

    Attributes:
        name: The baseline.
        tp: Samples in which both ended in calls.
        fp: Only this run.
        fn: Only the baseline.
        tn: Neither; "stop", any other reason and no answer are one class.
        changed: Samples of one number whose messages or tools differ: not the same question.
    """

    name: str
    tp: int
    fp: int
    fn: int
    tn: int
    changed: int = 0

    @property
    def precision(self) -> Share:
        """How many of this run's calls the baseline made, too."""
        return Share(self.tp, self.tp + self.fp)

    @property
    def recall(self) -> Share:
        """How many of the baseline's calls this run made, too."""
        return Share(self.tp, self.tp + self.fn)

    @property
    def f1(self) -> float:
        """The harmonic mean of both; 0 where nothing agrees."""
        either = 2 * self.tp + self.fp + self.fn
        return 2 * self.tp / either if either else 0.0

    @property
    def f1_interval(self) -> tuple[float, float]:
        """Its 95 % interval."""
        return f1_interval(self.tp, self.fp + self.fn)

    def to_dict(self) -> dict[str, Any]:
        """Return everything as JSON values, under the published names."""
        counts = {name: getattr(self, name) for name in ("tp", "fp", "fn", "tn", "changed")}
        return {
            "name": self.name,
            **counts,
            "tool_call_precision": self.precision.value or 0.0,
            "tool_call_precision_interval": [*self.precision.interval],
            "tool_call_recall": self.recall.value or 0.0,
            "tool_call_recall_interval": [*self.recall.interval],
            "tool_call_f1": self.f1,
            "tool_call_f1_interval": [*self.f1_interval],
        }


def agreement_of(
    rows: Sequence[Row], baseline: Sequence[Row], name: str, reasons: Sequence[str | None] = ()
) -> Agreement:
    """Compare a run with a baseline, sample by sample.

    Args:
        rows: The run.
        baseline: The other; samples that it lacks are left out.
        name: What to call it.
        reasons: Finish reasons of the rows in another reading; their own where it is empty.
    """
    official = {row.data_index: row for row in baseline}
    own = reasons or [row.finish_reason for row in rows]
    counts: Counter[tuple[bool, bool]] = Counter()
    changed = 0
    for row, reason in zip(rows, own, strict=True):
        other = official.get(row.data_index)
        if other is not None:
            counts[reason == "tool_calls", other.finish_reason == "tool_calls"] += 1
            changed += _differ(row, other)
    return Agreement(
        name=name,
        tp=counts[True, True],
        fp=counts[True, False],
        fn=counts[False, True],
        tn=counts[False, False],
        changed=changed,
    )


def _differ(row: Row, other: Row) -> bool:
    names = ("messages", "tools")
    asked = [name for name in names if name in row.request and name in other.request]
    return any(row.request[name] != other.request[name] for name in asked)


@dataclass(frozen=True, slots=True, kw_only=True)
class IdFormat:
    """What the server calls its calls.

    Attributes:
        native: Calls whose id has the form that the model was trained on and names the called
            tool: ``functions.NAME:N`` of K2; ``NAME:N`` and ``NAME_N``, too, of K3.
        counted: Of these, those whose number counts on from the calls of the conversation.
        missing: Calls without an id.
        repeated: Calls whose id another call of the same answer has.
    """

    native: Share
    counted: Share
    missing: int
    repeated: int

    @classmethod
    def of(cls, rows: Sequence[Row], dialect: str) -> IdFormat:
        """Count the ids of all calls.

        Args:
            rows: The answers.
            dialect: The model's, "k2" or "k3".

        Returns:
            How many ids have which form.
        """
        found = [one for row in rows for one in _ids(row, dialect)]
        native = [number for _, number, _ in found if number is not None]
        counted = sum(number == at for _, number, at in found)
        per_answer = [[call.get("id") for call in row.calls if call.get("id")] for row in rows]
        return cls(
            native=Share(len(native), len(found)),
            counted=Share(counted, len(native)),
            missing=sum(not given for given, _, _ in found),
            repeated=sum(len(ids) - len(set(map(str, ids))) for ids in per_answer),
        )

    def to_dict(self) -> dict[str, Any]:
        """Return everything as JSON values."""
        shares = {"native": self.native.to_dict(), "counted": self.counted.to_dict()}
        return {**shares, "missing": self.missing, "repeated": self.repeated}


def _ids(row: Row, dialect: str) -> list[tuple[object, int | None, int]]:
    """Return of each call its id, the number in it, and the number that counts on."""
    messages = row.request.get("messages") or ()
    before = sum(len(message.get("tool_calls") or ()) for message in messages)
    return [
        (call.get("id"), _number(call, dialect), before + at) for at, call in enumerate(row.calls)
    ]


def _number(call: Mapping[str, Any], dialect: str) -> int | None:
    name = str((as_mapping(call.get("function")) or {}).get("name"))
    form = r"(?:functions\.)?{}[:_]([0-9]+)" if dialect == "k3" else r"functions\.{}:([0-9]+)"
    found = re.fullmatch(form.format(re.escape(name)), str(call.get("id")))
    return int(found[1]) if found else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Latency:
    """How fast the server answers. Requests that the SDK had to repeat are left out.

    Attributes:
        first_token_ms: From the request to the first piece that says something, in streams.
        tokens_per_second: Of the answer's tokens, from the first piece to the last, in streams of
            more than one piece.
        duration_ms: From the request to the end of the answer.
    """

    first_token_ms: Median
    tokens_per_second: Median
    duration_ms: Median

    @classmethod
    def of(cls, rows: Sequence[Row]) -> Latency:
        """Count the times of all answers.

        Returns:
            The medians, each of the answers that were measured and asked once.
        """
        once = [row for row in rows if row.succeeded and not row.measured.get("retries")]
        first = [row.measured.get("first_token_ms") for row in once]
        return cls(
            first_token_ms=median_of([ms for ms in first if ms is not None]),
            tokens_per_second=median_of([s for s in map(_speed, once) if s is not None]),
            duration_ms=median_of([row.duration_ms for row in once]),
        )

    def to_dict(self) -> dict[str, Any]:
        """Return everything as JSON values."""
        names = ("first_token_ms", "tokens_per_second", "duration_ms")
        return {name: getattr(self, name).to_dict() for name in names}


def _speed(row: Row) -> float | None:
    first, last = row.measured.get("first_token_ms"), row.measured.get("last_token_ms")
    tokens = _usage(row).completion_tokens
    if first is None or last is None or last <= first or not tokens:
        return None
    return float(tokens / (last - first) * 1_000)


def _usage(row: Row) -> Usage:
    return Usage.from_wire(as_mapping((row.response or {}).get("usage")) or {})


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What the run took.

    Attributes:
        prompt_tokens: Of all answers, as the server counts.
        completion_tokens: Likewise.
        total_tokens: Likewise.
        cached_tokens: Of the prompts, those that came from a cache.
        amount: Money; None where nobody says what it costs.
        currency: "USD", "CNY", or "" without an amount.
        source: Who says so: "server" (in its usage) or "price list" (Moonshot's own).
    """

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int
    cached_tokens: int
    amount: float | None = None
    currency: str = ""
    source: str = ""

    @classmethod
    def of(cls, rows: Sequence[Row], info: ModelInfo, endpoint: Endpoint) -> Cost:
        """Add up all answers.

        Args:
            rows: The answers.
            info: The model, whose prices count at Moonshot's own hosts.
            endpoint: The server.

        Returns:
            Tokens, and their price where the endpoint's prices are known.
        """
        usages = [_usage(row) for row in rows if row.succeeded]
        said = [usage.extra["cost"] for usage in usages if _is_money(usage.extra.get("cost"))]
        prices, currency = _prices(info, endpoint)
        amount, source = None, ""
        if said:
            amount, currency, source = float(sum(said)), "USD", "server"
        elif prices and usages:
            amount, source = sum(_priced(usage, prices) for usage in usages), "price list"
        return cls(
            prompt_tokens=sum(usage.prompt_tokens for usage in usages),
            completion_tokens=sum(usage.completion_tokens for usage in usages),
            total_tokens=sum(usage.total_tokens for usage in usages),
            cached_tokens=sum(usage.cached_tokens for usage in usages),
            amount=amount,
            currency="" if amount is None else currency,
            source=source,
        )


def _is_money(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and value >= 0


def _prices(info: ModelInfo, endpoint: Endpoint) -> tuple[Mapping[str, float], str]:
    if endpoint.name == "moonshot":
        return info.prices, "USD"
    return (info.prices_cny, "CNY") if endpoint.name == "moonshot-cn" else ({}, "")


def _priced(usage: Usage, prices: Mapping[str, float]) -> float:
    fresh = max(0, usage.prompt_tokens - usage.cached_tokens)
    cached = usage.cached_tokens * prices.get("cached", prices["input"])
    written = usage.completion_tokens * prices["output"]
    return (fresh * prices["input"] + cached + written) / 1_000_000
