"""Kimi K2 for LlamaIndex: `ChatKimiK2` on any endpoint, for agents, RAG and structured answers.

Owns: `ChatKimiK2` for LlamaIndex, a FunctionCallingLLM; here its public names.
May know: its own files, endpoints, errors, kimi_core.
"""

from kimi_core import __version__, endpoints
from kimi_core.errors import needs_extra

with needs_extra("llama-index"):
    from llama_index_kimi._official import aofficial_tools, official_tools
    from llama_index_kimi._rates import KimiRateLimiter
    from llama_index_kimi._tokens import repair_chat_store
    from llama_index_kimi.llm import ChatKimiK2, register

repair_chat_store()

__all__ = [
    "ChatKimiK2",
    "KimiRateLimiter",
    "__version__",
    "aofficial_tools",
    "endpoints",
    "official_tools",
    "register",
]
