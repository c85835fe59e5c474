"""An embed_model for LlamaIndex without a server, a key or PyTorch: all-MiniLM-L6-v2 in numpy.

Needs: what minilm.py needs. Use: VectorStoreIndex(nodes, embed_model=MiniLM()).
"""

from kept import embed_once
from llama_index.core.embeddings import BaseEmbedding
from minilm import embed


class MiniLM(BaseEmbedding):
    """all-MiniLM-L6-v2 in numpy; the rows of nodes are kept in .cache/rag."""

    def _get_text_embedding(self, text: str) -> list[float]:
        return list(map(float, embed([text])[0]))

    def _get_text_embeddings(self, texts: list[str]) -> list[list[float]]:
        return [list(map(float, row)) for row in embed_once(texts)]

    def _get_query_embedding(self, query: str) -> list[float]:
        return self._get_text_embedding(query)

    async def _aget_query_embedding(self, query: str) -> list[float]:
        return self._get_text_embedding(query)
