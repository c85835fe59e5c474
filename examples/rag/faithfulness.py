"""Does the check of citations find what is made up? Simulated: all answers are scripted.

Run: python examples/rag/faithfulness.py. One reader quotes the known answer where a source holds
it, or says that none does; the others invent a source, invent words, or cite nothing.
"""

from citations import SILENT, citations, holds
from evaluate import QUESTIONS
from langchain_rag import rag
from langchain_retrievers import retrievers

from kimi_core.testing import MoonshotSimulator, SimulatedReply
from langchain_kimi import ChatKimiK2

READERS = ("honest", "invents a source", "invents words", "cites nothing")


def scripted(reader: str, words: str, sources: list[str]) -> str:
    """Return what such a reader says where `words` are the known answer."""
    number = next((n for n, text in enumerate(sources, 1) if holds(text, words)), 0)
    if reader == "honest":
        return f'It is said there: "{words}" [{number}].' if number else SILENT
    if reader == "cites nothing":
        return f"It is {words}."
    cited = f'"{words}" [{len(sources) + 1}]' if reader == "invents a source" else '"42 whales" [1]'
    return f"It is said there: {cited}."


def main() -> None:
    """Print for each reader how many answers passed."""
    search = retrievers()["reranked"]
    found = {row["question"]: search.invoke(row["question"])[:5] for row in QUESTIONS}
    with MoonshotSimulator() as server:
        llm = ChatKimiK2(endpoint="moonshot", base_url=server.base_url, api_key=server.api_key)
        for reader in READERS:
            passed = silent = 0
            for row in QUESTIONS:
                sources = found[row["question"]]
                texts = [source.page_content for source in sources]
                said = scripted(reader, row["answer"].replace('"', ""), texts)
                server.reply(SimulatedReply(content=said))
                answer = rag(llm, sources).invoke(row["question"])
                silent += answer == SILENT
                passed += not any(one.problem for one in citations(answer, texts))
            print(f"| {reader} | {len(QUESTIONS)} | {passed} | {silent} |")


if __name__ == "__main__":
    main()
