"""The arguments of tool calls as the model wrote them.

Owns: one entry of ``additional_kwargs``, written with an answer and read when it goes back as
history. May know: events.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from kimi_core.events.arguments import rewritten_arguments

if TYPE_CHECKING:
    from collections.abc import Iterable

    from kimi_core.events import ToolCall

__all__ = ["original_arguments", "restore_arguments"]

_NAME = "tool_call_arguments"


def original_arguments(calls: Iterable[ToolCall]) -> dict[str, dict[str, str]]:
    """Return the entry for a message: JSON text by id, of those calls that need it; mostly one."""
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
        kept: The ``additional_kwargs`` of the message, ours or those of a `ChatOpenAI`, which keep
            OpenAI's own ``tool_calls``.
    """
    texts = {**_of_openai(kept.get("tool_calls")), **_texts(kept.get(_NAME))}
    for call in calls:
        text = texts.get(call["id"])
        if text is not None and rewritten_arguments(text) == call["function"]["arguments"]:
            call["function"]["arguments"] = text


def _texts(found: Any) -> dict[str, str]:  # noqa: ANN401 - whatever a stored message holds
    items = found.items() if isinstance(found, Mapping) else ()
    return {name: text for name, text in items if isinstance(text, str)}


def _of_openai(found: Any) -> dict[str, str]:  # noqa: ANN401 - as above
    listed = found if isinstance(found, list) else []
    calls = [call for call in listed if isinstance(call, Mapping)]
    return _texts({call.get("id"): (call.get("function") or {}).get("arguments") for call in calls})
