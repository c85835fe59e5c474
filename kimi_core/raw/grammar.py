"""Grammars under which an engine can only write well-formed tool calls.

Owns: the request fields that put a sampler under such a grammar, for llama.cpp, vLLM and SGLang,
and the markup of the calls in GBNF. May know: its own files, _json, errors, schema.

Why: an engine that completes text and knows nothing of tools can then be told to call one, and
the arguments fit the tool's schema; K2-Thinking's own accuracy there is 87 % on vLLM and 96 % on
SGLang, as Moonshot's K2-Vendor-Verifier publishes it.

Everything that the grammar lets through is a call of a declared tool with arguments that fit
its schema. Of what fits, some cannot be written: properties come in the schema's order, those
it does not name only where it says ``additionalProperties``, integers have at most 19 digits,
numbers 15 before and behind the point, there is one blank at most after a comma or a colon,
and of a ``oneOf`` the branches have to exclude each other. Formats that are no regular
language (uri, hostname, ipv6, ...) are left to the model, as JSON schema has it.

llama.cpp gets one GBNF grammar. vLLM and SGLang get a structural tag with the same grammar for the
arguments; it needs the engine's ``xgrammar`` backend, and strings whose length is bounded hold no
quotes, backslashes or line breaks there. xgrammar's own reading of a schema is not used: for 8 of
56 schemas it let invalid arguments through (0.2.8: uniqueItems, maxLength beside a pattern, ipv4,
quotes and line breaks in a pattern, control characters in a bounded string, a narrow range).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from kimi_core._json import Schema, Tool
from kimi_core.errors import KimiConfigError
from kimi_core.raw._grammar.characters import JSON, PLAIN_JSON, Spelling
from kimi_core.raw._grammar.containers import argument_text, attribute
from kimi_core.raw._grammar.merge import Document
from kimi_core.raw._grammar.place import Place
from kimi_core.raw._grammar.structural_tag import structural_tag
from kimi_core.raw._grammar.text import (
    UNREACHABLE,
    Rules,
    any_of,
    free_text,
    literal,
    optional,
    sequence,
)
from kimi_core.raw._grammar.values import ValueRules
from kimi_core.raw.encoder import Dialect
from kimi_core.schema import plain_tool
from kimi_core.schema.limits import MAX_GRAMMAR, limited, shortened
from kimi_core.schema.reading import as_object

__all__ = ["tool_call_grammar"]

Engine = Literal["llama.cpp", "vllm", "sglang"]

_WORDS = ("any", "required", "auto")
_OBJECT = {"type": "object"}
# Text that begins like a tool marker would be read as one.
_MARKER_START = "<|tool_"
_REASONING_END = "</think>"
_CALL_NUMBER = '("0" | [1-9] [0-9]{0,3})'
_CALL_NUMBER_FROM_1 = "[1-9] [0-9]{0,2}"


@dataclass(frozen=True, slots=True)
class _Request:
    """What is to be written: which tools, and what around them."""

    tools: dict[str, Schema]
    optional: bool
    parallel: bool
    thinking: bool
    strict: bool
    max_string_length: int | None


def tool_call_grammar(  # noqa: PLR0913 - the published keywords
    tools: Sequence[Tool],
    *,
    tool_choice: str | Mapping[str, Any] = "required",
    dialect: Dialect = "k2",
    engine: Engine = "llama.cpp",
    parallel: bool = False,
    thinking: bool = False,
    strict: bool = True,
    max_string_length: int | None = None,
) -> dict[str, Any]:
    """Return the request fields under which an engine writes only valid tool calls.

    Args:
        tools: OpenAI's tool dicts.
        tool_choice: "required" (or "any"): one of the tools; a tool's name, or OpenAI's dict with
            one: that tool; "auto": text, calls, or text and then calls.
        dialect: "k2" for all models up to K2.7, "k3" for K3.
        engine: Whose fields to return.
        parallel: Whether several calls may follow each other. One call otherwise.
        thinking: Whether the answer begins inside reasoning, because the prompt ends in an opened
            think block: the grammar then lets the model reason until it closes the block.
        strict: Whether a schema that a grammar cannot keep (``not``, ``if``, ``contains``, ...) is
            an error. False leaves such keywords to the model.
        max_string_length: The greatest length of strings whose schema states none; None means no
            bound. A small model can go on in a string until its token limit; Kimi does not.

    Returns:
        ``{"grammar": ...}`` for llama.cpp, ``{"structured_outputs": ...}`` for vLLM and
        ``{"response_format": ...}`` for SGLang, to be merged into the request. What fits a schema
        and still cannot be written stands at the top of this module.

    Raises:
        KimiConfigError: There are no tools, the choice names none of them, or a schema cannot be
            kept; the error names the tool and the place in its schema.
    """
    declared = _declared(tools)
    chosen, is_optional = _chosen(tool_choice, declared)
    request = _Request(
        tools=chosen,
        optional=is_optional,
        parallel=parallel,
        thinking=thinking,
        strict=strict,
        max_string_length=max_string_length,
    )
    return _fields(request, dialect, engine)


def _fields(request: _Request, dialect: Dialect, engine: Engine) -> dict[str, Any]:
    _check("dialect", dialect, ("k2", "k3"))
    _check("engine", engine, ("llama.cpp", "vllm", "sglang"))
    if engine == "llama.cpp":
        return {"grammar": _k2(request) if dialect == "k2" else _k3(request)}
    return structural_tag(
        {name: _arguments_alone(name, request, dialect) for name in request.tools},
        optional=request.optional,
        parallel=request.parallel,
        thinking=request.thinking,
        dialect=dialect,
        engine=engine,
    )


def _check(setting: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise KimiConfigError(f"{setting} {value!r} is unknown; choose one of {list(allowed)}.")


def _declared(tools: Sequence[Tool]) -> dict[str, Schema]:
    if not tools:
        raise KimiConfigError("a grammar for tool calls needs at least one tool; pass tools.")
    declared: dict[str, Schema] = {}
    for tool in tools:
        function = as_object(plain_tool(tool).get("function")) or {}
        name = function.get("name")
        if not name or not isinstance(name, str):
            raise KimiConfigError(
                f"the tool {shortened(repr(tool))} has no name; pass OpenAI's form "
                "{'type': 'function', 'function': {'name': ..., 'parameters': ...}}."
            )
        declared[name] = function.get("parameters") or {}
    return declared


def _chosen(
    tool_choice: str | Mapping[str, Any], declared: dict[str, Schema]
) -> tuple[dict[str, Schema], bool]:
    """Return the tools that may be called, and whether there may be no call at all."""
    if isinstance(tool_choice, str) and tool_choice in _WORDS and tool_choice not in declared:
        return declared, tool_choice == "auto"
    name = (
        tool_choice
        if isinstance(tool_choice, str)
        else tool_choice.get("function", {}).get("name", "")
    )
    if name not in declared:
        raise KimiConfigError(
            f"tool_choice {tool_choice!r} names no tool of this request; choose 'required', "
            f"'auto' or one of {list(declared)}; for 'none' send no grammar."
        )
    return {name: declared[name]}, False


def _k2(request: _Request) -> str:
    rules = Rules()
    calls = any_of([_k2_call(rules, name, request) for name in request.tools])
    if request.parallel:
        calls = rules.repeat(rules.add("call", calls), 1)
    section = sequence(
        literal("<|tool_calls_section_begin|>"), calls, literal("<|tool_calls_section_end|>")
    )
    if request.optional:
        section = sequence(rules.once("text", free_text([_MARKER_START])), optional(section))
    return rules.render(sequence(_k2_reasoning(rules, request), section))


def _k2_reasoning(rules: Rules, request: _Request) -> str:
    if not request.thinking:
        return ""
    # A marker inside reasoning would begin a call there, and the one after it would be a second.
    text = rules.once("reasoning", free_text([_REASONING_END, _MARKER_START]))
    return sequence(text, literal(_REASONING_END))


def _k2_call(rules: Rules, name: str, request: _Request) -> str:
    return sequence(
        literal(f"<|tool_call_begin|>functions.{name}:"),
        rules.once("call-number", _CALL_NUMBER),
        literal("<|tool_call_argument_begin|>"),
        _arguments(rules, name, request, "k2", JSON),
        literal("<|tool_call_end|>"),
    )


def _arguments(
    rules: Rules, name: str, request: _Request, dialect: Dialect, spelling: Spelling
) -> str:
    """Return the rule of a tool's arguments."""
    with limited(_error, Place(name).where):
        before = rules.size
        rule = _written_arguments(rules, name, request, dialect, spelling)
    if rules.size - before > MAX_GRAMMAR:
        raise KimiConfigError(
            f"{Place(name).where}: the grammar of this schema has more than {MAX_GRAMMAR} "
            "characters, which no engine reads in time; write fewer properties and values."
        )
    return rule


def _error(where: str, problem: str) -> KimiConfigError:
    return KimiConfigError(f"{where}: {problem}")


def _written_arguments(
    rules: Rules, name: str, request: _Request, dialect: Dialect, spelling: Spelling
) -> str:
    place = Place(name)
    values = ValueRules(
        rules,
        Document(request.tools[name], strict=request.strict),
        strict=request.strict,
        max_string_length=request.max_string_length,
        spelling=spelling,
    )
    parameters = {"allOf": [_OBJECT, request.tools[name]]}
    if dialect == "k2":
        rule = values.value(parameters, place)
    else:
        text = argument_text(values, parameters, place)
        rule = None if text is None else rules.add(name, text)
    if rule is None:
        raise KimiConfigError(
            f"{place.where}: no object fits this schema, so the tool can never be called; look "
            "for bounds, types or constants that exclude each other."
        )
    return rule


def _arguments_alone(name: str, request: _Request, dialect: Dialect) -> str:
    rules = Rules(UNREACHABLE)  # xgrammar compiles one long repetition sooner than many short ones
    return rules.render(_arguments(rules, name, request, dialect, PLAIN_JSON))


def _k3(request: _Request) -> str:
    rules = Rules()
    calls = any_of([_k3_call(rules, name, request) for name in request.tools])
    if request.parallel:
        calls = rules.repeat(rules.add("call", calls), 1)
    section = sequence(literal("<|open|>tools<|sep|>"), calls, literal("<|close|>tools<|sep|>"))
    parts: list[str] = []
    if request.thinking:
        parts += [
            rules.once("reasoning", free_text(["<|close|>", "<|open|>"])),
            literal("<|close|>think<|sep|><|open|>response<|sep|>"),
        ]
    if request.optional:
        parts.append(rules.once("text", free_text(["<|close|>", "<|open|>"])))
        section = optional(section)
    parts += [
        literal("<|close|>response<|sep|>"),
        section,
        literal("<|close|>message<|sep|>"),
    ]
    return rules.render(sequence(*parts))


def _k3_call(rules: Rules, name: str, request: _Request) -> str:
    return sequence(
        literal(f'<|open|>call tool="{attribute(name)}" index="'),
        rules.once("call-number", _CALL_NUMBER_FROM_1),
        literal('"<|sep|>'),
        _arguments(rules, name, request, "k3", JSON),
        literal("<|close|>call<|sep|>"),
    )
