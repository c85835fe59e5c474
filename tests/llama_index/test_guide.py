"""docs/llamaindex.md, "When something is wrong": what is quoted there is what is said.

Owns: one way to each row that quotes a sentence. A row without a way here is untried, and fails.
"""

from __future__ import annotations

import asyncio
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from llama_index.core import Document, MockEmbedding, Settings, VectorStoreIndex
from llama_index.core.agent.workflow import FunctionAgent
from llama_index.core.base.llms.types import ChatMessage, DocumentBlock, ImageBlock
from llama_index.core.llms.loading import load_llm
from llama_index.core.llms.utils import resolve_llm
from llama_index.core.query_engine import SubQuestionQueryEngine
from llama_index.core.tools import QueryEngineTool

from kimi_core.testing import MoonshotSimulator, SimulatedReply, SimulatedToolCall
from llama_index_kimi import ChatKimiK2

if TYPE_CHECKING:
    from collections.abc import Callable

PAGE = Path(__file__).parents[2] / "docs" / "llamaindex.md"
QUESTION = [ChatMessage("Hello.")]
OPENAIS = ("llms.openai", "embeddings.openai", "question_gen.openai")

# Workflows look at every attribute of an agent, the deprecated ones of pydantic too.
pytestmark = pytest.mark.filterwarnings("ignore::pydantic.warnings.PydanticDeprecationWarning")


def rows() -> list[tuple[str, str]]:
    """Return the class and the words of each row that quotes some."""
    section = PAGE.read_text("utf-8").partition("## When something is wrong")[2].partition("\n## ")
    return re.findall(r"^\| `(\w+)`: ([^|]+) \| ", section[0], re.MULTILINE)


def look(place: str) -> str:
    """Look at a place."""
    return place


def split(llm: ChatKimiK2) -> None:
    index = VectorStoreIndex([Document(text="Ulm")], embed_model=MockEmbedding(embed_dim=3))
    tool = QueryEngineTool.from_defaults(index.as_query_engine(llm=llm), name="a", description="a")
    SubQuestionQueryEngine.from_defaults([tool], llm=llm)


def without_key(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("MOONSHOT_API_KEY", "KIMI_API_KEY"):
        monkeypatch.delenv(name, raising=False)


async def run(llm: ChatKimiK2) -> None:
    await FunctionAgent(tools=[look], llm=llm).run("Look.")


WAYS: dict[str, Callable[[ChatKimiK2], Any]] = {
    "`llama-index-llms-openai` package not found": lambda _: setattr(Settings, "llm", "default"),
    "`llama-index-embeddings-openai` package not found": lambda _: VectorStoreIndex([]),
    "`llama-index-question-gen-openai` package cannot be found": split,
    "Invalid LLM name: ChatKimiK2": lambda llm: load_llm(llm.to_dict()),
    "llm must start with str 'local'": lambda _: resolve_llm("moonshot:kimi-k3"),
    "api_key for endpoint 'moonshot' is missing": lambda _: ChatKimiK2().chat(QUESTION),
    "temperature=0.1 is refused": lambda llm: llm.chat(QUESTION, temperature=0.1),
    "ChatKimiK2 has no setting 'is_chat_model'": lambda _: ChatKimiK2(is_chat_model=True),
    "unknown field": lambda llm: llm.chat(QUESTION, temprature=1),
    "'dict' object has no attribute 'usage'": lambda llm: llm.chat(QUESTION).raw.usage,
    "Max iterations of 20 reached": lambda llm: asyncio.run(run(llm)),
    "refused by Moonshot, which fetches no URL": lambda llm: llm.chat(
        [ChatMessage(blocks=[ImageBlock(url="https://a.example/b.png")])]
    ),
    "(application/pdf) is not text": lambda llm: llm.chat(
        [ChatMessage(blocks=[DocumentBlock(data=b"%PDF-1.7 x", title="r.pdf")])]
    ),
}


def test_every_row_that_quotes_a_sentence_is_tried() -> None:
    assert [words for _, words in rows()] == list(WAYS)


@pytest.mark.parametrize(("name", "words"), rows(), ids=[words for _, words in rows()])
def test_a_symptom_is_what_the_page_says(
    name: str, words: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for package in OPENAIS:  # as where they are not installed
        monkeypatch.setitem(sys.modules, f"llama_index.{package}", None)
    monkeypatch.setattr("llama_index.core.llms.loading.RECOGNIZED_LLMS", {})
    without_key(monkeypatch)
    monkeypatch.chdir(tmp_path)
    call = SimulatedToolCall("look", '{"place": "Ulm"}')
    with MoonshotSimulator() as server:
        if words.startswith("Max iterations"):
            server.reply(*[SimulatedReply(tool_calls=[call])] * 21)
        place = {"endpoint": "moonshot", "base_url": server.base_url, "api_key": server.api_key}
        with ChatKimiK2(**place) as llm, pytest.raises(Exception, match=re.escape(words)) as caught:
            WAYS[words](llm)

    assert name in {known.__name__ for known in type(caught.value).__mro__}
