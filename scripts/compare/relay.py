"""What stands between a class and a simulator where the simulator's own wire is not enough.

Owns: passing on, OpenRouter's dialect, and what goes wrong inside a stream. May know: the standard
library.

OpenRouter's dialect is simulated, as OpenRouter's documents have it: reasoning is ``reasoning`` and
``reasoning_details``, a stream's usage stands in its last chunk alone, an error has its status as
``code``. What OpenRouter takes and Moonshot does not is left out on the way to the simulator.
"""

from __future__ import annotations

import http.client
import http.server
import json
import sys
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["Relay", "Wire"]

_NOT_MOONSHOTS = ("provider", "route", "plugins", "transforms", "reasoning", "session_id", "trace")
_ENCODING = "transfer-encoding"
_REFUSED = 400
# What OpenRouter puts into each answer whatever its host sends; its SDK refuses answers without.
_HEAD = {"id": "gen-1", "created": 1, "model": "moonshotai/kimi", "system_fingerprint": None}


@dataclass(frozen=True)
class Wire:
    """What a relay does on the way.

    Attributes:
        openrouter: Whether it speaks OpenRouter's dialect.
        ends_after: After how many events a stream ends, properly as HTTP and without a last chunk;
            None for all.
        error: The error that such a stream has for its last event; None for none.
    """

    openrouter: bool = False
    ends_after: int | None = None
    error: dict[str, Any] | None = None


class _Listener(http.server.ThreadingHTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - the base's
        """Take a client that hangs up for what it is."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


class Relay:
    """An HTTP server on 127.0.0.1 that asks another one; a context manager."""

    def __init__(self, upstream: str, wire: Wire) -> None:
        """Listen on a free port; `upstream` ends with ``/v1``."""
        self._upstream = urlsplit(upstream)
        self._wire = wire
        self._httpd = _Listener(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._httpd.serve_forever, args=(0.01,))
        self.base_url = f"http://127.0.0.1:{self._httpd.server_port}/v1"

    def __enter__(self) -> Self:
        """Start."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop."""
        self._httpd.shutdown()
        self._httpd.server_close()
        self._thread.join()

    def _handler(self) -> type[http.server.BaseHTTPRequestHandler]:
        relay = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                relay._pass(self, b"")

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                relay._pass(self, _asked(body) if relay._wire.openrouter else body)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        return Handler

    def _pass(self, handler: http.server.BaseHTTPRequestHandler, body: bytes) -> None:
        connection = http.client.HTTPConnection(self._upstream.netloc)
        headers = {"content-type": "application/json"}
        if key := handler.headers.get("authorization"):
            headers["authorization"] = key
        connection.request(handler.command, handler.path, body, headers)
        answer = connection.getresponse()
        whole, data = _read(answer)
        connection.close()
        handler.send_response(answer.status)
        for name in ("content-type", "retry-after"):
            if value := answer.headers.get(name):
                handler.send_header(name, value)
        handler.send_header(_ENCODING, "chunked")
        handler.end_headers()
        said = self._said(answer, data)
        handler.wfile.write(b"%x\r\n%s\r\n" % (len(said), said))
        handler.close_connection = not whole
        if whole:
            handler.wfile.write(b"0\r\n\r\n")

    def _said(self, answer: http.client.HTTPResponse, data: bytes) -> bytes:
        if not str(answer.headers.get("content-type")).startswith("text/event-stream"):
            return _body(data, answer.status) if self._wire.openrouter else data
        events = [line for line in data.decode().split("\n\n") if line.strip()]
        if self._wire.openrouter:
            events = [_event(event) for event in events]
        if self._wire.ends_after is not None:
            events = events[: self._wire.ends_after]
        if self._wire.error is not None:
            events.append(f"data: {json.dumps(self._wire.error)}")
        return "".join(f"{event}\n\n" for event in events).encode()


def _read(answer: http.client.HTTPResponse) -> tuple[bool, bytes]:
    """Return whether the body came to its end, and the body."""
    try:
        return True, answer.read()
    except http.client.IncompleteRead as error:
        return False, error.partial


def _asked(body: bytes) -> bytes:
    """From OpenRouter's words to Moonshot's."""
    asked = json.loads(body)
    asked["model"] = asked["model"].removeprefix("moonshotai/")
    if asked.get("reasoning", {}).get("effort") == "none":
        asked["thinking"] = {"type": "disabled"}
    for name in _NOT_MOONSHOTS:
        asked.pop(name, None)
    if asked.get("stream"):
        asked["stream_options"] = {"include_usage": True}
    for message in asked["messages"]:
        told = message.pop("reasoning", None)
        details = message.pop("reasoning_details", None) or ()
        told = told or "".join(part.get("text") or "" for part in details)
        if told:
            message["reasoning_content"] = told
    return json.dumps(asked).encode()


def _body(data: bytes, status: int) -> bytes:
    value = json.loads(data)
    if status >= _REFUSED:
        error = value.get("error") or value
        return json.dumps({"error": {"code": status, "message": error.get("message")}}).encode()
    for choice in value.get("choices", ()):
        _reason(choice["message"])
    return json.dumps({**_HEAD, "object": "chat.completion", **value}).encode()


def _event(event: str) -> str:
    name, _, data = event.partition(": ")
    if name != "data" or data.startswith("["):
        return event
    value = json.loads(data)
    for choice in value.get("choices", ()):
        choice.pop("usage", None)
        _reason(choice["delta"])
    return f"data: {json.dumps({**_HEAD, 'object': 'chat.completion.chunk', **value})}"


def _reason(message: dict[str, Any]) -> None:
    """Say reasoning in OpenRouter's fields."""
    text = message.pop("reasoning_content", None)
    if text is not None:
        message["reasoning"] = text
        detail = {"type": "reasoning.text", "text": text, "format": "unknown", "index": 0}
        message["reasoning_details"] = [detail]
