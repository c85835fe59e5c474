"""What a server answered -> events. The only reader of unknown shapes.

Owns: every spelling that servers have for content, reasoning, tool calls, finish reason and usage.
May know: its own files, errors, events, raw, request. No I/O; chunks and whole bodies come in as
dicts.

A whole body is read as a stream of one chunk, and raw tokens and a server's own tool calls become
the same events, so that no caller can tell how an answer reached us.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import asdict
from typing import Any

from kimi_core.errors import KimiStreamTruncatedError, KimiTimeoutError, timeout_error
from kimi_core.events import (
    ContentDelta,
    Diagnostic,
    Event,
    ParsedMessage,
    ReasoningDelta,
    ToolCall,
)
from kimi_core.raw.text_policy import CUT_OFF
from kimi_core.request import Request
from kimi_core.response._begin import ContentReader, Splitting
from kimi_core.response._calls import Source
from kimi_core.response._fragment import calls_of
from kimi_core.response._incomplete import (
    finish_reason_in,
    incomplete_answer,
    json_text,
    lost_answer,
    refusal_in,
    uncalled_error,
    withheld_in,
)
from kimi_core.response._object import answer_error, read_object
from kimi_core.response._recap import Recap, untold
from kimi_core.response._refusal import (
    invalid_calls,
    silent_end,
    tool_call_error,
    unrun_call_error,
)
from kimi_core.response._repair import Unsettled, uncalled_text
from kimi_core.response._said import AnswerEvents
from kimi_core.response._spoken import spoken_message
from kimi_core.response._text import TextReader, unthinking
from kimi_core.response._usage import Usage
from kimi_core.response._words import (
    failed,
    finish_reason_of,
    only_field,
    only_text,
    reasoning_of,
    refusal_of,
    says_something,
    text_of,
)

__all__ = [
    "ResponseReader",
    "Splitting",
    "Unsettled",
    "Usage",
    "answer_error",
    "finish_reason_in",
    "incomplete_answer",
    "invalid_calls",
    "json_text",
    "only_text",
    "read_object",
    "refusal_in",
    "says_something",
    "silent_end",
    "spoken_message",
    "tool_call_error",
    "uncalled_error",
    "unrun_call_error",
    "withheld_in",
]

_REASONING_FIELDS = frozenset({"reasoning_content", "reasoning"})


class ResponseReader(AnswerEvents):
    """Reads one answer, chunk by chunk.

    Attributes:
        usage: Tokens, once the server has said; None where it never did.
        finish_reason: Why the answer ended; "tool_calls" whenever a call was completed, since
            vLLM and every raw engine say "stop" there.
        model: The model's name as the server gave it.
        id: The server's id of the answer.
        system_fingerprint: The server's fingerprint, or None.
        refusal: What the model says in place of an answer, where the server tells that apart.
        logprobs: What the server said of each token of the content, as received; mostly empty.
    """

    def __init__(
        self,
        request: Request,
        headers: Mapping[str, str] | None = None,
        splitting: Splitting | None = None,
        *,
        asks_again: bool = False,
    ) -> None:
        """Prepare to read the answer to a request.

        Args:
            request: What was asked.
            headers: The response headers, for an error that comes inside the answer.
            splitting: What earlier answers said of the server.
            asks_again: Whether the caller will ask again for calls that cannot be run, so that they
                wait for `resolve`.
        """
        super().__init__(request, headers, splitting, asks_again=asks_again)
        self._closed = False
        self._begun = False
        self._done = False
        self._recap = Recap()
        self._beside_error: list[Event] = []
        self._uncalled = ""
        self._noted: list[Diagnostic] = []

    @property
    def splitting(self) -> Splitting | None:
        """What this answer says of how its server treats reasoning; None for nothing."""
        return self._content.splitting

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """What was repaired or odd in the raw tokens and in the server's calls."""
        reasoning = self._reasoning.diagnostics if self._reasoning is not None else ()
        found = (*self._content.diagnostics, *reasoning)
        calls = (*self._server.diagnostics, *self._calls.diagnostics)
        beside = self._chosen.diagnostics
        return (*found, *calls, *self._settled.diagnostics, *self._noted, *beside)

    def message(self) -> ParsedMessage:
        """Return all that was said so far, calls included that wait for the end of the answer."""
        if self._closed:
            return self._builder.message(self.diagnostics)
        kept = (self._builder, self._calls, self._settled, self._prefix)
        builder, calls, settled, prefix = deepcopy(kept)
        waiting = [
            event
            for source, reader in self._text_readers()
            for event in calls.number(source, reader.kept)
        ]
        told = [*settled.take([*waiting, *calls.close()]), *settled.beginnings()]
        for event in prefix.before(told):
            builder.add(event)
        return builder.message(self.diagnostics)

    def metadata(self) -> dict[str, Any]:
        """Return id, model, finish reason, fingerprint and diagnostics, as values of JSON.

        There are no diagnostics in it where nothing was odd, no ``incomplete_details`` of an answer
        that was neither cut nor withheld, no ``usage_of_requests`` where only one was needed, and
        no ``forced_tool_choice`` ("sent" and ignored, or "given_up" before) of one that calls a
        tool, or need not; the rest is None where it is not known.
        """
        odd = [asdict(found) for found in self.diagnostics]
        early = self._incomplete_details()
        forced = None if self._completed_call else self._request.forced_tool_choice
        return {
            "id": self.id,
            "model": self.model,
            "finish_reason": self.finish_reason,
            "system_fingerprint": self.system_fingerprint,
            **({"diagnostics": odd} if odd else {}),
            **({"incomplete_details": early} if early else {}),
            **({"forced_tool_choice": forced} if forced else {}),
            **self._usage_told(),
        }

    def feed(self, chunk: Mapping[str, Any]) -> list[Event]:
        """Read one chunk of a stream, and return what it says.

        Raises:
            KimiStatusError: Where the chunk holds an error instead of an answer.
        """
        choice = self._chosen.answer_in(chunk)
        self._read_header(chunk)
        if choice is None:
            self._raise_error_in(chunk)
            return []
        events = self._read_choice(chunk, choice)
        if "error" in chunk or failed(choice) or self._chosen.failed:
            self._beside_error = events  # told at the end, as what was held back is
            self._raise_error_in(chunk)
            self._beside_error = []
        return events

    def _read_choice(self, chunk: Mapping[str, Any], choice: Mapping[str, Any]) -> list[Event]:
        self._begun = True
        # Moonshot puts usage into the choice; take it only where the top has none.
        if choice.get("usage") and not chunk.get("usage"):
            self._read_usage(choice)
        if choice.get("logprobs"):
            self._read_logprobs(choice)
        said = self._recap.said_in(choice)
        events = self._read_delta(said, whole="delta" not in choice and not self._server.any)
        if choice.get("finish_reason"):
            self._finish = finish_reason_of(choice) or self._finish
        self._stopped_by = choice.get("stop_reason") or self._stopped_by
        return self._taken(events)

    def close(self, *, done: bool = True) -> list[Event]:
        """End the answer and return what was held back.

        Args:
            done: Whether the transport saw a proper end (``[DONE]``, or a whole body).

        Raises:
            KimiStreamTruncatedError: As `check_end`.
        """
        events = self.end(done=done)
        self.check_end()
        return events

    def end(self, *, done: bool) -> list[Event]:
        """End the answer and return what was held back, whether it was whole or not."""
        if self._closed:
            return []
        moved = [] if self._finish else self._chosen.moved()
        taken = [event for choice in moved for event in self._read_choice({}, choice)]
        self._closed = True
        self._done = done
        if self._recap.message:
            again = self._server.feed_again(calls_of(self._recap.message))
            taken += self._taken(self._calls.number("server", again))
        served = self._server.any
        filled = self._hides_its_limit(called=served)
        if filled:
            self._finish = "length"
        reason = self._finish
        ended_by = "length" if reason is None and not done else reason
        content = self._content.flush(reason, served=served)
        taken += self._taken(self._calls.number("content", content))
        taken += self._closed_text(ended_by)
        taken += self._untold() if self._recap.message else []
        taken += self._trapped_answer(ended_by)
        calls = self._server.close(cut=ended_by == "length", filled=filled)
        calls = self._calls.number("server", calls)
        taken += self._taken([*calls, *self._calls.close()])
        if not done and reason is None:
            taken += self._told(self._settled.close())
        self._noted += lost_answer(self._builder.message(), self._finish, self.usage)
        self._note_uncalled()
        if self._begun and (done or reason is not None) and not self._noted:
            taken += self._told(self._prefix.rest())
        return [*self._beside_error, *taken]

    def _note_uncalled(self) -> None:
        """Note that text was meant as a call, where it is one that nobody can run."""
        policy, text = self._request.calls, self._request.text
        if policy.mode == "off" or self._calls.any or self._request.payload.get("response_format"):
            return
        said, lost = self._builder.message(), self._server.nameless
        found = uncalled_text(said, policy.schemas) if text and text.tools else None
        self._uncalled = lost or (found.text if found else "")
        if found and not lost:
            self._noted.append(found)

    # -- asking again ------------------------------------------------------------------------------

    @property
    def unsettled(self) -> Unsettled | None:
        """What waits for `resolve`; None where nothing does."""
        waiting = self._settled.asked_for
        if not waiting and not (self._uncalled and self._settled.asks_again):
            return None
        return Unsettled(waiting, self._uncalled)

    @property
    def refused(self) -> Unsettled:
        """What of an answer that does not wait cannot be run, likewise."""
        said = self.message()
        why = {call.index: reason for call, reason in said.sorted_calls()[1]}
        return Unsettled([(call, why.get(call.index)) for call in said.tool_calls], self._uncalled)

    def resolve(self, answered: Sequence[ToolCall], *, whole: bool) -> list[Event]:
        """Return what waits, with the calls that the model gave when it was asked again.

        Args:
            answered: Calls that can be run.
            whole: Whether they are all that was asked for.
        """
        if whole:
            self._uncalled = ""
        return self._told(self._settled.resolve(answered, whole=whole))

    def refuse_silence(self) -> None:
        """Refuse an answer that an agent would take for its last, although a call was not run.

        Raises:
            KimiToolCallError: As `silent_end` says.
        """
        error = silent_end(self.message(), self.metadata())
        if error is not None:
            raise error

    def note(self, diagnostic: Diagnostic) -> None:
        """Add something odd that was found elsewhere."""
        self._noted.append(diagnostic)

    @property
    def is_whole(self) -> bool:
        """Whether an answer has come, and has ended as one does."""
        return self._begun and (self._done or self._finish is not None)

    def check_end(self) -> None:
        """Refuse an answer that has ended before it was whole.

        Raises:
            KimiStreamTruncatedError: Where a stream ended with neither ``[DONE]`` nor a finish
                reason, or without an answer in it.
        """
        if self._finish is None and not self._done:
            raise self.truncated("the stream ended with neither a finish reason nor [DONE]")
        if not self._begun:
            raise self.truncated("the server sent no answer, only the end of one")

    def truncated(self, cause: str) -> KimiStreamTruncatedError:
        """Return the error for an answer that broke off, with what had come."""
        way_out = "ask again for the whole"
        return KimiStreamTruncatedError(self._broke_off(cause, way_out), self.message())

    def late(self, cause: str) -> KimiTimeoutError:
        """Return the error for an answer that was given up for want of time, likewise."""
        asked = self._request.capabilities
        sentence = self._broke_off(cause, "allow more time, or check the server")
        error = timeout_error(sentence, endpoint=asked.endpoint.name, model=asked.model, begun=True)
        error.partial = self.message()
        return error

    def _read_delta(self, delta: Mapping[str, Any], *, whole: bool) -> list[Event]:
        name, value = only_field(delta)
        if name == "content" and isinstance(value, str):
            return self._read_content(value)
        if name in _REASONING_FIELDS and isinstance(value, str):
            return self._read_reasoning(value)
        if name == "tool_calls":
            return self._read_calls(delta, whole=whole)
        self.refusal += refusal_of(delta)
        reasoning, text = reasoning_of(delta), text_of(delta)
        events = self._read_reasoning(reasoning) if reasoning else []
        if text:
            events += self._read_content(text)
        return events + self._read_calls(delta, whole=whole)

    def _text_readers(self) -> list[tuple[Source, TextReader | ContentReader]]:
        found: list[tuple[Source, TextReader | ContentReader]] = [("content", self._content)]
        return [("reasoning", self._reasoning), *found] if self._reasoning is not None else found

    def _closed_text(self, reason: str | None) -> list[Event]:
        events, served = list[Event](), self._server.named
        for source, reader in self._text_readers():
            answered = served or self._calls.any
            closed = reader.close(reason, served=served, answered=answered)
            events += self._calls.number(source, closed)
        return self._taken(events)

    def _untold(self) -> list[Event]:
        """Return what a message behind the pieces says beside them; calls of their text, too."""
        if self._calls.any and not self._server.any:
            return []
        said = self._builder.message()
        thought, odd = untold(said.reasoning, reasoning_of(self._recap.message))
        text, odd_text = untold(said.content, text_of(self._recap.message))
        self._noted += (*odd, *odd_text)
        events: list[Event] = [ReasoningDelta(thought)] if thought else []
        return self._taken([*events, ContentDelta(text)] if text else events)

    def _trapped_answer(self, reason: str | None) -> list[Event]:
        """Return the answer that a server took for reasoning, where there is no other."""
        if self._reasoning is None or reason in CUT_OFF or self._calls.any:
            return []
        said = self._builder.message()
        if said.content.strip():
            return []
        text = self._reasoning.trapped_answer(said.reasoning)
        if not text and unthinking(self._request):
            text = said.reasoning
            self._noted.append(Diagnostic("answer_as_reasoning", "", 0))
        return self._taken([ContentDelta(text)] if text else [])
