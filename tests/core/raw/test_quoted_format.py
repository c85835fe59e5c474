"""Text that quotes the format stays text: strings of K3, a message in the message, empty sections.

Owns: arguments of type string that hold any marker, and sections that hold text and no call.
"""

from __future__ import annotations

import json
from typing import Any, Literal

import pytest

from kimi_core.events import MessageBuilder, ParsedMessage
from kimi_core.raw.parser import StreamParser
from tests.core.asking import tool

WRITE = tool("write")
WRITE["function"]["parameters"]["properties"] = {"text": {"type": "string"}}
ANSWERED = "Hi.<|close|>response<|sep|>"
INNER = (
    '<|open|>call tool="write" index="2"<|sep|><|open|>argument key="text" type="string"<|sep|>'
    "inner<|close|>argument<|sep|><|close|>call<|sep|>"
)
STRINGS = {
    "an opening tag": "say <|open|>tools<|sep|> first",
    "an opened call": '<|open|>call tool="write" index="1"<|sep|>',
    "an opened argument": '<|open|>argument key="n" type="number"<|sep|>1',
    "a closed argument, and prose": "a<|close|>argument<|sep|>b",
    "a closed call": "a<|close|>call<|sep|>b",
    "a closed section": "a<|close|>tools<|sep|>",
    "a closed message": "a<|close|>message<|sep|>b",
    "the end of a turn": "a <|end_of_msg|> b",
    "a channel": "<|open|>response<|sep|>q<|close|>response<|sep|>",
    "a closed thought": "<|close|>think<|sep|>",
    "a whole call": INNER,
    "a tag that is cut": "a <|open|>argu",
    "a separator": "<|sep|><|sep|>",
}


def read(
    text: str, dialect: Literal["k2", "k3"], *, tools: Any = None, size: int = 10**6, **how: Any
) -> ParsedMessage:
    parser = StreamParser(dialect, tools=tools, **how)
    builder = MessageBuilder()
    for start in range(0, len(text), size):
        for event in parser.feed(text[start : start + size]):
            builder.add(event)
    for event in parser.close("stop"):
        builder.add(event)
    return builder.message(parser.diagnostics)


@pytest.mark.parametrize("size", [1, 7, 10**6])
@pytest.mark.parametrize("tools", [None, [WRITE]], ids=["any tool", "offered"])
@pytest.mark.parametrize("value", STRINGS.values(), ids=STRINGS)
def test_a_string_holds_what_it_quotes(value: str, tools: Any, size: int) -> None:
    text = (
        f'{ANSWERED}<|open|>tools<|sep|><|open|>call tool="write" index="1"<|sep|>'
        f'<|open|>argument key="text" type="string"<|sep|>{value}<|close|>argument<|sep|>'
        "<|close|>call<|sep|><|close|>tools<|sep|><|close|>message<|sep|>"
    )
    said = read(text, "k3", tools=tools, size=size)
    assert [json.loads(call.arguments) for call in said.tool_calls] == [{"text": value}]
    assert (said.content, said.diagnostics) == ("Hi.", ())


END = "<|close|>argument<|sep|><|close|>call<|sep|><|close|>tools<|sep|>"
STRINGS_OF_ENDS = {
    "an end, and text": f"a{END}b",
    "an end of the message, and text": f"a{END}<|close|>message<|sep|>\nb",
    "nothing but an end": f"a{END}",
    "two ends": f"a{END}{END}",
    "an end, and a call": f"a{END} as in {INNER}",
    "a whole section": f"Hi <|open|>tools<|sep|>{INNER}<|close|>tools<|sep|>!",
}


@pytest.mark.parametrize("size", [1, 10**6])
@pytest.mark.parametrize("tools", [None, [WRITE]], ids=["any tool", "offered"])
@pytest.mark.parametrize("value", STRINGS_OF_ENDS.values(), ids=STRINGS_OF_ENDS)
def test_a_string_holds_the_whole_end_that_it_quotes(value: str, tools: Any, size: int) -> None:
    """Text or a closing tag that closes nothing stands behind the section: it was none."""
    text = f"{ANSWERED}<|open|>tools<|sep|>{called(value)}<|close|>message<|sep|>"
    said = read(text, "k3", tools=tools, size=size)
    assert [json.loads(call.arguments) for call in said.tool_calls] == [{"text": value}]
    assert (said.content, said.diagnostics) == ("Hi.", ())


def called(value: str, more: str = "") -> str:
    opened = '<|open|>call tool="write" index="1"<|sep|>'
    argument = '<|open|>argument key="text" type="string"<|sep|>'
    return f"{opened}{argument}{value}<|close|>argument<|sep|>{more}{END.partition('<|sep|>')[2]}"


MODE = '<|open|>argument key="mode" type="string"<|sep|>w<|close|>argument<|sep|>'
AGAIN = 'a<|close|>argument<|sep|><|open|>argument key="text" type="string"<|sep|>b'
ENDED = "a<|close|>argument<|sep|><|close|>call<|sep|>"
UNKNOWN = 'a<|close|>argument<|sep|><|open|>argument key="x" type="string"<|sep|>b'
FILE = tool("write")
FILE["function"]["parameters"] = {
    "properties": {"text": {"type": "string"}, "mode": {"type": "string"}},
    "required": ["text", "mode"],
}
BY_SCHEMA = {
    "an argument that was given": (AGAIN, {"text": AGAIN, "mode": "w"}),
    "a call without what it needs": (
        f"{ENDED}<|close|>tools<|sep|>",
        {"text": f"{ENDED}<|close|>tools<|sep|>", "mode": "w"},
    ),
    "an argument that is not declared": (UNKNOWN, {"text": "a", "x": "b", "mode": "w"}),
}


@pytest.mark.parametrize("size", [1, 10**6])
@pytest.mark.parametrize(("value", "arguments"), BY_SCHEMA.values(), ids=BY_SCHEMA)
def test_the_schema_decides_where_structure_does_not(
    value: str, arguments: dict[str, str], size: int
) -> None:
    """A name that is not declared decides nothing: models invent arguments, and are told so."""
    text = f"{ANSWERED}<|open|>tools<|sep|>{called(value, MODE)}<|close|>message<|sep|>"
    [call] = read(text, "k3", tools=[FILE], size=size).tool_calls
    assert json.loads(call.arguments) == arguments


@pytest.mark.parametrize("required", [[{}, ["text"]], "text", {"text": 1}, 7, True, None], ids=repr)
def test_a_schema_that_is_none_decides_nothing(required: Any) -> None:
    odd = tool("write")
    odd["function"]["parameters"] = {"properties": {"text": {}}, "required": required}
    text = f"{ANSWERED}<|open|>tools<|sep|>{called('a')}<|close|>message<|sep|>"
    [call] = read(text, "k3", tools=[odd]).tool_calls
    assert json.loads(call.arguments) == {"text": "a"}


@pytest.mark.parametrize("size", [1, 10**6])
def test_a_call_that_lacks_an_argument_ends_where_it_ends(size: int) -> None:
    """The next call's closing tags were opened by its own arguments."""
    first = called("a").removesuffix("<|close|>tools<|sep|>")
    text = f"{ANSWERED}<|open|>tools<|sep|>{first}{called('b', MODE)}<|close|>message<|sep|>"
    said = read(text, "k3", tools=[FILE], size=size)
    given = [json.loads(call.arguments) for call in said.tool_calls]
    assert given == [{"text": "a"}, {"text": "b", "mode": "w"}]


@pytest.mark.parametrize("size", [1, 3, 10**6])
@pytest.mark.parametrize("tools", [None, [WRITE]], ids=["any tool", "offered"])
@pytest.mark.parametrize(
    "inner", ["Hello.", "<|open|>response<|sep|>Hello.<|close|>response<|sep|>"]
)
def test_a_message_in_the_message_is_the_answer(inner: str, tools: Any, size: int) -> None:
    """The parser of vLLM shows its tag to users (vllm-project/vllm#51412)."""
    opened = '<|open|>message role="assistant"<|sep|>'
    for thought in ("", "Hm."):
        begun = f"{thought}<|close|>think<|sep|>" if thought else ""
        text = f"{begun}{opened}{inner}<|close|>message<|sep|>"
        said = read(text, "k3", tools=tools, size=size, thinking=bool(thought))
        assert (said.content, said.reasoning, said.tool_calls) == ("Hello.", thought, ())


SECTIONS: dict[str, tuple[Literal["k2", "k3"], str, str, str]] = {
    "K2": ("k2", "Hi", "<|tool_calls_section_begin|>", "<|tool_calls_section_end|>"),
    "K3": ("k3", ANSWERED, "<|open|>tools<|sep|>", "<|close|>tools<|sep|>"),
}


@pytest.mark.parametrize("size", [1, 3, 7, 10**6])
@pytest.mark.parametrize("text", ["no call", " \n no call\n ", "a <b> c <|x|>", "x" * 600])
@pytest.mark.parametrize("name", SECTIONS)
def test_a_section_without_a_call_gives_its_text_back(name: str, text: str, size: int) -> None:
    dialect, before, begin, end = SECTIONS[name]
    said = read(f"{before}{begin}{text}{end}", dialect, size=size)
    assert said.content == before.removesuffix("<|close|>response<|sep|>") + text
    assert [odd.kind for odd in said.diagnostics][:1] == ["empty_section"]
    offered = read(f"{before}{begin}{text}{end}", dialect, tools=[WRITE], size=size)
    assert f"{begin}{text}{end}" in offered.content  # nothing is offered: the markers are text, too
