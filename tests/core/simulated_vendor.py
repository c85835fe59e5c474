"""A vendor that answers tool-call requests with known rates of damage, for the verifier.

Owns: `Vendor`, what it decides about each request, and samples to ask it. Simulated: no model runs.
What a request gets is drawn from the seed and the request's own text, so that runs repeat, whole or
streamed, and `Vendor.truth` tells all of it.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from kimi_core.chat import Settings
from kimi_core.verify import Sample
from tests.scripted import Answer, body, chunk, error, stream

if TYPE_CHECKING:
    from tests.scripted import Seen

__all__ = ["DAMAGES", "TOOL", "Vendor", "asked_of", "settings_for"]

TOOL: dict[str, Any] = {
    "type": "function",
    "function": {
        "name": "book_room",
        "parameters": {
            "type": "object",
            "properties": {"town": {"type": "string"}, "nights": {"type": "integer"}},
            "required": ["town", "nights"],
        },
    },
}
RIGHT = '{"town": "Graz", "nights": 2}'
DAMAGES: dict[str, tuple[str, str]] = {
    "undeclared": ("img_gen", RIGHT),
    "half a call": ("book_room", RIGHT[:-1] + ","),
    "missing": ("book_room", '{"town": "Graz"}'),
    "text for a number": ("book_room", '{"town": "Graz", "nights": "2"}'),
}
"""Name and arguments of a damaged call; the last alone has a reading."""
USAGE = {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120}


def asked_of(number: int) -> list[Sample]:
    """Return so many samples, every other one streamed."""
    return [
        Sample(
            at,
            {
                "model": "kimi-k2-thinking",
                "messages": [{"role": "user", "content": f"Book a room, wish {at}."}],
                "tools": [TOOL],
                "stream": at % 2 == 0,
            },
        )
        for at in range(1, number + 1)
    ]


def settings_for(base_url: str, **settings: Any) -> Settings:
    """Return settings for a vendor that is served as a vLLM."""
    defaults = {"endpoint": "vllm", "model": "kimi-k2-thinking", "max_retries": 3}
    return Settings(**{**defaults, "base_url": base_url, **settings})


@dataclass
class Vendor:
    """Answers requests.

    Attributes:
        seed: Of all that is drawn.
        calls: Rate of answers that end in calls.
        damaged: Rate of damage among these.
        leaked: Rate of answers with a call as raw tokens in their text, of all.
        empty: Rate of answers that say nothing, of all.
        cut: Rate of answers that the token limit ends, of all.
        refused: Rate of requests that are answered with 400, of all.
        busy: Rate of requests that are answered with 429 at first, of all.
        truth: What was decided, by the request's text.
    """

    seed: int = 1
    calls: float = 0.6
    damaged: float = 0.2
    leaked: float = 0.0
    empty: float = 0.0
    cut: float = 0.0
    refused: float = 0.0
    busy: float = 0.0
    truth: dict[str, str] = field(default_factory=dict)
    begun: set[str] = field(default_factory=set)

    def draw(self, key: str, what: str) -> float:
        digest = hashlib.sha256(f"{self.seed}|{what}|{key}".encode()).digest()
        return int.from_bytes(digest[:6], "big") / 2**48

    def decide(self, key: str) -> str:
        """Return what a request gets: one word."""
        for what in ("refused", "cut", "leaked", "empty"):
            if self.draw(key, what) < getattr(self, what):
                return what
        if self.draw(key, "calls") >= self.calls:
            return "text"
        if self.draw(key, "damaged") >= self.damaged:
            return "right"
        return [*DAMAGES][int(self.draw(key, "which") * len(DAMAGES))]

    def __call__(self, seen: Seen) -> Answer:
        key = seen.json["messages"][-1]["content"]
        if self.draw(key, "busy") < self.busy and key not in self.begun:
            self.begun.add(key)
            return error(429, "busy", "rate_limit_reached_error", retry_after="0.01")
        decided = self.truth[key] = self.decide(key)
        if decided == "refused":
            return error(400, "refused", "invalid_request_error")
        message, finish = _message(decided)
        return _streamed(message, finish) if seen.json.get("stream") else _whole(message, finish)

    def count(self, *decided: str) -> int:
        """Return how often one of these was decided."""
        return sum(what in decided for what in self.truth.values())


def _message(decided: str) -> tuple[dict[str, Any], str]:
    message: dict[str, Any] = {"role": "assistant", "content": "", "reasoning_content": "Hm."}
    if decided == "leaked":
        call = f"<|tool_call_begin|>functions.book_room:0<|tool_call_argument_begin|>{RIGHT}"
        section = f"{call}<|tool_call_end|><|tool_calls_section_end|>"
        return {**message, "content": f"<|tool_calls_section_begin|>{section}"}, "stop"
    if decided in {"text", "cut"}:
        return {**message, "content": "No room."}, "length" if decided == "cut" else "stop"
    if decided == "empty":
        return message, "stop"
    name, arguments = DAMAGES.get(decided, ("book_room", RIGHT))
    function = {"name": name, "arguments": arguments}
    call = {"index": 0, "id": f"functions.{name}:0", "type": "function", "function": function}
    return {**message, "tool_calls": [call]}, "tool_calls"


def _whole(message: dict[str, Any], finish: str) -> Answer:
    choice = {"index": 0, "message": message, "finish_reason": finish}
    return body({"id": "1", "model": "kimi", "choices": [choice], "usage": USAGE})


def _streamed(message: dict[str, Any], finish: str) -> Answer:
    deltas = [chunk(reasoning_content=message["reasoning_content"])]
    deltas += [chunk(content=message["content"])] if message["content"] else []
    for call in message.get("tool_calls", ()):
        text = call["function"]["arguments"]
        head = {**call, "function": {**call["function"], "arguments": text[:9]}}
        rest = {"index": 0, "function": {"arguments": text[9:]}}
        deltas += [chunk(tool_calls=[head]), chunk(tool_calls=[rest])]
    return stream(*deltas, chunk(finish), json.loads(_USAGE_CHUNK))


_USAGE_CHUNK = json.dumps({"id": "1", "choices": [], "usage": USAGE})
