"""Chunks of a stream -> one whole body, by the published rule.

Owns: `Watch`, which keeps what a server said and when, and `whole_body`. May know: _json, events,
request.

The rule is that of Moonshot's K2-Vendor-Verifier: fragments belong together by their ``index`` (0
where there is none), the first id counts and the last name, arguments are joined, and an answer
without a finish reason has ended with "stop". Nothing is repaired: this is the raw column.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from kimi_core._json import as_mapping, as_sequence
from kimi_core.events import Event
from kimi_core.request import Request

__all__ = ["Watch", "whole_body"]


@dataclass(slots=True)
class Watch:
    """Keeps the chunks of one answer with their times; an observer.

    Attributes:
        begun: When it was asked, in seconds of a clock that only runs forward.
        chunks: What came, in order.
        first: When the first chunk came that says something.
        last: When the last of these came.
        pieces: How many of these there were.
    """

    begun: float = field(default_factory=time.perf_counter)
    chunks: list[Mapping[str, Any]] = field(default_factory=list[Any])
    first: float | None = None
    last: float | None = None
    pieces: int = 0

    def on_request(self, request: Request) -> None:
        """Begin to count: a turn that an account's limits made it wait for is no latency."""
        del request
        self.begun = time.perf_counter()

    def on_chunk(self, chunk: Mapping[str, Any], events: Sequence[Event]) -> None:
        """Keep it."""
        del events
        self.chunks.append(chunk)
        if _says_something(chunk):
            self.last = time.perf_counter()
            self.first = self.last if self.first is None else self.first
            self.pieces += 1

    def on_close(self, events: Sequence[Event]) -> None:
        """Do nothing."""

    def measured(self, *, streamed: bool, retries: int) -> dict[str, Any]:
        """Return the times for a row: None where there was no stream to see them in."""
        first, last = (self.first, self.last) if streamed else (None, None)
        return {
            "first_token_ms": _since(self.begun, first),
            "last_token_ms": _since(self.begun, last),
            "pieces": self.pieces,
            "retries": retries,
        }


def _since(begun: float, moment: float | None) -> float | None:
    return None if moment is None else round((moment - begun) * 1_000, 3)


def _delta(chunk: Mapping[str, Any]) -> Mapping[str, Any]:
    choice = _choice(chunk)
    said = as_mapping(choice.get("delta"))
    return choice if said is None else said


def _choice(chunk: Mapping[str, Any]) -> Mapping[str, Any]:
    choices = as_sequence(chunk.get("choices"))
    return (as_mapping(choices[0]) if choices else None) or {}


_SAYING = ("reasoning_content", "reasoning", "content", "text", "tool_calls")


def _says_something(chunk: Mapping[str, Any]) -> bool:
    delta = _delta(chunk)
    return any(delta.get(name) for name in _SAYING)


def whole_body(chunks: Sequence[Mapping[str, Any]], model: str) -> dict[str, Any]:
    """Return the answer as one body.

    Args:
        chunks: What came; a single whole body is returned as it is.
        model: The model's name for a body that is put together.
    """
    if len(chunks) == 1 and "delta" not in _choice(chunks[0]) and "text" not in _choice(chunks[0]):
        return dict(chunks[0])
    parts = _Parts()
    for chunk in chunks:
        parts.add(chunk)
    return parts.body(model)


@dataclass(slots=True)
class _Parts:
    text: list[str] = field(default_factory=list[str])
    reasoning: list[str] = field(default_factory=list[str])
    calls: dict[Any, dict[str, Any]] = field(default_factory=dict[Any, dict[str, Any]])
    header: dict[str, Any] = field(default_factory=dict[str, Any])
    finish: str | None = None
    usage: Any = None

    def add(self, chunk: Mapping[str, Any]) -> None:
        self.header.update((n, chunk[n]) for n in ("id", "created") if chunk.get(n))
        choice, delta = _choice(chunk), _delta(chunk)
        # Moonshot puts usage into the choice, others into a last chunk without choices, which
        # Moonshot's script does not read.
        self.usage = chunk.get("usage") or choice.get("usage") or self.usage
        self.text.append(_string(delta.get("content")) or _string(delta.get("text")))
        said = _string(delta.get("reasoning_content")) or _string(delta.get("reasoning"))
        self.reasoning.append(said)
        for fragment in map(as_mapping, as_sequence(delta.get("tool_calls")) or ()):
            self._add_call(fragment or {})
        self.finish = choice.get("finish_reason") or self.finish

    def _add_call(self, fragment: Mapping[str, Any]) -> None:
        index = fragment.get("index")
        kept = self.calls.setdefault(
            0 if index is None else index,
            {
                "id": fragment.get("id"),
                "type": fragment.get("type", "function"),
                "function": {"name": "", "arguments": ""},
            },
        )["function"]
        function = as_mapping(fragment.get("function")) or {}
        kept["name"] = function.get("name") or kept["name"]
        arguments = function.get("arguments")
        if isinstance(arguments, str) and isinstance(kept["arguments"], str):
            kept["arguments"] += arguments
        elif arguments:
            kept["arguments"] = arguments  # an object, which no engine cuts

    def body(self, model: str) -> dict[str, Any]:
        message: dict[str, Any] = {
            "role": "assistant",
            "content": "".join(self.text),
            "tool_calls": list(self.calls.values()) or None,
        }
        if any(self.reasoning):
            message["reasoning_content"] = "".join(self.reasoning)
        choice = {"index": 0, "message": message, "finish_reason": self.finish or "stop"}
        return {
            "id": self.header.get("id"),
            "object": "chat.completion",
            "created": self.header.get("created"),
            "model": model,
            "choices": [choice],
            "usage": self.usage,
        }


def _string(value: object) -> str:
    return value if isinstance(value, str) else ""
