"""Whatever is fed in: events, or an error of ours; and the same for every way of cutting it.

Owns: the strategies. Inputs that were found are in tests/faults/found.py. ``make fuzz`` runs this
file for as long as it is told to.
"""

from __future__ import annotations

import itertools
import json
import warnings
from typing import TYPE_CHECKING, Any, Literal

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from kimi_core.capabilities import resolve
from kimi_core.chat._reading import Reading
from kimi_core.errors import KimiConfigError, KimiError
from kimi_core.events import MessageBuilder
from kimi_core.events.arguments import InvalidArguments, read_arguments
from kimi_core.raw.parser import StreamParser
from kimi_core.raw.special_tokens import special_tokens
from kimi_core.request import Options, build_request
from kimi_core.response import ResponseReader
from kimi_core.transport.limits import Limits
from kimi_core.transport.sse import EventStreamDecoder
from tests.faults import found
from tests.faults.row import sse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

CUTS = st.lists(st.integers(0, 400), max_size=12)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3)
    ),
    max_leaves=9,
)


def examples(rows: Iterable[Any], *names: str) -> Callable[[Any], Any]:
    """Return what tries each of these inputs before any other."""

    def tried(test: Any) -> Any:
        for row in rows:
            values = row if len(names) > 1 else (row,)
            test = example(**dict(zip(names, values, strict=True)))(test)
        return test

    return tried


def pieces(whole: Any, cuts: list[int]) -> list[Any]:
    """Return something cut at these places."""
    ends = sorted({0, len(whole), *(cut % (len(whole) + 1) for cut in cuts)})
    return [whole[begin:end] for begin, end in itertools.pairwise(ends)]


# ---- the decoder of events -----------------------------------------------------------------------

LINES = st.sampled_from(
    [
        b"data: ",
        b"data:",
        b"event: error",
        b"event:",
        b"id: 1",
        b": hi",
        b"[DONE]",
        b"\n",
        b"\r",
        b"\r\n",
        b"\xef\xbb\xbf",
        b'{"a": 1}',
        b'{"choices": [',
        b"]}",
        b"null",
        b"{",
        b"\xff",
        b"\xc3",
        b"\xbc",
    ]
) | st.binary(max_size=6)


def decoded(data: list[bytes]) -> tuple[list[Any], bool, bool, str]:
    decoder = EventStreamDecoder()
    events = [event for piece in data for event in decoder.feed(piece)] + decoder.close()
    assert all(isinstance(event, dict) for event in events)
    return events, decoder.done, decoder.cut, str(decoder.broken)


@examples(found.STREAMS, "stream", "cuts")
@given(stream=st.lists(LINES, max_size=20).map(b"".join), cuts=CUTS)
def test_events_do_not_depend_on_how_they_are_cut(stream: bytes, cuts: list[int]) -> None:
    assert repr(decoded(pieces(stream, cuts))) == repr(decoded([stream]))


# ---- the reader of answers -----------------------------------------------------------------------

WORDS = st.sampled_from(
    [
        "choices",
        "delta",
        "message",
        "content",
        "reasoning_content",
        "reasoning",
        "tool_calls",
        "index",
        "id",
        "function",
        "name",
        "arguments",
        "finish_reason",
        "usage",
        "error",
        "code",
        "type",
        "text",
        "refusal",
        "prompt_tokens",
        "completion_tokens_details",
        "stop_reason",
        "logprobs",
        "function_call",
        "detail",
    ]
)
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=6)
    | st.sampled_from(
        ["stop", "error", "tool_calls", "length", "", "<|tool_call_begin|>", '{"a": 1}']
    )
)
LIKE = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=4),
    max_leaves=12,
)
DELTAS = st.dictionaries(WORDS, LIKE, max_size=4)
CHOICES = st.fixed_dictionaries(
    {},
    optional={
        "delta": DELTAS | LIKE,
        "message": DELTAS,
        "finish_reason": LEAVES,
        "usage": LIKE,
        "error": LIKE,
    },
)
CHUNKS = st.fixed_dictionaries(
    {"choices": st.lists(CHOICES, max_size=2) | LIKE},
    optional={"usage": LIKE, "error": LIKE, "id": LIKE},
) | st.dictionaries(WORDS, LIKE, max_size=4)


def request(model: str = "kimi-k2-thinking") -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return build_request(
            [{"role": "user", "content": "Hi"}],
            None,
            Options(),
            resolve(model, "vllm"),
            stream=True,
        )


ASKED = request()


@examples(found.CHUNKS, "chunks")
@given(chunks=st.lists(CHUNKS, max_size=5))
def test_any_chunks_are_events_or_an_error_of_ours(chunks: list[Any]) -> None:
    reader, builder = ResponseReader(ASKED), MessageBuilder()
    try:
        for chunk in chunks:
            for event in reader.feed(chunk):
                builder.add(event)
    except KimiError as error:
        str(error)
    for event in reader.end(done=True):
        builder.add(event)
    told, summed = builder.message(), reader.message()
    assert (told.content, told.reasoning) == (summed.content, summed.reasoning)
    assert told.tool_calls == summed.tool_calls
    json.dumps(reader.metadata(), default=str)


class Opened:
    """An open answer, as far as a reading looks at it."""

    def __init__(self, kind: str) -> None:
        self.headers = {"content-type": kind}
        self.request = self
        self.url = ""
        self.extensions: dict[str, Any] = {}


BYTES = (
    st.lists(LINES, max_size=20).map(b"".join)
    | st.lists(CHUNKS, max_size=4).map(lambda chunks: sse(*chunks))
    | CHUNKS.map(lambda chunk: json.dumps(chunk).encode())
)


@examples(
    found.BODIES,
    "data",
    "cuts",
)
@given(data=BYTES, cuts=CUTS)
@pytest.mark.parametrize("kind", ["text/event-stream", "application/json"])
def test_any_bytes_are_an_answer_or_one_error_of_ours(
    kind: str, data: bytes, cuts: list[int]
) -> None:
    ends = [_read(kind, [data]), _read(kind, pieces(data, cuts))]
    assert ends[0] == ends[1]


def _read(kind: str, data: list[bytes]) -> Any:
    reading = Reading(ASKED, Opened(kind), Limits(None), None)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            for piece in data:
                list(reading.feed(piece))
                if reading.finished:
                    break
            list(reading.close())
        except KimiError as error:
            reading.after(error)
            return type(error).__name__, _said(reading), getattr(error, "partial", None)
    return "", _said(reading), None


def _said(reading: Reading) -> Any:
    said = reading.reader.message()
    return said.content, said.reasoning, [(call.name, call.arguments) for call in said.tool_calls]


# ---- the parser of raw tokens --------------------------------------------------------------------

TOKENS = {
    dialect: st.lists(
        st.sampled_from(sorted({*special_tokens(dialect), *more}))
        | st.sampled_from(["functions.f:0", "f", ":", "{", '{"a": 1}', " ", "\n", "<|", "|>", "<"])
        | st.text(max_size=4),
        max_size=16,
    ).map("".join)
    for dialect, more in (("k2", ["<think>", "</think>"]), ("k3", ["<think>"]))
}


def parsed(dialect: Literal["k2", "k3"], texts: list[str], *, thinking: bool) -> Any:
    parser, builder = StreamParser(dialect, thinking=thinking), MessageBuilder()
    for text in texts:
        for event in parser.feed(text):
            builder.add(event)
    for event in parser.close():
        builder.add(event)
    return builder.message(parser.diagnostics)


@examples([("k2", False, *row) for row in found.TEXTS], "dialect", "thinking", "text", "cuts")
@given(
    dialect=st.shared(st.sampled_from(["k2", "k3"]), key="dialect"),
    thinking=st.booleans(),
    text=st.shared(st.sampled_from(["k2", "k3"]), key="dialect").flatmap(TOKENS.__getitem__),
    cuts=CUTS,
)
def test_any_text_is_parsed_alike_however_it_is_cut(
    dialect: Literal["k2", "k3"], text: str, cuts: list[int], *, thinking: bool
) -> None:
    whole = parsed(dialect, [text], thinking=thinking)
    assert parsed(dialect, pieces(text, cuts), thinking=thinking) == whole


# ---- arguments and options -----------------------------------------------------------------------


@examples(found.ARGUMENTS, "text")
@given(text=st.text(alphabet='{}[]":,\\ n1e.-+tfua\n\ud83d', max_size=30) | st.text(max_size=30))
def test_arguments_are_an_object_or_what_is_wrong(text: str) -> None:
    assert isinstance(read_arguments(text), (dict, InvalidArguments))


OPTIONS = st.sampled_from(
    [*sorted(Options.__dataclass_fields__), "thinking", "extra_body", "reasoning"]
)


@examples(found.OPTIONS, "said")
@given(said=st.dictionaries(OPTIONS, JSON | st.dictionaries(WORDS, JSON, max_size=2), max_size=3))
@settings(suppress_health_check=[HealthCheck.too_slow])
def test_options_are_read_or_refused(said: dict[str, Any]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            Options.read(said)
        except KimiConfigError as error:
            str(error)
