"""A string in a call's arguments that is open, and which text is certainly more of it.

Owns: what the readers of calls say of such a string to whoever has more of it. May know: the
standard library.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

__all__ = ["MORE_OF_A_STRING", "OpenString"]

_PLAIN = r'[^"\\\x00-\x1f\ud800-\udfff]*'
_ESCAPE = r'\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})'
MORE_OF_A_STRING = re.compile(f"{_PLAIN}(?:{_ESCAPE}{_PLAIN})*")
"""The inside of a JSON string: no end of it, no escape that is cut, nothing to be escaped."""


class OpenString(NamedTuple):
    """A string of a call's arguments that is told as it comes, and of which nothing waits.

    `MORE_OF_A_STRING` is more of it and nothing else: whoever has such text need not have it read,
    but may keep it here.

    Attributes:
        call: The number that its reader gave the call.
        pieces: What has come of the arguments.
        skip: Told how many characters were not read; None where nobody counts them, and nobody
            looks for a marker, which begins with ``<``.
    """

    call: int
    pieces: list[str]
    skip: Callable[[int], None] | None = None
