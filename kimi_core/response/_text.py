"""The text of one field of an answer -> events.

Owns: the parser of a field, calls in it that wait for what the server itself sends, and text that
goes back to the field that it came in. May know: events, raw, request.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from kimi_core.events import ContentDelta, ReasoningDelta, ToolCallStart
from kimi_core.raw.text_policy import TextPolicy

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kimi_core.events import Diagnostic, Event
    from kimi_core.events.open_string import OpenString
    from kimi_core.raw.parser import StreamParser
    from kimi_core.request import Request

__all__ = ["TextReader", "content_reader", "split_reader", "unthinking"]


class TextReader:
    """Reads the text of one field.

    Where a server parses before us, its calls are the answer's, and it sends them behind the text:
    a call in the text is kept until the end then. Where the server had calls of its own, what was
    kept of the reasoning goes out as text; so does that of the content, unless it counts beside
    them.
    """

    def __init__(
        self,
        policy: TextPolicy | None,
        dialect: Literal["k2", "k3"],
        *,
        thinking: bool = False,
        reasoning: bool = False,
        joins: bool = False,
    ) -> None:
        """Start at the beginning of the field.

        Args:
            policy: Which of the text may be more than text; None: none of it.
            dialect: The model's.
            thinking: Whether the text starts inside a think block that the prompt opened.
            reasoning: Whether the field is that of reasoning, and all its text is reasoning.
            joins: Whether calls in the text count beside the server's own. Servers parse the first
                call and leave the others in the content (vllm-project/vllm#24478, #38274).
        """
        self._policy = policy
        self._dialect: Literal["k2", "k3"] = dialect
        self._parser = _parser(dialect, policy, thinking=thinking) if policy is not None else None
        self._reasoning = reasoning
        self._joins = joins and not reasoning
        self._keeps = policy is not None and policy.server_first and bool(policy.tools)
        self._pieces: list[str] = []
        self._kept: list[Event] = []
        self.begun = False

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """What was repaired or odd."""
        return self._parser.diagnostics if self._parser is not None else ()

    @property
    def is_plain(self) -> bool:
        """Whether all of the field is told as it comes."""
        return self._parser is None

    @property
    def open_string(self) -> OpenString | None:
        """As `StreamParser.open_string`; None where what is in it has to wait."""
        return None if self._parser is None or self._keeps else self._parser.open_string

    @property
    def kept(self) -> Sequence[Event]:
        """What waits for the end."""
        return self._kept

    def feed(self, text: str) -> list[Event]:
        """Read more of the field; never called with nothing."""
        self.begun = True
        if self._parser is None:
            return [ReasoningDelta(text) if self._reasoning else ContentDelta(text)]
        events = self._parser.feed(text)
        if self._keeps:
            self._pieces.append(text)
            events = self._keep(events)
        return self._of_field(events) if self._reasoning else events

    def passes(self, text: str) -> bool:
        """Take a text that is an event by itself, where there is a parser; False takes nothing."""
        parser = None if self._reasoning or self._kept else self._parser
        taken = parser is not None and parser.passes(text)
        if taken:
            self.begun = True
            if self._keeps:
                self._pieces.append(text)
        return taken

    def close(self, finish_reason: str | None, *, served: bool, answered: bool) -> list[Event]:
        """End the field and return what waited.

        Args:
            finish_reason: As for `StreamParser.close`.
            served: Whether the server has sent calls of its own.
            answered: As for `StreamParser.close`.
        """
        if self._parser is None:
            return []
        events = self._keep(self._parser.close(finish_reason, answered=answered))
        kept, self._kept = self._kept, []
        if served and kept and not self._joins:
            return self._of_field([*events, *self._as_text()])
        return self._of_field([*events, *kept])

    def trapped_answer(self, reasoning: str) -> str:
        """Return the answer that K3 gave inside what a server took for reasoning; "" if none.

        K3 forgets at times to close its think channel before it opens the next one (4 of 75 turns;
        vllm-project/vllm#53246), and the server's parser goes on reading reasoning.

        Args:
            reasoning: All that the server called reasoning.
        """
        if self._policy is None or self._dialect == "k2":
            return ""
        parser = _parser("k3", replace(self._policy, tools=(), split=False), thinking=True)
        events = parser.feed(reasoning) + parser.close(answered=True)
        return "".join(event.text for event in events if isinstance(event, ContentDelta))

    def _keep(self, events: list[Event]) -> list[Event]:
        """Put aside everything from the first call on; return the rest."""
        if not self._keeps:
            return events
        if not self._kept:
            calls = (at for at, event in enumerate(events) if isinstance(event, ToolCallStart))
            first = next(calls, len(events))
            self._kept, events = events[first:], events[:first]
            return events
        self._kept += events
        return []

    def _as_text(self) -> list[Event]:
        """Read what was kept once more, as a text that holds no call."""
        assert self._policy is not None  # noqa: S101 - only a parser keeps anything
        assert self._parser is not None  # noqa: S101 - as above
        text = "".join(self._pieces)[self._parser.calls_at :]
        parser = _parser(self._dialect, replace(self._policy, tools=(), split=True))
        events = parser.feed(text) + parser.close()
        self._parser = parser
        return events

    def _of_field(self, events: list[Event]) -> list[Event]:
        if not self._reasoning:
            return events
        return [
            ReasoningDelta(event.text) if isinstance(event, ContentDelta) else event
            for event in events
        ]


def _parser(
    dialect: Literal["k2", "k3"], policy: TextPolicy, *, thinking: bool = False
) -> StreamParser:
    # 20 files, which nobody needs whose server parses.
    from kimi_core.raw.parser import StreamParser

    return StreamParser(dialect, thinking=thinking, policy=policy)


def content_reader(request: Request, *, thinking: bool) -> TextReader:
    """Return what reads the content of an answer.

    Args:
        request: What was asked.
        thinking: Whether the content starts inside reasoning, which is then split off even where
            all other parsing was left to the server.
    """
    policy = request.text or (TextPolicy() if thinking else None)
    dialect, joins = request.capabilities.info.dialect, request.calls.mode != "off"
    return TextReader(policy, dialect, thinking=thinking, joins=joins)


def split_reader(request: Request, *, reasoning: bool) -> TextReader:
    """Return what reads one of two fields, where a server sends reasoning in one of its own."""
    policy = replace(request.text, split=True) if request.text is not None else None
    dialect, joins = request.capabilities.info.dialect, request.calls.mode != "off"
    return TextReader(policy, dialect, reasoning=reasoning, joins=joins)


def unthinking(request: Request) -> bool:
    """Whether nothing of an answer can be a thought: the model never thinks, or was told not to.

    A reasoning parser takes all of such an answer for one (vLLM and SGLang with
    ``--reasoning-parser`` for Kimi-K2-Instruct), and nothing is left for the user.
    """
    info = request.capabilities.info
    told_not_to = info.opens_reasoning and not request.opens_reasoning and not request.begins
    return info.thinking == "none" or told_not_to
