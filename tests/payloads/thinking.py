"""Rows about thinking: its switch, its strength, and the reasoning that is sent back.

Owns: the rows for sections 2.2, 2.3 and the reasoning part of 5 of the rules in ``tests/payloads``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kimi_core import IgnoredSettingWarning
from tests.payloads.row import WEATHER, Row, call, result, said, user

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["ROWS"]

K26 = "kimi-k2.6"
OFF = {"type": "disabled"}
WHY = " why?\n"
NATIVE = "functions.get_weather:0"

_SWITCH: Mapping[str, Row] = {
    "thinking on": Row(
        model=K26, settings={"thinking": True}, sent={"model": K26, "thinking": {"type": "enabled"}}
    ),
    "thinking off": Row(
        model=K26, settings={"thinking": False}, sent={"model": K26, "thinking": OFF}
    ),
    "thinking off for one call": Row(
        model=K26,
        settings={"thinking": True},
        options={"thinking": False},
        sent={"model": K26, "thinking": OFF},
    ),
    "thinking as the guides switch it": Row(
        model=K26,
        settings={"extra_body": {"thinking": OFF}, "temperature": 0.6},
        sent={"model": K26, "thinking": OFF},
    ),
    "thinking kept as the guides keep it": Row(
        model=K26,
        settings={"extra_body": {"thinking": {"type": "enabled", "keep": "all"}}},
        messages=[user(), said("Sunny.", reasoning_content=WHY), user()],
        sent={"model": K26, "thinking": {"type": "enabled", "keep": "all"}},
    ),
    "reasoning of all turns": Row(
        model=K26,
        settings={"keep_thinking": True},
        sent={"model": K26, "thinking": {"type": "enabled", "keep": "all"}},
    ),
    "reasoning of this turn": Row(
        model=K26, settings={"keep_thinking": False}, sent={"model": K26}
    ),
    "kimi-k2.7-code keeps and thinks by itself": Row(
        model="kimi-k2.7-code",
        settings={"thinking": True, "keep_thinking": True},
        sent={"model": "kimi-k2.7-code"},
    ),
    "kimi-k2.7-code cannot stop thinking": Row(
        model="kimi-k2.7-code",
        settings={"thinking": False},
        sent={"model": "kimi-k2.7-code"},
        warns=IgnoredSettingWarning,
    ),
    "kimi-k3 has no thinking field": Row(
        model="kimi-k3", settings={"thinking": True}, sent={"model": "kimi-k3"}
    ),
    "kimi-k3 cannot stop thinking": Row(
        model="kimi-k3",
        settings={"thinking": False},
        sent={"model": "kimi-k3", "reasoning_effort": "low"},
        warns=IgnoredSettingWarning,
    ),
    "kimi-k3.1-pro thinks as little as it can, but for its own effort": Row(
        model="kimi-k3.1-pro",
        settings={"thinking": False, "reasoning_effort": "high"},
        sent={"model": "kimi-k3.1-pro", "reasoning_effort": "high"},
        warns=IgnoredSettingWarning,
    ),
    "the template of your own server stops kimi-k3": Row(
        endpoint="vllm",
        model="kimi-k3",
        settings={"thinking": False},
        sent={"model": "moonshotai/Kimi-K3", "chat_template_kwargs": {"thinking": False}},
    ),
    "K2-Thinking's template has no switch": Row(
        endpoint="sglang",
        model="kimi-k2-thinking",
        settings={"thinking": False},
        sent={"model": "moonshotai/Kimi-K2-Thinking"},
        warns=IgnoredSettingWarning,
    ),
    "K2-Instruct cannot think": Row(
        endpoint="vllm", settings={"thinking": True}, refused=("thinking=True", "no thinking mode")
    ),
    "K2-Instruct is told nothing": Row(
        endpoint="vllm",
        settings={"thinking": False},
        sent={"model": "moonshotai/Kimi-K2-Instruct"},
    ),
    "OpenRouter's switch": Row(
        model=K26,
        endpoint="openrouter",
        settings={"thinking": False},
        sent={"model": "moonshotai/kimi-k2.6", "reasoning": {"enabled": False}},
    ),
    "OpenRouter keeps what it likes": Row(
        model=K26,
        endpoint="openrouter",
        settings={"keep_thinking": True},
        sent={"model": "moonshotai/kimi-k2.6"},
    ),
    "vLLM's switch": Row(
        endpoint="vllm",
        model=K26,
        settings={"thinking": False},
        sent={
            "model": "moonshotai/Kimi-K2.6",
            "chat_template_kwargs": {"thinking": False},
        },
    ),
    "SGLang's switch": Row(
        endpoint="sglang",
        model=K26,
        settings={"thinking": True, "keep_thinking": True},
        sent={
            "model": "moonshotai/Kimi-K2.6",
            "chat_template_kwargs": {"thinking": True, "preserve_thinking": True},
        },
    ),
    "K2-Thinking has no switch": Row(
        endpoint="llama.cpp",
        model="kimi-k2-thinking",
        settings={"thinking": True},
        sent={"model": "moonshotai/Kimi-K2-Thinking"},
    ),
}

_EFFORT: Mapping[str, Row] = {
    **{
        f"effort {effort} of kimi-k3": Row(
            model="kimi-k3",
            settings={"reasoning_effort": effort},
            sent={"model": "kimi-k3", "reasoning_effort": effort},
        )
        for effort in ("low", "high", "max")
    },
    "an effort beside thinking goes alone": Row(
        model="kimi-k3",
        settings={"reasoning_effort": "low", "thinking": True},
        sent={"model": "kimi-k3", "reasoning_effort": "low"},
    ),
    "an effort that vLLM has besides": Row(
        endpoint="vllm",
        model="kimi-k3",
        settings={"reasoning_effort": "none"},
        sent={"model": "moonshotai/Kimi-K3", "reasoning_effort": "none"},
    ),
    "an effort that Fireworks has besides": Row(
        endpoint="fireworks",
        model="kimi-k3",
        settings={"reasoning_effort": "xhigh"},
        sent={"model": "accounts/fireworks/models/kimi-k3", "reasoning_effort": "xhigh"},
    ),
    "an effort that kimi-k3 has not": Row(
        model="kimi-k3",
        settings={"reasoning_effort": "medium"},
        refused=("'medium'", "takes one of low, high, max"),
    ),
    "an effort of kimi-k2.6": Row(
        model=K26,
        settings={"reasoning_effort": "high"},
        refused=("has no reasoning_effort", "kimi-k3"),
    ),
    "the effort none": Row(
        model=K26, settings={"reasoning_effort": "none"}, refused=("has no reasoning_effort",)
    ),
    "an effort of K2-Instruct": Row(
        endpoint="vllm",
        settings={"reasoning_effort": "low"},
        refused=("has no reasoning_effort",),
    ),
    "an effort on vLLM": Row(
        endpoint="vllm",
        model="kimi-k3",
        settings={"reasoning_effort": "low"},
        sent={"model": "moonshotai/Kimi-K3", "reasoning_effort": "low"},
    ),
    "OpenRouter takes any effort": Row(
        model=K26,
        endpoint="openrouter",
        settings={"thinking": True, "reasoning_effort": "xhigh"},
        sent={
            "model": "moonshotai/kimi-k2.6",
            "reasoning": {"effort": "xhigh", "enabled": True},
        },
    ),
    "OpenRouter's effort of a model that always thinks": Row(
        endpoint="openrouter",
        model="kimi-k3",
        settings={"thinking": True, "reasoning_effort": "low"},
        sent={"model": "moonshotai/kimi-k3", "reasoning": {"effort": "low"}},
    ),
}


def _replayed(
    endpoint: str,
    model: str,
    field: str,
    given: str | None,
    on_call: str | None,
    on_answer: str | None,
    **rest: Any,
) -> Row:
    """Return a row for a loop that is over, its answer, and one more question."""

    def loop(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[dict[str, Any]]:
        return [
            user(),
            said("Looking.", call(NATIVE), **before),
            result(NATIVE),
            said("Sunny.", **after),
            user("Thanks"),
        ]

    def named(name: str, reasoning: str | None) -> dict[str, Any]:
        return {} if reasoning is None else {name: reasoning}

    had = named("reasoning_content", given)
    spelt = {"openrouter": f"moonshotai/{model}", "vllm": "moonshotai/Kimi-K2-Instruct"}
    extra = rest.pop("extra", {})
    return Row(
        endpoint=endpoint,
        model=model,
        messages=loop(had, had),
        tools=[WEATHER],
        sent={
            "model": rest.pop("name", spelt.get(endpoint, model)),
            "messages": loop(named(field, on_call), named(field, on_answer)),
            **extra,
        },
        **rest,
    )


THEIRS = "reasoning_content"
KEEP: dict[str, Any] = {
    "settings": {"keep_thinking": True},
    "extra": {"thinking": {"type": "enabled", "keep": "all"}},
}
STOP: dict[str, Any] = {"settings": {"thinking": False}, "extra": {"thinking": OFF}}

_REPLAY: Mapping[str, Row] = {
    "kimi-k3 wants all of it": _replayed("moonshot", "kimi-k3", THEIRS, WHY, WHY, WHY),
    "kimi-k2.7-code wants all of it": _replayed(
        "moonshot", "kimi-k2.7-code", THEIRS, WHY, WHY, WHY
    ),
    "kimi-k2.6 wants it beside calls": _replayed("moonshot", K26, THEIRS, WHY, WHY, None),
    "kimi-k2.6 with keep wants all of it": _replayed(
        "moonshot", K26, THEIRS, WHY, WHY, WHY, **KEEP
    ),
    "kimi-k2.6 without thinking wants none": _replayed(
        "moonshot", K26, THEIRS, WHY, None, None, **STOP
    ),
    "a history without reasoning": _replayed("moonshot", K26, THEIRS, None, " ", None),
    "a history without reasoning for kimi-k3": _replayed(
        "moonshot", "kimi-k3", THEIRS, None, " ", None
    ),
    "reasoning that is empty": _replayed("moonshot", K26, THEIRS, "", " ", None),
    "OpenRouter's name": _replayed("openrouter", K26, "reasoning", WHY, WHY, None),
    "OpenRouter's kimi-k3": _replayed("openrouter", "kimi-k3", "reasoning", WHY, WHY, WHY),
    "vLLM's name": _replayed(
        "vllm", "kimi-k2-thinking", "reasoning", WHY, WHY, None, name="moonshotai/Kimi-K2-Thinking"
    ),
    "SGLang's name": _replayed("sglang", K26, THEIRS, WHY, WHY, None, name="moonshotai/Kimi-K2.6"),
    "K2-Instruct has none": _replayed("vllm", "kimi-k2-instruct", "reasoning", WHY, None, None),
}

ROWS: dict[str, Row] = {**_SWITCH, **_EFFORT, **_REPLAY}
"""Rows by what they show."""
