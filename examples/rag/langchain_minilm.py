"""Embeddings of LangChain without a server, a key or PyTorch: all-MiniLM-L6-v2 in numpy.

Needs: what minilm.py needs. Use: InMemoryVectorStore(MiniLM()), or any other vector store.
"""

from kept import embed_once
from langchain_core.embeddings import Embeddings
from minilm import embed


class MiniLM(Embeddings):
    """all-MiniLM-L6-v2 in numpy; the rows of documents are kept in .cache/rag."""

    def embed_query(self, text: str) -> list[float]:  # noqa: D102 - the base class says it
        return list(map(float, embed([text])[0]))

    def embed_documents(self, texts: list[str]) -> list[list[float]]:  # noqa: D102
        return [list(map(float, row)) for row in embed_once(texts)]
