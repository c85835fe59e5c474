"""Requests that break the rules about the model, its thinking and its limits, with legal twins."""

from __future__ import annotations

from tests.core.testing.support import Case, body, user

__all__ = ["CASES"]

_OFF = {"type": "disabled"}
_LONG = user("word " * 220_000)  # 275,000 tokens by the simulator's estimate

CASES = [
    Case(
        "model",
        body(model="issue-19552-invalid-model"),
        "Not found the model issue-19552-invalid-model or Permission denied",
        body(model="kimi-k2.6"),
        "mistyped",
    ),
    Case(
        "model",
        body(model="kimi-k2-0905-preview"),
        "Not found the model kimi-k2-0905-preview or Permission denied",
        body(model="kimi-k2.7-code-highspeed"),
        "retired",
    ),
    Case(
        "model",
        body(model="moonshotai/kimi-k2.6"),
        "Not found the model moonshotai/kimi-k2.6 or Permission denied",
        body(model="kimi-k2.7-code"),
        "another host's spelling",
    ),
    Case(
        "unknown_fields",
        body(parallel_tool_calls=True),
        "Invalid request: unknown field 'parallel_tool_calls'",
        body(prompt_cache_key="session", safety_identifier="someone", stream_options={}),
    ),
    Case(
        "unknown_fields",
        body({**user(), "refusal": None}),
        "Invalid request: unknown field 'messages.refusal'",
        body({**user(), "name": "ada"}),
        "in a message",
    ),
    Case(
        "temperature",
        body(temperature=0),
        "invalid temperature: only 1 is allowed for this model",
        body(temperature=1.0),
        "thinking",
    ),
    Case(
        "temperature",
        body(temperature=1, thinking=_OFF),
        "invalid temperature: only 0.6 is allowed for this model",
        body(temperature=0.6, thinking=_OFF),
        "thinking disabled",
    ),
    Case(
        "top_p",
        body(top_p=1),
        "invalid top_p: only 0.95 is allowed for this model",
        body(top_p=0.95),
    ),
    Case("n", body(n=2), "invalid n: only 1 is allowed for this model", body(n=1)),
    Case(
        "presence_penalty",
        body(presence_penalty=0.5),
        "invalid presence_penalty: only 0 is allowed for this model",
        body(presence_penalty=0),
    ),
    Case(
        "frequency_penalty",
        body(frequency_penalty=0.5),
        "invalid frequency_penalty: only 0 is allowed for this model",
        body(frequency_penalty=None),
    ),
    *(
        Case(
            "temperature",
            body(model="kimi-k3", thinking=_OFF, temperature=other),
            "invalid temperature: only 0.6 is allowed for this model",
            body(model="kimi-k3", thinking=_OFF, temperature=0.6),
            f"kimi-k3 without thinking, {other}",
        )
        for other in (1.0, 0, 1.1)
    ),
    Case(
        "thinking_and_effort",
        body(thinking={"type": "enabled"}, reasoning_effort="max"),
        "cannot specify both 'thinking' and 'reasoning_effort'",
        body(model="kimi-k3", thinking={"type": "enabled"}, reasoning_effort="max"),
    ),
    Case(
        "thinking_form",
        body(thinking=True),
        "Invalid request: thinking.type must be 'enabled' or 'disabled'",
        body(thinking={"type": "enabled"}),
        "type",
    ),
    Case(
        "thinking_form",
        body(thinking={"type": "enabled", "budget_tokens": 1024}),
        "Invalid request: unknown field 'thinking.budget_tokens'",
        body(thinking={"type": "enabled", "keep": None}),
        "keys",
    ),
    Case(
        "thinking_form",
        body(thinking={"type": "enabled", "keep": "last"}),
        "Invalid request: thinking.keep must be 'all' or null",
        body(thinking={"type": "enabled", "keep": "all"}),
        "keep",
    ),
    *(
        Case(
            "thinking_form",
            body(model="kimi-k3", thinking=broken),
            message,
            body(model="kimi-k3", thinking=legal),
            f"kimi-k3 {note}",
        )
        for note, broken, message, legal in [
            (
                "object",
                "enabled",
                "Invalid request: thinking.type must be 'enabled' or 'disabled'",
                {"type": "enabled", "keep": "all", "effort": "high"},
            ),
            (
                "type",
                {"type": "auto"},
                "Invalid request: thinking.type must be 'enabled' or 'disabled'",
                {"keep": "all"},
            ),
            (
                "keys",
                {"type": "enabled", "budget_tokens": 1},
                "Invalid request: unknown field 'thinking.budget_tokens'",
                {},
            ),
            (
                "keep",
                {"type": "enabled", "keep": "none"},
                "Invalid request: thinking.keep must be 'all' or null",
                {"type": "disabled", "keep": "none"},
            ),
            (
                "effort",
                {"type": "enabled", "effort": "medium"},
                "Invalid request: invalid thinking.effort: allowed: low, high, max",
                {"type": "disabled", "effort": "medium"},
            ),
        ]
    ),
    Case(
        "thinking_form",
        body(thinking={"type": "enabled", "effort": "low"}),
        "Invalid request: unknown field 'thinking.effort'",
        body(model="kimi-k3", thinking={"effort": "low"}),
        "effort of a model without",
    ),
    Case(
        "thinking_disabled",
        body(model="kimi-k2.7-code", thinking=_OFF),
        "invalid thinking: only type=enabled is allowed for this model",
        body(model="kimi-k2.7-code", thinking={"type": "enabled", "keep": "all"}),
    ),
    Case(
        "reasoning_effort",
        body(model="kimi-k3", reasoning_effort="medium"),
        "Invalid request: invalid reasoning_effort: allowed for this model: low, high, max",
        body(model="kimi-k3", reasoning_effort="low"),
    ),
    Case(
        "reasoning_effort",
        body(reasoning_effort="high"),
        "Invalid request: invalid reasoning_effort: allowed for this model: none",
        body(),
        "of a model without",
    ),
    Case(
        "one_token_limit",
        body(max_tokens=10, max_completion_tokens=10),
        "Invalid request: cannot specify both 'max_tokens' and 'max_completion_tokens'",
        body(max_tokens=10),
    ),
    Case(
        "token_limit",
        body(max_completion_tokens=0),
        "Invalid request: max_completion_tokens must be a positive integer",
        body(max_completion_tokens=1),
    ),
    Case(
        "context_window",
        body(max_completion_tokens=262_144),
        "Invalid request: Your request exceeded model token limit: 262144 (requested: 262154)",
        body(max_completion_tokens=262_134),
        "limit",
    ),
    Case(
        "context_window",
        body(_LONG),
        "Invalid request: Your request exceeded model token limit: 262144 (requested: 275009)",
        body(_LONG, model="kimi-k3"),
        "prompt",
    ),
    Case(
        "stop",
        body(stop=list("abcdef")),
        "Invalid request: stop must be a string or at most 5 strings",
        body(stop=list("abcde")),
        "six",
    ),
    Case(
        "stop",
        body(stop=[1]),
        "Invalid request: stop must be a string or at most 5 strings",
        body(stop="END"),
        "number",
    ),
    Case(
        "stop",
        body(stop="é" * 17),
        "Invalid request: a stop string must not exceed 32 bytes",
        body(stop="é" * 16),
        "bytes",
    ),
    *(
        Case(
            "prompt_cache_options",
            body(prompt_cache_options=broken),
            f"Invalid request: {message}",
            body(prompt_cache_options=legal),
            note,
        )
        for note, broken, message, legal in [
            ("object", "1h", "prompt_cache_options must be an object of mode and ttl", {}),
            (
                "keys",
                {"retention": "1h"},
                "prompt_cache_options must be an object of mode and ttl",
                {"ttl": "1h"},
            ),
            (
                "mode",
                {"mode": "explicit"},
                "prompt_cache_options.mode must be 'implicit'",
                {"mode": "implicit"},
            ),
            (
                "ttl",
                {"ttl": "30m"},
                "prompt_cache_options.ttl must be '5m' or '1h'",
                {"mode": "implicit", "ttl": "5m"},
            ),
        ]
    ),
    Case(
        "logprobs",
        body(model="kimi-k3", logprobs=True),
        "invalid logprobs: only false is allowed for this model",
        body(model="kimi-k2.6", logprobs=True),
    ),
    Case(
        "top_logprobs",
        body(top_logprobs=2),
        "Invalid request: logprobs must be set to true if top_logprobs is used",
        body(top_logprobs=2, logprobs=True),
        "alone",
    ),
    Case(
        "top_logprobs",
        body(top_logprobs=21, logprobs=True),
        "Invalid request: top_logprobs must be between 0 and 20",
        body(top_logprobs=20, logprobs=True),
        "twenty",
    ),
]
