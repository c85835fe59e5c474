"""A chat asks and reads: whole and streamed, sync and async, to the end or until it breaks.

Owns: `KimiChat`, `Reply` and `AsyncReply`. Errors with a status are in test_errors.py, retries and
connections in test_client.py.
"""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import TYPE_CHECKING, Any

import pytest

from kimi_core import local
from kimi_core.chat import KimiChat, Settings
from kimi_core.errors import (
    KimiConfigError,
    KimiProtocolError,
    KimiStreamTruncatedError,
    KimiTimeoutError,
)
from kimi_core.events import ContentDelta, ReasoningDelta, ToolCallArguments
from kimi_core.request import Options
from kimi_core.response import Usage
from tests.core.asking import HELLO, tool
from tests.core.reading_answers import Connect, Read, both
from tests.patience import patiently
from tests.scripted import Answer, ScriptedServer, body, chunk, sse, stream

if TYPE_CHECKING:
    from pathlib import Path

    from kimi_core.chat import Reply
    from kimi_core.events import Event, ParsedMessage
    from kimi_core.response import ResponseReader

USAGE = {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7}
SPOKEN = stream(
    chunk(reasoning="why"),
    chunk(content="Hel"),
    chunk("stop", content="lo"),
    {"choices": [], "usage": USAGE},
)
JSON = "application/json"


def message_of(reader: ResponseReader) -> ParsedMessage:
    """Return the message; nothing about it may be odd."""
    assert reader.diagnostics == ()
    return reader.message()


@both
def test_a_stream(server: ScriptedServer, connect: Connect, read: Read) -> None:
    server.will(SPOKEN)
    reader = read(connect())
    assert message_of(reader).content == "Hello"
    assert message_of(reader).reasoning == "why"
    assert (reader.finish_reason, reader.usage) == ("stop", Usage(3, 4, 7))
    (seen,) = server.seen
    assert (seen.path, seen.json["stream"]) == ("/v1/chat/completions", True)
    assert seen.json["messages"] == HELLO


@both
@pytest.mark.parametrize("padding", [b"", b" \n\n" * 50], ids=["plain", "keep-alive blanks"])
def test_a_body(server: ScriptedServer, connect: Connect, read: Any, padding: bytes) -> None:
    message = {"role": "assistant", "content": "Hello", "reasoning": "why"}
    whole = body({"choices": [{"message": message, "finish_reason": "stop"}], "usage": USAGE})
    server.will(Answer((padding, *whole.pieces) if padding else whole.pieces, 200, whole.headers))
    reader = read(connect(), streamed=False)
    assert message_of(reader).content == "Hello"
    assert message_of(reader).reasoning == "why"
    assert (reader.finish_reason, reader.usage) == ("stop", Usage(3, 4, 7))
    assert "stream" not in server.seen[0].json


def test_events_come_chunk_by_chunk(server: ScriptedServer, connect: Connect) -> None:
    server.will(SPOKEN)
    chat = connect()
    reply = chat.open(chat.request(HELLO, stream=True))
    assert list(reply) == [
        [ReasoningDelta("why")],
        [ContentDelta("Hel")],
        [ContentDelta("lo")],
        [],
        [],
    ]


@both
@pytest.mark.parametrize("kind", ["text/plain", "application/octet-stream", ""])
@pytest.mark.parametrize("start", [b"", b": PROCESSING\n\n"], ids=["data", "comment"])
def test_a_stream_under_another_content_type(
    server: ScriptedServer, connect: Connect, read: Read, kind: str, start: bytes
) -> None:
    server.will(Answer((start + SPOKEN.pieces[0],), headers={"content-type": kind}))
    assert read(connect()).message().content == "Hello"


@both
def test_the_ids_and_headers_of_an_answer(
    server: ScriptedServer, connect: Connect, read: Read
) -> None:
    server.will(SPOKEN)
    read(connect())
    server.will(Answer(SPOKEN.pieces, headers={**SPOKEN.headers, "x-trace-id": "t-1"}))
    chat = connect()
    reply = chat.open(chat.request(HELLO, stream=True))
    assert reply.request_id == "t-1"
    assert reply.headers["x-trace-id"] == "t-1"
    assert reply.read().model == "kimi"


def test_an_async_answer_that_is_left_early_leaves_no_task(
    server: ScriptedServer, connect: Connect
) -> None:
    """The server says nothing more, so the task that reads ahead would wait for ever."""
    first = sse(chunk(content="Hel"), done=False)
    server.will(Answer((first,), headers=SPOKEN.headers, stalls=True))

    async def leave() -> None:
        chat = connect()
        reply = await chat.aopen(chat.request(HELLO, stream=True))
        before = asyncio.all_tasks()
        async with aclosing(aiter(reply)) as lists:
            async for _ in lists:
                break
        assert asyncio.all_tasks() == before
        await chat.aclose()

    asyncio.run(asyncio.wait_for(leave(), 10))


def fragment(arguments: str) -> dict[str, Any]:
    """Return a chunk of a streamed tool call."""
    return chunk(tool_calls=[{"index": 0, "function": {"arguments": arguments}}])


# An async reply reads on while its consumer works, so what it reads one by one is a matter of time;
# that it tells what it has is in test_read_ahead.py.
@pytest.mark.parametrize(
    ("mode", "together"),
    [
        pytest.param("sync", True, id="sync, one read"),
        pytest.param("sync", False, id="sync, one by one"),
        pytest.param("async", True, id="async, one read"),
    ],
)
def test_arguments_that_arrive_together_share_a_list(
    server: ScriptedServer, connect: Connect, mode: str, together: bool
) -> None:
    opening = chunk(tool_calls=[{"index": 0, "id": "write:0", "function": {"name": "write"}}])
    pieces = ['{"', "x", '": 1}']
    events = [opening, *map(fragment, pieces), chunk("tool_calls")]
    reads = [events] if together else [[event] for event in events]
    answer = tuple(sse(*read, done=False) for read in reads)
    server.will(Answer((*answer, sse()), headers=SPOKEN.headers))

    lists = lists_of(connect(), mode)

    told = [
        "".join(event.text for event in events if isinstance(event, ToolCallArguments))
        for events in lists
    ]
    assert [text for text in told if text] == (["".join(pieces)] if together else pieces)


def lists_of(chat: KimiChat, mode: str) -> list[list[Event]]:
    """Read a reply list by list."""
    options = Options(tool_call_policy="off")  # lets every fragment out at once
    request = chat.request(HELLO, [tool("write")], options, stream=True)

    async def ask() -> list[list[Event]]:
        return [events async for events in await chat.aopen(request)]

    return asyncio.run(ask()) if mode == "async" else list(chat.open(request))


HALF = sse(chunk(reasoning="why"), chunk(content="Hel"), done=False)


@both
def test_a_stall_in_the_middle_is_a_break(
    server: ScriptedServer, connect: Connect, read: Read
) -> None:
    def within(seconds: float) -> None:
        server.will(Answer((HALF,), headers=SPOKEN.headers, stalls=True))
        late = f"nothing of it came for {seconds:g} s"
        with pytest.raises(KimiStreamTruncatedError, match=late) as got:
            read(connect(timeout=seconds))
        assert isinstance(got.value, KimiTimeoutError)
        assert got.value.partial.content == "Hel"

    patiently(within, 0.3)


NONSENSE: dict[str, tuple[Answer, str]] = {
    "a page": (Answer((b"<html>hello</html>",), headers={"content-type": "text/html"}),
               "the server's answer is not JSON ("),
    "nothing": (Answer((), headers={"content-type": JSON}), "the server's answer is not JSON ("),
    "no choices": (body({"hello": "world"}), "the server's answer has no choices: b'{\"hello\""),
    "a list": (body([1]), "the server's answer has no choices: b'[1]'"),
    "an event that is no JSON": (
        Answer((b"data: {oops\n\n",), headers=SPOKEN.headers), "an event that is not JSON",
    ),
}  # fmt: skip


@both
@pytest.mark.parametrize(("answer", "sentence"), NONSENSE.values(), ids=NONSENSE)
def test_what_is_no_answer_is_a_protocol_error(
    server: ScriptedServer, connect: Connect, read: Read, answer: Answer, sentence: str
) -> None:
    server.will(answer)
    with pytest.raises(KimiProtocolError) as caught:
        read(connect())
    assert sentence in str(caught.value)
    assert not isinstance(caught.value, KimiStreamTruncatedError)


def test_a_failure_of_the_reader_is_not_taken_for_a_break(
    server: ScriptedServer, connect: Connect
) -> None:
    server.will(SPOKEN)
    chat = connect()
    reply = chat.open(chat.request(HELLO, stream=True))
    reply.read()
    with pytest.raises(RuntimeError, match="streamed"):  # the SDK's HTTP library: read twice
        reply.read()


def test_the_same_in_an_event_loop(server: ScriptedServer, connect: Connect) -> None:
    server.will(SPOKEN)
    chat = connect()

    async def ask() -> None:
        reply = await chat.aopen(chat.request(HELLO, stream=True))
        await reply.read()
        await reply.read()

    with pytest.raises(RuntimeError, match="streamed"):
        asyncio.run(ask())


def test_whoever_stops_reading_closes_the_connection(
    server: ScriptedServer, connect: Connect
) -> None:
    server.will(SPOKEN, SPOKEN)
    chat = connect()

    def first(reply: Reply) -> list[Event]:
        for events in reply:
            return events
        return []

    reply = chat.open(chat.request(HELLO, stream=True))
    assert first(reply) == [ReasoningDelta("why")]
    assert reply._response.is_closed

    async def afirst() -> None:
        areply = await chat.aopen(chat.request(HELLO, stream=True))
        events = aiter(areply)
        assert await anext(events) == [ReasoningDelta("why")]
        await events.aclose()
        assert areply._response.is_closed

    asyncio.run(afirst())


def test_another_model_for_one_request(server: ScriptedServer, connect: Connect) -> None:
    server.will(SPOKEN)
    chat = connect(tool_call_parser="client")
    request = chat.request(
        HELLO, [tool()], Options(temperature=0.1), stream=True, model="kimi-k2-thinking"
    )
    assert request.capabilities.tool_call_parser == "client"
    chat.open(request).read()
    assert server.seen[0].json["model"] == "moonshotai/Kimi-K2-Thinking"
    assert chat.capabilities.model == "moonshotai/Kimi-K2-Instruct"


def test_the_settings_reach_the_capabilities(connect: Connect) -> None:
    chat = connect(
        model="mine", base_model="kimi-k2.6", context_window=9, api="completions",
        tool_call_parser="server",
    )  # fmt: skip
    found = chat.capabilities
    assert (found.model, found.info.name, found.info.context_window) == ("mine", "kimi-k2.6", 9)
    assert (found.api, found.tool_call_parser) == ("completions", "server")


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"endpoint": "moonshot", "base_url": None}, "api_key for endpoint 'moonshot' is missing"),
    ({"base_url": "gpu:8000"}, "base_url 'gpu:8000' of endpoint 'vllm' is not an http(s) URL"),
    ({"endpoint": "local", "base_url": "http://x/v1/completions"}, "names a route"),
]


@pytest.mark.usefixtures("no_keys")
@pytest.mark.parametrize(("settings", "sentence"), WRONG)
def test_a_wrong_setting_fails_before_any_request(
    connect: Connect,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    settings: dict[str, Any],
    sentence: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(KimiConfigError) as caught:
        connect(**{"api_key": None, **settings})
    assert sentence in str(caught.value)


@pytest.mark.filterwarnings("ignore::kimi_core.UnknownModelWarning")  # a file, no Kimi
@pytest.mark.parametrize("model", [None, "weights.gguf"])
@pytest.mark.parametrize("context", [None, 2048])
def test_the_embedded_engine_is_started_by_the_first_request(
    server: ScriptedServer,
    monkeypatch: pytest.MonkeyPatch,
    model: str | None,
    context: int | None,
) -> None:
    started: list[tuple[Any, ...]] = []

    def engine(*how: Any) -> Any:
        started.append(how)
        return type("Engine", (), {"base_url": server.base_url})

    monkeypatch.setattr(local, "shared_engine", engine)
    server.will(SPOKEN, SPOKEN)
    chat = KimiChat(Settings(endpoint="local", model=model, context_window=context))
    chat.close()
    asyncio.run(chat.aclose())
    assert started == []
    for _ in range(2):
        chat.open(chat.request(HELLO, stream=True)).read()
    chat.close()
    assert started == [(model,) if context is None else (model, context)]
    assert [seen.path for seen in server.seen] == ["/v1/completions"] * 2
