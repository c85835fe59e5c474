"""Rules of parameters, and tokens of prompts.

Owns: which values of sampling a server has to take and to refuse, and how many tokens a prompt has
to be. May know: its own files, _json, raw.

The values are those of Moonshot's Kimi-Vendor-Verifier (at 3dad65a), 18 questions. Its defaults are
those of K2.5 and K2.6; of K3, Moonshot's own API refuses two of the temperatures that the suite
wants taken, so that 15 of 18 is what a K3 can have there.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from kimi_core._json import as_mapping
from kimi_core.raw.prompt import TextEncoder, encode_prompt
from kimi_core.verify._ask import Sent
from kimi_core.verify._cases import Case, Judge, answers, is_refused, user
from kimi_core.verify._recipe import own_samples
from kimi_core.verify._rows import SUCCESS

__all__ = ["own_token_cases", "parameter_cases", "thinking_fields", "token_cases"]

_ASK = "Answer with the word yes."
# Name, what has to be taken while thinking and without, what has to be refused.
_PINNED: tuple[tuple[str, float, float, float], ...] = (
    ("temperature", 0.6, 0.6, 1.1),
    ("temperature", 0.0, 0.6, 2.0),
    ("temperature", 1.0, 0.6, -0.1),
    ("top_p", 0.95, 0.95, 0.8),
    ("presence_penalty", 0, 0, 0.5),
    ("frequency_penalty", 0, 0, 0.5),
    ("n", 1, 1, 2),
)
_TOLERANCE = 3  # the tokens that open the assistant's turn, which some servers count
_OWN_PROMPTS = 40


def thinking_fields(switch: str, *, on: bool) -> dict[str, Any]:
    """Return how a server is told to think or not.

    Args:
        switch: `Endpoint.thinking_switch`.
        on: Whether it is to think.
    """
    words: Mapping[str, dict[str, Any]] = {
        "thinking": {"thinking": {"type": "enabled" if on else "disabled"}},
        "chat_template_kwargs": {"chat_template_kwargs": {"thinking": on}},
        "reasoning": {"reasoning": {"enabled": on}},
    }
    return words.get(switch, {})


def parameter_cases(switch: str) -> list[Case]:
    """Return the 18 questions about sampling.

    Args:
        switch: `Endpoint.thinking_switch`.
    """
    return [case for on in (False, True) for case in _parameters(switch, on=on)]


def _parameters(switch: str, *, on: bool) -> Iterable[Case]:
    mode, fields = ("thinking" if on else "not thinking"), thinking_fields(switch, on=on)

    def case(name: str, judge: Judge, *bodies: dict[str, Any]) -> Case:
        whole = tuple(user(_ASK, **fields, **body) for body in bodies)
        return Case(f"parameters/{name}, {mode}", "parameters", whole, judge, (False,))

    yield case("none", answers, {})
    taken = [{name: thinking if on else without} for name, thinking, without, _ in _PINNED]
    yield case("defaults", answers, *taken)
    for name, _, _, wrong in _PINNED:
        yield case(f"{name}={wrong}", is_refused, {name: wrong})


def token_cases(rows: Sequence[Mapping[str, Any]]) -> list[Case]:
    """Return prompts with the number of their tokens.

    Args:
        rows: With "id", "request" and "expected_prompt_tokens", as Moonshot's repository has them.
            Prompts with its picture fixtures are left out.
    """
    return [
        _tokens(str(row["id"]), row["request"], int(row["expected_prompt_tokens"]))
        for row in rows
        if "fixture://" not in json.dumps(row["request"])
    ]


def own_token_cases(tokenizer: TextEncoder) -> list[Case]:
    """Return prompts of this package's samples, counted here as a K3 reads them.

    Args:
        tokenizer: An exact one.
    """
    found: list[Case] = []
    for sample in own_samples()[:_OWN_PROMPTS]:
        messages, tools = sample.body["messages"], sample.body["tools"]
        ids = encode_prompt(
            messages, tools, tokenizer=tokenizer, model="k3", thinking_effort="high"
        )
        body = {"messages": messages, "tools": tools, "reasoning_effort": "high", "max_tokens": 16}
        found.append(_tokens(f"sample {sample.data_index}", body, len(ids) - _TOLERANCE))
    return found


def _tokens(name: str, body: Mapping[str, Any], tokens: int) -> Case:
    def judge(sent: Sequence[Sent]) -> str | None:
        if sent[0].status != SUCCESS:
            return answers(sent)
        said = (as_mapping(sent[0].body.get("usage")) or {}).get("prompt_tokens")
        if isinstance(said, int) and tokens <= said <= tokens + _TOLERANCE:
            return None
        return f"usage.prompt_tokens is {said}; {tokens} to {tokens + _TOLERANCE} are right"

    kept = {field: value for field, value in body.items() if field not in {"stream", "model"}}
    return Case(f"prompt tokens/{name}", "prompt tokens", (kept,), judge, (True,))
