"""A tool's name as a model or a server spelled it -> the one declared tool that it can mean.

Owns: which differences between two names say nothing. May know: the standard library.

Case, separators, blanks, the prefix ``functions.``, a counter behind the name and the name said
over and over (Fireworks joins the name of every fragment; NousResearch/hermes-agent#8089) say
nothing. Letters do: nothing here is done by likeness, because ``disassemble`` is no misspelt
``decompile`` (hermes-agent#62701). Where two declared tools are left, or none, there is no reading.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

__all__ = ["fitting_name", "folded"]

_SEPARATORS = re.compile(r"[\W_]+")
_PREFIX = re.compile(r"\s*functions?\s*[.:/_]+\s*")
_COUNTER = re.compile(r"\s*:\s*[0-9]{1,9}\s*\Z")
_LONGEST = 1_000


def folded(name: str) -> str:
    """Return what is left of a name without case, separators and blanks."""
    return _SEPARATORS.sub("", name).casefold()


def fitting_name(said: str, declared: Iterable[str]) -> str | None:
    """Return the declared name that is meant, or None where none or several can be.

    Args:
        said: The name as it came.
        declared: The names of the request's tools.
    """
    names = list(declared)
    if said in names:
        return said
    if len(said) > _LONGEST:
        return None
    bare = _COUNTER.sub("", said.strip())
    forms = [said.strip(), bare, _PREFIX.sub("", bare, count=1)]
    for form in forms:
        if form in names:
            return form
    means = {folded(form) for form in forms} | {_said_once(folded(form)) for form in forms}
    fitting = [name for name in names if folded(name) in means - {""}]
    return fitting[0] if len(fitting) == 1 else None


def _said_once(name: str) -> str:
    """Return what a name repeats, or the name: ``pingpingping`` is ``ping``."""
    period = (name + name).find(name, 1)
    return name[:period] if period > 0 else name
