"""Kimi K2 for LangChain.

Owns: `ChatKimiK2` for LangChain, a BaseChatOpenAI; here its public names.
May know: its own files, endpoints, errors, kimi_core, lazy, platform.
"""

from typing import TYPE_CHECKING

from kimi_core import __version__, endpoints
from kimi_core.errors import needs_extra

with needs_extra("langchain"):
    from langchain_kimi._messages import tools_message
    from langchain_kimi._settings import LOAD_ARGUMENTS
    from langchain_kimi.chat_models import ChatKimiK2, register

if TYPE_CHECKING:
    from kimi_core.platform import anthropic_kwargs
    from langchain_kimi._official import KimiRateLimiter, aofficial_tools, official_tools
else:
    from kimi_core.lazy import lazily

    _OFFICIAL = "KimiRateLimiter aofficial_tools official_tools"
    _HOMES = {"kimi_core.platform": "anthropic_kwargs", "langchain_kimi._official": _OFFICIAL}
    __getattr__, __dir__ = lazily(__name__, _HOMES)

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
