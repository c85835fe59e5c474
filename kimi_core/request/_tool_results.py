"""Tool calls and their results in a history: each call has one id of its own, and a result.

Owns: making repeated ids unique, putting results where their calls are, and standing in for those
that are missing. May know: _json, errors, raw. Never changes the messages that it is given.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kimi_core._json import as_mapping
from kimi_core.errors import KimiConfigError
from kimi_core.raw.tool_ids import is_native, unique_id

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["NO_RESULT", "is_in_order", "with_echoes", "with_results", "with_unique_ids"]

NO_RESULT = "No result of this call was recorded."
"""What is sent as the result of a call that has none."""


def is_in_order(messages: Sequence[Mapping[str, Any]], *, native: bool) -> bool:
    """Whether each call has an id of its own, and its one result right behind it.

    So it is in nearly every conversation, of which nothing has to be copied, renamed or moved then:
    with a thousand messages that took a third of the time of a request.

    Args:
        messages: A history.
        native: Whether the ids have to be those that K2 models understand.
    """
    given: set[str] = set()
    waiting: set[str] = set()
    for message in messages:
        if message.get("role") == "tool":
            answered = message.get("tool_call_id")
            if not isinstance(answered, str) or answered not in waiting:
                return False
            waiting.remove(answered)
        elif waiting:
            return False
        elif calls := message.get("tool_calls"):
            for call in calls:
                identity = call.get("id")
                if not isinstance(identity, str) or not identity.strip() or identity in given:
                    return False
                if native and not is_native(call):
                    return False
                given.add(identity)
                waiting.add(identity)
    return not waiting


def with_results(
    messages: Sequence[dict[str, Any]], *, refuse_strays: bool
) -> list[dict[str, Any]]:
    """Put the results of every call right behind the message that makes it.

    A call whose result is missing gets one that says so (`NO_RESULT`), whatever the endpoint:
    Moonshot's API answers such a history with a 400, relays may lead to that API, and histories
    like it come from the frameworks, not from a mistake of the caller: LlamaIndex's FunctionAgent
    leaves them behind parallel calls of which one returns directly, and LangGraph behind an
    interrupted run. So there is no warning either. Results that come late (a recorded conversation
    of deer-flow has one after the assistant's next message) are moved, and those of one message
    keep their order.

    Args:
        messages: A history in which every call has an id of its own.
        refuse_strays: Whether a result without a call is an error; otherwise it stays where it is.

    Raises:
        KimiConfigError: For a result whose call nobody made, where those are refused.
    """
    turns: list[list[dict[str, Any]]] = []
    turn_of: dict[str, list[dict[str, Any]]] = {}
    for position, message in enumerate(messages):
        identity = str(message.get("tool_call_id"))
        if message.get("role") == "tool" and identity in turn_of:
            turn_of[identity].append(message)
            continue
        if message.get("role") == "tool" and refuse_strays:
            raise _stray(position, identity)
        turns.append([message])
        turn_of.update((identity, turns[-1]) for identity in _call_ids(message))
    return [message for turn in turns for message in (*turn, *_missing(turn))]


def with_echoes(messages: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Answer the calls of Moonshot's own functions, whose names begin with ``$``, with their words.

    ``$web_search`` runs inside the next request, and what it is to do stands in its arguments:
    Moonshot wants them back unchanged. An agent that does not know this answers that there is no
    such tool (LangGraph's ToolNode), and one that does writes the JSON anew.
    """
    said: dict[str, str] = {}
    echoed: list[dict[str, Any]] = []
    for message in messages:
        for call in message.get("tool_calls") or ():
            function = as_mapping(call.get("function")) or {}
            if str(function.get("name")).startswith("$"):
                said[str(call.get("id"))] = str(function.get("arguments") or "{}")
        is_result = said and message.get("role") == "tool"
        asked = said.get(str(message.get("tool_call_id"))) if is_result else None
        echoed.append(message if asked is None else {**message, "content": asked})
    return echoed


def _call_ids(message: Mapping[str, Any]) -> list[str]:
    return [str(call.get("id")) for call in message.get("tool_calls") or ()]


def _missing(turn: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    answered = {str(result.get("tool_call_id")) for result in turn[1:]}
    return [
        {"role": "tool", "tool_call_id": identity, "content": NO_RESULT}
        for identity in _call_ids(turn[0])
        if identity not in answered
    ]


def _stray(position: int, identity: str) -> KimiConfigError:
    return KimiConfigError(
        f"messages[{position}] answers tool call {identity!r}, which no message before it makes; "
        "Moonshot refuses that. Keep the assistant message with the call, or leave the result out."
    )


def with_unique_ids(messages: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rename every repetition of an id, and its result; the first stays verbatim.

    K3 numbers its calls from 0 in every turn, and the API that made these ids refuses a history
    that holds them twice. Renaming all would cost later calls (openclaw PR 70030).
    """
    used: set[str] = set()
    counters: dict[str, int] = {}
    latest: dict[str, list[str]] = {}
    renamed: list[dict[str, Any]] = []
    for message in messages:
        out = dict(message)
        if out.get("tool_calls"):
            calls: list[dict[str, Any]] = []
            turn: dict[str, list[str]] = {}
            for call in message["tool_calls"]:
                unique = unique_id(str(call.get("id")), used, counters)
                used.add(unique)
                turn.setdefault(str(call.get("id")), []).append(unique)
                calls.append({**call, "id": unique})
            out["tool_calls"] = calls
            latest.update(turn)
        elif out.get("role") == "tool":
            ids = latest.get(str(out.get("tool_call_id")), [])
            if ids:
                out["tool_call_id"] = ids.pop(0) if len(ids) > 1 else ids[0]
        renamed.append(out)
    return renamed
