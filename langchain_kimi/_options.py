"""Keywords of LangChain -> the core's options.

Owns: which keyword of `ChatOpenAI` is which option of the core, for the constructor and for one
call. May know: kimi_core.request.Options, langchain_core's schema conversion.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from langchain_core.utils.function_calling import convert_to_openai_function

from kimi_core.request import Options

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["CallOptions", "read_options", "response_format_of"]

_OPTION_NAMES = frozenset(option.name for option in fields(Options)) - {"extra"}


@dataclass(frozen=True)
class CallOptions:
    """What one call asks for.

    Attributes:
        model: The model of this call.
        tools: OpenAI-style tool dicts, or None.
        options: The rest.
    """

    model: str
    tools: Sequence[Mapping[str, Any]] | None
    options: Options


def read_options(settings: Mapping[str, Any]) -> CallOptions:
    """Sort the settings of a call into the core's options.

    Args:
        settings: Those of the instance, overridden by those of the call; None means: not set.
            What is no option of the core is a field of the payload, sent as it is.
    """
    rest = {name: value for name, value in settings.items() if value is not None}
    for name in ("stream", "streaming", "stream_options", "stream_usage"):
        rest.pop(name, None)  # decided by the method that was called
    _rename(rest, "max_completion_tokens", "max_tokens")
    _rename(rest, "model_name", "model")
    rest.update(rest.pop("extra_body", {}))
    _read_thinking(rest)
    if "response_format" in rest:
        rest["response_format"] = response_format_of(rest["response_format"])
    model, tools = rest.pop("model"), rest.pop("tools", None)
    chosen = {name: rest.pop(name) for name in _OPTION_NAMES & rest.keys()}
    return CallOptions(model, tools, Options(**chosen, extra=rest))


def _rename(settings: dict[str, Any], theirs: str, ours: str) -> None:
    if theirs in settings:
        settings[ours] = settings.pop(theirs)


def _read_thinking(settings: dict[str, Any]) -> None:
    """Understand thinking where ChatOpenAI users put it: Moonshot's object, and ``reasoning``."""
    mode = settings.get("thinking")
    if isinstance(mode, Mapping):
        settings["thinking"] = mode.get("type") != "disabled"
        if mode.get("keep") == "all":
            settings["keep_thinking"] = True
    reasoning = settings.get("reasoning")
    if isinstance(reasoning, Mapping) and set(reasoning) == {"effort"}:
        settings.setdefault("reasoning_effort", reasoning["effort"])
        del settings["reasoning"]


def response_format_of(schema: Any, *, strict: bool | None = None) -> dict[str, Any]:  # noqa: ANN401 - a class, or any dict that LangChain takes
    """Return OpenAI's ``response_format`` for a schema.

    Args:
        schema: A pydantic class, a TypedDict, a JSON schema, or a ``response_format`` itself.
        strict: Sent where it is set.
    """
    if isinstance(schema, Mapping):
        if "type" in schema and schema["type"] in {"json_object", "json_schema", "text"}:
            return dict(schema)
        if {"name", "schema"} <= schema.keys():
            return {"type": "json_schema", "json_schema": dict(schema)}
    function = convert_to_openai_function(schema, strict=strict)
    named: dict[str, Any] = {"name": function["name"], "schema": function["parameters"]}
    if function.get("description"):
        named["description"] = function["description"]
    if strict is not None:
        named["strict"] = strict
    return {"type": "json_schema", "json_schema": named}
