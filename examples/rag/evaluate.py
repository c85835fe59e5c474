"""How good is each search? Hit rate at 5 and 20 and mean reciprocal rank over questions.json.

Run: python examples/rag/evaluate.py langchain, or llama_index. A hit is a chunk of a section that
holds the answer; the rank is that of the first, and 0 where it is not among twenty.
"""

import json
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from chunking import chunks, place, titled
from words import BucketIndex

QUESTIONS = json.loads(Path(__file__).with_name("questions.json").read_text(encoding="utf-8"))
Search = Callable[[str], list[str]]


def toy() -> Search:
    """Search as the quickstart notebooks do, by words in buckets."""
    found = chunks()
    index = BucketIndex([titled(chunk) for chunk in found])
    return lambda question: [place(found[number]) for number in index.best(question, 20)]


def searches(framework: str) -> dict[str, Search]:
    """Return the toy, and each retriever of a framework, as functions from question to places."""

    def of(retriever: Any) -> Search:  # noqa: ANN401 - of either framework
        ask = retriever.retrieve if hasattr(retriever, "retrieve") else retriever.invoke
        return lambda question: [found.metadata["place"] for found in ask(question)]

    made = import_module(f"{framework}_retrievers").retrievers()
    return {"word buckets": toy()} | {name: of(retriever) for name, retriever in made.items()}


def rank(search: Search, row: dict[str, Any]) -> int:
    """Return the place of the first right chunk among twenty, from 1; 0 for none."""
    right = {" > ".join(one) for one in row["places"]}
    return next((n for n, one in enumerate(search(row["question"])[:20], 1) if one in right), 0)


def main(framework: str) -> None:
    """Print the table of docs/rag.md."""
    print("| search | hit rate at 5 | at 20 | MRR |\n| --- | ---: | ---: | ---: |")
    for name, search in searches(framework).items():
        ranks = np.array([rank(search, row) for row in QUESTIONS])
        mrr = np.mean(np.where(ranks > 0, 1 / np.maximum(ranks, 1), 0))
        hits = [np.mean((ranks > 0) & (ranks <= most)) for most in (5, 20)]
        print(f"| {name} | {hits[0]:.3f} | {hits[1]:.3f} | {mrr:.3f} |")


if __name__ == "__main__":
    main(*sys.argv[1:2] or ["langchain"])
