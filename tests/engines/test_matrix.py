"""Every row of the matrix on every server: right, or what the notes say comes instead.

Owns: the comparison. The two adapters ask by turns, and the same: one cassette answers both.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.engines.asking import ask
from tests.engines.matrix import ROWS, WAYS
from tests.engines.notes import expected, is_asked
from tests.engines.support.adapters import ADAPTERS


def _is(found: Any, right: Any) -> bool:
    """Whether a value is the right one; of warnings one, and of a mixed text the odd part."""
    return right in found if right in _PARTS else found == right


_PARTS = ("EmptyAnswerWarning", "IgnoredSettingWarning", "</think>")


@pytest.fixture
def default_cassette_name(request: pytest.FixtureRequest) -> str:
    """One cassette for both turns."""
    return str(request.node.callspec.params["column"])


@pytest.mark.parametrize(
    ("engine", "column"),
    [(engine, column) for column, (engine, _) in WAYS.items()],
    ids=WAYS,
    indirect=["engine"],
)
@pytest.mark.parametrize("turn", [0, pytest.param(1, marks=pytest.mark.deep)])
def test_every_row_is_answered_as_the_table_says(
    settings: dict[str, Any], column: str, turn: int
) -> None:
    # llama.cpp closes a kept connection now and then, as every user's retries get over.
    way, adapters = {**WAYS[column][1], "max_retries": 1}, list(ADAPTERS)
    wrong = {}
    for number, row in enumerate(ROWS):
        if not is_asked(row, column):
            continue
        adapter = ADAPTERS[row.adapter or adapters[(number + turn) % 2]]
        found = ask(adapter({**settings, **way, **row.settings}), row)
        right = expected(row, column)
        if any(not _is(found.get(name), value) for name, value in right.items()):
            wrong[row.title] = (found, right)
    assert wrong == {}
