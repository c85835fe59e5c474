"""Content blocks that another provider's server wrote, as text where they have some.

Owns: what such a block says, and what a caller attached in another provider's words. May know:
_json, errors. Blocks of pictures, videos and reasoning are in `kimi_core.request.blocks`.

A conversation that Claude, GPT or Gemini began is continued with Kimi by a router, a fallback or a
user who changes the model. Searches and programs that ran on their servers stand in it as blocks,
which no other server reads: Moonshot answers them with a 400.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping, Sequence
from typing import Any

from kimi_core._json import as_mapping, as_sequence
from kimi_core.errors import IgnoredSettingWarning, warn

__all__ = ["attached", "countable", "in_plain_text", "named_text", "text_in", "text_of"]

# Kimi's own parts, and what a caller attaches: whether a server takes that is decided elsewhere.
_OWN = frozenset({"text", "image_url", "video_url"})
_ATTACHED = frozenset(
    {
        *("audio", "document", "file", "image", "input_audio", "input_file", "input_image"),
        *("media", "video"),
    }
)
# Kimi hears nothing, so that what another model said aloud is no attachment.
_SPOKEN = frozenset({"audio", "input_audio", "media"})

# What other providers' servers write, and text in words other than Kimi's. Anthropic's, OpenAI's
# Responses API, Gemini's, Bedrock's, and LangChain's since 1.0.
_FOREIGN = frozenset(
    {
        "advisor_tool_result", "bash_code_execution_tool_result", "citation",
        "code_execution_result", "code_execution_tool_result", "code_interpreter_call",
        "compaction", "computer_call", "container_upload", "custom_tool_call", "executable_code",
        "file_search_call", "guard_content", "image_generation_call", "input_text",
        "local_shell_call", "mcp_approval_request", "mcp_approval_response", "mcp_call",
        "mcp_list_tools", "mcp_tool_result", "mcp_tool_use", "non_standard", "output_text",
        "redacted_thinking", "refusal", "search_result", "server_tool_call",
        "server_tool_call_chunk", "server_tool_result", "server_tool_use", "text-plain",
        "text_editor_code_execution_tool_result", "tool_reference", "tool_search_tool_result",
        "web_fetch_tool_result", "web_search_call", "web_search_tool_result",
    }
)  # fmt: skip
# Where a block's text stands, the best first. A tool's input says nothing to a reader.
_TEXTS = (
    *("text", "refusal", "output_text", "transcript", "executable_code", "code"),
    *("code_execution_result", "stdout", "output", "content", "value", "result", "search_results"),
)
_TITLES = ("title", "filename", "name")
_DEEPEST = 6
# Base64 is no text, though it stands where others have theirs: of a picture, and of a source that
# is a PDF.
_WORDLESS = frozenset({"image_generation_call"})
_OF_TEXT = (None, "text", "content")


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

    Text is text; a picture or a video stays, for its placeholder; the rest counts nothing. Nor does
    it matter what a message belongs to: whoever trims a history counts any part of it, also one
    that begins with the result of a tool.
    """
    counted: list[dict[str, Any]] = []
    for message in messages:
        plain = {**_plain(message, set()), "role": _role(message)}
        if plain["role"] == "tool":
            plain["name"] = plain.get("name") or "tool"
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
    role = "assistant" if of_model else "user"
    return text_of(block) if _is_foreign(block, role) else ""


def text_of(value: object) -> str:
    """Return the text in what another server wrote, or an empty string; a file's with its title."""
    text, fields = _text_of(value, _DEEPEST), as_mapping(value) or {}
    is_file = fields.get("type") == "text-plain" or _is_text_file(fields)
    title = next((fields[word] for word in _TITLES if fields.get(word)), None) if is_file else None
    return named_text(str(title), text) if title and text else text


def named_text(name: str, text: str) -> str:
    """Return the text of a document, told with its name.

    On lines of its own: neighbouring texts are joined without anything between them.
    """
    return f"\n{name}:\n{text}\n"


def _role(message: Mapping[str, Any]) -> str:
    role = str(message.get("role"))
    known = {"function": "tool"}.get(role, role)
    return known if known in {"assistant", "developer", "system", "tool"} else "user"


def _counted(part: object) -> Any:  # noqa: ANN401 - a part of any server
    fields = as_mapping(part) or {}
    if fields.get("type") in _OWN:
        return fields
    text = _text_of(fields, _DEEPEST)
    return {"type": "text", "text": text} if text else None


def _plain(message: Mapping[str, Any], left: set[str]) -> Mapping[str, Any]:
    parts = as_sequence(message.get("content"))
    role = str(message.get("role"))
    if parts is None or not any(_is_foreign(part, role) or attached(part) for part in parts):
        return message
    kept: list[Any] = []
    for part in parts:
        if not _is_foreign(part, role):
            kept.append(attached(part) or part)
            continue
        fields = as_mapping(part) or {}
        text = text_of(fields) or (_as_json(fields) if role == "tool" else "")
        if text:
            kept.append({"type": "text", "text": text})
        else:
            left.add(str(fields.get("type")))
    return {**message, "content": kept}


def _is_foreign(part: object, role: str) -> bool:
    """Whether another server wrote it; what a model says is never an attachment of the caller's."""
    fields = as_mapping(part)
    if fields is None:
        return False
    kind = str(fields.get("type"))
    if kind in _FOREIGN or "type" not in fields or _is_text_file(fields):
        return True
    if role == "assistant":
        return kind not in _OWN | (_ATTACHED - _SPOKEN)
    return role == "tool" and kind not in _OWN | _ATTACHED


def attached(part: object) -> dict[str, Any] | None:
    """Return in Kimi's words what is attached in those of the Responses API or of Gemini's."""
    fields = as_mapping(part) or {}
    kind, data = fields.get("type"), fields.get("data")
    if kind == "input_image" and isinstance(fields.get("image_url"), str):
        detail = {"detail": fields["detail"]} if fields.get("detail") else {}
        return {"type": "image_url", "image_url": {"url": fields["image_url"], **detail}}
    if kind == "input_file":
        return {"type": "file", "file": {k: v for k, v in fields.items() if k != "type"}}
    if kind != "media" or not isinstance(data, str):
        return None
    modality = str(fields.get("mime_type")).partition("/")[0]
    url = f"data:{fields.get('mime_type')};base64,{data}"
    if modality in {"image", "video"}:
        return {"type": f"{modality}_url", f"{modality}_url": {"url": url}}
    return None if modality == "audio" else {"type": "file", "file": {"file_data": url}}


def _as_json(fields: Mapping[str, Any]) -> str:
    """Return what a tool answered as data: its ``json``, or a dict that is no block."""
    said = fields.get("json") if fields.get("type") == "json" else fields
    return "" if "type" in fields and said is fields else json.dumps(said, default=str)


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
    return _text_of_block(as_mapping(value) or {}, depth - 1)


def _text_of_block(fields: Mapping[str, Any], depth: int) -> str:
    source = as_mapping(fields.get("source")) or {}
    if fields.get("type") in _WORDLESS or source.get("type") not in _OF_TEXT:
        return ""
    if source:
        return _text_of(source.get("data") or source.get("content"), depth)
    for name in _TEXTS:
        said = fields.get(name)
        text = _text_of(said, depth) if said else ""
        if text:
            return text
    return _decoded(fields) if fields.get("type") == "text-plain" else ""


def _decoded(fields: Mapping[str, Any]) -> str:
    data = fields.get("base64") or fields.get("data")
    try:
        return base64.b64decode(str(data or ""), validate=True).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return ""
