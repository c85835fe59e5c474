"""Tool calls that a server parsed itself -> events.

Owns: which call a fragment of ``tool_calls`` belongs to, whatever is missing from it.
May know: _json, events.

Seen in recordings and issues: two calls in one chunk, calls that interleave, a whole call in one
delta, ids and names that are null or empty in later fragments, no index at all, one as text or the
same one for all calls (BerriAI/litellm issue 33678), one id for all calls, ids and names that stand
in every fragment, arguments that are an object instead of text, and a call cut by the token limit
and reported as whole, with ``{}`` in place of arguments that never came (vLLM 0.32.0).

What two fragments of one index are, by the second of them:

====================  ==========================================================================
it brings             and is
====================  ==========================================================================
no name               more of a call: of the one with its id, otherwise of the last of that index
another name          another call, whatever the ids
the name, its id      more of that call
the name, another id  another call; more of it where its arguments have begun and are not whole
                      (a server that makes a new id for every fragment)
the name, no id       more of that call; another one where it is whole and there are arguments
====================  ==========================================================================

A name may come in pieces, as every field of a delta may: one that a declared name goes on behind
waits for the next fragment, and both are one name where the two together are declared, or begin a
name that is.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from kimi_core._json import as_mapping, as_sequence
from kimi_core.events import (
    Diagnostic,
    Event,
    ToolCallArguments,
    ToolCallEnd,
    ToolCallStart,
)
from kimi_core.events.arguments import BLANKS, InvalidArguments, read_arguments
from kimi_core.events.open_string import OpenString

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["ServerCalls", "calls_of"]

_NO_OBJECT = "invalid_arguments"


class _Names(Protocol):
    """What is known of the declared names; see `kimi_core.request.CallPolicy`."""

    def begins(self, name: str) -> bool: ...
    def declares(self, name: str) -> bool: ...


class _Fragment(NamedTuple):
    """One fragment, read once; what is missing is empty."""

    slot: int | None  # the index that the server gave it
    id: str
    name: str
    arguments: str


@dataclass(slots=True)
class _Call:
    index: int
    slot: int | None  # likewise
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

    def __init__(self, names: _Names) -> None:
        """Start with no call.

        Args:
            names: The declared names.
        """
        self._names = names
        self._calls: list[_Call] = []
        self.diagnostics: list[Diagnostic] = []

    @property
    def any(self) -> bool:
        """Whether there is a call."""
        return bool(self._calls)

    def more(self, slot: Any, text: str) -> Event | None:  # noqa: ANN401 - as a server says it
        """Return more of the last call's arguments, where some have come; None takes nothing.

        Args:
            slot: The index that the server gave the fragment.
            text: The fragment, or several joined; it says nothing else.
        """
        last = self._calls[-1] if self._calls else None
        if last is None or last.slot != slot or not last.pieces or not text:
            return None
        last.pieces.append(text)
        return ToolCallArguments(last.index, text)

    @property
    def told(self) -> OpenString | None:
        """The last call's arguments, where some have come: more of them is told as it comes."""
        last = self._calls[-1] if self._calls else None
        return OpenString(last.index, last.pieces) if last is not None and last.pieces else None

    @property
    def named(self) -> bool:
        """Whether there is a call whose tool is known; relays send empty fragments, too."""
        return any(call.name for call in self._calls)

    @property
    def nameless(self) -> str:
        """Arguments that came without a name, asked where no call has one; mostly empty."""
        return "\n".join(f"{call.id} {call.waiting}".strip() for call in self._calls)

    def feed(self, fragments: Sequence[Mapping[str, Any]], *, whole: bool = False) -> list[Event]:
        """Take the ``tool_calls`` of one delta or of one message.

        Args:
            fragments: Its entries.
            whole: Whether they are those of a message that was not streamed: each is a call.
        """
        events: list[Event] = []
        known = len(self._calls)
        for said in fragments:
            more = None if whole else self._continued(said)
            if more is not None:
                events += more
                continue
            fragment = _read(said)
            call = None if whole else self._call_of(fragment, known)
            if call is None:
                events += self._start_declared()
                call = _Call(len(self._calls), slot=fragment.slot)
                self._calls.append(call)
            events += self._fragment(call, fragment)
        return events

    def close(self, *, cut: bool, filled: bool = False) -> list[Event]:
        """End all calls.

        Args:
            cut: Whether the answer hit the token limit, so that the last call may be a beginning.
            filled: Whether the server hid that it did; then ``{}`` in the last call is nothing that
                the model wrote.
        """
        events: list[Event] = []
        for position, call in enumerate(self._calls, 1):
            last = position == len(self._calls)
            events += self._end(call, cut=cut and last, filled=filled and last)
        return events

    def _continued(self, said: Mapping[str, Any]) -> list[Event] | None:
        """Return more of the last call, of a fragment that says nothing else, as nearly all do."""
        last = self._calls[-1] if self._calls else None
        function = as_mapping(said.get("function"))
        if last is None or last.slot != said.get("index") or function is None:
            return None
        arguments = function.get("arguments")
        if said.get("id") or function.get("name") or not isinstance(arguments, str):
            return None
        return self._more(last, arguments) if last.started else None

    def _call_of(self, fragment: _Fragment, known: int) -> _Call | None:
        """Return the call that a fragment continues, or None where it begins one.

        Args:
            fragment: The fragment.
            known: How many calls there were before this delta.
        """
        slot, identity, name, _ = fragment
        latest = self._latest(slot)
        same = [call for call in latest if call.id == identity and name in {"", call.name}]
        if identity and same:
            call = same[0]
        elif not latest or (slot is None and identity):
            return None
        else:
            call = latest[0]
        # No server that knows what it does cuts a call in two within one delta.
        beside = bool(name) and call.index >= known and (slot is None or _is_whole(call))
        return None if beside or self._is_another(call, fragment) else call

    def _is_another(self, call: _Call, fragment: _Fragment) -> bool:
        """Whether a fragment begins a new call, although it has the index of this one."""
        _, identity, name, arguments = fragment
        if not name or not call.name:
            return False
        if name != call.name:
            return not self._is_piece(call, fragment)
        if identity and call.id:
            return identity != call.id and (_is_whole(call) or not call.pieces)
        return _is_whole(call) and bool(arguments.strip(BLANKS))

    def _is_piece(self, call: _Call, fragment: _Fragment) -> bool:
        """Whether a fragment's name is more of the name of a call that waits for it."""
        same = fragment.id in {"", call.id} or not call.id
        if call.started or not same:
            return False
        name = call.name + fragment.name
        return self._names.declares(name) or self._names.begins(name)

    def _latest(self, slot: int | None) -> list[_Call]:
        """Return the calls that a fragment with this index may belong to, the newest first."""
        newest = self._calls[::-1]
        if slot is None:
            return newest
        return [call for call in newest if call.slot == slot] or [
            call for call in newest[:1] if call.slot is None
        ]

    def _fragment(self, call: _Call, fragment: _Fragment) -> list[Event]:
        call.id = call.id or fragment.id
        arguments = fragment.arguments
        if call.started:
            return self._more(call, arguments)
        if fragment.name != call.name:
            call.name += fragment.name
        call.waiting += arguments
        if not call.name or (not call.waiting and self._names.begins(call.name)):
            return []
        return self._start(call)

    def _start_declared(self) -> list[Event]:
        """Start the calls that wait for more of a name which is one as it stands."""
        waiting = [call for call in self._calls if call.name and not call.started]
        named = [call for call in waiting if self._names.declares(call.name)]
        return [event for call in named for event in self._start(call)]

    def _start(self, call: _Call) -> list[Event]:
        call.started = True
        call.pieces = []
        # The reader of the answer makes ids unique, over all sources.
        identity = call.id or f"functions.{call.name}:{call.index}"
        start = ToolCallStart(call.index, identity, call.name)
        return [start, *self._more(call, call.waiting)]

    def _more(self, call: _Call, arguments: str) -> list[Event]:
        if not arguments or call.pieces is None:
            return []
        if arguments == "{}" and not call.pieces:
            call.said_empty = True
            return []
        call.pieces.append(arguments)
        return [ToolCallArguments(call.index, arguments)]

    def _end(self, call: _Call, *, cut: bool, filled: bool) -> list[Event]:
        if not call.name:
            lost = f"{call.id} {call.waiting}".strip()
            self.diagnostics.append(Diagnostic("call_without_name", lost, 0))
            return []
        events = [] if call.started else self._start(call)
        text = "".join(call.pieces or ())
        if not text.strip(BLANKS) and (not cut or (call.said_empty and not filled)):
            end = ToolCallEnd(call.index, complete=True)
            return [*events, ToolCallArguments(call.index, "{}"), end]
        broken = cut and _problem(text) == _NO_OBJECT
        if broken:
            self.diagnostics.append(Diagnostic(_NO_OBJECT, text, 0))
        return [*events, ToolCallEnd(call.index, complete=not broken)]


def calls_of(said: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the fragments of calls in a delta or a message.

    Servers of OpenAI's first form say a single call as ``function_call``, without index and id:
    its name, then pieces of its arguments. Where one says both, they are the same call.
    """
    given = said.get("tool_calls")
    listed: Sequence[Any] = as_sequence(given) or (_without_a_list(given) if given else ())
    found = [call for one in listed if (call := as_mapping(one))]
    if found:
        return found
    odd: Any = next((one for one in listed if one), None) if listed else None
    if odd:
        # Told as a call without a name, or it were lost in silence.
        return [{"id": str(odd)}]
    legacy = as_mapping(said.get("function_call")) or {}
    filled = legacy.get("name") or legacy.get("arguments")
    return [{"function": legacy}] if filled else []


def _without_a_list(said: Any) -> Sequence[Any]:  # noqa: ANN401 - any JSON value
    """Return what stands in place of the list of calls: one of them, or all by their indices."""
    by_index = as_mapping(said)
    if not by_index or "function" in by_index or "name" in by_index:
        return [said]
    return list(by_index.values())


def _read(said: Mapping[str, Any]) -> _Fragment:
    index, function = said.get("index"), as_mapping(said.get("function"))
    if function is None:  # some leave the level out that holds name and arguments alone
        function = said
    if isinstance(index, str) and index.strip().isdecimal():
        index = int(index)
    return _Fragment(
        index if isinstance(index, int) else None,
        str(said.get("id") or ""),
        str(function.get("name") or ""),
        _as_text(function.get("arguments")),
    )


def _is_whole(call: _Call) -> bool:
    text = "".join(call.pieces or ())
    return bool(text.strip(BLANKS)) and _problem(text) != _NO_OBJECT


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
