"""LangChain's own ways to ask many, with tqdm around them, as docs/scale.md shows.

Owns: that the bar counts each answer, and each error, of `ChatKimiK2`.
"""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from kimi_core.testing import MoonshotSimulator, SimulatedReply
from langchain_kimi import ChatKimiK2

asyncio_tqdm = pytest.importorskip("tqdm.asyncio", reason="of the extra [cli]")

TEXTS = ["one", "two", "three", "four"]
REFUSED = SimulatedReply(error=(400, {"error": {"message": "no", "type": "content_filter"}}))


def _sync(llm: ChatKimiK2, bar: Any) -> dict[int, Any]:
    coming = llm.batch_as_completed(TEXTS, {"max_concurrency": 2}, return_exceptions=True)
    return dict(bar(coming, total=len(TEXTS)))


def _async(llm: ChatKimiK2, bar: Any) -> dict[int, Any]:
    async def ask() -> dict[int, Any]:
        coming = llm.abatch_as_completed(TEXTS, {"max_concurrency": 2}, return_exceptions=True)
        return {number: answer async for number, answer in bar(coming, total=len(TEXTS))}

    return asyncio.run(ask())


@pytest.mark.parametrize("ask", [_sync, _async], ids=["batch", "abatch"])
def test_a_bar_counts_what_comes(ask: Any, capsys: pytest.CaptureFixture[str]) -> None:
    with MoonshotSimulator() as server:
        server.reply(REFUSED)
        llm = ChatKimiK2(
            endpoint="moonshot", base_url=server.base_url, api_key=server.api_key, max_retries=0
        )
        answers = ask(llm, asyncio_tqdm.tqdm)
    assert sorted(answers) == [0, 1, 2, 3]
    assert sum(isinstance(answer, Exception) for answer in answers.values()) == 1
    assert "4/4" in capsys.readouterr().err
