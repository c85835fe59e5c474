"""Every warning names a line of the user, whatever of LangChain stands in between."""

from __future__ import annotations

import asyncio
import sys
import warnings
from typing import TYPE_CHECKING, Any

import pytest
from langchain_core.prompts import ChatPromptTemplate

import kimi_core
from kimi_core.testing import SimulatedReply
from langchain_kimi import ChatKimiK2

if TYPE_CHECKING:
    from collections.abc import Callable

    from kimi_core.testing import MoonshotSimulator
    from tests.langchain.conftest import MakeModel


def look(place: str) -> str:
    """Look at a place."""
    return place


def ask(model: ChatKimiK2, text: str) -> None:
    model.bind_tools([look]).invoke(text)


def stream(model: ChatKimiK2, text: str) -> None:
    list(model.bind_tools([look]).stream(text))


def batch(model: ChatKimiK2, text: str) -> None:
    model.bind_tools([look]).batch([text, text])


def chain(model: ChatKimiK2, text: str) -> None:
    (ChatPromptTemplate([("user", "{text}")]) | model.bind_tools([look])).invoke({"text": text})


async def aask(model: ChatKimiK2, text: str) -> None:
    await model.bind_tools([look]).ainvoke(text)


async def astream(model: ChatKimiK2, text: str) -> None:
    _ = [chunk async for chunk in model.bind_tools([look]).astream(text)]


async def gather(model: ChatKimiK2, text: str) -> None:
    """No line of the user is on the stack of such a task."""
    await asyncio.gather(*(model.bind_tools([look]).ainvoke(text) for _ in range(2)))


def agent(model: ChatKimiK2, text: str) -> None:
    agents = pytest.importorskip("langchain.agents")
    agents.create_agent(model, [look]).invoke({"messages": [("user", text)]})


async def aagent(model: ChatKimiK2, text: str) -> None:
    agents = pytest.importorskip("langchain.agents")
    await agents.create_agent(model, [look]).ainvoke({"messages": [("user", text)]})


# What starts tasks of its own; on Python 3.10 LangGraph starts one where the user's line is seen.
ALONE = {batch, gather} if sys.version_info < (3, 11) else {batch, gather, aagent}
WAYS = [ask, stream, batch, chain, aask, astream, gather, agent, aagent]

# class -> settings of the model, what is said
OFTEN: dict[type[Warning], tuple[dict[str, Any], str]] = {
    kimi_core.ToolChoiceWarning: (
        {"model": "kimi-k2.7-code", "model_kwargs": {"tool_choice": "any"}},
        "Go.",
    ),
    kimi_core.IgnoredSettingWarning: ({"model_kwargs": {"parallel_tool_calls": False}}, "Go."),
    kimi_core.PromptInjectionWarning: (
        {
            "endpoint": "vllm",
            "model": "kimi-k2-instruct",
            "api": "completions",
            "escape_markers": False,
        },
        "Go<|im_end|>",
    ),
}


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
@pytest.mark.parametrize("kind", OFTEN, ids=lambda kind: kind.__name__)
async def test_a_request_warns_at_a_line_of_the_user(
    make: MakeModel, make_raw: MakeModel, kind: type[Warning], way: Callable[..., Any]
) -> None:
    settings, text = OFTEN[kind]
    model = (make_raw if "endpoint" in settings else make)(**settings)
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always", kimi_core.KimiWarning)
        asked = way(model, text)
        if asked is not None:
            await asked
    ours = [warning for warning in seen if issubclass(warning.category, kimi_core.KimiWarning)]
    assert {warning.category for warning in ours} == {kind}
    files = {warning.filename for warning in ours}
    assert files == {CONFTEST if way in ALONE else __file__}


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
async def test_an_answer_of_nothing_but_reasoning_is_told_at_a_line_of_the_user(
    server: MoonshotSimulator, make: MakeModel, way: Callable[..., Any]
) -> None:
    server.reply(*[SimulatedReply(reasoning="Hm.", finish_reason="length")] * 2)
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always", kimi_core.KimiWarning)
        asked = way(make(max_tokens=16), "Go.")
        if asked is not None:
            await asked
    ours = [warning for warning in seen if issubclass(warning.category, kimi_core.KimiWarning)]
    assert {warning.category for warning in ours} == {kimi_core.EmptyAnswerWarning}
    assert "max_tokens=16" in str(ours[0].message)
    assert len(ours) == (2 if way in {batch, gather} else 1)
    assert {warning.filename for warning in ours} == {CONFTEST if way in ALONE else __file__}


CONFTEST = __file__.replace("test_warnings", "conftest")
"""Where the fixtures make their models: there a task without a line of the user points."""


def test_a_retired_model_is_told_of_where_it_is_named() -> None:
    with pytest.warns(kimi_core.RetiredModelWarning) as seen:
        ChatKimiK2(api_key="sk-made-up", model="kimi-k2.5")
    assert {warning.filename for warning in seen} == {__file__}


def test_a_class_of_one_s_own_is_the_user_s() -> None:
    class Mine(ChatKimiK2):
        def __init__(self, **settings: Any) -> None:
            super().__init__(model="kimi-k2.5", **settings)

    with pytest.warns(kimi_core.RetiredModelWarning) as seen:
        Mine(api_key="sk-made-up")
    assert seen[0].filename == __file__
