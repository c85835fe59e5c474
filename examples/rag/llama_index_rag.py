"""RAG in LlamaIndex: a query engine whose answer is streamed and quotes its sources, all checked.

Needs: pip install "kimi-k2-integrations[llama-index]", what llama_index_retrievers.py needs, and
MOONSHOT_API_KEY. Run: python examples/rag/llama_index_rag.py "How much text fits into the model?"
"""

import sys

from citations import citations, prompt
from llama_index.core.llms import ChatMessage
from llama_index_retrievers import retrievers

from llama_index_kimi import ChatKimiK2


def main(question: str) -> None:
    """Print the answer as it comes, and what its citations are worth."""
    sources = retrievers()["reranked"].retrieve(question)[:5]
    texts = [source.text for source in sources]
    answer = ""
    with ChatKimiK2() as llm:
        for response in llm.stream_chat([ChatMessage(prompt(question, texts))]):
            print(response.delta, end="", flush=True)
            answer += response.delta or ""
    print("\n")
    for found in citations(answer, texts):
        where = sources[found.number - 1].metadata["place"] if not found.problem else found.problem
        print(f"[{found.number}] {where}")


if __name__ == "__main__":
    main(" ".join(sys.argv[1:]) or "How much text fits into the newest model?")
