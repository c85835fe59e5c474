"""A forced tool_choice is kept, turned into one that is accepted, or given up with a warning.

Owns: what is sent for each tool_choice, model and thinking setting; nothing of it may be a 400.
"""

from __future__ import annotations

import warnings
from typing import Any

import pytest

from kimi_core._tool_choice import ToolChoiceWarning
from kimi_core.capabilities import RetiredModelWarning
from kimi_core.errors import KimiConfigError
from tests.core.asking import named, payload, tool

ONE = [tool()]
TWO = [tool(), tool("get_time")]
OFF = {"type": "disabled"}
ON = {"type": "enabled"}


def forced(model: str, choice: Any, tools: list[dict[str, Any]], **options: Any) -> dict[str, Any]:
    """Return what of the payload has to do with the choice; a warning is an error."""
    found = payload("moonshot", model, tools=tools, tool_choice=choice, **options)
    return {name: found[name] for name in ("tools", "tool_choice", "thinking") if name in found}


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


# model, choice, tools, thinking -> tool_choice, tools, thinking that are sent
KEPT: list[tuple[str, Any, Any, bool | None, Any, Any, Any]] = [
    # K3: "required" is accepted, a named one becomes "required" with the one tool.
    ("kimi-k3", "required", TWO, None, "required", TWO, None),
    ("kimi-k3", "get_weather", TWO, None, "required", ONE, None),
    ("kimi-k3", "get_time", TWO, True, "required", TWO[1:], None),
    # K2.6: thinking is switched off for this turn, where nobody asked for it.
    ("kimi-k2.6", "get_weather", TWO, None, named(), TWO, OFF),
    ("kimi-k2.6", "required", ONE, None, named(), ONE, OFF),
    ("kimi-k2.6", "get_weather", TWO, False, named(), TWO, OFF),
    ("kimi-k2.6", "required", ONE, False, named(), ONE, OFF),
    ("kimi-k2.6", "required", TWO, False, "required", TWO, OFF),
    ("kimi-k2.6", "auto", TWO, None, "auto", TWO, None),
    ("kimi-k2.6", "none", TWO, True, "none", TWO, ON),
    ("kimi-k2.7-code", "auto", ONE, None, "auto", ONE, None),
    ("kimi-k2.7-code", "none", ONE, True, "none", ONE, None),
]


@pytest.mark.parametrize(
    ("model", "choice", "tools", "thinking", "sent", "sent_tools", "sent_thinking"),
    KEPT,
    ids=[f"{row[0]}-{row[1]}-{len(row[2])}-{row[3]}" for row in KEPT],
)
def test_what_the_first_party_accepts(  # noqa: PLR0913, PLR0917 - the columns
    model: str,
    choice: Any,
    tools: list[dict[str, Any]],
    thinking: bool | None,
    sent: Any,
    sent_tools: list[dict[str, Any]],
    sent_thinking: dict[str, Any] | None,
) -> None:
    expected = {"tools": sent_tools, "tool_choice": sent}
    if sent_thinking:
        expected["thinking"] = sent_thinking
    assert forced(model, choice, tools, thinking=thinking) == expected


# What can only be given up.
GIVEN_UP = [
    ("kimi-k2.7-code", "required", ONE, None),
    ("kimi-k2.7-code", "get_weather", ONE, None),
    ("kimi-k2.7-code-highspeed", "any", TWO, True),
    ("kimi-k2.6", "required", TWO, None),
    ("kimi-k2.6", "required", ONE, True),
    ("kimi-k2.6", "get_weather", TWO, True),
]


@pytest.mark.parametrize(
    ("model", "choice", "tools", "thinking"),
    GIVEN_UP,
    ids=[f"{row[0]}-{row[1]}-{len(row[2])}-{row[3]}" for row in GIVEN_UP],
)
def test_what_cannot_be_kept_is_auto_with_a_warning(
    model: str, choice: str, tools: list[dict[str, Any]], thinking: bool | None
) -> None:
    with pytest.warns(ToolChoiceWarning, match=f"incompatible with thinking on model '{model}'"):
        found = forced(model, choice, tools, thinking=thinking)
    assert (found["tool_choice"], found["tools"]) == ("auto", tools)
    assert found.get("thinking") == (ON if thinking and model == "kimi-k2.6" else None)


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
        assert forced(model, choice, TWO) == {"tools": TWO, "tool_choice": sent}


@pytest.mark.parametrize("endpoint", ["openrouter", "vllm", "sglang", "llama.cpp"])
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


def test_a_temperature_for_thinking_survives_a_forced_choice() -> None:
    # with_structured_output on a chat with temperature=1.0 forces a tool, and with it no thinking.
    assert forced("kimi-k2.6", "required", ONE, temperature=1.0) == {
        "tools": ONE,
        "tool_choice": named(),
        "thinking": OFF,
    }
