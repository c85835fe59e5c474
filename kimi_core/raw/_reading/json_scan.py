"""Where a JSON value ends, read without parsing it.

Owns: the points of interest of JSON text that is scanned for its end, and the decision whether a
marker inside a JSON string is data or the end of a call whose string was never closed.
May know: _json.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from kimi_core._json import JsonValue

__all__ = [
    "INSIDE_STRING",
    "LOOKAHEAD",
    "OUTSIDE_STRING",
    "WHITESPACE",
    "decide_in_string",
    "load_json",
]

WHITESPACE = " \t\n\r"
# Only these two escapes can hide a quote, so no other escape has to be visited.
INSIDE_STRING = r'"|\\["\\]'
OUTSIDE_STRING = r'["{}\[\]]'

# A marker inside a string is undecided until the string ends; without a limit a model that quotes
# one at the beginning of a long file would get the whole file held back.
LOOKAHEAD = 4096

_STRING_REST = re.compile(r'(?:[^"\\]+|\\.)*', re.DOTALL)
_AFTER_QUOTE = re.compile(r'"[ \t\n\r]*([^ \t\n\r])')
# What can stand after a string in JSON; `<` because the end of the call may follow at once.
_AFTER_STRING = ",}]:<"


def decide_in_string(
    text: str,
    start: int,
    ends: Callable[[str, int, int], list[tuple[int, bool]] | None],
    *,
    final: bool,
) -> tuple[int, bool] | None:
    """Decide about a marker that stands inside a JSON string.

    A string that goes on behind the marker and is closed where JSON allows it owns the marker. A
    string that is never closed, or whose next quote makes no sense there, was broken off by the
    model: the end is then the first marker that another structural marker or the end of the text
    follows, or else the last marker. (SGLang 0.5.23's stream and vLLM 0.33 cut at the first
    marker whatever follows, and leak the rest of the string into the answer.)

    Args:
        text: What has been received.
        start: Where the marker begins.
        ends: Lists the markers between two offsets that may end a call, each with whether a
            structural marker or the end of the text follows it; None while that is not known.
        final: Whether the text is over.

    Returns:
        Where to go on, and whether the marker there ends the call; None while more text is needed.
    """
    limit = min(len(text), start + LOOKAHEAD)
    rest = _STRING_REST.match(text, start, limit)
    quote = rest.end() if rest else start
    following = _AFTER_QUOTE.match(text, quote, limit)
    if following is None:
        if limit == start + LOOKAHEAD:
            return start + 1, False
        if not final:
            return None
    elif following.group(1) in _AFTER_STRING:
        return quote, False
    candidates = ends(text, start, quote)
    if candidates is None:
        return None
    strong = [at for at, followed in candidates if followed]
    return (strong[0] if strong else candidates[-1][0]), True


def _refuse(constant: str) -> Any:  # noqa: ANN401 - the signature that json wants
    raise ValueError(constant)


def load_json(text: str) -> JsonValue:
    """Parse JSON for a look at it; numbers stay text, since a huge one is no error here.

    Raises:
        ValueError: It is no JSON, or is nested too deeply.
    """
    try:
        return json.loads(
            text, strict=False, parse_int=_Number, parse_float=_Number, parse_constant=_refuse
        )
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


class _Number(str):
    """A number as it was written."""

    __slots__ = ()
