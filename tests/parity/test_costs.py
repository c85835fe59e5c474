"""What a chunk and a request cost, in calls of functions, beside the figures that were committed.

Owns: the conversations that are counted, and the figures (``costs.json``). May know: both adapters.

Seconds say nothing on a busy machine; calls of functions are the same on every one. Counted are
those of this project's functions, and those that they make of others themselves: what a framework
does inside is its own affair, and differs from release to release. The server is none
(tests/pieces.py), so that each event is one read on every machine.

``make costs`` counts anew and writes ``costs.json``; a figure that grew wants a reason.
"""

from __future__ import annotations

import asyncio
import cProfile
import gc
import json
import os
import ssl
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage
from llama_index.core.base.llms.types import ChatMessage, ToolCallBlock

import langchain_kimi
import llama_index_kimi
from tests.pieces import clients
from tests.scripted import chunk

if TYPE_CHECKING:
    from collections.abc import Callable

FIGURES = Path(__file__).with_name("costs.json")
WRITES = "KIMI_TEST_WRITE_COSTS"
MOST_GROWTH = 1.05
OURS = tuple(
    f"{os.sep}{name}{os.sep}" for name in ("kimi_core", "langchain_kimi", "llama_index_kimi")
)
# Python 3.12 makes no call of these any more.
INLINED = frozenset({"<listcomp>", "<dictcomp>", "<setcomp>"})
FEW, MANY = 40, 140
ROUNDS, TOOLS = 250, 100
MOST_CALLS = 100  # of a chunk in all, the framework's, too; 44 to 74 when it was written
ROME = {"city": "Rome"}


# -- counting --------------------------------------------------------------------------------------


def _is_ours(code: object) -> bool:
    return any(part in getattr(code, "co_filename", "") for part in OURS)


def _counts(code: object) -> bool:
    # Python 3.14 counts what is built in, a string here, although it is told not to.
    return not isinstance(code, str) and getattr(code, "co_name", None) not in INLINED


def _profiled(run: Callable[[], object]) -> list[Any]:
    profile = cProfile.Profile(builtins=False)
    gc.collect()
    gc.disable()  # what is buried meanwhile would be counted
    try:
        profile.runcall(run)
    finally:
        gc.enable()
    return [entry for entry in profile.getstats() if _counts(entry.code)]


def all_calls_of(run: Callable[[], object]) -> int:
    """Count the calls of all functions."""
    return sum(entry.callcount for entry in _profiled(run))


def calls_of(run: Callable[[], object]) -> int:
    """Count the calls of our functions, and those that they make."""
    ours = [entry for entry in _profiled(run) if _is_ours(entry.code)]
    made = [one for entry in ours for one in entry.calls or () if not _is_ours(one.code)]
    return sum(one.callcount for one in (*ours, *made) if _counts(one.code))


# -- streams ---------------------------------------------------------------------------------------


def _call(arguments: str, **more: Any) -> dict[str, Any]:
    return {"tool_calls": [{"index": 0, "function": {"arguments": arguments, **more}}]}


def _calls(count: int) -> list[dict[str, Any]]:
    pieces = ['{"text":"', *["word "] * count, '"}']
    begun = _call("", name="write")
    begun["tool_calls"][0] |= {"id": "functions.write:0", "type": "function"}
    return [begun, *map(_call, pieces)]


def _raw(count: int) -> list[dict[str, Any]]:
    begin = "<|tool_calls_section_begin|><|tool_call_begin|>functions.write:0"
    end = "<|tool_call_end|><|tool_calls_section_end|>"
    pieces = [begin, '<|tool_call_argument_begin|>{"text":"', *["word "] * count, '"}', end]
    return [{"content": piece} for piece in pieces]


STREAMS: dict[str, Callable[[int], list[dict[str, Any]]]] = {
    "text": lambda count: [{"content": "word "}] * count,
    "reasoning": lambda count: [{"reasoning_content": "word "}] * count,
    "arguments": _calls,
    "raw": _raw,
}


# -- both adapters ---------------------------------------------------------------------------------


def make(adapter: Any, kind: str, deltas: list[dict[str, Any]]) -> Any:
    """Return a model whose every request is answered with these deltas."""
    usage = {"prompt_tokens": 9, "completion_tokens": 9, "total_tokens": 18}
    events = [*(chunk(**delta) for delta in deltas), {**chunk("stop"), "usage": usage}]
    return adapter.ChatKimiK2(
        endpoint="vllm",
        model="kimi-k2-instruct" if kind in {"raw", "text"} else "kimi-k2.6",
        base_url="http://127.0.0.1:9/v1",
        tool_call_parser="client" if kind == "raw" else "server",
        **clients(events),
    )


def langchain_read(model: Any) -> None:
    for _ in model.stream("Go."):
        pass


async def langchain_aread(model: Any) -> None:
    async for _ in model.astream("Go."):
        pass


def llama_index_read(model: Any) -> None:
    for _ in model.stream_chat([ChatMessage("Go.")]):
        pass


async def llama_index_aread(model: Any) -> None:
    async for _ in await model.astream_chat([ChatMessage("Go.")]):
        pass


ADAPTERS: dict[str, tuple[Any, Any, Any]] = {
    "langchain": (langchain_kimi, langchain_read, langchain_aread),
    "llama_index": (llama_index_kimi, llama_index_read, llama_index_aread),
}


def _parameters(number: int) -> dict[str, Any]:
    city = {"type": "string", "description": f"Of the {number}th."}
    found = {"anyOf": [{"type": "integer"}, {"type": "null"}], "default": None}
    return {"type": "object", "properties": {"city": city, "limit": found}, "required": ["city"]}


def tools(count: int) -> list[dict[str, Any]]:
    return [
        {
            "type": "function",
            "function": {
                "name": f"tool_{number}",
                "description": "Looks something up.",
                "parameters": _parameters(number),
            },
        }
        for number in range(count)
    ]


def langchain_history(rounds: int) -> list[Any]:
    """Return rounds of a question, a call, its result and an answer."""
    return [
        message
        for at in range(rounds)
        for call in [{"name": "tool_1", "args": ROME, "id": f"functions.tool_1:{at}"}]
        for message in (
            HumanMessage(f"Question {at}?"),
            AIMessage("", tool_calls=[call]),
            ToolMessage("21", tool_call_id=call["id"]),
            AIMessage("21 degrees."),
        )
    ]


def llama_index_history(rounds: int) -> list[Any]:
    return [
        message
        for at in range(rounds)
        for call in [f"functions.tool_1:{at}"]
        for message in (
            ChatMessage(f"Question {at}?"),
            ChatMessage(
                role="assistant",
                blocks=[
                    ToolCallBlock(
                        tool_call_id=call, tool_name="tool_1", tool_kwargs={"city": "Rome"}
                    )
                ],
            ),
            ChatMessage("21", role="tool", additional_kwargs={"tool_call_id": call}),
            ChatMessage("21 degrees.", role="assistant"),
        )
    ]


def langchain_payload(model: Any, history: list[Any], offered: list[Any]) -> Any:
    return model._get_request_payload(history, tools=offered)


def llama_index_payload(model: Any, history: list[Any], offered: list[Any]) -> Any:
    return model._asked(history, {"tools": offered}, llama_index_kimi.llm.unchanged)


BUILDERS: dict[str, tuple[Any, Any, Any]] = {
    "langchain": (langchain_history, langchain_payload, HumanMessage("And now?")),
    "llama_index": (llama_index_history, llama_index_payload, ChatMessage("And now?")),
}


# -- figures ---------------------------------------------------------------------------------------


def compare(name: str, counted: dict[str, float]) -> None:
    """Hold what was counted to the committed figures, or write it down."""
    figures: dict[str, dict[str, float]] = json.loads(FIGURES.read_text())
    if os.environ.get(WRITES):
        figures[name] = counted
        FIGURES.write_text(json.dumps(figures, indent=1, sort_keys=True) + "\n")
        return
    grown = {
        what: f"{figures[name][what]:g} -> {count:g}"
        for what, count in counted.items()
        if count > MOST_GROWTH * figures[name][what]
    }
    assert not grown, f"more calls than {FIGURES.name} says of {name}; make costs writes it anew"


@pytest.mark.parametrize("way", ["sync", "async"])
@pytest.mark.parametrize("kind", STREAMS)
@pytest.mark.parametrize("adapter", ADAPTERS)
@pytest.mark.usefixtures("own_garbage")
def test_a_chunk_and_an_answer_cost_no_more_calls_than_before(
    adapter: str, kind: str, way: str
) -> None:
    package, read, aread = ADAPTERS[adapter]

    def counted(count: int) -> int:
        model = make(package, kind, STREAMS[kind](count))
        if way == "sync":
            read(model)  # what is imported and connected once
            return calls_of(lambda: read(model))
        loop = asyncio.new_event_loop()
        try:
            loop.run_until_complete(aread(model))
            return calls_of(lambda: loop.run_until_complete(aread(model)))
        finally:
            loop.close()

    few, many = counted(FEW), counted(MANY)
    chunk_costs = (many - few) / (MANY - FEW)
    answer_costs = round(few - FEW * chunk_costs)
    compare(f"{adapter}, {kind}, {way}", {"chunk": chunk_costs, "answer": answer_costs})


@pytest.mark.parametrize("many", [150, pytest.param(1_000, marks=pytest.mark.deep)])
@pytest.mark.parametrize("kind", STREAMS)
@pytest.mark.parametrize("adapter", ADAPTERS)
@pytest.mark.usefixtures("own_garbage")
def test_a_chunk_costs_no_more_the_longer_the_answer_is(adapter: str, kind: str, many: int) -> None:
    """Of all calls, the framework's, too: none may build an SDK's model, or read what was read."""
    package, read, _ = ADAPTERS[adapter]

    def counted(count: int) -> int:
        model = make(package, kind, STREAMS[kind](count))
        read(model)
        return all_calls_of(lambda: read(model))

    short, middle, long = (counted(count) for count in (100, 100 + many, 100 + 2 * many))
    # A few calls an answer are up to the machine: a clock, a lock that is free or not.
    assert long - middle < 1.02 * (middle - short)
    assert (long - middle) / many < MOST_CALLS


@pytest.mark.parametrize("adapter", BUILDERS)
@pytest.mark.usefixtures("own_garbage")
def test_a_long_conversation_costs_no_more_calls_than_before(adapter: str) -> None:
    """A thousand messages and a hundred tools, and the same conversation with one message more."""
    write_history, payload, more = BUILDERS[adapter]
    model = make(ADAPTERS[adapter][0], "text", [])
    history, offered = write_history(ROUNDS), tools(TOOLS)
    payload(model, history[:4], offered[:1])  # what is imported and cached once for all
    first = calls_of(lambda: payload(model, history, offered))
    second = calls_of(lambda: payload(model, [*history, more], offered))
    compare(f"{adapter}, 1,000 messages and 100 tools", {"first": first, "next": second})


@pytest.mark.parametrize("adapter", ADAPTERS)
@pytest.mark.usefixtures("own_garbage")
def test_constructing_costs_no_more_calls_than_before(
    adapter: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All peers but ChatOpenAI take 37 ms or more: each reads the certificates for itself."""
    model = ADAPTERS[adapter][0].ChatKimiK2
    model(api_key="sk-made-up")  # what is imported and read once
    for name in ("load_verify_locations", "load_default_certs", "set_default_verify_paths"):
        monkeypatch.setattr(ssl.SSLContext, name, lambda *_: pytest.fail("certificates are read"))
    counted = calls_of(lambda: model(api_key="sk-made-up"))
    compare(f"{adapter}, constructing", {"calls": counted})
