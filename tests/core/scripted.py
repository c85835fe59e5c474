"""A loopback HTTP server that says exactly what a test tells it to, byte for byte.

Owns: the wire as tests want it: statuses, headers, bodies in pieces, connections that break, and
what was asked. May know: the standard library. It knows no rule of Moonshot's API; the simulator
that does is `kimi_core.testing`.
"""

from __future__ import annotations

import http.server
import json
import sys
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from typing_extensions import Self

__all__ = ["Answer", "ScriptedServer", "Seen", "body", "chunk", "error", "sse", "stream"]


@dataclass(frozen=True)
class Answer:
    """What the server says to one request.

    Attributes:
        pieces: The body; each piece is one HTTP chunk.
        status: The HTTP status.
        headers: Headers, besides those of the framing.
        breaks: Whether the connection is cut after the pieces, before the body's end.
        stalls: Whether nothing more is said after the pieces until the server closes; nothing at
            all where there are none.
    """

    pieces: tuple[bytes, ...] = ()
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    breaks: bool = False
    stalls: bool = False


@dataclass(frozen=True)
class Seen:
    """A request as it arrived; names of headers in lower case, and the port that it came from."""

    path: str
    port: int
    headers: Mapping[str, str]
    json: Any


def sse(*events: Mapping[str, Any], done: bool = True) -> bytes:
    """Write events as a stream of ``data:`` lines."""
    lines = [f"data: {json.dumps(event)}\n\n" for event in events]
    return "".join([*lines, "data: [DONE]\n\n" if done else ""]).encode()


def chunk(finish: str | None = None, **delta: Any) -> dict[str, Any]:
    """Return one chunk of a streamed chat answer."""
    return {
        "id": "chatcmpl-1",
        "model": "kimi",
        "choices": [{"index": 0, "delta": delta, "finish_reason": finish}],
    }


def stream(*events: Mapping[str, Any], done: bool = True, **options: Any) -> Answer:
    """Answer with an event stream."""
    return Answer((sse(*events, done=done),), headers={"content-type": EVENT_STREAM}, **options)


def body(value: Any, status: int = 200, **headers: str) -> Answer:
    """Answer with one JSON body; ``retry_after="0"`` is the header ``retry-after``."""
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    data = json.dumps(value).encode()
    return Answer((data,), status, {"content-type": "application/json", **named})


def error(status: int, message: str, kind: str, **headers: str) -> Answer:
    """Answer with an error in Moonshot's shape."""
    return body({"error": {"message": message, "type": kind}}, status, **headers)


EVENT_STREAM = "text/event-stream"


class _Listener(http.server.ThreadingHTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        """Take a client that hangs up for what it is: tests do so on purpose."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


class ScriptedServer:
    """Listens on a free port of 127.0.0.1; answers come in the order in which they were given.

    Attributes:
        seen: The requests so far.
        base_url: Where it listens, with ``/v1``.
    """

    def __init__(self) -> None:
        self.seen: list[Seen] = []
        self._answers: list[Answer] = []
        self._released = threading.Event()
        self._httpd = _Listener(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._httpd.serve_forever, args=(0.01,))
        self.base_url = f"http://127.0.0.1:{self._httpd.server_port}/v1"

    def will(self, *answers: Answer) -> None:
        """Append answers."""
        self._answers += answers

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._released.set()
        self._httpd.shutdown()
        self._httpd.server_close()
        self._thread.join()

    def _handler(self) -> type[http.server.BaseHTTPRequestHandler]:
        server = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                data = self.rfile.read(int(self.headers["content-length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                server.seen.append(
                    Seen(self.path, self.client_address[1], headers, json.loads(data))
                )
                answer = server._answers.pop(0) if server._answers else NOT_SCRIPTED
                if answer.pieces or not answer.stalls:
                    _write(self, answer)
                if answer.stalls:
                    server._released.wait()

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        return Handler


NOT_SCRIPTED = error(501, "the test scripted no answer for this request", "not_scripted")


def _write(handler: http.server.BaseHTTPRequestHandler, answer: Answer) -> None:
    handler.send_response(answer.status)
    for name, value in answer.headers.items():
        handler.send_header(name, value)
    handler.send_header("transfer-encoding", "chunked")
    handler.end_headers()
    for piece in answer.pieces:
        handler.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
        handler.wfile.flush()
    if answer.breaks or answer.stalls:
        handler.close_connection = True
    else:
        handler.wfile.write(b"0\r\n\r\n")
