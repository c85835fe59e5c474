"""Blocks and roles on the wire, and what is refused before a request.

Owns: every kind of content block, histories of other LLM classes, media rules.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import pytest
from llama_index.core.base.llms.types import (
    AudioBlock,
    CacheControl,
    CachePoint,
    ChatMessage,
    CitableBlock,
    CitationBlock,
    DocumentBlock,
    ImageBlock,
    MessageRole,
    TextBlock,
    ThinkingBlock,
    ToolCallBlock,
    VideoBlock,
)
from llama_index.core.tools import FunctionTool

from kimi_core.errors import KimiConfigError
from tests.llama_index.scripted_server import ScriptedServer, answer, tool_call

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from llama_index_kimi import ChatKimiK2

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 16
FILM = b"\x00\x00\x00\x18ftypisom" + b"\0" * 8
PNG_URL = "data:image/png;base64," + base64.b64encode(PNG).decode()


def sent(llm: ChatKimiK2, server: ScriptedServer, *messages: ChatMessage) -> list[dict[str, Any]]:
    server.json(answer("ok"))
    llm.chat(list(messages))
    found: list[dict[str, Any]] = server.bodies[-1]["messages"]
    return found


def image_part(url: str) -> dict[str, Any]:
    return {"type": "image_url", "image_url": {"url": url}}


CITED = CitableBlock(title="t", source="s", content=[TextBlock(text="a fact")])
CITATION = CitationBlock(
    cited_content=TextBlock(text="a quote"), source="s", title="t", additional_location_info={}
)
VIDEO_PART = {"type": "video_url", "video_url": {"url": "ms://file-2"}}


@pytest.mark.parametrize(
    ("blocks", "content"),
    [
        pytest.param([TextBlock(text="a"), TextBlock(text="b")], "ab", id="texts are one string"),
        pytest.param(
            [CachePoint(cache_control=CacheControl(type="x")), TextBlock(text="a")],
            "a",
            id="cache point",
        ),
        pytest.param([CITED, TextBlock(text="Why?")], "\nt:\na fact\nWhy?", id="citable"),
        pytest.param([CITATION, TextBlock(text="So.")], "\nt:\na quote\nSo.", id="citation"),
        pytest.param(
            [CitableBlock(title="t", source="s", content=[ImageBlock(image=PNG)])],
            [image_part(PNG_URL)],
            id="citable picture",
        ),
        pytest.param(
            [DocumentBlock(data=b"Plain, text!", title="n.txt")],
            "\nn.txt:\nPlain, text!\n",
            id="text document",
        ),
        pytest.param([ImageBlock(image=PNG)], [image_part(PNG_URL)], id="image bytes"),
        pytest.param(
            [ImageBlock(url="ms://file-1")], [image_part("ms://file-1")], id="uploaded image"
        ),
        pytest.param([ImageBlock(url=PNG_URL)], [image_part(PNG_URL)], id="data url"),
        pytest.param([VideoBlock(url="ms://file-2")], [VIDEO_PART], id="uploaded video"),
        pytest.param(
            [TextBlock(text="see"), ImageBlock(image=PNG)],
            [{"type": "text", "text": "see"}, image_part(PNG_URL)],
            id="text and image",
        ),
    ],
)
@pytest.mark.parametrize("role", [MessageRole.USER, MessageRole.TOOL])
def test_each_block_has_its_form_on_the_wire(
    llm: ChatKimiK2, server: ScriptedServer, blocks: list[Any], content: Any, role: MessageRole
) -> None:
    message = ChatMessage(role=role, blocks=blocks, additional_kwargs={"tool_call_id": "f:0"})
    call = ToolCallBlock(tool_call_id="f:0", tool_name="f")
    before = [ChatMessage(role="assistant", blocks=[call])] if role is MessageRole.TOOL else []

    wire = sent(llm, server, *before, message)[-1]

    assert wire["content"] == content
    assert wire.get("tool_call_id") == ("f:0" if role is MessageRole.TOOL else None)


def test_files_are_read_where_the_caller_allowed_it(
    make_llm: Callable[..., ChatKimiK2], server: ScriptedServer, tmp_path: Path
) -> None:
    image, video, document = (tmp_path / name for name in ("a.png", "b.mp4", "c.txt"))
    image.write_bytes(PNG)
    video.write_bytes(FILM)
    document.write_text("Once upon a time.")
    blocks = [
        ImageBlock(path=image),
        VideoBlock(path=video),
        DocumentBlock(path=document, title="c.txt"),
    ]

    (wire,) = sent(make_llm(media_folder=tmp_path), server, ChatMessage(blocks=blocks))

    film = "data:video/mp4;base64," + base64.b64encode(FILM).decode()
    assert wire["content"] == [
        image_part(PNG_URL),
        {"type": "video_url", "video_url": {"url": film}},
        {"type": "text", "text": "\nc.txt:\nOnce upon a time.\n"},
    ]
    for block in blocks:
        with pytest.raises(KimiConfigError, match=r"is not read: a message may come from anybody"):
            sent(make_llm(), server, ChatMessage(blocks=[block]))


@pytest.mark.parametrize(
    ("block", "words"),
    [
        pytest.param(
            AudioBlock(audio=b"x", format="wav"), "AudioBlock, which Kimi cannot read", id="audio"
        ),
        pytest.param(
            ImageBlock(url="https://a.example/b.png"), "fetches no URL", id="public image"
        ),
        pytest.param(
            DocumentBlock(data=b"%PDF\0", title="x.pdf"),
            "'x.pdf' .* is not text",
            id="binary document",
        ),
        pytest.param(DocumentBlock(data=b"\xff\xfe", title="x"), "is not text", id="not utf-8"),
        pytest.param(DocumentBlock(url="https://a.example/b"), "does not fetch", id="document url"),
    ],
)
def test_what_the_model_cannot_be_told_is_refused(
    llm: ChatKimiK2, server: ScriptedServer, block: Any, words: str
) -> None:
    with pytest.raises(KimiConfigError, match=words):
        llm.chat([ChatMessage(blocks=[block])])

    assert server.seen == []


def test_a_text_model_is_shown_no_image(make_llm: Callable[..., ChatKimiK2]) -> None:
    llm = make_llm(endpoint="vllm", model="moonshotai/Kimi-K2-Instruct")

    with pytest.raises(KimiConfigError, match=r"takes text, no image; use one that does"):
        llm.chat([ChatMessage(blocks=[ImageBlock(image=PNG)])])


def test_a_public_image_goes_to_servers_that_fetch(
    make_llm: Callable[..., ChatKimiK2], server: ScriptedServer
) -> None:
    url = "https://a.example/b.png"
    llm = make_llm(endpoint="openrouter")

    (wire,) = sent(llm, server, ChatMessage(blocks=[ImageBlock(url=url)]))

    assert wire["content"] == [image_part(url)]


@pytest.mark.parametrize(
    ("role", "wire"),
    [("developer", "system"), ("chatbot", "assistant"), ("model", "assistant"), ("user", "user")],
)
def test_roles_are_those_that_the_api_has(
    llm: ChatKimiK2, server: ScriptedServer, role: str, wire: str
) -> None:
    (message,) = sent(llm, server, ChatMessage("x", role=role))

    assert message == {"role": wire, "content": "x"}


CALL = tool_call("f", '{ "é":1}')
RESULT = ChatMessage("1", role="tool", additional_kwargs={"tool_call_id": CALL["id"]})


@pytest.mark.parametrize(
    "message",
    [
        pytest.param(
            ChatMessage(
                role="assistant",
                blocks=[
                    ThinkingBlock(content="Hm."),
                    ToolCallBlock(
                        tool_call_id="functions.f:0", tool_name="f", tool_kwargs='{ "é":1}'
                    ),
                ],
            ),
            id="blocks",
        ),
        pytest.param(
            ChatMessage(
                role="assistant",
                blocks=[ThinkingBlock(content="Hm.")],
                additional_kwargs={"tool_calls": [CALL], "tool_call_id": "x"},
            ),
            id="dicts of older histories",
        ),
    ],
)
def test_calls_go_back_byte_for_byte_with_their_reasoning(
    llm: ChatKimiK2, server: ScriptedServer, message: ChatMessage
) -> None:
    wire, _ = sent(llm, server, message, RESULT)

    assert wire == {
        "role": "assistant",
        "content": "",
        "reasoning_content": "Hm.",
        "tool_calls": [CALL],
    }


def test_arguments_that_are_a_dict_are_written_as_json(
    llm: ChatKimiK2, server: ScriptedServer
) -> None:
    block = ToolCallBlock(tool_call_id=CALL["id"], tool_name="f", tool_kwargs={"é": 1})

    wire, _ = sent(llm, server, ChatMessage(role="assistant", blocks=[block]), RESULT)

    assert wire["tool_calls"][0]["function"]["arguments"] == '{"é": 1}'


def test_calls_that_are_objects_of_the_openai_sdk_are_understood(
    llm: ChatKimiK2, server: ScriptedServer
) -> None:
    from openai.types.chat import ChatCompletionMessageToolCall

    call = ChatCompletionMessageToolCall.model_validate(CALL)
    message = ChatMessage("", role="assistant", additional_kwargs={"tool_calls": [call]})

    wire, _ = sent(llm, server, message, RESULT)

    assert wire["tool_calls"] == [CALL]


def test_partial_mode_and_names_are_passed_on_and_nothing_else(
    llm: ChatKimiK2, server: ScriptedServer
) -> None:
    extras = {"partial": True, "name": "bot", "ref_doc_id": "private"}

    (wire,) = sent(llm, server, ChatMessage("{", role="assistant", additional_kwargs=extras))

    assert wire == {"role": "assistant", "content": "{", "partial": True, "name": "bot"}


def test_a_system_message_brings_tools(llm: ChatKimiK2, server: ScriptedServer) -> None:
    """As dicts, or as LlamaIndex has them; a user's message brings none."""
    known = {"type": "function", "function": {"name": "a", "parameters": {}}}
    extras = {"tools": [known, FunctionTool.from_defaults(lambda: "", name="b")]}
    system = ChatMessage("", role="system", additional_kwargs=extras)

    first, second = sent(llm, server, system, ChatMessage("Hi", additional_kwargs=extras))

    assert [tool["function"]["name"] for tool in first["tools"]] == ["a", "b"]
    assert second == {"role": "user", "content": "Hi"}
