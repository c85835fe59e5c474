"""LlamaIndex's own way to ask many with a bar, as docs/scale.md shows.

Owns: `run_jobs(show_progress=True)` over `ChatKimiK2`.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from llama_index.core.async_utils import run_jobs
from llama_index.core.llms import ChatMessage

from kimi_core.testing import MoonshotSimulator
from llama_index_kimi import ChatKimiK2

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable


@pytest.mark.parametrize("name", ["acomplete", "achat"])
def test_a_bar_counts_what_comes(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    texts = ["one", "two", "three", "four"]
    with MoonshotSimulator() as server:
        llm = ChatKimiK2(endpoint="moonshot", api_base=server.base_url, api_key=server.api_key)
        ask: Callable[..., Awaitable[object]] = getattr(llm, name)
        jobs = [ask(text if name == "acomplete" else [ChatMessage(text)]) for text in texts]
        answers = asyncio.run(run_jobs(jobs, workers=2, show_progress=True))
    assert [str(answer).rpartition(" ")[2] for answer in answers] == texts
    assert "4/4" in capsys.readouterr().err
