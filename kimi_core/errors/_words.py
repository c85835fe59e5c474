"""What servers say when a request fails, in their own words. One row a wording.

Owns: the table of wordings and what each means. May know: the standard library.

A row has the words in lower case, as they stand in the server's sentence, its type or its code, and
where they were seen. A status stands for several things, so the words are looked at first.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

__all__ = ["WORDINGS", "Meaning", "Wording", "meaning_of"]

Meaning = Literal["quota", "overloaded", "context", "filter", "media"]


class Wording(NamedTuple):
    """One way of saying what is wrong.

    Attributes:
        meaning: What it is.
        words: In lower case.
        source: Where they were seen.
    """

    meaning: Meaning
    words: str
    source: str


WORDINGS = (
    Wording("quota", "insufficient balance", "Moonshot, error table of 2026-09"),
    Wording("quota", "current quota", "Moonshot, Kimi-K2 issue 5"),
    Wording("quota", "exceeded_current_quota", "Moonshot, error table of 2026-09"),
    Wording("quota", "insufficient_quota", "OpenAI-compatible relays"),
    Wording("context", "token length too long", "Moonshot, error table of 2026-09"),
    Wording("context", "exceeded model token limit", "Moonshot and Kimi Code, recordings"),
    Wording("context", "total message size", "Kimi Code, kimi-code issue 1862"),
    Wording("context", "maximum context length", "vLLM, OpenRouter, SGLang, Fireworks"),
    Wording("context", "maximum prompt length", "xAI behind OpenRouter"),
    Wording("context", "max_model_len", "vLLM 0.32.0, recorded"),
    Wording("context", "the model's context length", "SGLang 0.5.23, recorded"),
    Wording("context", "maximum allowed length", "SGLang, Switchyard issue 426"),
    Wording("context", "max_seq_len", "TensorRT-LLM, chatlog issue 30"),
    Wording("context", "max_input_len", "TensorRT-LLM"),
    Wording("context", "max_num_tokens", "TensorRT-LLM"),
    Wording("context", "available context size", "llama.cpp, recorded"),
    Wording("context", "exceed_context_size", "llama.cpp, recorded"),
    Wording("context", "prompt is too long", "Anthropic's route; Fireworks, cookbook issue 134"),
    Wording("context", "input is too long", "Amazon Bedrock"),
    Wording("context", "exceed context limit", "Anthropic's route, with max_tokens"),
    Wording("context", "exceeds the context window", "OpenAI"),
    Wording("context", "model context window", "relays"),
    Wording("context", "contextwindowexceeded", "LiteLLM, kimchi issue 794"),
    Wording("context", "context length exceeded", "relays"),
    Wording("context", "context_length_exceeded", "OpenAI, Groq: the code"),
    Wording("context", "model_context_window_exceeded", "Anthropic's route: the reason"),
    Wording("context", "context window exceed", "relays"),
    Wording("context", "reduce the length of the messages", "Groq"),
    Wording("context", "input token count", "Google's hosts"),
    Wording("context", "max_new_tokens` must be <=", "Together"),
    Wording("context", "too many tokens", "relays"),
    Wording("filter", "content_filter", "Moonshot, error table of 2026-09"),
    Wording("filter", "high risk", "Moonshot, error table of 2026-09"),
    Wording("filter", "content management policy", "Azure"),
    Wording("media", "input is not supported", "llama.cpp without --mmproj, recorded: a 500"),
    Wording("media", "failed to load image", "llama.cpp, cline issue 8203"),
    Wording("media", "failed to decode image", "llama.cpp, joycaption issue 48"),
    Wording("media", "only supports text input", "SGLang 0.5.23, recorded"),
    Wording("overloaded", "overloaded", "Moonshot, Anthropic's route, relays"),
    Wording("overloaded", "server_unavailable", "Moonshot, error table of 2026-09"),
)
"""All known wordings; the first that fits counts."""

# Which statuses a meaning may hide behind; 429 with "too many tokens" is a rate, not a length.
_STATUSES: dict[Meaning, frozenset[int]] = {
    "quota": frozenset({400, 402, 403, 429}),
    "context": frozenset({400, 413, 422, 500}),
    "filter": frozenset({400, 403, 422, 451}),
    "media": frozenset({400, 415, 422, 500, 501}),
    "overloaded": frozenset({429, 500, 502, 529}),
}


def meaning_of(status: int, text: str) -> Meaning | None:
    """Return what a refusal means by its words, or None where only its status tells.

    Args:
        status: The HTTP status, or the one that an error inside a 200 stands for.
        text: The server's type, code and sentence.
    """
    said = text.lower()
    for row in WORDINGS:
        if status in _STATUSES[row.meaning] and row.words in said:
            return row.meaning
    return None
