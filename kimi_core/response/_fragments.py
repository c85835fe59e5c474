"""Tool calls that a server parsed itself -> events.

Owns: merging the fragments of ``tool_calls`` by index, whatever is missing from them.
May know: _json, events.

Seen in recordings and issues: two calls in one chunk, calls that interleave, a whole call in one
delta, ids and names that are null or empty in later fragments, no index at all or the same one for
all calls, arguments that are an object instead of text, and a call cut by the token limit and
reported as whole, with ``{}`` in place of arguments that never came (vLLM 0.32.0).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kimi_core._json import as_mapping
from kimi_core.events import (
    Diagnostic,
    Event,
    ToolCallArguments,
    ToolCallEnd,
    ToolCallStart,
)
from kimi_core.events.arguments import BLANKS, InvalidArguments, read_arguments

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["ServerCalls"]

_NO_OBJECT = "invalid_arguments"


@dataclass(slots=True)
class _Call:
    index: int
    id: str = ""
    name: str = ""
    started: bool = False
    waiting: str = ""  # arguments that came before the name
    pieces: list[str] | None = None
    said_empty: bool = False  # the arguments are {}, which is not passed on before the end


class ServerCalls:
    """Merges the fragments of a server's tool calls.

    Attributes:
        diagnostics: What was odd.
    """

    def __init__(self) -> None:
        """Start with no call."""
        self._calls: dict[Any, _Call] = {}
        self.diagnostics: list[Diagnostic] = []

    @property
    def any(self) -> bool:
        """Whether there is a call."""
        return bool(self._calls)

    def feed(self, fragments: Sequence[Mapping[str, Any]]) -> list[Event]:
        """Take the ``tool_calls`` of one delta or of one whole message."""
        events: list[Event] = []
        for fragment in fragments:
            events += self._fragment(self._call_of(fragment), fragment)
        return events

    def close(self, *, cut: bool, filled: bool = False) -> list[Event]:
        """End all calls.

        Args:
            cut: Whether the answer hit the token limit, so that the last call may be a beginning.
            filled: Whether the server hid that it did; then ``{}`` in the last call is nothing that
                the model wrote.
        """
        events: list[Event] = []
        for position, call in enumerate(self._calls.values(), 1):
            last = position == len(self._calls)
            events += self._end(call, cut=cut and last, filled=filled and last)
        return events

    def _call_of(self, fragment: Mapping[str, Any]) -> _Call:
        key: Any = fragment.get("index")
        if not isinstance(key, int):
            # Without an index a new id is a new call, and so is another name; a fragment with
            # neither continues the last call.
            key = _id_of(fragment) or self._last_key(fragment)
        if key in self._calls and _is_another(self._calls[key], fragment):
            self._calls[object()] = self._calls.pop(key)
        if key not in self._calls:
            self._calls[key] = _Call(len(self._calls))
        return self._calls[key]

    def _last_key(self, fragment: Mapping[str, Any]) -> Any:  # noqa: ANN401 - an index or an id
        last = next(reversed(self._calls), None)
        named = bool(_function_of(fragment).get("name"))
        if last is None or (named and self._calls[last].started):
            return len(self._calls)
        return last

    def _fragment(self, call: _Call, fragment: Mapping[str, Any]) -> list[Event]:
        function = _function_of(fragment)
        call.id = call.id or _id_of(fragment)
        call.name = call.name or str(function.get("name") or "")
        arguments = _as_text(function.get("arguments"))
        if not call.started:
            if not call.name:
                call.waiting += arguments
                return []
            return self._start(call, call.waiting + arguments)
        return self._more(call, arguments)

    def _start(self, call: _Call, arguments: str) -> list[Event]:
        call.started = True
        call.pieces = []
        # The reader of the answer makes ids unique, over all sources.
        identity = call.id or f"functions.{call.name}:{call.index}"
        start = ToolCallStart(call.index, identity, call.name)
        return [start, *self._more(call, arguments)]

    def _more(self, call: _Call, arguments: str) -> list[Event]:
        if not arguments or call.pieces is None:
            return []
        if arguments == "{}" and not call.pieces:
            call.said_empty = True
            return []
        call.pieces.append(arguments)
        return [ToolCallArguments(call.index, arguments)]

    def _end(self, call: _Call, *, cut: bool, filled: bool) -> list[Event]:
        if call.pieces is None:
            lost = f"{call.id} {call.waiting}".strip()
            self.diagnostics.append(Diagnostic("call_without_name", lost, 0))
            return []
        text = "".join(call.pieces)
        if not text.strip(BLANKS) and (not cut or (call.said_empty and not filled)):
            return [ToolCallArguments(call.index, "{}"), ToolCallEnd(call.index, complete=True)]
        problem = _problem(text)
        if problem:
            self.diagnostics.append(Diagnostic(problem, text, 0))
        return [ToolCallEnd(call.index, complete=problem != _NO_OBJECT)]


def _function_of(fragment: Mapping[str, Any]) -> Mapping[str, Any]:
    return as_mapping(fragment.get("function")) or {}


def _id_of(fragment: Mapping[str, Any]) -> str:
    return str(fragment.get("id") or "")


def _is_another(call: _Call, fragment: Mapping[str, Any]) -> bool:
    """Whether a fragment begins a new call, although it has the index of one that is whole."""
    named = bool(_function_of(fragment).get("name"))
    other = _id_of(fragment) not in {"", call.id}
    whole = call.pieces is not None and _problem("".join(call.pieces)) != _NO_OBJECT
    return named and other and whole


def _as_text(arguments: Any) -> str:  # noqa: ANN401 - any JSON value
    if arguments is None or isinstance(arguments, str):
        return arguments or ""
    return json.dumps(arguments, ensure_ascii=False)


def _problem(text: str) -> str | None:
    """Return the kind of diagnostic that arguments deserve, or None."""
    found = read_arguments(text, complete=bool(text.strip(BLANKS)))
    if not isinstance(found, InvalidArguments):
        return None
    return "arguments_not_object" if found.kind == "not_object" else _NO_OBJECT
