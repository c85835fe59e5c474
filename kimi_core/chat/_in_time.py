"""What a request that was not answered in time is told as.

Owns: which of the limits that was, in words. May know: errors, request, transport.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from kimi_core.errors import KimiConnectionError, timeout_error
from kimi_core.transport.limits import OutOfTimeError

if TYPE_CHECKING:
    from collections.abc import Generator

    from kimi_core.request import Request
    from kimi_core.transport.limits import Limits

__all__ = ["in_time"]


@contextmanager
def in_time(request: Request, limits: Limits) -> Generator[None, None, None]:
    """Say of a request that was not answered in time which limit that was."""
    try:
        yield
    except (OutOfTimeError, KimiConnectionError) as error:
        if isinstance(error, KimiConnectionError) and not limits.passed:
            raise
        asked = request.capabilities
        within = f"within {limits.total:g} s (total_timeout). Raise total_timeout, or"
        sentence = (
            f"the request did not get its turn (rate_limit) {within} send fewer requests at once."
            if limits.queued
            else f"{asked.endpoint.name} did not answer {within} check the server."
        )
        raise timeout_error(sentence, endpoint=asked.endpoint.name, model=asked.model) from error
