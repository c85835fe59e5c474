"""Both frameworks ask a model for an object in the same way.

Owns: that `Capabilities.structured_output_method` is what a user of either framework gets who chose
no method. The server is scripted: it gives the object in the form in which it was asked for.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.scripted import ScriptedServer, body

pytest.importorskip("langchain_openai", reason="parity needs both frameworks")
pytest.importorskip("llama_index.core", reason="parity needs both frameworks")

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
