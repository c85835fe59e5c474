"""What a real SGLang does with each kind of request, with both parsers, with one, and with none.

Owns: objects, beginnings, damaged calls, choices, limits and refusals, through both adapters; the
rest is in test_conversations. SGLang is real but for its model class (support/scripted_sglang).
What is marked deep is in test_matrix, too, which runs every time.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from kimi_core.errors import EmptyAnswerWarning, KimiBadRequestError, KimiContextOverflowError
from tests.engines.scenario import ALARM, ANSWER, CALL, OBJECT, QUESTION, REASONING, WEATHER

if TYPE_CHECKING:
    from tests.engines.conftest import Connect

SERVERS = ("sglang", "sglang-no-reasoning", "sglang-raw")
MADE = (
    "{section_begin}{begin}functions.get_weather:0{argument_begin}"
    '{"city": "Paris"}{end}{section_end}'
)
CITY = {
    "type": "object",
    "properties": {"city": {"enum": ["Paris", "Rome"]}},
    "required": ["city"],
    "additionalProperties": False,
}
FORM = {"type": "json_schema", "json_schema": {"name": "city", "schema": CITY, "strict": True}}
PIXEL = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk"
    "+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)

pytestmark = pytest.mark.filterwarnings("ignore::kimi_core.ServerSetupWarning")
streamed = pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"])


def on(*names: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("engine", names or SERVERS, indirect=True)


@pytest.mark.deep
@on()
@streamed
@pytest.mark.parametrize("thinking", [False, None], ids=["not thinking", "thinking"])
def test_an_object(connect: Connect, thinking: bool | None, stream: bool) -> None:
    """Without a reasoning parser it comes at once, in a think block that nothing closes."""
    said = connect(thinking=thinking).ask("Paris as JSON", stream=stream, response_format=FORM)
    assert json.loads(said.content) in (OBJECT, {"city": "Rome"})
    assert said.reasoning in ("", REASONING)


@pytest.mark.deep
@on()
@streamed
def test_a_choice_binds_name_and_arguments(connect: Connect, stream: bool) -> None:
    """The script knows no alarm: both are the work of the structural tag."""
    tools = [WEATHER, ALARM]
    said = connect().ask(QUESTION, tools, stream=stream, tool_choice="set_alarm")
    assert [call[1:] for call in said.calls] == [("set_alarm", {"day": "Monday", "hour": 7})]
    assert (said.content, said.finish) == ("", "tool_calls")


@on()
@streamed
@pytest.mark.parametrize("tools", [[], [WEATHER]], ids=["no tools", "none"])
def test_what_may_be_no_call_is_text(connect: Connect, tools: list[Any], stream: bool) -> None:
    options = {"tool_choice": "none"} if tools else {}
    said = connect().ask(f"[[{MADE}]]", tools, stream=stream, **options)
    assert said.calls == ()
    assert "functions.get_weather:0" in said.content
    assert said.reasoning.strip() == REASONING.strip()


@pytest.mark.deep
@on()
@streamed
def test_a_beginning_is_continued(connect: Connect, stream: bool) -> None:
    """Behind the generation prompt, whose think block has to be closed."""
    conversation = connect()
    conversation.begin(QUESTION, ANSWER[:8])
    said = conversation.go_on(stream=stream)
    assert (said.content, said.reasoning) == (ANSWER[8:], "")


@on("sglang", "sglang-no-reasoning")
def test_a_damaged_call_is_dropped_by_its_parser_and_counted(connect: Connect) -> None:
    damaged = MADE.replace('"Paris"}', "")
    with pytest.warns(EmptyAnswerWarning, match=r"cost \d+ tokens and has neither"):
        said = connect().ask(f"[[{damaged}]]", [WEATHER])
    assert (said.content, said.calls, said.damaged) == ("", (), ())
    assert connect().ask(f"[[{damaged}]]", [WEATHER], stream=True).damaged == ("get_weather",)


@on("sglang-raw")
@streamed
def test_a_damaged_call_that_is_parsed_here_is_told(connect: Connect, stream: bool) -> None:
    damaged = MADE.replace('"Paris"}', "")
    said = connect().ask(f"[[{damaged}]]", [WEATHER], stream=stream)
    assert (said.content, said.calls, said.damaged) == ("", (), ("get_weather",))


@pytest.mark.deep
@on()
@streamed
def test_a_thought_that_is_cut_is_no_answer(connect: Connect, stream: bool) -> None:
    with pytest.warns(EmptyAnswerWarning, match="token limit"):
        said = connect(max_tokens=4).ask(QUESTION, stream=stream)
    assert (said.content, said.finish) == ("", "length")
    assert REASONING.startswith(said.reasoning)
    assert said.reasoning


@pytest.mark.deep
@on()
@streamed
def test_a_stop_string_ends_the_answer(connect: Connect, stream: bool) -> None:
    said = connect(stop=["degrees"]).ask(QUESTION, stream=stream)
    assert (said.content, said.finish) == ("It is 18 ", "stop")


@on()
@pytest.mark.parametrize("ids", ["call_abc", "functions.get_weather:0"])
def test_foreign_ids_of_calls_go_back(connect: Connect, ids: str) -> None:
    conversation = connect()
    conversation.remember_call(QUESTION, ids, *CALL)
    said = conversation.tell("18 degrees", [WEATHER])
    assert [call[1:] for call in said.calls] == [CALL]


@on("sglang")
@streamed
def test_a_prompt_that_is_too_long(connect: Connect, stream: bool) -> None:
    with pytest.raises(KimiContextOverflowError, match="longer than the model's context length"):
        connect().ask("word " * 9_000, stream=stream)
    with pytest.raises(KimiContextOverflowError, match="maximum context length"):
        connect(max_tokens=100_000).ask("Hi", stream=stream)


@on("sglang")
def test_a_picture_for_a_model_that_reads_text(connect: Connect) -> None:
    with pytest.raises(KimiBadRequestError, match="only supports text input"):
        connect().look("What is it?", PIXEL)
