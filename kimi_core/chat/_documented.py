"""What settings and arguments mean, in the help of what both frameworks have.

Owns: how that is taken from `Settings`, `Options` and the core's functions, where it is written
once. May know: its own files, request.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from typing import Any, TypeVar

from kimi_core.chat._settings import Settings
from kimi_core.request import Options

__all__ = ["documented", "documented_as"]

_Class = TypeVar("_Class", bound=type[Any])
_Function = TypeVar("_Function", bound=Callable[..., Any])
_SECTION = re.compile(r"Attributes:\n(?P<entries>.*?)(?=\n\n|\Z)", re.DOTALL)
_ENTRY = re.compile(r"^ {4}(?P<name>\w+): .*(?:\n {8}.*)*", re.MULTILINE)


def documented(kind: _Class) -> _Class:
    """Put what each setting means behind the docstring of a ``ChatKimiK2``, for ``help``.

    Args:
        kind: The class; without docstrings (``python -OO``) it stays as it is.

    Returns:
        The class.
    """
    if kind.__doc__:
        meanings = _entries(Settings)
        for name, entry in _entries(Options).items():
            meanings.setdefault(name, entry)  # the timeout of an instance comes first
        del meanings["extra"]  # what a caller says is extra_body
        kind.__doc__ = "\n".join(
            [inspect.cleandoc(kind.__doc__), "", "Settings:", *meanings.values(), ""]
        )
    return kind


def documented_as(source: Callable[..., Any]) -> Callable[[_Function], _Function]:
    """Put the arguments and errors of another function behind the docstring of a function.

    Args:
        source: The function of the core that is called, whose docstring says them.

    Returns:
        The decorator, which returns the function itself.
    """
    _, args, sections = inspect.cleandoc(source.__doc__ or "").partition("\nArgs:\n")

    def with_sections(function: _Function) -> _Function:
        if function.__doc__:
            function.__doc__ = "\n".join([inspect.cleandoc(function.__doc__), args + sections, ""])
        return function

    return with_sections


def _entries(kind: type) -> dict[str, str]:
    section = _SECTION.search(inspect.cleandoc(kind.__doc__ or ""))
    found = _ENTRY.finditer(section["entries"]) if section else ()
    return {entry["name"]: entry.group() for entry in found}
