"""The parser of Kimi's raw token protocol.

Owns: the public face of both dialects.
May know: its own files, _json, errors, events.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from kimi_core.errors import KimiConfigError
from kimi_core.events import MessageBuilder
from kimi_core.raw._reading.k2 import K2Machine
from kimi_core.raw._reading.k3 import K3Machine
from kimi_core.raw._reading.names import ToolNames
from kimi_core.raw._reading.output import Output

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kimi_core._json import Tool
    from kimi_core.events import Diagnostic, Event, ParsedMessage

__all__ = ["StreamParser", "parse"]

# These end a message before the model did; any other reason, or none, is taken for an end.
_CUT_OFF = frozenset({"length", "content_filter"})


class StreamParser:
    """Turns the raw text of one message into events, piece by piece.

    The events are the same for every way of cutting the text: what one call of `feed` returns
    differs, the sum does not. No text makes it raise unless `strict` is set, and nothing is lost:
    each character ends up in an event, is a marker or blank between markers, or is in a
    `Diagnostic`.

    With text alone, a genuine special token cannot be told from the same characters typed by the
    model; where that matters, inside the strings of arguments, what follows decides.
    """

    __slots__ = ("_closed", "_machine", "_output")

    def __init__(
        self,
        dialect: Literal["k2", "k3"] = "k2",
        *,
        thinking: bool = False,
        tools: Sequence[Tool] | None = None,
        strict: bool = False,
        recover_stripped: bool = False,
    ) -> None:
        """Start at the beginning of a message.

        Args:
            dialect: ``"k2"`` for all K2 models (Instruct, Thinking, K2.5 and newer), ``"k3"`` for
                K3 (XTML).
            thinking: Whether the text starts inside reasoning, because the prompt ended in an
                opened think block (K2.5 and newer, K3). K2-Thinking opens the block itself:
                False.
            tools: OpenAI tool dicts. Given, damaged ids are mended to declared names.
            strict: Raise on anything that would be a diagnostic.
            recover_stripped: Take ``functions.NAME:0{...}`` for a call where NAME is declared,
                for servers that remove the markers. Off, such text is an answer. Without meaning
                in K3, whose markers cannot be told from words once they are stripped.

        Raises:
            KimiConfigError: The dialect is unknown.
        """
        if dialect not in ("k2", "k3"):
            raise KimiConfigError(
                f"dialect={dialect!r} is not known: the raw dialects are 'k2' and 'k3'."
            )
        self._output = Output(strict=strict)
        self._closed = False
        names = ToolNames(tools)
        self._machine: K2Machine | K3Machine
        if dialect == "k3":
            self._machine = K3Machine(self._output, names, thinking=thinking)
        else:
            self._machine = K2Machine(
                self._output, names, thinking=thinking, recover_stripped=recover_stripped
            )

    def feed(self, text: str) -> list[Event]:
        """Read more of the message.

        Args:
            text: What has arrived; may be empty, may be cut anywhere between characters.

        Returns:
            What it says. Text and arguments leave with a lag of at most one marker's length. Only
            what has to be decided by what follows waits longer: a marker inside a JSON string (at
            most 4,096 characters), the arguments of a call whose id names no tool (65,536), and
            in K3 an argument that is no string, until it is closed (65,536).

        Raises:
            KimiProtocolError: In strict mode, on anything that would be a diagnostic.
        """
        self._machine.feed(text)
        output = self._output
        events = output.events
        output.events = []
        return events

    def close(self, finish_reason: str | None = None) -> list[Event]:
        """End the message, and read what was held back.

        Args:
            finish_reason: What the server gave. ``"length"`` and ``"content_filter"`` say that
                the model was cut off, so that a call without its closing marker is incomplete.

        Returns:
            The last events; none when called again.

        Raises:
            KimiProtocolError: In strict mode, on anything that would be a diagnostic.
        """
        if not self._closed:
            self._closed = True
            self._machine.close(normal=finish_reason not in _CUT_OFF)
        return self.feed("")

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """What was repaired, dropped or odd so far; whole after `close`."""
        return tuple(self._output.diagnostics)


def parse(  # noqa: PLR0913 - the same switches as StreamParser, all keyword-only
    text: str,
    dialect: Literal["k2", "k3"] = "k2",
    *,
    thinking: bool = False,
    tools: Sequence[Tool] | None = None,
    finish_reason: str | None = "stop",
    strict: bool = False,
    recover_stripped: bool = False,
) -> ParsedMessage:
    """Read a whole message; the same as feeding it to a `StreamParser` in any pieces.

    Args:
        text: The raw text of one message.
        dialect: As for `StreamParser`.
        thinking: As for `StreamParser`.
        tools: As for `StreamParser`.
        finish_reason: As for `StreamParser.close`.
        strict: As for `StreamParser`.
        recover_stripped: As for `StreamParser`.

    Returns:
        The message.

    Raises:
        KimiConfigError: The dialect is unknown.
        KimiProtocolError: In strict mode, on anything that would be a diagnostic.
    """
    parser = StreamParser(
        dialect, thinking=thinking, tools=tools, strict=strict, recover_stripped=recover_stripped
    )
    builder = MessageBuilder()
    for event in (*parser.feed(text), *parser.close(finish_reason)):
        builder.add(event)
    return builder.message(parser.diagnostics)
