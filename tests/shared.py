"""Where third-party data lies, for the tests that read it.

Owns: the one way to find the folder ``shared`` beside the checkout. The data is not ours and is
never copied here, so a checkout alone lacks it: such a test is then skipped, except in CI, where
its absence is a failure (a skipped test proves nothing).
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

__all__ = ["shared_available", "shared_path"]

_SHARED = Path(__file__).resolve().parent.parent.parent / "shared"


def shared_available(relative: str) -> bool:
    """Whether the data is there; always true in CI, so that its absence fails a test."""
    return (_SHARED / relative).exists() or os.environ.get("CI") == "true"


def shared_path(relative: str) -> Path:
    """Return the path of third-party data, or skip the calling test (in CI: fail it)."""
    path = _SHARED / relative
    if not path.exists():
        reason = f"third-party test data shared/{relative} is not beside this checkout"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    return path
