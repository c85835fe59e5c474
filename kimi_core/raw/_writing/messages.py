"""Reading OpenAI-style messages, for every renderer.

Owns: where role, content parts, reasoning and tool calls sit in a message dict, and the sentence
said when they do not. May know: _json, errors. It renders nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias

from kimi_core._json import Tool, as_mapping, as_sequence
from kimi_core.errors import KimiConfigError

if TYPE_CHECKING:
    from kimi_core._json import Message

__all__ = [
    "Part",
    "Tools",
    "content_parts",
    "function_of",
    "reasoning_of",
    "role_of",
    "tool_calls_of",
]

Tools: TypeAlias = Sequence[Tool]

_KINDS: dict[str, Literal["text", "image", "video"]] = {
    "text": "text",
    "image": "image",
    "image_url": "image",
    "video": "video",
    "video_url": "video",
}


# Characters of a caller's data repeated in an error: enough to find it, too few to flood a log.
_SHOWN = 80


class Part(NamedTuple):
    """A piece of a message's content.

    Attributes:
        kind: "text", "image" or "video".
        text: The text; empty for media.
    """

    kind: Literal["text", "image", "video"]
    text: str = ""


def role_of(message: Message) -> str:
    """Return the role, which every message must have."""
    role = message.get("role")
    if not isinstance(role, str) or not role:
        raise KimiConfigError(
            f"messages holds a message without a role ({_shown(message)}); "
            'give each one a role such as "user".'
        )
    return role


def content_parts(message: Message) -> list[Part]:
    """Return the content as parts, whether it was None, a string or a list of parts."""
    content = message.get("content")
    if content is None:
        return []
    if isinstance(content, str):
        return [Part("text", content)]
    parts = as_sequence(content)
    if parts is None:
        raise KimiConfigError(
            f"content of a {role_of(message)} message is a {type(content).__name__}; "
            "it must be None, a string, or a list of parts."
        )
    return [_part(item) for item in parts]


def _part(item: object) -> Part:
    if isinstance(item, str):
        return Part("text", item)
    part = as_mapping(item) or {}
    kind = _KINDS.get(str(part.get("type")))
    if kind is None:
        raise KimiConfigError(
            f"content holds a part that no Kimi prompt has a place for ({_shown(item)}); "
            f"known types are {', '.join(_KINDS)}."
        )
    text = part.get("text") if kind == "text" else ""
    if not isinstance(text, str):
        raise KimiConfigError(f"content holds a text part without text ({_shown(item)}).")
    return Part(kind, text)


def reasoning_of(message: Message) -> str:
    """Return the reasoning, under either name that servers use, or the empty string."""
    return str(message.get("reasoning_content") or message.get("reasoning") or "")


def tool_calls_of(message: Message) -> Sequence[Mapping[str, Any]]:
    """Return the tool calls of an assistant message; empty where there are none."""
    return message.get("tool_calls") or ()


def function_of(call: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the function of a tool call: its name and its arguments."""
    function = as_mapping(call.get("function"))
    if function is not None and isinstance(function.get("name"), str):
        return function
    raise KimiConfigError(
        f"tool_calls holds a call without a function name ({_shown(call)}); "
        'write it as {"id": ..., "function": {"name": ..., "arguments": ...}}.'
    )


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"
