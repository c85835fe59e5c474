"""What is said where a package of an extra is not installed.

Owns: that sentence. May know: the standard library.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

__all__ = ["needs_extra", "needs_package"]

_OURS = ("kimi_core", "langchain_kimi", "llama_index_kimi")


@contextmanager
def needs_package(package: str) -> Generator[None, None, None]:
    """Let imports inside say which package to install, where no extra brings it.

    Args:
        package: What pip is asked for.

    Raises:
        ModuleNotFoundError: As `needs_extra`.
    """
    with _told(f"no extra brings it: pip install {package}"):
        yield


@contextmanager
def needs_extra(extra: str) -> Generator[None, None, None]:
    """Let imports inside say which extra brings what is missing.

    Args:
        extra: Name of the extra.

    Raises:
        ModuleNotFoundError: As Python's own, with ``name``, so that code which tries an import and
            goes on without it still does.
    """
    way = f'it comes with the extra {extra!r}: pip install "kimi-k2-integrations[{extra}]"'
    with _told(way):
        yield


@contextmanager
def _told(way: str) -> Generator[None, None, None]:
    try:
        yield
    except ModuleNotFoundError as error:
        missing = error.name or ""
        if missing.partition(".")[0] in _OURS:
            raise
        message = f"the package {missing!r} is not installed; {way}"
        raise ModuleNotFoundError(message, name=missing, path=error.path) from error
