"""Which text of an answer becomes a call, a think block or an end of turn.

Owns: the table of tests/core/answers.py in the core; tests/parity holds the adapters to it.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from kimi_core.errors import KimiStatusError
from kimi_core.events import ContentDelta, ReasoningDelta, ToolCallArguments, ToolCallStart
from kimi_core.response import ResponseReader
from tests.core.answers import ANSWERS, TextAnswer
from tests.core.asking import ask, tool
from tests.core.raw.cases_common import call, section
from tests.core.reading import delta, fragment, read, reader_for

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

pytestmark = [
    pytest.mark.filterwarnings("ignore::kimi_core.errors.RetiredModelWarning"),
    # An answer that was cut inside its reasoning says nothing.
    pytest.mark.filterwarnings("ignore::kimi_core.errors.EmptyAnswerWarning"),
]

RAW = section(call('{"city": "Rome"}', "functions.get_weather:0"))
TEXT = "Let me look at the weather. "


def reader_of(answer: TextAnswer) -> ResponseReader:
    asked: dict[str, Any] = {**answer.settings, **answer.asked}
    overrides = {name: asked.pop(name) for name in ("tool_call_parser", "api") if name in asked}
    extra = asked.pop("extra_body", {})
    where = asked.pop("endpoint", "vllm"), asked.pop("model", "kimi-k2-instruct")
    request = ask(*where, messages=answer.messages, overrides=overrides, extra=extra, **asked)
    return ResponseReader(request)


@pytest.mark.parametrize("size", [0, 1, 2, 3, 7, 50], ids=lambda size: f"cut {size}")
@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
def test_what_an_answer_says(answer: TextAnswer, size: int) -> None:
    chunks = answer.chunks(size) if size else [answer.whole()]
    reader, _ = read(chunks, reader_of(answer))
    message = reader.message()
    calls = [(one.id, one.name, json.loads(one.arguments)) for one in message.tool_calls]
    assert message.content == answer.content
    assert message.reasoning == answer.reasoning
    assert calls == list(answer.calls)
    assert reader.finish_reason == ("tool_calls" if answer.calls else answer.finish)


@pytest.mark.parametrize("parser", ["auto", "client", "server"])
def test_text_leaves_at_once_whoever_parses(parser: str) -> None:
    reader = reader_for(parser, tools=[tool()])
    assert reader.feed(delta(content=TEXT)) == [ContentDelta(TEXT)]
    assert reader.feed(delta(reasoning=TEXT)) == [ReasoningDelta(TEXT)]


def test_a_call_in_text_leaves_as_it_comes_where_all_text_comes_here() -> None:
    reader = reader_for("client", tools=[tool()])
    begun, rest = RAW[: RAW.index("Rome")], RAW[RAW.index("Rome") :]
    assert reader.feed(delta(content=begun)) == [
        ToolCallStart(0, "functions.get_weather:0", "get_weather"),
        ToolCallArguments(0, '{"city": "'),
    ]
    assert reader.feed(delta(content=rest))


def test_a_call_in_text_waits_where_the_server_may_send_its_own() -> None:
    reader = reader_for("auto", tools=[tool()])
    assert reader.feed(delta(content=f"Hi.{RAW}")) == [ContentDelta("Hi.")]
    assert reader.feed(delta("stop")) == []
    kinds = dict.fromkeys(type(event).__name__ for event in reader.close())
    assert list(kinds) == ["ToolCallStart", "ToolCallArguments", "ToolCallEnd"]


def test_what_waits_is_in_the_partial_answer() -> None:
    reader = reader_for("auto", tools=[tool()])
    reader.feed(delta(content=f"Hi.{RAW[:-40]}"))
    for _ in range(2):
        found = reader.truncated("the connection was lost").partial
        assert found is not None
        assert (found.content, len(found.tool_calls)) == ("Hi.", 1)
    with pytest.raises(KimiStatusError):
        reader.feed({"error": {"message": "overloaded", "code": 503}})


@pytest.mark.parametrize(("city", "calls"), [("Rome", 1), ("Oslo", 2)])
def test_a_repeated_call_is_not_in_the_partial_answer(city: str, calls: int) -> None:
    reader = reader_for("client", tools=[tool()])
    reader.feed(delta(content=RAW))
    again = fragment(0, "call_1", "get_weather", f'{{"city": "{city}"}}')
    reader.feed(delta(tool_calls=[again]))
    assert len(reader.message().tool_calls) == calls


def test_content_that_came_before_the_reasoning_is_not_read_anew() -> None:
    reader, _ = read(
        [delta(content="Hi <"), delta(reasoning="So"), delta(content="b>"), delta("stop")],
        reader_for("auto", tools=[tool()]),
    )
    message = reader.message()
    assert (message.content, message.reasoning) == ("Hi <b>", "So")


def test_a_stream_that_broke_off_has_no_answer_made_of_its_reasoning() -> None:
    reader = reader_for("client", "kimi-k2.6")
    reader.feed(delta(content="So."))
    assert reader.truncated("the connection was lost").partial is not None
    with pytest.raises(Exception, match="neither a finish reason") as caught:
        reader.close(done=False)
    partial = caught.value.partial  # type: ignore[attr-defined]  # the error has it
    assert (partial.content, partial.reasoning) == ("", "So.")


@pytest.mark.parametrize(
    ("tools", "options", "names"),
    [
        ([tool()], {}, ["get_weather"]),
        ([tool()], {"tool_choice": "none"}, []),
        (None, {}, []),
        ([tool("a"), tool("b")], {"tool_choice": "b"}, ["a", "b"]),
        (None, {"messages": [{"role": "system", "tools": [tool("c")]}]}, ["c"]),
    ],
    ids=["tools", "none", "no tools", "a named choice", "tools of a message"],
)
@pytest.mark.parametrize("parser", ["auto", "client"])
def test_the_policy_is_a_value_of_the_request(
    tools: Sequence[Mapping[str, Any]] | None,
    options: dict[str, Any],
    names: list[str],
    parser: str,
) -> None:
    overrides = {"tool_call_parser": parser}
    text = ask("vllm", "kimi-k3", tools=tools, overrides=overrides, **options).text
    assert text is not None
    assert [one["function"]["name"] for one in text.tools] == names
    assert (text.server_first, text.split) == (parser == "auto", False)


@pytest.mark.parametrize("endpoint", ["moonshot", "moonshot-cn"])
@pytest.mark.parametrize("parser", [None, "auto", "server"])
def test_moonshots_own_endpoints_look_for_nothing(endpoint: str, parser: str | None) -> None:
    overrides = {"tool_call_parser": parser}
    assert ask(endpoint, "kimi-k3", tools=[tool()], overrides=overrides).text is None
    own = ask(endpoint, "kimi-k3", tools=[tool()], overrides={"tool_call_parser": "client"})
    assert own.text is not None
