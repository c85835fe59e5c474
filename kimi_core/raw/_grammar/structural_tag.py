"""Structural tags, the grammar notation of xgrammar that vLLM and SGLang take.

Owns: the tag of a tool call in either dialect, and the request field of either engine.
May know: its own files.

Markers are given by their spelling. xgrammar can also demand a marker's token, which a model that
has never seen one then cannot spell with ordinary tokens; but xgrammar 0.2.8 remembers compiled
rules without the tokens in them, so that one tag is served with the tokens of another: of 24 tags
on one compiler, as vLLM has it, 12 allowed a wrong marker and none of the right ones. Kimi writes
its tokens anyway, and the text is the same.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Literal

from kimi_core.raw._grammar.containers import attribute

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["structural_tag"]

Element = dict[str, Any]


def structural_tag(
    arguments: Mapping[str, str],
    *,
    optional: bool,
    parallel: bool,
    thinking: bool,
    dialect: Literal["k2", "k3"],
    engine: Literal["vllm", "sglang"],
) -> dict[str, Any]:
    """Return the request field that holds the tag.

    Args:
        arguments: Names of tools, and the GBNF grammar of their arguments.
        optional: Whether text may stand in place of calls, and before them.
        parallel: Whether several calls may follow each other.
        thinking: Whether reasoning may come first. It is optional in the tag: a server with a
            reasoning parser applies the tag only behind the reasoning, one without from the start.
        dialect: The dialect of the markers.
        engine: Whose field.
    """
    call = _k2_call if dialect == "k2" else _k3_call
    calls = _either([call(name, grammar) for name, grammar in arguments.items()])
    if parallel:
        calls = {"type": "plus", "content": calls}
    elements = (
        _k2_message(calls, optional=optional, thinking=thinking)
        if dialect == "k2"
        else _k3_message(calls, optional=optional, thinking=thinking)
    )
    tag = {"type": "structural_tag", "format": _sequence(elements)}
    if engine == "sglang":
        return {"response_format": tag}
    return {"structured_outputs": {"structural_tag": json.dumps(tag, ensure_ascii=False)}}


def _sequence(elements: Sequence[Element]) -> Element:
    return {"type": "sequence", "elements": list(elements)}


def _either(elements: Sequence[Element]) -> Element:
    return elements[0] if len(elements) == 1 else {"type": "or", "elements": list(elements)}


def _optional(element: Element) -> Element:
    return {"type": "optional", "content": element}


def _text(value: str) -> Element:
    return {"type": "const_string", "value": value}


def _text_without(*texts: str) -> Element:
    return {"type": "any_text", "excludes": list(texts)}


def _grammar(text: str) -> Element:
    return {"type": "grammar", "grammar": text}


def _k2_call(name: str, grammar: str) -> Element:
    return _sequence(
        [
            _text(f"<|tool_call_begin|>functions.{name}:"),
            {"type": "regex", "pattern": "0|[1-9][0-9]{0,3}"},
            _text("<|tool_call_argument_begin|>"),
            _grammar(grammar),
            _text("<|tool_call_end|>"),
        ]
    )


def _k2_message(calls: Element, *, optional: bool, thinking: bool) -> list[Element]:
    section = [_text("<|tool_calls_section_begin|>"), calls, _text("<|tool_calls_section_end|>")]
    if optional:
        section = [_text_without("<|tool_c"), _optional(_sequence(section))]
    if thinking:
        reasoning = [_text_without("</think>", "<|tool_c"), _text("</think>")]
        section.insert(0, _optional(_sequence(reasoning)))
    return section


def _k3_call(name: str, grammar: str) -> Element:
    return _sequence(
        [
            _text(f'<|open|>call tool="{attribute(name)}" index="'),
            {"type": "regex", "pattern": "[1-9][0-9]{0,2}"},
            _text('"<|sep|>'),
            _grammar(grammar),
            _text("<|close|>call<|sep|>"),
        ]
    )


def _k3_message(calls: Element, *, optional: bool, thinking: bool) -> list[Element]:
    anything = _text_without("<|open|>", "<|close|>")
    section = [_text("<|open|>tools<|sep|>"), calls, _text("<|close|>tools<|sep|>")]
    message = [
        *([anything] if optional else []),
        _text("<|close|>response<|sep|>"),
        _optional(_sequence(section)) if optional else _sequence(section),
        _text("<|close|>message<|sep|>"),
    ]
    if thinking:
        end = _text("<|close|>think<|sep|><|open|>response<|sep|>")
        message.insert(0, _optional(_sequence([anything, end])))
    return message
