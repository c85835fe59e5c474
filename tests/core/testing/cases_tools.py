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
        body(tools=[_SEARCH]),
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
