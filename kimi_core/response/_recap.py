"""What a message at the end of a stream says that its pieces did not.

Owns: which message is one, and what of it was told. May know: _json, events.

Some servers end a stream with the whole message, or send the message so far beside each piece
(``message`` beside ``delta``). Read as more of the answer it was the answer twice; passed over, a
call that stood in it alone was lost in silence.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kimi_core._json import as_mapping
from kimi_core.events import Diagnostic

__all__ = ["Recap", "untold"]


class Recap:
    """Keeps the message that says again what came in pieces.

    Attributes:
        message: The last of them; empty where none has come.
    """

    def __init__(self) -> None:
        """Start where nothing has come."""
        self.message: Mapping[str, Any] = {}
        self._streamed = False

    def said_in(self, choice: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return what a choice says of the answer, less such a message."""
        delta, message = as_mapping(choice.get("delta")), as_mapping(choice.get("message"))
        if delta:
            self.message = message or (choice if "tool_calls" in choice else self.message)
            self._streamed = True
            return delta
        if message and self._streamed:
            self.message = message
            return {}
        return message or choice


def untold(told: str, whole: str) -> tuple[str, tuple[Diagnostic, ...]]:
    """Return what of a whole text was not told, and a diagnostic for one that is another text.

    Args:
        told: What was told, piece by piece; it may begin with what the caller gave.
        whole: What the message says.
    """
    if whole.strip() in told:
        return "", ()
    if whole.startswith(told):
        return whole[len(told) :], ()
    return "", (Diagnostic("other_message", whole, 0),)
