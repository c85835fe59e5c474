"""The simulator as a pytest fixture.

Owns: the fixture. May know: its own files; pytest. It is not registered by itself; a test module or
conftest.py asks for it::

    pytest_plugins = ["kimi_core.testing.plugin"]
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from kimi_core.testing import MoonshotSimulator

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["moonshot_simulator"]


@pytest.fixture
def moonshot_simulator() -> Iterator[MoonshotSimulator]:
    """A running `MoonshotSimulator` with all rules on. Simulated: see `kimi_core.testing`."""
    with MoonshotSimulator() as server:
        yield server
