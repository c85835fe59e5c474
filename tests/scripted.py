"""A loopback HTTP server that says exactly what a test tells it to, byte for byte.

Owns: the wire as tests want it: statuses, headers, bodies in pieces, connections that break, and
what was asked; and what it lists at ``GET /v1/models``. May know: the standard library. It knows no
rule of Moonshot's API; the simulator that does is `kimi_core.testing`.
"""

from __future__ import annotations

import http.server
import json
import sys
import threading
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Mapping

    from typing_extensions import Self

__all__ = [
    "Answer",
    "Listener",
    "ScriptedServer",
    "Seen",
    "body",
    "chunk",
    "error",
    "listing",
    "sse",
    "stream",
    "write_answer",
]


_Answer = TypeVar("_Answer")


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
        holds_after: After how many pieces the server waits until the test sets `released`.
        repeats: What is said after the pieces, again and again, until the server closes.
        at_once: Whether all pieces are given to the network in one write, so that a slow reader and
            a quick one find them together.
        hangs_up: Whether the connection is closed behind the body, without a word of it before.
    """

    pieces: tuple[bytes, ...] = ()
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    breaks: bool = False
    stalls: bool = False
    holds_after: int | None = None
    repeats: bytes = b""
    at_once: bool = False
    hangs_up: bool = False


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


def listing(*names: str) -> Answer:
    """Answer as vLLM does that serves these names."""
    return body({"object": "list", "data": [{"id": name, "object": "model"} for name in names]})


EVENT_STREAM = "text/event-stream"


class Listener(http.server.ThreadingHTTPServer):
    """Serves each connection in a thread of its own."""

    request_queue_size = 1024  # of 5, the default, a burst of connections is refused the most

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.closed = threading.Semaphore(0)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Take a client that hangs up for what it is: tests do so on purpose."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Close a connection, and count it."""
        super().shutdown_request(request)
        self.closed.release()


class ScriptedServer:
    """Listens on a free port of 127.0.0.1; answers come in the order in which they were given.

    Attributes:
        seen: The requests so far.
        base_url: Where it listens, with ``/v1``.
        listings: What it says when asked for its models, or functions from the question to that;
            the last one is said again and again.
        looks: How often it was asked for these.
        released: Set by a test to let go on what `Answer.holds_after` holds; set at the end.
        repeats: Whether the last answer is given again and again.
    """

    def __init__(self, *, repeats: bool = False) -> None:
        self.seen: list[Seen] = []
        self.listings: list[Answer | Callable[[Seen], Answer]] = [listing()]
        self.looks = 0
        self.released = threading.Event()
        self.repeats = repeats
        self._answers: list[Answer | Callable[[Seen], Answer]] = []
        self._closed = threading.Event()
        self._httpd = Listener(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._httpd.serve_forever, args=(0.01,))
        self.base_url = f"http://127.0.0.1:{self._httpd.server_port}/v1"

    def will(self, *answers: Answer | Callable[[Seen], Answer]) -> None:
        """Append answers, or functions from a request to its answer."""
        self._answers += answers

    def wait_for_a_closed_connection(self) -> None:
        """Wait until the server has closed one more."""
        assert self._httpd.closed.acquire(timeout=30)

    def wrap(self, context: ssl.SSLContext) -> None:
        """Speak TLS from the next connection on."""
        self._httpd.socket = context.wrap_socket(self._httpd.socket, server_side=True)

    def forget(self) -> None:
        """Take back the answers that were not given."""
        self._answers.clear()

    def next_answer(self, seen: Seen) -> Answer:
        """Take the next answer of the script."""
        self.seen.append(seen)
        answer = _next(self._answers, repeats=self.repeats)
        return answer(seen) if callable(answer) else answer or NOT_SCRIPTED

    def next_listing(self, seen: Seen) -> Answer:
        """Take the next list of models."""
        self.looks += 1
        answer = _next(self.listings, repeats=True)
        return answer(seen) if callable(answer) else answer or NOT_SCRIPTED

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.released.set()
        self._closed.set()
        self._httpd.shutdown()
        self._httpd.server_close()
        self._thread.join()

    def _handler(self) -> type[http.server.BaseHTTPRequestHandler]:
        server = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True  # else a small answer may wait 40 ms

            def do_POST(self) -> None:
                data = self.rfile.read(int(self.headers["content-length"]))
                self._say(server.next_answer(self._seen(json.loads(data))))

            def do_GET(self) -> None:
                self._say(server.next_listing(self._seen(None)))

            def _seen(self, asked: Any) -> Seen:
                headers = {name.lower(): value for name, value in self.headers.items()}
                return Seen(self.path, self.client_address[1], headers, asked)

            def _say(self, answer: Answer) -> None:
                if answer.pieces or not answer.stalls:
                    write_answer(self, answer, server.released)
                if answer.stalls:
                    server._closed.wait()
                    self.close_connection = True
                while answer.repeats and not server._closed.wait(0.01):
                    self.wfile.write(_framed(answer.repeats))

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        return Handler


def _next(answers: list[_Answer], *, repeats: bool) -> _Answer | None:
    if repeats and len(answers) == 1:
        return answers[0]
    return answers.pop(0) if answers else None


def post(url: str, value: object, **headers: str) -> tuple[int, str]:
    """Ask a server as any other client does; return the status and the text."""
    told = {"content-type": "application/json", **headers}
    request = urllib.request.Request(url, json.dumps(value).encode(), told)  # noqa: S310 - ours
    try:
        with urllib.request.urlopen(request) as answer:  # noqa: S310 - as above
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


# Not one that is tried again: each try waits for half a second and more.
NOT_SCRIPTED = error(400, "the test scripted no answer for this request", "not_scripted")


def write_answer(
    handler: http.server.BaseHTTPRequestHandler,
    answer: Answer,
    released: threading.Event | None = None,
) -> None:
    """Write an answer; what it holds back is written once `released` is set."""
    handler.send_response(answer.status)
    for name, value in answer.headers.items():
        handler.send_header(name, value)
    handler.send_header("transfer-encoding", "chunked")
    handler.end_headers()
    framed = [_framed(piece) for piece in answer.pieces]
    for position, piece in enumerate([b"".join(framed)] if answer.at_once else framed):
        if released is not None and position == answer.holds_after:
            released.wait()
        handler.wfile.write(piece)
    if answer.breaks or answer.stalls or answer.repeats:
        handler.close_connection = True
    else:
        handler.wfile.write(b"0\r\n\r\n")
        handler.close_connection = handler.close_connection or answer.hangs_up


def _framed(piece: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(piece), piece)
