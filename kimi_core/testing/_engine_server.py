"""A stand-in for a self-hosted engine, started in one of several ways.

Owns: its routes, its refusals, and streams. May know: its own files, errors, models. Simulated: see
`kimi_core.testing`.
"""

from __future__ import annotations

import re
import threading
from collections import deque
from typing import Any, final

from kimi_core.errors import KimiConfigError
from kimi_core.models import get_model
from kimi_core.testing._engine_answers import EngineRequest, message_of
from kimi_core.testing._engines import ENGINE_PROFILES, EngineProfile
from kimi_core.testing._http import Simulator
from kimi_core.testing._outcome import Outcome, RecordedRequest
from kimi_core.testing._replies import Answers, SimulatedReply
from kimi_core.testing._request import is_object
from kimi_core.testing._tokens import estimate_tokens
from kimi_core.testing._wire import raw_text

__all__ = ["EngineSimulator"]

_NO_PARSER = (
    '"auto" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set'
)
_PIECE = re.compile(r"<\|.*?\|>|</?think>|\s*[^\s<]+|\s+|<")
_TEXTS = ("reasoning", "reasoning_content", "content")


@final
class EngineSimulator(Simulator):
    """A stand-in for an engine of your own; a context manager.

    It is simulated: no model runs. What `reply` scripts is what the model writes, and the engine
    makes of it what the profile's engine was seen to make, or what its sources say.

    Args:
        profile: A name in `ENGINE_PROFILES`, e.g. "sglang-raw": SGLang without parsers.
        model: The name that it serves.
        context: Tokens that it serves, estimated at four characters each.
        answer: What the model writes to a request's body where `reply` scripts nothing, so that one
            model can stand behind several engines; called for one request at a time, in a thread of
            the server's. None, or where it returns None: "Hello.".

    Attributes:
        profile: The row.
        requests: Every request, oldest first.

    Raises:
        KimiConfigError: For an unknown profile, and for a K3 model with one that does not parse:
            raw text is written as K2 models write it.
    """

    def __init__(
        self,
        profile: str,
        *,
        model: str = "kimi-k2.6",
        context: int = 262_144,
        answer: Answers | None = None,
    ) -> None:
        if profile not in ENGINE_PROFILES:
            message = (
                f"profile {profile!r} is not known; it is one of {', '.join(ENGINE_PROFILES)}."
            )
            raise KimiConfigError(message)
        self.profile: EngineProfile = ENGINE_PROFILES[profile]
        info = get_model(model)
        parsed = self.profile.tool_parser and self.profile.reasoning_parser
        if info is not None and info.dialect == "k3" and not parsed:
            raise KimiConfigError(
                f"profile {profile!r} leaves Kimi's tokens in the text, and those of {model!r} are "
                "not simulated; name a K2 model, or a profile with parsers."
            )
        self._opens = info is None or info.opens_reasoning
        self._thinks = info is not None and info.thinking != "none"
        self.requests: list[RecordedRequest] = []
        self._model = model
        self._context = context
        self._own_answer = answer
        self._replies: deque[SimulatedReply] = deque()
        self._lock = threading.Lock()

    def reply(self, *replies: SimulatedReply) -> None:
        """Script what the model writes next; when nothing is left, `answer` says it, or "Hello.".

        A model that thinks writes a thought before that: an answer that never ends its thought is
        nothing but one to a reasoning parser.
        """
        with self._lock:
            self._replies += replies

    def _handle(self, request: RecordedRequest) -> Outcome:
        with self._lock:
            self.requests.append(request)
            if request.path.endswith("/models"):
                row = {"id": self._model, "object": "model", "max_model_len": self._context}
                return Outcome(200, {"object": "list", "data": [row]})
            if not is_object(request.body):
                return self._refusal(400, "the body is no JSON object", "BadRequestError")
            refused = self._refused(request.body)
            if refused is not None:
                return refused
            reply = self._replies.popleft() if self._replies else self._unscripted(request.body)
        return self._answer(reply, request)

    def _unscripted(self, body: dict[str, Any]) -> SimulatedReply:
        own = self._own_answer(body) if self._own_answer else None
        thinks = self._thinks and EngineRequest(body).thinks
        return own or SimulatedReply(content="Hello.", reasoning="A greeting." if thinks else None)

    def _refused(self, body: dict[str, Any]) -> Outcome | None:
        profile, asked = self.profile, EngineRequest(body)
        if profile.refuses_models and body.get("model") != self._model:
            message = f"The model `{body.get('model')}` does not exist."
            return self._refusal(404, message, "NotFoundError")
        tokens = estimate_tokens(body.get("messages") or body.get("prompt") or "")
        if tokens > self._context:
            words = profile.overflow.format(tokens=tokens, limit=self._context)
            return self._refusal(400, words, "BadRequestError")
        if asked.tools and profile.without_parser == "refused" and not profile.tool_parser:
            return self._refusal(400, _NO_PARSER, "BadRequestError")
        return None

    def _refusal(self, status: int, message: str, kind: str) -> Outcome:
        inner = {"message": message, "type": kind, "param": None, "code": status}
        flat = self.profile.flat_errors
        return Outcome(status, {"object": "error", **inner} if flat else {"error": inner})

    def _answer(self, reply: SimulatedReply, request: RecordedRequest) -> Outcome:
        asked = EngineRequest(request.body)
        if request.path.endswith("/chat/completions"):
            text = self._written(reply, asked)
            message = message_of(text, asked, self.profile)
        else:
            text = raw_text(reply, opened=str(request.body.get("prompt")).endswith("<think>"))
            message = {"text": text}
        calls = bool(message.get("tool_calls"))
        finish = reply.finish_reason or ("tool_calls" if calls else "stop")
        read, written = self._read(request.body), estimate_tokens(text)
        usage = {
            "prompt_tokens": read,
            "completion_tokens": written,
            "total_tokens": read + written,
        }
        if request.body.get("stream"):
            return Outcome(200, None, _stream(message, finish, usage, self._model))
        choice = {"index": 0, "finish_reason": finish}
        choice |= message if "text" in message else {"message": message}
        return Outcome(200, {"model": self._model, "choices": [choice], "usage": usage})

    def _read(self, body: dict[str, Any]) -> int:
        """Return the tokens of the prompt: reasoning in another field than its own is not in it."""
        left_out = {"reasoning", "reasoning_content"} - {self.profile.reasoning_field}
        messages: list[dict[str, Any]] = body.get("messages") or []
        read = [{key: one[key] for key in one if key not in left_out} for one in messages]
        return estimate_tokens([read, body.get("tools") or []] if messages else body.get("prompt"))

    def _written(self, reply: SimulatedReply, asked: EngineRequest) -> str:
        """Return what the model can write under the grammar that the engine makes of the request.

        Without a reasoning parser a grammar is held against the first token, so that the model
        writes no thought; the reply itself has to be what the grammar lets through.
        """
        text = raw_text(reply, opened=asked.thinks and self._opens)
        profile = self.profile
        chosen = asked.forced and asked.form != "structural_tag"
        bound = (asked.forced and not (chosen and not profile.tool_parser)) or (
            asked.form in ("json_schema", "json_object") and profile.keeps_schema
        )
        listed = chosen and not profile.tool_parser and profile.without_parser == "list"
        if (bound or listed) and not profile.reasoning_parser:
            text = text.partition("</think>")[2] if "</think>" in text else text
        return _as_list(reply) if listed and reply.tool_calls else text


def _as_list(reply: SimulatedReply) -> str:
    calls = (
        f'{{"name": "{call.name}", "parameters": {call.arguments_text}}}'
        for call in reply.tool_calls
    )
    return f"[{', '.join(calls)}]"


def _stream(
    message: dict[str, Any], finish: str, usage: dict[str, int], model: str
) -> list[dict[str, Any]]:
    pieces: list[dict[str, Any]] = []
    for name in (*_TEXTS, "text"):
        pieces += [{name: piece} for piece in _PIECE.findall(message.get(name) or "")]
    for index, call in enumerate(message.get("tool_calls") or ()):
        function = {"name": call["function"]["name"], "arguments": ""}
        pieces.append({"tool_calls": [{**call, "index": index, "function": function}]})
        rest = {"index": index, "function": {"arguments": call["function"]["arguments"]}}
        pieces.append({"tool_calls": [rest]})
    raw = "text" in message
    choices = [{"index": 0, "finish_reason": None, **_delta(piece, raw=raw)} for piece in pieces]
    choices.append({"index": 0, "finish_reason": finish, **_delta({}, raw=raw)})
    chunks = [{"model": model, "choices": [choice]} for choice in choices]
    return [*chunks, {"model": model, "choices": [], "usage": usage}]


def _delta(piece: dict[str, Any], *, raw: bool) -> dict[str, Any]:
    return {"text": "", **piece} if raw else {"delta": piece}
