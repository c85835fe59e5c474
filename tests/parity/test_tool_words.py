"""Tools in the words of other APIs are the caller's functions, or are refused before the request.

Owns: that no tool which another provider runs is taken for a function of the caller's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

pytest.importorskip("langchain_openai", reason="parity needs both frameworks")
pytest.importorskip("llama_index.core", reason="parity needs both frameworks")

from llama_index.core.llms import ChatMessage
from llama_index.core.tools import FunctionTool

from kimi_core.errors import KimiConfigError
from kimi_core.testing import MoonshotSimulator
from langchain_kimi import ChatKimiK2 as LangChainKimi
from llama_index_kimi import ChatKimiK2 as LlamaIndexKimi

if TYPE_CHECKING:
    from collections.abc import Iterator

adapters = pytest.mark.parametrize("kind", [LangChainKimi, LlamaIndexKimi])
CITY: dict[str, Any] = {
    "type": "object",
    "properties": {"city": {"type": "string"}},
    "required": ["city"],
}


@pytest.fixture
def server() -> Iterator[MoonshotSimulator]:
    with MoonshotSimulator() as running:
        yield running


def offer(kind: Any, server: MoonshotSimulator, tools: list[Any], **call: Any) -> None:
    llm = kind(endpoint="moonshot", base_url=server.base_url, api_key=server.api_key)
    if kind is LangChainKimi:
        llm.bind_tools(tools).invoke("Hi", **call)
    else:
        llm.chat_with_tools(tools, "Hi", **call)


@adapters
@pytest.mark.parametrize(
    "tool",
    [
        {"type": "function", "name": "f", "description": "d", "parameters": CITY},
        {"type": "function", "name": "f", "description": "d", "parameters": CITY, "strict": None},
        {"name": "f", "description": "d", "input_schema": CITY},
        {"type": "custom", "name": "f", "description": "d", "input_schema": CITY},
        {"name": "f", "description": "d", "parameters": CITY},
    ],
    ids=["responses", "responses-strict", "anthropic", "anthropic-custom", "bare"],
)
def test_a_function_in_other_words_is_one(
    kind: Any, server: MoonshotSimulator, tool: dict[str, Any]
) -> None:
    offer(kind, server, [tool])
    function = {"name": "f", "description": "d", "parameters": CITY}
    assert server.requests[-1].body["tools"] == [{"type": "function", "function": function}]


@adapters
@pytest.mark.parametrize(
    "tool",
    [
        {"type": "web_search_preview"},
        {"type": "web_search_20250305", "name": "web_search", "max_uses": 3},
        {"type": "code_interpreter", "container": {"type": "auto"}},
        {"type": "mcp", "server_label": "x", "server_url": "https://mcp.example"},
    ],
    ids=lambda tool: tool["type"],
)
def test_what_another_provider_runs_is_refused_before_the_request(
    kind: Any, server: MoonshotSimulator, tool: dict[str, Any]
) -> None:
    """Anthropic's search was sent as a function of the caller's, which nobody ran."""
    with pytest.raises(KimiConfigError) as caught:
        offer(kind, server, [tool])
    assert str(caught.value) == (
        f"tools[0] of type {tool['type']!r} is a tool that another provider runs, which Moonshot "
        "does not know; hand in a function of yours, or one of official_tools(...), such as "
        "'web-search', 'fetch' and 'code-runner'."
    )
    assert server.requests == []


@adapters
def test_elsewhere_it_is_the_servers_affair(kind: Any) -> None:
    tool = {"type": "openrouter:web_search", "name": "search"}
    llm = kind(endpoint="openrouter", api_key="k")
    if kind is LangChainKimi:
        payload = llm._get_request_payload("Hi", tools=[tool])
    else:
        payload = llm._asked([ChatMessage("Hi")], {"tools": [tool]}, None)[0].payload
    assert payload["tools"] == [tool]


@adapters
def test_a_name_alone_is_a_function_of_moonshots_own(kind: Any, server: MoonshotSimulator) -> None:
    offer(kind, server, ["$web_search"])
    [tool] = server.requests[-1].body["tools"]
    assert tool == {"type": "builtin_function", "function": {"name": "$web_search"}}
    with pytest.raises(KimiConfigError, match=r"'web-search' is a name.* official_tools\('web-se"):
        offer(kind, server, ["web-search"])


def weather(city: str) -> str:
    """Say the weather."""
    return city


def test_llama_indexs_tools_may_be_said_in_a_call(server: MoonshotSimulator) -> None:
    """They were an AttributeError."""
    tool = FunctionTool.from_defaults(weather)
    llm = LlamaIndexKimi(endpoint="moonshot", base_url=server.base_url, api_key=server.api_key)
    llm.chat([ChatMessage("Hi")], tools=[tool])
    [sent] = server.requests[-1].body["tools"]
    assert sent["function"]["name"] == "weather"


def test_langchains_have_to_be_bound(server: MoonshotSimulator) -> None:
    llm = LangChainKimi(endpoint="moonshot", base_url=server.base_url, api_key=server.api_key)
    with pytest.raises(
        KimiConfigError, match=r"tools\[0\] is of type function; hand it to bind_to"
    ):
        llm.invoke("Hi", tools=[weather])
