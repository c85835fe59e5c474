"""The deployment guide's arithmetic is that of `kimi-k2 launch`.

Its commands are generated; tests/core/test_docs.py keeps them as they are printed.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from kimi_core.cli.launch_facts import CACHE_BYTES_PER_TOKEN, find_weights
from kimi_core.cli.launch_plan import LAUNCHES

PAGE = (Path(__file__).parents[2] / "docs" / "deployment.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| (\d+) (\w+) \| ([\d.]+) \| ([\d.]+) \| (.+) \|$", PAGE, re.MULTILINE)


def test_every_engine_has_a_chapter() -> None:
    assert all(f"<!-- begin generated: launch-{engine} -->" in PAGE for engine in LAUNCHES)


def test_a_token_takes_what_the_formula_says() -> None:
    assert f"{CACHE_BYTES_PER_TOKEN:,}".replace(",", "{,}") in PAGE


@pytest.mark.parametrize("row", ROWS, ids=" ".join)
def test_the_memory_of_a_row_is_computed(row: tuple[str, str, str, str, str]) -> None:
    gpus, _, needed, usable, fits = row
    weights = find_weights("kimi-k2-instruct")[1].gigabytes
    share = weights / int(gpus) + 131_072 * CACHE_BYTES_PER_TOKEN / 1e9 + 4
    assert float(needed) == pytest.approx(share, abs=0.1)
    assert (share <= float(usable)) == (fits == "yes")
