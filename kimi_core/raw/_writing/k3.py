"""The prompt of K3, in its own markup of tags, attributes and raw bodies.

Owns: that markup, and the fixed sentences that K3 was trained to read.
May know: its own files, _json, errors, events, schema. Bodies are never escaped, so their safety
rests on the pieces: joined to flat text, a tool result that spells ``<|close|>`` closes its own
message.

Source: the prompts that Moonshot's encoder for Kimi-K3 (revision c5d1dd4c) gives. Neighbouring
pieces stay apart, because it encodes them one by one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from kimi_core._json import as_mapping, compact_json, deep_sorted
from kimi_core.errors import KimiConfigError
from kimi_core.events.arguments import InvalidArguments, read_arguments
from kimi_core.raw._writing.messages import (
    content_parts,
    function_of,
    reasoning_of,
    role_of,
    tool_calls_of,
)
from kimi_core.raw._writing.segments import control, plain
from kimi_core.schema import plain_response_format, plain_tool

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from kimi_core._json import Message
    from kimi_core.raw._writing.messages import Tools
    from kimi_core.raw._writing.options import PromptOptions
    from kimi_core.raw._writing.segments import Segment

__all__ = ["render_k3"]

_OPEN = control("<|open|>")
_CLOSE = control("<|close|>")
_SEP = control("<|sep|>")
_END_OF_MESSAGE = control("<|end_of_msg|>")
_IMAGE = control("<|kimi_image_placeholder|>")

_TOOLS = "# Tools\nHere are the available tools, described in JSONSchema.\n\n```json\n{}\n```"
_MORE_TOOLS = (
    "## New Tools Available\n"
    "The system dynamically extends the toolset via lazy-loading.\n"
    "You have access to all existing and extended tools.\n"
    "Here are the specs for the extended tools.\n\n```json\n{}\n```"
)
# It lists medium, too, which Moonshot's encoder refuses.
_EFFORT = (
    "`thinking_effort` guides on how much to think in your thinking channel (not including the "
    "response channel), supported values include `low`, `medium`, `high`, and `max`.\n"
    "Now the system is invoked with `thinking_effort={}`."
)
_TOOL_CHOICES = {
    "required": "You MUST call tools in the next message.",
    "none": "You MUST NOT call any tools in the next message.",
}
_TOOL_CHOICE = "The system is invoked with `tool_choice={}`.\n{}"
_JSON_FORMAT = (
    "The system is invoked with `response_format={}`.\n"
    "Your response must be raw JSON data without markdown code blocks (```json) or any additional "
    "formatting."
)
_SCHEMA = "\nThe JSON data must match the following schema:\n```json\n{}\n```"


def render_k3(messages: Sequence[Message], tools: Tools, options: PromptOptions) -> list[Segment]:
    """Render a conversation for K3.

    Args:
        messages: OpenAI-style messages; a system message with ``tools`` adds tools midway.
        tools: OpenAI-style tools; none when empty.
        options: Settings; without thinking every think channel is left out.

    Returns:
        The prompt in the pieces in which it is to be encoded.
    """
    segments: list[Segment] = []
    if tools:
        segments += _instruction("tool-declare", _TOOLS.format(_tools_json(tools)))
    if options.thinking_effort is not None:
        segments += _instruction("thinking-effort", _EFFORT.format(options.thinking_effort))
    for message in _in_call_order(messages):
        segments += _message(message, thinking=options.thinks)
    segments += _tool_choice(options.tool_choice)
    segments += _response_format(options.response_format)
    if options.add_generation_prompt:
        segments += _open("message", role="assistant")
        segments += _open("think" if options.thinks else "response")
    return segments


def _open(tag: str, **attributes: str) -> list[Segment]:
    segments = [_OPEN, plain(tag)]
    for key, value in attributes.items():
        escaped = value.replace("&", "&amp;").replace('"', "&quot;")
        segments += (plain(f" {key}"), plain('="'), *_text(escaped), plain('"'))
    return [*segments, _SEP]


def _close(tag: str) -> list[Segment]:
    return [_CLOSE, plain(tag), _SEP]


def _text(text: str) -> list[Segment]:
    return [plain(text)] if text else []


def _element(tag: str, body: Iterable[Segment], **attributes: str) -> list[Segment]:
    return [*_open(tag, **attributes), *body, *_close(tag)]


def _message_element(body: Iterable[Segment], **attributes: str) -> list[Segment]:
    return [*_element("message", body, **attributes), _END_OF_MESSAGE]


def _instruction(kind: str, sentence: str) -> list[Segment]:
    return _message_element([plain(sentence)], role="system", type=kind)


def _tools_json(tools: Tools) -> str:
    return compact_json(deep_sorted(tools))


def _message(message: Message, *, thinking: bool) -> list[Segment]:
    role = role_of(message)
    if role == "tool":
        name, index = message["tool"], message["index"]
        return _message_element(_content(message), role="tool", tool=name, index=index)
    name = {"name": str(message["name"])} if message.get("name") else {}
    if role == "assistant":
        return _message_element(_assistant(message, thinking=thinking), role=role, **name)
    if role not in ("system", "developer", "user"):
        raise KimiConfigError(
            f"role {role!r} has no place in a K3 prompt; use system, user, assistant or tool."
        )
    if role != "user" and message.get("tools"):
        more = _tools_json([plain_tool(tool) for tool in message["tools"]])
        return _instruction("tool-declare", _MORE_TOOLS.format(more))
    return _message_element(_content(message), role="user" if role == "user" else "system", **name)


def _content(message: Message) -> list[Segment]:
    segments: list[Segment] = []
    for part in content_parts(message):
        if part.kind == "text":
            segments += _text(part.text)
        elif part.kind == "image":
            segments.append(_IMAGE)
        else:
            raise KimiConfigError(
                "content holds a video part, but no placeholder for one is known in a K3 prompt; "
                "send it through a chat endpoint, or leave the part out."
            )
    return segments


def _assistant(message: Message, *, thinking: bool) -> list[Segment]:
    segments: list[Segment] = []
    if thinking:
        reasoning = reasoning_of(message)
        segments += _element("think", _text(reasoning) if reasoning.strip() else [])
    segments += _element("response", _content(message))
    calls = tool_calls_of(message)
    if calls:
        numbered = [_call(call, index) for index, call in enumerate(calls, start=1)]
        segments += _element("tools", [segment for call in numbered for segment in call])
    return segments


def _call(call: Mapping[str, Any], index: int) -> list[Segment]:
    function = function_of(call)
    body = _arguments(function.get("arguments"))
    return _element("call", body, tool=function["name"], index=str(index))


def _arguments(arguments: object) -> list[Segment]:
    """Write an object argument by argument, and anything else as it stands.

    Moonshot's encoder refuses JSON that is no object. Here it goes the way of text that is no
    JSON: a model that once said ``[1]`` must not make its conversation unsendable.
    """
    parsed = _parsed(arguments)
    if parsed is None:
        raw = arguments if isinstance(arguments, str) else json.dumps(arguments, ensure_ascii=False)
        return _element("json", _text(raw), type="object")
    segments: list[Segment] = []
    for key, value in parsed.items():
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        segments += _element("argument", _text(text), key=key, type=_type(value))
    return segments


def _parsed(arguments: object) -> Mapping[str, Any] | None:
    if arguments is None:
        return {}
    if not isinstance(arguments, str):
        return as_mapping(arguments)
    found = read_arguments(arguments)
    return None if isinstance(found, InvalidArguments) else found


def _type(value: object) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, (int, float)):
        return "number"
    if isinstance(value, str):
        return "string"
    return "object" if isinstance(value, Mapping) else "array"


def _tool_choice(choice: str | Mapping[str, Any] | None) -> list[Segment]:
    word = "required" if isinstance(choice, Mapping) else choice
    if word is None or word not in _TOOL_CHOICES:
        return []
    return _instruction("tool-choice", _TOOL_CHOICE.format(word, _TOOL_CHOICES[word]))


def _response_format(wanted: Mapping[str, Any] | None) -> list[Segment]:
    kind = wanted.get("type") if wanted else None
    if wanted is None or kind not in ("json_object", "json_schema"):
        return []
    sentence = _JSON_FORMAT.format(kind)
    if kind == "json_schema":
        wrapper: Mapping[str, Any] = plain_response_format(wanted).get("json_schema") or {}
        sentence += _SCHEMA.format(compact_json(deep_sorted(wrapper.get("schema", wrapper))))
    return _instruction("response-format", sentence)


def _in_call_order(messages: Sequence[Message]) -> list[Message]:
    """Give every tool result the name and position of its call, and sort each run of results.

    A run in which one id is unknown stays in its order, and is named by position.
    """
    ordered: list[Message] = []
    run: list[Message] = []
    calls: Sequence[Mapping[str, Any]] = ()
    offset = 0
    for message in messages:
        if role_of(message) == "tool":
            run.append(message)
            continue
        ordered += _numbered(run, calls, offset)
        offset += len(run)
        run = []
        ordered.append(message)
        if message["role"] == "assistant":
            calls, offset = tool_calls_of(message), 0
    return ordered + _numbered(run, calls, offset)


def _numbered(
    run: Sequence[Message], calls: Sequence[Mapping[str, Any]], offset: int
) -> list[Message]:
    positions: dict[str, int] = {}
    for position, call in enumerate(calls):
        if call.get("id") is not None:
            positions.setdefault(str(call["id"]), position)
    matched = [positions.get(str(message.get("tool_call_id"))) for message in run]
    pairs: list[tuple[Message, str | None]]
    if None in matched:
        pairs = [(message, None) for message in run]
    else:
        found = sorted(zip((m for m in matched if m is not None), range(len(run)), strict=True))
        pairs = [(run[i], function_of(calls[position])["name"]) for position, i in found]
    return [
        {**message, "tool": name or _name(message, calls, number), "index": str(number + 1)}
        for number, (message, name) in enumerate(pairs, start=offset)
    ]


def _name(message: Message, calls: Sequence[Mapping[str, Any]], number: int) -> str:
    name = message.get("tool") or message.get("name")
    if name:
        return str(name)
    if number < len(calls):
        return str(function_of(calls[number])["name"])
    raise KimiConfigError(
        f"the tool result {message.get('tool_call_id')!r} belongs to no call, and a K3 prompt "
        "needs the tool's name; add name to the message."
    )
