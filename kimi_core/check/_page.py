"""What stands at an address, seen through the adapters' own transport.

Owns: `Page`, and how a look becomes one: any status is an answer. May know: chat, errors,
transport.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kimi_core.chat import listed_models
from kimi_core.errors import KimiStatusError
from kimi_core.transport.call import Call

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kimi_core.transport import Transport

__all__ = ["Page", "is_page", "look"]

_OK = 200
_CRASHED = 500
_ONCE: Mapping[str, Any] = {"max_retries": 0}  # one look is one request


@dataclass(frozen=True, slots=True)
class Page:
    """What an address answered.

    Attributes:
        rows: The models that it lists, or None where it is no list of models.
        refusal: The error where it did not answer with 200.
    """

    rows: list[Mapping[str, Any]] | None = None
    refusal: KimiStatusError | None = None

    @property
    def status(self) -> int:
        """The HTTP status."""
        return self.refusal.status_code if self.refusal else _OK


def look(transport: Transport, path: str) -> Page:
    """Look at a route, or at a whole URL.

    Raises:
        KimiConnectionError: Where there was no answer.
    """
    call = Call(method="get", path=path, read=listed_models, options=_ONCE)
    try:
        return Page(rows=call.read(transport.send(call)))
    except KimiStatusError as error:
        return Page(refusal=error)


def is_page(error: KimiStatusError) -> bool:
    """Whether a refusal is a page for people; a crash may well be a line of text."""
    headers = getattr(getattr(error, "response", None), "headers", {"content-type": "json"})
    return error.status_code < _CRASHED and "json" not in headers.get("content-type", "")
