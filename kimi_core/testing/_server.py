"""The simulator's HTTP server.

Owns: routes, keys, the queue of replies, what was recorded, and the connection. May know: the
other modules of this room. Simulated: see `kimi_core.testing`. Only 127.0.0.1 is listened on.
"""

from __future__ import annotations

import json
import socket
import threading
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Literal, cast, final

from kimi_core.testing import _anthropic
from kimi_core.testing._account import BALANCE, model_list
from kimi_core.testing._default_policy import default_reply
from kimi_core.testing._outcome import Outcome
from kimi_core.testing._replies import SimulatedReply
from kimi_core.testing._request import ChatRequest, estimate_tokens, is_object
from kimi_core.testing._rules import RULES
from kimi_core.testing._storage import FORM, Storage, read_form
from kimi_core.testing._wire import Answer, raw_text

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

__all__ = ["MoonshotSimulator", "RecordedRequest", "Refusal"]

_NOT_FOUND = "resource_not_found_error"


@dataclass(frozen=True, slots=True)
class RecordedRequest:
    """One request that the simulator got.

    Attributes:
        method: "GET", "POST" or "DELETE".
        path: The path, from ``/v1``.
        headers: Header names in lower case -> values.
        body: The JSON body, the fields of a form, or None.
    """

    method: str
    path: str
    headers: Mapping[str, str]
    body: Any


@dataclass(frozen=True, slots=True)
class Refusal:
    """One request that was refused.

    Attributes:
        rule: Which rule it broke: a name in `RULES`, or "key", "route" or "json".
        status: The HTTP status of the answer.
        body: The body of the answer.
        request: What was asked.
    """

    rule: str
    status: int
    body: Mapping[str, Any]
    request: RecordedRequest

    @property
    def message(self) -> str:
        """The error's message."""
        return str(self.body["error"]["message"])


def _error(message: str, kind: str) -> dict[str, Any]:
    return {"error": {"message": message, "type": kind}}


@final
class MoonshotSimulator:
    """A strict local stand-in for Moonshot's API; a context manager.

    It is simulated: rules and wordings come from documents and quoted bodies, no model runs, and
    a request that passes here may still be refused by the server. Routes: chat completions,
    models, token estimate, balance, files, batches, ``/anthropic/v1/messages``, and
    ``/v1/completions``, which the first-party API lacks and self-hosted engines have (no rule
    applies there but the key's).

    Args:
        rules: "moonshot" to enforce all rules of `RULES`; "none" to take any request to any
            model, as a lenient OpenAI-compatible server does.
        unknown_fields: "refuse" (default) to refuse fields that Moonshot does not document, so
            that a test proves that nothing unasked for is sent; "ignore" to let them pass.
        api_key: The key that it accepts.

    Attributes:
        requests: Every request, oldest first.
        refusals: Every request that it refused by a rule, oldest first. Errors that were scripted
            are not among them.
    """

    def __init__(
        self,
        *,
        rules: Literal["moonshot", "none"] = "moonshot",
        unknown_fields: Literal["refuse", "ignore"] = "refuse",
        api_key: str = "sk-simulated",
    ) -> None:
        self.api_key = api_key
        self.requests: list[RecordedRequest] = []
        self.refusals: list[Refusal] = []
        self._rules = rules
        self._unknown_fields: Literal["refuse", "ignore"] = unknown_fields
        self._replies: deque[SimulatedReply] = deque()
        self._answered = 0
        self._lock = threading.Lock()
        self._http: _Server | None = None
        self._storage = Storage(self._ask)

    def __enter__(self) -> MoonshotSimulator:
        self._http = _Server(self)
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

    @property
    def anthropic_base_url(self) -> str:
        """The base URL for a client of Anthropic's protocol, which adds ``/v1/messages``."""
        return f"{self.base_url.removesuffix('/v1')}/anthropic"

    def reply(self, *replies: SimulatedReply) -> None:
        """Script the next answers, in order; when none is left, it answers by itself.

        By itself it calls the first tool with minimal arguments after a user's message, and
        otherwise repeats the last message.
        """
        with self._lock:
            self._replies.extend(replies)

    def handle(self, request: RecordedRequest) -> Outcome:
        """Answer a request; called from the server's threads."""
        with self._lock:
            self.requests.append(request)
            return replace(self._outcome(request), number=len(self.requests))

    def _refusal(self, request: RecordedRequest) -> Refusal | None:
        if request.headers.get("authorization") != f"Bearer {self.api_key}":
            body = _error("Invalid Authentication", "invalid_authentication_error")
            return Refusal("key", 401, body, request)
        if (request.method, request.path) not in _ROUTES and not _is_stored(request.path):
            body = _error(f"Not found: {request.method} {request.path}", _NOT_FOUND)
            return Refusal("route", 404, body, request)
        if request.method == "POST" and not is_object(request.body) and not _cancels(request.path):
            body = _error("Invalid request: the body is not a JSON object", "invalid_request_error")
            return Refusal("json", 400, body, request)
        if self._rules == "none" or request.path not in _RULED_PATHS:
            return None
        return self._broken_rule(request)

    def _broken_rule(self, request: RecordedRequest) -> Refusal | None:
        chat = ChatRequest(request.body, self._unknown_fields)
        for rule in RULES.values():
            message = rule.check(chat)
            if message is not None:
                return Refusal(rule.name, rule.status, rule.body(message), request)
        return None

    def _outcome(self, request: RecordedRequest) -> Outcome:
        refusal = self._refusal(request)
        if refusal is not None:
            self.refusals.append(refusal)
            return Outcome(refusal.status, refusal.body)
        try:
            return self._answer(request)
        except Exception as error:  # noqa: BLE001 - with rules="none" any body may come
            return Outcome(500, _error(f"The simulator has no answer: {error!r}", "server_error"))

    def _ask(self, body: Any) -> tuple[int, Any]:  # noqa: ANN401 - any JSON value
        headers = {"authorization": f"Bearer {self.api_key}"}
        outcome = self._outcome(RecordedRequest("POST", "/v1/chat/completions", headers, body))
        return outcome.status, outcome.body

    def _message(self, request: RecordedRequest) -> Outcome:
        strict = self._rules != "none"
        wrong = _anthropic.problem(request.body, strict=strict)
        if wrong is not None:
            body = _error(wrong, "invalid_request_error")
            self.refusals.append(Refusal("messages", 400, body, request))
            return Outcome(400, _anthropic.envelope(body))
        chat = replace(
            request, path="/v1/chat/completions", body=_anthropic.translated(request.body)
        )
        outcome = self._outcome(chat)
        if not is_object(outcome.body) or "error" in outcome.body:
            if not is_object(outcome.body):  # a gateway's page
                return outcome
            return replace(outcome, body=_anthropic.envelope(outcome.body))
        message = _anthropic.message_body(outcome.body)
        if request.body.get("stream"):
            return replace(
                outcome, body=None, chunks=_anthropic.message_events(message), named=True
            )
        return replace(outcome, body=message)

    def _stored(self, request: RecordedRequest) -> Outcome:
        answer = self._storage.answer(request.method, request.path, request.body)
        if answer is None:
            body = _error(f"Not found: {request.method} {request.path}", _NOT_FOUND)
            answer = (404, body)
        return Outcome(*answer)

    def _answer(self, request: RecordedRequest) -> Outcome:
        if _is_stored(request.path):
            return self._stored(request)
        if request.path == _anthropic.MESSAGES_PATH:
            return self._message(request)
        if request.path == "/v1/models":
            return Outcome(200, model_list())
        if request.path == "/v1/users/me/balance":
            return Outcome(200, BALANCE)
        chat = ChatRequest(request.body)
        if request.path == "/v1/tokenizers/estimate-token-count":
            return Outcome(200, {"data": {"total_tokens": estimate_tokens(chat.messages)}})
        return self._say(chat, request)

    def _say(self, chat: ChatRequest, request: RecordedRequest) -> Outcome:
        reply = self._next_reply(chat, request.path)
        if reply.error is not None:
            status, body = reply.error
            return Outcome(status, body, retry_after=reply.retry_after)
        self._answered += 1
        answer = Answer(reply, chat, self._answered, _completion_text(reply, request))
        if request.body.get("stream"):
            return Outcome(200, None, list(answer.chunks()), truncate_after=reply.truncate_after)
        return Outcome(200, answer.body(), truncate_after=reply.truncate_after)

    def _next_reply(self, chat: ChatRequest, path: str) -> SimulatedReply:
        if self._replies:
            return self._replies.popleft()
        if path == "/v1/completions":
            return SimulatedReply(content="A simulated completion.")
        return default_reply(chat)


def _is_stored(path: str) -> bool:
    return path.startswith(("/v1/files", "/v1/batches"))


def _cancels(path: str) -> bool:
    return path.startswith("/v1/batches/")


def _completion_text(reply: SimulatedReply, request: RecordedRequest) -> str | None:
    if request.path != "/v1/completions":
        return None
    prompt = request.body.get("prompt")
    opened = isinstance(prompt, str) and prompt.rstrip().endswith("<think>")
    return raw_text(reply, opened=opened)


_RULED_PATHS = frozenset({"/v1/chat/completions", "/v1/tokenizers/estimate-token-count"})
_ROUTES = frozenset(
    {
        ("GET", "/v1/models"),
        ("GET", "/v1/users/me/balance"),
        ("POST", "/v1/completions"),
        ("POST", _anthropic.MESSAGES_PATH),
        *(("POST", path) for path in _RULED_PATHS),
    }
)


class _Server(ThreadingHTTPServer):
    """Runs in a thread from its making to `stop`, which leaves no thread and no socket behind."""

    daemon_threads = False  # so that closing waits for the threads of connections
    # With the default of 5, some of 24 clients at once waited a second for their SYN's repetition.
    request_queue_size = 128

    def __init__(self, simulator: MoonshotSimulator) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.simulator = simulator
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
        path = self.path.partition("?")[0]
        request = RecordedRequest(self.command, path, headers, body)
        outcome = cast("_Server", self.server).simulator.handle(request)
        self.send_response(outcome.status)
        self.send_header("x-trace-id", f"simulated-{outcome.number}")
        if outcome.retry_after is not None:
            self.send_header("Retry-After", f"{outcome.retry_after:g}")
        if outcome.chunks is None:
            self._send_body(outcome)
        else:
            self._send_stream(outcome)

    def _send_body(self, outcome: Outcome) -> None:
        content = outcome.content()
        kind = "text/html" if isinstance(outcome.body, str) else "application/json"
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content[: outcome.truncate_after])
        self.close_connection = self.close_connection or outcome.truncate_after is not None

    def _send_stream(self, outcome: Outcome) -> None:
        self.send_header("Content-Type", "text/event-stream; charset=utf-8")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for count, event in enumerate(outcome.events()):
            if count == outcome.truncate_after:
                # Without the closing chunk the client sees a connection that broke.
                self.close_connection = True
                return
            self.wfile.write(b"%x\r\n%s\r\n" % (len(event), event))
        self.wfile.write(b"0\r\n\r\n")
