"""Content blocks that another provider's server wrote, as text where they have some.

Owns: what such a block says, and what a caller attached in another provider's words. May know:
_json, errors, models. Blocks of pictures, videos and reasoning are in `kimi_core.request.blocks`.

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

from kimi_core._json import as_mapping, as_sequence, with_parts
from kimi_core.errors import IgnoredSettingWarning, KimiConfigError, warn
from kimi_core.models import ModelInfo

__all__ = [
    "attached",
    "countable",
    "in_plain_text",
    "left_out",
    "named_text",
    "result_in",
    "text_in",
    "text_of",
    "with_results_apart",
]

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
        "advisor_tool_result", "apply_patch_call", "apply_patch_call_output",
        "bash_code_execution_tool_result", "citation", "code_execution_result",
        "code_execution_tool_result", "code_interpreter_call", "compaction", "computer_call",
        "computer_call_output", "container_upload", "custom_tool_call", "custom_tool_call_output",
        "executable_code", "file_search_call", "function_call_output", "guard_content",
        "image_generation_call", "input_text", "item_reference", "local_shell_call",
        "local_shell_call_output", "mcp_approval_request", "mcp_approval_response", "mcp_call",
        "mcp_list_tools", "mcp_tool_result", "mcp_tool_use", "non_standard", "output_audio",
        "output_text", "redacted_thinking", "reference", "refusal", "search_result",
        "server_tool_call", "server_tool_call_chunk", "server_tool_result", "server_tool_use",
        "shell_call", "shell_call_output", "text-plain", "text_editor_code_execution_tool_result",
        "tool_plan", "tool_reference", "tool_result", "tool_search_tool_result",
        "web_fetch_tool_result", "web_search_call", "web_search_tool_result",
    }
)  # fmt: skip
# Of these the text was said.
_SAID = (
    *("audio", "input_audio", "input_text", "non_standard", "output_audio", "output_text"),
    *("refusal", "tool_plan", None),
)
# Where a block's text stands, the best first. A tool's input says nothing to a reader.
_TEXTS = (
    *("text", "refusal", "output_text", "transcript", "executable_code", "code"),
    *("code_execution_result", "stdout", "output", "content", "value", "result", "search_results"),
    *("results", "outputs", "logs", "tool_plan", "toolResult"),
)
# Bedrock's formats that are text.
_TEXT_KINDS = {"txt": "text/plain", "md": "text/markdown", "csv": "text/csv", "html": "text/html"}
_TITLES = ("title", "filename", "name")
_TITLED = ("text-plain", "search_result")
# What a tool answered, as a block of Anthropic's or of OpenAI's Responses API: id and content.
_RESULTS = (
    ("tool_result", "tool_use_id", "content"),
    ("function_call_output", "call_id", "output"),
    ("custom_tool_call_output", "call_id", "output"),
)
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
    if not with_parts(messages):
        return messages
    left: set[str] = set()
    told = with_results_apart(messages)
    found = [_plain(message, left) for message in told]
    for kind in sorted(left):
        warn(
            f"a message holds a block of type {kind!r}, which another provider's server wrote and "
            "which has no text; it was left out.",
            IgnoredSettingWarning,
        )
    changed = any(new is not old for new, old in zip(found, told, strict=True))
    return found if changed else told


def left_out(kind: str, error: KimiConfigError) -> None:
    """Say that what another model made is left out, which would be an error of a user's.

    Args:
        kind: What it is.
        error: Why it cannot be sent.
    """
    warn(
        f"a message of the model holds a block of type {kind!r}, which cannot be sent ({error}); "
        "it was left out.",
        IgnoredSettingWarning,
    )


def with_results_apart(messages: Sequence[Mapping[str, Any]]) -> Sequence[Mapping[str, Any]]:
    """Return messages in which a tool's result is a message of its own.

    In the words of Anthropic's and Bedrock's APIs it is a block of the user's message.
    """
    if not any(_results(message) for message in with_parts(messages)):
        return messages
    called: set[str] = set()
    told: list[Mapping[str, Any]] = []
    for message in messages:
        calls = as_sequence(message.get("tool_calls")) or ()
        called |= {str((as_mapping(call) or {}).get("id")) for call in calls}
        results = [one for one in _results(message) if one[0] in called]
        told += [
            {"role": "tool", "tool_call_id": call_id, "content": content or ""}
            for call_id, content, _ in results
        ]
        taken = [id(part) for *_, part in results]
        parts = as_sequence(message.get("content")) or ()
        rest = [part for part in parts if id(part) not in taken] if taken else parts
        if rest or not taken:
            told.append({**message, "content": rest} if taken else message)
    return told


def _results(message: Mapping[str, Any]) -> list[tuple[str, Any, object]]:
    """Return call, content and block of each result that a user's message brings."""
    parts = as_sequence(message.get("content")) if message.get("role") == "user" else None
    return [(*found, part) for part in parts or () if (found := result_in(part)) is not None]


def result_in(part: object) -> tuple[str, Any] | None:
    """Return the id of the call and the content of a tool's result; None for any other block."""
    fields = as_mapping(part) or {}
    for kind, call_id, content in _RESULTS:
        if fields.get("type") == kind:
            return str(fields.get(call_id)), fields.get(content)
    bedrocks = as_mapping(fields.get("toolResult"))
    return (str(bedrocks.get("toolUseId")), bedrocks.get("content")) if bedrocks else None


def countable(messages: Sequence[Mapping[str, Any]], info: ModelInfo) -> list[dict[str, Any]]:
    """Return messages whose tokens can be counted, whatever stands in them.

    Text is text; a picture or a video stays, for its placeholder, where the prompts of the model
    have one (of K3 no video's is known, and a picture's counts); the rest counts nothing. Nor does
    it matter what a message belongs to: whoever trims a history counts any part of it, also one
    that begins with the result of a tool.
    """
    counted: list[dict[str, Any]] = []
    for message in with_results_apart(messages):
        plain = {**_plain(message, set()), "role": _role(message)}
        if plain["role"] == "tool":
            plain["name"] = plain.get("name") or "tool"
        parts = as_sequence(plain.get("content"))
        if parts is not None:
            counts = (_counted(part, info) for part in parts)
            plain["content"] = [one for one in counts if one is not None]
        counted.append(plain)
    return counted


def text_in(block: object, *, of_model: bool) -> str:
    """Return the text of a foreign block, or an empty string; frameworks refuse some of them.

    Args:
        block: Any block.
        of_model: Whether it stands in a message of the model.
    """
    role = "assistant" if of_model else "user"
    return _told(as_mapping(block) or {}) if _is_foreign(block, role) else ""


def _told(fields: Mapping[str, Any]) -> str:
    """Return the text of a foreign block; of what was not said, on lines of its own.

    Neighbouring texts are joined without anything between them: "2" of a program and "It is" of the
    answer would be "2It is".
    """
    text = text_of(fields)
    said = fields.get("type") in _SAID and "toolResult" not in fields
    apart = text.startswith("\n")  # told with its title
    return text if said or apart or not text else f"\n{text}\n"


def text_of(value: object) -> str:
    """Return the text in what another server wrote, or an empty string; a file's with its title."""
    text, fields = _text_of(value, _DEEPEST), as_mapping(value) or {}
    is_file = fields.get("type") in _TITLED or _is_text_file(fields)
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


def _counted(part: object, info: ModelInfo) -> Any:  # noqa: ANN401 - a part of any server
    fields = as_mapping(part) or {}
    kind = str(fields.get("type"))
    if kind in _OWN and kind != "text":
        if kind.removesuffix("_url") not in info.inputs:
            return None
        return {"type": "image_url", "image_url": {}} if info.dialect == "k3" else fields
    if kind == "text":
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
        theirs = None if role == "assistant" else attached(part)
        if theirs is not None or not _is_foreign(part, role):
            kept.append(theirs or attached(part) or part)
            continue
        fields = as_mapping(part) or {}
        text = _told(fields) or (_as_json(fields) if role == "tool" else "")
        if text:
            kept.append({"type": "text", "text": text})
        elif "cachePoint" not in fields:  # Kimi's prefix cache is automatic
            left.add(str(fields.get("type") or next(iter(fields), None)))
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
    if (bedrocks := _of_bedrock(fields)) is not None:
        return bedrocks
    if kind == "input_image" and isinstance(fields.get("image_url"), str):
        detail = {"detail": fields["detail"]} if fields.get("detail") else {}
        return {"type": "image_url", "image_url": {"url": fields["image_url"], **detail}}
    if kind == "input_file":
        return {"type": "file", "file": {k: v for k, v in fields.items() if k != "type"}}
    if kind != "media" or not isinstance(data, str):
        return None
    return _media(str(fields.get("mime_type")), data)


def _of_bedrock(fields: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return what is attached in the words of Bedrock's Converse, whose blocks have no type."""
    for word, family in (("image", "image"), ("video", "video"), ("document", "application")):
        inner = as_mapping(fields.get(word)) or {}
        data = (as_mapping(inner.get("source")) or {}).get("bytes")
        if isinstance(data, (bytes, bytearray)):
            kind = _TEXT_KINDS.get(str(inner.get("format")), f"{family}/{inner.get('format')}")
            part = _media(kind, base64.b64encode(data).decode())
            if part and word == "document":
                part["file"] |= {"filename": inner.get("name") or "document"}
            return part
    return None


def _media(kind: str, data: str) -> dict[str, Any] | None:
    modality, url = kind.partition("/")[0], f"data:{kind};base64,{data}"
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
            # A program stands beside what came of it.
            came = _text_of(fields.get("outputs"), depth) if name == "code" else ""
            return "\n".join(filter(None, (text, came)))
    return _decoded(fields) if fields.get("type") == "text-plain" else ""


def _decoded(fields: Mapping[str, Any]) -> str:
    data = fields.get("base64") or fields.get("data")
    try:
        return base64.b64decode(str(data or ""), validate=True).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return ""
