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
from kimi_core.response._fragment import calls_of
from kimi_core.response._words import failed, index_of, reasoning_of, refusal_of, text_of

__all__ = ["Choices"]


class Choices:
    """Takes the answer out of the choices of each chunk: it is the first that comes.

    Attributes:
        failed: Whether a choice beside the answer holds an error in place of one.
    """

    def __init__(self) -> None:
        """Start where none has come."""
        self._index: int | None = None
        self._others: dict[int | None, list[str]] = {}
        self._moved: list[Mapping[str, Any]] = []
        self._beside = False
        self.failed = False

    @property
    def diagnostics(self) -> list[Diagnostic]:
        """What other choices say, one of each."""
        told = filter(None, ("".join(pieces) for pieces in self._others.values()))
        return [Diagnostic("other_choice", text, 0) for text in told]

    def answer_in(self, chunk: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """Return what a chunk says of the answer; None for nothing."""
        choices = as_sequence(chunk.get("choices"))
        if not choices:
            return None
        first = as_mapping(choices[0])
        same = first is not None and first.get("index") == self._index
        if same and len(choices) == 1 and not self._moved:
            return first
        return self._sorted([choice for one in choices if (choice := as_mapping(one)) is not None])

    def holds(self, chunk: Mapping[str, Any]) -> bool:
        """Whether a chunk of one choice is certainly of the answer; nothing is taken note of."""
        index = index_of(chunk["choices"][0].get("index"))
        return not self._moved and index in {None, self._index}

    def moved(self) -> list[Mapping[str, Any]]:
        """Return the choices behind the answer that are more of it, where it has no end of its own.

        Some servers number the pieces of one answer (TGI has the number of the token there). Two
        answers come beside each other: in one chunk, or in turns.
        """
        moved, self._moved = self._moved, []
        if moved:
            self._others.clear()
        return moved

    def _sorted(self, choices: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
        found = self._of_answer(choices)
        for choice in choices:
            if choice is not found:
                self._others.setdefault(index_of(choice.get("index")), []).append(_said_in(choice))
                self._moved.append(choice)
                self.failed = self.failed or failed(choice)
        self._beside = self._beside or (found is not None and bool(self._others))
        if self._beside:
            self._moved.clear()
        return found

    def _of_answer(self, choices: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
        if self._index is None and len(choices) > 1:
            choices = [choice for choice in choices if _says_anything(choice)] or choices
        for choice in choices:
            index = index_of(choice.get("index"))
            self._index = index if self._index is None else self._index
            if index in {None, self._index}:  # some servers number nothing
                return choice
        return None


def _says_anything(choice: Mapping[str, Any]) -> bool:
    said = as_mapping(choice.get("delta")) or as_mapping(choice.get("message")) or choice
    return failed(choice) or bool(refusal_of(said) or _said_in(choice))


def _said_in(choice: Mapping[str, Any]) -> str:
    said = as_mapping(choice.get("delta")) or as_mapping(choice.get("message")) or choice
    calls = calls_of(said)
    return reasoning_of(said) + text_of(said) + (json.dumps(calls) if calls else "")
