"""What holds for every text: the laws of the parser, tried on texts that are rich in markers.

Owns: the hypothesis properties of both dialects. May know: the public API; where a law is about
memory or work, the reader's buffer.
"""

from __future__ import annotations

import json
import re
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kimi_core.raw._reading.k2_table import SPELLINGS, TRANSITIONS, Marker, State
from kimi_core.raw._reading.k3_table import K3_TRANSITIONS, K3Marker, K3State
from kimi_core.raw._reading.reader import Reader
from kimi_core.raw.parser import StreamParser, parse
from kimi_core.raw.text_policy import TextPolicy
from tests.core.raw.cases_common import (
    AB,
    CB,
    CE,
    READ,
    SB,
    SE,
    WEATHER,
    call,
    cut,
    events_of,
    message_of,
    order_of,
    section,
    tool,
)
from tests.core.raw.cases_k3 import argument, channel, closed, head, opened

if TYPE_CHECKING:
    from kimi_core.events import ParsedMessage

_COMMON = [*'{}[]":,\\ \n<|>', "a", "5", "é", '{"city":"b"}', "word " * 110, "x" * 130, " " * 140]
_CODE = ["`", "``", "```", "\n```\n", "~~~", "\n\n", "> ", "- ", "\\`"]
K2_PIECES = [
    *[text for spellings in SPELLINGS.values() for text in spellings],
    *_COMMON,
    *_CODE,
    "functions.get_weather:0",
    "read_file:1",
    f"get_weather:2{AB}{{",
    section(call("{}", "functions.get_weather:0")),
    "3",
    "call_abc",
    ":",
    "<|tool_call",
    "[E",
    "functions.",
    f"{CB}functions.get_weather:0{AB}",
    f'{SB}{CB}f:0{AB}{{"a":"',
    f"{CE}{SE}",
    f'"}}{CE}{SE}',
]
_TAGS = ["think", "response", "tools", "call", "argument", "json", "message"]
K3_PIECES = [
    *[opened(tag) for tag in _TAGS],
    *[closed(tag) for tag in _TAGS],
    *_TAGS,
    *_CODE,
    head("get_weather") + closed("call"),
    *_COMMON,
    "<|open|>",
    "<|close|>",
    "<|sep|>",
    "<|end_of_msg|>",
    "<|clo",
    "[EOS]",
    ' key="b"',
    head("get_weather"),
    head("read_file"),
    "<|open|> call <|sep|>",
    opened("argument", ' key="a" type="string"'),
    opened("argument", ' key="a" type="object"'),
    f"{closed('argument')}{closed('call')}{closed('tools')}",
    "<|close|>argument",
]
PIECES = {"k2": K2_PIECES, "k3": K3_PIECES}
DIALECTS = pytest.mark.parametrize("dialect", ["k2", "k3"])


def _options(dialect: str) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(
        {
            "dialect": st.just(dialect),
            "thinking": st.booleans(),
            "tools": st.sampled_from([None, [WEATHER], [WEATHER, READ]]),
            "policy": st.sampled_from([None, TextPolicy(), TextPolicy(tools=(READ,), split=True)]),
            "recover_stripped": st.booleans(),
            "finish_reason": st.sampled_from(["stop", "length", None]),
        }
    )


def _texts(dialect: str) -> st.SearchStrategy[str]:
    piece = st.one_of(st.sampled_from(PIECES[dialect]), st.text(max_size=3))
    return st.lists(piece, max_size=20).map("".join)


@DIALECTS
@given(data=st.data())
def test_the_result_is_the_same_for_every_way_of_cutting(dialect: str, data: st.DataObject) -> None:
    text = data.draw(_texts(dialect))
    options = data.draw(_options(dialect))
    cuts = data.draw(st.lists(st.integers(0, len(text)), max_size=6).map(sorted))
    whole = message_of([text], **options)
    order = order_of(events_of([text], **options)[0])
    bounds = [0, *cuts, len(text)]
    parts = [text[start:end] for start, end in pairwise(bounds)]
    for pieces in (list(text), cut(text, 3), parts):
        assert message_of(pieces, **options) == whole
        assert order_of(events_of(pieces, **options)[0]) == order


def _said(message: ParsedMessage) -> str:
    calls = "".join(f"{call.id} {call.name} {call.arguments} " for call in message.tool_calls)
    notes = "".join(f"{note.text} " for note in message.diagnostics)
    return f"{message.content} {message.reasoning} {calls} {notes}"


@DIALECTS
@given(data=st.data())
def test_nothing_visible_is_lost(dialect: str, data: st.DataObject) -> None:
    """Words that are numbered uniquely turn up in an event or in a diagnostic."""
    pieces = data.draw(st.lists(st.sampled_from(PIECES[dialect]), max_size=20))
    words = [f"Q{number}Q" for number in range(len(pieces))]
    text = "".join(word + piece for word, piece in zip(words, pieces, strict=True))
    said = _said(message_of([text], **data.draw(_options(dialect))))
    # Upper-case words stand inside no syntax, except where a piece left an attribute open.
    syntax = "".join(re.findall(r'<\|open\|>[^<]*="[^"]*"[^<]*<\|sep\|>', text))
    for word in words:
        assert word in said or word in syntax


@DIALECTS
@given(data=st.data())
def test_text_that_offers_no_call_comes_through_whole(dialect: str, data: st.DataObject) -> None:
    """What a server has split itself, without tools: all of it, but for ends of the turn."""
    text = data.draw(_texts(dialect))
    message = message_of([text], dialect=dialect, policy=TextPolicy(split=True))
    assert (message.tool_calls, message.reasoning) == ((), "")
    assert text.startswith(message.content)
    left = re.sub(r"<\|close\|>|<\|sep\|>|<\|\w+\|>|\[EO[ST]\]", "", text[len(message.content) :])
    assert re.fullmatch(r"\s*(?:(?:think|response|message)\s*)*", left)


@DIALECTS
@pytest.mark.parametrize("tools", [None, [WEATHER]], ids=["no tools", "tools"])
@given(data=st.data())
def test_what_is_held_back_is_bounded(
    dialect: str, tools: list[dict[str, Any]] | None, data: st.DataObject
) -> None:
    text = data.draw(_texts(dialect))
    parser = StreamParser(dialect, tools=tools)
    for char in text:
        parser.feed(char)
        machine = parser._machine
        assert len(machine._text) - machine._at <= 4096


@pytest.mark.parametrize(
    ("dialect", "start", "unit"),
    [
        ("k2", "", "plain text < with [odd] characters "),
        ("k2", f"{SB}{CB}f:0{AB}" + '{"a":"', 'x = \\"y\\" < \\\\ z\\n'),
        ("k2", f"{SB}{CB}f:0{AB}" + '{"a":"', f"{CE}{SE}"),
        ("k2", f"{SB}{CB}f:0{AB}" + '{"a":"', f"{CE}x"),
        ("k2", f"{SB}{CB}f:0{AB}", " "),
        ("k2", f"{SB}{CB}f:0{AB}[", " "),
        ("k2", SB, f"{CB}f:0{AB}{{}}{CE}"),
        ("k2", "", CB),
        ("k2", "a ` b ", section(call("{}"))),
        ("k2", "```x ", section(call("{}"))),
        ("k2", "", section(call("{}", "functions.g:0"))),
        ("k2", "", f"{CB}3{AB}{{"),
        ("k2", "", "f:0 "),
        ("k2", f"{SB}{CB}f:0{AB}{{}}{CE}{SE}", "<|im_end|>x"),
        ("k3", opened("tools") + head() + opened("argument", ' key="a"'), 'x </b> \\n " '),
        ("k3", opened("tools") + head() + opened("argument", ' key="a"'), closed("argument")),
        ("k3", opened("tools") + head() + opened("json") + '{"a":"', closed("json")),
        ("k3", opened("tools"), head() + argument("x") + closed("call")),
        ("k3", "", '<|open|>call a="'),
    ],
)
@pytest.mark.parametrize("tools", [None, [tool("f")]], ids=["no tools", "tools"])
def test_work_grows_no_faster_than_the_text(
    dialect: str,
    start: str,
    unit: str,
    tools: list[dict[str, Any]] | None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each `feed` looks at the buffer a bounded number of times, so the buffers add up to work."""
    work = 0
    feed = Reader.feed

    def counting(reader: Reader[Any], text: str) -> None:
        nonlocal work
        work += len(reader._text) - reader._at + len(text)
        feed(reader, text)

    monkeypatch.setattr(Reader, "feed", counting)
    spent = []
    for size in (20_000, 40_000):
        work = 0
        parser = StreamParser(dialect, tools=tools)
        for piece in cut(start + unit * (size // len(unit)), 4):
            parser.feed(piece)
        spent.append(work)
    assert spent[1] <= 2.6 * spent[0]


_NAMES = st.from_regex(r"\A[a-z][a-z0-9_-]{0,8}\Z")
_MARKED = st.one_of(st.text(max_size=8), st.sampled_from([*K2_PIECES, *K3_PIECES]))
_STRINGS = st.lists(_MARKED, max_size=4).map("".join)
_JSON = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(allow_nan=False, allow_infinity=False),
        _STRINGS,
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(_STRINGS, inner, max_size=3)
    ),
    max_leaves=6,
)
_CALLS = st.lists(st.tuples(_NAMES, st.dictionaries(_STRINGS, _JSON, max_size=3)), max_size=3)
_PROSE = st.text(alphabet="ab \n<>é[]|", max_size=20)


@given(calls=_CALLS, reasoning=_PROSE, content=_PROSE, indent=st.sampled_from([None, 1]))
def test_k2_output_comes_back_whatever_its_arguments_hold(
    calls: list[tuple[str, dict[str, Any]]], reasoning: str, content: str, indent: int | None
) -> None:
    rendered = [json.dumps(arguments, ensure_ascii=False, indent=indent) for _, arguments in calls]
    text = f"{reasoning}</think>{content}"
    if calls:
        text += section(
            *[
                f"{CB}functions.{name}:{number}{AB}{rendered[number]}{CE}"
                for number, (name, _) in enumerate(calls)
            ]
        )
    message = parse(text, thinking=True, strict=True)
    assert (message.reasoning, message.content) == (reasoning, content)
    assert [(call.name, call.arguments) for call in message.tool_calls] == [
        (name, arguments) for (name, _), arguments in zip(calls, rendered, strict=True)
    ]


def _k3_argument(key: str, value: Any) -> str:
    key = key.replace("&", "&amp;").replace('"', "&quot;")
    if isinstance(value, str):
        return argument(value, key)
    kinds = {dict: "object", list: "array", bool: "boolean", type(None): "null"}
    return argument(json.dumps(value, ensure_ascii=False), key, kinds.get(type(value), "number"))


@given(calls=_CALLS, reasoning=_PROSE, content=_PROSE)
def test_k3_output_comes_back_unless_a_raw_string_quotes_a_closing_tag(
    calls: list[tuple[str, dict[str, Any]]], reasoning: str, content: str
) -> None:
    calls = [
        (
            name,
            {
                key: value.replace("<|", "") if isinstance(value, str) else value
                for key, value in arguments.items()
            },
        )
        for name, arguments in calls
    ]
    text = f"{reasoning}{closed('think')}{channel('response', content)}"
    if calls:
        text += channel(
            "tools",
            "".join(
                head(name)
                + "".join(map(_k3_argument, arguments, arguments.values()))
                + closed("call")
                for name, arguments in calls
            ),
        )
    message = parse(text + closed("message"), "k3", thinking=True, strict=True)
    assert (message.reasoning, message.content) == (reasoning, content)
    found = [(call.name, json.loads(call.arguments)) for call in message.tool_calls]
    assert found == calls


def test_the_k2_table_is_whole() -> None:
    assert set(TRANSITIONS) == set(State)
    used = {marker for row in TRANSITIONS.values() for marker in row}
    assert used == set(Marker)
    reached = {cell.state for row in TRANSITIONS.values() for cell in row.values()}
    assert reached - {None} <= set(State)


def test_the_k3_table_is_whole() -> None:
    assert set(K3_TRANSITIONS) == set(K3State)
    assert {marker for row in K3_TRANSITIONS.values() for marker in row} == set(K3Marker)
