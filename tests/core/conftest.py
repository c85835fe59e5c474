"""Fixtures of the core's tests.

Owns: a scripted server for each test, and chats that talk to it and are closed afterwards.
May know: kimi_core.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from kimi_core.chat import KimiChat, Settings
from tests.scripted import ScriptedServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_FOREIGN = ("MOONSHOT_API_KEY", "KIMI_API_KEY", "OPENROUTER_API_KEY", "VLLM_API_KEY")


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    """A server that says what the test tells it to."""
    with ScriptedServer() as running:
        yield running


@pytest.fixture
def connect(server: ScriptedServer) -> Iterator[Callable[..., KimiChat]]:
    """Make chats that talk to the server; a vLLM with a key unless the test says otherwise."""
    chats: list[KimiChat] = []

    def make(**settings: Any) -> KimiChat:
        defaults = {"endpoint": "vllm", "base_url": server.base_url, "api_key": "sk-made-up"}
        chat = KimiChat(Settings(**{"max_retries": 0, **defaults, **settings}))
        chats.append(chat)
        return chat

    yield make
    for chat in chats:
        chat.close()


@pytest.fixture
def no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take the keys of this machine's user out of the environment."""
    for name in _FOREIGN:
        monkeypatch.delenv(name, raising=False)
