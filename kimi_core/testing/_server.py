"""The simulator itself.

Owns: routes, keys, the queue of replies, and what was recorded. May know: its own files, endpoints,
raw. Simulated: see `kimi_core.testing`.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from typing import Any, final

from kimi_core.endpoints.tiers import Tier
from kimi_core.raw.prompt import TextEncoder
from kimi_core.testing import _anthropic
from kimi_core.testing._account import BALANCE, model_list
from kimi_core.testing._default_policy import default_reply
from kimi_core.testing._formulas import FORMULAS, answer_formula
from kimi_core.testing._http import Simulator
from kimi_core.testing._limits import AccountLimits
from kimi_core.testing._outcome import Outcome, RecordedRequest, Refusal
from kimi_core.testing._replies import Answers, SimulatedReply
from kimi_core.testing._request import ChatRequest, Rules, ServerOptions, UnknownFields, is_object
from kimi_core.testing._rules import RULES
from kimi_core.testing._storage import Storage
from kimi_core.testing._tokens import prompt_tokens
from kimi_core.testing._wire import Answer, raw_text

__all__ = ["MoonshotSimulator"]

_PAUSE = 1
_NOT_FOUND = "resource_not_found_error"


def _error(message: str, kind: str) -> dict[str, Any]:
    return {"error": {"message": message, "type": kind}}


@final
class MoonshotSimulator(Simulator):
    """A strict local stand-in for Moonshot's API; a context manager.

    It is simulated: rules and wordings come from documents and quoted bodies, no model runs, and
    a request that passes here may still be refused by the server. Routes: chat completions,
    models, token estimate, balance, files, batches, official tools, ``/anthropic/v1/messages``, and
    ``/v1/completions``, which the first-party API lacks and self-hosted engines have (no rule
    applies there but the key's).

    Args:
        rules: "moonshot" (default) to enforce all rules of `RULES`; "verifier" for the same, but
            with temperature 0 and 0.6 taken while thinking, which Moonshot's conformance suite
            wants and its server was seen to refuse; "none" to take any request to any model, as a
            lenient OpenAI-compatible server does.
        unknown_fields: "refuse" (default) to refuse fields that Moonshot does not document, so
            that a test proves that nothing unasked for is sent; "ignore" to let them pass.
        api_key: The key that it accepts.
        k2_series: Whether kimi-k2.6 and kimi-k2.7-code are served. False answers them with a 404,
            as Moonshot does to an account registered after 2026-10-31, and to every account once
            they are retired at the end of December 2026.
        tokenizer: An exact `kimi_core.tokenizer.Tokenizer`, with which prompts are rendered and
            counted; None (default) to estimate, for which nothing is needed.
        rate_limit: The limits of the account, a `kimi_core.Tier` or the number of one of
            Moonshot's: what is above is answered with a 429 and Retry-After. None (default) for no
            limit.
        clock: Seconds, from any beginning, for these limits.
        answer: What is answered to a request's body where `reply` scripts nothing; called for one
            request at a time, in a thread of the server's. None (default), or where it returns
            None: what it answers by itself.

    Attributes:
        requests: Every request, oldest first.
        refusals: Every request that it refused by a rule, oldest first. Errors that were scripted
            are not among them.
    """

    def __init__(  # noqa: PLR0913 - keyword-only, one for each thing that may differ
        self,
        *,
        rules: Rules = "moonshot",
        unknown_fields: UnknownFields = "refuse",
        api_key: str = "sk-simulated",
        k2_series: bool = True,
        tokenizer: TextEncoder | None = None,
        rate_limit: Tier | int | None = None,
        clock: Callable[[], float] = time.monotonic,
        answer: Answers | None = None,
    ) -> None:
        self.api_key = api_key
        self.requests: list[RecordedRequest] = []
        self.refusals: list[Refusal] = []
        self._options = ServerOptions(
            rules=rules, unknown_fields=unknown_fields, k2_series=k2_series, tokenizer=tokenizer
        )
        self._replies: deque[SimulatedReply] = deque()
        self._own_answer = answer
        self._answered = 0
        self._limits = AccountLimits(Tier() if rate_limit is None else Tier.of(rate_limit), clock)
        self._lock = threading.Lock()
        self._storage = Storage(self._ask)

    @property
    def anthropic_base_url(self) -> str:
        """The base URL for a client of Anthropic's protocol, which adds ``/v1/messages``."""
        return f"{self.base_url.removesuffix('/v1')}/anthropic"

    def reply(self, *replies: SimulatedReply) -> None:
        """Script the next answers, in order; when none is left, `answer` does, or it by itself.

        By itself it calls a tool with minimal arguments after a user's message, the one that the
        message names or else the first, and otherwise repeats the last message.
        """
        with self._lock:
            self._replies.extend(replies)

    def _handle(self, request: RecordedRequest) -> Outcome:
        """Answer a request; called from the server's threads."""
        with self._lock:
            self.requests.append(request)
            number = len(self.requests)
            body = self._limits.refusal(request, self._options)
            if body is None:
                leave = self._limits.enter(number)
                return replace(self._outcome(request), number=number, leave=leave)
            self.refusals.append(Refusal("rate_limit", 429, body, request))
            return Outcome(429, body, retry_after=_PAUSE, number=number)

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
        if self._options.rules == "none" or request.path not in _RULED_PATHS:
            return None
        return self._broken_rule(request)

    def _broken_rule(self, request: RecordedRequest) -> Refusal | None:
        chat = ChatRequest(request.body, self._options)
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
        strict = self._options.rules != "none"
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
        asked = request.query if request.method == "GET" else request.body
        answer = (
            answer_formula(request.path, request.body)
            if request.path.startswith(FORMULAS)
            else self._storage.answer(request.method, request.path, asked)
        )
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
            return Outcome(200, model_list(self._options.served))
        if request.path == "/v1/users/me/balance":
            return Outcome(200, BALANCE)
        chat = ChatRequest(request.body, self._options)
        if request.path == "/v1/tokenizers/estimate-token-count":
            return Outcome(200, {"data": {"total_tokens": prompt_tokens(chat)}})
        return self._say(chat, request)

    def _say(self, chat: ChatRequest, request: RecordedRequest) -> Outcome:
        reply = self._next_reply(chat, request.path)
        if reply.error is not None:
            status, body = reply.error
            return Outcome(status, body, retry_after=reply.retry_after)
        self._answered += 1
        answer = Answer(reply, chat, self._answered, _completion_text(reply, request))
        whole = Outcome(200, None, truncate_after=reply.truncate_after, headers=answer.headers())
        if request.body.get("stream"):
            return replace(whole, chunks=list(answer.chunks()))
        return replace(whole, body=answer.body())

    def _next_reply(self, chat: ChatRequest, path: str) -> SimulatedReply:
        if self._replies:
            return self._replies.popleft()
        own = self._own_answer(chat.body) if self._own_answer else None
        if own is not None:
            return own
        if path == "/v1/completions":
            return SimulatedReply(content="A simulated completion.")
        return default_reply(chat)


def _is_stored(path: str) -> bool:
    return path.startswith(("/v1/files", "/v1/batches", FORMULAS))


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
