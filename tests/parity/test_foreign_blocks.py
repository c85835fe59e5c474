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

from langchain_core.messages import AIMessage, HumanMessage, ToolMessage
from llama_index.core.llms import (
    AudioBlock,
    ChatMessage,
    DocumentBlock,
    ImageBlock,
    TextBlock,
    VideoBlock,
)

from kimi_core.chat import KimiChat, Settings
from kimi_core.errors import IgnoredSettingWarning, KimiConfigError
from kimi_core.testing import MoonshotSimulator
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
        "\n42\n",
    ),
    "Anthropic's document": (
        {"type": "document", "source": {"type": "text", "data": "Doc."}},
        "\nDoc.\n",
    ),
    "Anthropic's search result": (
        {"type": "search_result", "source": "u", "content": [{"type": "text", "text": "Found."}]},
        "\nFound.\n",
    ),
    "OpenAI's search": ({"type": "web_search_call", "status": "completed"}, None),
    "OpenAI's text": ({"type": "output_text", "text": "Out.", "annotations": []}, "Out."),
    "OpenAI's program": ({"type": "code_interpreter_call", "code": "1 + 1"}, "\n1 + 1\n"),
    "OpenAI's program and what came of it": (
        {
            "type": "code_interpreter_call",
            "code": "1 + 1",
            "outputs": [{"type": "logs", "logs": "2"}],
        },
        "\n1 + 1\n2\n",
    ),
    "OpenAI's search of files": (
        {"type": "file_search_call", "results": [{"file_id": "f", "text": "Found."}]},
        "\nFound.\n",
    ),
    "OpenAI's shell": ({"type": "shell_call_output", "output": [{"stdout": "a.txt"}]}, "\na.txt\n"),
    "OpenAI's refusal": ({"type": "refusal", "refusal": "I cannot."}, "I cannot."),
    "Cohere's plan": ({"type": "tool_plan", "tool_plan": "I look."}, "I look."),
    "OpenAI's MCP call": ({"type": "mcp_call", "name": "n", "output": "MCP."}, "\nMCP.\n"),
    "OpenAI's picture": ({"type": "image_generation_call", "id": "i"}, None),
    "OpenAI's picture with its data": ({"type": "image_generation_call", "result": "iVBOR"}, None),
    "OpenAI's approval": ({"type": "mcp_approval_response", "approve": True}, None),
    "Anthropic's PDF from the web": (
        {
            "type": "web_fetch_tool_result",
            "content": {
                "type": "web_fetch_result",
                "content": {"type": "document", "source": {"type": "base64", "data": "JVBE"}},
            },
        },
        None,
    ),
    "Anthropic's tool that was found": ({"type": "tool_reference", "tool_name": "t"}, None),
    "Bedrock's text": ({"text": "Bed."}, "Bed."),
    "Anthropic's finding with a title": (
        {"type": "search_result", "title": "T", "content": [{"type": "text", "text": "Found."}]},
        "\nT:\nFound.\n",
    ),
    "Bedrock's cache point": ({"cachePoint": {"type": "default"}}, ""),
    "Gemini's program": ({"type": "executable_code", "executable_code": "f()"}, "\nf()\n"),
    "Gemini's result": (
        {"type": "code_execution_result", "code_execution_result": "1", "outcome": 1}, "\n1\n",
    ),
    "LangChain's server tool": ({"type": "server_tool_call", "name": "w", "args": {}}, None),
    "LangChain's result": ({"type": "server_tool_result", "output": "Res."}, "\nRes.\n"),
    "LangChain's rest": ({"type": "non_standard", "value": {"type": "x", "text": "Non."}}, "Non."),
    "LangChain's empty rest": ({"type": "non_standard", "value": {"type": "x", "n": 1}}, None),
    "a text file": (
        {"type": "text-plain", "text": "Plain.", "mime_type": "text/plain"}, "\nPlain.\n",
    ),
    "a text file with a title": (
        {"type": "text-plain", "text": "Plain.", "title": "a.txt"}, "\na.txt:\nPlain.\n",
    ),
    "a text file's bytes": ({"type": "text-plain", "base64": "UGxhaW4u"}, "\nPlain.\n"),
    "an MCP result six levels deep": (
        {"type": "mcp_tool_result", "content": [{"content": [{"text": ["Deep."]}]}]}, "\nDeep.\n",
    ),
    "an MCP result seven levels deep": (
        {"type": "mcp_tool_result", "content": [{"content": [{"text": [["Deep."]]}]}]}, None,
    ),
    "a text file of before": (
        {"type": "file", "source_type": "text", "text": "v0.", "mime_type": "text/plain"},
        "\nv0.\n",
    ),
}  # fmt: skip
# What a model's message may hold besides.
OF_MODEL: dict[str, tuple[dict[str, Any], str | None]] = {
    "OpenAI's speech": ({"type": "audio", "id": "a", "transcript": "Said."}, "Said."),
    "LangChain's speech": ({"type": "input_audio", "input_audio": {"data": "QQ=="}}, None),
    "Gemini's speech": ({"type": "media", "mime_type": "audio/wav", "data": "QQ=="}, None),
    "a picture in the web": ({"type": "image", "url": "https://x.example/y.png"}, None),
    "a video in the web": ({"type": "video", "url": "https://x.example/y.mp4"}, None),
    "a PDF": ({"type": "file", "base64": "JVBERi0=", "mime_type": "application/pdf"}, None),
    "a PDF of Bedrock's": (
        {"document": {"format": "pdf", "name": "a", "source": {"bytes": b"%PDF-"}}},
        None,
    ),
    "what nobody knows yet": ({"type": "wholly_new", "thing": 1}, None),
}
# What a user attached in another provider's words, and Kimi's.
ATTACHED: dict[str, tuple[dict[str, Any], Any]] = {
    "OpenAI's picture": (
        {"type": "input_image", "image_url": "data:image/png;base64,AA=="},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}},
    ),
    "OpenAI's file": (
        {"type": "input_file", "filename": "a", "file_data": "data:text/plain;base64,SGk="},
        {"type": "text", "text": "\na:\nHi\n"},
    ),
    "Gemini's picture": (
        {"type": "media", "mime_type": "image/png", "data": "AA=="},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}},
    ),
    "Gemini's file": (
        {"type": "media", "mime_type": "text/plain", "data": "SGk="},
        {"type": "text", "text": "\ndocument:\nHi\n"},
    ),
    "Bedrock's picture": (
        {"image": {"format": "png", "source": {"bytes": b"\0"}}},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA=="}},
    ),
    "Bedrock's document": (
        {"document": {"format": "txt", "name": "a", "source": {"bytes": b"Hi"}}},
        {"type": "text", "text": "\na:\nHi\n"},
    ),
}
TAKEN_ELSEWHERE = {"a picture in the web", "a video in the web", "a PDF", "a PDF of Bedrock's"}
TEXT_A = {"type": "text", "text": "A"}
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


# What a user attached is another matter, and a server of one's own may take some of it.
BLOCKS = [
    (name, place, of_model)
    for name in (*SAYS, *OF_MODEL)
    for place in PLACES
    for of_model in (True, False)
    if (of_model or name in SAYS) and not (place == "vllm" and name in TAKEN_ELSEWHERE)
]


@pytest.mark.parametrize(("name", "place", "of_model"), BLOCKS)
@pytest.mark.parametrize("send", [sent_by_langchain, sent_by_core])
def test_a_block_is_its_text_or_nothing(send: Any, name: str, place: str, of_model: bool) -> None:
    block, text = {**SAYS, **OF_MODEL}[name]
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        sent = send(block, PLACES[place], of_model=of_model)
    assert sent == f"A{text or ''}"
    told = [str(w.message) for w in caught if w.category is IgnoredSettingWarning]
    dropped_by_langchain = send is sent_by_langchain and not told
    assert bool(told) == (text is None) or dropped_by_langchain


@pytest.mark.parametrize("name", [*SAYS, *OF_MODEL, *ATTACHED])
def test_so_it_is_where_langchain_brings_blocks_up_to_date(name: str) -> None:
    """A file of text in words of before 1.0 was a KeyError of its own."""
    block = (SAYS.get(name) or OF_MODEL.get(name) or ATTACHED[name])[0]
    said: list[Any] = [TEXT_A, block]
    user = [] if name in OF_MODEL else [HumanMessage(said)]
    messages = [HumanMessage("Hi"), AIMessage(said), HumanMessage("Go on."), *user]
    with MoonshotSimulator() as server, warnings.catch_warnings():
        warnings.simplefilter("ignore", IgnoredSettingWarning)
        llm = LangChainKimi(endpoint="moonshot", base_url=server.base_url, api_key=server.api_key)
        wanted = llm._get_request_payload(messages)["messages"]
        llm.invoke(messages)
        for _ in llm.stream(messages):
            pass
        llm.close()
    assert [request.body["messages"] for request in server.requests] == [wanted, wanted]
    assert messages[1].content == said


def test_a_block_without_a_type_is_called_by_its_word() -> None:
    with pytest.warns(IgnoredSettingWarning, match="block of type 'guardrail', which"):
        sent_by_core({"guardrail": {"n": 1}}, PLACES["vllm"], of_model=False)


def test_a_text_file_of_bytes_that_are_none_says_nothing() -> None:
    block = {"type": "text-plain", "base64": "UGxhaW4"}
    with pytest.warns(IgnoredSettingWarning, match="'text-plain', which .* was left out"):
        sent = sent_by_core(block, PLACES["vllm"], of_model=False)
    assert sent == "A"


# A server of one's own may take OpenAI's files as they are.
PLACED = [
    (name, place)
    for name, (_, part) in ATTACHED.items()
    for place in PLACES
    if place == "moonshot" or part["type"] != "text"
]


@pytest.mark.parametrize(("name", "place"), PLACED)
@pytest.mark.parametrize("send", [sent_by_langchain, sent_by_core])
def test_what_a_user_attached_elsewhere_is_attached_here(send: Any, name: str, place: str) -> None:
    block, part = ATTACHED[name]
    sent = send(block, PLACES[place], of_model=False)
    assert sent == ("A" + part["text"] if part["type"] == "text" else str([TEXT_A, part]))


# What tools answer with, beside text.
ANSWERED: dict[str, tuple[dict[str, Any], str]] = {
    "data": ({"type": "json", "json": {"a": 1}}, '{"a": 1}'),
    "a dict": ({"a": 1}, '{"a": 1}'),
    "a resource of MCP": (
        {"type": "file", "url": "https://x.example/y.pdf"},
        "\ndocument:\nhttps://x.example/y.pdf\n",
    ),
}


@pytest.mark.parametrize("name", ANSWERED)
def test_what_a_tool_answered_is_told(name: str) -> None:
    """The agent ended with an error that nobody could do anything about."""
    block, text = ANSWERED[name]
    call = {"id": "a", "name": "f", "args": {}}
    messages = [
        HumanMessage("Hi"),
        AIMessage("", tool_calls=[call]),
        ToolMessage([block], tool_call_id="a"),
    ]
    sent = LangChainKimi(api_key="k")._get_request_payload(messages)["messages"]
    assert sent[2]["content"] == text


def test_a_refusal_beside_the_content_is_what_was_said() -> None:
    """A model that is told nothing of its refusal is asked about an empty answer."""
    kept = {"refusal": "I cannot."}
    sent = LangChainKimi(api_key="k")._get_request_payload(
        [HumanMessage("Hi"), AIMessage("", additional_kwargs=kept), HumanMessage("Go on.")]
    )["messages"]
    assert sent[1] == {"role": "assistant", "content": "I cannot."}
    both = AIMessage("Well. ", additional_kwargs=kept)
    sent = LangChainKimi(api_key="k")._get_request_payload([HumanMessage("Hi"), both])["messages"]
    assert sent[1]["content"] == "Well. I cannot."
    refused = ChatMessage(role="assistant", content="", additional_kwargs=kept)
    llm = LlamaIndexKimi(api_key="k")
    request, _ = llm._asked([ChatMessage("Hi"), refused], {}, lambda response: response)
    assert request.payload["messages"][1]["content"] == "I cannot."


@pytest.mark.parametrize(
    "block",
    [
        DocumentBlock(data=b"%PDF-\x00\xff", document_mimetype="application/pdf"),
        DocumentBlock(url="https://x.example/y.pdf"),
        ImageBlock(url="https://x.example/y.png"),
        VideoBlock(url="https://x.example/y.mp4"),
    ],
    ids=lambda block: f"{type(block).__name__} {bool(block.url)}",
)
def test_what_another_model_made_and_cannot_be_sent_is_left_out(block: Any) -> None:
    """It ended the conversation with an error that its user could do nothing about."""
    made = ChatMessage(role="assistant", blocks=[TextBlock(text="A"), block])
    llm = LlamaIndexKimi(api_key="k")
    with pytest.warns(IgnoredSettingWarning, match=r"of the model holds a block .* was left out"):
        request, _ = llm._asked([ChatMessage("Hi"), made], {}, lambda response: response)
    assert request.payload["messages"][1]["content"] == "A"
    asked = ChatMessage(role="user", blocks=[TextBlock(text="A"), block])
    with pytest.raises(KimiConfigError):
        llm._asked([asked], {}, lambda response: response)


def test_what_a_model_said_aloud_is_its_transcript() -> None:
    """Moonshot knows no ``audio`` in a message: a 400."""
    spoken = AIMessage("", additional_kwargs={"audio": {"id": "a", "transcript": "Said."}})
    messages = [HumanMessage("Hi"), spoken, HumanMessage("Go on.")]
    sent = LangChainKimi(api_key="k")._get_request_payload(messages)["messages"]
    assert sent[1] == {"role": "assistant", "content": "Said."}
    heard = ChatMessage(role="assistant", blocks=[TextBlock(text="A"), AudioBlock(audio=b"x")])
    llm = LlamaIndexKimi(api_key="k")
    with pytest.warns(IgnoredSettingWarning, match="'audio', which .* was left out"):
        request, _ = llm._asked([ChatMessage("Hi"), heard], {}, lambda response: response)
    assert request.payload["messages"][1]["content"] == "A"


@pytest.mark.parametrize(
    "thought",
    [
        {"type": "thinking", "thinking": [{"type": "text", "text": "Hm."}]},
        {"type": "reasoning_content", "reasoning_content": {"text": "Hm.", "signature": "s"}},
    ],
    ids=["Mistral's", "Bedrock's"],
)
def test_reasoning_in_other_words_is_text(thought: dict[str, Any]) -> None:
    messages = [HumanMessage("Hi"), AIMessage([thought, TEXT_A]), HumanMessage("Go on.")]
    sent = LangChainKimi(api_key="k")._get_request_payload(messages)["messages"]
    assert sent[1]["reasoning_content"] == "Hm."


def test_what_a_user_attached_is_still_refused() -> None:
    block = {"type": "file", "base64": "JVBERi0=", "mime_type": "application/pdf", "filename": "a"}
    with pytest.raises(KimiConfigError, match=r"'a' .* is not text.* files='extract'"):
        sent_by_langchain(block, PLACES["moonshot"], of_model=False)


# Of each kind of prompt: with places for pictures and videos, for pictures alone, for neither.
