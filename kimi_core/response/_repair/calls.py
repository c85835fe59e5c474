"""The calls of one answer, settled: what leaves can be run, or says why not.

Owns: `SettledCalls`, which stands between the numbering of calls and whoever reads the events; what
is told of a call while it comes, and what at its end. May know: its own files, events, raw,
request.

Every call ends here, of whole answers and of streams. Where a call cannot be run and the model may
be asked again, its end waits, and so does every call behind it, so that calls keep their order;
text and reasoning never wait.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from kimi_core.events import (
    ContentDelta,
    Diagnostic,
    ReasoningDelta,
    Repair,
    ToolCall,
    ToolCallArguments,
    ToolCallEnd,
    ToolCallStart,
)
from kimi_core.events.arguments import InvalidArguments, legal_json, read_arguments
from kimi_core.raw.tool_ids import unique_id
from kimi_core.raw.tool_names import fitting_name
from kimi_core.response._repair.growing import GrowingArguments
from kimi_core.response._repair.schema import CompiledSchema, compiled_schema
from kimi_core.response._repair.settle import Settled, settled_arguments
from kimi_core.response._repair.told import rest_of
from kimi_core.response._repair.words import kind_of, repair, says_an_object, undeclared

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kimi_core.events import Event
    from kimi_core.request import CallPolicy

__all__ = ["SettledCalls"]

SUPERSEDED = InvalidArguments("superseded", "the model said this call anew")
_UNTELLABLE = InvalidArguments(
    "schema", "the arguments are damaged behind a part that was already told"
)


@dataclass(slots=True)
class _Call:
    """One call on its way out.

    Attributes:
        start: As it is told: with the tool's own name.
        schema: The tool's; None where no tool is meant.
        growing: What has come of the arguments, and what of it was told.
        begun: Whether its start was told.
        complete: Whether it was closed; None while it is open.
        ended: Whether its end was told.
        settled: What became of its arguments, once that is known.
        repairs: What was mended of its name.
    """

    start: ToolCallStart
    schema: CompiledSchema | None
    growing: GrowingArguments
    begun: bool = False
    complete: bool | None = None
    ended: bool = False
    settled: Settled | None = None
    repairs: list[Repair] = field(default_factory=list[Repair])

    @property
    def index(self) -> int:
        return self.start.index

    @property
    def told(self) -> str:
        return "".join(self.growing.told)


class SettledCalls:
    """Settles the calls of one answer.

    Args:
        policy: What may be run.
        asks_again: Whether the model is asked again, so that calls that cannot be run wait.

    Attributes:
        diagnostics: What was mended, and what is not run.
    """

    def __init__(self, policy: CallPolicy, *, asks_again: bool) -> None:
        self._policy = policy
        self._mends = policy.mode == "repair"
        self._off = policy.mode == "off"
        self._calls: dict[int, _Call] = {}
        self._pieces: dict[int, list[str]] = {}
        self._asks_again = asks_again and policy.retries > 0
        self.diagnostics: list[Diagnostic] = []

    def take(self, events: list[Event]) -> list[Event]:
        """Take the events of one chunk; return what may be told now."""
        if len(events) == 1 and self._passes(events[0]):
            return events
        told: list[Event] = []
        for event in events:
            if isinstance(event, ToolCallArguments):
                self._arguments(event, told)
            elif isinstance(event, ToolCallStart):
                self._start(event, told)
            elif isinstance(event, ToolCallEnd):
                self._end(event, told)
            else:
                told.append(event)
        return told

    def _passes(self, event: Event) -> bool:
        """Whether an event is one of the many of which nothing has to be asked."""
        # isinstance would be half of the cost.
        if type(event) is not ToolCallArguments:
            return type(event) is ContentDelta or type(event) is ReasoningDelta
        if self._off:
            self._pieces[event.index].append(event.text)
            return True
        call = self._calls.get(event.index)
        return call is not None and call.growing.passes(event.text)

    def pieces(self, index: int) -> list[list[str]] | None:
        """Return where the arguments of a call are kept that stand in a string which is told.

        None where it is not told as it comes.
        """
        if self._off:
            return [self._pieces[index]]
        growing = self._calls[index].growing
        return [growing.raw, growing.told] if growing.is_plain else None

    # -- a call on its way -------------------------------------------------------------------------

    def _start(self, event: ToolCallStart, told: list[Event]) -> None:
        if self._off:
            self._pieces[event.index] = []
            told.append(event)
            return
        policy = self._policy
        name, repairs = event.name, list[Repair]()
        if self._mends and name not in policy.schemas:
            meant = self._tool_of(name) or self._tool_of_id(event)
            if meant is not None:
                repairs.append(repair("name", name, meant))
                name = meant
        known = name in policy.schemas
        schema = compiled_schema(policy.schemas[name] or {}) if known else None
        start = event if name == event.name else ToolCallStart(event.index, event.id, name)
        growing = GrowingArguments(name, schema or CompiledSchema({}), escapes=self._mends)
        call = _Call(start, schema, growing, repairs=repairs)
        waits = self._has_to_wait()
        self._calls[event.index] = call
        if known and not waits:
            self._begin(call, told)

    def _tool_of(self, name: str) -> str | None:
        meant = fitting_name(name, {**self._policy.schemas, **self._policy.own_names})
        return self._policy.own_names.get(meant, meant) if meant else None

    def _tool_of_id(self, event: ToolCallStart) -> str | None:
        """Return the tool that a K2 id names in full, where the name is one part of it.

        Of ``functions.get.weather:0`` older vLLM took the last part for the name, Moonshot's
        reference parser takes the second.
        """
        parts = event.id.partition(":")[0].split(".")
        return self._tool_of(event.id) if len(parts) > 2 and event.name in parts else None  # noqa: PLR2004

    def _has_to_wait(self) -> bool:
        """Whether a call in front may have to be asked for again."""
        return self._asks_again and not all(map(self._is_right, self._waiting()))

    def _is_right(self, call: _Call) -> bool:
        """Whether a call can be run, as far as it has come."""
        if call.schema is None:
            return False
        if call.complete is None and not call.growing.raw:
            return call.schema.fits({})  # nothing was said, which a server may mean
        if call.complete is None and not call.growing.clean:
            return False
        return self._settle(call).invalid is None

    def _begin(self, call: _Call, told: list[Event]) -> None:
        call.begun = True
        told.append(call.start)
        self.diagnostics += call.repairs

    def _arguments(self, event: ToolCallArguments, told: list[Event]) -> None:
        if self._off:
            self._pieces[event.index].append(event.text)
            told.append(event)
            return
        call = self._calls[event.index]
        if not call.begun:
            call.growing.raw.append(event.text)
            return
        call.settled = None
        text = self._whole(call, event.text) or call.growing.feed(event.text)
        if text == event.text:
            told.append(event)
        elif text:
            told.append(ToolCallArguments(event.index, text))

    def _whole(self, call: _Call, text: str) -> str:
        """Take arguments that came at once, as nearly all of answers that are not streamed do."""
        if call.growing.raw or call.schema is None or not text.endswith("}"):
            return ""
        settled = settled_arguments(text, call.start.name, call.schema, mends=False)
        if settled.invalid is not None or (self._mends and legal_json(text) != text):
            return ""
        call.settled = settled
        return call.growing.take_whole(text)

    def _end(self, event: ToolCallEnd, told: list[Event]) -> None:
        if self._off:
            self._end_unsettled(event, told)
            return
        call = self._calls[event.index]
        call.complete = event.complete
        if not event.complete:
            call.settled = None
        told += self._released() if self._asks_again else self._last(call)

    def _released(self) -> list[Event]:
        """Tell the end of every call in front of which none may have to be asked for again."""
        events: list[Event] = []
        for call in self._waiting():
            if not self._is_right(call):
                break
            if call.complete is not None:
                events += self._last(call)
        return events

    def _end_unsettled(self, event: ToolCallEnd, told: list[Event]) -> None:
        text = "".join(self._pieces[event.index])
        found = read_arguments(text)
        whole = not isinstance(found, InvalidArguments) or found.kind == "not_object"
        if event.complete and isinstance(found, InvalidArguments):
            self.diagnostics.append(Diagnostic(kind_of(found), text, 0))
        told.append(ToolCallEnd(event.index, event.complete and whole))

    # -- a call that is whole ----------------------------------------------------------------------

    def _settle(self, call: _Call) -> Settled:
        if call.settled is None:
            call.settled = self._settled(call, "".join(call.growing.raw))
        return call.settled

    def _settled(self, call: _Call, text: str) -> Settled:
        if call.complete is False:
            found = read_arguments(text, complete=False)
            return Settled(text, invalid=found if isinstance(found, InvalidArguments) else None)
        if call.schema is None:
            return Settled(text, invalid=undeclared(call.start.name, list(self._policy.schemas)))
        settled = settled_arguments(text, call.start.name, call.schema, mends=self._mends)
        if settled.invalid is None and rest_of(call.told, settled.text) is None:
            return Settled(text, invalid=_UNTELLABLE)
        return settled

    def _last(self, call: _Call) -> list[Event]:
        """Tell what was not told yet of a call, and its end."""
        call.ended = True
        events: list[Event] = []
        if not call.begun:
            self._begin(call, events)
        settled = self._settle(call)
        if settled.invalid is not None:
            return [*events, *self._last_of_invalid(call, settled.invalid)]
        rest = rest_of(call.told, settled.text)
        if rest:
            events.append(ToolCallArguments(call.index, rest))
        self.diagnostics += [repair(*change) for change in settled.changes]
        return [*events, ToolCallEnd(call.index, complete=True)]

    def _last_of_invalid(self, call: _Call, why: InvalidArguments) -> list[Event]:
        raw, told = "".join(call.growing.raw), call.told
        if call.complete:  # whoever read one that was cut has told so
            self.diagnostics.append(Diagnostic(kind_of(why), raw, 0))
        rest = raw[len(told) :] if raw.startswith(told) else ""
        events: list[Event] = [ToolCallArguments(call.index, rest)] if rest else []
        whole = bool(call.complete) and says_an_object(why)
        return [*events, ToolCallEnd(call.index, whole, None if why.kind == "cut" else why)]

    # -- the end of the answer ---------------------------------------------------------------------

    @property
    def asks_again(self) -> bool:
        """Whether calls that cannot be run wait."""
        return self._asks_again

    @property
    def asked_for(self) -> list[tuple[ToolCall, InvalidArguments | None]]:
        """All calls with the reason why one cannot be run, where one of them waits."""
        if not any(self._settle(call).invalid for call in self._waiting()):
            return []
        return [(_as_call(call), self._settle(call).invalid) for call in self._calls.values()]

    def _waiting(self) -> list[_Call]:
        return [call for call in self._calls.values() if not call.ended]

    def beginnings(self) -> list[Event]:
        """Tell what came of calls that are still open or wait, for an answer that breaks off."""
        events: list[Event] = []
        for call in self._waiting():
            if not call.begun:
                self._begin(call, events)
            raw, told = "".join(call.growing.raw), call.told
            if raw.startswith(told) and raw != told:
                events.append(ToolCallArguments(call.index, raw[len(told) :]))
        return events

    def close(self) -> list[Event]:
        """Tell what waits, as it is."""
        events: list[Event] = []
        for call in self._waiting():
            events += self._last(call)
        return events

    def resolve(self, answered: Sequence[ToolCall], *, whole: bool) -> list[Event]:
        """Tell what waits, with what the model said when it was asked again.

        Args:
            answered: Its calls, all of which can be run and none of which was kept before.
            whole: Whether it gave all that was asked for. Otherwise the calls that cannot be run
                are told as well.
        """
        held = [call for call in self._waiting() if self._settle(call).invalid is None]
        broken = [call for call in self._waiting() if call not in held]
        events: list[Event] = []
        for new in answered:
            events += self._tell_new(new, broken)
        for call in held:
            events += self._last(call)
        for call in broken:
            if call.begun or not whole:
                events += self._superseded(call) if whole else self._last(call)
        return events

    def _tell_new(self, new: ToolCall, broken: list[_Call]) -> list[Event]:
        """Tell a call: as the rest of one that was begun, where it begins as that does."""
        for call in broken:
            if not call.begun or call.start.name != new.name:
                continue
            rest = rest_of(call.told, new.arguments)
            if rest is not None:
                broken.remove(call)
                call.ended = True
                more: list[Event] = [ToolCallArguments(call.index, rest)] if rest else []
                return [*more, ToolCallEnd(call.index, complete=True)]
        unused = next((call for call in broken if not call.begun), None)
        if unused is not None:
            broken.remove(unused)
        index = unused.index if unused is not None else max(self._calls, default=-1) + 1
        start = ToolCallStart(index, self._unique(new.id), new.name)
        growing = GrowingArguments(new.name, CompiledSchema({}), escapes=False)
        growing.raw.append(new.arguments)
        self._calls[index] = _Call(
            start, None, growing, begun=True, complete=True, ended=True,
            settled=Settled(new.arguments),
        )  # fmt: skip
        text: list[Event] = [ToolCallArguments(index, new.arguments)]
        return [start, *text, ToolCallEnd(index, complete=True)]

    def _superseded(self, call: _Call) -> list[Event]:
        call.ended = True
        return [ToolCallEnd(call.index, complete=False, invalid=SUPERSEDED)]

    def _unique(self, identity: str) -> str:
        return unique_id(identity, {call.start.id for call in self._calls.values()}, {})


def _as_call(call: _Call) -> ToolCall:
    raw = "".join(call.growing.raw)
    text = call.settled.text if call.settled is not None else raw
    return ToolCall(call.index, call.start.id, call.start.name, text, bool(call.complete))
