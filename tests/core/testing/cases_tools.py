"""Requests that break the rules about tools and answers' schemas, with legal twins."""

from __future__ import annotations

from typing import Any

from tests.core.testing.support import Case, body, tool, user

__all__ = ["CASES"]

_OFF = {"type": "disabled"}
_NAMED = {"type": "function", "function": {"name": "add"}}
_SEARCH = {"type": "builtin_function", "function": {"name": "$web_search"}}
_NAME = (
    "Invalid request: function name is invalid, must start with a letter and can contain letters, "
    "numbers, underscores, and dashes"
)
_TYPE = "Invalid request: unknown tool type: {}, currently only function and plugin are supported"
_FORMAT = "Invalid request: response_format.json_schema is not a valid moonshot flavored json"

_SEARCHED = {
    "role": "assistant",
    "content": "",
    "tool_calls": [
        {
            "id": "s:0",
            "type": "function",
            "function": {"name": "$web_search", "arguments": '{"q":1}'},
        }
    ],
}


def _result(content: str) -> dict[str, Any]:
    return {"role": "tool", "tool_call_id": "s:0", "content": content}


def _schema(schema: object, **extra: Any) -> dict[str, Any]:
    return {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema, **extra}}


def _system(*tools: dict[str, Any], **extra: Any) -> dict[str, Any]:
    return {"role": "system", "tools": list(tools), **extra}


_ARRAY = {"type": "array", "items": {"type": "string"}}
_PAIR = {
    "type": "object",
    "properties": {"pair": {"type": "array", "items": [{"type": "string"}, {"type": "number"}]}},
}

CASES = [
    Case(
        "tool_types",
        body(tools=[{"type": "custom", "name": "apply_patch"}]),
        _TYPE.format("custom"),
        body(tools=[_SEARCH], thinking=_OFF),
    ),
    Case(
        "tool_types",
        body(tools=[{"type": "function", "name": "add"}]),
        "Invalid request: tools.function must be an object",
        body(tools=[{"type": "function", "function": {"name": "add"}}]),
        "flat",
    ),
    *(
        Case(
            "function_names",
            body(tools=[tool(name=bad)]),
            _NAME,
            body(tools=[tool(name=good)]),
            bad,
        )
        for bad, good in [
            ("2fa_check", "_fa_check"),
            ("multi_tool_use.parallel", "get-issue-2"),
            ("", "a"),
            ("a" * 129, "a" * 128),
        ]
    ),
    Case(
        "duplicate_functions",
        body(tools=[tool(), tool()]),
        "Invalid request: function name add is duplicated",
        body(tools=[tool(), tool(name="subtract")]),
    ),
    *(
        Case(
            "duplicate_functions",
            body(*repeated, user(), model="kimi-k3", **fields),
            "Invalid request: function name add is duplicated",
            body(*apart, user(), model="kimi-k3", **fields),
            note,
        )
        for note, repeated, apart, fields in [
            ("in a message", [_system(tool(), tool())], [_system(tool(), tool(name="b"))], {}),
            (
                "across messages",
                [_system(tool()), _system(tool())],
                [_system(tool()), _system(tool(name="b"))],
                {},
            ),
            (
                "against the request",
                [_system(tool())],
                [_system(tool(name="b"))],
                {"tools": [tool()]},
            ),
        ]
    ),
    Case(
        "function_schemas",
        body(tools=[tool({"type": "object", "properties": {"a": {"enum": ["x"]}}})]),
        "Invalid request: tools.function.parameters is not a valid moonshot flavored json schema, "
        "details: <At path 'properties.a': type is not defined>",
        body(
            tools=[tool({"type": "object", "properties": {"a": {"type": "string", "enum": ["x"]}}})]
        ),
    ),
    Case(
        "tool_choice_form",
        body(tools=[tool()], tool_choice="any"),
        "Invalid request: invalid tool_choice: any",
        body(tools=[tool()], tool_choice="auto"),
        "word",
    ),
    Case(
        "tool_choice_form",
        body(tools=[tool(name="subtract")], tool_choice=_NAMED, thinking=_OFF),
        "Invalid request: tool_choice names 'add', which is not among the tools",
        body(tools=[tool()], tool_choice=_NAMED, thinking=_OFF),
        "name",
    ),
    *(
        Case(
            "builtin_while_thinking",
            body(tools=[_SEARCH], model=model),
            "$web_search is incompatible with thinking enabled",
            legal,
            model,
        )
        for model, legal in [
            ("kimi-k2.6", body(tools=[_SEARCH], thinking=_OFF)),
            ("kimi-k2.7-code", body(tools=[_SEARCH], model="kimi-k3")),
        ]
    ),
    Case(
        "builtin_echo",
        body(user(), _SEARCHED, _result("Error: no such tool"), tools=[_SEARCH], thinking=_OFF),
        "Invalid request: tool call s:0 must be answered with its arguments",
        body(user(), _SEARCHED, _result('{"q":1}'), tools=[_SEARCH], thinking=_OFF),
    ),
    *(
        Case(
            "forced_while_thinking",
            body(tools=[tool()], tool_choice=choice, model=model),
            f"tool_choice '{word}' is incompatible with thinking enabled",
            legal,
            f"{model} {word}",
        )
        for model, choice, word, legal in [
            ("kimi-k2.6", "required", "required", body(tools=[tool()], tool_choice="none")),
            (
                "kimi-k2.6",
                _NAMED,
                "specified",
                body(tools=[tool()], tool_choice=_NAMED, thinking=_OFF),
            ),
            ("kimi-k2.7-code", "required", "required", body(tools=[tool()])),
            (
                "kimi-k3",
                _NAMED,
                "specified",
                body(tools=[tool()], tool_choice="required", model="kimi-k3"),
            ),
        ]
    ),
    *(
        Case(
            "required_without_tools",
            body(tool_choice="required", model=model, **broken),
            "Invalid request: tool_choice 'required' needs at least one tool",
            legal,
            f"{model} {note}",
        )
        for model, note, broken, legal in [
            ("kimi-k3", "no list", {}, body(tool_choice="none", model="kimi-k3")),
            ("kimi-k3", "empty", {"tools": []}, body(tool_choice="auto", model="kimi-k3")),
            (
                "kimi-k3",
                "none in a message",
                {"thinking": _OFF},
                body(_system(tool()), user(), tool_choice="required", model="kimi-k3"),
            ),
            (
                "kimi-k2.6",
                "thinking or not",
                {"thinking": _OFF},
                body(tool_choice="required", tools=[tool()], thinking=_OFF),
            ),
        ]
    ),
    Case(
        "named_choice",
        body(tools=[tool()], tool_choice=_NAMED, thinking=_OFF, model="kimi-k3"),
        "Invalid request: tool_choice must be auto, none or required for this model",
        body(tools=[tool()], tool_choice="required", thinking=_OFF, model="kimi-k3"),
    ),
    Case(
        "system_tools",
        body(_system(tool()), user()),
        "Invalid request: tokenization failed",
        body(_system(tool()), user(), model="kimi-k3"),
        "another model",
    ),
    Case(
        "system_tools",
        body(_system(tool(), content="More tools."), user(), model="kimi-k3"),
        "Invalid request: tools cannot be used with content",
        body(
            _system(tool()),
            {"role": "system", "content": "More tools."},
            user(),
            model="kimi-k3",
        ),
        "content",
    ),
    Case(
        "system_tools",
        body({"role": "user", "tools": [tool()]}, model="kimi-k3"),
        "Invalid request: tools are only allowed in a system message",
        body(user(), _system(tool()), model="kimi-k3"),
        "role",
    ),
    *(
        Case(
            "system_tools",
            body({"role": "system", "content": "", "tools": broken}, user(), model="kimi-k3"),
            "Invalid request: tools in a system message must be an array of objects",
            body(user(), {"role": "system", "content": "", "tools": legal}, model="kimi-k3"),
            note,
        )
        for note, broken, legal in [
            ("no array", {"type": "function"}, [tool()]),
            ("no object", [None], [{"type": "function", "function": {"name": "add"}}]),
            ("text", "add", [tool(strict=False)]),
        ]
    ),
    *(
        Case(
            "tool_types",
            body(_system(broken), user(), model="kimi-k3"),
            message,
            body(_system(tool()), user(), model="kimi-k3"),
            f"of a message, {note}",
        )
        for note, broken, message in [
            ("bogus", {"type": "bogus", "function": {"name": "x"}}, _TYPE.format("bogus")),
            ("none", {"function": {"name": "x"}}, _TYPE.format("None")),
            (
                "no function",
                {"type": "function"},
                "Invalid request: tools.function must be an object",
            ),
        ]
    ),
    *(
        Case(
            "function_names",
            body(_system({"type": "function", "function": broken}), user(), model="kimi-k3"),
            _NAME,
            body(_system(tool()), user(), model="kimi-k3"),
            f"of a message, {broken}",
        )
        for broken in ({}, {"name": "1bad"}, {"name": "bad@name"})
    ),
    Case(
        "response_format",
        body(response_format={"type": "grammar"}),
        "Invalid request: response_format.type must be text, json_object or json_schema",
        body(response_format={"type": "text"}),
        "type",
    ),
    Case(
        "response_format",
        body(response_format={"type": "json_schema", "json_schema": {"schema": {}}}),
        "Invalid request: response_format.json_schema needs name and schema",
        body(response_format=_schema({"type": "object", "properties": {}}, strict=True)),
        "name",
    ),
    *(
        Case(
            "response_format",
            body(response_format={"type": "json_schema", **broken}),
            "Invalid request: response_format.json_schema needs name and schema",
            body(response_format=_schema({"type": "object"})),
            note,
        )
        for note, broken in [
            ("schema", {"json_schema": {"name": "answer"}}),
            ("schema as text", {"json_schema": {"name": "answer", "schema": "x"}}),
            ("nothing", {}),
        ]
    ),
    Case(
        "response_format",
        body(response_format=_schema({"type": "object"}, strict="yes")),
        "Invalid request: response_format.json_schema.strict must be true or false",
        body(response_format=_schema({"type": "object"}, strict=False)),
        "strict",
    ),
    Case(
        "response_format",
        body(response_format=_schema(_ARRAY)),
        f"{_FORMAT} schema, details: <At path 'root': only objects are supported>",
        body(response_format=_schema({"type": "object", "properties": {"answers": _ARRAY}})),
        "array",
    ),
    Case(
        "response_format",
        body(response_format=_schema(_PAIR)),
        f"{_FORMAT} schema, details: <At path 'properties.pair.items': items must be an object>",
        body(response_format={"type": "json_object"}),
        "recorded",
    ),
]
