"""The parser of Kimi's raw token protocol.

Owns: the public face of both dialects.
May know: its own files, _json, errors, events.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from kimi_core._json import Tool
from kimi_core.errors import KimiConfigError
from kimi_core.events import (
    ContentDelta,
    Diagnostic,
    Event,
    MessageBuilder,
    ParsedMessage,
    ReasoningDelta,
)
from kimi_core.events.open_string import OpenString
from kimi_core.raw._reading.k2 import K2Machine
from kimi_core.raw._reading.k2_ruled import RuledK2Machine
from kimi_core.raw._reading.names import ToolNames
from kimi_core.raw._reading.output import Output
from kimi_core.raw._reading.text_rule import TextRule
from kimi_core.raw.text_policy import CUT_OFF, TextPolicy

if TYPE_CHECKING:
    from kimi_core.raw._reading.k3 import K3Machine

__all__ = ["StreamParser", "parse"]


class StreamParser:
    """Turns the raw text of one message into events, piece by piece.

    The events are the same for every way of cutting the text: what one call of `feed` returns
    differs, the sum does not. No text makes it raise unless `strict` is set, and nothing is lost:
    each character ends up in an event, is a marker or blank between markers, or is in a
    `Diagnostic`.

    With text alone, a genuine special token cannot be told from the same characters typed by the
    model. Where tools are given, their names and the marker's surroundings decide: a call is a
    call of one of them, outside of code fences and inline code, and all other markers are text,
    byte for byte. Without tools every call is taken for one. Inside the strings of arguments, what
    follows decides.
    """

    __slots__ = ("_closed", "_machine", "_output", "_reasoning", "_ruled")

    def __init__(
        self,
        dialect: Literal["k2", "k3"] = "k2",
        *,
        thinking: bool = False,
        tools: Sequence[Tool] | None = None,
        strict: bool = False,
        recover_stripped: bool = False,
        policy: TextPolicy | None = None,
    ) -> None:
        """Start at the beginning of a message.

        Args:
            dialect: ``"k2"`` for all K2 models (Instruct, Thinking, K2.5 and newer), ``"k3"`` for
                K3 (XTML).
            thinking: Whether the text starts inside reasoning, because the prompt ended in an
                opened think block (K2.5 and newer, K3). K2-Thinking opens the block itself:
                False.
            tools: OpenAI tool dicts. Given, only these are called, and damaged ids are mended to
                their names; None or empty: every name is believed.
            strict: Raise on anything that would be a diagnostic.
            recover_stripped: Take ``functions.NAME:0{...}`` for a call where NAME is declared,
                for servers that remove the markers. Off, such text is an answer. Without meaning
                in K3, whose markers cannot be told from words once they are stripped.
            policy: Which text may be more than text, in place of `tools`.

        Raises:
            KimiConfigError: The dialect is unknown.
        """
        if dialect not in ("k2", "k3"):
            raise KimiConfigError(
                f"dialect={dialect!r} is not known: the raw dialects are 'k2' and 'k3'."
            )
        if policy is None and tools:
            policy = TextPolicy(tools=tuple(tools))
        self._output = Output(strict=strict)
        self._closed = False
        self._ruled = policy is not None
        self._reasoning: list[str] | None = [] if self._ruled else None
        names = ToolNames(policy.tools if policy else None)
        rule = TextRule(policy, names) if policy else None
        self._machine: K2Machine | K3Machine
        if dialect == "k3":
            self._machine = _k3(self._output, names, rule, thinking=thinking)
        else:
            self._machine = _k2(
                self._output, names, rule, thinking=thinking, recover_stripped=recover_stripped
            )

    def feed(self, text: str) -> list[Event]:
        """Read more of the message.

        Args:
            text: What has arrived; may be empty, may be cut anywhere between characters.

        Returns:
            What it says. Text and arguments leave with a lag of at most one marker's length. Only
            what has to be decided by what follows waits longer: a marker inside a JSON string (at
            most 4,096 characters), the arguments of a call whose id names no tool (65,536), and
            in K3 an argument that is no string, until it is closed, and a string behind a closing
            tag that may be quoted (65,536 both). Where tools are given, the markup of a call
            waits until its id is whole (1,100 characters), and behind a backtick until it is known
            whether that opened inline code (4,096).

        Raises:
            KimiProtocolError: In strict mode, on anything that would be a diagnostic.
        """
        self._machine.feed(text)
        output = self._output
        events = output.events
        output.events = []
        if self._reasoning is not None and events:
            self._follow(events)
        return events

    def passes(self, text: str) -> bool:
        """Take a text of which `feed` would return a `ContentDelta`, in a third of the time.

        Args:
            text: As for `feed`; not empty.

        Returns:
            Whether it was taken; if not, nothing was.
        """
        taken = self._machine.passes(text)
        if taken and self._reasoning is not None and text.strip():
            self._reasoning = None
        return taken

    def _follow(self, events: Sequence[Event]) -> None:
        """Keep what was said as reasoning, as long as nothing else was said."""
        for event in events:
            if isinstance(event, ReasoningDelta) and self._reasoning is not None:
                self._reasoning.append(event.text)
            elif not isinstance(event, ContentDelta) or event.text.strip():
                self._reasoning = None

    def close(self, finish_reason: str | None = None, *, answered: bool = False) -> list[Event]:
        """End the message, and read what was held back.

        Args:
            finish_reason: What the server gave. ``"length"`` and ``"content_filter"`` say that
                the model was cut off, so that a call without its closing marker is incomplete.
            answered: Whether the message has an answer elsewhere, a server's own call for one.
                Otherwise, where tools or a policy are given, a think block that was never closed
                and is all that was said is said once more, as the answer.

        Returns:
            The last events; none when called again.

        Raises:
            KimiProtocolError: In strict mode, on anything that would be a diagnostic.
        """
        if self._closed:
            return []
        self._closed = True
        normal = finish_reason not in CUT_OFF
        self._machine.close(normal=normal)
        events = self.feed("")
        if normal and not answered and self._output.unclosed and self._reasoning:
            said = "".join(self._reasoning)
            events += [ContentDelta(said)] if said.strip() else []
        return events

    @property
    def open_string(self) -> OpenString | None:
        """The string of a call's arguments that the next text stands in; None in front of others.

        It is good until the next `feed`.
        """
        return self._machine.open_string

    @property
    def calls_at(self) -> int | None:
        """Where in the text the markup of the first call begins; None while there is none."""
        return self._machine.calls_at

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """What was repaired, dropped or odd so far; whole after `close`."""
        return tuple(self._output.diagnostics)


def _k2(
    output: Output,
    names: ToolNames,
    rule: TextRule | None,
    *,
    thinking: bool,
    recover_stripped: bool,
) -> K2Machine:
    if rule is None:
        return K2Machine(output, names, thinking=thinking, recover_stripped=recover_stripped)
    return RuledK2Machine(output, names, rule, thinking=thinking, recover_stripped=recover_stripped)


def _k3(output: Output, names: ToolNames, rule: TextRule | None, *, thinking: bool) -> K3Machine:
    from kimi_core.raw._reading.k3 import K3Machine  # 7 files, which no other model needs
    from kimi_core.raw._reading.k3_ruled import RuledK3Machine

    if rule is None:
        return K3Machine(output, names, thinking=thinking)
    return RuledK3Machine(output, names, rule, thinking=thinking)


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
