"""The words in which servers say an answer: one chunk of a stream, or a whole body.

Owns: under which names text, reasoning, a refusal and the finish reason stand. May know: _json.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import Any, TypeAlias, cast

from kimi_core._json import as_dict, as_mapping, as_sequence

__all__ = [
    "failed",
    "finish_reason_of",
    "index_of",
    "only_field",
    "only_text",
    "reasoning_of",
    "refusal_of",
    "says_something",
    "string_in",
    "text_of",
    "with_text",
]


def failed(choice: Mapping[str, Any]) -> bool:
    """Whether a choice holds an error in place of an answer, or what it says does."""
    if "error" in choice or choice.get("finish_reason") == "error":
        return True
    said = choice.get("delta") or choice.get("message")
    return isinstance(said, dict) and "error" in said


_OF_NO_INTEREST = frozenset({"index", "role", "type"})


def says_something(chunk: Mapping[str, Any]) -> bool:
    """Whether a chunk holds anything of an answer; servers send empty ones to keep a line open."""
    choices = as_sequence(chunk.get("choices"))
    choice = (as_mapping(choices[0]) if choices else None) or {}
    delta = as_mapping(choice.get("delta")) or as_mapping(choice.get("message")) or {}
    told = (chunk.get("usage"), choice.get("finish_reason"), choice.get("text"))
    return any(told) or _says(delta)


def _says(value: Any) -> bool:  # noqa: ANN401 - as a server says it
    """Whether there is anything in it: a fragment of a call's arguments may be empty, too."""
    named = as_mapping(value)
    if named is not None:
        return any(_says(it) for name, it in named.items() if name not in _OF_NO_INTEREST)
    listed = as_sequence(value)
    return bool(value) if listed is None else any(map(_says, listed))


_LONGEST_INDEX = 18


def index_of(said: Any) -> int | None:  # noqa: ANN401 - as a server says it
    """Return the index of a choice or of a call, which some servers write as a text or as 1.0."""
    if isinstance(said, str) and said.strip().isdecimal() and len(said) <= _LONGEST_INDEX:
        return int(said)
    if isinstance(said, float) and said.is_integer():
        return int(said)
    return said if isinstance(said, int) else None


def string_in(fields: Mapping[str, Any], name: str) -> str:
    """Return a text, or an empty one for anything else."""
    value = fields.get(name)
    return value if isinstance(value, str) else ""


# What servers of 2023 say; the frameworks know OpenAI's newer word.
_OTHER_REASONS = {"function_call": "tool_calls"}


def finish_reason_of(choice: Mapping[str, Any]) -> str:
    """Return why an answer ended, or an empty string."""
    reason = string_in(choice, "finish_reason")
    return _OTHER_REASONS.get(reason, reason)


def only_field(delta: Mapping[str, Any]) -> tuple[str, Any]:
    """Return the name and the value of the one field in which a delta says anything.

    Nearly every delta of a stream has one such field, and the others empty; looking for every
    spelling of every other one cost more than all else that is done with a chunk. Where there are
    several, or none, the name is empty.
    """
    name, value = "", None
    for field, said in delta.items():
        if said and field not in _OF_NO_INTEREST:
            if name:
                return "", None
            name, value = field, said
    return name, value


TextKind: TypeAlias = tuple[str, Any]
"""What a text is, "content", "reasoning" or "arguments", and the server's index of that call."""

_KINDS = {"content": "content", "reasoning_content": "reasoning", "reasoning": "reasoning"}
# Of a chunk and of a choice: with one of them a chunk says more than a text.
_MORE = ("usage", "logprobs", "finish_reason", "stop_reason")


def only_text(chunk: dict[str, Any]) -> tuple[TextKind, dict[str, Any], str] | None:
    """Return the only text that a chunk says, where it says nothing else but what all of them do.

    Returns:
        What kind of text it is, the object in the chunk that holds it, and its name there.
    """
    choice = _only(chunk.get("choices"))
    if choice is None or "error" in chunk or "error" in choice:
        return None
    if choice.get("index") or any(chunk.get(it) or choice.get(it) for it in _MORE):
        return None
    delta = as_dict(choice.get("delta"))
    if delta is None:
        return None
    name, value = only_field(delta)
    if name in _KINDS and isinstance(value, str):
        return (_KINDS[name], None), delta, name
    return _only_arguments(_only(value)) if name == "tool_calls" else None


def with_text(chunk: Mapping[str, Any], text: str) -> dict[str, Any]:
    """Return a chunk that says only a text with another one in its place."""
    said = dict(deepcopy(chunk))
    _, holder, name = cast("tuple[TextKind, dict[str, Any], str]", only_text(said))
    holder[name] = text
    return said


def _only_arguments(call: dict[str, Any] | None) -> tuple[TextKind, dict[str, Any], str] | None:
    """Return likewise the arguments of a fragment that says nothing else of its call."""
    function = as_dict(call.get("function")) if call is not None else None
    if call is None or function is None or call.get("id") or function.get("name"):
        return None
    found = isinstance(function.get("arguments"), str)
    return (("arguments", call.get("index")), function, "arguments") if found else None


def _only(listed: Any) -> dict[str, Any] | None:  # noqa: ANN401 - as a server says it
    """Return the only item of a list, where it is an object."""
    items = as_sequence(listed)
    return as_dict(items[0]) if items is not None and len(items) == 1 else None


def reasoning_of(delta: Mapping[str, Any]) -> str:
    """Return the reasoning under whichever name it has; OpenRouter sends it under two at once."""
    text = string_in(delta, "reasoning_content") or string_in(delta, "reasoning")
    found = delta.get("reasoning_details")
    if text or not found:
        return text
    details = [as_mapping(part) or {} for part in as_sequence(found) or ()]
    return "".join(string_in(part, "text") or string_in(part, "summary") for part in details)


def text_of(delta: Mapping[str, Any]) -> str:
    """Return the text of a delta, of a message, or of a choice of /v1/completions."""
    content = delta.get("content")
    if isinstance(content, str):
        return content
    if content is None:
        return string_in(delta, "text")  # /v1/completions
    return _joined(content, "text")


def refusal_of(delta: Mapping[str, Any]) -> str:
    """Return what is said in place of an answer; it stands in a field, or in a part of content."""
    return string_in(delta, "refusal") or _joined(delta.get("content"), "refusal")


def _joined(content: object, name: str) -> str:
    if not content or isinstance(content, str):
        return ""
    parts = as_sequence(content) or [content]
    return "".join(_part(part, name) for part in parts)


def _part(part: object, name: str) -> str:
    if isinstance(part, str):
        return part if name == "text" else ""
    return string_in(as_mapping(part) or {}, name)
