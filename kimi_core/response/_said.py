"""What an answer says, on its way to the events that are told.

Owns: the readers of its two texts and of its calls, and what stands behind them: one numbering,
settled calls, the beginning that the caller gave, and the sum; when a passage past them is open. A
run of texts that arrive together takes that way at once. May know: its own files, events, request.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from kimi_core.events import (
    ContentDelta,
    Event,
    MessageBuilder,
    ReasoningDelta,
    ToolCallArguments,
    ToolCallEnd,
)
from kimi_core.events.open_string import OpenString
from kimi_core.request import Request
from kimi_core.response._answer_facts import AnswerFacts
from kimi_core.response._begin import ContentReader, Splitting
from kimi_core.response._calls import AnswerCalls, Source
from kimi_core.response._choices import Choices
from kimi_core.response._fragment import calls_of
from kimi_core.response._fragments import ServerCalls
from kimi_core.response._passage import Passage, Way
from kimi_core.response._prefix import ToldPrefix
from kimi_core.response._repair import SettledCalls
from kimi_core.response._text import TextReader, split_reader
from kimi_core.response._words import TextKind, with_text

__all__ = ["AnswerEvents"]

_CONTENT: TextKind = ("content", None)


class AnswerEvents(AnswerFacts, ABC):
    """The events of one answer; see `kimi_core.response.ResponseReader`."""

    def __init__(
        self,
        request: Request,
        headers: Mapping[str, str] | None,
        splitting: Splitting | None,
        *,
        asks_again: bool,
    ) -> None:
        """Start where nothing was said."""
        super().__init__(request, headers)
        self._chosen = Choices()
        self._builder = MessageBuilder()
        self._server = ServerCalls(request.calls)
        self._calls = AnswerCalls(request.names.own)
        self._settled = SettledCalls(request.calls, asks_again=asks_again)
        self._content = ContentReader(request, splitting)
        self._reasoning: TextReader | None = None
        self._prefix = ToldPrefix(request.begins)
        self._plain: set[str] = set()
        self._passage: Passage | None = None

    @abstractmethod
    def feed(self, chunk: Mapping[str, Any]) -> list[Event]:
        """Read one chunk of a stream, and return what it says."""

    def feed_texts(
        self, kind: TextKind, chunk: Mapping[str, Any], texts: list[str]
    ) -> Iterable[list[Event]]:
        """Read a run of chunks that are the same but for one text, as they are looked at.

        What comes out is what `kimi_core.response.ResponseReader.feed` would have made of each, in
        a quarter of the time: that they say nothing but a text was asked once
        (`kimi_core.response._words.only_text`). Fragments of arguments share a list, and so does
        more of one string in the arguments of a call that is parsed here.

        Args:
            kind: What the texts are.
            chunk: One of the chunks, which was read.
            texts: The text of each.

        Returns:
            The events of each.
        """
        if chunk is not self._repeated:
            if not self._chosen.holds(chunk):
                return [self.feed(with_text(chunk, text)) for text in texts]
            self._note_repeated(chunk)
        self._last_text = texts[-1]
        passage = self._passage
        if passage is not None:
            more = passage.more(kind, "".join(texts))
            if more is not None:
                return ([more],)
            if len(texts) == 1:
                self._passage = None
        source = kind[0]
        if source == "arguments":
            return (self._read_arguments(kind, texts),)
        reasons = source == "reasoning"
        if source not in self._plain and not self.is_plain(kind):
            return map(self._reasoning_events if reasons else self._content_events, texts)
        if "" in texts:
            texts = list(filter(None, texts))
        if reasons:
            self._builder.add_reasoning(texts)
            return [[ReasoningDelta(text)] for text in texts]
        self._builder.add_content(texts)
        return [[ContentDelta(text)] for text in texts]

    def is_plain(self, kind: TextKind) -> bool:
        """Whether such texts are told as they come: no parser looks at them, and nothing waits.

        Nothing of them can be held back, numbered, settled or mended then: each is an event. What
        is plain stays so, since what is looked for in a text is looked for in front of it.
        """
        if kind[0] not in self._plain and self._is_plain(kind[0]):
            self._plain.add(kind[0])
        return kind[0] in self._plain

    def _is_plain(self, source: str) -> bool:
        if source == "content":
            return self._content.is_plain and not self._prefix.waits
        return source == "reasoning" and self._reasoning is not None and self._reasoning.is_plain

    def _content_events(self, text: str) -> list[Event]:
        if not text:
            return []
        passage = self._passage
        more = None if passage is None else passage.more(_CONTENT, text)
        if more is not None:
            return [more]
        if self._content.passes(text):
            self._passage = None
            return self._told([ContentDelta(text)])  # nobody between has anything to do with text
        told = self._taken(self._read_content(text))
        if told and type(told[-1]) is ToolCallArguments:
            self._passage = Passage(_CONTENT, self._content_way)
        return told

    def _reasoning_events(self, text: str) -> list[Event]:
        return self._taken(self._read_reasoning(text)) if text else []

    def _read_arguments(self, kind: TextKind, texts: Sequence[str]) -> list[Event]:
        slot = kind[1]
        # Joined they say the same, once the arguments have begun: before that, where one fragment
        # ends may tell what it is.
        more = self._server.more(slot, "".join(texts))
        told: list[Event] = []
        if more is not None:
            told = self._taken(self._calls.number("server", (more,)))
            self._passage = Passage(kind, self._server_way)
            return told
        self._passage = None
        for text in texts:
            fragment = {"index": slot, "function": {"arguments": text}}
            told += self._taken(self._calls.number("server", self._server.feed([fragment])))
        return told

    def _read_calls(self, delta: Mapping[str, Any], *, whole: bool) -> list[Event]:
        self._passage = None
        fragments = calls_of(delta)
        found = self._server.feed(fragments, whole=whole) if fragments else []
        return self._calls.number("server", found)

    def _read_content(self, text: str) -> list[Event]:
        self._passage = None
        return self._calls.number("content", self._content.feed(text))

    def _read_reasoning(self, text: str) -> list[Event]:
        events: list[Event] = []
        if self._reasoning is None:  # the server has split reasoning off: no content begins in it
            self._reasoning = split_reader(self._request, reasoning=True)
            events = self._calls.number("content", self._content.after_reasoning())
        return events + self._calls.number("reasoning", self._reasoning.feed(text))

    def _content_way(self) -> Way | None:
        return self._way("content", self._content.open_string)

    def _server_way(self) -> Way | None:
        return self._way("server", self._server.told)

    def _way(self, source: Source, found: OpenString | None) -> Way | None:
        given = None if found is None else self._calls.told(source, found.call)
        settled = None if given is None else self._settled.pieces(given[0])
        if found is None or given is None or settled is None:
            return None
        index, pieces = given
        kept = [found.pieces, pieces, *settled, self._builder.arguments_of(index)]
        return Way(index, kept, found.skip)

    def _taken(self, events: list[Event]) -> list[Event]:
        return self._told(self._settled.take(events)) if events else events

    def _told(self, events: list[Event]) -> list[Event]:
        if self._prefix.waits:
            events = self._prefix.before(events)
        for event in events:
            self._builder.add(event)
            if isinstance(event, ToolCallEnd) and event.complete and event.invalid is None:
                self._completed_call = True
        return events
