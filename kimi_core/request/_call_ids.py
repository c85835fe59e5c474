"""Tool calls and results without an id, given one: a call and its result say the same.

Owns: which result belongs to which call where an id is missing. May know: _json, errors. What
becomes of ids that are there is decided in `kimi_core.raw.tool_ids` and `_tool_results`.

Ids are missing in histories of servers that make none, of hosts that say an empty string
(@ai-sdk/moonshotai 3.0.59 mends missing, blank and repeated ones), and of frameworks that take the
tool's name in their place. A server pairs by id, and refuses the history, or loses a result.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, Any

from kimi_core._json import as_mapping
from kimi_core.errors import KimiConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["in_todays_words", "with_ids"]

_ROLES = {"chatbot": "assistant", "function": "tool", "model": "assistant"}


@dataclass(frozen=True, slots=True)
class _Made:
    """A call that was made, and whether its id was made here."""

    id: str
    name: str
    mended: bool


@dataclass(slots=True)
class _Turn:
    """A message with calls, and the results that came before the next one."""

    made: list[_Made] = field(default_factory=list[_Made])
    results: list[tuple[int, dict[str, Any]]] = field(
        default_factory=list[tuple[int, dict[str, Any]]]
    )


def in_todays_words(messages: Sequence[Mapping[str, Any]]) -> Sequence[Mapping[str, Any]]:
    """Return messages in which a ``function_call`` and its result are a tool call and its result.

    Servers and frameworks of before had one call in a message, and no ids; none is taken today. Nor
    are roles of other APIs: Gemini's "model".
    """
    if any("function_call" in one or one.get("role") in _ROLES for one in messages):
        return [_in_todays_words(message) for message in messages]
    return messages


def _in_todays_words(message: Mapping[str, Any]) -> dict[str, Any]:
    copy = dict(message)
    called = as_mapping(copy.pop("function_call", None))
    if called and not copy.get("tool_calls"):
        copy["tool_calls"] = [{"id": None, "type": "function", "function": dict(called)}]
    copy["role"] = _ROLES.get(str(copy.get("role")), copy.get("role"))
    return copy


def with_ids(messages: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return messages in which every call and every result has an id.

    A call without one gets Kimi's own form of it. A result without one belongs to a call that has
    no other: the first of its tool (some frameworks write the tool's name into the result, or take
    it for the id), otherwise the first of the turn, otherwise the first of an earlier turn. Where
    all have ids the messages come back equal.

    Args:
        messages: OpenAI-style messages. Not changed.

    Raises:
        KimiConfigError: For a result without an id where no call waits for one.
    """
    copies = [dict(message) for message in messages]
    if not any(map(_lacks_an_id, copies)):
        return copies
    turns = _turns(copies)
    called = {each.id for turn in turns for each in turn.made}
    answers = Counter(
        _text(result.get("tool_call_id")) for turn in turns for _, result in turn.results
    )
    earlier: list[_Made] = []
    for turn in turns:
        waiting = [each for each in turn.made if not _is_answered(each, answers)]
        for position, result in turn.results:
            identity = _text(result.get("tool_call_id"))
            if identity in called:
                continue
            found = _call_of(result, waiting, earlier)
            if found is not None:
                result["tool_call_id"] = found.id
                (waiting if found in waiting else earlier).remove(found)
            elif not identity:
                raise _nameless(position)
        earlier += waiting
    return copies


def _is_answered(made: _Made, answers: Counter[str]) -> bool:
    answers[made.id] -= 1
    return answers[made.id] >= 0


def _call_of(
    result: Mapping[str, Any], waiting: Sequence[_Made], earlier: Sequence[_Made]
) -> _Made | None:
    """Return the call that a result belongs to.

    A result with an id that no call has can only belong to a call of its turn that had none.
    """
    identity = _text(result.get("tool_call_id"))
    possible = [each for each in waiting if each.mended or not identity]
    names = {identity, _text(result.get("name"))}
    named = [each for each in possible if each.name in names]
    late: Sequence[_Made] = () if identity else earlier
    return next(iter([*named, *possible, *late]), None)


def _turns(messages: Sequence[dict[str, Any]]) -> list[_Turn]:
    """Cut a conversation before every message with calls, and give these their ids, in place."""
    used = {_text(call.get("id")) for message in messages for call in _calls(message)}
    turns = [_Turn()]
    for position, message in enumerate(messages):
        if message.get("role") == "tool":
            turns[-1].results.append((position, message))
        elif _calls(message):
            made = [_made(call, used) for call in _calls(message)]
            turns.append(_Turn(made))
            message["tool_calls"] = [
                {**call, "id": each.id} if each.mended else call
                for call, each in zip(_calls(message), made, strict=True)
            ]
    return turns


def _made(call: Mapping[str, Any], used: set[str]) -> _Made:
    name = _text((as_mapping(call.get("function")) or {}).get("name"))
    identity = _text(call.get("id"))
    if identity:
        return _Made(identity, name, mended=False)
    ids = (f"functions.{name}:{number}" for number in count())
    found = next(each for each in ids if each not in used)
    used.add(found)
    return _Made(found, name, mended=True)


def _lacks_an_id(message: Mapping[str, Any]) -> bool:
    if message.get("role") == "tool":
        return not _text(message.get("tool_call_id"))
    return not all(_text(call.get("id")) for call in _calls(message))


def _calls(message: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    return message.get("tool_calls") or ()


def _text(value: object) -> str:
    """Return an id as text; blanks are none."""
    return "" if value is None else str(value).strip() and str(value)


def _nameless(position: int) -> KimiConfigError:
    return KimiConfigError(
        f"messages[{position}] is the result of a tool and has no tool_call_id, and no call before "
        "it waits for a result; give it the id of its call, or leave it out."
    )
