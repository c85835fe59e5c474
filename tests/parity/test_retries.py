"""A call that cannot be run is asked for again, and no agent ends in silence.

Owns: what both frameworks' users see of it, against the simulator of Moonshot's rules, which
refuses a conversation that the API would refuse.
"""

from __future__ import annotations

import asyncio
from functools import reduce
from operator import add
from typing import TYPE_CHECKING, Any

import pytest

from kimi_core.endpoints import vllm
from kimi_core.errors import KimiToolCallError
from kimi_core.testing import MoonshotSimulator, SimulatedReply, SimulatedToolCall

pytest.importorskip("langchain_openai", reason="parity needs both frameworks")
pytest.importorskip("llama_index.core", reason="parity needs both frameworks")
pytest.importorskip("langchain.agents", reason="agents are LangChain's own")

from langchain.agents import create_agent
from llama_index.core.agent.workflow import FunctionAgent
from llama_index.core.llms import ChatMessage
from llama_index.core.tools import FunctionTool

import langchain_kimi
import llama_index_kimi

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.filterwarnings("ignore::pydantic.warnings.PydanticDeprecationWarning")

WAYS = ["whole", "streamed", "async", "async streamed"]
MOVE: dict[str, Any] = {
    "type": "function",
    "function": {
        "name": "move",
        "parameters": {
            "type": "object",
            "properties": {"to": {"type": "string"}, "steps": {"type": "integer"}},
            "required": ["to", "steps"],
            "additionalProperties": False,
        },
    },
}
RIGHT = '{"to": "north", "steps": 6}'
OTHER = '{"to": "south", "steps": 1}'
# What is said first -> what is run in the end, where the second answer is right.
WRONG: dict[str, list[tuple[str, str]]] = {
    "a value": [("move", '{"to": "north", "steps": "six"}')],
    "a missing value": [("move", '{"to": "north"}')],
    "an undeclared tool": [("walk", RIGHT)],
    "a cut call": [("move", '{"to": "nor')],
    "a wrong one behind a right one": [
        ("move", OTHER),
        ("move", '{"to": "north", "steps": "six"}'),
    ],
    "a right one behind a wrong one": [
        ("move", '{"to": "north", "steps": "six"}'),
        ("move", OTHER),
    ],
}
both = pytest.mark.parametrize(
    "module", [langchain_kimi, llama_index_kimi], ids=["langchain", "llama_index"]
)
ways = pytest.mark.parametrize("way", WAYS)


@pytest.fixture
def server() -> Iterator[MoonshotSimulator]:
    with MoonshotSimulator() as running:
        yield running


def saying(*calls: tuple[str, str], content: str = "I move.", **options: Any) -> SimulatedReply:
    made = [SimulatedToolCall(name, text) for name, text in calls]
    return SimulatedReply(content=content, reasoning="Hm.", tool_calls=made, **options)


def model(module: Any, server: MoonshotSimulator, **settings: Any) -> Any:
    return module.ChatKimiK2(
        endpoint="moonshot",
        base_url=server.base_url,
        api_key=server.api_key,
        model="kimi-k2.6",
        **settings,
    )


def ask(llm: Any, way: str) -> tuple[str, str, list[dict[str, Any]], dict[str, Any], Any]:
    """Return content, reasoning, what is run, metadata, and the message or the response."""
    if isinstance(llm, langchain_kimi.ChatKimiK2):
        message = _langchain(llm.bind_tools([MOVE]), way)
        run = [call["args"] for call in message.tool_calls]
        thought = message.additional_kwargs["reasoning_content"]
        return message.text, thought, run, message.response_metadata, message
    response = _llama_index(llm, way)
    run = [
        call.tool_kwargs
        for call in llm.get_tool_calls_from_response(response, error_on_no_tool_call=False)
    ]
    thought = response.message.blocks[0].content
    return response.message.content, thought, run, response.raw, response


def _langchain(bound: Any, way: str) -> Any:
    async def pieces() -> list[Any]:
        return [chunk async for chunk in bound.astream("Go.")]

    if way == "whole":
        return bound.invoke("Go.")
    if way == "async":
        return asyncio.run(bound.ainvoke("Go."))
    return reduce(add, bound.stream("Go.") if way == "streamed" else asyncio.run(pieces()))


def _llama_index(llm: Any, way: str) -> Any:
    messages = [ChatMessage("Go.")]

    async def last() -> Any:
        return [piece async for piece in await llm.astream_chat(messages, tools=[MOVE])][-1]

    if way == "whole":
        return llm.chat(messages, tools=[MOVE])
    if way == "async":
        return asyncio.run(llm.achat(messages, tools=[MOVE]))
    streamed = way == "streamed"
    return list(llm.stream_chat(messages, tools=[MOVE]))[-1] if streamed else asyncio.run(last())


@both
@ways
@pytest.mark.parametrize("said", WRONG.values(), ids=WRONG)
def test_a_second_answer_that_is_right_is_run_and_the_first_is_not_told_twice(
    server: MoonshotSimulator, module: Any, way: str, said: list[tuple[str, str]]
) -> None:
    right = [("move", OTHER if text == OTHER else RIGHT) for _, text in said]
    server.reply(saying(*said), saying(*right, content="I try again."))
    content, thought, run, metadata, answer = ask(model(module, server), way)
    meant = [eval(text) for _, text in right]  # noqa: S307 - of this file
    assert sorted(run, key=str) == sorted(meant, key=str)
    assert (content, thought) == ("I move.", "Hm.")
    assert server.refusals == []
    first, second = (request.body for request in server.requests)
    assert second["messages"][: len(first["messages"])] == first["messages"]
    turn, *results = second["messages"][len(first["messages"]) :]
    assert turn["role"] == "assistant"
    assert turn["reasoning_content"] == "Hm."
    assert [call["id"] for call in turn["tool_calls"]] == [one["tool_call_id"] for one in results]
    assert all("\n" not in one["content"] for one in results)
    used = metadata["usage_of_requests"]
    total = sum(one["total_tokens"] for one in used)
    assert len(used) == 2
    whole = getattr(answer, "usage_metadata", None) or metadata["usage"]
    assert whole["total_tokens"] == total


@both
@ways
@pytest.mark.parametrize("retries", [0, 1, 3])
def test_a_server_that_stays_wrong_is_asked_no_more_than_allowed(
    server: MoonshotSimulator, module: Any, way: str, retries: int
) -> None:
    server.reply(*[saying(("move", '{"to": "north", "steps": "six"}'))] * (retries + 1))
    llm = model(module, server, tool_call_retries=retries)
    if module is llama_index_kimi:
        with pytest.raises(KimiToolCallError, match="'six' is not of type 'integer'"):
            ask(llm, way)
    else:
        *_, message = ask(llm, way)
        assert message.tool_calls == []
        (bad,) = message.invalid_tool_calls
        assert "'six' is not of type 'integer'" in bad["error"]
    assert len(server.requests) == retries + 1
    assert server.refusals == []


@both
@ways
def test_a_request_that_fails_costs_nothing_but_itself(
    server: MoonshotSimulator, module: Any, way: str
) -> None:
    server.reply(
        saying(("move", OTHER), ("move", '{"to": "n"}')),
        SimulatedReply(error=(400, {"error": {"message": "no"}})),
    )
    llm = model(module, server)
    if module is llama_index_kimi:
        with pytest.raises(KimiToolCallError, match="'steps' is a required property"):
            ask(llm, way)
        return
    _, _, run, metadata, _ = ask(llm, way)
    assert run == [{"to": "south", "steps": 1}]
    assert "retry_failed" in [found["kind"] for found in metadata["diagnostics"]]


@ways
def test_a_repeated_call_does_not_stand_for_the_one_that_was_asked_for(
    server: MoonshotSimulator, way: str
) -> None:
    server.reply(saying(("move", OTHER), ("walk", RIGHT)), saying(("move", OTHER)))
    _, _, run, _, message = ask(model(langchain_kimi, server), way)
    assert run == [{"to": "south", "steps": 1}]
    assert [call["name"] for call in message.invalid_tool_calls] == ["walk"]


@both
@ways
def test_a_right_call_is_asked_for_once(server: MoonshotSimulator, module: Any, way: str) -> None:
    server.reply(saying(("move", RIGHT)))
    _, _, run, metadata, _ = ask(model(module, server), way)
    assert run == [{"to": "north", "steps": 6}]
    assert not {"diagnostics", "usage_of_requests"} & metadata.keys()


TEXTS = {
    "another model's markup": '<tool_call>{"name": "move", "arguments": {"to": "x"}}</tool_call>',
    "JSON alone": '{"name": "move", "arguments": {"to": "north", "steps": 6}}',
    "a bare call": 'move({"to": "north", "steps": 6})',
}


@both
@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_text_that_was_meant_as_a_call_is_asked_for_again(module: Any, text: str) -> None:
    with MoonshotSimulator(rules="none") as engine:
        engine.reply(saying(content=text), saying(("move", RIGHT), content=""))
        endpoint = vllm(engine.base_url, tool_call_parser="auto")
        llm = module.ChatKimiK2(endpoint=endpoint, model="kimi-k2-thinking", api_key=engine.api_key)
        content, _, run, _, _ = ask(llm, "streamed")
    assert run == [{"to": "north", "steps": 6}]
    assert content == text


@both
def test_text_in_a_fence_is_an_answer(module: Any) -> None:
    text = f"So:\n\n```\n{TEXTS['JSON alone']}\n```"
    with MoonshotSimulator(rules="none") as engine:
        engine.reply(saying(content=text))
        endpoint = vllm(engine.base_url, tool_call_parser="auto")
        llm = module.ChatKimiK2(
            endpoint=endpoint, model="moonshotai/Kimi-K2-Thinking", api_key=engine.api_key
        )
        assert ask(llm, "whole")[0] == text
        assert len(engine.requests) == 1


# -- agents ----------------------------------------------------------------------------------------


class Moving:
    """A tool, and where it was asked to go."""

    def __init__(self) -> None:
        self.done: list[tuple[str, int]] = []

    def move(self, to: str, steps: int) -> str:
        """Move somewhere."""
        self.done.append((to, steps))
        return "moved"


def run_agent(module: Any, llm: Any, moving: Moving, *, streaming: bool) -> str:
    if module is langchain_kimi:
        agent = create_agent(llm, [moving.move])
        given = {"messages": [("user", "Go.")]}
        if streaming:
            return str(
                [chunk for chunk, _ in agent.stream(given, stream_mode="messages")][-1].content
            )
        return str(agent.invoke(given)["messages"][-1].content)
    tools = [FunctionTool.from_defaults(moving.move)]

    async def run() -> Any:
        return await FunctionAgent(tools=tools, llm=llm, streaming=streaming).run("Go.")

    return str(asyncio.run(run()))


agents = pytest.mark.parametrize("streaming", [False, True], ids=["whole", "streaming"])


@both
@agents
def test_an_agent_goes_on_with_the_second_answer(
    server: MoonshotSimulator, module: Any, streaming: bool
) -> None:
    wrong, right = saying(("move", '{"to": "north", "steps": "six"}')), saying(("move", RIGHT))
    server.reply(wrong, right, SimulatedReply(content="There."))
    moving = Moving()
    run_agent(module, model(module, server), moving, streaming=streaming)
    assert moving.done == [("north", 6)]
    assert server.refusals == []
    assert len(server.requests) == 3
    # What went wrong is nobody's history: the last request holds one turn with one call.
    turns = [one for one in server.requests[-1].body["messages"] if one["role"] == "assistant"]
    assert len(turns) == 1


@both
@agents
def test_an_agent_ends_with_the_error_and_not_in_silence(
    server: MoonshotSimulator, module: Any, streaming: bool
) -> None:
    server.reply(*[saying(("move", '{"to": "north", "steps": "six"}'), content="")] * 2)
    moving = Moving()
    with pytest.raises(KimiToolCallError, match="'six' is not of type 'integer'") as caught:
        run_agent(module, model(module, server), moving, streaming=streaming)
    assert moving.done == []
    assert len(caught.value.partial.tool_calls) == 1


@agents
def test_what_can_be_run_keeps_an_agent_going(server: MoonshotSimulator, streaming: bool) -> None:
    """LangChain answers the call beside it in its own words."""
    mixed = saying(("move", OTHER), ("move", '{"to": "north", "steps": "six"}'))
    server.reply(mixed, saying(content="No."), SimulatedReply(content="There."))
    moving = Moving()
    run_agent(langchain_kimi, model(langchain_kimi, server), moving, streaming=streaming)
    assert moving.done == [("south", 1)]
    results = [one for one in server.requests[-1].body["messages"] if one["role"] == "tool"]
    assert len(results) == 2
