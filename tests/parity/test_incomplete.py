"""A structured answer that was cut or filtered is an error in both frameworks, never an object.

Owns: every way of asking for an object, whole and streamed, sync and async, with an answer whose
beginning would do for an object. What the error says is the core's (tests/core/test_incomplete.py).
"""

from __future__ import annotations

import asyncio
import pickle
from typing import TYPE_CHECKING, Any

import pytest

from kimi_core import KimiIncompleteAnswerError
from kimi_core.errors import KimiContentFilterError, KimiToolCallError
from tests.scripted import ScriptedServer, body, chunk, stream

pytest.importorskip("langchain_openai", reason="parity needs both frameworks")
pytest.importorskip("llama_index.core", reason="parity needs both frameworks")

from langchain_core import exceptions
from langchain_core.exceptions import OutputParserException
from llama_index.core import PromptTemplate
from llama_index.core.llms import ChatMessage
from pydantic import BaseModel

import langchain_kimi
import llama_index_kimi

# What LlamaIndex's StructuredLLM itself calls.
pytestmark = [
    pytest.mark.filterwarnings("ignore::pydantic.warnings.PydanticDeprecationWarning"),
    pytest.mark.filterwarnings("ignore::kimi_core.EmptyAnswerWarning"),
]

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.scripted import Answer

    Ask = Callable[[Any], Any]


class Bill(BaseModel):
    """A bill."""

    name: str = ""
    total: int = 0


SCHEMA = {"title": "Bill", "type": "object", "properties": {"name": {"type": "string"}}}
TEXT = '{"name": "Ana", "total": 12'
USAGE = {
    "prompt_tokens": 9,
    "completion_tokens": 63,  # at 64, a call that is "whole" is taken for one that was cut
    "completion_tokens_details": {"reasoning_tokens": 40},
}
NUMBERS = r"max_tokens=64; 40 tokens were spent on reasoning"
PROMPT = PromptTemplate("A bill, please.")


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer() as running:
        yield running


def address(server: ScriptedServer) -> dict[str, Any]:
    return {
        "endpoint": "moonshot",
        "base_url": server.base_url,
        "api_key": "key",
        "model": "kimi-k2.6",
        "max_tokens": 64,
    }


def said(finish: str | None, *, streamed: bool, by_tool: bool, text: str = TEXT) -> Answer:
    """Answer with an object that is not whole."""
    function = {"name": "Bill", "arguments": text}
    call = {"index": 0, "id": "Bill:0", "type": "function", "function": function}
    if not streamed:
        message = {"content": None, "tool_calls": [call]} if by_tool else {"content": text}
        choice = {"index": 0, "message": message, "finish_reason": finish}
        return body({"choices": [choice], "usage": USAGE})
    if by_tool:
        head = {**call, "function": {"name": "Bill", "arguments": text[:9]}}
        more = {"index": 0, "function": {"arguments": text[9:]}}
        deltas = [chunk(tool_calls=[head]), chunk(tool_calls=[more])]
    else:
        deltas = [chunk(content=text[:9]), chunk(content=text[9:])]
    return stream(*deltas, {**chunk(finish), "usage": USAGE})


async def collected(items: Any) -> list[Any]:
    return [item async for item in items]


def langchain(method: str, schema: Any, way: str) -> Ask:
    def ask(server: ScriptedServer) -> list[Any]:
        llm = langchain_kimi.ChatKimiK2(**address(server))
        chain = llm.with_structured_output(schema, method=method)
        found: list[Any] = []
        try:
            if way == "invoke":
                found = [chain.invoke("x")]
            elif way == "ainvoke":
                found = [asyncio.run(chain.ainvoke("x"))]
            elif way == "stream":
                found.extend(chain.stream("x"))
            else:
                found = asyncio.run(collected(chain.astream("x")))
        finally:
            llm.close()
        return found

    return ask


def llama_index(way: str, **settings: Any) -> Ask:
    async def run(llm: Any) -> list[Any]:
        if way == "astream_structured_predict":
            return await collected(await llm.astream_structured_predict(Bill, PROMPT))
        return [await llm.astructured_predict(Bill, PROMPT)]

    def ask(server: ScriptedServer) -> list[Any]:
        with llama_index_kimi.ChatKimiK2(**address(server), **settings) as llm:
            if way == "as_structured_llm":
                return [llm.as_structured_llm(Bill).chat([ChatMessage("x")])]
            if way == "streamed as_structured_llm":
                return list(llm.as_structured_llm(Bill).stream_chat([ChatMessage("x")]))
            if way == "complete of as_structured_llm":
                return [llm.as_structured_llm(Bill).complete("x")]
            if way == "structured_predict":
                return [llm.structured_predict(Bill, PROMPT)]
            if way == "stream_structured_predict":
                return list(llm.stream_structured_predict(Bill, PROMPT))
            return asyncio.run(run(llm))

    return ask


# How it is asked: whether the answer is a stream, and a call.
WAYS: dict[str, tuple[Ask, bool, bool]] = {
    f"langchain {method} {way} {kind}": (
        langchain(method, schema, way),
        "stream" in way,
        method == "function_calling",
    )
    for method in ("json_schema", "function_calling", "json_mode")
    for way in ("invoke", "ainvoke", "stream", "astream")
    for kind, schema in (("class", Bill), ("dict", SCHEMA))
} | {
    f"llama_index {way} {'tool' if by_tool else 'schema'}": (
        llama_index(way, **({"thinking": False} if by_tool else {})),
        "stream" in way,
        by_tool,
    )
    for by_tool in (False, True)
    for way in (
        "structured_predict",
        "astructured_predict",
        "stream_structured_predict",
        "astream_structured_predict",
        "as_structured_llm",
        "streamed as_structured_llm",
        "complete of as_structured_llm",
    )
}
every_way = pytest.mark.parametrize(("ask", "streamed", "by_tool"), WAYS.values(), ids=WAYS)
finishes = pytest.mark.parametrize("finish", ["length", "content_filter"])


@every_way
@finishes
def test_an_answer_that_is_not_whole_is_an_error(
    server: ScriptedServer, ask: Ask, finish: str, *, streamed: bool, by_tool: bool
) -> None:
    server.will(said(finish, streamed=streamed, by_tool=by_tool))
    with pytest.raises(KimiIncompleteAnswerError, match="the Bill was") as caught:
        ask(server)
    error = caught.value
    assert (error.finish_reason, error.max_tokens, error.reasoning_tokens) == (finish, 64, 40)
    partial = error.partial
    assert (partial.tool_calls[0].arguments if by_tool else partial.content) == TEXT
    assert error.raw_message is not None
    assert isinstance(error, KimiContentFilterError) is (finish == "content_filter")
    if finish == "length":
        assert NUMBERS in str(error)


@every_way
def test_reasoning_that_took_all_of_it_is_said(
    server: ScriptedServer,
    ask: Ask,
    *,
    streamed: bool,
    by_tool: bool,  # noqa: ARG001 - no way has a text or a call then
) -> None:
    server.will(said("length", streamed=streamed, by_tool=False, text=""))
    with pytest.raises(KimiIncompleteAnswerError, match="before any text") as caught:
        ask(server)
    assert NUMBERS in str(caught.value)


@every_way
def test_a_text_that_breaks_off_is_one_whatever_the_server_says_of_it(
    server: ScriptedServer, ask: Ask, *, streamed: bool, by_tool: bool
) -> None:
    server.will(said("stop", streamed=streamed, by_tool=by_tool))
    kind = KimiToolCallError if by_tool else KimiIncompleteAnswerError
    with pytest.raises(kind, match="was cut off" if by_tool else "breaks off inside its JSON"):
        ask(server)


@pytest.mark.parametrize("method", ["json_schema", "function_calling", "json_mode"])
@pytest.mark.parametrize("way", ["stream", "astream"])
def test_langchain_gives_the_partial_objects_first(
    server: ScriptedServer, method: str, way: str
) -> None:
    server.will(said("length", streamed=True, by_tool=method == "function_calling"))
    llm = langchain_kimi.ChatKimiK2(**address(server))
    chain = llm.with_structured_output(SCHEMA, method=method)
    found: list[Any] = []

    async def take() -> None:
        async for item in chain.astream("x"):
            found.append(item)  # noqa: PERF401 - what came before the error is what is asked for

    with pytest.raises(KimiIncompleteAnswerError):
        found.extend(chain.stream("x")) if way == "stream" else asyncio.run(take())
    # Of a call no number is told before its end: 12 may be the beginning of 120.
    assert (
        {"name": "Ana"} if method == "function_calling" else {"name": "Ana", "total": 12}
    ) in found
    llm.close()


def test_llama_index_gives_the_partial_objects_first(server: ScriptedServer) -> None:
    server.will(said("length", streamed=True, by_tool=False))
    found: list[Any] = []
    with (
        llama_index_kimi.ChatKimiK2(**address(server)) as llm,
        pytest.raises(KimiIncompleteAnswerError),
    ):
        found.extend(llm.stream_structured_predict(Bill, PROMPT))
    assert Bill(name="Ana", total=12) in found


@finishes
@pytest.mark.parametrize("method", ["json_schema", "function_calling", "json_mode"])
@pytest.mark.parametrize("way", ["invoke", "ainvoke", "stream"])
def test_langchain_puts_the_error_beside_the_raw_message(
    server: ScriptedServer, method: str, way: str, finish: str
) -> None:
    streamed = way == "stream"
    server.will(said(finish, streamed=streamed, by_tool=method == "function_calling"))
    llm = langchain_kimi.ChatKimiK2(**address(server))
    chain: Any = llm.with_structured_output(Bill, method=method, include_raw=True)
    if streamed:
        (found,) = chain.stream("x")
    else:
        found = chain.invoke("x") if way == "invoke" else asyncio.run(chain.ainvoke("x"))
    error = found["parsing_error"]
    assert found["parsed"] is None
    assert isinstance(error, KimiIncompleteAnswerError)
    assert error.raw_message == found["raw"]
    llm.close()


def test_langchain_raises_its_own_errors_of_parsing_and_of_refusal(server: ScriptedServer) -> None:
    llm = langchain_kimi.ChatKimiK2(**address(server))
    chain = llm.with_structured_output(Bill, method="json_schema")
    server.will(said("content_filter", streamed=False, by_tool=False))
    with pytest.raises(OutputParserException) as caught:
        chain.invoke("x")
    error: Any = caught.value
    assert error.llm_output == TEXT
    assert isinstance(error, getattr(exceptions, "ModelRefusalError", OutputParserException))
    copy: Any = pickle.loads(pickle.dumps(error))  # noqa: S301 - written a line ago
    assert (type(copy), copy.llm_output, copy.raw_message) == (type(error), TEXT, error.raw_message)
    llm.close()


@pytest.mark.parametrize("tool_calls", [False, True])
def test_langchain_refuses_it_beside_other_tools(
    server: ScriptedServer, *, tool_calls: bool
) -> None:
    llm = langchain_kimi.ChatKimiK2(**address(server))
    chain = llm.with_structured_output(Bill, tools=[SCHEMA])
    server.will(said("length", streamed=False, by_tool=tool_calls))
    with pytest.raises(KimiIncompleteAnswerError):
        chain.invoke("x")
    llm.close()


@pytest.mark.parametrize("text", ["No idea.", '{"total": "many"}'])
def test_langchain_says_at_the_end_of_a_stream_that_an_answer_does_not_fit(
    server: ScriptedServer, text: str
) -> None:
    llm = langchain_kimi.ChatKimiK2(**address(server))
    server.will(said("stop", streamed=True, by_tool=False, text=text))
    with pytest.raises(OutputParserException):
        list(llm.with_structured_output(Bill, method="json_schema").stream("x"))
    llm.close()
