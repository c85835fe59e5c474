"""The beginning of an answer that came from the caller, and that a server says once more.

Owns: taking it off the text, however it is cut. May know: the standard library.

llama.cpp continues a last message of the assistant and hands back the whole (b11549), where
Moonshot, vLLM and SGLang hand back what is new.
"""

from __future__ import annotations

__all__ = ["RepeatedPrefix"]


class RepeatedPrefix:
    """Takes a text off the beginning of another one.

    Args:
        expected: The text; empty where nothing is repeated.
    """

    def __init__(self, expected: str) -> None:
        self._expected = expected
        self._held = ""

    def cut(self, text: str) -> str:
        """Return what is new in the next piece; all of it once something else was said."""
        if not self._expected:
            return text
        self._held += text
        if self._expected.startswith(self._held) and self._held != self._expected:
            return ""
        new = self._held.removeprefix(self._expected)
        self._expected = self._held = ""
        return new

    def rest(self) -> str:
        """Return what was held back and never became the whole of it."""
        held, self._held, self._expected = self._held, "", ""
        return held
