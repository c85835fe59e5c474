"""A conversation that another provider began goes on with Kimi, in both adapters.

Owns: blocks that other servers wrote. In LlamaIndex they stand in messages of its LangChain bridge
and of old memories as text, so that its own classes of blocks are asked.
"""

from __future__ import annotations

import warnings
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
)

from kimi_core.chat import KimiChat, Settings
from kimi_core.errors import IgnoredSettingWarning, KimiConfigError
from langchain_kimi import ChatKimiK2 as LangChainKimi
from llama_index_kimi import ChatKimiK2 as LlamaIndexKimi

# What the block says, or None where it has no text; of a user's message what stands there.
SAYS: dict[str, tuple[dict[str, Any], str | None]] = {
    "Anthropic's server tool": ({"type": "server_tool_use", "name": "web_search", "id": "a"}, None),
    "Anthropic's search": (
        {
            "type": "web_search_tool_result",
            "tool_use_id": "a",
            "content": [{"type": "web_search_result", "title": "T", "encrypted_content": "x"}],
        },
        None,
    ),
    "Anthropic's program": (
        {
            "type": "bash_code_execution_tool_result",
            "content": {"type": "bash_code_execution_result", "stdout": "42", "return_code": 0},
        },
        "42",
    ),
    "Anthropic's document": (
        {"type": "document", "source": {"type": "text", "data": "Doc."}},
        "Doc.",
    ),
    "Anthropic's search result": (
        {"type": "search_result", "source": "u", "content": [{"type": "text", "text": "Found."}]},
        "Found.",
    ),
    "OpenAI's search": ({"type": "web_search_call", "status": "completed"}, None),
    "OpenAI's text": ({"type": "output_text", "text": "Out.", "annotations": []}, "Out."),
    "OpenAI's program": ({"type": "code_interpreter_call", "code": "1 + 1"}, "1 + 1"),
    "OpenAI's MCP call": ({"type": "mcp_call", "name": "n", "output": "MCP."}, "MCP."),
    "OpenAI's picture": ({"type": "image_generation_call", "id": "i"}, None),
    "Gemini's program": ({"type": "executable_code", "executable_code": "print(1)"}, "print(1)"),
    "Gemini's result": (
        {"type": "code_execution_result", "code_execution_result": "1", "outcome": 1}, "1",
    ),
    "LangChain's server tool": ({"type": "server_tool_call", "name": "w", "args": {}}, None),
    "LangChain's result": ({"type": "server_tool_result", "output": "Res."}, "Res."),
    "LangChain's rest": ({"type": "non_standard", "value": {"type": "x", "text": "Non."}}, "Non."),
    "LangChain's empty rest": ({"type": "non_standard", "value": {"type": "x", "n": 1}}, None),
    "a text file": ({"type": "text-plain", "text": "Plain.", "mime_type": "text/plain"}, "Plain."),
    "a text file's bytes": ({"type": "text-plain", "base64": "UGxhaW4u"}, "Plain."),
    "an MCP result six levels deep": (
        {"type": "mcp_tool_result", "content": [{"content": [{"text": ["Deep."]}]}]}, "Deep.",
    ),
    "an MCP result seven levels deep": (
        {"type": "mcp_tool_result", "content": [{"content": [{"text": [["Deep."]]}]}]}, None,
    ),
    "a text file of before": (
        {"type": "file", "source_type": "text", "text": "v0.", "mime_type": "text/plain"}, "v0.",
    ),
}  # fmt: skip
# What a model's message may hold besides.
OF_MODEL: dict[str, tuple[dict[str, Any], str | None]] = {
    "OpenAI's speech": ({"type": "audio", "id": "a", "transcript": "Said."}, "Said."),
    "what nobody knows yet": ({"type": "wholly_new", "thing": 1}, None),
}
PLACES = {"moonshot": {"api_key": "k"}, "vllm": {"endpoint": "vllm", "model": "kimi-k2.5"}}


def sent_by_langchain(block: Any, settings: Any, *, of_model: bool) -> str:
    said = [{"type": "text", "text": "A"}, block]
    answer = [AIMessage(said), HumanMessage("Go on.")] if of_model else [HumanMessage(said)]
    llm = LangChainKimi(**settings)
    messages = [HumanMessage("Hi"), *answer]
    assert llm.get_num_tokens_from_messages(messages) > 0
    return str(llm._get_request_payload(messages)["messages"][1]["content"])


def sent_by_core(block: Any, settings: Any, *, of_model: bool) -> str:
    said = ["A", block]  # a part may be a text, as LangChain's own may
    role = "assistant" if of_model else "user"
    messages = [{"role": "user", "content": "Hi"}, {"role": role, "content": said}]
    request = KimiChat(Settings(**settings)).request(messages, stream=False)
    return str(request.payload["messages"][1]["content"])


@pytest.mark.parametrize("of_model", [True, False], ids=["assistant", "user"])
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("send", [sent_by_langchain, sent_by_core])
@pytest.mark.parametrize("name", [*SAYS, *OF_MODEL])
def test_a_block_is_its_text_or_nothing(send: Any, name: str, place: str, of_model: bool) -> None:
    if name in OF_MODEL and not of_model:
        pytest.skip("a user's own attachment")
    block, text = {**SAYS, **OF_MODEL}[name]
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        sent = send(block, PLACES[place], of_model=of_model)
    assert sent == f"A{text or ''}"
    told = [str(w.message) for w in caught if w.category is IgnoredSettingWarning]
    dropped_by_langchain = send is sent_by_langchain and not told
    assert bool(told) == (text is None) or dropped_by_langchain


def test_a_text_file_of_bytes_that_are_none_says_nothing() -> None:
    block = {"type": "text-plain", "base64": "UGxhaW4"}
    with pytest.warns(IgnoredSettingWarning, match="'text-plain', which .* was left out"):
        sent = sent_by_core(block, PLACES["vllm"], of_model=False)
    assert sent == "A"


def test_what_a_user_attached_is_still_refused() -> None:
    block = {"type": "file", "base64": "JVBERi0=", "mime_type": "application/pdf", "filename": "a"}
    with pytest.raises(KimiConfigError, match=r"'a' .* is not text.* files='extract'"):
        sent_by_langchain(block, PLACES["moonshot"], of_model=False)


@pytest.mark.parametrize(
    "block",
    [
        {"type": "audio", "url": "https://x.example/y.mp3"},
        {"type": "file", "url": "https://x.example/y.pdf"},
        {"type": "file", "file_id": "f"},
        {"type": "image", "url": "https://x.example/y.png"},
        {"type": "wholly_new"},
        {},
        "a part",
    ],
    ids=str,
)
def test_langchain_counts_whatever_stands_there(block: dict[str, Any] | str) -> None:
    llm = LangChainKimi(api_key="k")
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
def test_llamaindex_counts_whatever_stands_there(block: Any, role: str) -> None:
    llm = LlamaIndexKimi(api_key="k")
    bare = llm.count_tokens([ChatMessage(role=role, content="Hi")])
    assert llm.count_tokens([ChatMessage(role=role, blocks=[TextBlock(text="Hi"), block])]) >= bare
