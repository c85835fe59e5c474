"""What is said where a package of an extra is not installed.

Owns: one sentence. May know: the standard library.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

__all__ = ["needs_extra"]

_OURS = ("kimi_core", "langchain_kimi", "llama_index_kimi")


@contextmanager
def needs_extra(extra: str) -> Generator[None, None, None]:
    """Let imports inside say which extra brings what is missing.

    Args:
        extra: Name of the extra.

    Raises:
        ModuleNotFoundError: As Python's own, with ``name``, so that code which tries an import and
            goes on without it still does.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        missing = error.name or ""
        if missing.partition(".")[0] in _OURS:
            raise
        message = (
            f"the package {missing!r} is not installed; it comes with the extra {extra!r}: "
            f'pip install "kimi-k2-integrations[{extra}]"'
        )
        raise ModuleNotFoundError(message, name=missing, path=error.path) from error
