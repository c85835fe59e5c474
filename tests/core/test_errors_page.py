"""The page of errors and warnings has a row for each class, and for nothing else."""

from __future__ import annotations

import re
from pathlib import Path

import kimi_core.errors
from kimi_core.errors import KimiError, KimiWarning

PAGE = Path(__file__).parent.parent.parent / "docs" / "errors.md"


def test_every_error_and_warning_has_a_row_that_says_what_to_do() -> None:
    rows = dict(re.findall(r"^\| `(\w+)`.*?\|.*?\|(.*?)\|$", PAGE.read_text("utf-8"), re.MULTILINE))
    classes = {
        name
        for name in kimi_core.errors.__all__
        if isinstance(found := getattr(kimi_core.errors, name), type)
        and issubclass(found, (KimiError, KimiWarning))
        and found not in {KimiError, KimiWarning}
    }
    assert rows.keys() == classes
    assert all(way_out.strip() for way_out in rows.values())
