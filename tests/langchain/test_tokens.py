"""Token counts: estimated without Kimi's file, and never from OpenAI's vocabulary."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from langchain_core.messages import (
    AIMessage,
    BaseMessage,
    ChatMessage,
    FunctionMessage,
    HumanMessage,
    ToolMessage,
    trim_messages,
)

from kimi_core.errors import KimiConfigError
from kimi_core.tokenizer import Tokenizer
from langchain_kimi import ChatKimiK2

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ChatKimiK2:
    """A model that finds no tokenizer file."""
    monkeypatch.delenv("KIMI_TOKENIZER", raising=False)
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    return ChatKimiK2(api_key="sk-made-up")


def get_weather(city: str) -> str:
    """Get the weather of a city."""
    return city


def test_texts_are_estimated(model: ChatKimiK2) -> None:
    text = "The quick brown fox jumps over the lazy dog. " * 20
    assert model.get_num_tokens(text) == Tokenizer.estimate().count(text)
    assert 150 < model.get_num_tokens(text) < 300


def test_conversations_count_their_markup_and_tools(model: ChatKimiK2) -> None:
    plain = model.get_num_tokens_from_messages([HumanMessage("Hello there")])
    with_tools = model.get_num_tokens_from_messages([HumanMessage("Hello there")], [get_weather])
    assert model.get_num_tokens("Hello there") < plain < with_tools


def test_ids_need_the_file(model: ChatKimiK2) -> None:
    with pytest.raises(KimiConfigError, match="only estimates"):
        model.get_token_ids("Hello")


@pytest.mark.parametrize("name", ["get_num_tokens", "get_token_ids"])
def test_a_function_of_your_own_comes_first(name: str) -> None:
    model = ChatKimiK2(api_key="sk-made-up", custom_get_token_ids=lambda text: [7] * len(text))
    found: Any = getattr(model, name)("abc")
    assert found == (3 if name == "get_num_tokens" else [7, 7, 7])


def test_a_tokenizer_may_be_given() -> None:
    model = ChatKimiK2(api_key="sk-made-up", tokenizer=Tokenizer.estimate())
    assert model.get_num_tokens("Hello") > 0


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    model = ChatKimiK2(api_key="sk-made-up", tokenizer=str(tmp_path / "nothing"))
    with pytest.raises(KimiConfigError, match="nothing"):
        model.get_num_tokens("Hello")


def test_histories_are_trimmed_by_it(model: ChatKimiK2) -> None:
    history = [HumanMessage("word " * 200), HumanMessage("short")]
    kept = trim_messages(history, max_tokens=100, token_counter=model, strategy="last")
    assert kept == history[1:]


@pytest.mark.parametrize("name", ["kimi-k3", "kimi-k2.6"])
def test_any_part_of_a_history_is_counted(name: str) -> None:
    """Whoever trims counts what begins with a tool's result; that was an error on K3."""
    model = ChatKimiK2(model=name, api_key="sk-made-up")
    call = {"id": "a", "name": "f", "args": {}}
    history: list[BaseMessage] = [
        HumanMessage("word " * 200),
        AIMessage("", tool_calls=[call]),
        ToolMessage("r " * 100, tool_call_id="a"),
        FunctionMessage("r", name="f"),
        ChatMessage("odd", role="critic"),
        HumanMessage("short"),
    ]
    kept = trim_messages(history, max_tokens=100, token_counter=model, strategy="last")
    assert kept == history[3:]
