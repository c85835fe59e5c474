"""Answers that look whole and are not: the one decision, and what the error says.

Owns: each finish reason, each number that may be missing, and texts that break off although the
server says nothing of it. What both adapters make of it stands in tests/parity/test_incomplete.py.
"""

from __future__ import annotations

import pickle
from typing import Any

import pytest

from kimi_core import KimiIncompleteAnswerError, ParsedMessage, ToolCall
from kimi_core.errors import KimiContentFilterError, KimiProtocolError
from kimi_core.response import (
    ResponseReader,
    incomplete_answer,
    json_text,
    refusal_in,
    uncalled_error,
)
from tests.core.asking import ask, tool
from tests.core.reading import fragment, whole

CUT = ParsedMessage(content='{"city": "Pari')
THOUGHT = ParsedMessage(reasoning="Hm, Paris.")
CALLED = ParsedMessage(tool_calls=(ToolCall(0, "City:0", "City", '{"city": "P', complete=False),))


def ended(finish: str | None, usage: Any = None, **options: Any) -> dict[str, Any]:
    """Return what a reader says of an answer that ended so."""
    reader = ResponseReader(ask("moonshot", "kimi-k2.6", **options))
    reader.feed({**whole(finish, content="{"), **({"usage": usage} if usage else {})})
    reader.close()
    return reader.metadata()


SPENT = {"completion_tokens": 16, "completion_tokens_details": {"reasoning_tokens": 12}}


@pytest.mark.parametrize(
    ("metadata", "details"),
    [
        pytest.param(ended("stop"), None, id="whole"),
        pytest.param(ended(None), None, id="no finish reason"),
        pytest.param(ended("eos"), None, id="a word of its own"),
        pytest.param(ended("length"), {"reason": "length"}, id="nothing is known"),
        pytest.param(
            ended("length", SPENT, max_tokens=16),
            {
                "reason": "length",
                "max_tokens": 16,
                "completion_tokens": 16,
                "reasoning_tokens": 12,
            },
            id="all is known",
        ),
        pytest.param(
            ended("length", extra={"max_tokens": "16"}), {"reason": "length"}, id="a limit as text"
        ),
        pytest.param(
            ended("content_filter", {"completion_tokens": 3}),
            {"reason": "content_filter", "completion_tokens": 3},
            id="filtered",
        ),
    ],
)
def test_the_reader_says_how_an_answer_ended(
    metadata: dict[str, Any], details: dict[str, Any] | None
) -> None:
    assert metadata.get("incomplete_details") == details


@pytest.mark.parametrize(
    ("said", "metadata", "sentence"),
    [
        pytest.param(
            CUT,
            ended("length", SPENT, max_tokens=16),
            "the City was cut off by the token limit (max_tokens=16; 12 tokens were spent on "
            'reasoning) after 14 characters: \'{"city": "Pari\'. Raise max_tokens, or lower '
            "reasoning_effort.",
            id="cut",
        ),
        pytest.param(
            CUT,
            {"finish_reason": "length"},
            "the City was cut off by the token limit (max_tokens was not set) after 14 characters: "
            '\'{"city": "Pari\'. Raise max_tokens.',
            id="cut, of another class",
        ),
        pytest.param(
            THOUGHT,
            ended("length", max_tokens=16),
            "the City was cut off by the token limit (max_tokens=16; 10 characters of it were "
            "reasoning) before any text. Raise max_tokens, or lower reasoning_effort.",
            id="all of it was reasoning",
        ),
        pytest.param(
            CALLED,
            ended("length", max_tokens=16),
            "the City was cut off by the token limit (max_tokens=16) after 11 characters: "
            '\'{"city": "P\'. Raise max_tokens.',
            id="in a call",
        ),
        pytest.param(
            CUT,
            ended("content_filter"),
            "the City was withheld by the provider's content filter after 14 characters: "
            '\'{"city": "Pari\'. Change the content; the same text is filtered again.',
            id="filtered",
        ),
        pytest.param(
            ParsedMessage(),
            ended("abort"),
            "the City was given up by the server (finish reason 'abort') before any text. "
            "Ask again.",
            id="given up",
        ),
        pytest.param(
            CUT,
            ended("repetition"),
            "the City was ended by the server because it repeated itself (finish reason "
            "'repetition') after 14 characters: '{\"city\": \"Pari'. Ask again, or with another "
            "temperature.",
            id="repeating",
        ),
        pytest.param(
            CUT,
            ended("stop"),
            "the City breaks off inside its JSON (finish reason 'stop') after 14 characters: "
            '\'{"city": "Pari\'. Ask again, and see whether a stop string stands in the answer.',
            id="whole, says the server",
        ),
        pytest.param(
            CUT,
            None,
            "the City breaks off inside its JSON (finish reason None) after 14 characters: "
            '\'{"city": "Pari\'. Ask again, and see whether a stop string stands in the answer.',
            id="nobody says anything",
        ),
    ],
)
def test_what_is_said_of_an_answer_that_is_not_whole(
    said: ParsedMessage, metadata: Any, sentence: str
) -> None:
    error = incomplete_answer(said, metadata, wanted="City", as_json=True)
    assert isinstance(error, KimiIncompleteAnswerError)
    assert str(error) == sentence
    assert error.partial is said
    assert error.finish_reason == (metadata or {}).get("finish_reason")


@pytest.mark.parametrize(
    "text",
    ['{"a": 1}', '```json\n{"a": 1}\n```', 'So: {"a": [1, {"b": 2}]}', "[1]", "No.", "", "{x}"],
)
def test_a_text_that_does_not_break_off_is_read_by_others(text: str) -> None:
    assert incomplete_answer(ParsedMessage(text), ended("stop"), as_json=True) is None


@pytest.mark.parametrize(
    "text", ['{"a": [1, {"b": 2}', '```json\n{"a": 1', 'So: {"a": 1, "b": "}', "[1, 2", '{"a": "`']
)
def test_a_text_that_breaks_off_counts_where_json_was_asked_for(text: str) -> None:
    said = ParsedMessage(text)
    assert incomplete_answer(said, ended("stop"), as_json=True) is not None
    assert incomplete_answer(said, ended("stop")) is None


def test_a_filtered_answer_is_an_error_of_the_filter_too() -> None:
    error = incomplete_answer(CUT, ended("content_filter"))
    assert isinstance(error, KimiContentFilterError)
    assert not isinstance(incomplete_answer(CUT, ended("length")), KimiContentFilterError)


@pytest.mark.parametrize("finish", ["length", "content_filter"])
def test_the_error_can_be_caught_as_what_was_raised_before_and_be_copied(finish: str) -> None:
    error = incomplete_answer(CUT, ended(finish, SPENT, max_tokens=16))
    assert isinstance(error, KimiProtocolError)
    assert isinstance(error, ValueError)
    copy = pickle.loads(pickle.dumps(error))  # noqa: S301 - written a line ago
    assert type(copy) is type(error)
    assert (str(copy), copy.partial, copy.max_tokens) == (str(error), CUT, 16)
    assert (copy.reasoning_tokens, copy.finish_reason) == (12, finish)


def refused(finish: str = "stop", **message: Any) -> dict[str, Any]:
    """Return what a reader says of an answer with a refusal."""
    reader = ResponseReader(ask("moonshot", "kimi-k2.6"))
    reader.feed(whole(None, refusal="I can", **message))
    reader.feed(whole(finish, refusal="not."))
    reader.close()
    return reader.metadata()


@pytest.mark.parametrize(
    ("metadata", "refusal"),
    [
        pytest.param(ended("stop"), None, id="an answer"),
        pytest.param(ended("length"), None, id="cut"),
        pytest.param(ended("content_filter"), "", id="filtered"),
        pytest.param({"finish_reason": "content_filter"}, "", id="filtered, of another class"),
        pytest.param(refused(), "I cannot.", id="refused"),
        pytest.param(refused("content_filter"), "I cannot.", id="filtered, with words"),
        pytest.param("raw", None, id="raw is anything"),
    ],
)
def test_what_is_said_in_place_of_an_answer(metadata: Any, refusal: str | None) -> None:
    assert refusal_in(metadata) == refusal


def test_a_refusal_may_be_a_part_of_the_content() -> None:
    reader = ResponseReader(ask("moonshot", "kimi-k2.6"))
    reader.feed(whole(content=[{"type": "refusal", "refusal": "I cannot."}]))
    reader.close()
    assert refusal_in(reader.metadata()) == "I cannot."
    assert reader.message().content == ""


def test_a_refusal_is_no_object() -> None:
    error = incomplete_answer(ParsedMessage(), refused(), wanted="City", as_json=True)
    assert isinstance(error, KimiContentFilterError)
    assert str(error) == (
        "the City was refused by the model: 'I cannot.'. Change the prompt; the same one is "
        "refused again."
    )


def uncalled(choice: Any, finish: str = "stop", **options: Any) -> str:
    """Return what is said of an answer without a call."""
    reader = ResponseReader(
        ask("moonshot", "kimi-k2.7-code", tools=[tool()], tool_choice=choice, **options)
    )
    reader.feed(whole(finish, content="Sunny."))
    reader.close()
    error = uncalled_error(
        reader.message(), reader.metadata(), force="force=True", accept="accept=True"
    )
    assert isinstance(error, ValueError)
    return str(error)


@pytest.mark.filterwarnings("ignore::kimi_core.ToolChoiceWarning")
@pytest.mark.parametrize(
    ("choice", "finish", "words"),
    [
        pytest.param(None, "stop", "Pass force=True to force a call, or accept=True", id="free"),
        pytest.param("none", "stop", "Pass force=True to force a call, or accept=True", id="none"),
        pytest.param("required", "stop", "force=True could not be kept", id="given up"),
        pytest.param(
            None, "length", "the answer that should call a tool was cut off by the token", id="cut"
        ),
        pytest.param(None, "content_filter", "withheld by the provider's", id="filtered"),
    ],
)
def test_why_no_tool_was_called(choice: Any, finish: str, words: str) -> None:
    assert words in uncalled(choice, finish)


def test_a_server_that_does_not_keep_a_forced_choice_is_named_as_the_reason() -> None:
    reader = ResponseReader(ask("vllm", tools=[tool()], tool_choice="required"))
    reader.feed(whole(content="Sunny."))
    reader.close()
    metadata = reader.metadata()
    assert metadata["forced_tool_choice"] == "sent"
    error = uncalled_error(reader.message(), metadata, force="force=True", accept="accept=True")
    assert "A call was forced, and the server did not keep to it" in str(error)
    assert "Ask again, or accept=True to accept text." in str(error)


def test_where_a_tool_was_called_nothing_is_said_of_the_choice() -> None:
    reader = ResponseReader(ask("vllm", tools=[tool()], tool_choice="required"))
    reader.feed(whole("tool_calls", tool_calls=[fragment(0, "a:0", "get_weather", "{}")]))
    reader.close()
    assert "forced_tool_choice" not in reader.metadata()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('{"a": 1}', '{"a": 1}'),
        ('```json\n{"a": 1}\n```', '{"a": 1}'),
        ("none", "none"),
        ('{"a": 1', '{"a": 1'),
    ],
)
def test_the_object_in_a_text(text: str, found: str) -> None:
    assert json_text(text) == found


def test_the_object_in_a_text_that_goes_on() -> None:
    text = '```json\n{"a": {"b": 1}, "c": "behi'
    assert json_text(text, growing=True) == '{"a": {"b": 1}, "c": "behi'
