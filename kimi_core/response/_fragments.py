"""Tool calls that a server parsed itself -> events.

Owns: which call a fragment of ``tool_calls`` belongs to, whatever is missing from it.
May know: its own files, _json, events.

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
another name          another call, whatever the ids; more of the name, where it may come in pieces
the name, its id      more of that call
the name, another id  another call; more of it where its arguments have begun and are not whole
                      (a server that makes a new id for every fragment)
the name, no id       more of that call; another one where it is whole and there are other arguments
====================  ==========================================================================

A name may come in pieces, as every field of a delta may, or again with more of it: one that a
declared name goes on behind waits for the next fragment, and both are one name where the two
together are declared, or begin a name that is. An index may change in the middle of a call (a
server that counts fragments): what has no name of its own goes on with the call that is not whole.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from kimi_core._json import as_mapping
from kimi_core.events import (
    Diagnostic,
    Event,
    ToolCallArguments,
    ToolCallEnd,
    ToolCallStart,
)
from kimi_core.events.arguments import BLANKS, InvalidArguments, read_arguments
from kimi_core.events.open_string import OpenString
from kimi_core.response._fragment import Fragment, read_fragment

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["ServerCalls"]

_NO_OBJECT = "invalid_arguments"
# How often each piece of arguments may be looked at to see whether they are whole, and how many of
# all pieces at least.
_LOOKS, _LEAST_LOOKS = 4, 1000


class _Names(Protocol):
    """What is known of the declared names; see `kimi_core.request.CallPolicy`."""

    def begins(self, name: str) -> bool: ...
    def declares(self, name: str) -> bool: ...


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
    looks: int = 0  # pieces that were looked at to see whether the arguments are whole


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
            fragment = read_fragment(said)
            call = None if whole else self._call_of(fragment, known)
            if call is None:
                events += self._start_declared()
                call = _Call(len(self._calls), slot=fragment.slot)
                self._calls.append(call)
            events += self._fragment(call, fragment)
        return events

    def feed_again(self, fragments: Sequence[Mapping[str, Any]]) -> list[Event]:
        """Take the calls of a message that says again what came in pieces, and may say more."""
        events: list[Event] = []
        known = [*self._calls]
        for said in fragments:
            fragment = read_fragment(said)
            call = next((one for one in known if _is_of(fragment, one)), None)
            if call is None:
                events += self.feed([said], whole=True)
                continue
            known.remove(call)
            told = "".join(call.pieces or ()) or call.waiting
            more = fragment.arguments.removeprefix(told)
            if more != fragment.arguments or not told:
                events += self._fragment(call, fragment._replace(arguments=more))
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

    def _call_of(self, fragment: Fragment, known: int) -> _Call | None:
        """Return the call that a fragment continues, or None where it begins one.

        Args:
            fragment: The fragment.
            known: How many calls there were before this delta.
        """
        slot, identity, name, _ = fragment
        latest = self._latest(slot) or self._moved(fragment)
        same = [call for call in latest if call.id == identity and name in {"", call.name}]
        if identity and same:
            call = same[0]
        elif not latest or (slot is None and identity):
            return None
        else:
            call = latest[0]
        # No server that knows what it does cuts a call in two within one delta.
        beside = bool(name) and call.index >= known and (slot is None or _is_whole(call))
        alone = beside and self._joined(call, fragment) is None
        return None if alone or self._is_another(call, fragment) else call

    def _is_another(self, call: _Call, fragment: Fragment) -> bool:
        """Whether a fragment begins a new call, although it has the index of this one."""
        _, identity, name, arguments = fragment
        if not name or not call.name:
            return False
        if name != call.name:
            return self._joined(call, fragment) is None
        if identity and call.id:
            return identity != call.id and (_is_whole(call) or not call.pieces)
        whole = bool(arguments.strip(BLANKS)) and _is_whole(call)
        return whole and not _means_same("".join(call.pieces or ()), arguments)

    def _joined(self, call: _Call, fragment: Fragment) -> str | None:
        """Return the name of a call that waits for more of it, and gets this; None for no more."""
        first, more = call.name, fragment.name
        same = fragment.id in {"", call.id} or not call.id
        if call.started or first == more or not same:
            return None
        if not call.id and self._names.declares(first) and self._names.declares(more):
            return None
        again = [more] if more.startswith(first) else []
        names = (first + more, *again)
        known = (it for it in names if self._names.declares(it) or self._names.begins(it))
        return next(known, None)

    def _moved(self, fragment: Fragment) -> list[_Call]:
        """Return the call that goes on under an index that none has; mostly none does."""
        slot, identity, name, _ = fragment
        if slot is None or (name and not identity):  # a name at a new index begins a call
            return []
        named = [call for call in self._calls if not identity or call.id == identity][-1:]
        for call in named:
            begun = bool(call.pieces) or (not name and not call.said_empty)
            same = bool(call.name) and name in {"", call.name}
            if same and begun and not _is_whole(call):
                call.slot = slot
                return [call]
        return []

    def _latest(self, slot: int | None) -> list[_Call]:
        """Return the calls that a fragment with this index may belong to, the newest first."""
        newest = self._calls[::-1]
        if slot is None:
            return newest
        return [call for call in newest if call.slot == slot] or [
            call for call in newest[:1] if call.slot is None
        ]

    def _fragment(self, call: _Call, fragment: Fragment) -> list[Event]:
        call.id = call.id or fragment.id
        arguments = fragment.arguments
        if call.started:
            return [] if self._repeats(call, fragment) else self._more(call, arguments)
        if fragment.name != call.name:
            call.name = self._joined(call, fragment) or call.name or fragment.name
        if arguments == "{}" and not call.waiting:
            call.said_empty, arguments = True, ""
        call.waiting += arguments
        if not call.name or (not arguments and self._names.begins(call.name)):
            return []
        return self._start(call)

    def _repeats(self, call: _Call, fragment: Fragment) -> bool:
        """Whether a fragment says all of a call again, as servers do at the end of one."""
        _, identity, name, arguments = fragment
        may = bool(identity or name) and arguments.endswith("}")
        return may and _is_whole(call) and _means_same("".join(call.pieces or ()), arguments)

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


def _is_whole(call: _Call) -> bool:
    """Whether a call's arguments are whole, in time that grows with their length."""
    if not call.pieces or not call.pieces[-1].rstrip(BLANKS).endswith(("}", "]", '"')):
        return False
    looks = call.looks + len(call.pieces)
    if looks > _LOOKS * len(call.pieces) + _LEAST_LOOKS:
        return False
    call.looks = looks
    return _problem("".join(call.pieces)) != _NO_OBJECT


def _is_of(fragment: Fragment, call: _Call) -> bool:
    """Whether a whole call is one that came in pieces."""
    slot, identity, name, arguments = fragment
    if identity and identity == call.id:
        return True
    told = "".join(call.pieces or ())
    same = arguments.startswith(told) or _means_same(told, arguments)
    return name == call.name and (same or (slot is not None and slot == call.slot))


def _means_same(first: str, other: str) -> bool:
    meant = read_arguments(first)
    return not isinstance(meant, InvalidArguments) and meant == read_arguments(other)


def _problem(text: str) -> str | None:
    """Return the kind of diagnostic that arguments deserve, or None."""
    found = read_arguments(text, complete=bool(text.strip(BLANKS)))
    if not isinstance(found, InvalidArguments):
        return None
    return "arguments_not_object" if found.kind == "not_object" else _NO_OBJECT
