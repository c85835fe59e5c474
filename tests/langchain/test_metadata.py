"""What a server says beside its answer, log probabilities and cost, where users look for it."""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from langchain_core.messages import HumanMessage
from langchain_core.messages.ai import add_ai_message_chunks
from langchain_openai import ChatOpenAI

from langchain_kimi import ChatKimiK2
from tests.scripted import Answer, ScriptedServer, body, stream

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

TOKENS = [{"token": t, "logprob": -0.5, "bytes": [97], "top_logprobs": []} for t in "abc"]
USAGE = {
    "prompt_tokens": 3,
    "completion_tokens": 4,
    "total_tokens": 7,
    "prompt_tokens_details": {"cached_tokens": 2, "cache_write_tokens": 1},
}
COST = {"cost": 0.25, "cost_details": {"upstream_inference_cost": 0.2}}


def _choice(key: str, content: str, tokens: list[Any], finish: str | None) -> dict[str, Any]:
    said = {"role": "assistant", "content": content}
    return {"index": 0, key: said, "logprobs": {"content": tokens}, "finish_reason": finish}


def _answer(usage: dict[str, Any], *, streamed: bool) -> Answer:
    base = {"id": "a", "object": "x", "created": 1, "model": "kimi-k2.6"}
    if not streamed:
        return body(
            {**base, "choices": [_choice("message", "abc", TOKENS, "stop")], "usage": usage}
        )
    events: list[dict[str, Any]] = [
        {**base, "choices": [_choice("delta", each["token"], [each], None)]} for each in TOKENS
    ]
    events.append({**base, "choices": [_choice("delta", "", [], "stop")]})
    return stream(*events, {**base, "choices": [], "usage": usage})


@contextmanager
def saying(usage: dict[str, Any]) -> Iterator[str]:
    """Serve "abc" with log probabilities and this usage; yields the base URL."""
    with ScriptedServer(repeats=True) as server:
        server.will(lambda seen: _answer(usage, streamed=bool(seen.json.get("stream"))))
        yield server.base_url


def invoked(model: Any) -> Any:
    return model.invoke("Go.")


def streamed(model: Any) -> Any:
    first, *others = model.stream("Go.")
    return add_ai_message_chunks(first, *others)


def astreamed(model: Any) -> Any:
    async def collect() -> list[Any]:
        return [chunk async for chunk in model.astream("Go.")]

    first, *others = asyncio.run(collect())
    return add_ai_message_chunks(first, *others)


WAYS = [invoked, streamed, astreamed]


def kimi(address: str, **settings: Any) -> ChatKimiK2:
    return ChatKimiK2(endpoint="openrouter", base_url=address, api_key="k", **settings)


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
@pytest.mark.parametrize("version", ["v0", "v1"])
def test_logprobs_stand_where_chat_openai_has_them(way: Callable[[Any], Any], version: str) -> None:
    with saying(USAGE) as address:
        ours = way(kimi(address, logprobs=True, output_version=version))
        theirs = way(ChatOpenAI(model="m", base_url=address, api_key="k", logprobs=True))  # type: ignore[arg-type]  # pydantic makes a SecretStr of it
    assert ours.response_metadata["logprobs"] == {"content": TOKENS}
    assert theirs.response_metadata["logprobs"]["content"] == TOKENS


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_what_a_provider_adds_to_its_usage_is_not_lost(way: Callable[[Any], Any]) -> None:
    """At the places of `ChatOpenAI` (``token_usage``) and of `ChatOpenRouter` (``cost``)."""
    with saying({**USAGE, **COST}) as address:
        metadata = way(kimi(address)).response_metadata
    assert metadata["token_usage"] == {**USAGE, **COST}
    assert {name: metadata[name] for name in COST} == COST


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_no_cost_is_made_up(way: Callable[[Any], Any]) -> None:
    with saying(USAGE) as address:
        message = way(kimi(address))
    assert message.response_metadata["token_usage"] == USAGE
    assert not COST.keys() & message.response_metadata.keys()
    written = {"cache_read": 2, "cache_creation": 1}
    assert message.usage_metadata["input_token_details"] == written


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_moonshots_cached_tokens_stand_where_openai_has_them_too(way: Callable[[Any], Any]) -> None:
    counts = {name: count for name, count in USAGE.items() if name != "prompt_tokens_details"}
    with saying({**counts, "cached_tokens": 2}) as address:
        metadata = way(kimi(address)).response_metadata
    assert metadata["token_usage"] == {**counts, "prompt_tokens_details": {"cached_tokens": 2}}


def test_several_prompts_are_summed_without_money() -> None:
    """LangChain's sum of ``llm_output`` warns of numbers that are no integers."""
    with saying({**USAGE, **COST}) as address:
        output = kimi(address).generate([[HumanMessage("a")], [HumanMessage("b")]]).llm_output
    assert output is not None
    assert output["token_usage"] == {
        "prompt_tokens": 6,
        "completion_tokens": 8,
        "total_tokens": 14,
        "prompt_tokens_details": {"cached_tokens": 4},
    }
