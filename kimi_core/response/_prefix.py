"""The beginning of an answer that came from the caller.

Owns: taking it off the text of a server that says it once more, however it is cut, and putting it
in front of the answer where it is to hold it. May know: events.

llama.cpp continues a last message of the assistant and hands back the whole (b11549), where
Moonshot, vLLM and SGLang hand back what is new.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kimi_core.events import ContentDelta

if TYPE_CHECKING:
    from kimi_core.events import Event

__all__ = ["RepeatedPrefix", "ToldPrefix"]


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


class ToldPrefix:
    """Puts a text in front of the first content of an answer.

    Args:
        text: The text; empty where nothing is put there.
    """

    def __init__(self, text: str) -> None:
        self._text = text

    @property
    def waits(self) -> bool:
        """Whether the text was not told yet."""
        return bool(self._text)

    def before(self, events: list[Event]) -> list[Event]:
        """Return events whose first content begins with the text, once."""
        kinds = [type(event) for event in events] if self._text else []
        if ContentDelta not in kinds:
            return events
        at = kinds.index(ContentDelta)
        return [*events[:at], *self.rest(), *events[at:]]

    def rest(self) -> list[Event]:
        """Return the text as content, where it was not told yet."""
        text, self._text = self._text, ""
        return [ContentDelta(text)] if text else []
