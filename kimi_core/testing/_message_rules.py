"""Rules about messages.

Owns: one function a rule, from the request to the message of the refusal, or None. Simulated:
wordings are those of the documents or of quoted error bodies where `kimi_core.testing._rules` says
so, and otherwise this simulator's own. May know: its own files.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kimi_core.testing._request import is_list_of_objects, is_object

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kimi_core.testing._request import ChatRequest

_ROLES = frozenset({"system", "user", "assistant", "tool"})
_MEDIA = ("image_url", "video_url")
_IMAGES = ("jpeg", "jpg", "png", "gif", "webp", "bmp", "heic", "heif")


def _call_is_whole(call: Mapping[str, Any]) -> bool:
    function = call.get("function")
    return (
        isinstance(call.get("id"), str)
        and is_object(function)
        and isinstance(function.get("name"), str)
        and isinstance(function.get("arguments"), str)
    )


def request_shape(request: ChatRequest) -> str | None:
    """Lists are lists of objects, and a call has an id, a name and arguments as text."""
    if not is_list_of_objects(request.body.get("messages")):
        return "Invalid request: messages must be an array of objects"
    if not is_list_of_objects(request.body.get("tools") or []):
        return "Invalid request: tools must be an array of objects"
    for message in request.messages:
        if not is_list_of_objects(message.get("tool_calls") or []):
            return "Invalid request: tool_calls must be an array of objects"
        if not all(_call_is_whole(call) for call in request.tool_calls(message)):
            return "Invalid request: a tool call needs id, function.name and function.arguments"
        content = message.get("content")
        if not (content is None or isinstance(content, str) or is_list_of_objects(content)):
            return "Invalid request: content must be a string or an array of objects"
    return None


def no_messages(request: ChatRequest) -> str | None:
    """At least one message."""
    return None if request.messages else "Invalid request: messages must not be empty"


def roles(request: ChatRequest) -> str | None:
    """The four documented roles; there is no developer."""
    for message in request.messages:
        if message.get("role") not in _ROLES:
            return f"Invalid request: unsupported role '{message.get('role')}'"
    return None


def _may_be_empty(message: Mapping[str, Any]) -> bool:
    if message.get("content") == []:
        return False
    calls = message.get("role") == "assistant" and bool(message.get("tool_calls"))
    return calls or bool(message.get("partial")) or "tools" in message


def empty_content(request: ChatRequest) -> str | None:
    """No empty message, but for one with calls, a partial one, or one that only brings tools.

    An empty list is refused even beside calls.
    """
    for position, message in enumerate(request.messages):
        if not message.get("content") and not _may_be_empty(message):
            role = message.get("role")
            return (
                f"Invalid request: the message at position {position} with role '{role}' "
                "must not be empty"
            )
    return None


def empty_text_part(request: ChatRequest) -> str | None:
    """No text part without text."""
    for message in request.messages:
        for part in request.parts(message):
            if part.get("type") == "text" and not part.get("text"):
                return "Invalid request: text content is empty"
    return None


def part_types(request: ChatRequest) -> str | None:
    """Text, images and videos."""
    for message in request.messages:
        for part in request.parts(message):
            if part.get("type") not in {"text", *_MEDIA}:
                return f"Invalid request: unsupported content type '{part.get('type')}'"
    return None


def _media_urls(request: ChatRequest) -> list[tuple[str, str]]:
    urls: list[tuple[str, str]] = []
    for message in request.messages:
        for part in request.parts(message):
            for kind in _MEDIA:
                if part.get("type") == kind:
                    value = part.get(kind)
                    urls.append((kind, str(value.get("url") if is_object(value) else value)))
    return urls


def media_urls(request: ChatRequest) -> str | None:
    """A data URL or an uploaded file; nothing is fetched."""
    for kind, url in _media_urls(request):
        if not url.startswith(("data:", "ms://")):
            return f"Invalid request: unsupported {kind.replace('_', ' ')}: {url}"
    return None


def image_format(request: ChatRequest) -> str | None:
    """Pictures made of pixels; the quoted body calls an SVG ``text/plain``, as the server did."""
    for kind, url in _media_urls(request):
        if kind != "image_url" or not url.startswith("data:"):
            continue
        media_type = url[len("data:") :].partition(",")[0].partition(";")[0]
        if media_type == "image/svg+xml":
            return "Invalid request: unsupported image format: text/plain; charset=utf-8"
        if media_type.removeprefix("image/") not in _IMAGES:
            return f"Invalid request: unsupported image format: {media_type}"
    return None


def duplicate_call_ids(request: ChatRequest) -> str | None:
    """An id occurs once in the whole history."""
    seen: set[str] = set()
    for message in request.messages:
        for call in request.tool_calls(message):
            if call["id"] in seen:
                return f"Invalid request: tool call id {call['id']} is duplicated"
            seen.add(call["id"])
    return None


def unknown_call_id(request: ChatRequest) -> str | None:
    """A result belongs to a call of the assistant message before it."""
    known: set[str] = set()
    for message in request.messages:
        if message.get("role") == "assistant":
            known = {call["id"] for call in request.tool_calls(message)}
        elif message.get("role") == "tool" and message.get("tool_call_id", "") not in known:
            return f"Invalid request: tool_call_id {message.get('tool_call_id', '')} is not found"
    return None


def unanswered_calls(request: ChatRequest) -> str | None:
    """The results of all calls come right after them."""
    waiting: list[str] = []
    for message in [*request.messages, {"role": "end"}]:
        if message.get("role") == "tool":
            waiting = [call_id for call_id in waiting if call_id != message.get("tool_call_id")]
        elif waiting:
            return (
                "an assistant message with 'tool_calls' must be followed by tool messages "
                "responding to each 'tool_call_id'. The following tool_call_ids did not have "
                f"response messages: {', '.join(waiting)}"
            )
        else:
            waiting = [call["id"] for call in request.tool_calls(message)]
    return None


def missing_reasoning(request: ChatRequest) -> str | None:
    """While thinking, a message with calls brings its reasoning back; an empty one is missing."""
    for index, message in enumerate(request.messages):
        calls = message.get("role") == "assistant" and message.get("tool_calls")
        if request.thinking and calls and not message.get("reasoning_content"):
            return (
                "thinking is enabled but reasoning_content is missing in assistant tool call "
                f"message at index {index}"
            )
    return None


def partial_last(request: ChatRequest) -> str | None:
    """Only the last message, and only an assistant's, is partial."""
    for message in request.messages:
        last = message is request.messages[-1] and message.get("role") == "assistant"
        if message.get("partial") and not last:
            return "Invalid request: partial is only allowed in a last message of the assistant"
    return None


def partial_json(request: ChatRequest) -> str | None:
    """JSON mode and a partial message exclude each other."""
    wanted = request.body.get("response_format")
    json_mode = is_object(wanted) and wanted.get("type") == "json_object"
    if json_mode and any(message.get("partial") for message in request.messages):
        return "Invalid request: response_format json_object cannot be used with partial"
    return None
