"""What a message brings with it: pictures of the web, and tools of a system message."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from langchain_core.load import dumps, load
from langchain_core.messages import (
    HumanMessage,
    SystemMessage,
    messages_from_dict,
    messages_to_dict,
)
from langchain_core.tools import tool
from langchain_core.utils.function_calling import convert_to_openai_tool
from pydantic import BaseModel

from kimi_core.errors import KimiConfigError
from kimi_core.testing import SimulatedReply
from langchain_kimi import ChatKimiK2, tools_message

if TYPE_CHECKING:
    from tests.langchain.conftest import MakeModel

URL = "https://example.org/a.png"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(16)
ASKED = [HumanMessage([{"type": "image_url", "image_url": {"url": URL}}])]


def sent_url(model: ChatKimiK2, **call: Any) -> str:
    payload = model._get_request_payload(ASKED, **call)
    return payload["messages"][0]["content"][0]["image_url"]["url"]


def test_a_picture_of_the_web_is_fetched_by_the_function_that_is_set() -> None:
    fetched: list[str] = []

    def fetch(url: str) -> bytes:
        fetched.append(url)
        return PNG

    model = ChatKimiK2(api_key="k", media_fetcher=fetch)
    assert sent_url(model).startswith("data:image/png;base64,")
    assert fetched == [URL]
    assert "media_fetcher" not in model._get_request_payload(ASKED)


def test_the_function_of_one_call_goes_first() -> None:
    def never(url: str) -> bytes:
        raise AssertionError(url)

    model = ChatKimiK2(api_key="k", media_fetcher=never)
    assert sent_url(model, media_fetcher=lambda _: PNG).startswith("data:image/png")


def test_without_one_the_error_names_it() -> None:
    with pytest.raises(KimiConfigError, match="media_fetcher"):
        sent_url(ChatKimiK2(api_key="k"))


def test_the_function_is_in_no_dump_and_no_trace() -> None:
    model = ChatKimiK2(api_key="k", media_fetcher=lambda _: PNG)
    shown = [
        dumps(model),
        str(model.model_dump()),
        repr(model),
        str(model._get_invocation_params()),
    ]
    assert not any("media_fetcher" in each for each in shown)


def get_weather(city: str) -> str:
    """Get the weather of a city."""
    return city


def test_a_system_message_brings_tools_to_kimi_k3() -> None:
    brings = SystemMessage("", additional_kwargs={"tools": [get_weather]})
    payload = ChatKimiK2(api_key="k", model="kimi-k3")._get_request_payload(
        [HumanMessage("Go."), brings]
    )
    message = payload["messages"][1]
    assert message.keys() == {"role", "tools"}
    assert [tool["function"]["name"] for tool in message["tools"]] == ["get_weather"]


@pytest.mark.parametrize(
    "parts",
    [
        ["a", "b"],
        [{"type": "text", "text": "a", "id": "x"}, "b"],
        [{"type": "text", "text": "ab", "index": 0, "annotations": []}],
    ],
    ids=["strings", "with-an-id", "as-streamed"],
)
def test_parts_of_text_alone_are_sent_as_one_string(parts: list[Any]) -> None:
    """Many chat templates of engines take nothing else."""
    payload = ChatKimiK2(endpoint="vllm", model="kimi-k2")._get_request_payload(
        [HumanMessage(parts)]
    )
    assert payload["messages"] == [{"role": "user", "content": "ab"}]


@tool
def get_time(zone: str) -> str:
    """Get the time of a zone."""
    return zone


class GetNews(BaseModel):
    """Get the news of a day."""

    day: str


BUILTIN = {"type": "builtin_function", "function": {"name": "$web_search"}}
KINDS: list[Any] = [get_weather, get_time, GetNews, BUILTIN, convert_to_openai_tool(get_time)]


def through_msgpack(message: SystemMessage) -> Any:
    serde = pytest.importorskip("langgraph.checkpoint.serde.jsonplus").JsonPlusSerializer()
    return serde.loads_typed(serde.dumps_typed(message))


def through_json(message: SystemMessage) -> Any:
    return load(json.loads(dumps(message)), allowed_objects=[SystemMessage])


def through_dicts(message: SystemMessage) -> Any:
    return messages_from_dict(json.loads(json.dumps(messages_to_dict([message]))))[0]


@pytest.mark.parametrize("kept", [through_msgpack, through_json, through_dicts])
@pytest.mark.parametrize("brought", KINDS, ids=["function", "tool", "class", "builtin", "dict"])
@pytest.mark.filterwarnings("ignore:The function `load` is in beta")
def test_a_message_that_was_written_down_brings_the_same(kept: Any, brought: Any) -> None:
    llm = ChatKimiK2(api_key="k", model="kimi-k3")
    direct = SystemMessage("", additional_kwargs={"tools": [brought]})
    sent = llm._get_request_payload([HumanMessage("Go."), direct])
    again = kept(tools_message([brought]))
    assert llm._get_request_payload([HumanMessage("Go."), again]) == sent
    assert direct.additional_kwargs["tools"] == [brought]


def test_a_tool_that_was_lost_is_told() -> None:
    written = json.loads(dumps(SystemMessage("", additional_kwargs={"tools": [get_time]})))
    lost = SystemMessage("", additional_kwargs=written["kwargs"]["additional_kwargs"])
    with pytest.raises(KimiConfigError, match=r"get_time.*langchain_kimi\.tools_message"):
        ChatKimiK2(api_key="k", model="kimi-k3")._get_request_payload([lost])


def test_a_graph_keeps_the_tools_that_were_brought(make: MakeModel, server: Any) -> None:
    agents = pytest.importorskip("langchain.agents")
    memory = pytest.importorskip("langgraph.checkpoint.memory").InMemorySaver()
    server.reply(SimulatedReply(content="One."), SimulatedReply(content="Two."))
    agent = agents.create_agent(make(model="kimi-k3"), checkpointer=memory)
    thread: Any = {"configurable": {"thread_id": "1"}}
    agent.invoke({"messages": [HumanMessage("Hi"), tools_message([get_time])]}, thread)
    agent.invoke({"messages": [HumanMessage("Again.")]}, thread)
    first, second = (request.body["messages"][1] for request in server.requests)
    assert first == second
    assert [each["function"]["name"] for each in second["tools"]] == ["get_time"]
