"""Names of a package that are imported when they are first asked for.

Owns: how a package finds them. May know: the standard library.

A package that imports all of its files takes the time of all of them, for a program that asks for
one name; and whatever is imported inside of a package imports the package first.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from types import ModuleType

__all__ = ["lazily"]


def lazily(
    package: str, homes: Mapping[str, str]
) -> tuple[Callable[[str], object], Callable[[], list[str]]]:
    """Return the ``__getattr__`` and the ``__dir__`` of a package.

    A module of it that is public is found as well, with those inside of it that have names, as if
    all had been imported.

    Args:
        package: Its name.
        homes: The names that it has from each module, with blanks between.
    """
    home_of = {name: home for home, names in homes.items() for name in names.split()}

    def found(name: str) -> object:
        if name in home_of:
            value = getattr(import_module(home_of[name]), name)
            setattr(sys.modules[package], name, value)
            return value
        module = None if name.startswith("_") else _module(f"{package}.{name}")
        if module is None:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        for home in homes:
            if home.startswith(f"{package}.{name}."):
                import_module(home)
        return module

    def listed() -> list[str]:
        return sorted({*vars(sys.modules[package]), *home_of})

    return found, listed


def _module(name: str) -> ModuleType | None:
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        if error.name != name:  # it is there, and lacks another one
            raise
        return None
