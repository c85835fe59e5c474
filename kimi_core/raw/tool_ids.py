"""Ids of tool calls, in the one form that K2 models were trained on.

Owns: that form, ``functions.{name}:{n}``, the rewriting of a conversation into it, and how equal
ids are told apart.
May know: _json. It neither renders nor parses a prompt.

In a K2 prompt the id alone says which tool a result belongs to, and it is what the model imitates.
Foreign ids (``call_abc``, ``toolu_…``, ``chatcmpl-tool-…``) break the calls that follow: one client
saw 1 of 10 succeed with them and 12 of 12 after rewriting (kimchi PR 1066; see also Kimi-K2
issue 128 and vLLM 50768). Source of the form: Kimi-K2, docs/tool_call_guidance.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from kimi_core._json import Message

__all__ = ["is_native", "normalize_tool_call_ids", "unique_id"]

# More digits than a counter can have would be a name in disguise.
_NATIVE = re.compile(r"functions\.(?P<name>.+):(?P<number>[0-9]{1,9})", re.DOTALL)


def normalize_tool_call_ids(messages: Sequence[Message]) -> list[dict[str, Any]]:
    """Give every tool call of a conversation an id that K2 models understand.

    An id that already is ``functions.{name}:{n}``, names its own function and has not occurred
    before, stays verbatim. All others are rewritten with a counter over the conversation. Each
    result follows its call: by id within its turn, then by id over earlier turns, then by name and
    position among the calls of its turn that are still unanswered. A result without any call keeps
    its id.

    Args:
        messages: OpenAI-style messages, whole conversation, oldest first. Not modified.

    Returns:
        A new list of new message dicts; nested values that did not change are shared with the
        input. Doing it twice changes nothing more.
    """
    copies = [dict(message) for message in messages]
    ids = _Ids.reserving(copies)
    known: dict[str, str] = {}
    for turn in _turns(copies):
        turn.rename_calls(ids)
        turn.rename_results(known)
        known.update(turn.renamed())
    return copies


def unique_id(raw: str, used: set[str], counters: dict[str, int]) -> str:
    """Return the id, or the id with ``__2``, ``__3`` ... where it is used already.

    Args:
        raw: The id.
        used: All ids of the message so far.
        counters: The last number tried for each id; kept between calls, so that a thousand equal
            ids do not cost a million trials.
    """
    unique = raw
    while unique in used:
        counters[raw] = counters.get(raw, 1) + 1
        unique = f"{raw}__{counters[raw]}"
    return unique


@dataclass(slots=True)
class _Ids:
    """Which ids are given out, and the next number of the conversation's counter."""

    reserved: set[str]
    given: set[str] = field(default_factory=set[str])
    next_number: int = 0

    @classmethod
    def reserving(cls, messages: Iterable[Message]) -> _Ids:
        """Set aside all native ids, so that a new id never equals one that appears later."""
        calls = (call for message in messages for call in _calls(message))
        ids = {str(call.get("id")) for call in calls if is_native(call)}
        results = (
            str(message["tool_call_id"]) for message in messages if "tool_call_id" in message
        )
        return cls(ids | {result for result in results if _NATIVE.fullmatch(result)})

    def id_for(self, call: Mapping[str, Any]) -> str:
        """Return the call's own id where it may stay, otherwise a new one."""
        chosen = str(call.get("id"))
        native = _NATIVE.fullmatch(chosen) if is_native(call) else None
        if native and chosen not in self.given:
            self.next_number = max(self.next_number, int(native["number"]) + 1)
        else:
            chosen = self._new(_name(call))
        self.given.add(chosen)
        return chosen

    def _new(self, name: str) -> str:
        while True:
            chosen = f"functions.{name}:{self.next_number}"
            self.next_number += 1
            if chosen not in self.reserved:
                return chosen


@dataclass(slots=True)
class _Answerable:
    """A call that waits for its result."""

    original: str
    name: str
    id: str = ""
    answered: bool = False


@dataclass(slots=True)
class _Turn:
    """An assistant message with its calls, and the results that came before the next one."""

    message: dict[str, Any]
    results: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    calls: list[_Answerable] = field(default_factory=list[_Answerable])

    def rename_calls(self, ids: _Ids) -> None:
        """Replace the message's calls by copies with their new ids."""
        if not _calls(self.message):
            return
        renamed: list[Any] = []
        for call in _calls(self.message):
            answerable = _Answerable(str(call.get("id")), _name(call), ids.id_for(call))
            self.calls.append(answerable)
            renamed.append({**call, "id": answerable.id})
        self.message["tool_calls"] = renamed

    def rename_results(self, known: Mapping[str, str]) -> None:
        """Pair by id first, all results, so that a stray one cannot take another's call."""
        strays = [result for result in self.results if not self._pair_by_id(result, known)]
        for result in strays:
            self._pair_by_position(result)

    def renamed(self) -> dict[str, str]:
        """Return the new id under each original one."""
        return {call.original: call.id for call in self.calls}

    def _pair_by_id(self, result: dict[str, Any], known: Mapping[str, str]) -> bool:
        wanted = str(result.get("tool_call_id"))
        same = [call for call in self.calls if call.original == wanted]
        call = next((call for call in same if not call.answered), same[0] if same else None)
        if call is not None:
            call.answered = True
            result["tool_call_id"] = call.id
        elif wanted in known:
            result["tool_call_id"] = known[wanted]
        return call is not None or wanted in known

    def _pair_by_position(self, result: dict[str, Any]) -> None:
        waiting = [call for call in self.calls if not call.answered]
        named = [call for call in waiting if call.name == result.get("name")]
        for call in (*named, *waiting)[:1]:
            call.answered = True
            result["tool_call_id"] = call.id


def _turns(messages: Iterable[dict[str, Any]]) -> list[_Turn]:
    """Cut a conversation before every assistant message with calls."""
    turns = [_Turn({})]
    for message in messages:
        if message.get("role") == "tool":
            turns[-1].results.append(message)
        elif _calls(message):
            turns.append(_Turn(message))
    return turns


def _calls(message: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    return message.get("tool_calls") or ()


def _name(call: Mapping[str, Any]) -> str:
    function: Mapping[str, Any] = call.get("function") or {}
    return str(function.get("name") or "")


def is_native(call: Mapping[str, Any]) -> bool:
    """Whether a call has an id of that form which names its own function."""
    native = _NATIVE.fullmatch(str(call.get("id")))
    return native is not None and native["name"] == _name(call)
