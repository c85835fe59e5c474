"""Raw tokens that a server left in its text become calls, where the parser setting allows it.

Owns: the three settings of tool_call_parser, and calls that come from several sources at once. The
parser itself is tested in tests/core/raw.
"""

from __future__ import annotations

from typing import Any

import pytest

from kimi_core.events import ContentDelta, ReasoningDelta, ToolCallStart
from tests.core.asking import tool
from tests.core.reading import delta, fragment, read, reader_for

CALL = (
    "<|tool_calls_section_begin|><|tool_call_begin|>functions.get_weather:0"
    '<|tool_call_argument_begin|>{"city": "Rome"}<|tool_call_end|><|tool_calls_section_end|>'
)
MADE = ("functions.get_weather:0", "get_weather", '{"city": "Rome"}', True)


def said(fields: dict[str, Any], parser: str, model: str = "kimi-k2-instruct") -> Any:
    """Return content, reasoning, calls and finish reason of an answer of one delta."""
    reader, _ = read([delta(**fields), delta("stop")], reader_for(parser, model, tools=[tool()]))
    message = reader.message()
    calls = [(call.id, call.name, call.arguments, call.complete) for call in message.tool_calls]
    return message.content, message.reasoning, calls, reader.finish_reason


# parser, model, delta -> content, reasoning, calls, finish reason
LEAKS: dict[str, tuple[str, str, dict[str, Any], Any]] = {
    "auto, content": (
        "auto", "kimi-k2-instruct", {"content": f"Sure.{CALL}"},
        ("Sure.", "", [MADE], "tool_calls"),
    ),
    "client, content": (
        "client", "kimi-k2-instruct", {"content": CALL}, ("", "", [MADE], "tool_calls"),
    ),
    "server, content": (
        "server", "kimi-k2-instruct", {"content": CALL}, (CALL, "", [], "stop"),
    ),
    "auto, reasoning": (
        "auto", "kimi-k2-thinking", {"reasoning": f"So.{CALL}"}, ("", "So.", [MADE], "tool_calls"),
    ),
    "client, reasoning": (
        "client", "kimi-k2.6", {"reasoning_content": f"So.{CALL}"},
        ("", "So.", [MADE], "tool_calls"),
    ),
    "server, reasoning": (
        "server", "kimi-k2.6", {"reasoning": CALL}, ("", CALL, [], "stop"),
    ),
    "client, the prompt opened the reasoning": (
        "client", "kimi-k2.6", {"content": f"So.</think>Sure.{CALL}"},
        ("Sure.", "So.", [MADE], "tool_calls"),
    ),
    "auto, the server takes the think block out": (
        "auto", "kimi-k2.6", {"content": f"Sure.{CALL}"}, ("Sure.", "", [MADE], "tool_calls"),
    ),
    "client, and the server took the reasoning out": (
        "client", "kimi-k2.6", {"reasoning": "So.", "content": "Sure."},
        ("Sure.", "So.", [], "stop"),
    ),
    "client, completions": (
        "client", "kimi-k2.6", {"text": f"So.</think>{CALL}"}, ("", "So.", [MADE], "tool_calls"),
    ),
}  # fmt: skip


def test_reasoning_that_comes_in_the_middle_of_a_call_takes_nothing_of_it() -> None:
    half = len(CALL) // 2
    pieces = [delta(content=CALL[:half]), delta(reasoning="Hm."), delta(content=CALL[half:])]
    reader, _ = read(
        [*pieces, delta("stop")], reader_for("client", "kimi-k2-instruct", tools=[tool()])
    )
    (call,) = reader.message().tool_calls
    assert (call.id, call.name, call.arguments, call.complete) == MADE
    assert (reader.message().content, reader.message().reasoning) == ("", "Hm.")


@pytest.mark.parametrize(("parser", "model", "fields", "expected"), LEAKS.values(), ids=LEAKS)
def test_who_parses(parser: str, model: str, fields: dict[str, Any], expected: Any) -> None:
    assert said(fields, parser, model) == expected


def test_three_sources_are_numbered_densely_and_no_id_repeats() -> None:
    chunks = [
        delta(reasoning=f"So.{CALL}"),
        delta(content=f"Sure.{CALL.replace('Rome', 'Oslo')}"),
        delta(tool_calls=[fragment(0, "functions.get_weather:0", "get_weather", "{}")]),
        delta("tool_calls"),
    ]
    reader, events = read(chunks, reader_for("client", "kimi-k2-thinking", tools=[tool()]))
    starts = [event for event in events if isinstance(event, ToolCallStart)]
    assert [(start.index, start.id) for start in starts] == [
        (0, "functions.get_weather:0"),
        (1, "functions.get_weather:0__2"),
        (2, "functions.get_weather:0__3"),
    ]
    assert [call.complete for call in reader.message().tool_calls] == [True] * 3


def test_diagnostics_of_all_sources_are_kept() -> None:
    chunks = [
        delta(reasoning=f"a{CALL}b"),
        delta(content=f"c{CALL}d"),
        delta("stop", tool_calls=[fragment(0, "x")]),
    ]
    reader, _ = read(chunks, reader_for(tools=[tool()]))
    kinds = [odd.kind for odd in reader.diagnostics]
    assert sorted(set(kinds)) == ["call_without_name", "repeated_call", "text_after_calls"]
    assert kinds.count("text_after_calls") == 2


def test_text_leaves_early() -> None:
    reader = reader_for("auto")
    assert reader.feed(delta(content="Hi <")) == [ContentDelta("Hi ")]
    assert reader.feed(delta(content="b>")) == [ContentDelta("<b>")]
    assert reader.feed(delta(reasoning="So")) == [ReasoningDelta("So")]


@pytest.mark.parametrize("finish", ["length", "stop"])
def test_a_raw_call_that_is_cut_is_incomplete(finish: str) -> None:
    cut = CALL[: CALL.index("Rome")]
    reader, _ = read([delta(content=cut), delta(finish)], reader_for("client", tools=[tool()]))
    (call,) = reader.message().tool_calls
    assert (call.arguments, call.complete) == ('{"city": "', False)
    assert reader.finish_reason == finish


def test_a_message_behind_raw_tokens_is_not_read_as_more_of_them() -> None:
    text = f"Sure.{CALL}"
    message = {"content": text}
    end = {"choices": [{"index": 0, "message": message, "finish_reason": "stop"}]}
    for parser in ("auto", "client"):
        reader, _ = read([delta(content=text), end], reader_for(parser, tools=[tool()]))
        said = reader.message()
        calls = [(call.id, call.name, call.arguments, call.complete) for call in said.tool_calls]
        assert (said.content, calls, said.diagnostics) == ("Sure.", [MADE], ())
