"""Content blocks that another provider's server wrote, as text where they have some.

Owns: what such a block says. May know: _json, errors. Blocks of pictures, videos and reasoning are
in `kimi_core.request.blocks`.

A conversation that Claude, GPT or Gemini began is continued with Kimi by a router, a fallback or a
user who changes the model. Searches and programs that ran on their servers stand in it as blocks,
which no other server reads: Moonshot answers them with a 400.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from typing import Any

from kimi_core._json import as_mapping, as_sequence
from kimi_core.errors import IgnoredSettingWarning, warn

__all__ = ["countable", "in_plain_text", "text_in"]

# Kimi's own parts, and what a caller attaches: whether a server takes that is decided elsewhere.
_OWN = frozenset({"text", "image_url", "video_url"})
_ATTACHED = frozenset({"audio", "document", "file", "image", "input_audio", "input_file", "video"})

# What other providers' servers write, and text in words other than Kimi's. Anthropic's, OpenAI's
# Responses API, Gemini's, Bedrock's, and LangChain's since 1.0.
_FOREIGN = frozenset(
    {
        "advisor_tool_result", "bash_code_execution_tool_result", "citation",
        "code_execution_result", "code_execution_tool_result", "code_interpreter_call",
        "compaction", "computer_call", "container_upload", "custom_tool_call", "executable_code",
        "file_search_call", "guard_content", "image_generation_call", "input_text",
        "local_shell_call", "mcp_approval_request", "mcp_call", "mcp_list_tools",
        "mcp_tool_result", "mcp_tool_use", "non_standard", "output_text", "redacted_thinking",
        "refusal", "search_result", "server_tool_call", "server_tool_call_chunk",
        "server_tool_result", "server_tool_use", "text-plain",
        "text_editor_code_execution_tool_result", "tool_search_tool_result",
        "web_fetch_tool_result", "web_search_call", "web_search_tool_result",
    }
)  # fmt: skip
# Where a block's text stands, the best first. A tool's input says nothing to a reader.
_TEXTS = (
    *("text", "refusal", "output_text", "transcript", "executable_code", "code"),
    *("code_execution_result", "stdout", "output", "content", "value", "result", "search_results"),
)
_DEEPEST = 6


def in_plain_text(messages: Sequence[Mapping[str, Any]]) -> Sequence[Mapping[str, Any]]:
    """Return messages without foreign blocks; what says nothing in text is left out with a warning.

    Args:
        messages: OpenAI-style dicts. Not changed.
    """
    left: set[str] = set()
    found = [_plain(message, left) for message in messages]
    for kind in sorted(left):
        warn(
            f"a message holds a block of type {kind!r}, which another provider's server wrote and "
            "which has no text; it was left out.",
            IgnoredSettingWarning,
        )
    changed = any(new is not old for new, old in zip(found, messages, strict=True))
    return found if changed else messages


def countable(messages: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return messages whose tokens can be counted, whatever stands in them.

    Text is text; a picture or a video stays, for its placeholder; the rest counts nothing.
    """
    counted: list[dict[str, Any]] = []
    for message in messages:
        plain = dict(_plain(message, set()))
        parts = as_sequence(plain.get("content"))
        if parts is not None:
            plain["content"] = [one for part in parts if (one := _counted(part)) is not None]
        counted.append(plain)
    return counted


def text_in(block: object, *, of_model: bool) -> str:
    """Return the text of a foreign block, or an empty string; frameworks refuse some of them.

    Args:
        block: Any block.
        of_model: Whether it stands in a message of the model.
    """
    fields = as_mapping(block) or {}
    return _text_of(fields, _DEEPEST) if _is_foreign(fields, of_model=of_model) else ""


def _counted(part: object) -> Any:  # noqa: ANN401 - a part of any server
    fields = as_mapping(part) or {}
    if fields.get("type") in _OWN:
        return fields
    text = _text_of(fields, _DEEPEST)
    return {"type": "text", "text": text} if text else None


def _plain(message: Mapping[str, Any], left: set[str]) -> Mapping[str, Any]:
    parts = as_sequence(message.get("content"))
    own = message.get("role") == "assistant"
    if parts is None or not any(_is_foreign(part, of_model=own) for part in parts):
        return message
    kept: list[Any] = []
    for part in parts:
        if not _is_foreign(part, of_model=own):
            kept.append(part)
            continue
        fields = as_mapping(part) or {}
        text = _text_of(fields, _DEEPEST)
        if text:
            kept.append({"type": "text", "text": text})
        else:
            left.add(str(fields.get("type")))
    return {**message, "content": kept}


def _is_foreign(part: object, *, of_model: bool) -> bool:
    """Whether another server wrote it; what a model says is never an attachment of the caller's."""
    fields = as_mapping(part)
    if fields is None:
        return False
    kind = str(fields.get("type"))
    if kind in _FOREIGN or _is_text_file(fields):
        return True
    return of_model and kind not in _OWN | (_ATTACHED - {"audio"})


def _is_text_file(fields: Mapping[str, Any]) -> bool:
    """Whether a file is text already: LangChain's before 1.0, and Anthropic's document of text."""
    source = as_mapping(fields.get("source")) or {}
    kinds = (fields.get("source_type"), source.get("type"))
    return fields.get("type") in {"file", "document"} and ("text" in kinds or "content" in kinds)


def _text_of(value: object, depth: int) -> str:
    if isinstance(value, str):
        return value
    if not depth:
        return ""
    items = as_sequence(value)
    if items is not None:
        return "\n".join(filter(None, (_text_of(item, depth - 1) for item in items)))
    fields = as_mapping(value) or {}
    if "source" in fields and (source := as_mapping(fields["source"])):
        return _text_of(source.get("data") or source.get("content"), depth - 1)
    for name in _TEXTS:
        said = fields.get(name)
        text = _text_of(said, depth - 1) if said else ""
        if text:
            return text
    return _decoded(fields) if fields.get("type") == "text-plain" else ""


def _decoded(fields: Mapping[str, Any]) -> str:
    data = fields.get("base64") or fields.get("data")
    try:
        return base64.b64decode(str(data or ""), validate=True).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return ""
