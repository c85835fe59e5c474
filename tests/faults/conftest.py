"""One server for the faults of a file.

Owns: the fixture. May know: tests.faults.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.faults.wire import FaultServer

pytest.register_assert_rewrite("tests.faults.holding")

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def server() -> Iterator[FaultServer]:
    """A server that runs into faults."""
    with FaultServer() as running:
        yield running
