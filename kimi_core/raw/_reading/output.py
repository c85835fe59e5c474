"""Where both dialects put what they read.

Owns: the events of the present `feed`, the diagnostics of the whole message, and what the strict
mode does with them.
May know: errors, events.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kimi_core.errors import KimiProtocolError
from kimi_core.events import ContentDelta, Diagnostic, ReasoningDelta

if TYPE_CHECKING:
    from kimi_core.events import Event

__all__ = ["KINDS", "Output"]

KINDS: dict[str, str] = {
    "ambiguous_name": "the id names no tool",
    "arguments_not_object": "the arguments are JSON, but no object",
    "bare_call": "a call stands outside a tool section",
    "duplicate_id": "an id was used before in this message",
    "duplicate_key": "an argument was given twice",
    "empty_section": "a tool section holds no call",
    "incomplete_call": "a call was cut off",
    "incomplete_marker": "a marker was cut off",
    "inferred_name": "the id names no tool; the one declared tool that fits was taken",
    "invalid_argument": "an argument is not valid JSON; its text was taken for a string",
    "invalid_json": "the arguments are not valid JSON",
    "malformed_call": "a call's markers are there, but no call can be made of it",
    "malformed_id": "the id has not the form functions.NAME:NUMBER",
    "missing_argument_end": "the tag that closes an argument is missing",
    "missing_argument_marker": "the marker between id and arguments is missing",
    "missing_call_begin": "the marker that opens a call is missing",
    "missing_call_end": "the marker that closes a call is missing",
    "missing_section_end": "the marker that closes the tool section is missing",
    "orphan_marker": "a marker stands where it closes or opens nothing",
    "reclassified_reasoning": "reasoning was closed as a response: it is the answer",
    "repaired_name": "the id's name is not declared; the one declared name it can mean was taken",
    "repeated_call": "a call was said twice: the same id, name and arguments",
    "stripped_markers": "a call was recognised although its markers are missing",
    "text_after_arguments": "text between the end of the arguments and the end of the call",
    "text_after_calls": "the answer goes on after the calls",
    "text_after_end": "text after the end of the turn",
    "text_in_call": "text inside a call that belongs to no argument",
    "text_in_section": "text inside a tool section that belongs to no call",
    "text_outside": "text outside of every channel, taken for the answer",
    "unclosed_reasoning": "reasoning ended without its closing marker",
    "unclosed_response": "the answer ended without its closing marker",
}
"""Every kind of diagnostic, and what it says."""


class Output:
    """Collects events and diagnostics.

    Attributes:
        events: Those of the present `feed`.
        diagnostics: Those of the whole message.
        unclosed: Whether reasoning ended without its closing marker.
    """

    __slots__ = ("_strict", "diagnostics", "events", "unclosed")

    def __init__(self, *, strict: bool) -> None:
        """Start empty.

        Args:
            strict: Raise on a diagnostic instead of recording it.
        """
        self._strict = strict
        self.unclosed = False
        self.events: list[Event] = []
        self.diagnostics: list[Diagnostic] = []

    def content(self, text: str) -> None:
        """Say more of the answer."""
        if text:
            self.events.append(ContentDelta(text))

    def reasoning(self, text: str) -> None:
        """Say more of the reasoning; never called with nothing."""
        self.events.append(ReasoningDelta(text))

    def diagnose(self, kind: str, text: str, position: int) -> None:
        """Record what is odd, or raise it in strict mode.

        Args:
            kind: One of `KINDS`.
            text: What is odd, verbatim.
            position: Its offset from the beginning of the output.

        Raises:
            KimiProtocolError: In strict mode.
        """
        self.unclosed = self.unclosed or kind == "unclosed_reasoning"
        if self._strict:
            message = f"Character {position} of the model's output: {KINDS[kind]}: {text[:200]!r}."
            raise KimiProtocolError(
                f"{message} Parse with strict=False to get it repaired and recorded instead."
            )
        self.diagnostics.append(Diagnostic(kind, text, position))
