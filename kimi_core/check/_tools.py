"""Probes of tool calls: who parses them, can one be forced, can there be several.

Owns: `TOOLS`. May know: its own files, _json, errors, events.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from kimi_core.check._probe import Outcome, Probe, Verdict, outcome
from kimi_core.errors import KimiConfigError, KimiStatusError
from kimi_core.events.arguments import read_arguments

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from kimi_core._json import Message
    from kimi_core.check._session import Answer, Session

__all__ = ["TOOLS"]

_CITIES = ["Beijing", "Paris"]
_TOOL: Mapping[str, Any] = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Get the current weather of a city.",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string", "enum": _CITIES}},
            "required": ["city"],
            "additionalProperties": False,
        },
    },
}
_OTHER: Mapping[str, Any] = {
    "type": "function",
    "function": {
        "name": "get_time",
        "description": "Get the current time.",
        "parameters": {"type": "object", "properties": {}},
    },
}
_ONE = [{"role": "user", "content": "What is the weather in Paris? Ask the tool."}]
# With one tool alone "required" would pass for a choice by name; a model that is left to choose
# takes the other one (llama.cpp b11549 reads a name as "auto").
_ELSEWHERE = [{"role": "user", "content": "What time is it? Ask the tool."}]
_BOTH = [
    {
        "role": "user",
        "content": "What is the weather in Paris and in Beijing? "
        "Ask the tool for both cities at once, in two parallel calls.",
    }
]

_RAW = re.compile(r"<\|tool_call|<\|open\|>\s*(?:tools|call)")
# A call without its five markers: the id, and the arguments right behind it.
_STRIPPED = re.compile(r"\bget_weather:\d+\s*\{")
# vLLM and llama.cpp refuse tools that they were not started for, and name the flag.
_NOT_STARTED_FOR_TOOLS = re.compile(r"tool-call-parser|auto-tool-choice|tool_parser|--jinja")
# SGLang makes a grammar of its parser's tokens, and the model has none of the other family's
# (0.5.23, started with kimi_k3 for a K2 model).
_OTHER_FAMILY = re.compile(r"structural.?tag.*not found in vocabulary", re.DOTALL)


def _call(session: Session) -> Outcome:
    return _asked(session, _ONE, [_TOOL])


def _force(session: Session) -> Outcome:
    try:
        return _asked(session, _ELSEWHERE, [_OTHER, _TOOL], tool_choice="get_weather", stream=True)
    except KimiConfigError as error:
        return outcome("cannot", reason=error)


def _several(session: Session) -> Outcome:
    answer = session.ask(_BOTH, [_TOOL])
    calls = len(answer.message.tool_calls)
    return outcome("several" if calls > 1 else "one" if calls else "none", calls=calls)


def _asked(
    session: Session,
    messages: Sequence[Message],
    tools: Sequence[Mapping[str, Any]],
    *,
    stream: bool = False,
    **options: Any,  # noqa: ANN401 - fields of Options
) -> Outcome:
    try:
        answer = session.ask(messages, tools, session.brief(**options), stream=stream)
    except KimiStatusError as error:  # llama.cpp without --jinja says so with a 500
        if _NOT_STARTED_FOR_TOOLS.search(error.server_message):
            return outcome("no_parser", message=error.server_message)
        if _OTHER_FAMILY.search(error.server_message):
            return outcome("wrong_parser", message=error.server_message)
        raise
    given_up = [text for text in answer.warnings if "tool_choice" in text]
    if given_up:
        return outcome("given_up", reason=given_up[0])
    return _judged(session, answer)


def _judged(session: Session, answer: Answer) -> Outcome:
    calls = answer.message.tool_calls
    if not calls:
        return _without_call(answer)
    first = calls[0]
    if first.name == "get_time":
        return outcome("another", call=f"{first.name}({first.arguments})")
    if not _is_valid(first.arguments) or first.name != "get_weather":
        return outcome("broken", call=f"{first.name}({first.arguments})")
    if answer.has_parsed_calls:
        return outcome("by_server", call=f"{first.name}({first.arguments.strip()})")
    expected = session.chat.capabilities.gets_raw_text
    return outcome("here" if expected else "raw", call=f"{first.name}({first.arguments.strip()})")


def _without_call(answer: Answer) -> Outcome:
    if _RAW.search(answer.text):
        return outcome("raw_unparsed")
    if _STRIPPED.search(answer.text):
        return outcome("stripped", text=answer.message.content.strip()[-80:])
    return outcome("none", text=repr(answer.message.content.strip()[:40]))


def _is_valid(arguments: str) -> bool:
    found = read_arguments(arguments)
    return isinstance(found, dict) and found.get("city") in _CITIES


# What may come of a tool that is offered, and of one that is forced, alike.
_CALLS: dict[str, Verdict] = {
    "by_server": Verdict("green", "parsed by the server: {call}"),
    "here": Verdict("green", "parsed here, as configured: {call}"),
    "raw": Verdict(
        "amber",
        "the server leaks Kimi's raw tokens; they were parsed here: {call}",
        "This package copes (tool_call_parser='auto'); every other client sees text.",
        "For other clients: {tools_flag}.",
    ),
    "raw_unparsed": Verdict(
        "red",
        "the server leaks Kimi's raw tokens as text, and tool_call_parser forbids to parse here",
        "Agents see text in place of calls.",
        "Set tool_call_parser='auto'; or {tools_flag}.",
    ),
    "stripped": Verdict(
        "red",
        "the call came as text without its marker tokens: ...{text}",
        "The server decodes with skip_special_tokens, so no parser, there or here, can find the "
        "call.",
        "Serve the checkpoint's own tokenizer_config.json, in which the tool markers are "
        "special=false, and update the engine; or set tool_call_parser='client', which asks for "
        "skip_special_tokens=false.",
    ),
    "no_parser": Verdict(
        "red",
        "the server refuses tools: {message}",
        "No agent can run.",
        "Either {tools_flag}; or set tool_call_parser='client', which parses here.",
    ),
    "wrong_parser": Verdict(
        "red",
        "the server refuses tools: {message}",
        "Its tool parser is that of another family than {base_model}'s: no agent can run.",
        "Let it parse this family's calls: {tools_flag}.",
    ),
    "broken": Verdict(
        "red",
        "the call is not the tool's: {call}",
        "The framework will refuse it.",
        "Set tool_call_parser='client' to rule out the server's parser, and compare; a quantised "
        "model may be the cause.",
    ),
}

TOOLS = (
    Probe(
        name="tool_call",
        question="Does a tool call come as a call?",
        ask=_call,
        verdicts={
            **_CALLS,
            "none": Verdict(
                "amber",
                "the model answered without a call: {text}",
                "Kimi calls here; another model, a wrong chat template, or tools that do not reach "
                "the prompt.",
                "Check the model; with api='completions' the prompt is rendered here.",
            ),
        },
    ),
    Probe(
        name="forced_tool_choice",
        question="Is a forced tool called?",
        ask=_force,
        verdicts={
            **_CALLS,
            "none": Verdict(
                "red",
                "tool_choice is ignored: the server answered {text}",
                "Structured output by function calling fails at times, without an error.",
                "Use structured output by json_schema; or an engine that enforces it (vLLM, "
                "SGLang, llama.cpp), at best with a grammar: tool_call_parser='client' and "
                "api='completions'.",
            ),
            "another": Verdict(
                "red",
                "tool_choice is ignored: another tool was called: {call}",
                "Structured output by function calling fails at times, without an error.",
                "Where one tool alone and 'required' is kept, set takes_named_tool_choice=False in "
                "the Endpoint (the preset llama.cpp has it); or use an engine that enforces a "
                "choice by name.",
            ),
            "cannot": Verdict(
                "amber",
                "it cannot be forced here: {reason}",
                "A framework that forces a tool gets this error.",
                "Use an endpoint with a grammar: vllm, sglang, llama.cpp.",
            ),
            "given_up": Verdict(
                "amber",
                "it cannot be forced on this model: {reason}",
                "The model decides for itself, and a ToolChoiceWarning says so.",
                "Use structured output by json_schema, or a model that can be forced.",
            ),
        },
    ),
    Probe(
        name="parallel_calls",
        question="Can one answer hold several calls?",
        ask=_several,
        needs=("tool_call",),
        verdicts={
            "several": Verdict("green", "{calls} calls in one answer"),
            "one": Verdict(
                "amber",
                "one call, though two were asked for",
                "Agents work, with a round for each call.",
                "Where the model chose so, there is nothing to repair; llama.cpp's server wants "
                "parallel_tool_calls=True.",
            ),
            "none": Verdict(
                "amber",
                "no call, though two were asked for",
                "See the probe tool_call.",
                "See the probe tool_call.",
            ),
        },
    ),
)
"""Tool call, forced tool choice, parallel calls."""
