"""`coalesce` tells fewer chunks, and nothing else: no piece is lost, moved or kept from an error.

Owns: both adapters, sync and async, with a time that is over at once and one that never is.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from kimi_core.errors import KimiConfigError, KimiStreamTruncatedError
from tests.scripted import ScriptedServer, chunk, stream

pytest.importorskip("langchain_openai", reason="parity needs both frameworks")
pytest.importorskip("llama_index.core", reason="parity needs both frameworks")

import langchain_kimi
import llama_index_kimi

if TYPE_CHECKING:
    from collections.abc import Callable

    Said = tuple[str, str, str]  # reasoning, text, arguments

ANSWER = (
    *(chunk(reasoning_content=piece) for piece in ("Let ", "me ", "see")),
    *(chunk(content=piece) for piece in ("It ", "is ", "18 ", "degrees")),
    chunk(tool_calls=[{"index": 0, "id": "c0", "function": {"name": "f", "arguments": ""}}]),
    *(
        chunk(tool_calls=[{"index": 0, "function": {"arguments": piece}}])
        for piece in ('{"city"', ': "', "Paris", '"}')
    ),
    chunk("tool_calls"),
)
# The first piece is told at once; the beginning of a call and the end by themselves, with the brace
# that is kept until it is known to be the last.
JOINED = [
    ("Let ", "", ""),
    ("me see", "", ""),
    ("", "It is 18 degrees", ""),
    ("", "", ""),
    ("", "", '{"city": "Paris"'),
    ("", "", "}"),
]
TOOL = {
    "type": "function",
    "function": {
        "name": "f",
        "description": "Weather.",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
    },
}
NEVER, AT_ONCE = 600.0, 1e-9


def add(said: list[Said], piece: Any) -> None:
    calls = "".join(call["args"] or "" for call in piece.tool_call_chunks)
    said.append((piece.additional_kwargs.get("reasoning_content", ""), piece.content, calls))


def langchain_stream(said: list[Said], **settings: Any) -> None:
    with langchain_kimi.ChatKimiK2(**settings) as llm:
        for piece in llm.stream("x", tools=[TOOL]):
            add(said, piece)


def langchain_astream(said: list[Said], **settings: Any) -> None:
    async def ask() -> None:
        async with langchain_kimi.ChatKimiK2(**settings) as llm:
            async for piece in llm.astream("x", tools=[TOOL]):
                add(said, piece)

    asyncio.run(ask())


def add_growth(said: list[Said], piece: Any) -> None:
    """Add what a response says beyond the one before; the arguments stand whole in each."""
    thought = piece.additional_kwargs.get("thinking_delta", "")
    calls = piece.message.additional_kwargs.get("tool_calls", [])
    whole = "".join(call["function"]["arguments"] for call in calls)
    before = "".join(arguments for _, _, arguments in said)
    said.append((thought, piece.delta or "", whole[len(before) :]))


def llama_index_stream(said: list[Said], **settings: Any) -> None:
    with llama_index_kimi.ChatKimiK2(**settings) as llm:
        for piece in llm.stream_chat([], tools=[TOOL]):
            add_growth(said, piece)


def llama_index_astream(said: list[Said], **settings: Any) -> None:
    async def ask() -> None:
        async with llama_index_kimi.ChatKimiK2(**settings) as llm:
            async for piece in await llm.astream_chat([], tools=[TOOL]):
                add_growth(said, piece)

    asyncio.run(ask())


WAYS = [langchain_stream, langchain_astream, llama_index_stream, llama_index_astream]


@pytest.fixture(params=WAYS, ids=lambda way: way.__name__)
def ask(request: pytest.FixtureRequest) -> Callable[..., list[Said]]:
    def asked(server: ScriptedServer, **settings: Any) -> list[Said]:
        said: list[Said] = []
        settings = {"base_url": server.base_url, "model": "kimi-k2.6", **settings}
        try:
            request.param(said, api_key="sk-test", endpoint="custom", max_retries=0, **settings)
        except KimiStreamTruncatedError as error:
            said.append(("", "", type(error).__name__))
        return said

    return asked


def told(said: list[Said]) -> list[Said]:
    """Leave out what says nothing: frameworks add ends of their own."""
    return [piece for piece in said if any(piece)]


def test_what_comes_within_the_time_is_one_chunk_of_its_kind(ask: Any) -> None:
    with ScriptedServer() as server:
        server.will(stream(*ANSWER))
        assert told(ask(server, coalesce=NEVER)) == told(JOINED)


@pytest.mark.parametrize("settings", [{}, {"coalesce": AT_ONCE}], ids=["unset", "at once"])
def test_every_chunk_is_told_that_comes_later_than_that(ask: Any, settings: Any) -> None:
    with ScriptedServer() as server:
        server.will(stream(*ANSWER))
        said = told(ask(server, **settings))
    assert [piece[:2] for piece in said[:7]] == [
        *((piece, "") for piece in ("Let ", "me ", "see")),
        *(("", piece) for piece in ("It ", "is ", "18 ", "degrees")),
    ]
    assert "".join(arguments for _, _, arguments in said) == '{"city": "Paris"}'


def test_what_is_held_comes_before_the_error(ask: Any) -> None:
    with ScriptedServer() as server:
        server.will(stream(*ANSWER[:6], done=False))
        said = told(ask(server, coalesce=NEVER))
    assert said[-2:] == [("", "It is 18 ", ""), ("", "", "KimiStreamTruncatedError")]


@pytest.mark.parametrize("package", [langchain_kimi, llama_index_kimi])
@pytest.mark.parametrize("value", [0, -1, True, "fast", float("nan")])
def test_it_is_a_time(package: Any, value: Any) -> None:
    with pytest.raises(KimiConfigError, match=r"coalesce=.*seconds above 0"):
        package.ChatKimiK2(api_key="sk-test", coalesce=value)
