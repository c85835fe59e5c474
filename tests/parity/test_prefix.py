"""An answer whose beginning is given comes back whole, in both adapters.

Owns: ``prefix``, as a setting of the instance and of a call, in every way of asking.
"""

from __future__ import annotations

import asyncio
from functools import reduce
from operator import add
from typing import TYPE_CHECKING, Any

import pytest

pytest.importorskip("langchain_openai", reason="parity needs both frameworks")
pytest.importorskip("llama_index.core", reason="parity needs both frameworks")

from langchain_core.messages import HumanMessage
from llama_index.core.llms import ChatMessage
from llama_index.core.prompts import PromptTemplate
from pydantic import BaseModel

import langchain_kimi
import llama_index_kimi
from kimi_core.errors import IgnoredSettingWarning, KimiConfigError
from kimi_core.testing import MoonshotSimulator, SimulatedReply

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGES = {
    langchain_kimi: [HumanMessage("JSON, please.")],
    llama_index_kimi: [ChatMessage(role="user", content="JSON, please.")],
}
packages = pytest.mark.parametrize("package", PACKAGES, ids=lambda one: one.__name__)


class Found(BaseModel):
    """An object to ask for."""

    a: int


@pytest.fixture
def server() -> Iterator[MoonshotSimulator]:
    with MoonshotSimulator() as running:
        running.reply(SimulatedReply(content='"a": 1}', reasoning="Hm."))
        yield running


def model(package: Any, server: MoonshotSimulator, **settings: Any) -> Any:
    key, url = server.api_key, server.base_url
    made = {"endpoint": "moonshot", "model": "kimi-k2.6", "base_url": url, "api_key": key}
    return package.ChatKimiK2(**made, **settings)


async def _all(chunks: Any) -> list[Any]:
    return [chunk async for chunk in chunks]


async def _stream_async(llm: Any, messages: Any, call: Any) -> list[Any]:
    return await _all(await llm.astream_chat(messages, **call))


def texts(llm: Any, way: str, messages: Any, **call: Any) -> tuple[str, str]:
    """Return the text of a whole answer, or the sum of a stream's and its first piece."""
    if isinstance(llm, langchain_kimi.ChatKimiK2):
        if "streamed" not in way:
            asked = llm.ainvoke(messages, **call) if way == "async" else None
            answer = asyncio.run(asked) if asked else llm.invoke(messages, **call)
            return answer.text, answer.text
        late = way == "async streamed"
        stream = llm.astream(messages, **call) if late else llm.stream(messages, **call)
        chunks = asyncio.run(_all(stream)) if late else list(stream)
        return reduce(add, chunks).text, next(one.text for one in chunks if one.text)
    if "streamed" not in way:
        late = way == "async"
        answer = asyncio.run(llm.achat(messages, **call)) if late else llm.chat(messages, **call)
        return answer.message.content, answer.message.content
    late = way == "async streamed"
    pieces = (
        asyncio.run(_stream_async(llm, messages, call))
        if late
        else list(llm.stream_chat(messages, **call))
    )
    return pieces[-1].message.content, next(one.delta for one in pieces if one.delta)


@packages
@pytest.mark.parametrize("way", ["whole", "streamed", "async", "async streamed"])
@pytest.mark.parametrize("of_call", [True, False], ids=["call", "instance"])
def test_beginning_and_continuation_are_one(
    package: Any, way: str, of_call: bool, server: MoonshotSimulator
) -> None:
    said = {"prefix": "{"}
    llm = model(package, server, **({} if of_call else said))
    text, first = texts(llm, way, PACKAGES[package], **(said if of_call else {}))
    assert (text, first[:1]) == ('{"a": 1}', "{")
    sent = server.requests[-1].body["messages"][-1]
    assert (sent["role"], sent["content"], sent["partial"]) == ("assistant", "{", True)
    assert "prefix" not in server.requests[-1].body
    assert server.refusals == []
    llm.close()


@pytest.mark.parametrize("way", ["whole", "streamed"])
def test_standard_blocks_hold_it_as_well(way: str, server: MoonshotSimulator) -> None:
    llm = model(langchain_kimi, server, output_version="v1")
    assert texts(llm, way, "JSON, please.", prefix="{")[0] == '{"a": 1}'
    llm.close()


@packages
def test_an_object_is_read_from_both(package: Any, server: MoonshotSimulator) -> None:
    llm = model(package, server)
    if package is langchain_kimi:
        asked = llm.with_structured_output(Found, method="json_schema", prefix="{")
        found = asked.invoke("JSON, please.")
    else:
        asked = PromptTemplate("JSON, please.")
        found = llm.structured_predict(Found, asked, llm_kwargs={"prefix": "{"})
    assert found == Found(a=1)
    llm.close()


@packages
def test_a_server_that_begins_anew_is_refused(package: Any) -> None:
    llm = package.ChatKimiK2(endpoint="openrouter", api_key="k")
    with pytest.raises(KimiConfigError, match=r"prefix='\{' is refused: nothing says"):
        texts(llm, "whole", PACKAGES[package], prefix="{")
    call = {"prefix": "{", "unsupported": "warn"}
    messages = PACKAGES[package]
    with pytest.warns(IgnoredSettingWarning, match="It was left out"):
        payload = (
            llm._get_request_payload(messages, **call)
            if package is langchain_kimi
            else llm._asked(messages, call, None)[0].payload
        )
    assert "partial" not in payload["messages"][-1]
    llm.close()
