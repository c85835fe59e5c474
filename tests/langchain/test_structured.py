"""Structured output: every method on every live model, and nothing is refused."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest
from langchain_core.exceptions import OutputParserException
from pydantic import BaseModel, Field
from typing_extensions import TypedDict

from kimi_core.errors import KimiConfigError
from kimi_core.testing import SimulatedReply, SimulatedToolCall
from langchain_kimi import ChatKimiK2
from tests.scripted import ScriptedServer, chunk, stream

if TYPE_CHECKING:
    from kimi_core.testing import MoonshotSimulator
    from tests.langchain.conftest import MakeModel

# A forced call against thinking cannot be had everywhere; ChatKimiK2 warns and asks all the same.
pytestmark = pytest.mark.filterwarnings("ignore::kimi_core.ToolChoiceWarning")


class City(BaseModel):
    """A city."""

    name: str = Field(description="Its name.")
    people: int | None = Field(default=None, description="How many live there.")


class CityDict(TypedDict):
    """A city."""

    name: str
    people: int


CITY_SCHEMA = {
    "title": "City",
    "description": "A city.",
    "type": "object",
    "properties": {"name": {"type": "string"}, "people": {"type": "integer"}},
    "required": ["name", "people"],
}
PARIS = {"name": "Paris", "people": 2_000_000}
SCHEMAS: dict[str, Any] = {"pydantic": City, "typed-dict": CityDict, "json-schema": CITY_SCHEMA}
LIVE = ["kimi-k2.6", "kimi-k2.7-code", "kimi-k2.7-code-highspeed", "kimi-k3"]
METHODS = [None, "json_schema", "function_calling", "json_mode"]


def reply(method: str | None, schema: Any = City) -> SimulatedReply:
    if method != "function_calling":
        return SimulatedReply(content=json.dumps(PARIS), reasoning="Paris.")
    name = schema["title"] if isinstance(schema, dict) else schema.__name__
    return SimulatedReply(tool_calls=[SimulatedToolCall(name, PARIS)])


@pytest.mark.parametrize("schema", SCHEMAS.values(), ids=SCHEMAS)
@pytest.mark.parametrize("method", METHODS, ids=str)
@pytest.mark.parametrize("model", LIVE)
def test_every_method_goes_with_every_model(
    server: MoonshotSimulator, make: MakeModel, model: str, method: str | None, schema: Any
) -> None:
    server.reply(*[reply(method, schema)] * 3)
    chain = make(model=model).with_structured_output(schema, method=method)
    expected = City(**PARIS) if schema is City else PARIS
    assert chain.invoke("Paris?") == expected
    assert asyncio.run(chain.ainvoke("Paris?")) == expected
    assert list(chain.stream("Paris?"))[-1] == expected
    assert server.refusals == []


@pytest.mark.parametrize("model", LIVE)
def test_by_default_thinking_stays_on(
    server: MoonshotSimulator, make: MakeModel, model: str
) -> None:
    """A schema in response_format needs no forced call, which thinking would forbid."""
    make(model=model).with_structured_output(City).invoke("Paris?")
    body = server.requests[-1].body
    assert body["response_format"]["json_schema"]["name"] == "City"
    assert body.keys() <= {"model", "messages", "response_format"}


def test_on_the_completions_route_the_default_is_a_call(make_raw: MakeModel) -> None:
    """There is no response_format there, and the grammar can force a call."""
    model = make_raw(api="completions")
    assert model.profile is not None
    assert model.profile["structured_output"] is False
    bound: Any = model.with_structured_output(City)
    assert bound.first.kwargs["tool_choice"] == "City"


@pytest.mark.parametrize("strict", [None, True, False])
@pytest.mark.parametrize("method", ["json_schema", "function_calling"])
def test_strict_is_sent_where_it_is_set(
    server: MoonshotSimulator, make: MakeModel, method: str, strict: Any
) -> None:
    server.reply(reply(method))
    make().with_structured_output(City, method=method, strict=strict).invoke("Paris?")
    body = server.requests[-1].body
    place = body["response_format"]["json_schema"] if method == "json_schema" else None
    assert (place or body["tools"][0]["function"]).get("strict") is strict


def test_with_the_raw_message_beside_it(server: MoonshotSimulator, make: MakeModel) -> None:
    server.reply(reply(None), SimulatedReply(content="No idea."))
    chain = make().with_structured_output(City, include_raw=True)
    good = chain.invoke("Paris?")
    assert (good["parsed"], good["parsing_error"]) == (City(**PARIS), None)
    assert good["raw"].additional_kwargs["reasoning_content"] == "Paris."
    bad = chain.invoke("Paris?")
    assert bad["parsed"] is None
    assert isinstance(bad["parsing_error"], OutputParserException)
    assert bad["raw"].text == "No idea."


@pytest.mark.parametrize("method", METHODS[1:], ids=str)
@pytest.mark.parametrize("off", [{"streaming": False}, {"disable_streaming": True}], ids=str)
def test_a_stream_of_a_model_that_may_not_stream_is_the_object(
    server: MoonshotSimulator, make: MakeModel, method: str, off: dict[str, Any]
) -> None:
    server.reply(reply(method))
    model = make(model="kimi-k2.6", thinking=False, **off).with_structured_output(
        City, method=method
    )
    assert list(model.stream("Go.")) == [City(**PARIS)]


def test_a_fenced_answer_is_read(server: MoonshotSimulator, make: MakeModel) -> None:
    """kimi-k2.6 fences its JSON for some schemas."""
    server.reply(SimulatedReply(content=f"```json\n{json.dumps(PARIS)}\n```"))
    assert make().with_structured_output(City).invoke("Paris?") == City(**PARIS)


def get_weather(city: str) -> str:
    """Get the weather of a city."""
    return f"{city}: sunny"


def test_a_call_of_another_tool_is_an_answer_without_the_schema(
    server: MoonshotSimulator, make: MakeModel
) -> None:
    server.reply(SimulatedReply(tool_calls=[SimulatedToolCall("get_weather", {"city": "Paris"})]))
    chain = make().with_structured_output(City, tools=[get_weather], include_raw=True)
    found = chain.invoke("Paris?")
    assert found["parsed"] is None
    assert found["parsing_error"] is None
    assert [call["name"] for call in found["raw"].tool_calls] == ["get_weather"]
    server.reply(reply(None))
    assert chain.invoke("Paris?")["parsed"] == City(**PARIS)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"schema": City, "method": "magic"}, "method 'magic'"),
        ({"schema": None}, "schema is missing"),
        ({"schema": None, "method": "function_calling"}, "schema is missing"),
    ],
    ids=str,
)
def test_what_cannot_work_is_said_at_once(
    make: MakeModel, arguments: dict[str, Any], words: str
) -> None:
    with pytest.raises(KimiConfigError, match=words):
        make().with_structured_output(**arguments)


def test_any_json_without_a_schema(server: MoonshotSimulator, make: MakeModel) -> None:
    server.reply(SimulatedReply(content='{"a": 1}'))
    assert make().with_structured_output(method="json_mode").invoke("JSON?") == {"a": 1}
    assert server.requests[-1].body["response_format"] == {"type": "json_object"}


class Nameless(BaseModel):  # noqa: D101 - that it has no docstring is the point
    name: str


def test_a_class_without_words_is_sent_without_words(
    server: MoonshotSimulator, make: MakeModel
) -> None:
    make().with_structured_output(Nameless).invoke("Paris?")
    sent = server.requests[-1].body["response_format"]["json_schema"]
    assert sent.keys() == {"name", "schema"}


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ('[1, {"a": "bc"}]', [[1], [1, {}], [1, {"a": "b"}], [1, {"a": "bc"}]]),
        ('"hello world"', ["hel", "hello w", "hello world"]),
        (
            '{"a": [1], "b": "c d e"}',
            [{"a": [1]}, {"a": [1], "b": "c d"}, {"a": [1], "b": "c d e"}],
        ),
    ],
    ids=["a list", "a string", "an object"],
)
def test_any_json_is_shown_as_it_grows(said: str, shown: list[Any]) -> None:
    pieces = [said[at : at + 4] for at in range(0, len(said), 4)]
    with ScriptedServer() as server:
        server.will(stream(*(chunk(content=piece) for piece in pieces), chunk("stop")))
        llm = ChatKimiK2(endpoint="vllm", base_url=server.base_url, model="kimi-k2-thinking")
        assert list(llm.with_structured_output(method="json_mode").stream("Go.")) == shown
        llm.close()


@pytest.mark.parametrize(
    "given",
    [
        City,
        CITY_SCHEMA,
        {"name": "City", "schema": CITY_SCHEMA},
        {"type": "json_schema", "json_schema": {"name": "City", "schema": CITY_SCHEMA}},
    ],
    ids=["pydantic", "json-schema", "named-schema", "response_format"],
)
def test_response_format_may_be_given_for_one_call(
    server: MoonshotSimulator, make: MakeModel, given: Any
) -> None:
    make().invoke("Paris?", response_format=given)
    assert server.requests[-1].body["response_format"]["json_schema"]["name"] == "City"
