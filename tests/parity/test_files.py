"""Documents in the blocks of both frameworks, read by Moonshot (simulated) with files="extract".

Owns: that each block becomes the document's text in the message, asked in one of the four ways, by
turns; and that without the setting, or elsewhere, one sentence says what to do. What happens to the
upload is in core/test_files.py.
"""

from __future__ import annotations

import asyncio
import base64
from typing import TYPE_CHECKING, Any

import pytest

pytest.importorskip("langchain_openai", reason="parity needs both frameworks")
pytest.importorskip("llama_index.core", reason="parity needs both frameworks")

from langchain_core.messages import HumanMessage
from llama_index.core.llms import ChatMessage, DocumentBlock, TextBlock

import langchain_kimi
import llama_index_kimi
from kimi_core.errors import KimiConfigError
from kimi_core.testing import MoonshotSimulator

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PDF = b"%PDF-1.7 Two plus two."
ENCODED = base64.b64encode(PDF).decode()
KIND = "application/pdf"
URL = f"data:{KIND};base64,{ENCODED}"
ASK = {"type": "text", "text": "Sum up."}


def of_langchain(block: dict[str, Any]) -> Any:
    return [HumanMessage([ASK, block])]


def of_llama_index(block: DocumentBlock) -> Any:
    return [ChatMessage(role="user", blocks=[TextBlock(text="Sum up."), block])]


# The block, and the name under which its text is told.
BARE = {"type": "file", "base64": ENCODED, "mime_type": KIND}
LANGCHAIN: dict[str, tuple[dict[str, Any], str]] = {
    "standard": ({**BARE, "filename": "a.pdf"}, "a.pdf"),
    "standard, with extras": ({**BARE, "extras": {"filename": "a.pdf"}}, "a.pdf"),
    "standard, without a name": (BARE, "document"),
    "standard, a path": ({"type": "file", "url": "file:a.pdf"}, "a.pdf"),
    "before 1.0": (
        {
            "type": "file", "source_type": "base64", "data": ENCODED, "mime_type": KIND,
            "metadata": {"filename": "a.pdf"},
        },
        "a.pdf",
    ),
    "OpenAI's": ({"type": "file", "file": {"filename": "a.pdf", "file_data": URL}}, "a.pdf"),
}  # fmt: skip
LLAMA_INDEX: dict[str, tuple[Any, str]] = {
    "bytes": (lambda _: DocumentBlock(data=PDF, title="a.pdf"), "a.pdf"),
    "without a name": (lambda _: DocumentBlock(data=PDF), "input_document"),
    "a data URL": (lambda _: DocumentBlock(url=URL, title="a.pdf"), "a.pdf"),
    "a path": (lambda folder: DocumentBlock(path=folder / "a.pdf", title="a.pdf"), "a.pdf"),
}


async def _whole(stream: Any) -> list[Any]:
    return [item async for item in stream]


async def _streamed(llm: Any, messages: Any) -> list[Any]:
    return await _whole(await llm.astream_chat(messages))


LANGCHAIN_WAYS = [
    lambda llm, messages: llm.invoke(messages),
    lambda llm, messages: list(llm.stream(messages)),
    lambda llm, messages: asyncio.run(llm.ainvoke(messages)),
    lambda llm, messages: asyncio.run(_whole(llm.astream(messages))),
]
LLAMA_INDEX_WAYS = [
    lambda llm, messages: llm.chat(messages),
    lambda llm, messages: list(llm.stream_chat(messages)),
    lambda llm, messages: asyncio.run(llm.achat(messages)),
    lambda llm, messages: asyncio.run(_streamed(llm, messages)),
]


@pytest.fixture
def server() -> Iterator[MoonshotSimulator]:
    with MoonshotSimulator() as running:
        yield running


def settings_of(server: MoonshotSimulator, **settings: Any) -> dict[str, Any]:
    where = {"endpoint": "moonshot", "base_url": server.base_url, "api_key": server.api_key}
    return {**where, **settings}


def check(server: MoonshotSimulator, name: str) -> None:
    said = server.requests[-1].body["messages"]
    assert said == [{"role": "user", "content": f"Sum up.\n{name}:\n{PDF.decode()}\n"}]
    *_, deleted, _chat = [(one.method, one.path) for one in server.requests]
    assert deleted[0] == "DELETE"
    assert server.refusals == []


@pytest.mark.parametrize("name", LANGCHAIN)
def test_a_block_of_langchain_is_told_as_its_text(
    server: MoonshotSimulator, tmp_path: Path, name: str
) -> None:
    (tmp_path / "a.pdf").write_bytes(PDF)
    block, told = LANGCHAIN[name]
    settings = settings_of(server, files="extract", media_folder=tmp_path)
    ask = LANGCHAIN_WAYS[list(LANGCHAIN).index(name) % 4]
    ask(langchain_kimi.ChatKimiK2(**settings), of_langchain(block))
    check(server, told)


@pytest.mark.parametrize("name", LLAMA_INDEX)
def test_a_block_of_llamaindex_is_told_as_its_text(
    server: MoonshotSimulator, tmp_path: Path, name: str
) -> None:
    (tmp_path / "a.pdf").write_bytes(PDF)
    make, told = LLAMA_INDEX[name]
    settings = settings_of(server, files="extract", media_folder=tmp_path)
    ask = LLAMA_INDEX_WAYS[list(LLAMA_INDEX).index(name)]
    ask(llama_index_kimi.ChatKimiK2(**settings), of_llama_index(make(tmp_path)))
    check(server, told)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({}, r"document 'a\.pdf' \(application/pdf\) is not text.*; pass files='extract' to have"),
        ({"files": "extract", "endpoint": "vllm"}, "endpoint 'vllm' has no files API"),
        ({"files": "read"}, "files='read' is refused: it must be 'extract'"),
    ],
    ids=["without the setting", "elsewhere", "another word"],
)
def test_otherwise_one_sentence_says_what_to_do(
    server: MoonshotSimulator, settings: dict[str, Any], words: str
) -> None:
    given = settings_of(server, **settings)
    with pytest.raises(KimiConfigError, match=words):
        langchain_kimi.ChatKimiK2(**given).invoke(of_langchain(LANGCHAIN["standard"][0]))
    with pytest.raises(KimiConfigError, match=words):
        llama_index_kimi.ChatKimiK2(**given).chat(of_llama_index(LLAMA_INDEX["bytes"][0](None)))
    assert server.requests == []


def test_the_setting_is_one_of_a_call_and_of_copies(server: MoonshotSimulator) -> None:
    """And a copy that configurable_fields makes for each call knows what was read before."""
    from langchain_core.runnables import ConfigurableField

    block = of_langchain(LANGCHAIN["standard"][0])
    llm = langchain_kimi.ChatKimiK2(**settings_of(server))
    llm.invoke(block, files="extract")
    temperature = ConfigurableField(id="limit")
    model = llm.configurable_fields(max_tokens=temperature)
    model.with_config(configurable={"limit": 99}).invoke(block, files="extract")
    uploads = [one for one in server.requests if (one.method, one.path) == ("POST", "/v1/files")]
    assert len(uploads) == 1
    assert server.requests[-1].body["max_completion_tokens"] == 99
