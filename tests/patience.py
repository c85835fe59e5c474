"""Limits of time in tests, which a busy machine may need in full for what goes before.

Owns: `patiently`. May know: pytest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["patiently"]

_LONGER = 20


def patiently(holds: Callable[[float], None], seconds: float) -> None:
    """See that something holds where a limit is so many seconds, or else much longer.

    A connection that takes 0.3 s to be made on a busy machine is no finding: where the limit passes
    before what a test is about has begun, it is asked again with twenty times as long.

    Args:
        holds: Asserts it, for a limit in seconds.
        seconds: The limit.

    Raises:
        AssertionError: Or whatever else says so, where it does not hold with the longer limit.
    """
    try:
        holds(seconds)
    except (Exception, pytest.fail.Exception):  # noqa: BLE001 - asked once more below
        holds(_LONGER * seconds)
