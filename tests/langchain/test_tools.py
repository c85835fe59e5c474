"""Tools: what may be bound, what is sent, and what a forced choice becomes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from langchain_core.tools import BaseTool, tool
from pydantic import BaseModel, Field
from typing_extensions import TypedDict

from kimi_core.errors import KimiConfigError
from langchain_kimi import ChatKimiK2

if TYPE_CHECKING:
    from kimi_core.testing import MoonshotSimulator
    from tests.langchain.conftest import MakeModel


def get_weather(city: str) -> str:
    """Get the weather of a city."""
    return f"{city}: sunny"


class GetTime(BaseModel):
    """Get the time of a city."""

    city: str = Field(description="The city.")


class GetPopulation(TypedDict):
    """Get the population of a city."""

    city: str


@tool
def get_river(city: str) -> str:
    """Get the river of a city."""
    return f"{city}: none"


SEARCH = {"type": "builtin_function", "function": {"name": "$web_search"}}
AS_DICT = {
    "type": "function",
    "function": {
        "name": "get_mayor",
        "description": "Get the mayor.",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
    },
}


@pytest.mark.parametrize(
    ("bound", "name"),
    [
        (get_weather, "get_weather"),
        (GetTime, "GetTime"),
        (GetPopulation, "GetPopulation"),
        (get_river, "get_river"),
        (AS_DICT, "get_mayor"),
        (SEARCH, "$web_search"),
        ("$web_search", "$web_search"),
    ],
    ids=["function", "pydantic", "typed-dict", "base-tool", "dict", "builtin", "builtin-by-name"],
)
def test_whatever_langchain_calls_a_tool_is_accepted(
    server: MoonshotSimulator, make: MakeModel, bound: Any, name: str
) -> None:
    make().bind_tools([bound]).invoke("Go.")
    (sent,) = server.requests[-1].body["tools"]
    assert sent["function"]["name"] == name
    assert sent["type"] == ("builtin_function" if name.startswith("$") else "function")
    assert "tool_choice" not in server.requests[-1].body


@pytest.mark.parametrize(
    ("settings", "sent"),
    [
        ({}, {}),
        ({"parallel_tool_calls": False}, {"parallel_tool_calls": False}),
        ({"tool_choice": "auto"}, {"tool_choice": "auto"}),
        ({"tool_choice": "none"}, {"tool_choice": "none"}),
        ({"tool_choice": False}, {}),
    ],
    ids=str,
)
def test_only_what_was_set_is_sent(settings: dict[str, Any], sent: dict[str, Any]) -> None:
    """At a server without Moonshot's rules, which has no field for parallel_tool_calls."""
    model = ChatKimiK2(endpoint="sglang", model="kimi-k2-instruct")
    bound: Any = model.bind_tools([get_weather], **settings)
    payload = bound.bound._get_request_payload("Go.", **bound.kwargs)
    assert payload.keys() - {"model", "messages", "tools"} == sent.keys()
    assert {name: payload[name] for name in sent} == sent


@pytest.mark.parametrize("strict", [None, True, False])
def test_strict_is_sent_with_the_tool_where_it_is_set(make: MakeModel, strict: Any) -> None:
    bound: Any = make().bind_tools([get_weather], strict=strict)
    assert bound.kwargs["tools"][0]["function"].get("strict") is strict


NAMED = {"type": "function", "function": {"name": "get_weather"}}
DISABLED = {"type": "disabled"}


@pytest.mark.parametrize("tool_choice", ["any", "required", True, "get_weather", NAMED], ids=str)
@pytest.mark.parametrize(
    ("model", "choice", "thinking"),
    [
        ("kimi-k2.6", NAMED, DISABLED),  # a forced choice against thinking is a 400
        ("kimi-k3", "required", None),  # it takes "required" and no name; one tool says the same
    ],
)
def test_a_forced_choice_of_one_tool_is_kept(
    server: MoonshotSimulator,
    make: MakeModel,
    model: str,
    tool_choice: Any,
    choice: Any,
    thinking: Any,
) -> None:
    answer = make(model=model).bind_tools([get_weather], tool_choice=tool_choice).invoke("Go.")
    assert [call["name"] for call in answer.tool_calls] == ["get_weather"]
    body = server.requests[-1].body
    assert (body["tool_choice"], body.get("thinking")) == (choice, thinking)


@pytest.mark.parametrize("tool_choice", ["any", "required", True, "get_weather", NAMED], ids=str)
def test_a_forced_choice_that_thinking_forbids_is_given_up_with_a_warning(
    server: MoonshotSimulator, make: MakeModel, tool_choice: Any
) -> None:
    bound = make(model="kimi-k2.7-code").bind_tools([get_weather], tool_choice=tool_choice)
    with pytest.warns(UserWarning, match="incompatible with thinking"):
        bound.invoke("Go.")
    assert server.requests[-1].body["tool_choice"] == "auto"
    assert server.refusals == []


@pytest.mark.parametrize("endpoint", ["openrouter", "vllm", "tensorrt-llm"])
@pytest.mark.parametrize(
    ("tool_choice", "sent"),
    [("any", "required"), (True, "required"), ("get_weather", NAMED), (NAMED, NAMED)],
    ids=str,
)
def test_other_servers_are_asked_as_openai_s_api_is(
    endpoint: str, tool_choice: Any, sent: Any
) -> None:
    model = ChatKimiK2(endpoint=endpoint, model="kimi-k2.6", api_key="sk-made-up")
    bound: Any = model.bind_tools([get_weather], tool_choice=tool_choice)
    assert bound.bound._get_request_payload("Go.", **bound.kwargs)["tool_choice"] == sent


def test_a_choice_of_no_tool_fails_when_asked_and_not_when_bound(make: MakeModel) -> None:
    """``with_fallbacks`` and the conformance suite bind first; an error there has no fallback."""
    bound = make().bind_tools([get_weather], tool_choice="get_wether")
    with pytest.raises(KimiConfigError, match="get_wether"):
        bound.invoke("Go.")


def test_a_schema_for_answers_without_calls_can_be_bound_too(
    server: MoonshotSimulator, make: MakeModel
) -> None:
    make().bind_tools([get_weather], response_format=GetTime).invoke("Go.")
    sent = server.requests[-1].body["response_format"]
    assert sent["type"] == "json_schema"
    assert sent["json_schema"]["name"] == "GetTime"


def test_the_tools_of_the_agent_loop_are_called(make: MakeModel) -> None:
    """A bound `BaseTool` runs on the calls that come back."""
    bound = make().bind_tools([get_river])
    (call,) = bound.invoke("Which river?").tool_calls
    river: BaseTool = get_river
    assert river.invoke(call).tool_call_id == call["id"]
