"""What a message at the end of a stream says that its pieces did not.

Owns: which of it was told. May know: events.

Some servers end a stream with the whole message, or send the message so far beside each piece
(``message`` beside ``delta``). Read as more of the answer it was the answer twice; passed over, a
call that stood in it alone was lost in silence.
"""

from __future__ import annotations

from kimi_core.events import Diagnostic

__all__ = ["untold"]


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
