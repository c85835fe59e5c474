"""Damaged calls are never run: by no agent, no program, and from no form of a message.

Owns: every way in which LlamaIndex comes from a response to a tool. What is damaged is the core's
table; that both adapters say the same of it stands in tests/parity/test_damaged.py.
"""

from __future__ import annotations

import asyncio
import pickle
from typing import TYPE_CHECKING, Any

import pytest
from llama_index.core.agent.workflow import AgentStream, AgentWorkflow, FunctionAgent
from llama_index.core.base.llms.types import ChatMessage, ChatResponse, TextBlock, ToolCallBlock
from llama_index.core.prompts import PromptTemplate
from llama_index.core.tools import FunctionTool
from pydantic import BaseModel

from kimi_core.errors import KimiToolCallError
from tests.llama_index.scripted_server import ScriptedServer, answer, chunks, tool_call

if TYPE_CHECKING:
    from collections.abc import Callable

    from llama_index_kimi import ChatKimiK2

# Workflows look at every attribute of an agent, the deprecated ones of pydantic too.
pytestmark = pytest.mark.filterwarnings("ignore::pydantic.warnings.PydanticDeprecationWarning")

DAMAGED = {
    "cut": ('{"path": "/home/u', "was cut off"),
    "a trailing comma": ('{"path": "/home",}', "are not JSON"),
    "another language": ("{'path': '/home'}", "are not JSON"),
    "an unknown escape": ('{"path": "\\x41"}', "are not JSON"),
    "two objects": ('{"path": "/home"}{"path": "/data"}', "more text behind it"),
    "a list": ('["/home"]', "an array"),
    "null": ("null", "null"),
}
damaged = pytest.mark.parametrize(("text", "words"), DAMAGED.values(), ids=DAMAGED)


DELETE = {"type": "function", "function": {"name": "delete_path", "parameters": {}}}


class Deleting:
    """A tool that could do harm, and what it was asked to delete."""

    def __init__(self) -> None:
        self.paths: list[str] = []
        self.tool = FunctionTool.from_defaults(self.delete_path)

    def delete_path(self, path: str = "/") -> str:
        """Delete everything below a path."""
        self.paths.append(path)
        return "deleted"


@pytest.fixture
def llm(make_llm: Callable[..., ChatKimiK2]) -> ChatKimiK2:
    """One that mends nothing and asks once; the rest is in tests/parity/test_retries.py."""
    return make_llm(tool_call_policy="strict", tool_call_retries=0)


@pytest.fixture
def deleting() -> Deleting:
    return Deleting()


def say(server: ScriptedServer, text: str, *, streaming: bool, finish: str | None = None) -> None:
    call = tool_call("delete_path", text)
    whole = answer("I delete.", reasoning="Hm.", calls=[call], finish_reason=finish)
    if streaming:
        server.stream(chunks(whole))
    else:
        server.json(whole)


@damaged
@pytest.mark.parametrize("way", ["agent", "streaming agent", "workflow", "streaming workflow"])
def test_an_agents_run_ends_with_the_error(
    llm: ChatKimiK2, server: ScriptedServer, deleting: Deleting, text: str, words: str, way: str
) -> None:
    """Nothing else would do: without a call, the answer would be the agent's last."""
    streaming = way.startswith("streaming")
    say(server, text, streaming=streaming)
    agent = FunctionAgent(tools=[deleting.tool], llm=llm, streaming=streaming)

    async def run() -> Any:
        return await (AgentWorkflow(agents=[agent]) if "workflow" in way else agent).run("Go.")

    with pytest.raises(KimiToolCallError, match=words) as caught:
        asyncio.run(run())

    said = caught.value.partial
    assert (said.content, said.reasoning) == ("I delete.", "Hm.")
    assert [call.arguments for call in said.tool_calls] == [text]
    assert pickle.loads(pickle.dumps(caught.value)).partial == said  # noqa: S301 - our own
    assert deleting.paths == []
    assert len(server.bodies) == 1


def test_what_an_agent_saw_before_the_error_has_grown(
    llm: ChatKimiK2, server: ScriptedServer, deleting: Deleting
) -> None:
    """Parts of a stream are shown as far as they go; only the whole response is judged."""
    say(server, '{"path": "/home/u', streaming=True)

    async def run() -> list[Any]:
        handler = FunctionAgent(tools=[deleting.tool], llm=llm).run("Go.")
        seen = [event async for event in handler.stream_events() if isinstance(event, AgentStream)]
        with pytest.raises(KimiToolCallError):
            await handler
        return seen

    seen = asyncio.run(run())

    assert seen[-1].tool_calls[0].tool_kwargs == {"path": "/home/u"}
    assert deleting.paths == []


@damaged
@pytest.mark.parametrize("asynchronous", [False, True], ids=["sync", "async"])
def test_predict_and_call_runs_nothing(
    llm: ChatKimiK2,
    server: ScriptedServer,
    deleting: Deleting,
    text: str,
    words: str,
    asynchronous: bool,
) -> None:
    say(server, text, streaming=False)

    def predict() -> Any:
        if asynchronous:
            return asyncio.run(llm.apredict_and_call([deleting.tool], "Go."))
        return llm.predict_and_call([deleting.tool], "Go.")

    with pytest.raises(KimiToolCallError, match=words):
        predict()

    assert deleting.paths == []


@pytest.mark.parametrize("finish", ["length", "stop", "tool_calls"])
@pytest.mark.parametrize("streaming", [False, True], ids=["whole", "streamed"])
def test_a_call_that_was_cut_before_its_arguments_is_not_one_without(
    make_llm: Callable[..., ChatKimiK2],
    server: ScriptedServer,
    streaming: bool,
    finish: str,
) -> None:
    """Raw tokens that end behind a tool's id: the tool has defaults, and would run with them."""
    raw = "<|tool_calls_section_begin|><|tool_call_begin|>functions.delete_path:0"
    raw += "<|tool_call_argument_begin|>"
    whole = answer(raw, finish_reason=finish)
    if streaming:
        server.stream(chunks(whole))
    else:
        server.json(whole)
    llm = make_llm(endpoint="vllm", tool_call_parser="client")
    messages, tools = [ChatMessage("Go.")], [DELETE]
    if streaming:
        response = list(llm.stream_chat(messages, tools=tools))[-1]
    else:
        response = llm.chat(messages, tools=tools)

    with pytest.raises(KimiToolCallError, match="was cut off"):
        llm.get_tool_calls_from_response(response)


class Target(BaseModel):
    """What is to be deleted."""

    path: str = "/"


@damaged
@pytest.mark.parametrize("streaming", [False, True], ids=["whole", "streamed"])
def test_an_object_is_not_made_of_a_damaged_call(
    make_llm: Callable[..., ChatKimiK2],
    server: ScriptedServer,
    text: str,
    words: str,
    streaming: bool,
) -> None:
    call = answer(calls=[tool_call("Target", text)])
    if streaming:
        server.stream(chunks(call))
    else:
        server.json(call)
    llm = make_llm(endpoint="vllm", tool_call_policy="strict", tool_call_retries=0)
    prompt = PromptTemplate("What?")

    def predict() -> Any:
        if streaming:
            return list(llm.stream_structured_predict(Target, prompt))
        return llm.structured_predict(Target, prompt)

    with pytest.raises(KimiToolCallError, match=words):
        predict()


def message(form: str, text: str) -> ChatMessage:
    if form == "block":
        block = ToolCallBlock(tool_call_id="a:0", tool_name="a", tool_kwargs=text)
        return ChatMessage(role="assistant", blocks=[TextBlock(text="I delete."), block])
    calls = {"tool_calls": [tool_call("a", text)]}
    return ChatMessage(role="assistant", content="I delete.", additional_kwargs=calls)


@damaged
@pytest.mark.parametrize("form", ["block", "dict"])
@pytest.mark.parametrize(
    "raw",
    [None, {}, {"finish_reason": "tool_calls"}, object()],
    ids=["none", "empty", "another class's", "an object"],
)
def test_a_response_that_does_not_say_that_it_grows_is_whole(
    llm: ChatKimiK2, form: str, raw: Any, text: str, words: str
) -> None:
    """Also of older histories, whose calls are plain dicts, and of any other class."""
    response = ChatResponse(message=message(form, text), raw=raw)

    with pytest.raises(KimiToolCallError, match=words):
        llm.get_tool_calls_from_response(response)


@pytest.mark.parametrize("form", ["block", "dict"])
def test_a_whole_response_keeps_its_marks_without_its_raw_part(
    make_llm: Callable[..., ChatKimiK2], server: ScriptedServer, form: str
) -> None:
    """kimi-k3 writes argument by argument, so that a cut call can look whole."""
    argument = '<|open|>argument key="path" type="string"<|sep|>/home<|close|>argument<|sep|>'
    raw = f'<|open|>tools<|sep|><|open|>call tool="delete_path"<|sep|>{argument}'
    server.json(answer(raw, finish_reason="length"))
    llm = make_llm(endpoint="vllm", model="kimi-k3", tool_call_parser="client")
    whole = llm.chat([ChatMessage("Go.")], tools=[DELETE]).message
    if form == "dict":
        whole = ChatMessage(role="assistant", additional_kwargs=whole.additional_kwargs)

    with pytest.raises(KimiToolCallError, match="was cut off") as caught:
        llm.get_tool_calls_from_response(ChatResponse(message=whole))

    assert [call.arguments for call in caught.value.partial.tool_calls] == ['{"path":"/home"}']


def test_arguments_that_another_class_has_read_are_taken_as_they_are(llm: ChatKimiK2) -> None:
    kwargs = {"path": "/data", "when": object()}
    block = ToolCallBlock(tool_call_id="a:0", tool_name="a", tool_kwargs=kwargs)
    response = ChatResponse(message=ChatMessage(role="assistant", blocks=[block]))

    (selected,) = llm.get_tool_calls_from_response(response)

    assert selected.tool_kwargs == kwargs
