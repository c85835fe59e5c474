"""What a row of the table of faults is, and how bytes of HTTP are written in one.

Owns: `Fault`, and the pieces that rows are made of. May know: tests.faults.wire.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.faults.wire import Wire

__all__ = [
    "ANSWER",
    "Fault",
    "body",
    "call",
    "chunk",
    "chunked",
    "error",
    "event",
    "head",
    "piece",
    "sse",
    "tokens",
]

ANSWER = "answer"


@dataclass(frozen=True, kw_only=True)
class Fault:
    """What is injected, and what a user must get.

    Attributes:
        group: The heading that it stands under in docs/faults.md.
        name: What is injected, in words.
        says: What the server says to each request.
        gets: "answer", or the name of the class of the one error.
        content: The text of the answer, or of what had come in the error's ``partial``.
        reasoning: The reasoning, likewise.
        arguments: The arguments of all calls, joined, likewise.
        warns: The name of the warning beside it, or nothing.
        requests: How many requests the server got; ``max_retries`` is 1.
        waits: Seconds before the retry, where the server named them.
        settings: Settings of the model besides.
        unread: How many of the first requests the server does not read to their end.
        asks: How many characters the user's message has.
        refuses: Whether nobody listens.
        sdk: The openai SDK that it is a row for, and those after it.
    """

    group: str
    name: str
    says: Wire = ()
    gets: str = ANSWER
    content: str = ""
    reasoning: str = ""
    arguments: str = ""
    warns: str = ""
    requests: int = 1
    waits: tuple[float, ...] | None = None
    settings: tuple[tuple[str, Any], ...] = ()
    unread: int = 0
    asks: int = 2
    refuses: bool = False
    sdk: int = 2


def head(status: int = 200, kind: str = "text/event-stream", **headers: object) -> bytes:
    """Return the head of an answer; ``retry_after=1`` is the header ``retry-after``."""
    named = {"content-type": kind, **{name.replace("_", "-"): v for name, v in headers.items()}}
    lines = [f"HTTP/1.1 {status} As It Is", "connection: close"]
    lines += [f"{name}: {value}" for name, value in named.items() if value is not None]
    return "\r\n".join([*lines, "", ""]).encode()


def body(value: object, status: int = 200, **headers: object) -> bytes:
    """Return an answer of one JSON body, with its length."""
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    return head(status, "application/json", content_length=len(data), **headers) + data


def error(status: int, message: str = "No.", kind: str = "some_error", **headers: object) -> bytes:
    """Return an answer that says no in Moonshot's shape."""
    return body({"error": {"message": message, "type": kind}}, status, **headers)


def chunk(finish: str | None = None, **delta: Any) -> dict[str, Any]:
    """Return one chunk of a streamed answer."""
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return {"id": "chatcmpl-1", "model": "kimi-k2", "choices": [choice]}


def call(arguments: str, name: str | None = None) -> dict[str, Any]:
    """Return a chunk with a fragment of a call."""
    function = {"arguments": arguments, **({"name": name} if name else {})}
    begun = {"id": "functions.f:0", "type": "function"} if name else {}
    return chunk(tool_calls=[{"index": 0, **begun, "function": function}])


def event(value: object) -> bytes:
    """Return one event."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return f"data: {text}\n\n".encode()


def sse(*values: object, done: bool = True) -> bytes:
    """Return the body of a stream."""
    return b"".join(map(event, [*values, *(["[DONE]"] if done else [])]))


def tokens(*texts: str) -> list[dict[str, Any]]:
    """Return a chunk of content for each text."""
    return [chunk(content=text) for text in texts]


def piece(data: bytes) -> bytes:
    """Return a chunk of HTTP's framing."""
    return b"%x\r\n%s\r\n" % (len(data), data)


def chunked(*pieces: bytes, end: bytes = b"0\r\n\r\n", **headers: object) -> bytes:
    """Return an event stream in chunks of HTTP's framing."""
    return head(transfer_encoding="chunked", **headers) + b"".join(map(piece, pieces)) + end
