"""One instance in several threads, as LangChain's `batch` uses it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TYPE_CHECKING, Any

import openai

from kimi_core.chat import KimiChat, Settings
from kimi_core.testing import MoonshotSimulator

if TYPE_CHECKING:
    import pytest

QUESTION = [{"role": "user", "content": "Why is the sky blue?"}]


def test_threads_that_ask_first_at_once_share_one_client(monkeypatch: pytest.MonkeyPatch) -> None:
    """The SDK closes a client that was opened and not kept, while its answer is being read."""
    opened: list[object] = []
    make = openai.OpenAI
    threads = 4
    together = Barrier(threads)

    def counted(**settings: Any) -> Any:
        opened.append(settings)
        return make(**settings)

    with MoonshotSimulator() as server:
        chat = KimiChat(
            Settings(endpoint="moonshot", base_url=server.base_url, api_key=server.api_key)
        )
        monkeypatch.setattr(openai, "OpenAI", counted)

        def ask(_number: int) -> str | None:
            request = chat.request(QUESTION, stream=True)
            together.wait()
            return chat.open(request).read().finish_reason

        with ThreadPoolExecutor(threads) as pool:
            reasons = list(pool.map(ask, range(threads)))
        chat.close()
    assert reasons == ["stop"] * threads
    assert len(opened) == 1
