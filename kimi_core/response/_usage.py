"""What a server says of tokens and money, in any of its words.

Owns: `Usage`. May know: _json, request.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from kimi_core._json import as_mapping
from kimi_core.request.blocks import known

__all__ = ["Usage"]


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one request, counted once.

    Attributes:
        prompt_tokens: Tokens of the prompt, cached ones included.
        completion_tokens: Tokens of the answer, reasoning included.
        total_tokens: Their sum as the server states it.
        cached_tokens: Tokens of the prompt that came from the cache.
        reasoning_tokens: Tokens of the answer that were reasoning, where the server says so.
        cache_write_tokens: Tokens of the prompt that were written to the cache, where the server
            says so; Moonshot bills them apart since 2026-10-15.
        extra: What else the server's usage object holds, as it was received: OpenRouter's cost,
            Groq's timings, the details in full.
    """

    prompt_tokens: int = 0
    completion_tokens: int = 0
    total_tokens: int = 0
    cached_tokens: int = 0
    reasoning_tokens: int = 0
    cache_write_tokens: int = 0
    extra: Mapping[str, Any] = field(default_factory=dict[str, Any], hash=False)

    @classmethod
    def from_wire(cls, usage: Mapping[str, Any]) -> Usage:
        """Return what a usage object of any server says.

        Cached tokens stand at the top on Moonshot, in ``prompt_tokens_details`` elsewhere, and in
        both at times (recording vercel-moonshot-k3-usage).
        """
        prompt = _count(usage, "prompt_tokens")
        completion = _count(usage, "completion_tokens")
        prompt_details = as_mapping(usage.get("prompt_tokens_details")) or {}
        completion_details = as_mapping(usage.get("completion_tokens_details")) or {}
        return cls(
            prompt_tokens=prompt,
            completion_tokens=completion,
            total_tokens=_count(usage, "total_tokens") or prompt + completion,
            cached_tokens=_count(usage, "cached_tokens") or _count(prompt_details, "cached_tokens"),
            reasoning_tokens=_count(completion_details, "reasoning_tokens"),
            cache_write_tokens=_count(prompt_details, "cache_write_tokens")
            or _count(usage, "cache_creation_input_tokens"),
            extra={name: value for name, value in usage.items() if name not in _COUNTS},
        )

    def __add__(self, other: Usage) -> Usage:
        """Return what two requests have used together."""
        return Usage(
            **{name: getattr(self, name) + getattr(other, name) for name in _SUMMED},
            extra={**self.extra, **other.extra, **_summed(self.extra, other.extra)},
        )

    def totals(self) -> dict[str, int]:
        """Return the three sums under OpenAI's names, as LangChain's callbacks read them."""
        return {
            "prompt_tokens": self.prompt_tokens,
            "completion_tokens": self.completion_tokens,
            "total_tokens": self.total_tokens,
        }

    def in_openai_shape(self, *, whole: bool = False) -> dict[str, Any]:
        """Return the server's object, with cached and reasoning tokens where OpenAI has them.

        Tracers look nowhere else (the LlamaIndex handlers of openinference and Langfuse read
        ``prompt_tokens_details`` and ``completion_tokens_details``), and Moonshot says
        ``cached_tokens`` at the top.

        Args:
            whole: Whether details that nobody counted are there as well, as 0.
        """
        told = {
            "prompt_tokens_details": {"cached_tokens": self.cached_tokens},
            "completion_tokens_details": {"reasoning_tokens": self.reasoning_tokens},
        }
        found: dict[str, Any] = {}
        for name, counts in told.items():
            received = as_mapping(self.extra.get(name)) or {}
            said = {count: it for count, it in counts.items() if it or whole}
            if received or said:
                found[name] = {**received, **said}
        return {**self.extra, **self.totals(), **found}

    def as_standard(self) -> dict[str, Any]:
        """Return the counts under the names of LangChain's ``UsageMetadata``.

        Details of 0 are left out: nothing here tells "none" from "the server does not say".
        """
        cached = known(cache_read=self.cached_tokens, cache_creation=self.cache_write_tokens)
        spent = known(reasoning=self.reasoning_tokens)
        return {
            "input_tokens": self.prompt_tokens,
            "output_tokens": self.completion_tokens,
            "total_tokens": self.total_tokens,
            **known(input_token_details=cached, output_token_details=spent),
        }

    def in_integers(self) -> dict[str, Any]:
        """Return the counts in OpenAI's shape without anything that LangChain cannot sum.

        Tracers that follow OpenInference read cached and reasoning tokens there alone.
        """
        cached = known(cached_tokens=self.cached_tokens)
        spent = known(reasoning_tokens=self.reasoning_tokens)
        details = known(prompt_tokens_details=cached, completion_tokens_details=spent)
        return {**self.totals(), **details}

    def as_received(self) -> dict[str, Any]:
        """Return what the server said of tokens and money, where users of other classes look.

        ``token_usage`` is the server's whole object, as `ChatOpenAI` has it behind `invoke`; the
        cost stands at the top as well, as `ChatOpenRouter` has it.
        """
        cost = {name: self.extra.get(name) for name in ("cost", "cost_details")}
        return {"token_usage": self.in_openai_shape(), **cost}


_COUNTS = frozenset({"prompt_tokens", "completion_tokens", "total_tokens", "cached_tokens"})
_SUMMED = (
    "prompt_tokens",
    "completion_tokens",
    "total_tokens",
    "cached_tokens",
    "reasoning_tokens",
    "cache_write_tokens",
)
_MOST_TOKENS = 1_000_000_000


def _count(fields: Mapping[str, Any], name: str) -> int:
    # A relay was seen to count below zero; no prompt has a billion tokens.
    value = fields.get(name)
    if isinstance(value, (int, float)) and 0 <= value < _MOST_TOKENS:  # not true of NaN
        return int(value)
    return 0


def _summed(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """Sum the numbers that both say, at any depth: details of tokens, and money."""
    found: dict[str, Any] = {}
    for name in one.keys() & other.keys():
        first, second = one[name], other[name]
        inner, others = as_mapping(first), as_mapping(second)
        if inner is not None and others is not None:
            found[name] = {**inner, **others, **_summed(inner, others)}
        elif _is_number(first) and _is_number(second):
            found[name] = first + second
    return found


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
