"""RAG in LangChain: retrieve, stream an answer that quotes its sources, check each citation.

Needs: pip install "kimi-k2-integrations[langchain]", what langchain_retrievers.py needs, and
MOONSHOT_API_KEY. Run: python examples/rag/langchain_rag.py "How much text fits into the model?"
"""

import sys

from citations import citations, prompt
from langchain_core.documents import Document
from langchain_core.output_parsers import StrOutputParser
from langchain_core.runnables import Runnable, RunnableLambda
from langchain_retrievers import retrievers

from langchain_kimi import ChatKimiK2


def rag(llm: ChatKimiK2, sources: list[Document]) -> Runnable[str, str]:
    """Return the chain from a question to an answer out of these sources."""
    texts = [source.page_content for source in sources]
    return RunnableLambda(lambda question: prompt(question, texts)) | llm | StrOutputParser()


def main(question: str) -> None:
    """Print the answer as it comes, and what its citations are worth."""
    sources = retrievers()["reranked"].invoke(question)[:5]
    answer = ""
    for piece in rag(ChatKimiK2(), sources).stream(question):
        print(piece, end="", flush=True)
        answer += piece
    print("\n")
    for found in citations(answer, [source.page_content for source in sources]):
        where = sources[found.number - 1].metadata["place"] if not found.problem else found.problem
        print(f"[{found.number}] {where}")


if __name__ == "__main__":
    main(" ".join(sys.argv[1:]) or "How much text fits into the newest model?")
