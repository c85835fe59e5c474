"""A code fence round JSON that was asked for as the form of the answer.

Owns: what belongs to such a fence. May know: _json, events, request.

kimi-k2.6 puts one round its JSON at times, whatever response_format says. Who asks for JSON reads
the content as JSON: LangChain's agents (``ProviderStrategy``) raise at the fence.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from kimi_core._json import as_mapping
from kimi_core.events import Diagnostic

if TYPE_CHECKING:
    from kimi_core.request import Request

__all__ = ["Fence"]

_OPENED = re.compile(r"\s*```[a-zA-Z0-9]*\s*(?=[{\[])")
_MAY_OPEN = re.compile(r"\s*(?:`{0,3}|```[a-zA-Z0-9]*\s*)\Z")
_CLOSED = re.compile(r"\s*```\s*\Z")
_MAY_CLOSE = re.compile(r"\s*`{0,3}\s*\Z")


class Fence:
    """Takes the fence off a content that is JSON in one.

    Attributes:
        held: What is held back.
        diagnostics: Says that there was a fence.
    """

    def __init__(self, request: Request) -> None:
        """Look at the answer to a request."""
        form = as_mapping(request.payload.get("response_format")) or {}
        asked = form.get("type") in {"json_object", "json_schema"} and not request.wanted_call
        self._beginning = asked
        self._inside = False
        self.held = ""
        self.diagnostics: list[Diagnostic] = []

    @property
    def looks(self) -> bool:
        """Whether there may be a fence."""
        return self._beginning or self._inside

    def feed(self, text: str) -> str:
        """Return what is certainly no part of a fence."""
        if not self._beginning and not self._inside:
            return text
        self.held += text
        if self._beginning:
            opened = _OPENED.match(self.held)
            if opened is None and _MAY_OPEN.match(self.held):
                return ""
            self._beginning, self._inside = False, opened is not None
            if opened is None:
                return self._let_go(len(self.held))
            self.diagnostics.append(Diagnostic("unfenced_json", opened.group().strip(), 0))
            self.held = self.held[opened.end() :]
        closing = _MAY_CLOSE.search(self.held)
        return self._let_go(closing.start() if closing else len(self.held))

    def end(self) -> str:
        """Return what was held back and is no fence, since the answer is over."""
        self._beginning = False
        closed = _CLOSED.search(self.held) if self._inside else None
        return self._let_go(len(self.held)) if closed is None else self._drop(closed.start())

    def _let_go(self, end: int) -> str:
        text, self.held = self.held[:end], self.held[end:]
        return text

    def _drop(self, end: int) -> str:
        text, self.held = self.held[:end], ""
        return text
