"""Each row of the table of edge cases that the K3 parser decides, cut in many ways.

Owns: the table test. May know: the public API and `cases_k3_*`.
"""

from __future__ import annotations

import json

import pytest

from kimi_core.errors import KimiProtocolError
from kimi_core.raw.parser import parse
from tests.core.raw.cases_common import Case, assert_case, assert_same_in_pieces
from tests.core.raw.cases_k3 import argument, call, tools
from tests.core.raw.cases_k3_calls import CALLS
from tests.core.raw.cases_k3_channels import CHANNELS

CASES = [*CHANNELS, *CALLS]


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


def test_an_argument_that_is_nested_too_deeply_is_text() -> None:
    """Python's reader of JSON gives up on it (RecursionError); the call is not lost for that."""
    deep = "[" * 3_000
    parsed = parse(tools(call(argument(deep, kind="array"))), dialect="k3")
    assert [json.loads(called.arguments) for called in parsed.tool_calls] == [{"a": deep}]
    assert "invalid_argument" in [found.kind for found in parsed.diagnostics]
