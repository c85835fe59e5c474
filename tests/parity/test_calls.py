"""Calls that servers say in odd ways reach a user of either framework as the calls that they are.

Owns: a few answers of each kind through both adapters; every way is in the core's table
(tests/core/test_response_calls.py). The server says what the test says.
"""

from __future__ import annotations

from functools import reduce
from operator import add
from typing import TYPE_CHECKING, Any

import pytest

from tests.scripted import Answer, ScriptedServer, body, chunk, stream

pytest.importorskip("langchain_openai", reason="parity needs both frameworks")
pytest.importorskip("llama_index.core", reason="parity needs both frameworks")

from langchain_core.messages import AIMessage, FunctionMessage, HumanMessage
from llama_index.core.llms import ChatMessage

import langchain_kimi
import llama_index_kimi

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Calls = list[tuple[str, dict[str, Any]]]


def part(
    name: str | None, arguments: Any, identity: str | None, index: float | None = 0
) -> dict[str, Any]:
    function = {"name": name, "arguments": arguments}
    return {"index": index, "id": identity, "type": "function", "function": function}


def streamed(*parts: dict[str, Any]) -> Answer:
    return stream(*(chunk(tool_calls=[each]) for each in parts), chunk("tool_calls"))


def whole(finish: str, **message: Any) -> Answer:
    said = {"role": "assistant", "content": None, **message}
    return body({"choices": [{"index": 0, "message": said, "finish_reason": finish}]})


def said_again(**message: Any) -> Answer:
    """Say a call in two pieces, and then the whole message."""
    ended = {"message": {"role": "assistant", **message}, "finish_reason": "tool_calls"}
    pieces = (part("delete", '{"city"', "a"), part(None, ': "B"}', None))
    return stream(*(chunk(tool_calls=[each]) for each in pieces), {"choices": [ended]})


def beside(message: dict[str, Any], **delta: Any) -> Answer:
    """Say a message beside a delta."""
    ended = {"delta": delta, "message": message, "finish_reason": "tool_calls"}
    return stream({"choices": [ended]})


def legacy(*pieces: dict[str, Any]) -> Answer:
    return stream(*(chunk(function_call=piece) for piece in pieces), chunk("function_call"))


def tool(name: str, **properties: Any) -> dict[str, Any]:
    schema = {"type": "object", "properties": properties}
    return {"type": "function", "function": {"name": name, "parameters": schema}}


TOOLS = [
    *map(tool, ("get", "get_time", "time", "gettime")),
    tool("delete", city={"type": "string"}),
]
CITY = '{"city": "B"}'
DELETE: Calls = [("delete", {"city": "B"})]
TIME: Calls = [("get_time", {})]
TIME_AND_DELETE: Calls = [("get_time", {}), ("delete", {"city": "B"})]
ANSWERS: dict[str, tuple[Answer, Calls]] = {
    **{
        f"one index for two, the first with {first!r}": (
            streamed(part("get_time", first, "a"), part("delete", '{"city": "B"}', "b")),
            TIME_AND_DELETE,
        )
        for first in ("", None, "{}")
    },
    "one id for two": (
        streamed(part("get_time", "{}", "a"), part("delete", '{"city": "B"}', "a")),
        TIME_AND_DELETE,
    ),
    "one id for two, whole": (
        whole(
            "tool_calls",
            tool_calls=[part("delete", '{"city": "A"}', "a"), part("delete", '{"city": "B"}', "a")],
        ),
        [("delete", {"city": "A"}), ("delete", {"city": "B"})],
    ),
    "a name in pieces": (
        streamed(part("del", None, "a"), part("ete", "", None), part(None, '{"city": "B"}', None)),
        [("delete", {"city": "B"})],
    ),
    "a name in pieces, the first of which is declared": (
        streamed(part("get", "", "a"), part("_ti", "", "a"), part("me", "{}", "a")),
        TIME,
    ),
    "a name in pieces without an index": (
        streamed(part("get_", "", None, None), part("time", "{}", None, None)),
        TIME,
    ),
    "a name that another declared one goes on behind": (
        streamed(part("get", "", "a"), part("get", "{}", "a")),
        [("get", {})],
    ),
    "such a name alone, and another call behind it": (
        streamed(part("get", "", "a"), part("delete", '{"city": "B"}', "b", 1)),
        [("get", {}), ("delete", {"city": "B"})],
    ),
    "such a name in one body": (
        whole("tool_calls", tool_calls=[part("get", "", "a"), part("get_time", "{}", "b", 1)]),
        [("get", {}), *TIME],
    ),
    "a name that is said again with more of it": (
        streamed(part("get", "", "a"), part("get_ti", "", "a"), part("get_time", "{}", "a")),
        TIME,
    ),
    "a name in pieces, each with empty arguments": (
        streamed(part("get", {}, "a"), part("_time", "{}", "a")),
        TIME,
    ),
    "a name in pieces as in an id": (
        streamed(part("functions.get", "", "a"), part("_time", "{}", "a")),
        TIME,
    ),
    "a name in pieces behind its arguments": (
        streamed(part(None, "{}", "a"), part("get", "", "a"), part("_time", "", "a")),
        TIME,
    ),
    "two names that are one together": (
        streamed(part("get", "", None), part("time", "", None)),
        [("get", {}), ("time", {})],
    ),
    **{
        f"arguments that are called {name}": (
            streamed({"index": 0, "id": "a", "function": {"name": "delete", name: {"city": "B"}}}),
            DELETE,
        )
        for name in ("parameters", "input", "args")
    },
    **{
        f"an index that counts fragments, with {label}": (
            streamed(part("delete", first, "a"), *(part(*it, at) for at, it in enumerate(more, 1))),
            DELETE,
        )
        for label, first, more in (
            ("nothing", '{"city"', ((None, ": ", None), (None, '"B"}', None))),
            ("the arguments alone", "", ((None, '{"city": "B"', None), (None, "}", None))),
            ("the id", '{"city"', ((None, ': "B"}', "a"),)),
            ("id and name", '{"city"', (("delete", ': "B"}', "a"),)),
        )
    },
    "indices that are floats": (
        streamed(
            part("get_time", "{", "a", 0.0),
            part("delete", '{"city"', "b", 1.0),
            part(None, "}", None, 0.0),
            part(None, ': "B"}', None, 1.0),
        ),
        TIME_AND_DELETE,
    ),
    **{
        f"all of it again, {label}": (
            streamed(part("delete", '{"city"', "a"), part(None, ': "B"}', None), again),
            DELETE,
        )
        for label, again in (
            ("with id and name", part("delete", CITY, "a")),
            ("without an id", part("delete", '{"city":"B"}', None)),
            ("without a name", part(None, CITY, "a")),
        )
    },
    **{
        f"a message behind it, {label}": (said_again(content="", tool_calls=[call]), DELETE)
        for label, call in (
            ("with id", part("delete", CITY, "a")),
            ("without id", part("delete", '{"city":"B"}', None, None)),
            ("with another id", part("delete", CITY, "b")),
            ("with more of it", part("delete", '{"city": "B"} ', "a")),
        )
    },
    "a message behind it, with another call": (
        said_again(tool_calls=[part("delete", CITY, "a"), part("get_time", "{}", "b", 1)]),
        [*DELETE, *TIME],
    ),
    "a message beside an empty delta": (
        beside({"tool_calls": [part("delete", CITY, "a")]}, role="assistant"),
        DELETE,
    ),
    "a message beside a delta of text": (
        beside({"content": "Hm", "tool_calls": [part("delete", CITY, "a")]}, content="Hm"),
        DELETE,
    ),
    "beside a delta": (
        stream(
            {
                "choices": [
                    {
                        "delta": {"content": "Hm"},
                        "tool_calls": [part("delete", CITY, "a")],
                        "finish_reason": "tool_calls",
                    }
                ]
            }
        ),
        DELETE,
    ),
    "a function call": (
        legacy({"name": "delete"}, {"arguments": '{"city"'}, {"arguments": ': "B"}'}),
        [("delete", {"city": "B"})],
    ),
    "a function call, whole": (
        whole("function_call", function_call={"name": "delete", "arguments": '{"city": "B"}'}),
        [("delete", {"city": "B"})],
    ),
}


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer() as running:
        yield running


def settings(server: ScriptedServer) -> dict[str, Any]:
    return {"endpoint": "custom", "base_url": server.base_url, "model": "kimi-k2", "max_retries": 0}


def is_stream(answer: Answer) -> bool:
    return "event-stream" in answer.headers["content-type"]


@pytest.mark.parametrize(("answer", "calls"), ANSWERS.values(), ids=ANSWERS)
def test_langchain(server: ScriptedServer, answer: Answer, calls: Calls) -> None:
    server.will(answer)
    llm = langchain_kimi.ChatKimiK2(**settings(server))
    llm = llm.bind_tools(TOOLS)
    message = reduce(add, llm.stream("Hi")) if is_stream(answer) else llm.invoke("Hi")
    assert [(call["name"], call["args"]) for call in message.tool_calls] == calls
    assert message.invalid_tool_calls == []
    assert len({call["id"] for call in message.tool_calls}) == len(calls)
    assert message.response_metadata["finish_reason"] == "tool_calls"


@pytest.mark.parametrize(("answer", "calls"), ANSWERS.values(), ids=ANSWERS)
def test_llama_index(server: ScriptedServer, answer: Answer, calls: Calls) -> None:
    server.will(answer)
    llm = llama_index_kimi.ChatKimiK2(**settings(server))
    asked = [ChatMessage("Hi")]
    told = llm.stream_chat(asked, tools=TOOLS) if is_stream(answer) else ()
    response = [*told][-1] if told else llm.chat(asked, tools=TOOLS)
    selected = llm.get_tool_calls_from_response(response)
    assert [(call.tool_name, call.tool_kwargs) for call in selected] == calls
    assert len({call.tool_id for call in selected}) == len(calls)
    assert response.raw["finish_reason"] == "tool_calls"


CALLED = {"name": "look", "arguments": '{"at": "sea"}'}


def asked_at(server: ScriptedServer) -> dict[str, Any]:
    return {"endpoint": "vllm", "base_url": server.base_url, "model": "kimi-k2-instruct"}


def _langchain(server: ScriptedServer) -> None:
    langchain_kimi.ChatKimiK2(
        endpoint="vllm", base_url=server.base_url, model="kimi-k2-instruct"
    ).invoke(
        [
            HumanMessage("Hi"),
            AIMessage("", additional_kwargs={"function_call": CALLED}),
            FunctionMessage("blue", name="look"),
        ]
    )


def _llama_index(server: ScriptedServer) -> None:
    llama_index_kimi.ChatKimiK2(
        endpoint="vllm", base_url=server.base_url, model="kimi-k2-instruct"
    ).chat(
        [
            ChatMessage("Hi"),
            ChatMessage(role="assistant", additional_kwargs={"function_call": CALLED}),
            ChatMessage(role="function", content="blue", additional_kwargs={"name": "look"}),
        ]
    )


@pytest.mark.parametrize("ask", [_langchain, _llama_index], ids=["langchain", "llama_index"])
def test_a_function_call_of_before_goes_back_as_a_tool_call(
    ask: Callable[[ScriptedServer], None],
) -> None:
    """No server takes one today, and the call would be lost with its result."""
    with ScriptedServer() as server:
        server.will(whole("stop", content="Blue."))
        ask(server)
        _, called, result = server.seen[0].json["messages"]
    (call,) = called["tool_calls"]
    assert (call["id"], call["function"]) == ("functions.look:0", CALLED)
    assert (result["role"], result["tool_call_id"]) == ("tool", "functions.look:0")
    assert "function_call" not in called
