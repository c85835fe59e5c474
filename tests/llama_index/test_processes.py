"""An ingestion pipeline hands its model to worker processes, as a pickle, which holds no key.

Owns: ``num_workers`` of LlamaIndex's own pool, whose workers are started anew where they cannot
read their task; what a pickle is by itself stands in tests/parity/test_copies.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from llama_index.core.extractors import SummaryExtractor
from llama_index.core.ingestion import IngestionPipeline
from llama_index.core.schema import TextNode

from kimi_core.errors import KimiConfigError
from kimi_core.testing import MoonshotSimulator
from llama_index_kimi import ChatKimiK2

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NODES = [TextNode(text="Paris is in France."), TextNode(text="Oslo is in Norway.")]


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[MoonshotSimulator]:
    for name in ("MOONSHOT_API_KEY", "KIMI_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    with MoonshotSimulator() as simulator:
        yield simulator


def pipeline(server: MoonshotSimulator) -> IngestionPipeline:
    llm = ChatKimiK2(endpoint="moonshot", base_url=server.base_url, api_key=server.api_key)
    # No splitter: LlamaIndex's downloads a vocabulary in each worker, which hangs the pool offline.
    return IngestionPipeline(transformations=[SummaryExtractor(llm=llm, show_progress=False)])


@pytest.mark.deep
def test_workers_without_a_key_say_so_and_end(server: MoonshotSimulator) -> None:
    with pytest.raises(KimiConfigError, match=r"MOONSHOT_API_KEY.* comes out of a pickle"):
        pipeline(server).run(nodes=NODES, num_workers=2)
    assert server.requests == []


@pytest.mark.deep
def test_workers_find_the_key_in_the_environment(
    monkeypatch: pytest.MonkeyPatch, server: MoonshotSimulator
) -> None:
    monkeypatch.setenv("MOONSHOT_API_KEY", server.api_key)
    nodes = pipeline(server).run(nodes=NODES, num_workers=2)
    assert all("section_summary" in node.metadata for node in nodes)
    assert len(server.requests) == len(NODES)
