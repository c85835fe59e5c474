"""Which choice of a server's answer is the answer.

Owns: the index that the answer has, and what other choices say. May know: its own files, _json,
events.

No request asks for a second answer (``n`` is refused). Of a server that gives one all the same, the
pieces of both, read as they come, were one text, and the calls of both were run.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from kimi_core._json import as_mapping, as_sequence
from kimi_core.events import Diagnostic
from kimi_core.response._fragments import calls_of
from kimi_core.response._words import reasoning_of, text_of

__all__ = ["Choices"]


class Choices:
    """Takes the answer out of the choices of each chunk: it is the first that comes."""

    def __init__(self) -> None:
        """Start where none has come."""
        self._index: int | None = None
        self._others: dict[int | None, list[str]] = {}

    @property
    def diagnostics(self) -> list[Diagnostic]:
        """What other choices say, one of each."""
        told = ("".join(pieces) for pieces in self._others.values())
        return [Diagnostic("other_choice", text, 0) for text in told]

    def answer_in(self, chunk: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """Return what a chunk says of the answer; None for nothing."""
        choices = as_sequence(chunk.get("choices")) or ()
        first = as_mapping(choices[0]) if choices else None
        if first is None or (len(choices) == 1 and first.get("index") == self._index):
            return first
        return self._sorted([choice for one in choices if (choice := as_mapping(one)) is not None])

    def _sorted(self, choices: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
        found: Mapping[str, Any] | None = None
        for choice in choices:
            said = choice.get("index")
            index = said if isinstance(said, int) else None
            if found is None and self._is_of_answer(index):
                found = choice
            else:
                self._others.setdefault(index, []).append(_said_in(choice))
        return found

    def _is_of_answer(self, index: int | None) -> bool:
        self._index = index if self._index is None else self._index
        return index in {None, self._index}  # some servers number nothing


def _said_in(choice: Mapping[str, Any]) -> str:
    said = as_mapping(choice.get("delta")) or as_mapping(choice.get("message")) or choice
    calls = calls_of(said)
    return reasoning_of(said) + text_of(said) + (json.dumps(calls) if calls else "")
