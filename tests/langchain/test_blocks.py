"""Standard content blocks, both ways."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from langchain_core.messages import (
    AIMessage,
    BaseMessage,
    ChatMessage,
    HumanMessage,
    SystemMessage,
    ToolMessage,
)
from langchain_core.messages.ai import add_ai_message_chunks

from kimi_core.testing import SimulatedReply, SimulatedToolCall

if TYPE_CHECKING:
    from kimi_core.testing import MoonshotSimulator
    from tests.langchain.conftest import MakeModel

PARIS = SimulatedToolCall("get_weather", {"city": "Paris"}, id="get_weather:0")
ROME = SimulatedToolCall("get_weather", {"city": "Rome"}, id="get_weather:1")
REPLY = SimulatedReply(content="I look.", reasoning="Two cities.", tool_calls=[PARIS, ROME])
BLOCKS: list[dict[str, Any]] = [
    {"type": "reasoning", "reasoning": "Two cities."},
    {"type": "text", "text": "I look."},
    {
        "type": "tool_call",
        "id": "get_weather:0",
        "name": "get_weather",
        "args": {"city": "Paris"},
    },
    {"type": "tool_call", "id": "get_weather:1", "name": "get_weather", "args": {"city": "Rome"}},
]


def without_index(blocks: Any) -> list[dict[str, Any]]:
    return [{name: value for name, value in b.items() if name != "index"} for b in blocks]


@pytest.mark.parametrize("version", ["v0", "v1"])
@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
def test_reasoning_text_and_calls_stay_apart(
    server: MoonshotSimulator,
    make: MakeModel,
    version: str,
    streamed: bool,
) -> None:
    """In v1 streams of five peers the call is merged into the reasoning block and disappears."""
    server.reply(REPLY)
    model = make(output_version=version)
    if streamed:
        first, *others = model.stream("Go.")
        message: AIMessage = add_ai_message_chunks(first, *others)
    else:
        message = model.invoke("Go.")
    assert without_index(message.content_blocks) == BLOCKS
    if version == "v1":
        assert without_index(message.content) == BLOCKS
    else:
        assert message.content == "I look."
    assert message.additional_kwargs["reasoning_content"] == "Two cities."


def test_indices_of_v1_chunks_are_names(server: MoonshotSimulator, make: MakeModel) -> None:
    server.reply(REPLY)
    chunks = list(make(output_version="v1").stream("Go."))
    indices = {block["index"] for chunk in chunks for block in chunk.content}  # type: ignore[index]
    assert indices == {"lc_reasoning", "lc_text", "lc_tc_0", "lc_tc_1"}


def test_the_environment_may_ask_for_v1(
    server: MoonshotSimulator, make: MakeModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_OUTPUT_VERSION", "v1")
    server.reply(REPLY)
    assert make().invoke("Go.").content == BLOCKS


@pytest.mark.parametrize("version", ["v0", "v1"])
def test_the_event_stream_of_langchain_has_all_of_it(
    server: MoonshotSimulator, make: MakeModel, version: str
) -> None:
    server.reply(REPLY)
    stream = make(output_version=version).stream_events("Go.", version="v3")
    message = stream.output
    assert [call["args"] for call in message.tool_calls] == [{"city": "Paris"}, {"city": "Rome"}]
    assert message.text == "I look."
    kinds = [block["type"] for block in message.content_blocks]
    assert kinds == ["reasoning", "text", "tool_call", "tool_call"]


DATA = "aGk="
PICTURE = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{DATA}"}}
USER_BLOCKS: dict[str, tuple[Any, Any]] = {
    "text": ([{"type": "text", "text": "Hi "}, {"type": "text", "text": "there"}], "Hi there"),
    "strings": (["Hi ", "there"], "Hi there"),
    "picture": (
        [
            {"type": "image", "base64": DATA, "mime_type": "image/png"},
            {"type": "text", "text": "?"},
        ],
        [PICTURE, {"type": "text", "text": "?"}],
    ),
    "picture-as-openai-writes-it": ([PICTURE], [PICTURE]),
    "picture-as-anthropic-writes-it": (
        [
            {
                "type": "image",
                "source": {"type": "base64", "media_type": "image/png", "data": DATA},
            }
        ],
        [PICTURE],
    ),
    "uploaded-picture": (
        [{"type": "image", "file_id": "file_1"}],
        [{"type": "image_url", "image_url": {"url": "ms://file_1"}}],
    ),
    "video": (
        [{"type": "video", "base64": DATA, "mime_type": "video/mp4"}],
        [{"type": "video_url", "video_url": {"url": f"data:video/mp4;base64,{DATA}"}}],
    ),
    "uploaded-video": (
        [{"type": "video", "file_id": "ms://file_2"}],
        [{"type": "video_url", "video_url": {"url": "ms://file_2"}}],
    ),
    "video-by-url": (
        [{"type": "video", "url": "data:video/mp4;base64,AAAA"}],
        [{"type": "video_url", "video_url": {"url": "data:video/mp4;base64,AAAA"}}],
    ),
}


@pytest.mark.parametrize(("content", "sent"), USER_BLOCKS.values(), ids=USER_BLOCKS)
def test_blocks_of_a_user_are_sent_as_kimi_s_parts(
    make: MakeModel, content: Any, sent: Any
) -> None:
    message = HumanMessage(content)
    before = message.model_copy(deep=True)
    payload = make()._get_request_payload([message])
    assert payload["messages"] == [{"role": "user", "content": sent}]
    assert message == before


def test_a_picture_in_a_tool_result_is_sent(server: MoonshotSimulator, make: MakeModel) -> None:
    call = {"type": "tool_call", "name": "look", "args": {}, "id": "look:0"}
    result = ToolMessage(
        [{"type": "image", "base64": DATA, "mime_type": "image/png"}], tool_call_id="look:0"
    )
    make().invoke([HumanMessage("Look."), AIMessage("", tool_calls=[call]), result])
    assert server.requests[-1].body["messages"][2]["content"] == [PICTURE]


OTHER_MESSAGES: dict[str, tuple[BaseMessage, dict[str, Any]]] = {
    "system": (SystemMessage("Be kind."), {"role": "system", "content": "Be kind."}),
    "developer": (
        SystemMessage("Be kind.", additional_kwargs={"__openai_role__": "developer"}),
        {"role": "system", "content": "Be kind."},
    ),
    "named": (HumanMessage("Hi", name="ada"), {"role": "user", "content": "Hi", "name": "ada"}),
    "any-role": (ChatMessage("Hi", role="user"), {"role": "user", "content": "Hi"}),
    "answer-in-blocks": (
        AIMessage([{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]),
        {"role": "assistant", "content": "ab"},
    ),
    "partial": (
        AIMessage("Once upon", additional_kwargs={"partial": True}),
        {"role": "assistant", "content": "Once upon", "partial": True},
    ),
}


@pytest.mark.parametrize(("message", "sent"), OTHER_MESSAGES.values(), ids=OTHER_MESSAGES)
def test_other_messages(make: MakeModel, message: BaseMessage, sent: dict[str, Any]) -> None:
    assert make()._get_request_payload([message])["messages"] == [sent]
