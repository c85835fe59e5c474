"""Published kinds of damaged calls: what is meant is run, nothing else is, and a retry mends them.

Owns: the third-party collection of damaged and right answers, through both adapters, whole and
streamed. What a case may end in, the collection says, and how it looks on the wire. One case of
each kind goes one way; all go all ways in a deep run.
"""

from __future__ import annotations

import json
import runpy
from functools import cache, reduce
from operator import add
from typing import TYPE_CHECKING, Any

import pytest

from kimi_core.endpoints import vllm
from kimi_core.errors import KimiToolCallError
from tests.scripted import EVENT_STREAM, Answer, ScriptedServer, body
from tests.shared import shared_path

pytest.importorskip("langchain_openai", reason="parity needs both frameworks")
pytest.importorskip("llama_index.core", reason="parity needs both frameworks")

from llama_index.core.llms import ChatMessage

import langchain_kimi
import llama_index_kimi
from langchain_kimi._messages import to_wire as langchain_wire
from llama_index_kimi._messages import to_wire as llama_index_wire

if TYPE_CHECKING:
    from collections.abc import Iterator

# Thousands of answers, and no branch that is not taken by one elsewhere.
pytestmark = pytest.mark.no_cover

Case = dict[str, Any]
WAYS = [
    (module, stream) for module in (langchain_kimi, llama_index_kimi) for stream in (False, True)
]
_SEEN_OF_RIGHT = 60  # of 3,000, where a run is not deep


class Collection:
    """The cases, their tools, and how an answer is written on the wire."""

    def __init__(self, name: str) -> None:
        folder = "data/accuracy"
        lines = shared_path(f"{folder}/{name}.jsonl").read_text(encoding="utf-8").splitlines()
        self.cases: list[Case] = [json.loads(line) for line in lines]
        self.tools: dict[str, Any] = json.loads(
            shared_path(f"{folder}/tools.json").read_text(encoding="utf-8")
        )
        self._wire = runpy.run_path(str(shared_path(f"{folder}/wire.py")))

    def answer(self, case: Case, *, stream: bool) -> Answer:
        """Return what the server says of a case."""
        if not stream:
            return body(self._wire["body"](case))
        pieces = tuple(self._wire["sse"](self._wire["chunks"](case)))
        return Answer(pieces, headers={"content-type": EVENT_STREAM})

    def offered(self, case: Case) -> list[dict[str, Any]]:
        """Return the tools of a case's request."""
        return [self.tools[name] for name in case["tools"]]


@pytest.fixture(scope="module")
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer() as running:
        yield running


@pytest.fixture(scope="module")
def damaged() -> Collection:
    return Collection("cases")


def second(case: Case) -> Case:
    """Return the same case, answered well."""
    calls = [
        {
            "id": f"functions.{call['name']}:{number}",
            "type": "function",
            "function": {"name": call["name"], "arguments": json.dumps(call["arguments"])},
        }
        for number, call in enumerate(case["right"])
    ]
    if case["route"] == "chat":
        return {**case, "answer": {"content": "", "tool_calls": calls}}
    raw = "".join(
        f"<|tool_call_begin|>{call['id']}<|tool_call_argument_begin|>"
        f"{call['function']['arguments']}<|tool_call_end|>"
        for call in calls
    )
    section = f"</think><|tool_calls_section_begin|>{raw}<|tool_calls_section_end|>"
    return {**case, "answer": {"raw": f"<think>Hm.{section}"}}


@cache
def model(module: Any, base_url: str, route: str, retries: int) -> Any:
    return module.ChatKimiK2(
        endpoint=vllm(base_url, tool_call_parser="auto" if route == "chat" else "client"),
        model="kimi-k2-thinking",
        api="completions" if route == "raw-completions" else "chat",
        api_key="key",
        tool_call_retries=retries,
    )


def ask(llm: Any, tools: list[Any], *, stream: bool) -> tuple[list[Any], bool, str, list[str]]:
    """Return what is run, whether something is told of the rest, the text, and the history."""
    if isinstance(llm, langchain_kimi.ChatKimiK2):
        bound = llm.bind_tools(tools)
        message = reduce(add, bound.stream("Go.")) if stream else bound.invoke("Go.")
        run = [{"name": c["name"], "arguments": c["args"]} for c in message.tool_calls]
        told = message.invalid_tool_calls or message.response_metadata.get("diagnostics")
        return run, bool(told), message.text, texts_of(langchain_wire([message]))
    messages = [ChatMessage("Go.")]
    response = (
        list(llm.stream_chat(messages, tools=tools))[-1]
        if stream
        else llm.chat(messages, tools=tools)
    )
    said = response.message.content or ""
    try:
        chosen = llm.get_tool_calls_from_response(response, error_on_no_tool_call=False)
    except KimiToolCallError:
        return [], True, said, []
    run = [{"name": call.tool_name, "arguments": call.tool_kwargs} for call in chosen]
    told = "diagnostics" in response.raw
    return run, told, said, texts_of(llama_index_wire([response.message], None))


def texts_of(wire: list[dict[str, Any]]) -> list[str]:
    return [call["function"]["arguments"] for call in wire[0].get("tool_calls", ())]


def same(one: Any, other: Any) -> bool:
    """Whether two values are one for JSON: 1 is 1.0, and true is not 1."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[name], other[name]) for name in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other)


def is_right(case: Case, run: list[Any], *, told: bool, text: str) -> bool:
    outcome = case["expect"]["outcome"]
    if run:
        return any(same(run, accepted) for accepted in case["expect"]["accept"])
    if outcome == "exact":
        return [] in case["expect"]["accept"]
    return outcome == "text" or told or (outcome == "either" and bool(text))


def ways_of(config: pytest.Config, cases: list[Case]) -> Iterator[tuple[Case, Any, bool]]:
    """Each kind once, in a deep run each case; all four ways in turn, so that no kind has one."""
    first = {case["kind"]: case for case in reversed(cases)}
    chosen = cases if config.getoption("--deep") else list(first.values())
    for number, case in enumerate(chosen):
        yield (case, *WAYS[number % len(WAYS)])


# Of an answer that holds nothing a user is warned, which is no error.
@pytest.mark.filterwarnings("ignore::kimi_core.errors.EmptyAnswerWarning")
@pytest.mark.timeout(900)  # thousands of answers in a deep run
@pytest.mark.shared("data/accuracy")
def test_what_is_run_was_meant_and_what_is_not_is_told(
    pytestconfig: pytest.Config, server: ScriptedServer, damaged: Collection
) -> None:
    wrong = []
    for case, module, stream in ways_of(pytestconfig, damaged.cases):
        server.will(damaged.answer(case, stream=stream))
        llm = model(module, server.base_url, case["route"], 0)
        run, told, text, _ = ask(llm, damaged.offered(case), stream=stream)
        if not is_right(case, run, told=told, text=text):
            wrong.append((case["id"], case["kind"], module.__name__, stream, run))
    assert wrong == []


@pytest.mark.timeout(900)  # thousands of answers in a deep run
@pytest.mark.shared("data/accuracy")
def test_with_one_retry_all_end_in_what_was_meant(
    pytestconfig: pytest.Config, server: ScriptedServer, damaged: Collection
) -> None:
    wrong = []
    for case, module, stream in ways_of(pytestconfig, damaged.cases):
        asked = len(server.seen)
        server.will(*(damaged.answer(one, stream=stream) for one in (case, second(case))))
        llm = model(module, server.base_url, case["route"], 1)
        run, _, text, _ = ask(llm, damaged.offered(case), stream=stream)
        server.forget()
        again = len(server.seen) - asked > 1
        if case["expect"]["outcome"] == "text":
            right = not run and not again and text == case["expect"].get("content", text)
        else:
            right = same(run, case["right"]) or (
                not again and any(same(run, accepted) for accepted in case["expect"]["accept"])
            )
        if not right:
            wrong.append((case["id"], case["kind"], module.__name__, stream, run))
    assert wrong == []


@pytest.mark.timeout(900)  # thousands of answers in a deep run
@pytest.mark.shared("data/accuracy")
def test_a_right_call_goes_back_byte_for_byte(
    pytestconfig: pytest.Config, server: ScriptedServer
) -> None:
    right = Collection("right")
    deep = pytestconfig.getoption("--deep")
    cases = right.cases if deep else right.cases[:: len(right.cases) // _SEEN_OF_RIGHT]
    changed = []
    for number, case in enumerate(cases):
        module, stream = WAYS[number % len(WAYS)]
        server.will(right.answer(case, stream=stream))
        llm = model(module, server.base_url, case["route"], 1)
        run, told, _, texts = ask(llm, right.offered(case), stream=stream)
        if told or texts != case["expect"]["texts"] or not same(run, case["right"]):
            changed.append((case["id"], module.__name__, stream, texts))
    assert changed == []
