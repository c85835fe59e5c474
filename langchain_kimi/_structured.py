"""Structured output: which way to ask for it, and what reads the answer.

Owns: the three methods of ``with_structured_output``. May know: its own files, errors;
langchain_core. Which of them is the default is decided in the core, for both adapters.
"""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING, Any

from langchain_core.output_parsers import JsonOutputParser, PydanticOutputParser
from langchain_core.output_parsers.openai_tools import (
    JsonOutputKeyToolsParser,
    PydanticToolsParser,
)
from langchain_core.runnables import RunnableLambda, RunnableMap, RunnablePassthrough
from langchain_core.utils.function_calling import convert_to_openai_tool
from langchain_core.utils.pydantic import is_basemodel_subclass

from kimi_core.errors import KimiConfigError
from langchain_kimi._tools import response_format_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from langchain_core.runnables import Runnable

__all__ = ["METHODS", "keywords_of", "read_by", "with_raw"]

METHODS = ("json_schema", "function_calling", "json_mode")


def keywords_of(
    schema: Any,  # noqa: ANN401 - a class, a TypedDict or a JSON schema
    method: str,
    *,
    strict: bool | None,
    tools: Sequence[Any] | None,
) -> dict[str, Any]:
    """Return what to bind so that the model answers in a schema.

    Raises:
        KimiConfigError: For an unknown method, or a schema that is missing.
    """
    if method not in METHODS:
        message = f"method {method!r} is not known; it is one of {', '.join(map(repr, METHODS))}."
        raise KimiConfigError(message)
    if schema is None and method != "json_mode":
        message = f"schema is missing; method {method!r} needs one, 'json_mode' alone does not."
        raise KimiConfigError(message)
    traced = {"kwargs": {"method": method, "strict": strict}, "schema": schema}
    keywords: dict[str, Any] = {"ls_structured_output_format": traced}
    if method == "function_calling":
        tool = convert_to_openai_tool(schema, strict=strict)
        return {**keywords, "tools": [tool], "tool_choice": tool["function"]["name"]}
    if method == "json_mode":
        return {**keywords, "response_format": {"type": "json_object"}}
    keywords["response_format"] = response_format_of(schema, strict=strict)
    if tools:
        keywords["tools"] = [convert_to_openai_tool(tool, strict=strict) for tool in tools]
    return keywords


def read_by(schema: Any, method: str, *, beside_tools: bool) -> Runnable[Any, Any]:  # noqa: ANN401 - as above
    """Return what turns the answer into the schema's type."""
    is_class = isinstance(schema, type) and is_basemodel_subclass(schema)
    parser: Runnable[Any, Any]
    if method == "function_calling":
        if is_class:
            return PydanticToolsParser(tools=[schema], first_tool_only=True)
        name = convert_to_openai_tool(schema)["function"]["name"]
        return JsonOutputKeyToolsParser(key_name=name, first_tool_only=True)
    parser = PydanticOutputParser(pydantic_object=schema) if is_class else JsonOutputParser()
    if beside_tools:
        # A call of another tool is an answer without the schema.
        return RunnableLambda(lambda message: None if message.tool_calls else parser)
    return parser


def with_raw(model: Runnable[Any, Any], parser: Runnable[Any, Any]) -> Runnable[Any, Any]:
    """Return the message, what was parsed, and the error of parsing, side by side."""
    parsed = RunnablePassthrough.assign(
        parsed=itemgetter("raw") | parser, parsing_error=lambda _: None
    )
    failed = RunnablePassthrough.assign(parsed=lambda _: None)
    return RunnableMap(raw=model) | parsed.with_fallbacks([failed], exception_key="parsing_error")
