"""Each row of the table of edge cases that the K2 parser decides, cut in many ways.

Owns: the table test. May know: the public API and `cases_k2_*`.
"""

from __future__ import annotations

import pytest

from kimi_core.errors import KimiProtocolError
from kimi_core.raw.parser import parse
from tests.core.raw.cases_common import Case, assert_case, assert_same_in_pieces
from tests.core.raw.cases_k2_calls import ARGUMENTS, IDS, TRANSPORT
from tests.core.raw.cases_k2_framing import FRAMING

CASES = [*FRAMING, *IDS, *ARGUMENTS, *TRANSPORT]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.row)
def test_row(case: Case) -> None:
    assert_case(case, parse(case.text, **case.options))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.row)
def test_row_is_the_same_in_pieces(case: Case) -> None:
    assert_same_in_pieces(case)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.row)
def test_strict_raises_exactly_where_there_is_a_diagnostic(case: Case) -> None:
    if not case.diagnostics:
        assert_case(case, parse(case.text, strict=True, **case.options))
        return
    with pytest.raises(KimiProtocolError, match=r"strict=False"):
        parse(case.text, strict=True, **case.options)


def test_case_names_are_unique() -> None:
    rows = [case.row for case in CASES]
    assert len(rows) == len(set(rows))
