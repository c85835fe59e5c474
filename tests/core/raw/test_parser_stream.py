"""When events leave, and how a parser is used.

Owns: tests of latency, of closing, and of what the API refuses. May know: the public API.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from kimi_core.errors import KimiConfigError, KimiProtocolError
from kimi_core.events import (
    ContentDelta,
    Event,
    ReasoningDelta,
    ToolCallArguments,
    ToolCallEnd,
    ToolCallStart,
)
from kimi_core.raw._reading.output import KINDS
from kimi_core.raw.parser import StreamParser, parse
from tests.core.raw.cases_common import (
    AB,
    CB,
    CE,
    READ,
    SB,
    SE,
    WEATHER,
    cut,
    message_of,
    section,
)
from tests.core.raw.cases_common import call as k2_call
from tests.core.raw.cases_k2_calls import ARGUMENTS, IDS, TRANSPORT
from tests.core.raw.cases_k2_framing import FRAMING
from tests.core.raw.cases_k3 import argument, channel, closed, head, opened
from tests.core.raw.cases_k3_calls import CALLS
from tests.core.raw.cases_k3_channels import CHANNELS
from tests.core.raw.cases_rule import RULE
from tests.shared import shared_path

if TYPE_CHECKING:
    from pathlib import Path

_LONGEST = len("<|tool_call_argument_begin|>")


def _fed(parser: StreamParser, text: str) -> list[Event]:
    return [event for char in text for event in parser.feed(char)]


@pytest.mark.parametrize(("thinking", "kind"), [(False, ContentDelta), (True, ReasoningDelta)])
@pytest.mark.parametrize("dialect", ["k2", "k3"])
def test_text_leaves_at_once(dialect: str, *, thinking: bool, kind: type) -> None:
    parser = StreamParser(dialect, thinking=thinking)
    for word in ("Hello", ", ", "world", "\n"):
        assert parser.feed(word) == [kind(word)]


def test_text_is_held_back_only_while_it_can_become_a_marker() -> None:
    parser = StreamParser()
    assert parser.feed("a <|tool_call") == [ContentDelta("a ")]
    assert parser.feed("_x") == [ContentDelta("<|tool_call_x")]


def test_a_call_starts_as_soon_as_its_id_is_whole() -> None:
    parser = StreamParser()
    text = f"{SB}{CB}functions.f:0{AB}"
    assert _fed(parser, text[:-1]) == []
    assert parser.feed(text[-1]) == [ToolCallStart(0, "functions.f:0", "f")]


def test_arguments_leave_with_a_lag_of_less_than_a_marker() -> None:
    parser = StreamParser()
    parser.feed(f"{SB}{CB}functions.f:0{AB}")
    value = '{"a":"x < y <| z <|tool_call", "b": [1, {"c":"\\"\\\\"}], "d":null}'
    seen = 0
    for fed, char in enumerate(value, 1):
        for event in parser.feed(char):
            assert isinstance(event, ToolCallArguments)
            seen += len(event.text)
        assert fed - seen < _LONGEST
    assert seen == len(value)
    assert _fed(parser, CE) == [ToolCallEnd(0, complete=True)]


def test_a_marker_in_a_string_is_waited_for_until_the_string_ends() -> None:
    parser = StreamParser()
    parser.feed(f'{SB}{CB}f:0{AB}{{"a":"x')
    assert parser.feed(CE) == []
    assert parser.feed(SE) == []
    assert parser.feed("y") == []
    assert parser.feed('"') == []
    assert parser.feed("}") == [ToolCallArguments(0, f'{CE}{SE}y"}}')]


def test_a_marker_in_a_string_is_data_once_4096_characters_have_followed() -> None:
    parser = StreamParser()
    parser.feed(f'{SB}{CB}f:0{AB}{{"a":"')
    assert parser.feed(CE + SE + "x" * (4095 - len(CE + SE))) == []
    assert sum(len(event.text) for event in parser.feed("x")) >= len(CE)


def test_a_call_without_a_name_waits_for_its_arguments_up_to_a_limit() -> None:
    parser = StreamParser(tools=[WEATHER, READ])
    parser.feed(f"{SB}{CB}3{AB}")
    said = '{"path":"' + "x" * 65_520
    assert parser.feed(said) == []
    events = [*parser.feed("x" * 20), *parser.feed(f'"}}{CE}{SE}')]
    texts = [event.text for event in events if isinstance(event, ContentDelta)]
    assert len(texts) == len(events)
    assert "".join(texts) == f'{SB}{CB}3{AB}{said}{"x" * 20}"}}{CE}{SE}'


def test_k3_string_arguments_leave_before_they_are_closed() -> None:
    parser = StreamParser("k3")
    parser.feed(opened("tools") + head())
    assert parser.feed(opened("argument", ' key="a" type="string"')) == [
        ToolCallStart(0, "f:0", "f"),
        ToolCallArguments(0, '{"a":'),
        ToolCallArguments(0, '"'),
    ]
    assert parser.feed('say "hi"\n') == [ToolCallArguments(0, 'say \\"hi\\"\\n')]
    assert parser.feed(closed("argument")) == []
    assert parser.feed(closed("call")) == []
    assert parser.feed(closed("tools")) == []  # text behind it would say that it was quoted
    assert parser.close("stop") == [
        ToolCallArguments(0, '"'),
        ToolCallArguments(0, "}"),
        ToolCallEnd(0, complete=True),
    ]


def test_k3_string_ends_at_once_where_the_next_argument_or_call_is_opened() -> None:
    parser = StreamParser("k3")
    parser.feed(opened("tools") + head() + opened("argument", ' key="a" type="string"') + "x")
    parser.feed(closed("argument"))
    assert parser.feed(opened("argument", ' key="b" type="string"'))[0] == ToolCallArguments(0, '"')
    parser.feed(f"y{closed('argument')}{closed('call')}")
    assert ToolCallEnd(0, complete=True) in parser.feed(head())


def test_k3_block_of_json_leaves_as_it_comes() -> None:
    parser = StreamParser("k3")
    parser.feed(opened("tools") + head() + opened("json", ' type="object"'))
    assert parser.feed('{"a": "b') == [ToolCallArguments(0, '{"a": "b')]


def test_k3_reasoning_that_turns_out_to_be_the_answer_is_said_again_as_content() -> None:
    parser = StreamParser("k3", thinking=True)
    assert parser.feed("4") == [ReasoningDelta("4")]
    assert parser.feed("2") == [ReasoningDelta("2")]
    assert parser.feed(closed("response")) == [ContentDelta("42")]


@pytest.mark.parametrize("dialect", ["k2", "k3"])
def test_close_releases_what_was_held_back_and_may_be_called_again(dialect: str) -> None:
    parser = StreamParser(dialect)
    assert parser.feed("a <") == [ContentDelta("a ")]
    assert parser.close("stop") == [ContentDelta("<")]
    assert parser.close("length") == []
    assert parser.diagnostics == ()


@pytest.mark.parametrize("finish_reason", ["stop", "tool_calls", None])
def test_a_call_that_lacks_only_its_end_is_complete_if_the_model_stopped(
    finish_reason: str | None,
) -> None:
    text = f"{SB}{CB}f:0{AB}{{}}"
    assert parse(text, finish_reason=finish_reason).tool_calls[0].complete


@pytest.mark.parametrize("finish_reason", ["length", "content_filter"])
def test_a_call_that_lacks_only_its_end_is_incomplete_if_the_model_was_cut_off(
    finish_reason: str,
) -> None:
    text = f"{SB}{CB}f:0{AB}{{}}"
    assert not parse(text, finish_reason=finish_reason).tool_calls[0].complete


def test_diagnostics_grow_while_text_arrives() -> None:
    parser = StreamParser()
    parser.feed("a")
    assert parser.diagnostics == ()
    parser.feed(CE)
    assert [(note.kind, note.text, note.position) for note in parser.diagnostics] == [
        ("orphan_marker", CE, 1)
    ]


def test_parsers_of_several_choices_do_not_share_anything() -> None:
    first, second = StreamParser(), StreamParser()
    first.feed(f"{SB}{CB}f:0{AB}{{")
    assert second.feed("b") == [ContentDelta("b")]
    assert first.feed("}") == [ToolCallArguments(0, "}")]


@pytest.mark.parametrize("end", ["functions.", ":0", '{"path": "a', '"}'])
def test_a_message_begun_in_the_prompt_goes_on_where_it_ended(end: str) -> None:
    """Row 92: a prefill is fed like any other text, and the calls it began are whole calls."""
    text = section(k2_call('{"path": "a.txt"}'))
    cut = text.index(end) + len(end)
    parser = StreamParser("k2")
    events = parser.feed(text[:cut]) + parser.feed(text[cut:]) + parser.close("stop")
    ends = [event for event in events if isinstance(event, ToolCallEnd)]
    assert ends == [ToolCallEnd(0, complete=True)]
    arguments = [event.text for event in events if isinstance(event, ToolCallArguments)]
    assert "".join(arguments) == '{"path": "a.txt"}'


def test_tools_that_are_no_functions_are_passed_over() -> None:
    tools = [
        {"type": "builtin_function"},
        {"type": "function", "function": None},
        {"name": "g"},
        {"type": "function", "function": {"name": 5}},
    ]
    message = parse(section(k2_call("{}", "g")), tools=tools)
    assert [call.name for call in message.tool_calls] == ["g"]


def test_an_unknown_dialect_is_refused() -> None:
    with pytest.raises(KimiConfigError, match=r"dialect='k4'.*'k2' and 'k3'"):
        StreamParser("k4")  # type: ignore[arg-type]  # refused at run time too


def test_strict_says_where_what_and_the_way_out() -> None:
    with pytest.raises(KimiProtocolError, match=r"Character 1 .*opens nothing.*strict=False"):
        StreamParser(strict=True).feed(f"a{CE}")


def test_every_kind_of_diagnostic_occurs_and_is_described() -> None:
    cases = (*FRAMING, *IDS, *ARGUMENTS, *CHANNELS, *CALLS, *RULE)
    assert {kind for case in cases for kind in case.diagnostics} == set(KINDS)


def test_many_calls_with_one_id_stay_apart() -> None:
    calls = parse(section(*[k2_call("{}", "f:0")] * 200)).tool_calls
    assert len({call.id for call in calls}) == 200


# Each recorded answer of an engine that left the markers in its text: (thinking, names called).
RAW_RECORDINGS = {
    "c-08-compl-structural-tag-token-stream.sse": (False, ["get_weather", "add"]),
    "n-02-chat-raw-markers-stream.sse": (True, ["get_weather"]),
}


def _recorded_text(path: Path) -> str:
    """Return the content of a recorded answer, streamed or whole."""
    text = path.read_text(encoding="utf-8")
    lines = [line[5:] for line in text.splitlines() if line.startswith("data: {")]
    chunks = [json.loads(line) for line in lines or [text]]
    choices = [choice for chunk in chunks for choice in chunk.get("choices", ())]
    return "".join(
        choice.get("text")
        or choice.get("delta", {}).get("content")
        or choice.get("message", {}).get("content")
        or ""
        for choice in choices
    )


@pytest.mark.shared("data/recordings")
def test_no_recorded_answer_that_holds_markers_is_left_out() -> None:
    folder = shared_path("data/recordings/engines")
    answers = [*folder.glob("*.sse"), *folder.glob("*.json")]
    answers = [path for path in answers if path.name.count(".") == 1]
    marked = {path.name for path in answers if CB in _recorded_text(path)}
    assert marked == set(RAW_RECORDINGS)


@pytest.mark.shared("data/recordings")
@pytest.mark.parametrize("size", [1, 3, 1_000_000])
@pytest.mark.parametrize("name", RAW_RECORDINGS)
def test_a_recorded_engine_that_leaves_the_markers_in_its_text(name: str, size: int) -> None:
    thinking, names = RAW_RECORDINGS[name]
    text = _recorded_text(shared_path(f"data/recordings/engines/{name}"))
    message = message_of(cut(text, size), thinking=thinking, strict=True)
    assert [call.name for call in message.tool_calls] == names
    assert message.content == ""
    assert bool(message.reasoning) is thinking


def test_an_answer_that_was_begun_in_the_prompt_goes_on_where_the_prompt_ended() -> None:
    """Row 92: the parser is fed what the prompt already holds, wherever that stops."""
    parser = StreamParser()
    parser.feed(f'{SB}{CB}functions.f:0{AB}{{"a": "x')
    assert _fed(parser, f'y"}}{CE}{SE}')[-1] == ToolCallEnd(0, complete=True)
    assert parser.close("stop") == []
    assert parser.diagnostics == ()


def test_every_row_of_the_table_of_edge_cases_is_decided() -> None:
    """Rows that are no matter of the parser are named, with who decides them."""
    elsewhere = {
        "32": "request fields, tests of kimi_core.request",
        "45": "ids in the prompt, test_tool_ids",
        "59": "the model under a grammar, tests of the grammar",
        "86": "the server's own grammar, tests of the grammar",
        "87": "markers in user text, test_prompt_safety",
        "88": "one parser per choice, above",
        "91": "bytes, tests of kimi_core.transport.sse",
        "92": "text begun in the prompt, above",
    }
    cases = (*FRAMING, *IDS, *ARGUMENTS, *TRANSPORT, *CHANNELS, *CALLS)
    decided = {case.row.partition("-")[0] for case in cases} | set(elsewhere)
    assert {str(row) for row in range(1, 93)} - decided == set()


def test_k3_call_in_an_answer_that_follows_reasoning_returns_to_the_answer() -> None:
    text = channel("response", f"a{head()}{argument('x')}{closed('call')}b")
    assert parse(text, "k3").content == "ab"
