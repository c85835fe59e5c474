"""The demo's tool.

Owns: the function, its schema, and what it was called with. May know: jsonschema.

No ``from __future__ import annotations`` here: LlamaIndex reads a function's annotations as they
are, and a string in place of a Literal is an undefined name to it.
"""

from typing import Any, Literal, get_args

import jsonschema

__all__ = ["WeatherTool"]

City = Literal["Beijing", "London", "Paris"]
Unit = Literal["celsius", "fahrenheit"]

_WEATHER = {"Paris": "18 degrees, sunny", "Beijing": "9 degrees, windy"}

_ARGUMENTS_SCHEMA = {
    "type": "object",
    "properties": {"city": {"enum": list(get_args(City))}, "unit": {"enum": list(get_args(Unit))}},
    "required": ["city", "unit"],
    "additionalProperties": False,
}


class WeatherTool:
    """A tool as a user writes one: a function with a docstring and types.

    Attributes:
        executed: The arguments of each call that was executed.
    """

    def __init__(self) -> None:
        self.executed: list[dict[str, Any]] = []

    def get_weather(self, city: City, unit: Unit) -> str:
        """Get the current weather of a city."""
        self.executed.append({"city": city, "unit": unit})
        return f"{city}: {_WEATHER.get(city, '12 degrees, cloudy')} ({unit})"

    def schema_valid(self) -> bool:
        """Whether it was called, and every call's arguments obey the schema."""
        validator: Any = jsonschema.Draft202012Validator(_ARGUMENTS_SCHEMA)
        return bool(self.executed) and all(validator.is_valid(call) for call in self.executed)
