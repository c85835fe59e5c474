"""Structural tags, the grammar notation of xgrammar that vLLM and SGLang take.

Owns: the tag of a tool call in either dialect, and the request field of either engine.
May know: the ids in `kimi_core.raw.special_tokens`, and K3's markup.

Markers are given as tokens: as text, a model that is not sure of itself spells
``<|tool_call_begin|>`` with seven ordinary tokens, which the parsers of servers do not know (seen
on vLLM 0.32).
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Literal

from kimi_core.raw._grammar.containers import attribute
from kimi_core.raw.special_tokens import special_tokens

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["structural_tag"]

Element = dict[str, Any]

_K2 = special_tokens("k2")
_K3 = special_tokens("k3")
_K2_MARKERS = [token for text, token in _K2.items() if text.startswith("<|tool_call")]
_K3_MARKERS = [_K3["<|open|>"], _K3["<|close|>"], _K3["<|sep|>"]]


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


def _token(token: int) -> Element:
    return {"type": "token", "token": token}


def _text(value: str) -> Element:
    return {"type": "const_string", "value": value}


def _anything_but(tokens: Sequence[int]) -> Element:
    return {"type": "any_tokens", "exclude_tokens": list(tokens)}


def _grammar(text: str) -> Element:
    return {"type": "grammar", "grammar": text}


def _k2_call(name: str, grammar: str) -> Element:
    return _sequence(
        [
            _token(_K2["<|tool_call_begin|>"]),
            _text(f"functions.{name}:"),
            {"type": "regex", "pattern": "0|[1-9][0-9]{0,3}"},
            _token(_K2["<|tool_call_argument_begin|>"]),
            _grammar(grammar),
            _token(_K2["<|tool_call_end|>"]),
        ]
    )


def _k2_message(calls: Element, *, optional: bool, thinking: bool) -> list[Element]:
    section = [
        _token(_K2["<|tool_calls_section_begin|>"]),
        calls,
        _token(_K2["<|tool_calls_section_end|>"]),
    ]
    if optional:
        section = [_anything_but(_K2_MARKERS), _optional(_sequence(section))]
    if thinking:
        end = _K2["</think>"]
        reasoning = [_anything_but([end, *_K2_MARKERS]), _token(end)]
        section.insert(0, _optional(_sequence(reasoning)))
    return section


def _k3_call(name: str, grammar: str) -> Element:
    return _sequence(
        [
            *_k3_tag("<|open|>", f'call tool="{attribute(name)}" index="', number=True),
            _grammar(grammar),
            *_k3_tag("<|close|>", "call"),
        ]
    )


def _k3_tag(marker: str, text: str, *, number: bool = False) -> list[Element]:
    index = [{"type": "regex", "pattern": "[1-9][0-9]{0,2}"}, _text('"')] if number else []
    return [_token(_K3[marker]), _text(text), *index, _token(_K3["<|sep|>"])]


def _k3_message(calls: Element, *, optional: bool, thinking: bool) -> list[Element]:
    section = [*_k3_tag("<|open|>", "tools"), calls, *_k3_tag("<|close|>", "tools")]
    if optional:
        section = [_optional(_sequence(section))]
    response = [_anything_but(_K3_MARKERS)] if optional else []
    message = [
        *response,
        *_k3_tag("<|close|>", "response"),
        *section,
        *_k3_tag("<|close|>", "message"),
    ]
    if thinking:
        reasoning = [
            _anything_but(_K3_MARKERS),
            *_k3_tag("<|close|>", "think"),
            *_k3_tag("<|open|>", "response"),
        ]
        message.insert(0, _optional(_sequence(reasoning)))
    return message
