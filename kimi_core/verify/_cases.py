"""Questions of a conformance run, as values.

Owns: `Case`, and how an answer to one is judged. May know: its own files, _json.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from kimi_core._json import JsonValue, as_mapping, as_sequence
from kimi_core.verify._ask import Sent
from kimi_core.verify._rows import SUCCESS
from kimi_core.verify._valid import reason_of

__all__ = ["Case", "Judge", "answers", "calls", "fits", "holds_json", "is_refused", "says", "user"]

Body: TypeAlias = "Mapping[str, Any]"
Judge: TypeAlias = "Callable[[Sequence[Sent]], str | None]"
"""From what came to why it is not as it should be; None where it is."""

_BAD_REQUEST = 400


@dataclass(frozen=True, slots=True)
class Case:
    """One question, asked whole and streamed unless `whole_only`.

    Attributes:
        id: Its name, unique in a run.
        group: "schemas", "parameters", "features" or "prompt tokens".
        bodies: Requests without model and stream; most cases have one.
        judge: What is asked of the answers.
        streamed: In which ways it is asked.
    """

    id: str
    group: str
    bodies: tuple[Body, ...]
    judge: Judge
    streamed: tuple[bool, ...] = (False, True)


def user(text: str, **fields: JsonValue) -> dict[str, Any]:
    """Return a body with one message of a user.

    Args:
        text: What the user says.
        fields: Other fields of the body.
    """
    return {"messages": [{"role": "user", "content": text}], **fields}


def is_refused(sent: Sequence[Sent]) -> str | None:
    """Want a 400."""
    one = sent[0]
    if one.status == SUCCESS:
        return "it was answered; a 400 was due"
    status = one.body.get("status_code")
    return None if status == _BAD_REQUEST else f"a 400 was due; it was {status}: {_error(one)}"


def _error(sent: Sent) -> str:
    return str(sent.body.get("error_message"))[:300]


def answers(sent: Sequence[Sent]) -> str | None:
    """Want an answer, whatever it says."""
    refused = [_error(one) for one in sent if one.status != SUCCESS]
    return f"it was refused: {refused[0]}" if refused else None


def _message(sent: Sent) -> Mapping[str, Any]:
    return as_mapping(sent.choice.get("message")) or {}


def _calls(sent: Sent) -> list[Mapping[str, Any]]:
    said = as_sequence(_message(sent).get("tool_calls")) or ()
    return [call for call in map(as_mapping, said) if call is not None]


def says(finish: str | None = "stop", *, reasoning: bool = False) -> Judge:
    """Want text and no call.

    Args:
        finish: The finish reason; None for any.
        reasoning: Whether reasoning has to stand beside it.
    """

    def judge(sent: Sequence[Sent]) -> str | None:
        if (refused := answers(sent)) is not None:
            return refused
        message, reason = _message(sent[0]), sent[0].choice.get("finish_reason")
        if _calls(sent[0]):
            return "it calls a tool"
        if finish is not None and reason != finish:
            return f"finish_reason is {reason!r}, not {finish!r}"
        if reasoning and not message.get("reasoning_content"):
            return "there is no reasoning_content"
        return None if message.get("content") else "there is no content"

    return judge


def calls(*names: str, first: bool = False) -> Judge:
    """Want a call of one of these tools.

    Args:
        names: The tools.
        first: Whether it has to be the first call, or any of them may be it.
    """

    def judge(sent: Sequence[Sent]) -> str | None:
        if (refused := answers(sent)) is not None:
            return refused
        reason = sent[0].choice.get("finish_reason")
        if reason != "tool_calls":
            return f"finish_reason is {reason!r}, not 'tool_calls'"
        called = [
            str((as_mapping(call.get("function")) or {}).get("name")) for call in _calls(sent[0])
        ]
        looked_at = called[:1] if first else called
        told = f"it calls {', '.join(called) or 'nothing'}, not {' or '.join(names)}"
        return None if set(looked_at) & set(names) else told

    return judge


def fits(name: str, tools: Sequence[Mapping[str, Any]]) -> Judge:
    """Want a call of a tool whose arguments fit its schema.

    Args:
        name: The tool; its first call counts.
        tools: What is offered.
    """

    def judge(sent: Sequence[Sent]) -> str | None:
        if (refused := answers(sent)) is not None:
            return refused
        for call in _calls(sent[0]):
            if (as_mapping(call.get("function")) or {}).get("name") == name:
                return reason_of(call, tools, any_schema=True)
        return f"it does not call {name}: {str(_message(sent[0]).get('content'))[:200]!r}"

    return judge


def holds_json(*keys: str, schema: Mapping[str, Any] | None = None) -> Judge:
    """Want a JSON object for content.

    Args:
        keys: What it has to hold.
        schema: What it has to fit.
    """
    spoken = says()

    def judge(sent: Sequence[Sent]) -> str | None:
        if (wrong := spoken(sent)) is not None:
            return wrong
        try:
            value = as_mapping(json.loads(_message(sent[0])["content"]))
        except (TypeError, ValueError) as error:
            return f"the content is not JSON: {error}"
        if value is None or not set(keys) <= set(value):
            return f"the content is no object with {', '.join(keys) or 'anything'}"
        if schema is None:
            return None
        tool = {"function": {"name": "answer", "parameters": schema}}
        return reason_of({"function": {"name": "answer", "arguments": dict(value)}}, [tool])

    return judge
