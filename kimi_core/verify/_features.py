"""What only K3 has: tools in messages, tool choice, answer formats, effort.

Owns: the questions about them. May know: its own files, _json.

What is asked follows Moonshot's Kimi-Vendor-Verifier (at 3dad65a): what its suite ``k3_features``
wants is wanted here, in other words. Left out are its questions with a count of tokens, which
`_parameters` asks, and those that it skips itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from kimi_core._json import JsonValue
from kimi_core.verify._ask import Sent
from kimi_core.verify._cases import (
    Case,
    Judge,
    answers,
    calls,
    holds_json,
    is_refused,
    says,
    user,
)
from kimi_core.verify._rows import SUCCESS

__all__ = ["feature_cases"]

_ASK = "Which weather does Oslo have now?"


def _tool(name: str, *required: str, **fields: JsonValue) -> dict[str, Any]:
    properties = {key: {"type": "string"} for key in required}
    parameters = {"type": "object", "properties": properties, "required": list(required)}
    function = {"name": name, "description": f"Does {name}.", "parameters": parameters, **fields}
    return {"type": "function", "function": function}


_WEATHER = _tool("look_up_weather", "town")
_CLOCK = _tool("look_up_time")
_NEWS = _tool("look_up_news")


def _brings(*tools: JsonValue, content: str = "") -> dict[str, Any]:
    return {"role": "system", "content": content, "tools": list(tools)}


def _asks(text: str = _ASK) -> dict[str, Any]:
    return {"role": "user", "content": text}


def feature_cases() -> list[Case]:
    """Return all questions."""
    found: list[Case] = []
    for topic, rows in (
        ("tools in messages", [*_taken_tools(), *_refused_tools()]),
        ("tool choice", _choices()),
        ("answer format", _formats()),
        ("effort", _efforts()),
    ):
        found += [
            Case(f"features/{topic}: {name}", "features", (body,), judge)
            for name, body, judge in rows
        ]
    return [*found, *_effort_order()]


_Row = tuple[str, "dict[str, Any]", "Judge"]


def _taken_tools() -> Iterator[_Row]:
    nested = _tool("place_marker")
    point = {"type": "object", "properties": {"x": {"type": "number"}, "y": {"type": "number"}}}
    nested["function"]["parameters"] = {"type": "object", "properties": {"point": point}}
    before = [_asks("Hello."), {"role": "assistant", "content": "Hello!"}]
    three = [tool["function"]["name"] for tool in (_WEATHER, _CLOCK, _NEWS)]
    weather = calls("look_up_weather", first=True)

    def forced(*messages: dict[str, Any], **fields: JsonValue) -> dict[str, Any]:
        return {"messages": [*messages], "tool_choice": "required", **fields}

    yield "in the first message", forced(_brings(_WEATHER), _asks()), weather
    yield "in a later message", forced(*before, _brings(_WEATHER), _asks()), weather
    yield "in the last message", forced(_asks(), _brings(_WEATHER)), weather
    body = forced(_brings(_WEATHER, _CLOCK, _NEWS), _asks())
    yield "three in one message", body, calls(*three, first=True)
    body = forced(_brings(nested), _asks("Place a marker."))
    yield "a schema in a schema", body, calls("place_marker", first=True)
    body = forced(_brings(_WEATHER), _brings(_CLOCK), _asks())
    yield "two messages", body, calls(*three[:2], first=True)
    lenient = _tool("look_up_weather", "town", strict=False)
    yield "strict is false", forced(_brings(lenient), _asks()), weather
    body = forced(_brings(_WEATHER), _asks(), tools=[_NEWS])
    yield "beside the request's own", body, calls("look_up_weather")
    yield "nothing but these", forced(_brings(_WEATHER), _asks("Say hello.")), weather


def _refused_tools() -> Iterator[_Row]:
    def sent(*messages: dict[str, Any], **fields: JsonValue) -> dict[str, Any]:
        return {"messages": [*messages, _asks()], **fields}

    for role in ("user", "assistant"):
        with_tools = {"role": role, "content": "Hello.", "tools": [_WEATHER]}
        first = [] if role == "user" else [_asks("Hello.")]
        yield f"of role {role}", sent(*first, with_tools), is_refused
    yield "beside content", sent(_brings(_WEATHER, content="Be kind.")), is_refused
    for name, tool in _broken_tools().items():
        yield name, sent(_brings(tool)), is_refused
    yield "a good one and one of no type", sent(_brings(_CLOCK, {"type": "odd"})), is_refused
    no_list = {"role": "system", "content": "", "tools": _WEATHER}
    yield "tools that are no list", sent(no_list), is_refused
    yield "a tool that is null", sent(_brings(None)), is_refused
    yield "twice in one message", sent(_brings(_CLOCK, _CLOCK)), is_refused
    yield "twice in two messages", sent(_brings(_CLOCK), _brings(_CLOCK)), is_refused
    yield "the request's own name", sent(_brings(_CLOCK), tools=[_CLOCK]), is_refused
    yield "a result without an id", sent({"role": "tool", "content": "5"}), is_refused


def _broken_tools() -> dict[str, dict[str, Any]]:
    good = _tool("look_up_time")
    function = good["function"]
    nameless = {key: value for key, value in function.items() if key != "name"}
    return {
        "without type": {"function": function},
        "without function": {"type": "function"},
        "without name": {"type": "function", "function": nameless},
        "a name with a digit in front": _tool("2day"),
        "a name with another sign": _tool("look@time"),
        "an empty name": _tool(""),
        "a name of 257 letters": _tool("n" * 257),
        "of no known type": {"type": "odd", "function": function},
    }


def _choices() -> Iterator[_Row]:
    tools = [_WEATHER]
    text = f"{_ASK} Use a tool for it."
    yield "auto, asked for", user(text, tools=tools, tool_choice="auto"), calls("look_up_weather")
    text = "Say who you are. Use no tools."
    yield "auto, not asked for", user(text, tools=tools, tool_choice="auto"), says()
    body = user(_ASK, tools=tools, tool_choice="required")
    yield "required", body, calls("look_up_weather")
    yield "required, without tools", user(_ASK, tool_choice="required"), is_refused
    yield "required, no tool", user(_ASK, tools=[], tool_choice="required"), is_refused
    yield "none", user(_ASK, tools=tools, tool_choice="none"), says()
    for choice in ("none", "auto"):
        yield f"{choice}, without tools", user("Say hello.", tool_choice=choice), says()
    yield "of no known kind", user(_ASK, tools=tools, tool_choice="odd"), is_refused


def _formats() -> Iterator[_Row]:
    properties = {"town": {"type": "string"}, "degrees": {"type": "number"}}
    schema: dict[str, Any] = {
        "type": "object",
        "properties": properties,
        "required": ["town", "degrees"],
        "additionalProperties": False,
    }
    text = "Give Oslo's weather as JSON with the key 'town' and the key 'degrees'."

    def wanted(kind: str, **fields: JsonValue) -> dict[str, Any]:
        return user(text, response_format={"type": kind, **fields})

    def by_schema(**fields: JsonValue) -> dict[str, Any]:
        return wanted("json_schema", json_schema=fields)

    yield "text", user("Describe Oslo in a sentence.", response_format={"type": "text"}), says()
    yield "json_object", wanted("json_object"), holds_json("town")
    fits = holds_json("town", "degrees", schema=schema)
    yield "json_schema", by_schema(name="weather", strict=True, schema=schema), fits
    lenient = {"type": "object", "properties": properties}
    yield "strict is false", by_schema(name="weather", strict=False, schema=lenient), holds_json()
    yield "of no known type", wanted("odd"), is_refused
    yield "without a name", by_schema(schema=schema), is_refused
    yield "without a schema", by_schema(name="weather"), is_refused
    yield "without json_schema", wanted("json_schema"), is_refused
    yield "strict is text", by_schema(name="weather", strict="no", schema=schema), is_refused
    yield "a schema that is text", by_schema(name="weather", schema="object"), is_refused


def _efforts() -> Iterator[_Row]:
    text = "Is 391 a prime? Think, then answer."
    thinks = says(reasoning=True)
    for name, thinking in (
        ("high", {"type": "enabled", "keep": "all", "effort": "high"}),
        ("type left out", {"keep": "all"}),
        ("effort left out", {"type": "enabled", "keep": "all"}),
    ):
        yield name, user(text, thinking=thinking), thinks


def _effort_order() -> list[Case]:
    text = "How many primes lie between 100 and 160? Think, then answer."

    def asked(effort: str | None = None, **fields: JsonValue) -> dict[str, Any]:
        thinking = {"type": "enabled", "keep": "all", **({"effort": effort} if effort else {})}
        return user(text, thinking=thinking, **fields)

    over = (asked("low", reasoning_effort="max"), asked("max"))
    alone = (asked(reasoning_effort="low"), asked(reasoning_effort="max"))
    return [
        Case("features/effort: thinking.effort wins", "features", over, _thinks_less),
        Case("features/effort: reasoning_effort counts alone", "features", alone, _thinks_less),
    ]


def _thinks_less(sent: Sequence[Sent]) -> str | None:
    """Want less reasoning in the first answer than in the second."""
    if any(one.status != SUCCESS for one in sent):
        return answers(sent)
    first, second = (len(_reasoning(one)) for one in sent)
    return (
        None if first < second else f"{first} letters of reasoning at less effort, {second} at more"
    )


def _reasoning(sent: Sent) -> str:
    message: Mapping[str, Any] = sent.choice.get("message") or {}
    return str(message.get("reasoning_content") or "")
