"""The arguments of tool calls as the model wrote them, kept beside what a framework makes of them.

Owns: one entry of a message's ``additional_kwargs``, written with an answer and read when it goes
back as history; and the bracket that keeps a damaged call from being read as whole. May know:
_json, events.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, cast

from kimi_core._json import as_mapping, as_sequence
from kimi_core.events import ToolCall
from kimi_core.events.arguments import read_arguments, rewritten_arguments

__all__ = ["original_arguments", "restore_arguments", "spoiling_suffix"]

_NAME = "tool_call_arguments"
_STRING = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)
_BRACKET = re.compile(r"[{}\[\]]")


def original_arguments(calls: Iterable[ToolCall]) -> dict[str, dict[str, str]]:
    """Return the entry for a message: JSON text by id, of those calls that need it; mostly none."""
    kept = {
        call.id: call.arguments
        for call in calls
        if call.complete and rewritten_arguments(call.arguments) not in {None, call.arguments}
    }
    return {_NAME: kept} if kept else {}


def restore_arguments(calls: Iterable[dict[str, Any]], kept: Mapping[str, Any]) -> None:
    """Put the original text back into calls that still say the same.

    Args:
        calls: OpenAI-style tool calls; their arguments are replaced in place. A call whose
            arguments were changed (a middleware that edits, a human in the loop) stays changed.
        kept: The ``additional_kwargs`` of the message, ours or those of another class, which keep
            OpenAI's own ``tool_calls``.
    """
    if _NAME not in kept and "tool_calls" not in kept:  # nearly every message of a conversation
        return
    texts = {**_of_openai(kept.get("tool_calls")), **_texts(kept.get(_NAME))}
    for call in calls:
        text = texts.get(call["id"])
        if text is not None and rewritten_arguments(text) == call["function"]["arguments"]:
            call["function"]["arguments"] = text


def _texts(found: object) -> dict[str, str]:
    items = cast("Mapping[str, object]", found).items() if isinstance(found, Mapping) else ()
    return {name: text for name, text in items if isinstance(text, str)}


def _of_openai(found: object) -> dict[str, str]:
    calls = [call for one in as_sequence(found) or () if (call := as_mapping(one))]
    functions = [(call.get("id"), as_mapping(call.get("function")) or {}) for call in calls]
    return _texts({name: function.get("arguments") for name, function in functions})


def spoiling_suffix(
    read: Callable[[str], object],
    arguments: str,
    complete: bool,  # noqa: FBT001 - as `Deltas` calls it
) -> str:
    """Return what to append to a call's arguments so that they are not read as whole; mostly "".

    langchain-core closes every open bracket when chunks are added up: a call that was cut off at
    ``{"path": "/home/u`` would be run. With a bracket that fits nowhere it is invalid.

    Args:
        read: The framework's lenient reader of JSON; it may raise a ValueError.
        arguments: All of the text.
        complete: Whether the call was closed and may be run.
    """
    if isinstance(read_arguments(arguments, complete=complete), dict):
        return ""
    return misfit(arguments) if _reads_as_whole(read, arguments) else ""


def _reads_as_whole(read: Callable[[str], object], text: str) -> bool:
    try:
        if isinstance(read(text or "{}"), dict):
            return True
        json.loads(text)  # `stream_events` of langchain-core does not ask whether it is an object
    except (ValueError, RecursionError):
        return False
    return True


def misfit(text: str) -> str:
    """Return a closing bracket that fits nothing, behind the quotes that end an open string.

    Appended to arguments, it keeps a reader that closes what is open from taking them for whole.
    """
    outside, quote, inside = _STRING.sub("", text).partition('"')
    opened: list[str] = []
    for bracket in _BRACKET.findall(outside):
        if bracket in "{[":
            opened.append(bracket)
        elif opened:
            opened.pop()
    escaped = (len(inside) - len(inside.rstrip("\\"))) % 2
    return quote * (1 + escaped) + ("}" if opened and opened[-1] == "[" else "]")
