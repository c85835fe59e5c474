"""Whatever LangChain takes for a schema -> OpenAI's ``response_format``.

Owns: that. May know: langchain_core. Which keyword is which option of the core is the core's affair
(`kimi_core.request.Options.read`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from langchain_core.utils.function_calling import convert_to_openai_function

__all__ = ["response_format_of"]


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
