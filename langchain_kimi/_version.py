"""The version of this package, for LangSmith traces and for people.

Owns: one string. May know: the metadata of the installed distribution.
"""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

__all__ = ["__version__"]

try:
    __version__ = version("kimi-k2-integrations")
except PackageNotFoundError:  # a checkout on the path that was never installed
    __version__ = "0.0.0"
