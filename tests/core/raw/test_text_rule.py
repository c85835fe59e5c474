"""Which text may become a call where tools are given, cut in many ways.

Owns: the table test. May know: the public API and `cases_rule`.
"""

from __future__ import annotations

import pytest

from kimi_core.raw.parser import parse
from tests.core.raw.cases_common import Case, assert_case, assert_same_in_pieces
from tests.core.raw.cases_rule import RULE


@pytest.mark.parametrize("case", RULE, ids=lambda case: case.row)
def test_row(case: Case) -> None:
    assert_case(case, parse(case.text, **case.options))


@pytest.mark.parametrize("case", RULE, ids=lambda case: case.row)
def test_row_is_the_same_in_pieces(case: Case) -> None:
    assert_same_in_pieces(case)


def test_many_blanks_in_front_of_a_marker_take_no_time() -> None:
    """They took minutes, in which an event loop stood still."""
    (case, *_) = (case for case in RULE if case.row == "code indented by a tab")
    text = " " * 100_000 + case.text
    assert parse(text, **case.options).content == text


def test_case_names_are_unique() -> None:
    rows = [case.row for case in RULE]
    assert len(rows) == len(set(rows))


@pytest.mark.parametrize("case", RULE, ids=lambda case: case.row)
def test_without_tools_every_call_is_one(case: Case) -> None:
    """The caller asked to parse: what is a call of a declared tool is one there, too."""
    options = {name: value for name, value in case.options.items() if name != "tools"}
    found = parse(case.text, **options).tool_calls
    if case.diagnostics and "missing_call_begin" in case.diagnostics:
        return
    assert len(found) >= len(case.calls)
