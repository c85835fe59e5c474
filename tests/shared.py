"""Where third-party data lies, for the tests that read it.

Owns: the one way to find the folder ``shared`` beside the checkout, the mark ``shared`` of the
tests that read it, and what becomes of them where it is absent. The data is not ours and is never
copied here, so a checkout alone lacks it: its tests are then skipped, except in CI, where its
absence is a failure (a skipped test proves nothing).

One test for each module and mark stays as the skipped one and says how many it stands for. Every
row of every table skipped by itself, which hid among hundreds what else was skipped.
"""

from __future__ import annotations

import os
from collections import defaultdict
from pathlib import Path

import pytest

__all__ = ["shared_available", "shared_path"]

_SHARED = Path(__file__).resolve().parent.parent.parent / "shared"


def _in_ci() -> bool:
    return os.environ.get("CI") == "true"


def shared_available(relative: str) -> bool:
    """Whether the data is there; always true in CI, so that its absence fails a test."""
    return (_SHARED / relative).exists() or _in_ci()


def shared_path(relative: str) -> Path:
    """Return the path of third-party data for a test that is marked as reading it.

    Where the data is absent, the calling test is skipped; in CI it fails.
    """
    path = _SHARED / relative
    if not any(relative.startswith(read) for read in _Marked.running):
        pytest.fail(
            f"this test reads shared/{relative} and has no such mark: add "
            f'@pytest.mark.shared("{Path(relative).parent}"), so that a checkout alone counts '
            "one skipped test and not one for each row"
        )
    if not path.exists():
        reason = f"third-party test data shared/{relative} is not beside this checkout"
        if _in_ci():
            pytest.fail(reason)
        pytest.skip(reason)
    return path


class _Marked:
    """What the running test says that it reads."""

    running: tuple[str, ...] = ()


def _data_of(item: pytest.Item) -> tuple[str, ...]:
    return tuple(sorted({name for mark in item.iter_markers("shared") for name in mark.args}))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Let `shared_path` know what the test may read; module fixtures are made for their first."""
    _Marked.running = _data_of(item)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Where data is absent, let one test of each module and mark stand for all of them."""
    groups: dict[tuple[Path, tuple[str, ...]], list[pytest.Item]] = defaultdict(list)
    for item in items:
        names = _data_of(item)
        if not all(map(shared_available, names)):
            groups[item.path, names].append(item)
    for (_, names), (first, *others) in groups.items():
        absent = ", ".join(f"shared/{name}" for name in names if not shared_available(name))
        reason = f"third-party test data {absent} is not beside this checkout"
        number = f" ({len(others) + 1} tests of this file)" if others else ""
        first.add_marker(pytest.mark.skip(reason=reason + number))
    others = {id(item) for _, *rest in groups.values() for item in rest}
    config.hook.pytest_deselected(items=[item for item in items if id(item) in others])
    items[:] = [item for item in items if id(item) not in others]
