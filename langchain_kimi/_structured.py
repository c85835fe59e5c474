"""Structured output: which way to ask for it, and what reads the answer.

Owns: the three methods of ``with_structured_output``. May know: its own files, events, request,
response; langchain_core. Which of them is the default is decided in the core.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from langchain_core import output_parsers as parsers
from langchain_core.messages import AIMessage
from langchain_core.outputs import ChatGeneration, Generation
from langchain_core.runnables import Runnable, RunnableLambda, RunnableMap
from langchain_core.utils.function_calling import convert_to_openai_tool
from langchain_core.utils.pydantic import is_basemodel_subclass

from kimi_core.events.arguments import read_growing
from kimi_core.request.blocks import known
from kimi_core.request.structured import check_method
from kimi_core.response import answer_error, json_text, spoken_message
from langchain_kimi._errors import parsing_error
from langchain_kimi._messages import reasoning_of, response_format_of

__all__ = ["keywords_of", "read_by", "with_raw"]


def keywords_of(
    schema: Any, method: str, *, strict: bool | None, tools: Sequence[Any] | None
) -> dict[str, Any]:
    """Return what to bind so that the model answers in a schema."""
    check_method(method, schema)
    traced = {"kwargs": {"method": method, "strict": strict}, "schema": schema}
    keywords: dict[str, Any] = {"ls_structured_output_format": traced}
    if method == "function_calling":
        tool = convert_to_openai_tool(schema, strict=strict)
        return {**keywords, "tools": [tool], "tool_choice": tool["function"]["name"]}
    if method == "json_mode":
        return {**keywords, "response_format": {"type": "json_object"}}
    beside = known(tools=[convert_to_openai_tool(tool, strict=strict) for tool in tools or ()])
    return {**keywords, "response_format": response_format_of(schema, strict=strict), **beside}


class _Checked(parsers.BaseCumulativeTransformOutputParser[Any]):
    """Refuses an answer that is not whole; stands before a parser of LangChain's among the bases.

    Those read ``{"city": "Pari`` as a whole object, a damaged call as no call, and the end of a
    stream as if more were to come. Here such an answer is an error of ours that is an
    ``OutputParserException`` as well; a stream gives its partial objects all the same.
    """

    wanted: str = "answer"

    def parse_result(self, result: list[Generation], *, partial: bool = False) -> Any:
        message: Any = result[0].message  # type: ignore[attr-defined]  # ours are chat generations
        if not isinstance(message, AIMessage):  # LangChain's form of what was not streamed
            message = AIMessage(**message.model_dump())
            result = [ChatGeneration(message=message)]
        growing = partial and getattr(message, "chunk_position", "last") != "last"
        if not growing:
            _refuse(message, self.wanted, as_json=isinstance(self, parsers.JsonOutputParser))
        return super().parse_result(result, partial=growing)

    async def aparse_result(self, result: list[Generation], *, partial: bool = False) -> Any:
        return self.parse_result(result, partial=partial)  # LangChain's: in a thread, each chunk


class _Growing(parsers.JsonOutputParser):
    """Shows an object's beginning; LangChain's reader walks it in Python: 1.5 ms for 20 kB."""

    def parse_result(self, result: list[Generation], *, partial: bool = False) -> Any:
        if not partial or result[0].text.lstrip()[:1] in {"[", '"'}:
            return super().parse_result(result, partial=partial)
        return read_growing(json_text(result[0].text, growing=True)) or None


class _JsonParser(_Checked, _Growing): ...


class _PydanticParser(_Checked, parsers.PydanticOutputParser[Any], _Growing): ...


class _JsonCallParser(_Checked, parsers.JsonOutputKeyToolsParser): ...


class _PydanticCallParser(_Checked, parsers.PydanticToolsParser): ...


def _refuse(message: AIMessage, wanted: str, *, as_json: bool) -> None:
    calls = [(call["id"], call["name"], call["args"], True) for call in message.tool_calls]
    cut = [(call["id"], call["name"], call["args"], False) for call in message.invalid_tool_calls]
    said = spoken_message(message.text, reasoning_of(message), [*calls, *cut])
    told = message.response_metadata
    error = answer_error(said, told, wanted=wanted, as_json=as_json, message=message)
    if error is not None:
        raise parsing_error(error, message)


def read_by(schema: Any, method: str, *, beside_tools: bool) -> Runnable[Any, Any]:
    """Return what turns the answer into the schema's type, or raises what `_Checked` raises."""
    is_class = isinstance(schema, type) and is_basemodel_subclass(schema)
    name = "answer" if schema is None else convert_to_openai_tool(schema)["function"]["name"]
    if method == "function_calling":
        if is_class:
            return _PydanticCallParser(tools=[schema], first_tool_only=True, wanted=name)
        return _JsonCallParser(key_name=name, first_tool_only=True, wanted=name)
    by_class = {"pydantic_object": schema} if is_class else {}
    parser = (_PydanticParser if is_class else _JsonParser)(**by_class, wanted=name)
    if not beside_tools:
        return parser

    def read(message: AIMessage) -> Any:
        _refuse(message, name, as_json=True)
        # A call of another tool is an answer without the schema.
        return None if message.tool_calls else parser

    return RunnableLambda(read)


def with_raw(model: Runnable[Any, Any], parser: Runnable[Any, Any]) -> Runnable[Any, Any]:
    """Return the message, what was parsed, and the error of parsing, side by side.

    LangChain's fallbacks would take the beginning of a stream that does not fit for its end.
    """

    def read(found: dict[str, Any]) -> dict[str, Any]:
        try:
            return {**found, "parsed": parser.invoke(found["raw"]), "parsing_error": None}
        except Exception as error:  # noqa: BLE001 - whatever a parser or a class's validators raise
            return {**found, "parsed": None, "parsing_error": error}

    return RunnableMap(raw=model) | RunnableLambda(read)
