"""The messages of a conversation, made fit to be sent.

Owns: what happens to history before a request: roles, reasoning, empty contents, tool-call ids.
May know: capabilities, errors, and from the raw room how ids are made native or unique. Never
changes the caller's messages.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kimi_core.errors import KimiConfigError
from kimi_core.raw._ids import unique_id
from kimi_core.raw._json import as_mapping, as_sequence
from kimi_core.raw.tool_ids import normalize_tool_call_ids
from kimi_core.schema import normalize_tools

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from kimi_core.capabilities import Capabilities

__all__ = ["prepare_history"]

# "" counts as missing; one blank is the least that is accepted (kimi-k2.6, live, 2026-05-05).
_REASONING_PLACEHOLDER = " "


def prepare_history(
    messages: Sequence[Mapping[str, Any]], capabilities: Capabilities, *, thinks: bool, keep: bool
) -> list[dict[str, Any]]:
    """Return new messages that this model at this endpoint accepts.

    Args:
        messages: OpenAI-style dicts; ``reasoning_content`` holds an assistant's reasoning whatever
            the server called it.
        capabilities: What the model at this endpoint can do.
        thinks: Whether the model will think in this turn.
        keep: Whether the caller wants the reasoning of every turn sent back.

    Returns:
        New dicts, in the same order.

    Raises:
        KimiConfigError: On the first-party API, for a tool call without its result or a result
            without its call.
    """
    raw = capabilities.api == "completions"
    whole = raw or keep or capabilities.info.keeps_reasoning
    prepared = [_with_role(message) for message in messages]
    for message in prepared:
        if capabilities.endpoint.first_party and message.get("tools"):
            message["tools"] = normalize_tools(message["tools"])
        if message.get("role") == "assistant":
            _carry_reasoning(message, capabilities, thinks=thinks, whole=whole)
        if not raw:
            _fill_content(message)
    if capabilities.endpoint.rewrites_tool_call_ids or raw:
        return normalize_tool_call_ids(prepared)
    if capabilities.endpoint.first_party:
        _check_results(prepared)
    return _with_unique_ids(prepared)


def _with_role(message: Mapping[str, Any]) -> dict[str, Any]:
    # "developer" is OpenAI's newer name for it; Moonshot's list of roles does not have it.
    out = dict(message)
    if out.get("role") == "developer":
        out["role"] = "system"
    return out


def _carry_reasoning(
    message: dict[str, Any], capabilities: Capabilities, *, thinks: bool, whole: bool
) -> None:
    reasoning = message.pop("reasoning_content", None)
    calls = message.get("tool_calls")
    if not calls:
        message.pop("tool_calls", None)
    if not thinks or not (calls or whole):
        return
    raw = capabilities.api == "completions"
    if calls and not reasoning and not raw:
        # Only the API asks for it; a prompt rendered here has an empty think block of its own.
        reasoning = _REASONING_PLACEHOLDER
    if reasoning:
        message["reasoning_content" if raw else capabilities.endpoint.reasoning_field] = reasoning


def _fill_content(message: dict[str, Any]) -> None:
    """Replace what a server refuses as empty.

    Beside calls an empty string is accepted, and a list with an empty text part is a 400; without
    calls an empty message is a 400 and one blank is accepted. A prefix to be continued may be
    empty, and a system message that brings tools must not have a content.
    """
    if message.get("partial") or message.get("tools"):
        return
    content = message.get("content")
    parts = as_sequence(content)
    if parts is not None:
        content = message["content"] = [part for part in parts if not _is_empty_text(part)]
    if not content:
        message["content"] = "" if message.get("tool_calls") else " "


def _is_empty_text(part: object) -> bool:
    fields = as_mapping(part) or {}
    return fields.get("type") == "text" and not fields.get("text")


def _check_results(messages: Sequence[Mapping[str, Any]]) -> None:
    """Refuse what Moonshot answers with a 400: a result may neither be missing nor be a stray."""
    waiting: dict[str, int] = {}
    called: set[str] = set()
    for position, message in enumerate(messages):
        if message.get("role") == "tool":
            identity = str(message.get("tool_call_id"))
            if identity not in called:
                error = (
                    f"messages[{position}] answers tool call {identity!r}, which no message before "
                    "it makes; Moonshot refuses that. Keep the assistant message with the call, or "
                    "leave the result out."
                )
                raise KimiConfigError(error)
            waiting.pop(identity, None)
            continue
        _refuse_waiting(waiting)
        for call in message.get("tool_calls") or ():
            called.add(str(call.get("id")))
            waiting[str(call.get("id"))] = position
    _refuse_waiting(waiting)


def _refuse_waiting(waiting: Mapping[str, int]) -> None:
    for identity, position in waiting.items():
        error = (
            f"messages[{position}] makes tool call {identity!r}, and no result follows it; "
            "Moonshot refuses that. Add a message with role 'tool' and this tool_call_id right "
            "after it, or leave the call out."
        )
        raise KimiConfigError(error)


def _with_unique_ids(messages: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
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
