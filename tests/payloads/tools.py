"""Rows about tools: choices, names, schemas, Moonshot's own functions, tools inside messages.

Owns: the rows for sections 2.4, 2.5 and 2.7 of the rules in ``tests/payloads``. Every kind of
schema is tested in tests/core/test_schema*.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kimi_core import IgnoredSettingWarning, ToolChoiceWarning, ToolSchemaWarning
from tests.payloads.row import HELLO, TIME, WEATHER, Row, call, result, said, user

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["ROWS"]

K26, K27, K3 = "kimi-k2.6", "kimi-k2.7-code", "kimi-k3"
VLLM = "moonshotai/Kimi-K2-Instruct"
BOTH = [WEATHER, TIME]
OFF, ON = {"type": "disabled"}, {"type": "enabled"}


_FORM = {"name": "get_time", "schema": TIME["function"]["parameters"]}
TIME_FORM = {"response_format": {"type": "json_schema", "json_schema": _FORM}}


def _named(name: str) -> dict[str, Any]:
    return {"type": "function", "function": {"name": name}}


def _with(name: str, parameters: dict[str, Any]) -> dict[str, Any]:
    return {"type": "function", "function": {"name": name, "parameters": parameters}}


def _chosen(
    model: str, choice: Any, sent: Any, *, also: Mapping[str, Any] | None = None, **rest: Any
) -> Row:
    """Return a row with both tools; ``also`` is what else is sent besides the choice."""
    options = {"tool_choice": choice, **rest.pop("options", {})}
    payload = {"model": model, "tool_choice": sent, **(also or {})}
    made: dict[str, Any] = {"tools": BOTH, **rest}
    return Row(model=model, options=options, sent=payload, **made)


_FREE: Mapping[str, Row] = {
    f"{model}: {choice}": _chosen(model, choice, choice)
    for model in (K26, K27, K3)
    for choice in ("auto", "none")
}

_FORCED: Mapping[str, Row] = {
    "kimi-k3 takes required": _chosen(K3, "required", "required"),
    "kimi-k3 takes any": _chosen(K3, "any", "required"),
    "kimi-k3 gets required and the one tool": _chosen(
        K3, "get_time", "required", also={"tools": [TIME]}
    ),
    "kimi-k3 gets it in OpenAI's form too": _chosen(
        K3, _named("get_weather"), "required", also={"tools": [WEATHER]}
    ),
    "kimi-k2.6 stops thinking for a name": _chosen(
        K26, "get_weather", _named("get_weather"), also={"thinking": OFF}
    ),
    "kimi-k2.6 is asked by name where there is one tool": _chosen(
        K26, "required", _named("get_weather"), also={"thinking": OFF}, tools=[WEATHER]
    ),
    "kimi-k2.6 without thinking": _chosen(
        K26, "get_time", _named("get_time"), also={"thinking": OFF}, settings={"thinking": False}
    ),
    "kimi-k2.6 without thinking takes required": _chosen(
        K26, "required", "required", also={"thinking": OFF}, settings={"thinking": False}
    ),
    "kimi-k2.6 without thinking and with one tool": _chosen(
        K26,
        "required",
        _named("get_weather"),
        also={"thinking": OFF},
        settings={"thinking": False},
        tools=[WEATHER],
    ),
    "a temperature for thinking survives": _chosen(
        K26,
        "required",
        _named("get_weather"),
        also={"thinking": OFF},
        settings={"temperature": 1.0},
        tools=[WEATHER],
    ),
    "elsewhere the choice goes as it is": Row(
        model=K26,
        endpoint="openrouter",
        tools=BOTH,
        options={"tool_choice": "get_time"},
        sent={"model": "moonshotai/kimi-k2.6", "tool_choice": _named("get_time")},
    ),
}

_GIVEN_UP: Mapping[str, Row] = {
    "kimi-k2.7-code cannot be forced": _chosen(K27, "required", "auto", warns=ToolChoiceWarning),
    "kimi-k2.7-code cannot be forced by name": _chosen(
        K27, "get_time", "auto", also=TIME_FORM, warns=ToolChoiceWarning
    ),
    "kimi-k2.6 keeps thinking where one wants it": _chosen(
        K26,
        "get_time",
        "auto",
        also={"thinking": ON, **TIME_FORM},
        settings={"thinking": True},
        warns=ToolChoiceWarning,
    ),
    "kimi-k2.6 has no way to require one of two": _chosen(
        K26, "required", "auto", warns=ToolChoiceWarning
    ),
    "a tool that is not there": Row(
        model=K26,
        tools=BOTH,
        options={"tool_choice": "get_news"},
        refused=("'get_news'", "no tool of this"),
    ),
    "a choice without tools": Row(
        model=K26,
        options={"tool_choice": "required"},
        refused=("'required'", "needs at least one tool"),
    ),
    "a free choice without tools": Row(
        model=K26, options={"tool_choice": "auto"}, sent={"model": K26}
    ),
    "one call at most": Row(
        model=K3,
        tools=BOTH,
        options={"parallel_tool_calls": False},
        sent={"model": K3},
        warns=IgnoredSettingWarning,
    ),
    "one call at most, by its name": _chosen(
        K3, "get_time", "required", also={"tools": [TIME]}, options={"parallel_tool_calls": False}
    ),
}

_PAIR = {"type": "array", "items": [{"type": "integer"}, {"type": "integer"}]}
_LEVEL = {"enum": ["low", "high"]}
_CITY = {"type": "object", "properties": {"city": {"type": "string"}}}

_DECLARED: Mapping[str, Row] = {
    "a tool as it is": Row(model=K26, tools=[WEATHER], sent={"model": K26}),
    "a tool twice": Row(model=K26, tools=[WEATHER, WEATHER], refused=("get_weather",)),
    "a name with a blank": Row(
        model=K26,
        tools=[_with("get weather", _CITY)],
        sent={"model": K26, "tools": [_with("get_weather", _CITY)]},
    ),
    "a name with a dollar": Row(
        model=K26,
        tools=[_with("$mine", _CITY)],
        sent={"model": K26, "tools": [_with("_mine", _CITY)]},
    ),
    "a name of 129 letters": Row(
        model=K26,
        tools=[_with("n" * 129, _CITY)],
        sent={"model": K26, "tools": [_with("n" * 128, _CITY)]},
    ),
    "a name that begins with a digit, in tools, choice and history": Row(
        model=K26,
        tools=[_with("21st.builder", _CITY), WEATHER],
        options={"tool_choice": "21st.builder"},
        settings={"thinking": False},
        messages=[user(), said("", call("a:0", "21st.builder")), result("a:0"), user()],
        sent={
            "model": K26,
            "thinking": OFF,
            "tools": [_with("_21st_builder", _CITY), WEATHER],
            "tool_choice": _named("_21st_builder"),
            "messages": [user(), said("", call("a:0", "_21st_builder")), result("a:0"), user()],
        },
    ),
    "no name": Row(model=K26, tools=[_with("", _CITY)], refused=("Tool name ''", "by its name")),
    "a schema that is none": Row(
        model=K26,
        tools=[_with("f", {"type": "object", "properties": {"v": {"type": "unknown"}}})],
        sent={
            "model": K26,
            "tools": [
                _with(
                    "f",
                    {
                        "type": "object",
                        "properties": {
                            "v": {
                                "type": ["object", "array", "string", "number", "boolean", "null"],
                                "description": "type: unknown.",
                            }
                        },
                    },
                )
            ],
        },
        warns=ToolSchemaWarning,
    ),
    "a schema of empty lists": Row(
        model=K26,
        tools=[_with("f", {"type": "object", "properties": [], "required": None})],
        sent={
            "model": K26,
            "tools": [_with("f", {"type": "object", "properties": {}, "required": []})],
        },
        warns=ToolSchemaWarning,
    ),
    "a name elsewhere is the server's affair": Row(
        endpoint="vllm", tools=[_with("get.weather", {})], sent={"model": VLLM}
    ),
    "no parameters": Row(
        model=K26,
        tools=[{"type": "function", "function": {"name": "now"}}],
        sent={
            "model": K26,
            "tools": [_with("now", {"type": "object", "properties": {}, "required": []})],
        },
    ),
    "parameters of no object": Row(
        model=K26, tools=[_with("f", {"type": "string"})], refused=("'f'",)
    ),
    "an enum without type": Row(
        model=K26,
        tools=[_with("f", {"type": "object", "properties": {"level": _LEVEL}})],
        sent={
            "model": K26,
            "tools": [
                _with(
                    "f",
                    {
                        "type": "object",
                        "properties": {"level": {"enum": ["low", "high"], "type": "string"}},
                    },
                )
            ],
        },
    ),
    "a tool goes to others as it is": Row(
        endpoint="vllm",
        tools=[_with("f", {"type": "object", "properties": {"pair": _PAIR}})],
        sent={"model": VLLM},
    ),
    "strict is passed on": Row(
        model=K26,
        tools=[{**WEATHER, "function": {**WEATHER["function"], "strict": False}}],
        sent={"model": K26},
    ),
    "Moonshot's own functions": Row(
        model=K26,
        tools=[{"type": "builtin_function", "function": {"name": "$web_search"}}, WEATHER],
        settings={"thinking": False},
        sent={"model": K26, "thinking": OFF},
    ),
    **{
        f"Moonshot's own functions are refused for {endpoint}": Row(
            endpoint=endpoint,
            tools=[WEATHER, {"type": "builtin_function", "function": {"name": "$web_search"}}],
            refused=("'$web_search'", f"'{endpoint}'", "takes_builtin_tools"),
        )
        for endpoint in ("vllm", "openrouter")
    },
    "what Moonshot's own function asked for is echoed": Row(
        model=K26,
        tools=[{"type": "builtin_function", "function": {"name": "$web_search"}}],
        messages=[
            user(),
            said("", call("search:0", "$web_search", '{"query": "x"}')),
            result("search:0", "Error: $web_search is not a valid tool."),
        ],
        sent={
            "model": K26,
            "thinking": OFF,
            "messages": [
                user(),
                said("", call("search:0", "$web_search", '{"query": "x"}')),
                result("search:0", '{"query": "x"}'),
            ],
        },
    ),
    "Moonshot's own functions go with kimi-k3's thinking": Row(
        model=K3,
        tools=[{"type": "builtin_function", "function": {"name": "$web_search"}}],
        sent={"model": K3},
    ),
    **{
        f"Moonshot's own functions do not go with thinking on {model}": Row(
            model=model,
            settings=settings,
            tools=[{"type": "builtin_function", "function": {"name": "$web_search"}}],
            refused=("'$web_search'", f"'{model}'", way, "official_tools()"),
        )
        for model, settings, way in (
            (K26, {"thinking": True}, "Set thinking=False"),
            ("kimi-k2.7-code", {}, "Use kimi-k3"),
        )
    },
}

_CORE = "neither framework has a message that brings tools"
_BROUGHT: Mapping[str, Row] = {
    "a message brings tools": Row(
        model=K3,
        messages=[{"role": "system", "content": None, "tools": [WEATHER]}, *HELLO],
        sent={"model": K3, "messages": [{"role": "system", "tools": [WEATHER]}, *HELLO]},
        core_only=_CORE,
    ),
    "a message brings tools and text": Row(
        model=K3,
        messages=[{"role": "system", "content": "Be brief.", "tools": [WEATHER]}, *HELLO],
        refused=("messages[0] brings tools", "of its own"),
        core_only=_CORE,
    ),
    "a message brings tools to kimi-k2.6": Row(
        model=K26,
        messages=[{"role": "system", "tools": [WEATHER]}, *HELLO],
        refused=("messages[0] brings tools", "kimi-k3"),
        core_only=_CORE,
    ),
    "kimi-k3 is forced to tools that a message brings": Row(
        model=K3,
        messages=[{"role": "system", "tools": [WEATHER]}, user()],
        options={"tool_choice": "required"},
        sent={
            "model": K3,
            "tool_choice": "required",
            "messages": [{"role": "system", "tools": [WEATHER]}, user()],
        },
        core_only=_CORE,
    ),
    "a tool that stands twice": Row(
        model=K3,
        messages=[{"role": "system", "tools": [WEATHER]}, user()],
        tools=[WEATHER],
        refused=("'get_weather'", "second time"),
        core_only=_CORE,
    ),
    "a tool that two messages bring": Row(
        model=K3,
        messages=[
            {"role": "system", "tools": [WEATHER]},
            user(),
            said("Yes."),
            {"role": "system", "tools": [WEATHER]},
            user(),
        ],
        refused=("'get_weather'", "second time"),
        core_only=_CORE,
    ),
    "a message brings tools to K2 elsewhere": Row(
        endpoint="vllm",
        messages=[{"role": "system", "tools": [WEATHER]}, *HELLO],
        refused=("messages[0] brings tools", "kimi-k3"),
        core_only=_CORE,
    ),
    "a message brings tools to a host": Row(
        endpoint="openrouter",
        model=K3,
        messages=[{"role": "system", "tools": [WEATHER]}, *HELLO],
        refused=("messages[0] brings tools", "'openrouter'", "takes_message_tools"),
        core_only=_CORE,
    ),
    "a message brings tools and text elsewhere": Row(
        endpoint="vllm",
        model=K3,
        messages=[{"role": "system", "content": "Be brief.", "tools": [WEATHER]}, *HELLO],
        refused=("messages[0] brings tools", "of its own"),
        core_only=_CORE,
    ),
    "a question brings tools": Row(
        endpoint="vllm",
        model=K3,
        messages=[user("", tools=[WEATHER])],
        refused=("messages[0] brings tools", "'user'", "only a system message"),
        core_only=_CORE,
    ),
    "a message brings one of Moonshot's own functions elsewhere": Row(
        endpoint="vllm",
        model=K3,
        messages=[
            {
                "role": "system",
                "tools": [{"type": "builtin_function", "function": {"name": "$web_search"}}],
            },
            *HELLO,
        ],
        refused=("'$web_search'", "'vllm'"),
        core_only=_CORE,
    ),
    "a message brings tools elsewhere": Row(
        endpoint="vllm",
        model=K3,
        messages=[{"role": "system", "tools": [WEATHER]}, *HELLO],
        sent={"model": "moonshotai/Kimi-K3"},
        core_only=_CORE,
    ),
}

ROWS: dict[str, Row] = {**_FREE, **_FORCED, **_GIVEN_UP, **_DECLARED, **_BROUGHT}
"""Rows by what they show."""
