"""Every engine that can be simulated, through both adapters: the same requests, the same answers.

Owns: one small matrix on every profile of `kimi_core.testing.ENGINE_PROFILES`. Simulated; the
profiles of TensorRT-LLM and KTransformers were read from sources, where no engine runs.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import BaseModel

from kimi_core.endpoints import get_endpoint
from kimi_core.errors import KimiContextOverflowError
from kimi_core.testing import ENGINE_PROFILES, EngineSimulator, SimulatedReply, SimulatedToolCall
from langchain_kimi import ChatKimiK2
from tests.core.asking import tool
from tests.engines.support.adapters import ADAPTERS, Conversation

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Begin = Callable[..., Conversation]

THOUGHT, TEXT = " The user asks.", "It is sunny."
PARIS = SimulatedToolCall("get_weather", {"city": "Paris"})
CALLED = [("get_weather", {"city": "Paris"})]

pytestmark = pytest.mark.filterwarnings("ignore::kimi_core.ServerSetupWarning")
streamed = pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])


class City(BaseModel):
    """A city."""

    name: str


@pytest.fixture(params=ENGINE_PROFILES)
def engine(request: pytest.FixtureRequest) -> Iterator[EngineSimulator]:
    with EngineSimulator(request.param, context=2_000) as running:
        yield running


def settings_of(engine: EngineSimulator) -> dict[str, Any]:
    name = engine.profile.name
    preset = name.removesuffix("-no-reasoning").removesuffix("-raw")
    here = {"tool_call_parser": "client"} if name == "vllm-raw" else {}
    return {"endpoint": preset, "base_url": engine.base_url, "model": "kimi-k2.6", **here}


@pytest.fixture(params=ADAPTERS)
def begin(request: pytest.FixtureRequest, engine: EngineSimulator) -> Begin:
    def made(**further: Any) -> Conversation:
        settings = {**settings_of(engine), "max_retries": 0, **further}
        settings["endpoint"] = _unspelled(settings["endpoint"])
        return ADAPTERS[request.param](settings)

    return made


def _unspelled(preset: str) -> Any:
    return replace(get_endpoint(preset), spellings={})  # it serves the name that it lists


@streamed
def test_a_loop_shows_no_thought_and_loses_no_call(
    begin: Begin, engine: EngineSimulator, stream: bool
) -> None:
    engine.reply(
        SimulatedReply(reasoning=THOUGHT, tool_calls=[PARIS]),
        SimulatedReply(content=TEXT, reasoning=THOUGHT),
    )
    conversation = begin()
    said = conversation.ask("Weather?", [tool()], stream=stream)
    assert [call[1:] for call in said.calls] == CALLED
    assert (said.content, said.reasoning, said.finish) == ("", THOUGHT, "tool_calls")
    said = conversation.tell("18 degrees", [tool()], stream=stream)
    assert (said.content, said.reasoning, said.calls) == (TEXT, THOUGHT, ())
    back = engine.requests[-1].body["messages"][1]
    assert back[engine.profile.reasoning_field] == THOUGHT
    assert "</think>" not in json.dumps(engine.requests[-1].body)


@streamed
@pytest.mark.parametrize("choice", ["required", "get_weather"])
def test_a_forced_call_comes(
    begin: Begin, engine: EngineSimulator, choice: str, stream: bool
) -> None:
    engine.reply(SimulatedReply(reasoning=THOUGHT, tool_calls=[PARIS]))
    said = begin().ask("Weather?", [tool(), tool("set_alarm")], stream=stream, tool_choice=choice)
    assert ([call[1:] for call in said.calls], said.content) == (CALLED, "")


def test_a_prompt_that_is_too_long_is_an_overflow(begin: Begin, engine: EngineSimulator) -> None:
    with pytest.raises(KimiContextOverflowError):
        begin().ask("word " * 2_000)
    assert len(engine.requests) == 1


@pytest.mark.parametrize("method", ["function_calling", None])
def test_an_object_comes(engine: EngineSimulator, method: Any) -> None:
    """In LangChain, by a forced call and by whatever the preset takes for best."""
    settings = settings_of(engine)
    settings["endpoint"] = _unspelled(settings["endpoint"])
    model = ChatKimiK2(**settings)
    named = {"method": method} if method else {}
    engine.reply(
        SimulatedReply(reasoning=THOUGHT, tool_calls=[SimulatedToolCall("City", {"name": "Ulm"})])
        if method or not engine.profile.keeps_schema
        else SimulatedReply(reasoning=THOUGHT, content='{"name": "Ulm"}')
    )
    assert model.with_structured_output(City, **named).invoke("A city") == City(name="Ulm")


@streamed
@pytest.mark.parametrize("adapter", ADAPTERS)
@pytest.mark.parametrize("profile", ["vllm", "sglang"])
@pytest.mark.parametrize(
    ("model", "said"),
    [("kimi-k2-instruct", {}), ("kimi-k2.6", {"thinking": False})],
    ids=["never thinks", "told not to"],
)
def test_an_answer_is_none_of_the_thoughts_of_a_model_without_any(
    profile: str, adapter: str, model: str, said: dict[str, Any], stream: bool
) -> None:
    """A reasoning parser took all of it, and the user saw nothing."""
    with EngineSimulator(profile, model=model) as engine:
        engine.reply(SimulatedReply(content=TEXT))
        where = {"endpoint": _unspelled(profile), "base_url": engine.base_url, "model": model}
        answer = ADAPTERS[adapter]({**where, **said}).ask("Hi", stream=stream)
    assert answer.content == TEXT


@streamed
@pytest.mark.parametrize("adapter", ADAPTERS)
@pytest.mark.parametrize("profile", ["vllm-no-reasoning", "sglang-raw"])
def test_kimi_k2_thinking_opens_its_thought_itself(
    profile: str, adapter: str, stream: bool
) -> None:
    model = "kimi-k2-thinking"
    with EngineSimulator(profile, model=model) as engine:
        engine.reply(SimulatedReply(content=TEXT, reasoning=THOUGHT))
        preset = _unspelled(profile.rpartition("-no")[0] or profile.removesuffix("-raw"))
        where = {"endpoint": preset, "base_url": engine.base_url, "model": model}
        answer = ADAPTERS[adapter](where).ask("Hi", stream=stream)
    assert (answer.content, answer.reasoning.strip()) == (TEXT, THOUGHT.strip())
