"""What is said where a package of an extra is not installed.

Owns: that sentence. May know: its own files.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

from kimi_core.errors._tree import KimiConfigError

__all__ = ["needs_extra", "needs_package", "no_aiohttp"]

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


def no_aiohttp() -> KimiConfigError:
    """Return the error for connections of aiohttp's, where it is not installed."""
    return KimiConfigError(
        "http_async_client='aiohttp' needs aiohttp, and the SDK's transport over it, which come "
        "with the extra 'aiohttp': pip install \"kimi-k2-integrations[aiohttp]\". Or leave it out."
    )


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
