"""Plain conversations: the four chat methods say the same, and nothing that was not asked for.

Owns: text, reasoning, usage and errors through chat, achat, stream_chat, astream_chat.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from llama_index.core.base.llms.types import ChatMessage, ChatResponse, ThinkingBlock
from llama_index.core.callbacks import CallbackManager, TokenCountingHandler
from llama_index.core.rate_limiter import BaseRateLimiter

from kimi_core.errors import KimiConfigError, KimiStreamTruncatedError
from tests.llama_index.scripted_server import ScriptedServer, answer, chunk, chunks, tool_call

if TYPE_CHECKING:
    from collections.abc import Callable

    from llama_index_kimi import ChatKimiK2

QUESTION = [ChatMessage("How is the weather in Ulm?", role="user")]
WHOLE = answer("It is sunny.", reasoning="I look.", calls=None)


def thinking_of(message: ChatMessage) -> str:
    return "".join(b.content or "" for b in message.blocks if isinstance(b, ThinkingBlock))


def run_chat(
    llm: ChatKimiK2, server: ScriptedServer, way: str, whole: dict[str, Any]
) -> ChatResponse:
    """Ask once in one of the four ways and return the last response."""
    if "stream" in way:
        server.stream(chunks(whole))
    else:
        server.json(whole)
    if way == "chat":
        return llm.chat(QUESTION)
    if way == "stream_chat":
        return list(llm.stream_chat(QUESTION))[-1]
    if way == "achat":
        return asyncio.run(llm.achat(QUESTION))

    async def last() -> ChatResponse:
        return [response async for response in await llm.astream_chat(QUESTION)][-1]

    return asyncio.run(last())


WAYS = ["chat", "stream_chat", "achat", "astream_chat"]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    "whole",
    [
        pytest.param(answer("It is sunny."), id="text"),
        pytest.param(answer("Sunny.", reasoning="I look."), id="reasoning"),
        pytest.param(
            answer(calls=[tool_call("f", '{"a":1}'), tool_call("g", "{}", number=1)]), id="calls"
        ),
    ],
)
def test_all_four_ways_give_the_same_message_and_usage(
    llm: ChatKimiK2, server: ScriptedServer, way: str, whole: dict[str, Any]
) -> None:
    wanted = whole["choices"][0]["message"]

    response = run_chat(llm, server, way, whole)

    message = response.message
    assert (message.content or None) == wanted["content"]
    assert thinking_of(message) == wanted.get("reasoning_content", "")
    assert message.additional_kwargs.get("tool_calls", []) == wanted.get("tool_calls", [])
    assert [b.block_type for b in message.blocks if b.block_type == "tool_call"] == [
        "tool_call"
    ] * len(wanted.get("tool_calls", []))
    assert response.raw["finish_reason"] == whole["choices"][0]["finish_reason"]
    assert response.raw["usage"]["prompt_tokens"] == 120
    assert response.raw["usage"]["cache_write_tokens"] == 20
    assert response.additional_kwargs == {
        "prompt_tokens": 120,
        "completion_tokens": 34,
        "total_tokens": 154,
        "cached_tokens": 100,
    }


def test_only_model_and_messages_are_sent_where_nothing_was_set(
    llm: ChatKimiK2, server: ScriptedServer
) -> None:
    server.json(WHOLE)

    llm.chat(QUESTION)

    assert server.bodies == [
        {
            "model": "kimi-k3.1-pro",
            "messages": [{"role": "user", "content": "How is the weather in Ulm?"}],
        }
    ]
    assert server.seen[0].path == "/v1/chat/completions"
    assert server.seen[0].headers["authorization"] == "Bearer sk-made-up"


def test_settings_of_one_call_win_over_those_of_the_instance(
    make_llm: Callable[..., ChatKimiK2], server: ScriptedServer
) -> None:
    server.json(WHOLE)
    llm = make_llm(endpoint="vllm", temperature=0.2, max_tokens=100, extra_body={"seed": 1})

    llm.chat(QUESTION, temperature=0.9, extra_body={"min_p": 0.1}, guided_regex="a+")

    sent = server.bodies[0]
    assert (sent["temperature"], sent["max_tokens"]) == (0.9, 100)
    assert (sent["seed"], sent["min_p"], sent["guided_regex"]) == (1, 0.1, "a+")


def test_the_method_decides_whether_an_answer_is_streamed(
    llm: ChatKimiK2, server: ScriptedServer
) -> None:
    """Where a setting of another class is carried along; Moonshot would answer with a stream."""
    server.json(WHOLE)
    llm.chat(QUESTION, stream=True)
    assert "stream" not in server.bodies[0]


def test_a_tool_of_moonshots_own_is_sent_as_it_is(llm: ChatKimiK2, server: ScriptedServer) -> None:
    """``$web_search`` has no schema: Moonshot runs it, and the client hands its arguments back."""
    search = {"type": "builtin_function", "function": {"name": "$web_search"}}
    server.json(answer(calls=[tool_call("$web_search", '{"query": "Ulm"}')]))

    response = llm.chat(QUESTION, tools=[search])

    assert server.bodies[0]["tools"] == [search]
    (found,) = llm.get_tool_calls_from_response(response)
    assert (found.tool_name, found.tool_kwargs) == ("$web_search", {"query": "Ulm"})


@pytest.mark.parametrize("way", WAYS)
def test_a_rate_limiter_is_asked_once_for_each_request(
    make_llm: Callable[..., ChatKimiK2], server: ScriptedServer, way: str
) -> None:
    class Counter(BaseRateLimiter):
        def __init__(self) -> None:
            self.asked: list[int] = []

        def acquire(self, num_tokens: int = 0) -> None:
            self.asked.append(num_tokens)

        async def async_acquire(self, num_tokens: int = 0) -> None:
            self.asked.append(num_tokens)

    counter = Counter()
    run_chat(make_llm(rate_limiter=counter), server, way, WHOLE)

    assert (len(counter.asked), len(server.seen)) == (1, 1)


def test_every_item_of_a_stream_is_a_picture_of_its_own(
    llm: ChatKimiK2, server: ScriptedServer
) -> None:
    server.stream(chunks(WHOLE, size=4))

    responses = list(llm.stream_chat(QUESTION))

    assert [r.delta for r in responses] == ["", "", "It i", "s su", "nny.", ""]
    assert [r.message.content for r in responses] == [
        None,
        None,
        "It i",
        "It is su",
        "It is sunny.",
        "It is sunny.",
    ]
    assert [r.additional_kwargs.get("thinking_delta") for r in responses[:3]] == [
        "I lo",
        "ok.",
        None,
    ]
    assert "".join(r.delta or "" for r in responses) == "It is sunny."


def test_one_instance_serves_several_event_loops(llm: ChatKimiK2, server: ScriptedServer) -> None:
    server.json(WHOLE)

    answers = [asyncio.run(llm.achat(QUESTION)).message.content for _ in range(2)]

    assert answers == ["It is sunny.", "It is sunny."]


@pytest.mark.parametrize("way", WAYS)
def test_token_counting_handler_reads_the_servers_counts(
    make_llm: Callable[..., ChatKimiK2], server: ScriptedServer, way: str
) -> None:
    counter = TokenCountingHandler(tokenizer=str.split)

    run_chat(make_llm(callback_manager=CallbackManager([counter])), server, way, WHOLE)

    assert (counter.prompt_llm_token_count, counter.completion_llm_token_count) == (120, 34)


def test_a_stream_that_breaks_off_raises_with_what_had_come(
    llm: ChatKimiK2, server: ScriptedServer
) -> None:
    server.stream([chunk(content="It is ")], done=False)
    seen = []

    with pytest.raises(KimiStreamTruncatedError) as caught:
        seen.extend(llm.stream_chat(QUESTION))

    assert caught.value.partial.content == "It is "


def test_an_error_of_the_server_is_one_request_and_one_sentence(
    make_llm: Callable[..., ChatKimiK2], server: ScriptedServer
) -> None:
    server.json(
        {"error": {"message": "invalid temperature", "type": "invalid_request_error"}}, status=400
    )

    with pytest.raises(Exception, match="invalid temperature") as caught:
        make_llm().chat(QUESTION)

    assert type(caught.value).__name__ == "KimiBadRequestError"
    assert len(server.seen) == 1


def test_retries_are_not_multiplied(
    make_llm: Callable[..., ChatKimiK2], server: ScriptedServer
) -> None:
    server.json({"error": {"message": "broken"}}, status=500)

    with pytest.raises(Exception, match="broken"):
        make_llm(max_retries=1).chat(QUESTION)

    assert len(server.seen) == 2


@pytest.mark.parametrize(
    ("settings", "call", "words"),
    [
        pytest.param({"temperature": 0.3}, {}, "temperature=0.3 is refused", id="pinned-sampling"),
        pytest.param({}, {"n": 2}, "n=2 is refused", id="several-answers"),
    ],
)
def test_what_cannot_work_is_refused_before_any_request(
    make_llm: Callable[..., ChatKimiK2],
    server: ScriptedServer,
    settings: dict[str, Any],
    call: dict[str, Any],
    words: str,
) -> None:
    with pytest.raises(KimiConfigError, match=words):
        make_llm(**settings).stream_chat(QUESTION, **call)

    assert server.seen == []


@pytest.mark.parametrize("way", ["complete", "stream_complete", "acomplete", "astream_complete"])
def test_completions_are_a_conversation_of_one_message(
    llm: ChatKimiK2, server: ScriptedServer, way: str
) -> None:
    if "stream" in way:
        server.stream(chunks(WHOLE))
    else:
        server.json(WHOLE)

    async def last() -> Any:
        method = getattr(llm, way)("Hello")
        result = await method if way.startswith("a") else method
        if way == "astream_complete":
            return [item async for item in result][-1]
        return list(result)[-1] if way == "stream_complete" else result

    response = asyncio.run(last())

    assert response.text == "It is sunny."
    assert response.additional_kwargs["reasoning_content"] == "I look."
    assert response.raw["usage"]["completion_tokens"] == 34
    assert server.bodies[0]["messages"] == [{"role": "user", "content": "Hello"}]
