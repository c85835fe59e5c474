"""A second answer that nobody asked for is no part of the first.

Owns: what servers say in other choices, through both adapters. The server says what the test says.
"""

from __future__ import annotations

from functools import reduce
from operator import add
from typing import TYPE_CHECKING, Any

import pytest

from tests.scripted import Answer, ScriptedServer, body, stream

pytest.importorskip("langchain_openai", reason="parity needs both frameworks")
pytest.importorskip("llama_index.core", reason="parity needs both frameworks")

from llama_index.core.llms import ChatMessage

import langchain_kimi
import llama_index_kimi

if TYPE_CHECKING:
    from collections.abc import Callable

DELETE = {
    "type": "function",
    "function": {"name": "delete", "parameters": {"type": "object", "properties": {}}},
}
CALL: dict[str, Any] = {
    "tool_calls": [{"index": 0, "id": "a", "function": {"name": "delete", "arguments": "{}"}}]
}


def choice(index: float | str | None, finish: str | None = None, **said: Any) -> dict[str, Any]:
    return {"index": index, "delta": said, "finish_reason": finish}


def chunks(*choices: list[dict[str, Any] | None]) -> Answer:
    return stream(*({"choices": each} for each in choices))


def whole(*choices: dict[str, Any]) -> Answer:
    return body({"choices": [{**one, "message": one["delta"]} for one in choices]})


# What the server says -> what of it is beside the answer, which is "Hello".
ANSWERS: dict[str, tuple[Answer, list[str]]] = {
    "one": (chunks([choice(0, content="Hel")], [choice(0, "stop", content="lo")]), []),
    "one with another index": (
        chunks([choice(3, content="Hel")], [choice(3, content="lo")], [choice(3, "stop")]),
        [],
    ),
    "one that is not numbered": (
        chunks([choice(None, content="Hel")], [choice(None, "stop", content="lo")]),
        [],
    ),
    "one that is numbered late": (
        chunks([choice(None, content="Hel")], [choice(0, "stop", content="lo")]),
        [],
    ),
    "one whose index counts its pieces": (
        chunks([choice(0, content="Hel")], [choice(1, content="lo")], [choice(2, "stop")]),
        [],
    ),
    "one behind a choice that says nothing": (
        chunks([choice(0, role="assistant")], [choice(1, content="Hello")], [choice(1, "stop")]),
        [],
    ),
    "one behind null": (chunks([None, choice(0, content="Hello")], [choice(0, "stop")]), []),
    **{
        f"a text beside it, the indices are {kind.__name__}s": (
            chunks(
                [choice(kind(0), content="Hel")],
                [choice(kind(1), content="Good day")],
                [choice(kind(0), content="lo")],
                [choice(kind(0), "stop")],
            ),
            ["Good day"],
        )
        for kind in (str, float)
    },
    "a text of many pieces beside one with another index": (
        chunks(
            [choice(3, content="Hel")],
            *([choice(0, content=it)] for it in ("Good ", "d", "ay")),
            [choice(3, content="lo")],
            [choice(3, "stop")],
        ),
        ["Good day"],
    ),
    "one with more behind its end": (
        chunks([choice(0, "stop", content="Hello")], [choice(1, "stop", content="Good day")]),
        ["Good day"],
    ),
    "a text beside it, in turns": (
        chunks(
            [choice(0, content="Hel")],
            [choice(1, content="Good ")],
            [choice(0, content="lo")],
            [choice(1, content="day")],
            [choice(0, "stop")],
            [choice(1, "stop")],
        ),
        ["Good day"],
    ),
    "a text beside it, in each chunk": (
        chunks(
            [choice(0, content="Hel"), choice(1, content="Good ")],
            [choice(1, content="day"), choice(0, content="lo")],
            [choice(0, "stop"), choice(1, "stop")],
        ),
        ["Good day"],
    ),
    "a call beside it": (
        chunks(
            [choice(0, content="Hello")], [choice(1, "tool_calls", **CALL)], [choice(0, "stop")]
        ),
        ['[{"index": 0, "id": "a", "function": {"name": "delete", "arguments": "{}"}}]'],
    ),
    "one behind null, whole": (
        body({"choices": [None, {"message": {"content": "Hello"}, "finish_reason": "stop"}]}),
        [],
    ),
    "one behind an empty choice, whole": (
        whole(choice(0, "stop"), choice(1, "stop", content="Hello")),
        [],
    ),
    "two beside it, whole": (
        whole(
            choice(0, "stop", content="Hello"),
            choice(1, "stop", content="Good day"),
            choice(2, "stop", reasoning_content="Hm. ", content="Hi"),
        ),
        ["Good day", "Hm. Hi"],
    ),
}


def langchain(settings: dict[str, Any], *, streamed: bool) -> tuple[str, int, dict[str, Any]]:
    llm = langchain_kimi.ChatKimiK2(**settings).bind_tools([DELETE])
    said = reduce(add, llm.stream("Hi")) if streamed else llm.invoke("Hi")
    return said.text, len(said.tool_calls), said.response_metadata


def llama_index(settings: dict[str, Any], *, streamed: bool) -> tuple[str, int, dict[str, Any]]:
    llm, asked = llama_index_kimi.ChatKimiK2(**settings), [ChatMessage("Hi")]
    told = llm.stream_chat(asked, tools=[DELETE]) if streamed else ()
    said = [*told][-1] if told else llm.chat(asked, tools=[DELETE])
    calls = llm.get_tool_calls_from_response(said, error_on_no_tool_call=False)
    return said.message.content or "", len(calls), said.raw


@pytest.mark.parametrize("ask", [langchain, llama_index])
@pytest.mark.parametrize(("answer", "beside"), ANSWERS.values(), ids=ANSWERS)
def test_the_first_is_the_answer_and_the_others_are_told_beside_it(
    answer: Answer, beside: list[str], ask: Callable[..., tuple[str, int, dict[str, Any]]]
) -> None:
    with ScriptedServer() as server:
        server.will(answer)
        text, calls, facts = ask(
            {"endpoint": "vllm", "base_url": server.base_url, "model": "kimi-k2-instruct"},
            streamed="event-stream" in answer.headers["content-type"],
        )
    assert (text, calls, facts["finish_reason"]) == ("Hello", 0, "stop")
    found = facts.get("diagnostics", [])
    assert [(odd["kind"], odd["text"]) for odd in found] == [("other_choice", it) for it in beside]
