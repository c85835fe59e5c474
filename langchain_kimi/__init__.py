"""Kimi K2 for LangChain.

Owns: `ChatKimiK2` for LangChain, a BaseChatOpenAI; here its public names.
May know: its own files, endpoints, errors, kimi_core, platform.
"""

from kimi_core import __version__, endpoints
from kimi_core.errors import needs_extra
from kimi_core.platform import anthropic_kwargs

with needs_extra("langchain"):
    from langchain_kimi._messages import tools_message
    from langchain_kimi._official import aofficial_tools, official_tools
    from langchain_kimi._rates import KimiRateLimiter
    from langchain_kimi._settings import LOAD_ARGUMENTS
    from langchain_kimi.chat_models import ChatKimiK2, register

__all__ = [
    "LOAD_ARGUMENTS",
    "ChatKimiK2",
    "KimiRateLimiter",
    "__version__",
    "anthropic_kwargs",
    "aofficial_tools",
    "endpoints",
    "official_tools",
    "register",
    "tools_message",
]
