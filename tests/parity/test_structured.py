"""Both frameworks ask a model for an object in the same way, and show it as it grows.

Owns: that `Capabilities.structured_output_method` is what a user of either framework gets who chose
no method; what of an object is shown before its end. The server is scripted: it gives the object in
the form in which it was asked for.
"""

from __future__ import annotations

import asyncio
import json
import re
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import pytest

from tests.scripted import ScriptedServer, body, chunk, stream

pytest.importorskip("langchain_openai", reason="parity needs both frameworks")
pytest.importorskip("llama_index.core", reason="parity needs both frameworks")

from langchain_core.output_parsers import json as json_parser
from llama_index.core import PromptTemplate
from pydantic import BaseModel

import langchain_kimi
import llama_index_kimi

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Ask = Callable[..., Any]


class City(BaseModel):
    """A city."""

    name: str


ULM = City(name="Ulm")
TEXT = json.dumps(ULM.model_dump())
SCHEMA = {"message": {"content": TEXT}, "finish_reason": "stop"}
CALLED = {"name": "City", "arguments": TEXT}
CALL = {"id": "functions.City:0", "type": "function", "function": CALLED}
FORCED = {"message": {"content": "", "tool_calls": [CALL]}, "finish_reason": "tool_calls"}
NAMED = {"type": "function", "function": {"name": "City"}}


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer() as running:
        yield running


def langchain(call: dict[str, Any], **settings: Any) -> Any:
    llm = langchain_kimi.ChatKimiK2(**settings)
    found = llm.with_structured_output(City, **call).invoke("A city, please.")
    llm.close()
    return found


def llama_index(call: dict[str, Any], **settings: Any) -> Any:
    with llama_index_kimi.ChatKimiK2(**settings) as llm:
        return llm.structured_predict(City, PromptTemplate("A city, please."), llm_kwargs=call)


# Settings of the constructor, options of the call, and whether a tool is forced.
WAYS: dict[str, tuple[dict[str, Any], dict[str, Any], bool]] = {
    "it thinks": ({"endpoint": "moonshot"}, {}, False),
    "it always thinks": ({"endpoint": "moonshot", "model": "kimi-k3"}, {}, False),
    "thinking is off": ({"endpoint": "moonshot", "thinking": False}, {}, True),
    "thinking is off for the call": ({"endpoint": "moonshot"}, {"thinking": False}, True),
    "it has no thinking": ({"endpoint": "vllm", "model": "kimi-k2-instruct"}, {}, True),
    "another model for the call": ({"endpoint": "vllm"}, {"model": "kimi-k2-thinking"}, False),
    "calls are parsed here": ({"endpoint": "vllm", "tool_call_parser": "client"}, {}, False),
}


@pytest.mark.parametrize("ask", [langchain, llama_index])
@pytest.mark.parametrize(("settings", "call", "forced"), WAYS.values(), ids=WAYS)
def test_an_object_is_asked_for(
    server: ScriptedServer, ask: Ask, settings: Any, call: Any, *, forced: bool
) -> None:
    server.will(body({"choices": [FORCED if forced else SCHEMA]}))
    named = {"model": "kimi-k2.6" if settings["endpoint"] == "moonshot" else "kimi-k2-instruct"}
    address = {"endpoint": "moonshot", "base_url": server.base_url, "api_key": "key"}
    assert ask(call, **{**named, **address, **settings}) == ULM
    (asked,) = server.seen
    assert asked.json.get("tool_choice", "none") == (NAMED if forced else "none")
    assert ("response_format" in asked.json) is not forced


Held = TypeVar("Held")


class Page(BaseModel, Generic[Held]):
    """A page of things."""

    items: list[Held]
    following: Page[Held] | None = None


class Book(BaseModel):
    """A page, and that."""

    page: Page[City]


PAGE = Page[City](items=[ULM])
GENERIC = {"the class itself": PAGE, "inside another": Book(page=PAGE)}
LEGAL = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,63}")


def whatever_was_asked(wanted: BaseModel, seen: Any) -> Any:
    text = wanted.model_dump_json()
    if "response_format" in seen.json:
        return body({"choices": [{"message": {"content": text}, "finish_reason": "stop"}]})
    name = seen.json["tools"][0]["function"]["name"]
    made = {"id": "call_1", "type": "function", "function": {"name": name, "arguments": text}}
    said = {"message": {"content": "", "tool_calls": [made]}, "finish_reason": "tool_calls"}
    return body({"choices": [said]})


def predicted(kind: type[BaseModel], method: str, settings: dict[str, Any]) -> Any:
    mode = {"function_calling": "function", "json_schema": "default"}[method]
    with llama_index_kimi.ChatKimiK2(pydantic_program_mode=mode, **settings) as llm:
        return llm.structured_predict(kind, PromptTemplate("A page, please."))


def parsed(kind: type[BaseModel], method: str, settings: dict[str, Any]) -> Any:
    with langchain_kimi.ChatKimiK2(**settings) as llm:
        return llm.with_structured_output(kind, method=method).invoke("A page, please.")


@pytest.mark.parametrize("wanted", GENERIC.values(), ids=GENERIC)
@pytest.mark.parametrize("ask", [predicted, parsed])
@pytest.mark.parametrize("method", ["function_calling", "json_schema"])
@pytest.mark.parametrize("endpoint", ["moonshot", "vllm"])
def test_a_generic_class_goes_under_a_legal_name(
    server: ScriptedServer, ask: Ask, method: str, endpoint: str, wanted: BaseModel
) -> None:
    server.will(lambda seen: whatever_was_asked(wanted, seen))
    settings = {"endpoint": endpoint, "base_url": server.base_url, "api_key": "key"}
    assert ask(type(wanted), method, {"model": "kimi-k2.6", **settings}) == wanted
    (asked,) = server.seen
    called = [tool["function"] for tool in asked.json.get("tools", ())]
    formed = [asked.json["response_format"]["json_schema"]] if not called else []
    (named,) = [*called, *formed]
    assert LEGAL.fullmatch(named["name"])
    schema = named.get("parameters") or named["schema"]
    assert schema["properties"]
    assert all(map(LEGAL.fullmatch, schema.get("$defs", {})))


FENCE = f"```json\n{TEXT}\n```"


def by_agent(call: dict[str, Any], **settings: Any) -> Any:
    agents = pytest.importorskip("langchain.agents", reason="needs langchain")
    from langchain.agents.structured_output import ProviderStrategy

    assert not call
    with langchain_kimi.ChatKimiK2(**settings) as llm:
        agent = agents.create_agent(llm, response_format=ProviderStrategy(City))
        return agent.invoke({"messages": [("user", "A city.")]})["structured_response"]


@pytest.mark.parametrize("ask", [langchain, llama_index, by_agent])
def test_an_object_in_a_fence_is_the_object(server: ScriptedServer, ask: Ask) -> None:
    answer = {"message": {"content": FENCE}, "finish_reason": "stop"}
    server.will(body({"choices": [answer]}))
    settings = {"endpoint": "moonshot", "base_url": server.base_url, "api_key": "key"}
    assert ask({}, model="kimi-k2.6", **settings) == ULM


class Report(BaseModel):
    """Where, and what of it."""

    city: City
    words: str = ""


def langchain_stream(**settings: Any) -> list[Any]:
    with langchain_kimi.ChatKimiK2(**settings) as llm:
        return list(llm.with_structured_output(Report).stream("A report."))


def langchain_astream(**settings: Any) -> list[Any]:
    async def read() -> list[Any]:
        async with langchain_kimi.ChatKimiK2(**settings) as llm:
            return [one async for one in llm.with_structured_output(Report).astream("A report.")]

    return asyncio.run(read())


def langchain_stream_of_a_dict(**settings: Any) -> list[Any]:
    with langchain_kimi.ChatKimiK2(**settings) as llm:
        chain = llm.with_structured_output(Report.model_json_schema(), method="json_schema")
        return [Report(**one) for one in chain.stream("A report.") if one.get("city")]


def llama_index_stream(**settings: Any) -> list[Any]:
    with llama_index_kimi.ChatKimiK2(**settings) as llm:
        return list(llm.stream_structured_predict(Report, PromptTemplate("A report.")))


GROWING = [langchain_stream, langchain_astream, langchain_stream_of_a_dict, llama_index_stream]


@pytest.mark.parametrize("fence", [("", ""), ("```json\n", "\n```")], ids=["bare", "in a fence"])
@pytest.mark.parametrize("read", GROWING)
def test_what_stands_behind_an_inner_object_is_shown_as_it_grows(
    server: ScriptedServer, read: Ask, fence: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its brace was taken for the end, and LangChain's reader walked all of it for every chunk."""
    walked: list[str] = []
    monkeypatch.setattr(
        json_parser, "parse_json_markdown", lambda text: walked.append(text) or json.loads(text)
    )
    begun = f'{{"city": {TEXT}, "words": "'
    pieces = [fence[0], begun, "It is", " an old", " town.", f'"}}{fence[1]}']
    server.will(stream(*(chunk(content=piece) for piece in pieces), chunk("stop")))
    found = read(endpoint="vllm", base_url=server.base_url, model="kimi-k2-thinking")
    words = list(dict.fromkeys(one.words for one in found))
    assert words == ["", "It is", "It is an old", "It is an old town."]
    assert found[-1] == Report(city=ULM, words="It is an old town.")
    assert len(walked) <= 1  # its end
