"""Whatever a server calls it, it becomes the same content, reasoning, finish reason and usage.

Owns: text, ends and usage. A server's own tool calls are in test_response_calls.py, raw tokens that
leak in test_response_raw.py, real answers in test_recordings.py.
"""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kimi_core.errors import KimiServerError, KimiStreamTruncatedError, error_in
from kimi_core.events import ContentDelta, ReasoningDelta
from kimi_core.response import Usage
from tests.core.reading import delta, fragment, read, reader_for, whole

DETAIL = {"type": "reasoning.text", "text": "why", "format": "unknown", "index": 0}

# fields of a delta -> content, reasoning
TEXTS: dict[str, tuple[dict[str, Any], str, str]] = {
    "content": ({"content": "Hi"}, "Hi", ""),
    "content null": ({"content": None, "role": "assistant"}, "", ""),
    "content is parts": ({"content": [{"type": "text", "text": "H"}, {"text": "i"}]}, "Hi", ""),
    "content is texts": ({"content": ["H", None, {"text": "i"}, {}]}, "Hi", ""),
    "content is one part": ({"content": {"type": "text", "text": "Hi"}}, "Hi", ""),
    "reasoning_content": ({"reasoning_content": "why", "content": ""}, "", "why"),
    "reasoning": ({"reasoning": "why"}, "", "why"),
    "both names": ({"reasoning_content": "why", "reasoning": "why"}, "", "why"),
    "text and details": ({"reasoning": "why", "reasoning_details": [DETAIL]}, "", "why"),
    "details alone": ({"reasoning": None, "reasoning_details": [DETAIL, DETAIL]}, "", "whywhy"),
    "a summary": (
        {"reasoning_details": [{"type": "reasoning.summary", "summary": "so"}]},
        "",
        "so",
    ),
    "encrypted": ({"reasoning_details": [{"type": "reasoning.encrypted", "data": "x"}]}, "", ""),
    "an empty first name": ({"reasoning_content": "", "reasoning": "why"}, "", "why"),
    "both in one delta": ({"reasoning": "why", "content": "Hi"}, "Hi", "why"),
    "nulls everywhere": (
        {"content": None, "reasoning_content": None, "tool_calls": None, "reasoning_details": None},
        "",
        "",
    ),
    "nothing": ({}, "", ""),
}


@pytest.mark.parametrize("parser", ["auto", "server", "client"])
@pytest.mark.parametrize(("fields", "content", "reasoning"), TEXTS.values(), ids=TEXTS)
def test_text_is_found_under_every_name(
    fields: dict[str, Any], content: str, reasoning: str, parser: str
) -> None:
    for chunks in ([delta(**fields), delta("stop")], [whole(**fields)]):
        reader, _ = read(chunks, reader_for(parser, "kimi-k2-thinking"))
        message = reader.message()
        assert (message.content, message.reasoning) == (content, reasoning)
        assert (message.tool_calls, reader.finish_reason) == ((), "stop")


def test_reasoning_leaves_before_the_content_of_the_same_delta() -> None:
    _, events = read([delta(content="Hi", reasoning="why"), delta("stop")])
    assert events == [ReasoningDelta("why"), ContentDelta("Hi")]


def test_the_completions_route_has_text() -> None:
    chunks = [{"choices": [{"text": "H"}]}, {"choices": [{"text": "i", "finish_reason": "stop"}]}]
    assert read(chunks)[0].message().content == "Hi"


ENDS: list[tuple[list[dict[str, Any]], str | None]] = [
    ([delta("stop")], "stop"),
    ([delta("length")], "length"),
    ([delta("content_filter")], "content_filter"),
    ([delta("stop"), delta("stop")], "stop"),
    ([delta("stop"), delta(None)], "stop"),
    ([delta(None)], None),
    ([{"choices": [{"delta": {"content": "x"}}]}], None),
    ([delta(None, tool_calls=[fragment(0, "a", "f", "{}")]), delta("stop")], "tool_calls"),
    ([delta(None, tool_calls=[fragment(0, "a", "f", "{}")])], "tool_calls"),
    ([delta("length", tool_calls=[fragment(0, "a", "f", "{}")])], "length"),
    ([delta("stop", tool_calls=[fragment(0, "a", "f", "{")])], "stop"),
]


@pytest.mark.parametrize(("chunks", "reason"), ENDS)
def test_the_finish_reason(chunks: list[dict[str, Any]], reason: str | None) -> None:
    assert read(chunks)[0].finish_reason == reason


def test_what_names_the_answer() -> None:
    first: dict[str, Any] = {
        "id": "a",
        "model": "m-0127",
        "system_fingerprint": None,
        "choices": [],
    }
    reader, _ = read([first, {**delta("stop"), "system_fingerprint": "fp"}])
    assert (reader.id, reader.model, reader.system_fingerprint) == ("a", "m-0127", "fp")
    reader, _ = read([delta("stop")])
    assert (reader.id, reader.model, reader.system_fingerprint) == (None, None, None)


SEVEN = {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7}
CACHED = {"prompt_tokens_details": {"cached_tokens": 2, "cache_write_tokens": 1}}
WRITTEN = {"cache_creation_input_tokens": 2}
THOUGHT = {"completion_tokens_details": {"reasoning_tokens": 1}}
NULLS = {"prompt_tokens_details": None, "completion_tokens_details": None}
COST = {"cost": 0.2, "cost_details": {"upstream_inference_cost": None}, "is_byok": False}

# usage on the wire -> the counts; what is not counted is kept as it came
USAGES: dict[str, tuple[dict[str, Any], Usage]] = {
    "plain": (SEVEN, Usage(3, 4, 7)),
    "no sum": ({"prompt_tokens": 3, "completion_tokens": 4}, Usage(3, 4, 7)),
    "cached at the top": ({**SEVEN, "cached_tokens": 2}, Usage(3, 4, 7, 2)),
    "cached in the details": ({**SEVEN, **CACHED}, Usage(3, 4, 7, 2, 0, 1, extra=CACHED)),
    "cached in both": (
        {**SEVEN, "cached_tokens": 2, **CACHED},
        Usage(3, 4, 7, 2, 0, 1, extra=CACHED),
    ),
    "writes in Anthropic's word": ({**SEVEN, **WRITTEN}, Usage(3, 4, 7, 0, 0, 2, extra=WRITTEN)),
    "reasoning": ({**SEVEN, **THOUGHT}, Usage(3, 4, 7, 0, 1, extra=THOUGHT)),
    "null details": ({**SEVEN, **NULLS}, Usage(3, 4, 7, extra=NULLS)),
    "OpenRouter's cost": ({**SEVEN, **COST}, Usage(3, 4, 7, extra=COST)),
    "Groq's timings": ({**SEVEN, "queue_time": 0.1}, Usage(3, 4, 7, extra={"queue_time": 0.1})),
    "what is no number": (
        {"prompt_tokens": 3.0, "completion_tokens": None, "total_tokens": "7", "cached_tokens": []},
        Usage(3, 0, 3),
    ),
}


@pytest.mark.parametrize(("wire", "usage"), USAGES.values(), ids=USAGES)
def test_usage_of_every_server(wire: dict[str, Any], usage: Usage) -> None:
    assert Usage.from_wire(wire) == usage


def in_choice(usage: Any) -> dict[str, Any]:
    """Return a last chunk with the usage where Moonshot puts it."""
    return {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop", "usage": usage}]}


LATER = {"prompt_tokens": 3, "completion_tokens": 9, "total_tokens": 12}
PLACES: dict[str, tuple[list[dict[str, Any]], Usage | None]] = {
    "never": ([delta("stop")], None),
    "null": ([{**delta("stop"), "usage": None}], None),
    "in the choice": ([in_choice(SEVEN)], Usage(3, 4, 7)),
    "at the top": ([{**delta("stop"), "usage": SEVEN}], Usage(3, 4, 7)),
    "alone": ([delta("stop"), {"choices": [], "usage": SEVEN}], Usage(3, 4, 7)),
    "no choices key": ([delta("stop"), {"usage": SEVEN}], Usage(3, 4, 7)),
    "in the choice, then alone": (
        [in_choice(SEVEN), {"choices": [], "usage": SEVEN}], Usage(3, 4, 7),
    ),
    "in the choice and at the top of one chunk": (
        [{**in_choice(LATER), "usage": SEVEN}], Usage(3, 4, 7),
    ),
    "growing": ([{**delta(content="x"), "usage": SEVEN}, {**delta("stop"), "usage": LATER}],
                Usage(3, 9, 12)),
    "no object": ([{**delta("stop"), "usage": [7]}], None),
    "null in the end": ([in_choice(SEVEN), {"choices": [], "usage": None}], Usage(3, 4, 7)),
}  # fmt: skip


@pytest.mark.parametrize(("chunks", "usage"), PLACES.values(), ids=PLACES)
def test_usage_is_counted_once_wherever_it_stands(
    chunks: list[dict[str, Any]], usage: Usage | None
) -> None:
    assert read(chunks)[0].usage == usage


def test_an_error_in_place_of_a_chunk_is_raised() -> None:
    reader = reader_for()
    reader.feed(delta(content="Hel"))
    error = {"message": "Provider disconnected", "code": 502}
    with pytest.raises(KimiServerError, match="Provider disconnected"):
        reader.feed({"error": error, "choices": [{"delta": {}, "finish_reason": "error"}]})
    assert reader.message().content == "Hel"


def test_an_end_without_reason_and_done_is_truncation() -> None:
    reader = reader_for()
    reader.feed(delta(content="Hel", reasoning="why"))
    reader.feed(delta(tool_calls=[fragment(0, "a", "f", '{"x": ')]))
    with pytest.raises(KimiStreamTruncatedError) as caught:
        reader.close(done=False)
    assert (caught.value.partial.content, caught.value.partial.reasoning) == ("Hel", "why")
    (call,) = caught.value.partial.tool_calls
    assert (call.arguments, call.complete) == ('{"x": ', False)
    assert "broke off: the stream ended with neither a finish reason nor [DONE]" in str(
        caught.value
    )
    assert "'moonshotai/Kimi-K2-Instruct' at vllm" in str(caught.value)


@pytest.mark.parametrize(("finish", "done"), [("stop", False), (None, True), ("length", False)])
def test_either_end_is_enough(finish: str | None, *, done: bool) -> None:
    reader, _ = read([delta(finish, content="Hi")], done=done)
    assert reader.message().content == "Hi"


NAMES = st.sampled_from(
    [
        *("choices", "delta", "message", "content", "text", "reasoning", "reasoning_content"),
        *("reasoning_details", "summary", "tool_calls", "index", "id", "function", "name"),
        *("arguments", "finish_reason", "usage", "prompt_tokens", "model", "type"),
        *("prompt_tokens_details", "cached_tokens", "total_tokens"),
    ]
)
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(-1, 3), st.floats(), st.sampled_from(["", "a", "stop"])
)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(NAMES, inner, max_size=5)),
    max_leaves=12,
)
FIELDS = st.dictionaries(NAMES, JSON, max_size=5)
CHUNKS = st.one_of(
    FIELDS,
    st.fixed_dictionaries({"choices": st.lists(st.one_of(JSON, FIELDS), max_size=2)}),
    st.builds(lambda fields: {"choices": [{"delta": fields}]}, FIELDS),
    st.builds(lambda calls: delta(None, tool_calls=calls), st.lists(FIELDS, max_size=3)),
).filter(lambda chunk: error_in(chunk) is None)  # e.g. nothing but a message that is a text


@pytest.mark.parametrize("parser", ["auto", "server", "client"])
@given(chunks=st.lists(CHUNKS, max_size=3))
def test_a_shape_that_nobody_has_seen_breaks_nothing(
    parser: str, chunks: list[dict[str, Any]]
) -> None:
    """Whatever a relay makes of a field, the rest of the answer is read."""
    said = delta("stop", content="Hi")
    reader, _ = read([*chunks, said], reader_for(parser))
    message = reader.message()
    assert message.content.endswith("Hi")
    assert reader.usage is None or reader.usage.total_tokens >= 0
    assert all(isinstance(call.id, str) and call.id for call in message.tool_calls)


# What comes in pieces, the message behind them -> the text, the reasoning, what is told beside it.
RECAPS: dict[str, tuple[list[dict[str, Any]], dict[str, Any], tuple[str, str, list[str]]]] = {
    "the same": ([{"content": "Hello"}], {"content": "Hello"}, ("Hello", "", [])),
    "more": ([{"content": "Hel"}], {"content": "Hello"}, ("Hello", "", [])),
    "what did not come": (
        [{"content": "Hello"}],
        {"content": "Hello", "reasoning_content": "Hm."},
        ("Hello", "Hm.", []),
    ),
    "another text": ([{"content": "Hello"}], {"content": "Good day"}, ("Hello", "", ["Good day"])),
}


@pytest.mark.parametrize(("pieces", "message", "told"), RECAPS.values(), ids=RECAPS)
def test_a_message_behind_the_pieces_says_nothing_twice(
    pieces: list[dict[str, Any]], message: dict[str, Any], told: tuple[str, str, list[str]]
) -> None:
    end = {"choices": [{"index": 0, "message": message, "finish_reason": "stop"}]}
    reader, _ = read([*(delta(**piece) for piece in pieces), end])
    said = reader.message()
    beside = [odd.text for odd in said.diagnostics if odd.kind == "other_message"]
    assert (said.content, said.reasoning, beside) == told
