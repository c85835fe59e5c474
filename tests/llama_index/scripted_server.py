"""A server on 127.0.0.1 that answers with what a test wrote down, and records what it was asked.

Owns: the wire side of the LlamaIndex tests: bodies, event streams, and the chunks in them.
May know: the standard library only. It does not check anything: what is right is said by the tests.
"""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["ScriptedServer", "answer", "chunk", "chunks", "tool_call", "tool_delta"]

USAGE = {
    "prompt_tokens": 120,
    "completion_tokens": 34,
    "total_tokens": 154,
    "cached_tokens": 100,
    "prompt_tokens_details": {"cached_tokens": 100, "cache_write_tokens": 20},
}


@dataclass
class Recorded:
    """One request as it came in."""

    path: str
    headers: dict[str, str]
    body: dict[str, Any]


@dataclass
class ScriptedServer:
    """Answers request after request from its script; the last answer is given again and again."""

    script: list[tuple[int, str, tuple[bytes, ...]]] = field(default_factory=list)
    released: threading.Event = field(default_factory=threading.Event)
    requests: list[Recorded] = field(default_factory=list)
    base_url: str = ""

    def json(self, body: dict[str, Any], *, status: int = 200) -> None:
        """Answer the next request with a JSON body."""
        self.script.append((status, "application/json", (json.dumps(body).encode(),)))

    def stream(
        self, items: Iterable[dict[str, Any]], *, done: bool = True, hold_after: int | None = None
    ) -> None:
        """Answer the next request with an event stream.

        Args:
            items: The chunks.
            done: Whether ``[DONE]`` comes at the end.
            hold_after: How many chunks to send before `released` is set by the test.
        """
        # As uvicorn does under vLLM and SGLang: each event is an HTTP chunk of its own.
        events = [_frame(f"data: {json.dumps(item)}\n\n".encode()) for item in items]
        ending = [_frame(b"data: [DONE]\n\n")] if done else []
        parts = [events[:hold_after], events[hold_after:]] if hold_after else [events]
        parts[-1] += [*ending, b"0\r\n\r\n"]
        data = tuple(b"".join(part) for part in parts)
        self.script.append((200, "text/event-stream; charset=utf-8", data))

    @property
    def bodies(self) -> list[dict[str, Any]]:
        """The JSON bodies that were received."""
        return [request.body for request in self.requests]

    def next_answer(self) -> tuple[int, str, tuple[bytes, ...]]:
        """Take the next answer of the script."""
        return self.script.pop(0) if len(self.script) > 1 else self.script[0]


def _frame(event: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(event), event)


def serve(script: ScriptedServer) -> ThreadingHTTPServer:
    """Start serving a script in a thread of its own."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            headers = {name.lower(): value for name, value in self.headers.items()}
            script.requests.append(Recorded(self.path, headers, body))
            status, content_type, (data, *later) = script.next_answer()
            self.send_response(status)
            self.send_header("content-type", content_type)
            if content_type.startswith("text/event-stream"):
                self.send_header("transfer-encoding", "chunked")
            else:
                self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)
            for held in later:
                script.released.wait(10)  # a test that never releases it fails by what it saw
                self.wfile.write(held)

        def log_message(self, *_: object) -> None:
            """Keep the test output clean."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    script.base_url = f"http://127.0.0.1:{server.server_port}/v1"
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    return server


def tool_call(name: str, arguments: str, *, number: int = 0) -> dict[str, Any]:
    """Return a whole call as a server gives it."""
    function = {"name": name, "arguments": arguments}
    return {"id": f"functions.{name}:{number}", "type": "function", "function": function}


def tool_delta(index: int, arguments: str, *, name: str | None = None) -> dict[str, Any]:
    """Return a piece of a call in a stream; the first piece has the name."""
    if name is None:
        return {"index": index, "function": {"arguments": arguments}}
    return {"index": index, **tool_call(name, arguments, number=index)}


def answer(
    content: str | None = None,
    *,
    reasoning: str | None = None,
    calls: list[dict[str, Any]] | None = None,
    finish_reason: str | None = None,
) -> dict[str, Any]:
    """Return a whole chat completion."""
    message: dict[str, Any] = {"role": "assistant", "content": content}
    if reasoning is not None:
        message["reasoning_content"] = reasoning
    if calls:
        message["tool_calls"] = calls
    reason = finish_reason or ("tool_calls" if calls else "stop")
    choice = {"index": 0, "message": message, "finish_reason": reason}
    return {"id": "cmpl-1", "model": "kimi-k2.6", "choices": [choice], "usage": USAGE}


def chunk(finish_reason: str | None = None, **delta: Any) -> dict[str, Any]:
    """Return one chunk of a stream; Moonshot puts usage into the choice of the last one."""
    choice: dict[str, Any] = {"index": 0, "delta": delta, "finish_reason": finish_reason}
    if finish_reason:
        choice["usage"] = USAGE
    return {"id": "cmpl-1", "model": "kimi-k2.6", "choices": [choice]}


def chunks(whole: dict[str, Any], *, size: int = 3) -> list[dict[str, Any]]:
    """Return the stream that says the same as a whole answer, in pieces of `size` characters."""
    choice = whole["choices"][0]
    message = choice["message"]
    items = [chunk(role="assistant", content="")]
    for field_name in ("reasoning_content", "content"):
        items += [chunk(**{field_name: piece}) for piece in _cut(message.get(field_name), size)]
    for index, call in enumerate(message.get("tool_calls") or ()):
        items.append(chunk(tool_calls=[{**_without_arguments(call), "index": index}]))
        pieces = _cut(call["function"]["arguments"], size)
        items += [chunk(tool_calls=[tool_delta(index, piece)]) for piece in pieces]
    return [*items, chunk(choice["finish_reason"])]


def _without_arguments(call: dict[str, Any]) -> dict[str, Any]:
    return {**call, "function": {**call["function"], "arguments": ""}}


def _cut(text: str | None, size: int) -> list[str]:
    return [text[start : start + size] for start in range(0, len(text or ""), size)] if text else []
