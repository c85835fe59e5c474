"""The prompts of K2-Instruct, K2-Thinking and K2.5 to K2.7: one shape, five small differences.

Owns: that shape, and the differences as data (`K2Style`).
May know: its own files, _json, errors. It does not know names of models.

Source: the chat_template of Kimi-K2-Instruct, Kimi-K2-Thinking and Kimi-K2.5 on Hugging Face;
K2.6 and K2.7-Code add ``preserve_thinking`` to the last.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from kimi_core._json import compact_json, deep_sorted
from kimi_core.errors import KimiConfigError
from kimi_core.raw._writing.declarations import typescript_declarations
from kimi_core.raw._writing.messages import (
    content_parts,
    function_of,
    reasoning_of,
    role_of,
    tool_calls_of,
)
from kimi_core.raw._writing.segments import control, merge, plain

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    from kimi_core._json import Message
    from kimi_core.raw._writing.messages import Tools
    from kimi_core.raw._writing.options import PromptOptions
    from kimi_core.raw._writing.segments import Segment

__all__ = ["INSTRUCT", "PRESERVING", "THINKING", "VISION", "K2Style", "render_k2"]

_IM_END = control("<|im_end|>")
_IM_MIDDLE = control("<|im_middle|>")
_OPENERS = {"user": control("<|im_user|>"), "assistant": control("<|im_assistant|>")}
_IM_SYSTEM = control("<|im_system|>")
_THINK = control("<think>")
_END_THINK = control("</think>")

_DEFAULT_SYSTEM = (
    _IM_SYSTEM,
    plain("system"),
    _IM_MIDDLE,
    plain("You are Kimi, an AI assistant created by Moonshot AI."),
    _IM_END,
)


def _media(opener: str, kind: str) -> tuple[Segment, ...]:
    pad = (control("<|media_content|>"), control("<|media_pad|>"), control("<|media_end|>"))
    return (control(opener), plain(kind), *pad, plain("\n"))


# ``<|media_start|>`` is what these text-only models' templates print; it is no token of theirs.
_TEXT_MODEL_MEDIA = {"image": _media("<|media_start|>", "image")}
_VISION_MEDIA = {
    "image": _media("<|media_begin|>", "image"),
    "video": (control("<|kimi_k25_video_placeholder|>"), plain("\n")),
}


def _sorted_json(tools: Tools) -> str:
    return compact_json(deep_sorted(tools))


def _typescript_or_json(tools: Tools) -> str:
    # Moonshot's tokenizer sorts before it declares, so the order of several $defs is alphabetical.
    ordered: Tools = deep_sorted(tools)
    return typescript_declarations(ordered) or compact_json(ordered)


@dataclass(frozen=True, slots=True, kw_only=True)
class K2Style:
    """What distinguishes one generation's prompt from the next.

    Attributes:
        default_system: Rendered where the first message is not a system message.
        declare: How tools are written.
        thinks: Whether assistant messages carry a think block.
        opens_reasoning: Whether the generation prompt opens one, so that the model's text begins
            inside it.
        can_stop_thinking: Whether the template knows ``thinking=False``.
        can_preserve_thinking: Whether it can keep the reasoning of old turns.
        media: What stands for an image and for a video.
    """

    default_system: tuple[Segment, ...] = _DEFAULT_SYSTEM
    declare: Callable[[Tools], str]
    thinks: bool = False
    opens_reasoning: bool = False
    can_stop_thinking: bool = True
    can_preserve_thinking: bool = False
    media: Mapping[str, tuple[Segment, ...]]


# The line break after the default system message is in the template, outside of any message. The
# model was served with it, so it stays.
INSTRUCT = K2Style(
    default_system=(*_DEFAULT_SYSTEM, plain("\n")), declare=compact_json, media=_TEXT_MODEL_MEDIA
)
THINKING = K2Style(
    declare=_sorted_json, thinks=True, can_stop_thinking=False, media=_TEXT_MODEL_MEDIA
)
VISION = K2Style(
    default_system=(),
    declare=_typescript_or_json,
    thinks=True,
    opens_reasoning=True,
    media=_VISION_MEDIA,
)
PRESERVING = replace(VISION, can_preserve_thinking=True)


def render_k2(
    style: K2Style, messages: Sequence[Message], tools: Tools, options: PromptOptions
) -> list[Segment]:
    """Render a conversation in one of the K2 styles.

    Args:
        style: The generation's differences.
        messages: OpenAI-style messages.
        tools: OpenAI-style tools; none when empty.
        options: Settings; without thinking every think block is closed empty, also the one that
            the model would fill.

    Returns:
        The prompt in pieces, neighbouring text merged.
    """
    segments: list[Segment] = []
    if tools:
        segments += (_IM_SYSTEM, plain("tool_declare"), _IM_MIDDLE)
        segments += (plain(style.declare(tools)), _IM_END)
    if not messages or role_of(messages[0]) != "system":
        segments += style.default_system
    kept_from = 0 if options.preserve_thinking else _after_last_answer(messages)
    for position, message in enumerate(messages):
        keeps_reasoning = options.thinks and position >= kept_from
        segments += _message(style, message, keeps_reasoning=keeps_reasoning)
    if options.add_generation_prompt:
        segments += _generation_prompt(style, thinking=options.thinks)
    return merge(segments)


def _after_last_answer(messages: Sequence[Message]) -> int:
    """Return where the current agentic loop begins: behind the last answer without tool calls."""
    for position in range(len(messages) - 1, -1, -1):
        message = messages[position]
        if role_of(message) == "assistant" and not tool_calls_of(message):
            return position + 1
    return 0


def _generation_prompt(style: K2Style, *, thinking: bool) -> list[Segment]:
    opened = [_OPENERS["assistant"], plain("assistant"), _IM_MIDDLE]
    if style.opens_reasoning:
        opened += [_THINK] if thinking else [_THINK, _END_THINK]
    return opened


def _message(style: K2Style, message: Message, *, keeps_reasoning: bool) -> list[Segment]:
    role = role_of(message)
    name = str(message.get("name") or role)
    segments = [_OPENERS.get(role, _IM_SYSTEM), plain(name), _IM_MIDDLE]
    if role == "assistant":
        if style.thinks:
            reasoning = reasoning_of(message) if keeps_reasoning else ""
            segments += (_THINK, plain(reasoning), _END_THINK)
        segments += _content(style, message)
        segments += _calls(message)
    else:
        if role == "tool":
            segments.append(plain(f"## Return of {message.get('tool_call_id') or ''}\n"))
        segments += _content(style, message)
    segments.append(_IM_END)
    return segments


def _content(style: K2Style, message: Message) -> list[Segment]:
    segments: list[Segment] = []
    for part in content_parts(message):
        if part.kind == "text":
            segments.append(plain(part.text))
        elif part.kind in style.media:
            segments += style.media[part.kind]
        else:
            raise KimiConfigError(
                f"content holds a {part.kind} part, but this model's prompt has no place for one; "
                "use kimi-k2.6, or leave the part out."
            )
    return segments


def _calls(message: Message) -> list[Segment]:
    calls = tool_calls_of(message)
    if not calls:
        return []
    segments = [control("<|tool_calls_section_begin|>")]
    for call in calls:
        segments += _call(call)
    segments.append(control("<|tool_calls_section_end|>"))
    return segments


def _call(call: Mapping[str, Any]) -> tuple[Segment, ...]:
    arguments = function_of(call).get("arguments")
    if not call.get("id"):
        raise KimiConfigError(
            f"tool_calls holds a call of {function_of(call)['name']!r} without an id, and in a K2 "
            "prompt the id alone carries the name; run normalize_tool_call_ids over the messages."
        )
    return (
        control("<|tool_call_begin|>"),
        plain(str(call["id"])),
        control("<|tool_call_argument_begin|>"),
        plain(_arguments(arguments)),
        control("<|tool_call_end|>"),
    )


def _arguments(arguments: object) -> str:
    """Keep a string as it is; an object is spaced as the template's ``tojson`` spaces it."""
    if isinstance(arguments, str):
        return arguments
    return json.dumps({} if arguments is None else arguments, ensure_ascii=False)
