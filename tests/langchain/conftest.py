"""What the LangChain tests share: simulated servers, and models that talk to them.

Owns: fixtures only. May know: `langchain_kimi`, and the simulator of `kimi_core.testing` (no Kimi
model runs in these tests).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import pytest

from kimi_core.testing import MoonshotSimulator
from langchain_kimi import ChatKimiK2

if TYPE_CHECKING:
    from collections.abc import Iterator


class MakeModel(Protocol):
    """Makes a model that talks to a simulated server."""

    def __call__(self, **settings: Any) -> ChatKimiK2: ...


@pytest.fixture
def server() -> Iterator[MoonshotSimulator]:
    """A simulated first-party server, which refuses what Moonshot's documents refuse."""
    with MoonshotSimulator() as simulator:
        yield simulator


@pytest.fixture
def engine() -> Iterator[MoonshotSimulator]:
    """A simulated lenient server, as self-hosted engines are."""
    with MoonshotSimulator(rules="none") as simulator:
        yield simulator


@pytest.fixture
def make(server: MoonshotSimulator) -> MakeModel:
    """Make models at the strict server."""

    def make_model(**settings: Any) -> ChatKimiK2:
        where = {"endpoint": "moonshot", "base_url": server.base_url, "api_key": server.api_key}
        return ChatKimiK2(**{**where, **settings})

    return make_model


@pytest.fixture
def make_raw(engine: MoonshotSimulator) -> MakeModel:
    """Make models at the lenient server, as vLLM serves them."""

    def make_model(**settings: Any) -> ChatKimiK2:
        settings = {"endpoint": "vllm", "model": "kimi-k2-instruct", **settings}
        return ChatKimiK2(base_url=engine.base_url, api_key=engine.api_key, **settings)

    return make_model
