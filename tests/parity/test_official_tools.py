"""Tools that Moonshot hosts, in an agent of each framework on the simulated server.

Owns: that an agent calls one, runs it at Moonshot over the model's own key, and goes on; and that
``$web_search`` is a loop that works. What the routes say is in core/test_official_tools.py.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

pytest.importorskip("langchain", reason="langchain itself is not a dependency of the adapter")
pytest.importorskip("llama_index.core", reason="parity needs both frameworks")

from langchain.agents import create_agent
from llama_index.core.agent.workflow import FunctionAgent

import langchain_kimi
import llama_index_kimi
from kimi_core.testing import MoonshotSimulator, SimulatedReply, SimulatedToolCall

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = pytest.mark.filterwarnings(
    # Workflows look at every attribute of an agent, the deprecated ones of pydantic too.
    "ignore::pydantic.warnings.PydanticDeprecationWarning"
)

QUERY = '{"query":"Kimi","n": 1}'


class Framework(NamedTuple):
    """One adapter: its class, its official tools, and an agent that answers a question."""

    name: str
    package: Any
    ask: Callable[[Any, list[Any], str], str]


def langchain(llm: Any, tools: list[Any], question: str) -> str:
    answer = create_agent(llm, tools).invoke({"messages": [("human", question)]})
    return str(answer["messages"][-1].text)


def langchain_async(llm: Any, tools: list[Any], question: str) -> str:
    agent = create_agent(llm, tools)
    answer = asyncio.run(agent.ainvoke({"messages": [("human", question)]}))
    return str(answer["messages"][-1].text)


def llama_index(llm: Any, tools: list[Any], question: str) -> str:
    async def run() -> str:
        return str(await FunctionAgent(tools=tools, llm=llm).run(question))

    return asyncio.run(run())


FRAMEWORKS = [
    Framework("langchain", langchain_kimi, langchain),
    Framework("langchain-async", langchain_kimi, langchain_async),
    Framework("llama-index", llama_index_kimi, llama_index),
]
both = pytest.mark.parametrize("framework", FRAMEWORKS, ids=lambda one: one.name)


@pytest.fixture
def server() -> Iterator[MoonshotSimulator]:
    with MoonshotSimulator() as running:
        yield running


def make(framework: Framework, server: MoonshotSimulator, **settings: Any) -> Any:
    key, url = server.api_key, server.base_url
    return framework.package.ChatKimiK2(endpoint="moonshot", api_key=key, base_url=url, **settings)


def calling(name: str, arguments: Any) -> SimulatedReply:
    return SimulatedReply(tool_calls=[SimulatedToolCall(name, arguments)], reasoning="Hm.")


@both
@pytest.mark.parametrize(
    ("name", "function", "arguments", "said"),
    [
        ("web-search", "web_search", {"query": "Kimi"}, "<<"),
        ("fetch", "fetch", {"url": "https://kimi.com"}, "Simulated fetch"),
        ("code-runner", "code_runner", {"code": "1"}, "Simulated code_runner"),
        ("moonshot/date:latest", "date", {"operation": "now"}, "Simulated date"),
        ("base64", "base64_decode", {"data": "eA=="}, "Simulated base64_decode"),
        # The tool fails, and the model is told.
        ("fetch", "fetch", {"url": "https://a.invalid"}, "the host was not found"),
    ],
    ids=["web-search", "fetch", "code-runner", "uri", "several-functions", "failure"],
)
def test_an_agent_runs_an_official_tool_at_moonshot(
    framework: Framework,
    server: MoonshotSimulator,
    name: str,
    function: str,
    arguments: Any,
    said: str,
) -> None:
    llm = make(framework, server)
    tools = framework.package.official_tools(name, llm=llm)
    server.reply(calling(function, arguments), SimulatedReply(content="Done."))
    assert framework.ask(llm, tools, "Do it.") == "Done."
    assert server.refusals == []
    sent = server.requests[-1].body
    assert function in [tool["function"]["name"] for tool in sent["tools"]]
    assert said in sent["messages"][-1]["content"]
    [ran] = [one.body for one in server.requests if one.path.endswith("/fibers")]
    assert ran["name"] == function
    llm.close()


@both
@pytest.mark.parametrize("model", ["kimi-k2.6", "kimi-k3"])
@pytest.mark.parametrize("beside", [True, False], ids=["beside-others", "alone"])
def test_web_search_is_a_loop_that_works(
    framework: Framework, server: MoonshotSimulator, model: str, beside: bool
) -> None:
    """The model was told that $web_search is not a valid tool; now it gets its words back."""
    llm = make(framework, server, model=model)
    names = ["$web_search", "date"] if beside else ["$web_search"]
    tools = framework.package.official_tools(*names, llm=llm)
    server.reply(calling("$web_search", QUERY), SimulatedReply(content="Found."))
    assert framework.ask(llm, tools, "Search.") == "Found."
    assert server.refusals == []
    sent = server.requests[-1].body
    assert sent["tools"][0] == {"type": "builtin_function", "function": {"name": "$web_search"}}
    assert sent["messages"][-1]["content"] == QUERY
    # kimi-k2.6 searches only where it does not think.
    assert sent.get("thinking") == ({"type": "disabled"} if model == "kimi-k2.6" else None)
    llm.close()


@both
def test_the_key_of_the_settings_serves_as_well(
    framework: Framework, server: MoonshotSimulator
) -> None:
    settings = {"api_key": server.api_key, "base_url": server.base_url}
    [tool] = framework.package.official_tools("fetch", **settings)
    [again] = asyncio.run(framework.package.aofficial_tools("fetch", **settings))
    names = [getattr(one, "name", None) or one.metadata.name for one in (tool, again)]
    assert names == ["fetch", "fetch"]
    fields = getattr(tool, "args_schema", None) or tool.metadata.get_parameters_dict()
    assert list(fields["properties"]) == ["url"]
    with pytest.raises(ValueError, match="llm= brings its own connection"):
        framework.package.official_tools("fetch", llm=make(framework, server), **settings)
