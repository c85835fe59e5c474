"""An answer that was filtered or refused can be told from an empty one, in both frameworks.

Owns: where each framework shows it, whole and streamed, sync and async, and that one warning is
told. What counts as withheld is the core's (tests/core/test_incomplete.py).
"""

from __future__ import annotations

import asyncio
import copy
import warnings
from functools import reduce
from operator import add
from typing import TYPE_CHECKING, Any

import pytest

import kimi_core
from tests.scripted import ScriptedServer, body, chunk, stream

pytest.importorskip("langchain_openai", reason="parity needs both frameworks")
pytest.importorskip("llama_index.core", reason="parity needs both frameworks")

from langchain_core.messages import (
    AIMessage,
    HumanMessage,
    messages_from_dict,
    messages_to_dict,
)
from langchain_core.messages.block_translators import get_translator, register_translator
from llama_index.core.llms import ChatMessage

import langchain_kimi
import llama_index_kimi

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.scripted import Answer

FILTERED: dict[str, Any] = {}
REFUSED = {"refusal": "I cannot."}
streamed = pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
asynchronous = pytest.mark.parametrize("asynchronous", [False, True], ids=["sync", "async"])
# What is said, the finish reason -> the text of the refusal, and its category.
KINDS = {
    "filtered": (FILTERED, "content_filter", "", "content_filter"),
    "filtered in the middle": ({"content": "Well"}, "content_filter", "", "content_filter"),
    "refused": (REFUSED, "stop", "I cannot.", "refusal"),
}
kinds = pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer() as running:
        yield running


def saying(said: dict[str, Any], finish: str, *, streamed: bool) -> Answer:
    thought = {"reasoning_content": "Hm."}
    if streamed:
        return stream(chunk(**thought), *([chunk(**said)] if said else []), chunk(finish))
    message = {"role": "assistant", "content": None, **thought, **said}
    return body({"choices": [{"index": 0, "message": message, "finish_reason": finish}]})


async def collected(items: Any) -> list[Any]:
    return [item async for item in items]


def ask_langchain(
    server: ScriptedServer, *, streamed: bool, asynchronous: bool, **settings: Any
) -> AIMessage:
    llm = langchain_kimi.ChatKimiK2(
        **{
            "endpoint": "moonshot",
            "base_url": server.base_url,
            "api_key": "key",
            "model": "kimi-k2.6",
            **settings,
        }
    )
    found: Any
    if streamed:
        chunks = asyncio.run(collected(llm.astream("x"))) if asynchronous else llm.stream("x")
        found = reduce(add, chunks)
    else:
        found = asyncio.run(llm.ainvoke("x")) if asynchronous else llm.invoke("x")
    llm.close()
    return found  # type: ignore[no-any-return]  # a message, or the sum of chunks


def ask_llama_index(server: ScriptedServer, *, streamed: bool, asynchronous: bool) -> Any:
    messages = [ChatMessage("x")]

    async def ask(llm: Any) -> Any:
        if streamed:
            return (await collected(await llm.astream_chat(messages)))[-1]
        return await llm.achat(messages)

    with llama_index_kimi.ChatKimiK2(
        endpoint="moonshot", base_url=server.base_url, api_key="key"
    ) as llm:
        if asynchronous:
            return asyncio.run(ask(llm))
        return list(llm.stream_chat(messages))[-1] if streamed else llm.chat(messages)


def told(seen: list[warnings.WarningMessage]) -> list[str]:
    kind = kimi_core.EmptyAnswerWarning
    return [str(warning.message) for warning in seen if issubclass(warning.category, kind)]


@kinds
@streamed
@asynchronous
@pytest.mark.parametrize("settings", [{}, {"endpoint": "openrouter"}], ids=["moonshot", "relay"])
def test_langchain_has_a_refusal_block(
    server: ScriptedServer,
    kind: tuple[dict[str, Any], str, str, str],
    settings: dict[str, Any],
    *,
    streamed: bool,
    asynchronous: bool,
) -> None:
    said, finish, text, category = kind
    server.will(saying(said, finish, streamed=streamed))
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        message = ask_langchain(server, streamed=streamed, asynchronous=asynchronous, **settings)
    assert message.content == said.get("content", "")
    assert message.response_metadata["finish_reason"] == finish
    assert message.response_metadata["incomplete_details"]["reason"] == category
    assert message.additional_kwargs.get("refusal", "") == text
    blocks = message.content_blocks
    assert [block["type"] for block in blocks] == [
        "reasoning",
        *(["text"] if "content" in said else []),
        "refusal",
    ]
    assert blocks[-1] == {"type": "refusal", "refusal": text, "extras": {"category": category}}
    assert len(told(seen)) == (0 if "content" in said else 1)
    for other in (copy.deepcopy(message), *messages_from_dict(messages_to_dict([message]))):
        assert other.content_blocks == blocks


@kinds
@streamed
@pytest.mark.filterwarnings("ignore::kimi_core.EmptyAnswerWarning")
def test_langchain_has_it_among_standard_blocks(
    server: ScriptedServer,
    kind: tuple[dict[str, Any], str, str, str],
    *,
    streamed: bool,
) -> None:
    said, finish, text, category = kind
    server.will(saying(said, finish, streamed=streamed))
    message = ask_langchain(server, streamed=streamed, asynchronous=False, output_version="v1")
    (refusal,) = [block for block in message.content_blocks if block["type"] == "refusal"]
    assert (refusal["refusal"], refusal["extras"]) == (text, {"category": category})  # type: ignore[typeddict-item]
    llm = langchain_kimi.ChatKimiK2(
        endpoint="moonshot", base_url=server.base_url, api_key="key", model="kimi-k2.6"
    )
    payload = llm._get_request_payload([HumanMessage("x"), message, HumanMessage("y")])
    assert "refusal" not in str([part["content"] for part in payload["messages"]])


@kinds
@streamed
@asynchronous
def test_llama_index_has_it_beside_the_message(
    server: ScriptedServer,
    kind: tuple[dict[str, Any], str, str, str],
    *,
    streamed: bool,
    asynchronous: bool,
) -> None:
    said, finish, text, category = kind
    server.will(saying(said, finish, streamed=streamed))
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        response = ask_llama_index(server, streamed=streamed, asynchronous=asynchronous)
    assert response.raw["finish_reason"] == finish
    assert response.raw["incomplete_details"]["reason"] == category
    assert response.message.additional_kwargs["refusal"] == text
    assert (response.message.content or "") == said.get("content", "")
    assert len(told(seen)) == (0 if "content" in said else 1)


def test_an_answer_has_no_refusal(server: ScriptedServer) -> None:
    hi = {"content": "Hi."}
    server.will(*[saying(hi, "stop", streamed=False)] * 2)
    message = ask_langchain(server, streamed=False, asynchronous=False)
    assert [block["type"] for block in message.content_blocks] == ["reasoning", "text"]
    response = ask_llama_index(server, streamed=False, asynchronous=False)
    assert "refusal" not in response.message.additional_kwargs


def test_messages_of_others_stay_what_they_are(server: ScriptedServer) -> None:
    """The provider's name is theirs too: what they say is translated as it was without us."""
    plain = AIMessage("Hi.", additional_kwargs={"reasoning_content": "Hm."})
    filtered = AIMessage("", response_metadata={"finish_reason": "content_filter"})
    before = [plain.content_blocks, filtered.content_blocks]
    server.will(saying({"content": "Hi."}, "stop", streamed=False))
    ask_langchain(server, streamed=False, asynchronous=False, endpoint="openrouter")
    for message in (plain, filtered):
        message.response_metadata["model_provider"] = "openrouter"
    assert plain.content_blocks == before[0]
    assert [block["type"] for block in filtered.content_blocks] == ["refusal"]


def test_a_translator_that_somebody_registers_is_left_alone(server: ScriptedServer) -> None:
    ours = get_translator("groq")
    assert ours is not None
    server.will(saying(FILTERED | {"content": "Hi."}, "stop", streamed=False))
    message = ask_langchain(
        server, streamed=False, asynchronous=False, endpoint="groq", model="kimi-k2-instruct-0905"
    )
    assert message.response_metadata["model_provider"] == "moonshot"
    assert get_translator("groq") == ours
    register_translator("groq", **ours)
