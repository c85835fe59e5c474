"""Asking again for tool calls that cannot be run.

Owns: what the model is told of them, when that is given up, and what becomes of its answer.
May know: errors, events, request, response. No I/O: the replies send.

Everything that was said stays, so a second answer gives calls and nothing else: its text and its
reasoning are not told. Calls that can be run are kept from the first answer on, and the model is
told so; one that it says once more all the same, in whichever answer, is the same call.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from kimi_core.errors import KimiConfigError, Line, warnings_at
from kimi_core.events import Diagnostic
from kimi_core.events.arguments import history_arguments
from kimi_core.request import build_request

if TYPE_CHECKING:
    from kimi_core.events import Event, ToolCall
    from kimi_core.request import Options, Request
    from kimi_core.response import ResponseReader, Unsettled

__all__ = ["AskingAgain"]

_KEPT = "This call is accepted and is being run. Do not repeat it."
_REFUSED = "Error: this call was not run: {reason}. Call again, with what is wrong corrected."
_UNCALLED = (
    "That was text, and no tool was run. To use a tool, make a tool call, of one of these: {names}."
)
_CONTROL_TOKEN = re.compile(r"<\|(\w+)\|>")
_WITHHELD = frozenset({"content_filter", "refusal"})


class AskingAgain:
    """The requests behind one answer whose calls cannot be run.

    Args:
        request: The request of that answer.
        reader: What has read it; it is given the calls of the further ones.
        unsettled: What of it cannot be run.
        made_at: The line that warnings name: what is sent again was warned of there.
    """

    def __init__(
        self,
        request: Request,
        reader: ResponseReader,
        unsettled: Unsettled,
        made_at: Line | None,
    ) -> None:
        self._request = request
        self._made_at = made_at
        self._reader = reader
        self._left = request.calls.retries
        self._turns: list[dict[str, Any]] = []
        self._good: list[ToolCall] = []
        self._kept = [_said(call) for call, why in unsettled.calls if why is None]
        self._open = unsettled
        self._settled = False
        self._add_turn(reader)

    def next(self) -> Request | None:
        """Return the next request, or None where nothing is left to be asked or to hope for."""
        if self._settled or not self._left or self._is_vain():
            return None
        self._left -= 1
        try:
            return self._built(_forced(self._request, self._open))
        except KimiConfigError:  # the choice cannot be forced there
            return self._built(self._request.asked.options)

    def take(self, reader: ResponseReader) -> None:
        """Take the answer to it."""
        self._reader.count(reader)
        good, bad = reader.message().sorted_calls()
        # One that was kept, said once more, is nothing that was asked for.
        new = [call for call, _ in good if _said(call) not in self._kept]
        self._kept += map(_said, new)
        self._good += new
        self._settled = bool(new) and not bad
        self._open = reader.refused
        self._add_turn(reader)

    def fail(self, error: Exception) -> None:
        """Give up, because a request was not answered; what it was sent for is told as it is."""
        self._left = 0
        self._reader.note(Diagnostic("retry_failed", str(error), 0))

    def events(self) -> list[Event]:
        """Return what is told in the end."""
        return self._reader.resolve(self._good, whole=self._settled)

    def _is_vain(self) -> bool:
        """Whether the next answer would end as this one did, or cannot be asked for."""
        asked = self._request.asked
        if asked.messages[-1].get("partial"):
            return True
        reason = self._reader.finish_reason
        return reason in _WITHHELD or (reason == "length" and asked.options.max_tokens is not None)

    def _built(self, options: Options) -> Request:
        asked = self._request.asked
        messages = [*asked.messages, *self._turns]
        options = replace(options, prefix=None)  # it stands in the answer that was given
        capabilities = self._request.capabilities
        with warnings_at(self._made_at):
            return build_request(messages, asked.tools, options, capabilities, stream=asked.stream)

    def _add_turn(self, reader: ResponseReader) -> None:
        open_ = self._open
        said = reader.message()
        turn: dict[str, Any] = {"role": "assistant", "content": _plain(said.content)}
        if said.reasoning:
            turn["reasoning_content"] = _plain(said.reasoning)
        results = _results(open_)
        if results:
            turn["tool_calls"] = [_legal(call).as_wire() for call, _ in open_.calls]
        else:
            names = ", ".join(self._request.calls.schemas)
            turn["content"] = turn["content"] or _plain(open_.text) or "(no answer)"
            results = [{"role": "user", "content": _UNCALLED.format(names=names)}]
        self._turns += [turn, *results]


def _legal(call: ToolCall) -> ToolCall:
    return replace(call, arguments=history_arguments(call.arguments))


def _plain(text: str) -> str:
    """Break up control tokens: a server might read them as such."""
    return _CONTROL_TOKEN.sub(r"<\1>", text)


def _said(call: ToolCall) -> tuple[str, str]:
    """Return what two calls have in common that are the same; true is not 1."""
    return call.name, json.dumps(call.parsed(), sort_keys=True)


def _results(open_: Unsettled) -> list[dict[str, Any]]:
    return [
        {
            "role": "tool",
            "tool_call_id": call.id,
            "name": call.name,
            "content": _KEPT if reason is None else _REFUSED.format(reason=reason.reason),
        }
        for call, reason in open_.calls
    ]


def _forced(request: Request, open_: Unsettled) -> Options:
    """Return the options under which the sampler of an engine with a grammar keeps to the tools."""
    options = request.asked.options
    if request.capabilities.endpoint.grammar is None or options.tool_choice not in (None, "auto"):
        return options
    several = sum(why is not None for _, why in open_.calls) > 1
    parallel = True if several else options.parallel_tool_calls
    return replace(options, tool_choice="required", parallel_tool_calls=parallel)
