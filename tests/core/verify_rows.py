"""Rows and a report of them, without any server; shared by the tests of reports.

Owns: `ROWS`, one of each kind, hostile texts included. May know: kimi_core, the simulated vendor.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kimi_core.chat import KimiChat
from kimi_core.verify import Row, make_report
from tests.core.simulated_vendor import RIGHT, USAGE, asked_of, settings_for

if TYPE_CHECKING:
    from kimi_core.verify import Report

__all__ = ["HOSTILE", "ROWS", "report", "row"]

HOSTILE = "``````\n</pre><script>alert(1)</script>| x |\n# [a](javascript:b) &amp; \ud800"
TIMES = {"first_token_ms": 20.0, "last_token_ms": 90.0, "pieces": 3, "retries": 0}


def row(at: int, arguments: str = RIGHT, *, content: str = "", finish: str = "tool_calls") -> Row:
    function = {"name": "book_room", "arguments": arguments}
    calls = (
        [{"id": "functions.book_room:0", "function": function}] if finish == "tool_calls" else []
    )
    message = {"role": "assistant", "content": content, "tool_calls": calls}
    return Row(
        data_index=at,
        request=asked_of(at)[-1].body,
        response={"choices": [{"message": message, "finish_reason": finish}], "usage": USAGE},
        finish_reason=finish,
        tool_calls_valid=arguments == RIGHT if calls else None,
        last_run_at=f"2026-11-30T10:00:{at:02}+00:00",
        duration_ms=100,
        measured=TIMES,
    )


ROWS = [
    row(1),
    row(2, '{"town": "Graz", "nights": "2"}'),
    row(3, '{"town": "Graz"}'),
    row(4, content=HOSTILE, finish="length"),
    Row(data_index=5, status="failed", response={"error_message": HOSTILE}),
]


def report(rows: list[Row] = ROWS, **more: Any) -> Report:
    with_key = settings_for("http://127.0.0.1:9/v1")
    return make_report(rows, asked_of(5), KimiChat(with_key), **more)
