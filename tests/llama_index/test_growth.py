"""What streaming costs, as counts and not as seconds: it grows with the stream, not faster.

Owns: calls per chunk of an agent's tool argument, classes built per structured answer, and what a
consumer that keeps nothing leaves behind. Seconds are for ``make bench``.
"""

from __future__ import annotations

import asyncio
import cProfile
import gc
import pstats
import tracemalloc
from typing import TYPE_CHECKING, Any

import pytest
from llama_index.core.agent.workflow import AgentStream, FunctionAgent
from llama_index.core.base.llms.types import ChatMessage
from llama_index.core.prompts import PromptTemplate
from pydantic import BaseModel

from llama_index_kimi import _structured
from tests.llama_index.scripted_server import ScriptedServer, answer, chunk, chunks, tool_call
from tests.pieces import clients

if TYPE_CHECKING:
    from collections.abc import Callable

    from llama_index.core.tools import FunctionTool

    from llama_index_kimi import ChatKimiK2


class City(BaseModel):
    """Fits only when it is whole."""

    name: str
    people: int


def calls_made(run: Callable[[], object]) -> int:
    """Count the Python calls of this thread."""
    profile = cProfile.Profile()
    profile.enable()
    run()
    profile.disable()
    total: int = pstats.Stats(profile).total_calls  # type: ignore[attr-defined]  # set in __init__
    return total


def argument(characters: int) -> list[dict[str, Any]]:
    """Return a stream with a tool argument of this length, in pieces of eight."""
    text = "words, " * (characters // 7)
    return chunks(answer(calls=[tool_call("get_weather", f'{{"city": "{text}"}}')]), size=8)


def test_reading_a_growing_argument_takes_as_many_calls_for_each_chunk(
    make_llm: Callable[..., ChatKimiK2], weather: FunctionTool
) -> None:
    """An agent asks for the calls after each chunk; four times the chunks, four times the calls."""

    def run(characters: int) -> int:
        llm = make_llm(**clients(argument(characters)))

        def ask() -> None:
            for response in llm.stream_chat_with_tools([weather], "?"):
                llm.get_tool_calls_from_response(response, error_on_no_tool_call=False)

        return calls_made(ask)

    run(80)  # what is imported once
    assert run(6_400) < 4.05 * run(1_600)


# Workflows look at every attribute of an agent, the deprecated ones of pydantic too.
@pytest.mark.filterwarnings("ignore::pydantic.warnings.PydanticDeprecationWarning")
def test_arguments_that_lie_ready_make_few_events_of_an_agent(
    llm: ChatKimiK2, server: ScriptedServer, weather: FunctionTool
) -> None:
    """Each event holds all arguments so far, and waits in a queue until somebody looks."""
    items = argument(16_000)
    server.stream(items, at_once=True)
    server.stream(chunks(answer("Sunny.")))

    async def events() -> int:
        handler = FunctionAgent(tools=[weather], llm=llm).run("?")
        seen = [event async for event in handler.stream_events() if isinstance(event, AgentStream)]
        await handler
        return len(seen)

    assert len(items) > 2_000
    assert asyncio.run(events()) < 200


def test_one_class_is_built_for_a_structured_answer(
    make_llm: Callable[..., ChatKimiK2],
    server: ScriptedServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """LlamaIndex builds one for each chunk, which is most of what its own program costs."""
    built: list[str] = []
    build = _structured.create_flexible_model

    def counted(output_cls: Any) -> Any:
        built.append(output_cls.__name__)
        return build(output_cls)

    monkeypatch.setattr(_structured, "create_flexible_model", counted)
    text = '{"name": "' + "x" * 300 + '", "people": 1}'
    server.stream(chunks(answer(text)))

    objects = list(make_llm().stream_structured_predict(City, PromptTemplate("?")))

    assert len(objects) > 90
    assert built == ["City"]


@pytest.mark.deep
def test_a_consumer_that_keeps_nothing_needs_no_more_memory_for_a_longer_stream(
    llm: ChatKimiK2, server: ScriptedServer
) -> None:
    """The peak grows by the stream's bytes, not by a response for each chunk."""

    def peak(count: int) -> int:
        server.forget()
        server.stream([*[chunk(content="eight ch")] * count, chunk("stop")])
        gc.collect()
        tracemalloc.reset_peak()
        start = tracemalloc.get_traced_memory()[0]
        for _ in llm.stream_chat([ChatMessage("?")]):
            pass
        return tracemalloc.get_traced_memory()[1] - start

    tracemalloc.start()
    try:
        peak(50)
        short, long = peak(200), peak(1_600)
    finally:
        tracemalloc.stop()

    # 1,400 chunks more are 11 kB of text and, as the server is in this process, twice 170 kB of its
    # stream; one kept response for each would be more than 10 MB.
    assert long - short < 1_000_000


def test_a_response_of_a_stream_is_what_the_constructors_would_have_made(
    llm: ChatKimiK2, server: ScriptedServer, weather: FunctionTool
) -> None:
    """They are copies of templates; no field may be missing, shared or left unvalidated."""
    said = answer("So.", reasoning="Hm.", calls=[tool_call("get_weather", '{"city": "Rome"}')])
    server.stream(chunks(said))
    responses = list(llm.stream_chat_with_tools([weather], "?"))
    for response in responses:
        message = response.message
        blocks = [type(block)(**block.__dict__) for block in message.blocks]
        rebuilt = type(message)(**{**message.__dict__, "blocks": blocks})
        assert response == type(response)(**{**response.__dict__, "message": rebuilt})
        assert response.model_dump() == type(response)(**response.model_dump()).model_dump()
    for name in ("blocks", "additional_kwargs"):
        assert len({id(getattr(one.message, name)) for one in responses}) == len(responses)
