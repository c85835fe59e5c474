"""The simulator's connections: from bytes to a request, and from an answer to bytes.

Owns: the HTTP server, its threads, and how a simulator is started and stopped. May know: its own
files. Only 127.0.0.1 is listened on.
"""

from __future__ import annotations

import json
import socket
import threading
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar, cast
from urllib.parse import parse_qsl

from kimi_core.testing._outcome import RecordedRequest
from kimi_core.testing._storage import FORM, read_form

if TYPE_CHECKING:
    from collections.abc import Callable

    from kimi_core.testing._outcome import Outcome

__all__ = ["Server"]


class Server(ThreadingHTTPServer):
    """Runs in a thread from its making to `stop`, which leaves no thread and no socket behind."""

    daemon_threads = False  # so that closing waits for the threads of connections
    # With the default of 5, some of 24 clients at once waited a second for their SYN's repetition.
    request_queue_size = 128

    def __init__(self, handle: Callable[[RecordedRequest], Outcome]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.handle = handle
        self._connections: set[socket.socket] = set()
        self._thread = threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    def process_request(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - the base class's
        self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:  # noqa: ANN401 - the base class's
        self._connections.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - the base class's
        """Say nothing: a client that hangs up early is what many tests are about."""

    def stop(self) -> None:
        self.shutdown()
        self._thread.join()
        # A client that keeps its connection open for reuse would keep its thread for ever.
        for connection in list(self._connections):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self.server_close()


_Running = TypeVar("_Running", bound="Simulator")


class Simulator:
    """Has a server of its own; a context manager."""

    _http: Server | None = None

    def _handle(self, request: RecordedRequest) -> Outcome:
        raise NotImplementedError

    def __enter__(self: _Running) -> _Running:  # noqa: PYI019 - typing.Self came with Python 3.11
        self._http = Server(self._handle)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._http is not None:
            self._http.stop()
            self._http = None

    @property
    def base_url(self) -> str:
        """The base URL for a client, e.g. ``http://127.0.0.1:40001/v1``.

        Raises:
            RuntimeError: Where the simulator is not running.
        """
        if self._http is None:
            raise RuntimeError("The simulator is not running; use it in a with statement.")
        return f"http://127.0.0.1:{self._http.server_port}/v1"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else a small event may wait 40 ms for the client's ACK

    def do_GET(self) -> None:
        self._answer(None)

    def do_POST(self) -> None:
        raw = self.rfile.read(int(self.headers.get("content-length", 0)))
        kind = self.headers.get("content-type", "")
        try:
            body = read_form(kind, raw) if kind.startswith(FORM) else json.loads(raw)
        except ValueError:
            body = None
        self._answer(body)

    def do_DELETE(self) -> None:
        self._answer(None)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002, ANN401 - the base class's
        """Keep the tests' output clean."""

    def _answer(self, body: Any) -> None:  # noqa: ANN401 - any JSON value
        headers = {name.lower(): value for name, value in self.headers.items()}
        path, _, query = self.path.partition("?")
        asked = dict(parse_qsl(query, keep_blank_values=True))
        request = RecordedRequest(self.command, path, headers, body, asked)
        outcome = cast("Server", self.server).handle(request)
        self.send_response(outcome.status)
        self.send_header("x-trace-id", f"simulated-{outcome.number}")
        for name, value in outcome.headers.items():
            self.send_header(name, value)
        if outcome.retry_after is not None:
            self.send_header("Retry-After", f"{outcome.retry_after:g}")
        try:
            if outcome.chunks is None:
                self._send_body(outcome)
            else:
                self._send_stream(outcome)
        finally:
            outcome.leave()

    def _send_body(self, outcome: Outcome) -> None:
        content = outcome.content()
        kind = "text/html" if isinstance(outcome.body, str) else "application/json"
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        outcome.leave()
        self.wfile.write(content[: outcome.truncate_after])
        self.close_connection = self.close_connection or outcome.truncate_after is not None

    def _send_stream(self, outcome: Outcome) -> None:
        self.send_header("Content-Type", "text/event-stream; charset=utf-8")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        events = list(outcome.events())
        for count, event in enumerate(events):
            if event is events[-1]:
                outcome.leave()
            if count == outcome.truncate_after:
                # Without the closing chunk the client sees a connection that broke.
                self.close_connection = True
                return
            self.wfile.write(b"%x\r\n%s\r\n" % (len(event), event))
        self.wfile.write(b"0\r\n\r\n")
