"""A server of canned event streams, in a child process, so that its CPU time is not ours.

Owns: the wire of the streaming benchmarks. May know: nothing of kimi_core. The URL says what is
streamed: ``http://127.0.0.1:PORT/KIND/CHUNKS/v1``, KIND being "text", "arguments", "raw" or
"agent" (arguments, and text once the history has a tool's result). Each event is an HTTP chunk of
its own, as servers send it.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["serving"]

_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
_FRAGMENT = "for "
_RAW = (
    "<|tool_calls_section_begin|>",
    "<|tool_call_begin|>",
    "functions.write:0",
    "<|tool_call_argument_begin|>",
)
_RAW_END = ("<|tool_call_end|>", "<|tool_calls_section_end|>")


@contextmanager
def serving() -> Iterator[str]:
    """Run the server and give its address."""
    child = subprocess.Popen([sys.executable, __file__], stdout=subprocess.PIPE, text=True)  # noqa: S603 - this file
    try:
        assert child.stdout is not None  # noqa: S101 - a pipe was asked for
        yield f"http://127.0.0.1:{child.stdout.readline().strip()}"
    finally:
        child.terminate()
        child.wait(10)


def _call(arguments: str, *, first: bool = False) -> dict[str, Any]:
    function: dict[str, Any] = {"arguments": arguments}
    call: dict[str, Any] = {"index": 0, "function": function}
    if first:
        function["name"] = "write"
        call |= {"id": "functions.write:0", "type": "function"}
    return {"tool_calls": [call]}


def _deltas(kind: str, chunks: int) -> list[dict[str, Any]]:
    pieces = ['{"code":"', *[_FRAGMENT] * chunks, '"}']
    if kind == "arguments":
        return [_call("", first=True), *map(_call, pieces)]
    if kind == "raw":
        return [{"content": text} for text in (*_RAW, *pieces, *_RAW_END)]
    return [{"content": _FRAGMENT}] * chunks


@cache
def _body(kind: str, chunks: int) -> bytes:
    """Return the whole answer, chunked."""
    deltas = _deltas(kind, chunks)
    finish = "tool_calls" if kind == "arguments" else "stop"
    usage = {"prompt_tokens": 10, "completion_tokens": len(deltas), "total_tokens": 10}
    lines = [_event(delta, None, None) for delta in deltas]
    lines += [_event({}, finish, usage), b"data: [DONE]\n\n"]
    return b"".join(b"%x\r\n%s\r\n" % (len(line), line) for line in [*lines, b""])


def _event(delta: dict[str, Any], finish: str | None, usage: dict[str, int] | None) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    chunk = {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": "kimi-k2.6",
        "choices": [choice],
        **({"usage": usage} if usage else {}),
    }
    return b"data: " + json.dumps(chunk).encode() + b"\n\n"


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            length = head.lower().split("content-length:")[1].split("\r\n")[0]
            sent = await reader.readexactly(int(length))
            _, kind, chunks, _ = head.split()[1].split("/", 3)
            if kind == "agent":
                kind = "text" if b'"role":"tool"' in sent.replace(b" ", b"") else "arguments"
            writer.write(_HEAD + _body(kind, int(chunks)))
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()


async def _main() -> None:
    server = await asyncio.start_server(_answer, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_main())
