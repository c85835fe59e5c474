"""Two reports side by side.

Owns: `Comparison`, and how a report is read back. May know: its own files, _json, errors.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kimi_core._json import as_mapping
from kimi_core.errors import KimiConfigError
from kimi_core.verify._figures import Agreement, agreement_of
from kimi_core.verify._intervals import Share, difference
from kimi_core.verify._rows import read_rows

__all__ = ["Comparison", "Difference", "compare_reports"]

_REPORT, _RESULTS = "report.json", "results.jsonl"
_COLUMNS = ("raw", "repaired")
_SHARES = ("trigger", "schema", "misfits", "run_wrongly", "leaked", "empty", "reasoning")


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One share of two reports.

    Attributes:
        column: "raw" or "repaired".
        name: The share, a field of `Column`.
        first: Of the first report.
        second: Of the second.
    """

    column: str
    name: str
    first: Share
    second: Share

    @property
    def gap(self) -> tuple[float, float, float] | None:
        """Second minus first with its 95 % interval; None where one of them counted nothing."""
        return difference(self.first, self.second)

    @property
    def is_told_apart(self) -> bool:
        """Whether 0 is outside of the interval."""
        gap = self.gap
        return gap is not None and not gap[1] <= 0 <= gap[2]

    def to_dict(self) -> dict[str, Any]:
        """Return everything as JSON values."""
        return {
            "column": self.column,
            "name": self.name,
            "first": self.first.to_dict(),
            "second": self.second.to_dict(),
            "difference": [*self.gap] if self.gap else None,
            "told_apart": self.is_told_apart,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Two reports side by side.

    Attributes:
        first: The report that is compared with, as JSON.
        second: The report that is compared.
        differences: Every share of both columns.
        agreement: How often the second calls where the first does; None where one of the two has
            no results file beside it.
    """

    first: Mapping[str, Any]
    second: Mapping[str, Any]
    differences: tuple[Difference, ...]
    agreement: Agreement | None

    def to_dict(self) -> dict[str, Any]:
        """Return everything as JSON values, without the two reports."""
        names = ("model", "endpoint", "base_url", "started_at")
        return {
            "first": {name: self.first.get(name) for name in names},
            "second": {name: self.second.get(name) for name in names},
            "differences": [one.to_dict() for one in self.differences],
            "agreement": self.agreement.to_dict() if self.agreement else None,
        }


def compare_reports(first: str | os.PathLike[str], second: str | os.PathLike[str]) -> Comparison:
    """Compare two reports.

    Args:
        first: A report's folder, or its ``report.json``.
        second: The one that is compared with it.

    Returns:
        What differs between the two.

    Raises:
        KimiConfigError: One of them cannot be read, or is no report.
    """
    told = [_read_report(path) for path in (first, second)]
    rows = [_results_beside(path) for path in (first, second)]
    differences = [
        Difference(
            column=column,
            name=name,
            first=_share(told[0], column, name, first),
            second=_share(told[1], column, name, second),
        )
        for column in _COLUMNS
        for name in _SHARES
    ]
    agreement = None
    if all(path.is_file() for path in rows):
        agreement = agreement_of(read_rows(rows[1]), read_rows(rows[0]), str(first))
    return Comparison(
        first=told[0], second=told[1], differences=tuple(differences), agreement=agreement
    )


def _file(path: str | os.PathLike[str]) -> Path:
    where = Path(path)
    return where / _REPORT if where.is_dir() else where


def _results_beside(path: str | os.PathLike[str]) -> Path:
    return _file(path).with_name(_RESULTS)


def _read_report(path: str | os.PathLike[str]) -> Mapping[str, Any]:
    try:
        report = as_mapping(json.loads(_file(path).read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        raise KimiConfigError(f"report {str(path)!r} cannot be read: {error}") from error
    if report is None or not all(name in report for name in _COLUMNS):
        raise _no_report(path)
    return report


def _share(
    report: Mapping[str, Any], column: str, name: str, path: str | os.PathLike[str]
) -> Share:
    try:
        said = report[column][name]
        return Share(int(said["good"]), int(said["n"]))
    except (KeyError, TypeError, ValueError) as error:
        raise _no_report(path) from error


def _no_report(path: str | os.PathLike[str]) -> KimiConfigError:
    return KimiConfigError(
        f"{str(path)!r} holds no report; name the folder that kimi-k2 verify --report wrote."
    )
