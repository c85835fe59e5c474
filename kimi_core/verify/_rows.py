"""One line of a results file, in the published format.

Owns: `Row`, and how a file of them is read and written. May know: _json, errors.

The keys are those of ``results.jsonl`` of Moonshot's K2-Vendor-Verifier (at 0bc5061), in its order;
``measured`` is ours and comes behind them, where its readers do not look. Files of other writers
may lack all but ``data_index``, ``status`` and ``finish_reason``.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from kimi_core._json import as_mapping, as_sequence
from kimi_core.errors import KimiConfigError

__all__ = ["ESCAPED", "Row", "ordered", "read_rows", "write_rows"]

ESCAPED = "backslashreplace"
"""How half a surrogate pair, which has no UTF-8, is written: as the escape that JSON has for it."""

SUCCESS = "success"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What became of one sample.

    Attributes:
        data_index: The sample's line in its file, from 1.
        request: What was sent, without ``extra_body``.
        extra_body: Fields that every request got.
        response: The answer as one whole body, or the error.
        status: "success" or "failed".
        finish_reason: Why the answer ended; None where there was none.
        tool_calls_valid: Whether every call fits its tool's schema; None where the answer did not
            end in calls, or said that it did and held none.
        last_run_at: When it was asked, ISO 8601.
        duration_ms: Milliseconds from asking to the end of the answer, retries included.
        hash: MD5 of the request, by which a run that goes on knows what was asked.
        measured: ``first_token_ms``, ``last_token_ms``, ``pieces`` and ``retries``; not in the
            published format.
    """

    data_index: int
    request: Mapping[str, Any] = field(default_factory=dict[str, Any])
    extra_body: Mapping[str, Any] = field(default_factory=dict[str, Any])
    response: Mapping[str, Any] | None = None
    status: str = SUCCESS
    finish_reason: str | None = None
    tool_calls_valid: bool | None = None
    last_run_at: str = ""
    duration_ms: int = 0
    hash: str = ""
    measured: Mapping[str, Any] = field(default_factory=dict[str, Any])

    @classmethod
    def from_dict(cls, fields: Mapping[str, Any]) -> Row:
        """Read a line; what it lacks has its default, and what is unknown is left out.

        Returns:
            The row.

        Raises:
            KeyError: It has no ``data_index``.
        """
        known = {name: fields[name] for name in cls.__slots__ if name in fields}
        return cls(**{"data_index": fields["data_index"], **known})

    @property
    def succeeded(self) -> bool:
        """Whether there was an answer."""
        return self.status == SUCCESS

    @property
    def message(self) -> Mapping[str, Any]:
        """The message of the answer; empty where there is none."""
        choices = as_sequence((self.response or {}).get("choices")) or [{}]
        return as_mapping((as_mapping(choices[0]) or {}).get("message")) or {}

    @property
    def calls(self) -> Sequence[Mapping[str, Any]]:
        """The server's own tool calls."""
        said = as_sequence(self.message.get("tool_calls")) or ()
        return [call for call in map(as_mapping, said) if call is not None]

    def line(self) -> str:
        """Return it as a line of a file."""
        return json.dumps(asdict(self), ensure_ascii=False) + "\n"


def read_rows(path: str | os.PathLike[str]) -> list[Row]:
    """Read a results file.

    A last line that was cut, by a machine that went down, is left out: its sample is asked again.

    Args:
        path: A file of this package or of Moonshot's script.

    Returns:
        The rows, in the order of the file.

    Raises:
        KimiConfigError: The file cannot be read, or a line is no result.
    """
    try:
        lines = Path(path).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise KimiConfigError(f"results file {str(path)!r} cannot be read: {error}") from error
    found = [_row(line) for line in lines if line.strip()]
    if None in found[:-1]:
        raise KimiConfigError(
            f"line {found.index(None) + 1} of results file {str(path)!r} is no result: it has to "
            "be a JSON object with data_index, as kimi-k2 verify and Moonshot's script write it."
        )
    return [row for row in found if row is not None]


def _row(line: str) -> Row | None:
    try:
        return Row.from_dict(json.loads(line))
    except (ValueError, KeyError, TypeError):
        return None


def ordered(rows: Iterable[Row]) -> list[Row]:
    """Return the newest row of each sample, in the order of the samples."""
    newest: dict[int, Row] = {}
    for row in rows:
        kept = newest.get(row.data_index)
        if kept is None or row.last_run_at >= kept.last_run_at:
            newest[row.data_index] = row
    return [newest[index] for index in sorted(newest)]


def write_rows(path: Path, rows: Iterable[Row]) -> None:
    """Write a results file; whoever looks sees the old one or the new one, nothing between.

    Args:
        path: Where; replaced where it exists.
        rows: In the order of the file.
    """
    beside = path.with_name(f"{path.name}.new")
    text = "".join(row.line() for row in rows)
    beside.write_text(text, encoding="utf-8", errors=ESCAPED)
    beside.replace(path)
