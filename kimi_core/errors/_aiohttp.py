"""What the openai SDK's transport over aiohttp has no name for, or a wrong one.

Owns: how its errors are told apart, and that none of them shows a key. May know: the standard
library. Seen with openai 3.57 and aiohttp 3.14, by the table of faults.
"""

from __future__ import annotations

from typing import Any, cast

__all__ = ["hide_request", "is_of_aiohttp", "is_timeout"]


def is_of_aiohttp(exc: BaseException) -> bool:
    """Whether it is an exception of aiohttp's own, e.g. of an answer that is no HTTP.

    The SDK and its transport let these through.
    """
    return "ClientError" in _names(exc)


def hide_request(exc: BaseException) -> None:
    """Take the headers out of what an exception of aiohttp's shows: the key is among them."""
    asked = getattr(exc, "request_info", None)
    if asked is not None and is_of_aiohttp(exc):
        shown = cast("Any", exc)
        shown.request_info = asked._replace(headers={})
        shown.args = (shown.request_info, *shown.args[1:])


def is_timeout(exc: BaseException) -> bool:
    """Whether a request, or the reading of its answer, took too long.

    That transport (``AIOHTTP_EXC_MAP``) calls every connection that is refused or lost a timeout of
    connecting; below it stands what it was.
    """
    chain = [exc]
    while (below := chain[-1].__cause__) is not None and below not in chain:
        chain.append(below)
    names = [_names(each) for each in chain]
    lost = any("ClientConnectionError" in each and "TimeoutError" not in each for each in names)
    return not lost and not names[0].isdisjoint({"APITimeoutError", "TimeoutException"})


def _names(exc: BaseException) -> set[str]:
    return {kind.__name__ for kind in type(exc).__mro__}
