"""Structured answers: asked for in the way the model accepts, read whole and while they grow.

Owns: structured_predict in its four forms, as_structured_llm, the choice between schema and tool.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from llama_index.core.base.llms.types import ChatMessage
from llama_index.core.prompts import PromptTemplate
from llama_index.core.types import PydanticProgramMode
from pydantic import BaseModel, Field, ValidationError

from kimi_core.errors import KimiProtocolError
from tests.llama_index.scripted_server import ScriptedServer, answer, chunks, tool_call

if TYPE_CHECKING:
    from collections.abc import Callable

    from llama_index_kimi import ChatKimiK2

PROMPT = PromptTemplate("A city on the {river}.")
JSON = '{"name": "Ulm", "people": 126000}'


class City(BaseModel):
    """A city."""

    name: str
    people: int = Field(gt=0)


ULM = City(name="Ulm", people=126_000)
BY_TOOL = {"endpoint": "vllm"}
BY_SCHEMA: dict[str, Any] = {}


def script(server: ScriptedServer, json: str, *, tool: bool, streaming: bool) -> None:
    whole = answer(calls=[tool_call("City", json)]) if tool else answer(json, reasoning="Hm.")
    if streaming:
        server.stream(chunks(whole, size=4))
    else:
        server.json(whole)


def predict(llm: ChatKimiK2, way: str) -> list[Any]:
    """Predict in one of the four ways and return all objects that came."""

    async def run() -> list[Any]:
        method = getattr(llm, way)
        result = method(City, PROMPT, river="Danube")
        if way.startswith("a"):
            result = await result
        if way == "astream_structured_predict":
            return [item async for item in result]
        return list(result) if way == "stream_structured_predict" else [result]

    return asyncio.run(run())


WAYS = [
    "structured_predict",
    "astructured_predict",
    "stream_structured_predict",
    "astream_structured_predict",
]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("settings", [BY_TOOL, BY_SCHEMA], ids=["tool", "schema"])
def test_every_way_gives_the_object_and_keeps_the_system_prompt(
    make_llm: Callable[..., ChatKimiK2],
    server: ScriptedServer,
    way: str,
    settings: dict[str, Any],
) -> None:
    script(server, JSON, tool=settings is BY_TOOL, streaming="stream" in way)

    assert predict(make_llm(system_prompt="Be brief.", **settings), way)[-1] == ULM

    assert server.bodies[0]["messages"] == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "A city on the Danube."},
    ]


@pytest.mark.parametrize(
    ("settings", "asked"),
    [
        pytest.param({"endpoint": "vllm"}, "tool", id="no thinking: a forced tool"),
        pytest.param({}, "schema", id="thinking: a schema"),
        pytest.param(
            {"model": "kimi-k2.6", "thinking": False},
            "tool",
            id="thinking switched off: a forced tool",
        ),
        pytest.param(
            {"model": "kimi-k2.6", "thinking": {"type": "disabled"}},
            "tool",
            id="off in Moonshot's words",
        ),
        pytest.param({"model": "kimi-k3"}, "schema", id="always thinking: a schema"),
        pytest.param(
            {"endpoint": "vllm", "tool_call_parser": "client"}, "schema", id="calls parsed here"
        ),
    ],
)
def test_a_thinking_model_is_never_forced(
    make_llm: Callable[..., ChatKimiK2], server: ScriptedServer, settings: Any, asked: str
) -> None:
    script(server, JSON, tool=asked == "tool", streaming=False)

    predict(make_llm(**settings), "structured_predict")

    sent = server.bodies[0]
    forced = {"type": "function", "function": {"name": "City"}}
    assert sent.get("tool_choice") == (forced if asked == "tool" else None)
    assert ("response_format" in sent) == (asked == "schema")


def test_thinking_switched_off_for_one_call_in_moonshots_words(
    make_llm: Callable[..., ChatKimiK2], server: ScriptedServer
) -> None:
    script(server, JSON, tool=True, streaming=False)
    llm = make_llm(model="kimi-k2.6")
    off = {"thinking": {"type": "disabled"}}
    switched = {"model": "kimi-k2.6", **off}
    llm.structured_predict(City, PromptTemplate("Ulm?"), llm_kwargs=switched)
    sent = server.bodies[0]
    assert (sent["thinking"], "tool_choice" in sent) == (off["thinking"], True)


def test_the_schema_that_is_sent_is_that_of_the_class(
    llm: ChatKimiK2, server: ScriptedServer
) -> None:
    script(server, JSON, tool=False, streaming=False)

    predict(llm, "structured_predict")

    sent = server.bodies[0]["response_format"]
    assert (sent["type"], sent["json_schema"]["name"]) == ("json_schema", "City")
    assert sent["json_schema"]["schema"]["required"] == ["name", "people"]


def test_function_mode_asks_by_tool_whatever_the_model(
    make_llm: Callable[..., ChatKimiK2], server: ScriptedServer
) -> None:
    script(server, JSON, tool=True, streaming=False)

    llm = make_llm(model="kimi-k2.6", pydantic_program_mode=PydanticProgramMode.FUNCTION)

    assert predict(llm, "structured_predict") == [ULM]
    assert server.bodies[0]["thinking"] == {"type": "disabled"}


@pytest.mark.parametrize("way", WAYS)
def test_text_mode_is_that_of_llama_index(
    make_llm: Callable[..., ChatKimiK2], server: ScriptedServer, way: str
) -> None:
    script(server, JSON, tool=False, streaming="stream" in way)

    found = predict(make_llm(pydantic_program_mode=PydanticProgramMode.LLM), way)
    assert found[-1] == ULM

    assert "response_format" not in server.bodies[0]


@pytest.mark.parametrize("settings", [BY_TOOL, BY_SCHEMA], ids=["tool", "schema"])
def test_strings_are_seen_while_they_grow(
    make_llm: Callable[..., ChatKimiK2], server: ScriptedServer, settings: dict[str, Any]
) -> None:
    script(server, '{"name": "Regensburg", "people": 1}', tool=settings is BY_TOOL, streaming=True)

    objects = predict(make_llm(**settings), "stream_structured_predict")

    names = list(dict.fromkeys(item.name for item in objects))
    assert names == ["Re", "Regens", "Regensburg"]
    assert objects[0].people is None
    assert isinstance(objects[-1], City)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        pytest.param(f"```json\n{JSON}\n```", "Ulm", id="a fence"),
        pytest.param('{"name": "Neu-\nUlm", "people": 1}', "Neu-\nUlm", id="a raw newline"),
    ],
)
def test_harmless_deviations_are_read(
    llm: ChatKimiK2, server: ScriptedServer, text: str, name: str
) -> None:
    server.json(answer(text))

    (city,) = predict(llm, "structured_predict")

    assert city.name == name


@pytest.mark.parametrize(
    ("whole", "error", "words"),
    [
        pytest.param(answer('{"name": "Ulm"}'), ValidationError, "people", id="a missing field"),
        pytest.param(
            answer('{"name": "Ulm", "people": 0}'), ValidationError, "greater", id="a broken rule"
        ),
        pytest.param(answer("Ulm."), ValueError, r"without a City: 'Ulm\.'", id="prose"),
        pytest.param(
            answer('{"name": "U', finish_reason="length"),
            KimiProtocolError,
            "Raise max_tokens",
            id="cut",
        ),
    ],
)
@pytest.mark.parametrize("way", WAYS)
def test_an_answer_that_is_no_object_is_an_error(
    llm: ChatKimiK2,
    server: ScriptedServer,
    way: str,
    whole: dict[str, Any],
    error: type[Exception],
    words: str,
) -> None:
    if "stream" in way:
        server.stream(chunks(whole))
    else:
        server.json(whole)

    with pytest.raises(error, match=words):
        predict(llm, way)


def test_a_structured_llm_answers_in_json(llm: ChatKimiK2, server: ScriptedServer) -> None:
    script(server, JSON, tool=False, streaming=False)

    response = llm.as_structured_llm(City).chat([ChatMessage("A city?")])

    assert response.raw == ULM
    assert City.model_validate_json(response.message.content or "") == ULM


def test_settings_of_the_call_reach_the_request(llm: ChatKimiK2, server: ScriptedServer) -> None:
    script(server, JSON, tool=False, streaming=False)

    llm.structured_predict(
        City, PROMPT, {"max_tokens": 9, "tool_required": True, "model": "kimi-k3"}, river="Iller"
    )

    assert server.bodies[0]["max_completion_tokens"] == 9
    assert server.bodies[0]["model"] == "kimi-k3"
