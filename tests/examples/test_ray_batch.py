"""`examples/ray_batch.py` loses no prompt and doubles none, though a worker is killed.

Owns: two hundred prompts on Ray's workers and three simulated servers. Ray is an extra that is not
among what the tests install: it is 200 MB.
"""

from __future__ import annotations

import json
import sys
from importlib.util import find_spec
from typing import TYPE_CHECKING

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


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_killed_worker_loses_and_doubles_nothing(tmp_path: Path, moment: str) -> None:
    run = Run(tmp_path, PROMPTS)

    asked, said = run.start(moment)

    assert (tmp_path / "killed").exists()
    rows = run.rows()
    assert sorted(row["id"] for row in rows) == sorted(f"prompt-{n}" for n in range(PROMPTS))
    assert [row["error"] for row in rows] == [None] * PROMPTS
    assert {call["name"] for row in rows for call in json.loads(row["tool_calls"])} == {
        "get_weather"
    }
    assert all(row["input_tokens"] > 0 and row["output_tokens"] > 0 for row in rows)
    assert said.split() == ["0", str(PROMPTS)]
    again = sum(asked) - PROMPTS
    assert again == 0 if moment == MOMENTS[1] else 0 < again <= 50, "only what was not written"
    if moment == MOMENTS[1]:
        damaged = [row for row in rows if row["diagnostics"] != "[]"]
        assert len(damaged) == sum(count > 0 for count in asked), "the first answer of each server"


def test_a_second_start_asks_what_is_left(tmp_path: Path) -> None:
    run = Run(tmp_path, PROMPTS)
    run.start()
    lost = min(run.answers.glob("*.parquet"))
    lost.rename(tmp_path / "lost")
    left = PROMPTS - len(run.rows())
    assert left > 0

    asked, said = run.start()

    assert said.split() == [str(PROMPTS - left), str(left)]
    assert sum(asked) == left
    assert len({row["id"] for row in run.rows()}) == len(run.rows()) == PROMPTS
    assert run.start() == ([0, 0, 0], f"{PROMPTS} 0")
