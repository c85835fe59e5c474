"""Kimi K2 for LangChain.

Owns: the public names of the adapter. May know: its own modules, and of `kimi_core` the version and
the endpoints, which are re-exported so that one import names model and server.
"""

from kimi_core import __version__, endpoints
from langchain_kimi.chat_models import ChatKimiK2

__all__ = ["ChatKimiK2", "__version__", "endpoints"]
