"""What the tests on the embedded engine share.

Owns: the one engine of the session, and requests to it without anything of `kimi_core` between.
"""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import TYPE_CHECKING, Any

import pytest

from kimi_core.local import LocalEngine, shared_engine

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture(scope="session")
def engine() -> LocalEngine:
    """The engine that `endpoint="local"` uses, too; it ends with the process."""
    return shared_engine()


@pytest.fixture(scope="session")
def complete(engine: LocalEngine) -> Callable[..., dict[str, Any]]:
    """Complete a prompt and return the engine's answer; its refusals fail the test."""

    def post(**fields: Any) -> dict[str, Any]:
        request = urllib.request.Request(  # noqa: S310 - the engine's own address
            f"{engine.base_url}/completions",
            json.dumps(fields).encode(),
            {"Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request) as answer:  # noqa: S310 - likewise
                return dict(json.load(answer))
        except urllib.error.HTTPError as error:
            pytest.fail(f"{error.read().decode()} for the grammar\n{fields.get('grammar')}")

    return post
