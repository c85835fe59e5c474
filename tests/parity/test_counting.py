"""Long conversations are counted in both frameworks without reading all of them.

Owns: what an estimate looks at, which is what it costs, and how far it is from a whole reading.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from kimi_core import Tokenizer, tokenizer

pytest.importorskip("langchain_openai", reason="parity needs both frameworks")
pytest.importorskip("llama_index.core", reason="parity needs both frameworks")

from langchain_core.messages import AIMessage, HumanMessage
from llama_index.core.llms import ChatMessage

import langchain_kimi
import llama_index_kimi
from langchain_kimi import _messages

if TYPE_CHECKING:
    from collections.abc import Sequence

ENGLISH = "The river was so low that the ferries of the town did not run for three weeks. "
CHINESE = "河水很低,镇上的渡船三个星期没有开。"
CODE = 'def ferry(name: str = "Ulm") -> dict[str, int]:\n    return {name: 3_000}\n\n'
TEXTS = {"English": ENGLISH, "Chinese": CHINESE, "code": CODE}


def langchain(texts: Sequence[str]) -> int:
    llm = langchain_kimi.ChatKimiK2(api_key="k", tokenizer=Tokenizer.estimate())
    return llm.get_num_tokens_from_messages(
        [(AIMessage if number % 2 else HumanMessage)(text) for number, text in enumerate(texts)]
    )


def llama_index(texts: Sequence[str]) -> int:
    llm = llama_index_kimi.ChatKimiK2(api_key="k", tokenizer=Tokenizer.estimate())
    roles = ("user", "assistant")
    return llm.count_tokens(
        [ChatMessage(text, role=roles[number % 2]) for number, text in enumerate(texts)]
    )


def of(kinds: Sequence[str], tokens: int) -> list[str]:
    """Return messages of about so many tokens, the kinds one after the other."""
    share = tokens // len(kinds) // 40
    return [
        kind * (1600 // Tokenizer.estimate().count(kind))
        for kind in kinds
        for _ in range(share // 40)
    ]


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The lengths of what estimates read, piece by piece."""
    lengths: list[int] = []
    of_piece = tokenizer._estimate_of_piece

    def reading(text: str) -> float:
        lengths.append(len(text))
        return of_piece(text)

    monkeypatch.setattr(tokenizer, "_estimate_of_piece", reading)
    return lengths


MIXED: dict[str, Sequence[str]] = {
    **{name: [text] for name, text in TEXTS.items()},
    "half and half": [ENGLISH, CHINESE],
    "all of them": list(TEXTS.values()),
}


@pytest.mark.parametrize("count", [langchain, llama_index])
@pytest.mark.parametrize("kinds", MIXED.values(), ids=MIXED)
def test_a_long_history_is_sampled_and_rightly(
    read: list[int], count: Any, kinds: Sequence[str]
) -> None:
    texts = of(kinds, 60_000)
    counts = {text: Tokenizer.estimate().count(text) for text in {*texts}}
    each = sum(counts[text] for text in texts)
    read.clear()
    assert count(texts) == pytest.approx(each, rel=0.04)
    assert sum(read) <= 32_000


@pytest.mark.parametrize("count", [langchain, llama_index])
def test_what_is_read_does_not_grow(read: list[int], count: Any) -> None:
    costs = []
    for tokens in (20_000, 40_000, 160_000):
        texts = of([ENGLISH, CODE], tokens)
        read.clear()
        count(texts)
        costs.append(sum(read))
    assert max(costs) == min(costs) > 0


def test_a_short_history_is_read_whole(read: list[int]) -> None:
    texts = of([ENGLISH], 6_000)
    found = langchain(texts)
    assert sum(read) >= sum(map(len, texts))
    assert found == pytest.approx(sum(Tokenizer.estimate().count(text) for text in texts), rel=0.02)


def test_langchain_does_not_look_at_each_letter_of_a_text(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its conversion iterates over an assistant's content, which may be blocks."""
    seen: list[Any] = []
    convert = _messages._convert_message_to_dict

    def converting(message: Any) -> Any:
        seen.append(message.content)
        return convert(message)

    monkeypatch.setattr(_messages, "_convert_message_to_dict", converting)
    call = {"name": "f", "args": {}, "id": "f:0"}
    messages = [AIMessage("x" * 1000), AIMessage("", tool_calls=[call]), AIMessage(["a", "b"])]
    sent = _messages.to_wire(messages)
    parts = [{"type": "text", "text": text} for text in "ab"]
    assert [one["content"] for one in sent] == ["x" * 1000, None, parts]
    assert seen == [["a", "b"]]


@pytest.mark.parametrize("count", [langchain, llama_index])
def test_nothing_counts_nothing(count: Any) -> None:
    """Whoever drops messages until they fit took the next one from an empty list."""
    assert count([]) == 0
