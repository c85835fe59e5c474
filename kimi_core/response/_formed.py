"""A call whose arguments are the content, where one tool had to be called.

Owns: which content is such arguments. May know: its own files, events, request.

kimi-k2.7-code always thinks, and is refused a forced choice while it does. Where one tool alone can
be meant, its schema is asked for as the form of the answer beside the tool; the model calls it, or
writes its arguments as content, at times in a fence; so do models whose server does not keep to a
choice. Programs and selectors of LlamaIndex know no other way to an object than such a call.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from kimi_core.events import Diagnostic, ToolCallArguments, ToolCallEnd, ToolCallStart
from kimi_core.events.arguments import read_arguments
from kimi_core.response._repair.schema import compiled_schema

if TYPE_CHECKING:
    from kimi_core.events import Event
    from kimi_core.request import Request

__all__ = ["FormedCall"]

_FENCED = re.compile(r"```[a-zA-Z]*\s*(\{.*\})\s*```", re.DOTALL)
_OPENED = re.compile(r"\s*(?:```[a-zA-Z]*\s*)?(?=\{)")
_BEGINS = ("{", "`")


class FormedCall:
    """Holds a content back that may be the arguments of the call that was wanted.

    Attributes:
        held: What is held back.
        diagnostics: Says that a call was found so.
    """

    def __init__(self, request: Request) -> None:
        """Look at the answer to a request."""
        self._name = request.wanted_call
        own = request.names.own.get(self._name, self._name)
        self._schema = request.calls.schemas.get(own)
        self._open = bool(self._name)
        self._told: list[str] = []
        self.held = ""
        self.diagnostics: list[Diagnostic] = []

    @property
    def looks(self) -> bool:
        """Whether there may be such a call."""
        return bool(self._name)

    def feed(self, text: str) -> str:
        """Return what is certainly no beginning of arguments of the content so far."""
        if not self._name:
            return text
        self.held += text
        begun = self.held.lstrip()
        if self._open and (not begun or begun.startswith(_BEGINS)):
            return ""
        return self._let_go()

    def end(self, rest: str, *, cut: bool, served: bool) -> tuple[list[Event], str]:
        """Return the call, and the text that is none.

        Args:
            rest: What came behind all that was fed.
            cut: Whether the token limit ended the answer, so that the arguments may be a beginning.
            served: Whether the server has sent calls of its own; then the text is text.
        """
        text = self.feed(rest) + self._let_go()
        if not self._name or served:
            return [], text
        begun = _OPENED.match(text)
        if begun is not None and (cut or self._is_object(_without_fence(text))):
            self._told.clear()
            return self._call(_without_fence(text), whole=not cut), ""
        found = [one for one in _FENCED.findall("".join(self._told)) if self._fits(one)]
        return (self._call(found[-1], whole=True) if found else []), text

    def _let_go(self) -> str:
        text, self.held, self._open = self.held, "", False
        self._told.append(text)
        return text

    def _call(self, arguments: str, *, whole: bool) -> list[Event]:
        self.diagnostics.append(Diagnostic("formed_call", arguments, 0))
        return [
            ToolCallStart(0, f"functions.{self._name}:0", self._name),
            ToolCallArguments(0, arguments),
            ToolCallEnd(0, whole),
        ]

    def _is_object(self, text: str) -> bool:
        return isinstance(read_arguments(text), dict)

    def _fits(self, text: str) -> bool:
        """Whether a part of a text is arguments; a text that is nothing else need not fit."""
        found = read_arguments(text)
        return isinstance(found, dict) and compiled_schema(self._schema or {}).fits(found)


def _without_fence(text: str) -> str:
    opened = _OPENED.match(text)
    bare = text[opened.end() :] if opened else text
    return bare.strip().removesuffix("```").rstrip() if "```" in text else bare.strip()
