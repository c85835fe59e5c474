"""Annotations can be read where a program runs: `typing.get_type_hints` of all that is public.

Owns: that the names in annotations are imported, and not for type checkers alone. Tools of agents,
documentation and dependency injection read signatures so, and `NameError` is all that they get.
"""

from __future__ import annotations

import importlib
import inspect
import subprocess
import sys
from typing import TYPE_CHECKING, Any, get_type_hints

import pytest

from tests.core.test_repository import public_modules

if TYPE_CHECKING:
    from collections.abc import Iterator


def described(value: Any) -> Iterator[tuple[str, Any]]:
    """Yield a public function, or a class with its constructor, methods and properties."""
    if inspect.isclass(value):
        yield value.__qualname__, value
        room = value.__module__.partition(".")[0]
        members = [it for kind in value.__mro__ for it in vars(kind).items()]
        for name, member in members:
            function = getattr(member, "fget", None) or getattr(member, "__func__", member)
            public = name.startswith("__") or not name.startswith("_")
            # What it inherits of the package, too, and not what pydantic puts into a class.
            if public and inspect.isfunction(function) and function.__module__.startswith(room):
                yield function.__qualname__, function
    elif inspect.isfunction(value):
        yield value.__qualname__, value


def problem(annotated: Any) -> str | None:
    """Return why an annotation cannot be read."""
    try:
        get_type_hints(annotated)
    except NameError as error:
        return str(error)
    return None


def unreadable(values: list[Any]) -> dict[str, str]:
    """Return what has an annotation that cannot be read, and why."""
    found = {name: problem(it) for value in values for name, it in described(value)}
    return {name: why for name, why in found.items() if why is not None}


@pytest.mark.parametrize("name", public_modules())
def test_the_annotations_of_a_public_module_can_be_read(name: str) -> None:
    module = importlib.import_module(name)
    assert unreadable([getattr(module, public) for public in module.__all__]) == {}


def test_reading_them_costs_no_import_of_what_is_heavy() -> None:
    """What an annotation names is imported with its module: a heavy type may be named nowhere."""
    heavy = {"asyncio", "httpx", "httpx2", "openai", "pydantic", "pydantic_core", "tiktoken"}
    code = f"import sys, kimi_core; print(sorted({heavy} & sys.modules.keys()))"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603 - our own code
    assert ran.stdout.strip() == "[]"
