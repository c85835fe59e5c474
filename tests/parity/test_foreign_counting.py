"""Tokens of what another provider wrote into a conversation are counted, whatever it is.

Owns: blocks that cannot be sent, or say nothing. What is sent of them is in test_foreign_blocks.py.
"""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("langchain_openai", reason="parity needs both frameworks")
pytest.importorskip("llama_index.core", reason="parity needs both frameworks")

from langchain_core.messages import AIMessage, HumanMessage
from llama_index.core.llms import (
    AudioBlock,
    ChatMessage,
    CitableBlock,
    CitationBlock,
    DocumentBlock,
    ImageBlock,
    TextBlock,
    VideoBlock,
)

from langchain_kimi import ChatKimiK2 as LangChainKimi
from llama_index_kimi import ChatKimiK2 as LlamaIndexKimi

COUNTED = ["kimi-k2.6", "kimi-k3", "kimi-k2-instruct"]


@pytest.mark.parametrize(
    "block",
    [
        {"type": "audio", "url": "https://x.example/y.mp3"},
        {"type": "file", "url": "https://x.example/y.pdf"},
        {"type": "file", "file_id": "f"},
        {"type": "image", "url": "https://x.example/y.png"},
        {"type": "video", "url": "https://x.example/y.mp4"},
        {"type": "tool_result", "tool_use_id": "a", "content": "42"},
        {"type": "wholly_new"},
        {},
        "a part",
    ],
    ids=str,
)
@pytest.mark.parametrize("model", COUNTED)
def test_langchain_counts_whatever_stands_there(block: dict[str, Any] | str, model: str) -> None:
    llm = LangChainKimi(endpoint="vllm", model=model)
    for kind in (HumanMessage, AIMessage):
        more = llm.get_num_tokens_from_messages([kind([{"type": "text", "text": "Hi"}, block])])
        assert more >= llm.get_num_tokens_from_messages([kind("")])


@pytest.mark.parametrize(
    "block",
    [
        AudioBlock(audio=b"x", format="mp3"),
        DocumentBlock(data=b"%PDF-\x00\xff", document_mimetype="application/pdf"),
        DocumentBlock(url="https://x.example/y.pdf"),
        DocumentBlock(path="/nowhere/at/all.pdf"),
        ImageBlock(url="https://x.example/y.png"),
        VideoBlock(url="https://x.example/y.mp4"),
        CitationBlock(
            cited_content=TextBlock(text="Cited."),
            source="s",
            title="t",
            additional_location_info={},
        ),
        CitableBlock(title="t", source="s", content=[TextBlock(text="Cited.")]),
    ],
    ids=lambda block: type(block).__name__,
)
@pytest.mark.parametrize("role", ["user", "assistant"])
@pytest.mark.parametrize("model", COUNTED)
def test_llamaindex_counts_whatever_stands_there(block: Any, role: str, model: str) -> None:
    llm = LlamaIndexKimi(endpoint="vllm", model=model)
    bare = llm.count_tokens([ChatMessage(role=role, content="Hi")])
    assert llm.count_tokens([ChatMessage(role=role, blocks=[TextBlock(text="Hi"), block])]) >= bare
