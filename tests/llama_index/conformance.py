"""What any LlamaIndex LLM of an OpenAI-like server must do, as checks for any class.

Owns: the checks and their report. May know: llama_index.core and `kimi_core.testing`; no LLM class,
so that ours and others are measured alike.

Run another class through it::

    python -m tests.llama_index.conformance llama_index.llms.openai_like:OpenAILike \
        '{"is_chat_model": true, "is_function_calling_model": true, "temperature": 1.0}'

The server is the simulator of `kimi_core.testing`: it refuses what Moonshot's documents say that
Moonshot refuses. A check fails by an exception; a refused request is one.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import pickle
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal

from llama_index.core.agent.workflow import FunctionAgent
from llama_index.core.base.llms.types import ChatMessage, ThinkingBlock
from llama_index.core.callbacks import CallbackManager, TokenCountingHandler
from llama_index.core.prompts import PromptTemplate
from llama_index.core.tools import FunctionTool
from pydantic import BaseModel

from kimi_core.testing import MoonshotSimulator, SimulatedReply, SimulatedToolCall

if TYPE_CHECKING:
    from llama_index.core.base.llms.types import ChatResponse
    from llama_index.core.llms.function_calling import FunctionCallingLLM

__all__ = ["CHECKS", "check", "report"]

Check = Callable[["FunctionCallingLLM", MoonshotSimulator], None]
Maker = Callable[[MoonshotSimulator], "FunctionCallingLLM"]

CHECKS: dict[str, Check] = {}

QUESTION = [ChatMessage("How is the weather in Zürich?", role="user")]
ARGUMENTS = '{ "city":"Zürich" }'
CALL = SimulatedToolCall("get_weather", ARGUMENTS)
TEXT = SimulatedReply(content="It is sunny.", reasoning="I look.")
PROMPT = PromptTemplate("A city, please.")


class City(BaseModel):
    """A city."""

    name: Literal["Ulm", "Bonn"]
    people: int


def get_weather(city: str) -> str:
    """Say the weather of a city."""
    return f"sunny in {city}"


def tool() -> FunctionTool:
    """Return the one tool of the checks."""
    return FunctionTool.from_defaults(get_weather)


def _check(function: Check) -> Check:
    CHECKS[function.__name__.removeprefix("_")] = function
    return function


def check(
    name: str, make: Maker, *, unknown_fields: Literal["refuse", "ignore"] = "refuse"
) -> None:
    """Run one check.

    Args:
        name: A key of `CHECKS`.
        make: Makes an LLM that talks to the simulator it is given.
        unknown_fields: Whether a field that Moonshot does not document is a failure.

    Raises:
        AssertionError: Where the LLM, or a request of it, is not what it should be.
        Exception: Whatever the LLM raised.
    """
    with MoonshotSimulator(unknown_fields=unknown_fields) as server:
        CHECKS[name](make(server), server)
        refusals = [refusal.message for refusal in server.refusals]
        assert not refusals, refusals


def report(make: Maker) -> dict[str, str]:
    """Run all checks; return a mapping from a check to what went wrong, empty where nothing did.

    Undocumented fields pass: they say little about a class, and would hide the rest.
    """
    results: dict[str, str] = {}
    for name in CHECKS:
        try:
            check(name, make, unknown_fields="ignore")
        except Exception as error:  # noqa: BLE001, PERF203 - whatever a class raises is its result
            results[name] = f"{type(error).__name__}: {error}".strip().splitlines()[0][:160]
        else:
            results[name] = ""
    return results


async def _four_ways(llm: FunctionCallingLLM) -> list[ChatResponse]:
    streamed = list(await asyncio.to_thread(lambda: list(llm.stream_chat(QUESTION))))
    astreamed = [response async for response in await llm.astream_chat(QUESTION)]
    whole = await asyncio.to_thread(llm.chat, QUESTION)
    return [whole, streamed[-1], await llm.achat(QUESTION), astreamed[-1]]


def _thinking(response: ChatResponse) -> str:
    blocks = response.message.blocks
    return "".join(b.content or "" for b in blocks if isinstance(b, ThinkingBlock))


@_check
def _chat_gives_the_same_text_and_reasoning_in_four_ways(
    llm: FunctionCallingLLM, server: MoonshotSimulator
) -> None:
    server.reply(*[TEXT] * 4)
    responses = asyncio.run(_four_ways(llm))
    assert [r.message.content for r in responses] == ["It is sunny."] * 4
    assert [_thinking(r) for r in responses] == ["I look."] * 4


@_check
def _complete_answers(llm: FunctionCallingLLM, server: MoonshotSimulator) -> None:
    server.reply(TEXT, TEXT)
    assert llm.complete("Hello").text == "It is sunny."
    assert list(llm.stream_complete("Hello"))[-1].text == "It is sunny."


@_check
def _a_stream_is_made_of_pictures_of_their_own(
    llm: FunctionCallingLLM, server: MoonshotSimulator
) -> None:
    server.reply(TEXT)
    responses = list(llm.stream_chat(QUESTION))
    text = ""
    for response in responses:
        text += response.delta or ""
        assert (response.message.content or "") == text
    thinking = [response.additional_kwargs.get("thinking_delta") or "" for response in responses]
    assert "".join(thinking) == "I look."
    assert len({id(response.message.blocks) for response in responses}) == len(responses)


@_check
def _streamed_usage_reaches_the_token_counter(
    llm: FunctionCallingLLM, server: MoonshotSimulator
) -> None:
    counter = TokenCountingHandler(tokenizer=str.split)
    llm.callback_manager = CallbackManager([counter])
    server.reply(TEXT, TEXT)
    whole: Any = llm.chat(QUESTION)
    first = (counter.prompt_llm_token_count, counter.completion_llm_token_count)
    list(llm.stream_chat(QUESTION))
    second = (counter.prompt_llm_token_count, counter.completion_llm_token_count)
    assert whole.additional_kwargs["prompt_tokens"] == first[0] > 0
    assert second == (2 * first[0], 2 * first[1])


@_check
def _raw_tokens_become_calls(llm: FunctionCallingLLM, server: MoonshotSimulator) -> None:
    raw = (
        "<|tool_calls_section_begin|><|tool_call_begin|>functions.get_weather:0"
        f"<|tool_call_argument_begin|>{ARGUMENTS}<|tool_call_end|><|tool_calls_section_end|>"
    )
    server.reply(SimulatedReply(raw=raw))
    responses = list(llm.stream_chat_with_tools([tool()], chat_history=list(QUESTION)))
    (call,) = llm.get_tool_calls_from_response(responses[-1])
    assert call.tool_kwargs == {"city": "Zürich"}
    assert "<|" not in "".join(response.message.content or "" for response in responses)


@_check
def _history_is_not_changed(llm: FunctionCallingLLM, server: MoonshotSimulator) -> None:
    server.reply(TEXT)
    history = list(QUESTION)
    llm.chat_with_tools([tool()], "And now?", chat_history=history)
    assert history == QUESTION


@_check
def _one_call_where_one_was_asked_for(llm: FunctionCallingLLM, server: MoonshotSimulator) -> None:
    server.reply(*[SimulatedReply(tool_calls=[CALL, CALL])] * 2)
    whole = llm.chat_with_tools([tool()], "?")
    streamed = list(llm.stream_chat_with_tools([tool()], "?"))[-1]
    counts = [len(llm.get_tool_calls_from_response(response)) for response in (whole, streamed)]
    assert counts == [1, 1]


@_check
def _a_required_call_is_made(llm: FunctionCallingLLM, server: MoonshotSimulator) -> None:
    server.reply(SimulatedReply(tool_calls=[CALL]))
    result = llm.predict_and_call([tool()], "Zürich?", tool_required=True)
    assert str(result) == "sunny in Zürich"


def _agent_loop(llm: FunctionCallingLLM, server: MoonshotSimulator, *, streaming: bool) -> None:
    server.reply(SimulatedReply(reasoning="I look.", tool_calls=[CALL]), TEXT)

    async def run() -> str:
        return str(await FunctionAgent(tools=[tool()], llm=llm, streaming=streaming).run("?"))

    assert asyncio.run(run()) == "It is sunny."
    assistant = server.requests[1].body["messages"][1]
    assert assistant["reasoning_content"] == "I look."
    assert assistant["tool_calls"][0]["function"]["arguments"] == ARGUMENTS


@_check
def _a_thinking_agent_loops(llm: FunctionCallingLLM, server: MoonshotSimulator) -> None:
    _agent_loop(llm, server, streaming=False)


@_check
def _a_thinking_agent_loops_streaming(llm: FunctionCallingLLM, server: MoonshotSimulator) -> None:
    _agent_loop(llm, server, streaming=True)


async def _objects(llm: FunctionCallingLLM) -> list[Any]:
    """Ask for an object in four ways; the simulator answers in the way that it is asked."""
    whole = await asyncio.to_thread(llm.structured_predict, City, PROMPT)
    stream = await asyncio.to_thread(lambda: list(llm.stream_structured_predict(City, PROMPT)))
    astream = await llm.astream_structured_predict(City, PROMPT)
    return [
        whole,
        await llm.astructured_predict(City, PROMPT),
        stream[-1],
        [item async for item in astream][-1],
    ]


@_check
def _objects_are_predicted_in_four_ways(llm: FunctionCallingLLM, server: MoonshotSimulator) -> None:
    llm.system_prompt = "Be brief."
    assert asyncio.run(_objects(llm)) == [City(name="Ulm", people=0)] * 4
    systems = [request.body["messages"][0]["content"] for request in server.requests]
    assert systems == ["Be brief."] * 4


@_check
def _broken_streams_raise(llm: FunctionCallingLLM, server: MoonshotSimulator) -> None:
    server.reply(SimulatedReply(content="a b c d e f", truncate_after=3))
    try:
        list(llm.stream_chat(QUESTION))
    except Exception:  # noqa: BLE001 - any error will do; silence would not
        return
    raise AssertionError("half a stream was taken for a whole one")


@_check
def _one_instance_serves_two_event_loops(
    llm: FunctionCallingLLM, server: MoonshotSimulator
) -> None:
    server.reply(TEXT, TEXT)
    answers = [asyncio.run(llm.achat(QUESTION)).message.content for _ in range(2)]
    assert answers == ["It is sunny."] * 2


@_check
def _the_key_is_not_written_down(llm: FunctionCallingLLM, server: MoonshotSimulator) -> None:
    written = [str(llm.to_dict()), repr(llm), llm.to_json(), str(pickle.dumps(llm))]
    assert not [text for text in written if server.api_key in text]


@_check
def _metadata_is_that_of_the_model(llm: FunctionCallingLLM, server: MoonshotSimulator) -> None:
    del server
    assert llm.metadata.is_function_calling_model
    assert llm.metadata.is_chat_model
    assert llm.metadata.context_window >= 131_072


def main() -> None:
    """Print the report of the class that the command line names."""
    module, _, name = sys.argv[1].partition(":")
    settings = json.loads(sys.argv[2]) if len(sys.argv) > 2 else {}
    llm_class = getattr(importlib.import_module(module), name)

    def make(server: MoonshotSimulator) -> FunctionCallingLLM:
        url = "base_url" if "base_url" in llm_class.model_fields else "api_base"
        where = {url: server.base_url, "api_key": server.api_key, "model": "kimi-k2.6"}
        made: FunctionCallingLLM = llm_class(**{**where, **settings})
        return made

    results = report(make)
    for check_name, problem in results.items():
        print(f"{'no ' if problem else 'yes'} {check_name.replace('_', ' ')}  {problem}")  # noqa: T201 - a command's output


if __name__ == "__main__":
    main()
