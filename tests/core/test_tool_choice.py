"""A forced tool_choice is kept, turned into one that is accepted, or given up with a warning.

Owns: the forms of a choice, other servers, and sentences; what each model of the first party gets
is in the table of payloads (test_payloads.py).
"""

from __future__ import annotations

import warnings
from typing import Any

import pytest

from kimi_core import RetiredModelWarning, ToolChoiceWarning
from kimi_core.errors import KimiConfigError
from tests.core.asking import HELLO, call, named, payload, result, tool

ONE = [tool()]
TWO = [tool(), tool("get_time")]
# Spellings of a choice -> what is sent to a server that takes them all
FORMS = [
    (None, {}), (False, {}), ("auto", "auto"), ("none", "none"), ("required", "required"),
    ("any", "required"), (True, "required"), ("get_weather", named()), (named(), named()),
]  # fmt: skip


@pytest.mark.parametrize(("choice", "sent"), FORMS, ids=[str(row[0]) for row in FORMS])
def test_every_form_of_a_choice(choice: Any, sent: Any) -> None:
    found = payload("vllm", None, tools=TWO, tool_choice=choice)
    assert found.get("tool_choice", {}) == sent
    assert found["tools"] == TWO


def test_a_tool_may_be_called_like_a_word() -> None:
    found = payload("vllm", None, tools=[tool("any")], tool_choice="any")
    assert found["tool_choice"] == named("any")


def test_giving_up_says_why_and_what_to_do() -> None:
    with pytest.warns(ToolChoiceWarning) as caught:
        payload("moonshot", "kimi-k2.7-code", tools=ONE, tool_choice="required")
    (said,) = [str(one.message) for one in caught if one.category is ToolChoiceWarning]
    assert said == (
        "tool_choice 'required' is incompatible with thinking on model 'kimi-k2.7-code'; 'auto' is "
        "sent, with the tool's schema as response_format: JSON in the answer is its call. "
        "Set thinking=False where the model can, or use kimi-k3 with 'required'."
    )


def test_giving_up_one_of_several_says_so_too() -> None:
    with pytest.warns(ToolChoiceWarning, match="the model may answer without a call"):
        payload("moonshot", "kimi-k2.7-code", tools=TWO, tool_choice="required")


FORM = {"type": "json_schema", "json_schema": {"name": "own", "schema": {"type": "object"}}}
# What the request says beside it -> whether the arguments of the call are asked for as a form.
BESIDE: dict[str, tuple[dict[str, Any], bool]] = {
    "one tool": ({"tools": ONE, "tool_choice": "required"}, True),
    "a name": ({"tools": TWO, "tool_choice": "get_time"}, True),
    "one of two": ({"tools": TWO, "tool_choice": "required"}, False),
    "a form": ({"tools": ONE, "tool_choice": "required", "response_format": FORM}, False),
    "a form in extra": (
        {"tools": ONE, "tool_choice": "required", "extra": {"response_format": FORM}},
        False,
    ),
    "the call was made": (
        {
            "tools": ONE,
            "tool_choice": "required",
            "messages": [
                *HELLO,
                {"role": "assistant", "content": "", "tool_calls": [call("a:0")]},
                result("a:0"),
            ],
        },
        False,
    ),
    "nothing is forced": ({"tools": ONE}, False),
}


@pytest.mark.filterwarnings("ignore::kimi_core.ToolChoiceWarning")
@pytest.mark.parametrize(("asked", "formed"), BESIDE.values(), ids=BESIDE)
def test_arguments_are_asked_for_where_a_call_cannot_be_forced(
    asked: dict[str, Any], formed: bool
) -> None:
    sent = payload("moonshot", "kimi-k2.7-code", **asked)
    form = sent.get("response_format", {}).get("json_schema", {})
    wanted = asked["tools"][-1]["function"]
    assert (form.get("name") == wanted["name"]) is formed
    if formed:
        assert form["schema"] == wanted["parameters"]
        assert sent["tools"] == asked["tools"]


@pytest.mark.parametrize(
    ("model", "choice", "sent"),
    [
        ("kimi-k2-thinking", "get_time", named("get_time")),
        ("kimi-k2-thinking", "required", "required"),
        ("kimi-k2-0905-preview", "required", "required"),
    ],
)
def test_a_retired_model_on_a_relay_is_forced_as_it_was(model: str, choice: str, sent: Any) -> None:
    with pytest.warns(RetiredModelWarning):
        found = payload("moonshot", model, tools=TWO, tool_choice=choice)
    assert (found["tool_choice"], found["tools"]) == (sent, TWO)


@pytest.mark.parametrize("endpoint", ["openrouter", "vllm", "tensorrt-llm"])
@pytest.mark.parametrize("model", ["kimi-k2.6", "kimi-k3", "kimi-k2.7-code"])
def test_other_servers_get_the_choice_as_it_is(endpoint: str, model: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = payload(endpoint, model, tools=TWO, tool_choice="get_time")
    assert (found["tool_choice"], found["tools"]) == (named("get_time"), TWO)


REFUSED: list[tuple[Any, list[dict[str, Any]], str]] = [
    ("get_news", TWO, "'none', 'required' or one of ['get_weather', 'get_time']."),
    (named("get_news"), ONE, "names no tool of this request"),
    ({"type": "function"}, ONE, "names no tool of this request"),
    ("required", [], "needs at least one tool; pass tools, or leave it out."),
    (True, [], "needs at least one tool"),
    ("get_weather", [], "needs at least one tool"),
    (named(), [], "needs at least one tool"),
]  # fmt: skip


@pytest.mark.parametrize(("choice", "tools", "sentence"), REFUSED)
def test_a_choice_of_nothing_is_refused(
    choice: Any, tools: list[dict[str, Any]], sentence: str
) -> None:
    with pytest.raises(KimiConfigError) as caught:
        payload("moonshot", "kimi-k3", tools=tools, tool_choice=choice)
    assert str(caught.value).startswith(f"tool_choice {choice!r} ")
    assert sentence in str(caught.value)


@pytest.mark.parametrize("choice", [None, False, "auto", "none"])
def test_without_tools_a_free_choice_is_not_sent(choice: Any) -> None:
    assert payload("moonshot", "kimi-k3", tool_choice=choice) == {"model": "kimi-k3"}


@pytest.mark.parametrize("model", ["kimi-k2-instruct", "kimi-k2.6", "kimi-k3"])
def test_a_server_that_reads_no_name_gets_the_one_tool(model: str) -> None:
    """llama.cpp b11549 takes a choice by name for "auto" (recorded)."""
    found = payload("llama.cpp", model, tools=TWO, tool_choice="get_time")
    assert found["tool_choice"] == "required"
    assert [one["function"]["name"] for one in found["tools"]] == ["get_time"]
    for kept in ("required", "auto", "none"):
        found = payload("llama.cpp", model, tools=TWO, tool_choice=kept)
        assert (found["tool_choice"], found["tools"]) == (kept, TWO)


@pytest.mark.parametrize("endpoint", ["sglang", "ktransformers"])
@pytest.mark.parametrize("parser", ["auto", "client"])
def test_sglang_is_told_by_a_structural_tag(endpoint: str, parser: str) -> None:
    """Without its tool parser it makes a JSON list of a choice (recorded)."""
    asked = {"tools": TWO, "overrides": {"tool_call_parser": parser}}
    found = payload(endpoint, "kimi-k2.6", tool_choice="get_time", **asked)
    assert "tool_choice" not in found
    assert found["tools"] == TWO
    tag = str(found["response_format"])
    assert "functions.get_time:" in tag
    assert "functions.get_weather:" not in tag
    assert "</think>" not in tag
    kept = payload(endpoint, "kimi-k2.6", tool_choice="auto", **asked)
    assert (kept["tool_choice"], "response_format" in kept) == ("auto", False)


@pytest.mark.parametrize(
    ("model", "options"),
    [
        ("kimi-k3", {}),
        ("kimi-k2.6", {"response_format": {"type": "json_object"}}),
        ("kimi-k2.6", {"extra": {"response_format": {"type": "json_object"}}}),
    ],
    ids=["K3, whose channels are the server's affair", "a form is asked for", "in extra_body"],
)
def test_where_there_is_no_room_for_the_tag_the_field_is_sent(
    model: str, options: dict[str, Any]
) -> None:
    found = payload("sglang", model, tools=TWO, tool_choice="get_time", **options)
    assert found["tool_choice"] == named("get_time")


def test_a_schema_that_no_grammar_keeps_is_left_to_the_field() -> None:
    """Nothing fits it, which no engine refuses and a grammar cannot write."""
    never = tool("get_time")
    empty = {"type": "integer", "minimum": 5, "maximum": 1}
    schema = {"type": "object", "properties": {"a": empty}, "required": ["a"]}
    never["function"]["parameters"] = schema
    found = payload("sglang", "kimi-k2.6", tools=[never], tool_choice="required")
    assert (found["tool_choice"], "response_format" in found) == ("required", False)
