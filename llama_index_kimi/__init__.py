"""Kimi K2 for LlamaIndex: `ChatKimiK2` on any endpoint, for agents, RAG and structured answers.

Owns: `ChatKimiK2` for LlamaIndex, a FunctionCallingLLM; here its public names.
May know: its own files, endpoints, errors, kimi_core, lazy.
"""

from typing import TYPE_CHECKING

from kimi_core import __version__, endpoints
from kimi_core.errors import needs_extra

with needs_extra("llama-index"):
    from llama_index_kimi._tokens import repair_chat_store
    from llama_index_kimi.llm import ChatKimiK2, register

if TYPE_CHECKING:
    from llama_index_kimi._official import KimiRateLimiter, aofficial_tools, official_tools
else:
    from kimi_core.lazy import lazily

    _OFFICIAL = "KimiRateLimiter aofficial_tools official_tools"
    __getattr__, __dir__ = lazily(__name__, {"llama_index_kimi._official": _OFFICIAL})

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
