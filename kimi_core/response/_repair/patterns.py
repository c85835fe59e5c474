"""Patterns of schemas, matched within a bound.

Owns: which patterns Python's engine may be given, for which texts. May know: the standard library.

That engine has no bound of its own: ``(a+)+$`` takes 2 ** 30 steps for thirty letters, and patterns
come from MCP servers. A pattern that could cost too much for a text is no judge of it.
"""

from __future__ import annotations

import re
from functools import lru_cache

__all__ = ["matches"]

_MOST_STEPS = 10_000_000
_SHORT = 20  # 2 ** 20 steps are a tenth of a second
_ESCAPE_OR_CLASS = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]", re.DOTALL)
_PART = re.compile(r"\(|\)(?P<again>[*+]|\{\d*,\d*\})?|[*+]|\{\d*,\d*\}")


def matches(pattern: str, text: str) -> bool | None:
    """Whether a pattern is found in a text; None where that is not asked."""
    compiled, powers = _compiled(pattern)
    if compiled is None:
        return None
    length = len(text)
    if length > _SHORT and (powers is None or length**powers > _MOST_STEPS):
        return None
    return compiled.search(text) is not None


@lru_cache(maxsize=512)
def _compiled(pattern: str) -> tuple[re.Pattern[str] | None, int | None]:
    try:
        # Of ECMAScript's patterns, which schemas have, ``$`` is the very end.
        ended = rf"{pattern[:-1]}\Z" if re.search(r"(?<!\\)\$\Z", pattern) else pattern
        return re.compile(ended), _powers(pattern)
    except (re.error, RecursionError, OverflowError):
        return None, None


def _powers(pattern: str) -> int | None:
    """Return to which power of a text's length a pattern may cost; None for no such bound."""
    bare = _ESCAPE_OR_CLASS.sub("x", pattern)
    if re.search(r"\(\?<?[=!]", bare) or re.search(r"\\[1-9]", pattern):
        return None
    count, open_groups = 0, [0]
    for part in _PART.finditer(bare):
        text = part.group()
        if text == "(":
            open_groups.append(count)
        elif text.startswith(")"):
            before = open_groups.pop() if len(open_groups) > 1 else 0
            if part.group("again") and ("|" in bare or count > before):
                return None
            count += bool(part.group("again"))
        else:
            count += 1
    return count + 1
