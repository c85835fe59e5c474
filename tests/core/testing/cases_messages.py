"""Requests that break the rules about messages, with legal twins."""

from __future__ import annotations

from typing import Any

from tests.core.testing.support import Case, assistant, body, user

__all__ = ["CASES"]

_PIXEL = "data:image/png;base64,iVBORw0KGgo="
_UNANSWERED = (
    "an assistant message with 'tool_calls' must be followed by tool messages responding to each "
    "'tool_call_id'. The following tool_call_ids did not have response messages: "
)


def _result(call_id: str, content: object = "5", **extra: Any) -> dict[str, Any]:
    return {"role": "tool", "tool_call_id": call_id, "content": content, **extra}


def _image(url: object) -> dict[str, Any]:
    return user([{"type": "text", "text": "What is it?"}, {"type": "image_url", "image_url": url}])


def _empty(position: int, role: str) -> str:
    return (
        f"Invalid request: the message at position {position} with role '{role}' must not be empty"
    )


_MISSING = (
    "thinking is enabled but reasoning_content is missing in assistant tool call message at index 1"
)

CASES = [
    Case(
        "request_shape",
        {"model": "kimi-k2.6", "messages": "Hi"},
        "Invalid request: messages must be an array of objects",
        body(user("Hi")),
        "messages",
    ),
    Case(
        "request_shape",
        body(tools=["add"]),
        "Invalid request: tools must be an array of objects",
        body(tools=[]),
        "tools",
    ),
    Case(
        "request_shape",
        body(user(), assistant(tool_calls=["add"])),
        "Invalid request: tool_calls must be an array of objects",
        body(user(), assistant("add:0"), _result("add:0")),
        "calls",
    ),
    Case(
        "request_shape",
        body(
            user(),
            assistant(tool_calls=[{"id": "a", "function": {"name": "add", "arguments": {}}}]),
        ),
        "Invalid request: a tool call needs id, function.name and function.arguments",
        body(
            user(),
            assistant(tool_calls=[{"id": "a", "function": {"name": "add", "arguments": "{}"}}]),
            _result("a"),
        ),
        "arguments",
    ),
    Case(
        "request_shape",
        body(user({"type": "text", "text": "Hi"})),
        "Invalid request: content must be a string or an array of objects",
        body(user([{"type": "text", "text": "Hi"}])),
        "content",
    ),
    Case(
        "no_messages",
        {"model": "kimi-k2.6", "messages": []},
        "Invalid request: messages must not be empty",
        body(),
    ),
    Case(
        "roles",
        body({"role": "developer", "content": "Be brief."}, user()),
        "Invalid request: unsupported role 'developer'",
        body(
            {"role": "system", "content": "Be brief."}, user(), {"role": "system", "content": "."}
        ),
    ),
    Case("empty_content", body(user("")), _empty(0, "user"), body(user(" ")), "text"),
    Case(
        "empty_content",
        body(user(), {"role": "assistant", "content": None, "reasoning_content": "Hm."}, user()),
        _empty(1, "assistant"),
        body(user(), assistant("a", content=None), _result("a")),
        "assistant",
    ),
    Case(
        "empty_content",
        body(user(), assistant("a", content=[]), _result("a")),
        _empty(1, "assistant"),
        body(user(), assistant("a", content=""), _result("a")),
        "list beside calls",
    ),
    Case(
        "empty_content",
        body(user(), assistant("a"), _result("a", "")),
        _empty(2, "tool"),
        body(user(), assistant("a"), _result("a", "none", name="add")),
        "result",
    ),
    Case(
        "empty_content",
        body(user(), {"role": "assistant", "content": ""}),
        _empty(1, "assistant"),
        body(user(), {"role": "assistant", "content": "", "partial": True, "name": "Kimi"}),
        "partial",
    ),
    Case(
        "empty_text_part",
        body(user(), assistant("a", content=[{"type": "text", "text": ""}]), _result("a")),
        "Invalid request: text content is empty",
        body(user(), assistant("a", content=[{"type": "text", "text": "."}]), _result("a")),
    ),
    Case(
        "part_types",
        body(user([{"type": "input_audio", "input_audio": {"data": ""}}])),
        "Invalid request: unsupported content type 'input_audio'",
        body(user([{"type": "video_url", "video_url": {"url": "ms://file_1"}}])),
    ),
    Case(
        "media_urls",
        body(_image({"url": "https://example.com/cat.png"})),
        "Invalid request: unsupported image url: https://example.com/cat.png",
        body(_image({"url": _PIXEL})),
    ),
    Case(
        "media_urls",
        body(_image("http://example.com/cat.png")),
        "Invalid request: unsupported image url: http://example.com/cat.png",
        body(_image("ms://file_1")),
        "as text",
    ),
    Case(
        "media_urls",
        body(user([{"type": "video_url", "video_url": {"url": "https://example.com/a.mp4"}}])),
        "Invalid request: unsupported video url: https://example.com/a.mp4",
        body(user([{"type": "video_url", "video_url": {"url": "data:video/mp4;base64,AA"}}])),
        "video",
    ),
    Case(
        "image_format",
        body(_image({"url": "data:image/svg+xml;base64,PHN2Zz4="})),
        "Invalid request: unsupported image format: text/plain; charset=utf-8",
        body(_image({"url": "data:image/webp;base64,AA"})),
    ),
    Case(
        "image_format",
        body(_image({"url": "data:application/pdf;base64,AA"})),
        "Invalid request: unsupported image format: application/pdf",
        body(_image({"url": "data:image/jpeg;base64,AA"})),
        "pdf",
    ),
    Case(
        "duplicate_call_ids",
        body(user(), assistant("a"), _result("a"), assistant("a"), _result("a")),
        "Invalid request: tool call id a is duplicated",
        body(user(), assistant("a"), _result("a"), assistant("b"), _result("b")),
    ),
    Case(
        "unknown_call_id",
        body(user(), {"role": "tool", "content": "5"}),
        "Invalid request: tool_call_id  is not found",
        body(user(), assistant("a"), _result("a")),
        "missing",
    ),
    Case(
        "unknown_call_id",
        body(user(), assistant("a"), _result("b")),
        "Invalid request: tool_call_id b is not found",
        body(user(), assistant("a", "b"), _result("b"), _result("a")),
        "another",
    ),
    Case(
        "unanswered_calls",
        body(user(), assistant("Shell:58")),
        f"{_UNANSWERED}Shell:58",
        body(user(), assistant("Shell:58"), _result("Shell:58")),
        "at the end",
    ),
    Case(
        "unanswered_calls",
        body(user(), assistant("a", "b", "c"), _result("b"), user("Go on")),
        f"{_UNANSWERED}a, c",
        body(user(), assistant("a", "b"), _result("b"), _result("a"), user("Go on")),
        "before a user's message",
    ),
    Case(
        "missing_reasoning",
        body(user(), assistant("a", reasoning_content=None), _result("a")),
        _MISSING,
        body(user(), assistant("a", reasoning_content=" "), _result("a")),
        "null",
    ),
    Case(
        "missing_reasoning",
        body(user(), assistant("a", reasoning_content=""), _result("a"), model="kimi-k3"),
        _MISSING,
        body(user(), {"role": "assistant", "content": "Hello."}, user(), model="kimi-k3"),
        "empty",
    ),
    Case(
        "missing_reasoning",
        body(user(), assistant("a", reasoning_content=""), _result("a")),
        _MISSING,
        body(
            user(),
            assistant("a", reasoning_content=""),
            _result("a"),
            thinking={"type": "disabled"},
        ),
        "thinking disabled",
    ),
    Case(
        "partial_last",
        body(user(), {"role": "assistant", "content": "{", "partial": True}, user()),
        "Invalid request: partial is only allowed in a last message of the assistant",
        body(user(), {"role": "assistant", "content": "{", "partial": True}),
    ),
    Case(
        "partial_json",
        body(
            user("JSON"),
            {"role": "assistant", "content": "{", "partial": True},
            response_format={"type": "json_object"},
        ),
        "Invalid request: response_format json_object cannot be used with partial",
        body(user("JSON"), response_format={"type": "json_object"}),
    ),
]
