"""Kimi K2 for LangChain.

Owns: the public names of the adapter. May know: its own modules, and `kimi_core.endpoints`, which
is re-exported so that one import names model and server.
"""

from kimi_core import endpoints
from langchain_kimi._version import __version__
from langchain_kimi.chat_models import ChatKimiK2

__all__ = ["ChatKimiK2", "__version__", "endpoints"]
