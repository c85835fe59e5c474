"""LlamaIndex's retrievers over the documentation: FAISS, BM25, both fused, reranked.

Needs: pip install faiss-cpu llama-index-vector-stores-faiss llama-index-retrievers-bm25, and what
minilm.py needs.
"""

import faiss
from chunking import chunks, place, titled
from llama_index.core import StorageContext, VectorStoreIndex
from llama_index.core.llms import MockLLM
from llama_index.core.retrievers import BaseRetriever, QueryFusionRetriever
from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode
from llama_index.retrievers.bm25 import BM25Retriever
from llama_index.vector_stores.faiss import FaissVectorStore
from llama_index_minilm import MiniLM
from minilm import SIZE
from reranking import rerank


class ByRule(BaseRetriever):
    """What another retriever finds, by the two rules of reranking.py."""

    def __init__(self, base: BaseRetriever) -> None:
        self._base = base
        super().__init__()

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        found = self._base.retrieve(query_bundle)
        places = [node.metadata["place"] for node in found]
        order = rerank(query_bundle.query_str, places, [node.text for node in found])
        return [found[number] for number in order]


def retrievers() -> dict[str, BaseRetriever]:
    """Return each of them by its name; they find 20 chunks, best first."""
    hidden = {"excluded_embed_metadata_keys": ["place"], "excluded_llm_metadata_keys": ["place"]}
    nodes = [TextNode(text=titled(c), metadata={"place": place(c)}, **hidden) for c in chunks()]
    store = FaissVectorStore(faiss_index=faiss.IndexFlatIP(SIZE))
    context = StorageContext.from_defaults(vector_store=store)
    embedder = MiniLM(embed_batch_size=2048)  # all at once, so that all are kept in one file
    index = VectorStoreIndex(nodes, storage_context=context, embed_model=embedder)
    vectors = index.as_retriever(similarity_top_k=20)
    bm25 = BM25Retriever.from_defaults(nodes=nodes, similarity_top_k=20)
    settings = {"mode": "reciprocal_rerank", "num_queries": 1, "similarity_top_k": 20}
    hybrid = QueryFusionRetriever([vectors, bm25], llm=MockLLM(), use_async=False, **settings)
    return {"BM25": bm25, "embeddings": vectors, "hybrid": hybrid, "reranked": ByRule(hybrid)}
