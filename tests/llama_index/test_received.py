"""What a server sends beside its answer reaches a response: its body, its usage, log probabilities.

Owns: ``raw`` and ``logprobs`` of the last response, in all ways to ask.
May know: the scripted server; the shapes that tracers of LlamaIndex read.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from llama_index.core.base.llms.types import ChatMessage, LogProb

from tests.scripted import ScriptedServer, body, chunk, stream

if TYPE_CHECKING:
    from collections.abc import Callable

    from llama_index_kimi import ChatKimiK2

DETAILS = {"prompt_tokens_details": {"cached_tokens": 4, "audio_tokens": 1}, "cost": 0.25}
COUNTS = {"prompt_tokens": 9, "completion_tokens": 2, "total_tokens": 11}
FACTS = {"provider": "Parasail", "system_fingerprint": "fp_1", "object": "o", "diagnostics": "own"}


def token(text: str, logprob: Any, *others: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"token": text, "logprob": logprob, "top_logprobs": list(others), **more}


H, J = {"token": "H", "logprob": -0.1, "bytes": [72]}, {"token": "J", "logprob": -2, "bytes": None}
TOKENS = [token("H", -0.1, H, J), token("i", -0.5), token("!", None), "no object"]
FOUND = [
    [LogProb(token="H", logprob=-0.1, bytes=[72]), LogProb(token="J", logprob=-2.0)],
    [LogProb(token="i", logprob=-0.5)],
    [],
    [],
]


def ask(llm: ChatKimiK2, *, streamed: bool, asynchronous: bool) -> Any:
    async def asked() -> Any:
        if streamed:
            return [found async for found in await llm.astream_chat([ChatMessage("Hi")])][-1]
        return await llm.achat([ChatMessage("Hi")])

    if asynchronous:
        return asyncio.run(asked())
    asked_for = [ChatMessage("Hi")]
    return list(llm.stream_chat(asked_for))[-1] if streamed else llm.chat(asked_for)


def say(server: ScriptedServer, usage: dict[str, Any], *, streamed: bool, apart: bool) -> None:
    """Answer "Hi!"; usage stands at the top or, as Moonshot streams it, in the last choice."""
    if not streamed:
        choice = {
            "index": 0,
            "message": {"role": "assistant", "content": "Hi!"},
            "finish_reason": "stop",
            "logprobs": {"content": TOKENS},
        }
        facts = {"id": "chatcmpl-1", "model": "kimi", **FACTS}
        server.will(body({**facts, "choices": [choice], "usage": usage}))
        return
    said = [chunk(content="H"), chunk(content="i!"), chunk("stop")]
    said[0]["choices"][0]["logprobs"] = {"content": TOKENS[:1]}
    said[1]["choices"][0]["logprobs"] = {"content": TOKENS[1:]}
    said[1 if apart else 0].update(FACTS)
    if apart:
        said.append({"id": "chatcmpl-1", "choices": [], "usage": usage})
    else:
        said[-1]["choices"][0]["usage"] = usage
    server.will(stream(*said))


WAYS = pytest.mark.parametrize("asynchronous", [False, True], ids=["sync", "async"])
SHAPES = pytest.mark.parametrize(
    ("streamed", "apart"),
    [(False, False), (True, True), (True, False)],
    ids=["whole", "streamed, usage apart", "streamed, usage in the choice"],
)


@WAYS
@SHAPES
def test_the_body_and_the_log_probabilities_reach_the_last_response(
    make_llm: Callable[..., ChatKimiK2],
    server: ScriptedServer,
    *,
    streamed: bool,
    apart: bool,
    asynchronous: bool,
) -> None:
    say(server, {**COUNTS, **DETAILS}, streamed=streamed, apart=apart)
    llm = make_llm(endpoint="openrouter", logprobs=True, top_logprobs=2)
    response = ask(llm, streamed=streamed, asynchronous=asynchronous)
    raw = response.raw
    assert {name: raw.get(name) for name in FACTS} == {**FACTS, "diagnostics": None}
    assert (raw["id"], raw["finish_reason"]) == ("chatcmpl-1", "stop")
    assert raw["choices"][0]["finish_reason"] == "stop"
    assert response.logprobs == FOUND


# What is said -> cached tokens, reasoning tokens.
USAGES: dict[str, tuple[dict[str, Any], tuple[int, int]]] = {
    "Moonshot's": ({**COUNTS, "cached_tokens": 4}, (4, 0)),
    "OpenAI's": (
        {
            **COUNTS,
            "prompt_tokens_details": {"cached_tokens": 4},
            "completion_tokens_details": {"reasoning_tokens": 1},
        },
        (4, 1),
    ),
    "without details": (COUNTS, (0, 0)),
    "null": ({**COUNTS, "prompt_tokens_details": None, "completion_tokens_details": None}, (0, 0)),
}


@pytest.mark.parametrize(("said", "counted"), USAGES.values(), ids=USAGES)
@SHAPES
def test_usage_has_the_shape_that_tracers_read(
    llm: ChatKimiK2,
    server: ScriptedServer,
    *,
    said: dict[str, Any],
    counted: tuple[int, int],
    streamed: bool,
    apart: bool,
) -> None:
    say(server, said, streamed=streamed, apart=apart)
    usage = ask(llm, streamed=streamed, asynchronous=False).raw["usage"]
    assert {name: usage[name] for name in COUNTS} == COUNTS
    prompt, completion = usage["prompt_tokens_details"], usage["completion_tokens_details"]
    assert (prompt["cached_tokens"], completion["reasoning_tokens"]) == counted
    assert (usage["cached_tokens"], usage["reasoning_tokens"]) == counted


def test_what_a_provider_adds_to_its_usage_stands_where_it_put_it(
    llm: ChatKimiK2, server: ScriptedServer
) -> None:
    say(server, {**COUNTS, **DETAILS}, streamed=False, apart=False)
    usage = ask(llm, streamed=False, asynchronous=False).raw["usage"]
    assert usage["cost"] == 0.25
    assert usage["prompt_tokens_details"] == {"cached_tokens": 4, "audio_tokens": 1}


def test_no_log_probabilities_are_none(llm: ChatKimiK2, server: ScriptedServer) -> None:
    server.will(stream(chunk(content="Hi"), chunk("stop")))
    assert ask(llm, streamed=True, asynchronous=False).logprobs is None
