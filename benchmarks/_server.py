"""A server of answers that were rendered beforehand, in a process of its own.

Owns: the wire of the benchmarks. May know: nothing of kimi_core.

``Server.say`` chooses what is answered from then on, so that one client, and its connection, serves
for every row. A kind is "text", "reasoning", "arguments", "raw", "json" (a call of the tool where
the request has one), "agent" (arguments, and text once the history has a tool's result), or "call"
(arguments, and one word then). A framing is "event", each event in an HTTP chunk of its own as
servers send it, "slow", the same at most every half a millisecond, or "body", all of them in one.
What asks for no stream gets the same in one message.
"""

from __future__ import annotations

import asyncio
import http.client
import json
import subprocess
import sys
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Server", "serving"]

_OK = b"HTTP/1.1 200 OK\r\nContent-Type: %s\r\n"
_PIECES = ("for ", "each ", "word ")  # LiteLLM gives up where one is said a hundred times
_RAW = (
    "<|tool_calls_section_begin|>",
    "<|tool_call_begin|>",
    "functions.write:0",
    "<|tool_call_argument_begin|>",
)
_TOOLS = {"arguments": "write", "object": "Document"}  # which tool is called
_RAW_END = ("<|tool_call_end|>", "<|tool_calls_section_end|>")
_USAGE = {"prompt_tokens": 10, "completion_tokens": 10, "total_tokens": 20}
_BACKLOG = 2_048
_END_OF_EVENT = b"\n\n\r\n"  # and of the HTTP chunk that it is
_PAUSE = 0.0005  # seconds between two events of a slow server


class Server:
    """The server, as who started it sees it.

    Attributes:
        address: The base URL.
    """

    def __init__(self, port: str) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", int(port))
        self.address = f"http://127.0.0.1:{port}/v1"

    def say(self, kind: str, chunks: int, framing: str) -> None:
        """Choose what every request is answered with from now on."""
        self._connection.request("POST", f"/say/{kind}/{chunks}/{framing}", b"{}")
        self._connection.getresponse().read()


@contextmanager
def serving() -> Iterator[Server]:
    """Run the server."""
    child = subprocess.Popen([sys.executable, __file__], stdout=subprocess.PIPE, text=True)  # noqa: S603 - this file
    try:
        assert child.stdout is not None  # noqa: S101 - a pipe was asked for
        yield Server(child.stdout.readline().strip())
    finally:
        child.terminate()
        child.wait(10)


def _call(arguments: str, *, first: str = "") -> dict[str, Any]:
    function: dict[str, Any] = {"arguments": arguments}
    call: dict[str, Any] = {"index": 0, "function": function}
    if first:
        function["name"] = first
        call |= {"id": f"functions.{first}:0", "type": "function"}
    return {"tool_calls": [call]}


def _deltas(kind: str, chunks: int) -> list[dict[str, Any]]:
    words = [_PIECES[at % len(_PIECES)] for at in range(chunks)]
    pieces = ['{"code":"', *words, '"}']
    if kind in _TOOLS:
        return [_call("", first=_TOOLS[kind]), *map(_call, pieces)]
    if kind == "raw":
        return [{"content": text} for text in (*_RAW, *pieces, *_RAW_END)]
    if kind == "json":
        return [{"content": text} for text in pieces]
    return [{"reasoning_content" if kind == "reasoning" else "content": one} for one in words]


def _chunk(delta: dict[str, Any], finish: str | None, **more: Any) -> dict[str, Any]:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    head = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1}
    return {**head, "model": "kimi-k2.6", "choices": [choice], **more}


@cache
def _stream(kind: str, chunks: int, framing: str) -> bytes:
    finish = "tool_calls" if kind in _TOOLS else "stop"
    said = [_chunk(delta, None) for delta in _deltas(kind, chunks)]
    said[0]["choices"][0]["delta"]["role"] = "assistant"  # ChatOpenAI's structured streams need it
    said.append(_chunk({}, finish, usage=_USAGE))
    events = [*(b"data: %s\n\n" % json.dumps(one).encode() for one in said), b"data: [DONE]\n\n"]
    head = _OK % b"text/event-stream"
    if framing == "body":
        body = b"".join(events)
        return head + b"Content-Length: %d\r\n\r\n" % len(body) + body
    chunked = b"".join(b"%x\r\n%s\r\n" % (len(event), event) for event in [*events, b""])
    return head + b"Transfer-Encoding: chunked\r\n\r\n" + chunked


@cache
def _whole(kind: str, chunks: int) -> bytes:
    deltas = _deltas(kind, chunks)
    message: dict[str, Any] = {"role": "assistant", "content": None}
    if kind in _TOOLS:
        text = "".join(one["tool_calls"][0]["function"]["arguments"] for one in deltas)
        message |= _call(text, first=_TOOLS[kind])
    else:
        for delta in deltas:
            for name, text in delta.items():
                message[name] = (message.get(name) or "") + text
    finish = "tool_calls" if kind in _TOOLS else "stop"
    said = _chunk({}, finish, usage=_USAGE, object="chat.completion", system_fingerprint="fp")
    said["choices"] = [{"index": 0, "message": message, "finish_reason": finish}]
    body = json.dumps(said).encode()
    return _OK % b"application/json" + b"Content-Length: %d\r\n\r\n" % len(body) + body


async def _body(reader: asyncio.StreamReader, head: str) -> bytes:
    if "content-length:" in head:
        return await reader.readexactly(
            int(head.split("content-length:")[1].split("\r\n", maxsplit=1)[0])
        )
    pieces: list[bytes] = []
    while "transfer-encoding: chunked" in head:
        size = int(await reader.readline(), 16)
        pieces.append((await reader.readexactly(size + 2))[:-2])
        if not size:
            break
    return b"".join(pieces)


async def _slowly(writer: asyncio.StreamWriter, said: bytes) -> None:
    *events, end = said.split(_END_OF_EVENT)
    for event in events:
        writer.write(event + _END_OF_EVENT)
        await asyncio.sleep(_PAUSE)
    writer.write(end)


_said: list[str] = ["text", "1", "event"]


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            sent = (await _body(reader, head.lower())).replace(b" ", b"")
            path = head.split()[1]
            if head.startswith("GET"):  # of a list of models, which there is none of
                writer.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
                continue
            if path.startswith("/say/"):
                _said[:] = path.split("/")[2:]
            kind, chunks, framing = _said
            count = int(chunks)
            if kind in {"agent", "call"}:
                answered = b'"role":"tool"' in sent
                count = 1 if answered and kind == "call" else count
                kind = "text" if answered else "arguments"
            if kind == "json" and b'"tools":' in sent:  # as LlamaIndex's programs ask for an object
                kind = "object"
            streams = b'"stream":true' in sent
            said = _stream(kind, count, framing) if streams else _whole(kind, count)
            if framing == "slow":
                await _slowly(writer, said)
            else:
                writer.write(said)
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()


async def _main() -> None:
    server = await asyncio.start_server(_answer, "127.0.0.1", 0, backlog=_BACKLOG)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_main())
