"""Of the published kinds of damage, those whose arguments are not one object: none is executed.

Owns: the damaged answers of the third-party collection, through both adapters, whole and streamed.
What a case may end in, the collection says. The server is the simulator.
"""

from __future__ import annotations

import json
from functools import reduce
from operator import add
from typing import TYPE_CHECKING, Any

import pytest

from kimi_core.endpoints import vllm
from kimi_core.errors import KimiToolCallError
from kimi_core.testing import MoonshotSimulator, SimulatedReply, SimulatedToolCall
from tests.shared import shared_path

pytest.importorskip("langchain_openai", reason="parity needs both frameworks")
pytest.importorskip("llama_index.core", reason="parity needs both frameworks")

from llama_index.core.llms import ChatMessage

import langchain_kimi
import llama_index_kimi

if TYPE_CHECKING:
    from collections.abc import Iterator

KINDS = [
    "bad_escape", "double_encoded", "empty_then_object", "fenced", "last_brackets_missing",
    "leading_text", "leak_truncated", "not_an_object", "object_repeated", "python_literals",
    "raw_newline", "raw_truncated", "trailing_comma", "trailing_garbage", "truncated_after_comma",
    "truncated_in_number", "truncated_in_string", "two_objects", "unescaped_quotes",
]  # fmt: skip


@pytest.fixture(scope="module")
def server() -> Iterator[MoonshotSimulator]:
    with MoonshotSimulator(rules="none") as simulator:
        yield simulator


@pytest.fixture(scope="module")
def cases() -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for line in shared_path("data/accuracy/cases.jsonl").read_text().splitlines():
        case = json.loads(line)
        found.setdefault(case["kind"], []).append(case)
    return found


@pytest.fixture(scope="module")
def tools() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = json.loads(
        shared_path("data/accuracy/tools.json").read_text()
    )
    return found


def said(answer: dict[str, Any]) -> SimulatedReply:
    calls = [
        SimulatedToolCall(call["function"]["name"], call["function"]["arguments"], call["id"])
        for call in answer.get("tool_calls", ())
    ]
    return SimulatedReply(
        raw=answer.get("raw") or (None if calls else answer["content"]),
        content=answer.get("content") or "",
        reasoning=answer.get("reasoning"),
        tool_calls=calls,
        finish_reason=answer.get("finish_reason"),
        chunk_size=7,
    )


def by_langchain(model: Any, offered: list[dict[str, Any]], *, stream: bool) -> tuple[Any, bool]:
    """Return what would be run, and whether something is said of the rest."""
    bound = model.bind_tools(offered)
    message = reduce(add, bound.stream("Go.")) if stream else bound.invoke("Go.")
    told = message.invalid_tool_calls or message.response_metadata.get("diagnostics")
    return [{"name": c["name"], "arguments": c["args"]} for c in message.tool_calls], bool(told)


def by_llama_index(llm: Any, offered: list[dict[str, Any]], *, stream: bool) -> tuple[Any, bool]:
    """As `by_langchain`."""
    messages = [ChatMessage("Go.")]
    response = (
        list(llm.stream_chat(messages, tools=offered))[-1]
        if stream
        else llm.chat(messages, tools=offered)
    )
    try:
        chosen = llm.get_tool_calls_from_response(response, error_on_no_tool_call=False)
    except KimiToolCallError:
        return [], True
    run = [{"name": call.tool_name, "arguments": call.tool_kwargs} for call in chosen]
    return run, "diagnostics" in response.raw


@pytest.mark.shared("data/accuracy")
@pytest.mark.parametrize("kind", KINDS)
def test_what_is_run_was_meant_and_what_is_not_is_told(
    server: MoonshotSimulator,
    cases: dict[str, list[dict[str, Any]]],
    tools: dict[str, dict[str, Any]],
    kind: str,
) -> None:
    wrong = []
    for case in cases[kind]:
        offered = [tools[name] for name in case["tools"]]
        own = settings(server, case["route"])
        asked = (
            (by_langchain, langchain_kimi.ChatKimiK2(**own)),
            (by_llama_index, llama_index_kimi.ChatKimiK2(**own)),
        )
        for ask, model in asked:
            for stream in (False, True):
                server.reply(said(case["answer"]))
                run, told = ask(model, offered, stream=stream)
                if not (run in case["expect"].get("accept", ()) if run else told):
                    wrong.append((case["id"], ask.__name__, stream, run))
    assert wrong == []


def settings(server: MoonshotSimulator, route: str) -> dict[str, Any]:
    parser = "auto" if route == "chat" else "client"
    api = "completions" if route == "raw-completions" else "chat"
    return {
        "endpoint": vllm(server.base_url, tool_call_parser=parser),
        "model": "kimi-k2-thinking",
        "api_key": server.api_key,
        "api": api,
        "tool_call_retries": 0,
    }
