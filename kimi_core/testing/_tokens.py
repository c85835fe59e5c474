"""How many tokens a request and its answer are.

Owns: the estimate that needs no file, and the exact count that a tokenizer gives. Simulated: the
estimate only grows with the text. May know: its own files, errors, raw.
"""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING

from kimi_core.errors import KimiConfigError
from kimi_core.raw.prompt import encode_prompt

if TYPE_CHECKING:
    from kimi_core.raw.prompt import TextEncoder
    from kimi_core.testing._request import ChatRequest

__all__ = ["estimate_tokens", "prompt_tokens", "text_tokens"]

_CHARACTERS_PER_TOKEN = 4
# The line in kimi-k3's prompt that names the effort; without thinking it has none.
_EFFORT_LINE = 67
# What opens the channel of the answer is not reported: Kimi-Vendor-Verifier, prompt-token cases,
# 2026-08-13; SGLang 0.5.23 takes the same three off. No source says so of the K2 models.
_OPENED_CHANNEL = 3


def estimate_tokens(value: object) -> int:
    """Estimate tokens: four characters each, at least one. Simulated, no tokenizer runs."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return max(1, len(text) // _CHARACTERS_PER_TOKEN)


def text_tokens(request: ChatRequest, text: str) -> int:
    """Return the tokens of an answer's text: exact where the simulator was given a tokenizer."""
    tokenizer = request.options.tokenizer
    return estimate_tokens(text) if tokenizer is None else len(tokenizer.encode(text))


def prompt_tokens(request: ChatRequest) -> int:
    """Return the tokens of messages, tools and settings, as the usage reports them."""
    tokenizer = request.options.tokenizer
    if tokenizer is not None:
        # What cannot be rendered is refused by a rule that is looked at later; the renderer trips
        # over tools of a system message that are no list of objects.
        with suppress(KimiConfigError, AttributeError):
            return _exact(request, tokenizer)
    line = _EFFORT_LINE if request.effort else 0
    return estimate_tokens([request.messages, request.tools]) + line


def _exact(request: ChatRequest, tokenizer: TextEncoder) -> int:
    if not request.is_k3:
        return len(
            encode_prompt(
                request.messages,
                request.tools,
                tokenizer=tokenizer,
                model="k2.6",
                thinking=request.thinking,
                preserve_thinking=request.keeps_all_reasoning,
            )
        )
    ids = encode_prompt(
        request.messages,
        request.own_tools,
        tokenizer=tokenizer,
        model="k3",
        thinking=request.thinking,
        thinking_effort=request.effort,
        tool_choice=request.body.get("tool_choice"),
        response_format=request.body.get("response_format"),
    )
    return len(ids) - _OPENED_CHANNEL
