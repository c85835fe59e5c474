"""`examples/ray_batch.py` loses no prompt and doubles none, though a worker is killed.

Owns: two hundred prompts on Ray's workers and three simulated servers. Ray is an extra that is not
among what the tests install: it is 200 MB.
"""

from __future__ import annotations

import json
import sys
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import pytest

from tests.examples.ray_run import MOMENTS, Run

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [
    pytest.mark.deep,
    pytest.mark.timeout(
        1_200
    ),  # Ray needs 10 s to start on two quiet cores, and minutes on busy ones
    pytest.mark.skipif(find_spec("ray") is None, reason="Ray is not installed: the extra [ray]"),
    pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL"),
]
PROMPTS = 200


def damaged(rows: list[dict[str, Any]]) -> int:
    """Return how many answers had a call that could not be run."""
    return sum("diagnostics" in json.loads(row["response_metadata"]) for row in rows)


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_killed_worker_loses_and_doubles_nothing(tmp_path: Path, moment: str) -> None:
    run = Run(tmp_path, PROMPTS)

    asked, answered = run.start(moment)

    assert (tmp_path / "killed").exists()
    rows = run.rows()
    assert sorted(row["id"] for row in rows) == sorted(f"prompt-{n}" for n in range(PROMPTS))
    assert [row["error"] for row in rows] == [None] * PROMPTS
    assert answered == PROMPTS
    found = damaged(rows)
    assert 0 < found <= len(asked), "the damaged answers, one of each server"
    again = len(run.again)
    assert set(run.again.values()) <= {2}
    lost = range(51) if moment == MOMENTS[0] else [0]  # 50 prompts are asked at a time
    assert again in lost, f"only what was not written: {run.again}"
    assert (again > 0) == (moment == MOMENTS[0])
    calls = [json.loads(row["tool_calls"]) for row in rows]
    assert sum(map(len, calls)) == PROMPTS - found
    assert {call["name"] for called in calls for call in called} == {"get_weather"}
    usage = [json.loads(row["usage_metadata"]) for row in rows]
    assert all(used["input_tokens"] > 0 and used["output_tokens"] > 0 for used in usage)


def test_a_second_start_asks_what_is_left(tmp_path: Path) -> None:
    run = Run(tmp_path, PROMPTS)
    run.start()
    lost = min(run.answers.glob("*.parquet"))
    lost.rename(tmp_path / "lost")
    kept = {row["id"] for row in run.rows()}
    left = PROMPTS - len(kept)
    assert left > 0

    asked, answered = run.start()

    new = [row for row in run.rows() if row["id"] not in kept]
    assert (sum(asked) - damaged(new), answered) == (left, left)
    assert len({row["id"] for row in run.rows()}) == len(run.rows()) == PROMPTS
    assert run.start() == ([0, 0, 0], 0)
