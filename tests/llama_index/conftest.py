"""What the LlamaIndex tests share: a scripted server, an LLM that talks to it, one tool.

Owns: fixtures only. May know: `llama_index_kimi` and tests/llama_index/scripted_server.py.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import pytest

with warnings.catch_warnings():
    # llama_index.core's own import raises deprecation warnings of its dependencies.
    warnings.simplefilter("ignore")
    from llama_index.core.tools import FunctionTool

    from llama_index_kimi import ChatKimiK2

from tests.llama_index.scripted_server import ScriptedServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    """A server with an empty script."""
    with ScriptedServer() as running:
        yield running


@pytest.fixture
def make_llm(server: ScriptedServer) -> Iterator[Callable[..., ChatKimiK2]]:
    """Make LLMs that talk to the scripted server as if it were Moonshot."""
    made: list[ChatKimiK2] = []

    def make(**settings: Any) -> ChatKimiK2:
        settings = {
            "api_key": "sk-made-up",
            "endpoint": "moonshot",
            "base_url": server.base_url,
            **settings,
        }
        made.append(ChatKimiK2(**settings))
        return made[-1]

    yield make
    for llm in made:
        llm.close()


@pytest.fixture
def llm(make_llm: Callable[..., ChatKimiK2]) -> ChatKimiK2:
    """An LLM with default settings."""
    return make_llm()


@pytest.fixture
def weather() -> FunctionTool:
    """A tool that says the weather of a city."""

    def get_weather(city: str) -> str:
        """Say the weather of a city."""
        return f"sunny in {city}"

    return FunctionTool.from_defaults(get_weather)
