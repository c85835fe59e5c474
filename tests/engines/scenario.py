"""What is asked of the scripted model, and what its script says.

Owns: the tools, the question and the texts that support/model_files.py wires into the weights.
"""

from __future__ import annotations

from typing import Any

__all__ = [
    "ALARM",
    "ANSWER",
    "CALL",
    "HERE",
    "OBJECT",
    "QUESTION",
    "REASONING",
    "RENDERED",
    "WEATHER",
    "tool",
]

QUESTION = "What is the weather in Paris?"
REASONING = " The user asks for weather, so I call the tool"
ANSWER = "It is 18 degrees in Paris!"
CALL = ("get_weather", {"city": "Paris"})
OBJECT = {"city": "Paris"}

HERE: dict[str, Any] = {"tool_call_parser": "client"}
RENDERED: dict[str, Any] = {"api": "completions", "tool_call_parser": "client"}


def tool(name: str, *, strict: bool = False, **properties: Any) -> dict[str, Any]:
    """Return a tool whose arguments are all required."""
    schema = {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }
    function = {"name": name, "description": f"Call {name}.", "parameters": schema}
    return {"type": "function", "function": function | ({"strict": True} if strict else {})}


WEATHER = tool("get_weather", city={"type": "string"})
ALARM = tool("set_alarm", day={"enum": ["Monday"]}, hour={"enum": [7]})
