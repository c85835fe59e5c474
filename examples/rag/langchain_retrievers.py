"""LangChain's retrievers over the documentation: Qdrant in this process, BM25, both, reranked.

Needs: pip install langchain-classic langchain-qdrant, and what minilm.py and words.py need.
"""

from collections.abc import Sequence

from chunking import chunks, place, titled
from langchain_classic.retrievers import ContextualCompressionRetriever, EnsembleRetriever
from langchain_core.documents import BaseDocumentCompressor, Document
from langchain_core.retrievers import BaseRetriever
from langchain_minilm import MiniLM
from langchain_qdrant import QdrantVectorStore
from pydantic import ConfigDict
from reranking import rerank
from words import WordIndex


class BM25(BaseRetriever):
    """Rare words; LangChain's own class is in langchain-community, which is being sunset."""

    documents: list[Document]
    words: WordIndex
    model_config = ConfigDict(arbitrary_types_allowed=True)

    def _get_relevant_documents(self, query: str, **_: object) -> list[Document]:
        return [self.documents[number] for number in self.words.best(query, 20)]


class ByRule(BaseDocumentCompressor):
    """The two rules of reranking.py."""

    def compress_documents(  # noqa: D102
        self,
        documents: Sequence[Document],
        query: str,
        callbacks: object = None,  # noqa: ARG002
    ) -> list[Document]:
        places = [document.metadata["place"] for document in documents]
        texts = [document.page_content for document in documents]
        return [documents[number] for number in rerank(query, places, texts)]


def retrievers() -> dict[str, BaseRetriever]:
    """Return each of them by its name; they find 20 chunks and more, best first."""
    found = chunks()
    documents = [Document(titled(chunk), metadata={"place": place(chunk)}) for chunk in found]
    where = {"location": ":memory:", "collection_name": "docs"}
    store = QdrantVectorStore.from_documents(documents, MiniLM(), **where)
    bm25 = BM25(documents=documents, words=WordIndex([titled(chunk) for chunk in found]))
    vectors = store.as_retriever(search_kwargs={"k": 20})
    hybrid = EnsembleRetriever(retrievers=[vectors, bm25], weights=[0.5, 0.5])
    reranked = ContextualCompressionRetriever(base_compressor=ByRule(), base_retriever=hybrid)
    return {"BM25": bm25, "embeddings": vectors, "hybrid": hybrid, "reranked": reranked}
