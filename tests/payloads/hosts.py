"""Rows about hosts that serve Kimi besides Moonshot and OpenRouter.

Owns: what each host's row of facts makes of the same few requests: its names, where usage is asked
for, how thinking is switched off, and where reasoning goes back. May know: the words of rows.
"""

from __future__ import annotations

from kimi_core import IgnoredSettingWarning
from tests.payloads.row import HELLO, WEATHER, Row, call, result, said

__all__ = ["ROWS"]

# endpoint -> what it calls its default model
_NAMES = {
    "groq": "moonshotai/kimi-k2-instruct-0905",
    "together": "moonshotai/Kimi-K3.1-Pro",
    "fireworks": "accounts/fireworks/models/kimi-k3p1-pro",
    "novita": "moonshotai/kimi-k3.1-pro",
    "deepinfra": "moonshotai/Kimi-K3.1-Pro",
    "baseten": "moonshotai/Kimi-K3.1-Pro",
    "siliconflow": "moonshotai/Kimi-K3",
    "siliconflow-cn": "Pro/moonshotai/Kimi-K2.6",
    "nvidia": "moonshotai/kimi-k3",
    "huggingface": "moonshotai/Kimi-K3.1-Pro",
    "custom": "moonshotai/Kimi-K2-Instruct",
}
_ASKED = {"stream": True, "stream_options": {"include_usage": True}}
_ROUND = [
    *HELLO,
    said("", call("functions.get_weather:0"), reasoning_content="Look it up."),
    result("functions.get_weather:0"),
]


ROWS: dict[str, Row] = {
    **{
        f"max_tokens at {endpoint}, streamed": Row(
            endpoint=endpoint,
            options={"max_tokens": 9},
            stream=True,
            # Groq reports usage unasked, up to three times (recordings fantasy-groq-*).
            sent={"model": name, "max_tokens": 9}
            | ({"stream": True} if endpoint == "groq" else _ASKED),
        )
        for endpoint, name in _NAMES.items()
    },
    **{
        f"reasoning goes back to {endpoint}": Row(
            endpoint=endpoint,
            messages=_ROUND,
            tools=[WEATHER],
            sent={"model": _NAMES[endpoint], "messages": _ROUND},
        )
        for endpoint in ("together", "fireworks", "novita", "deepinfra", "baseten", "nvidia")
    },
    "Fireworks is told not to think": Row(
        endpoint="fireworks",
        model="kimi-k2.6",
        settings={"thinking": False},
        sent={"model": "accounts/fireworks/models/kimi-k2p6", "thinking": {"type": "disabled"}},
    ),
    "Novita is told not to think": Row(
        endpoint="novita",
        model="kimi-k2.6",
        settings={"thinking": False},
        sent={"model": "moonshotai/kimi-k2.6", "thinking": {"type": "disabled"}},
    ),
    "DeepInfra is told not to think": Row(
        endpoint="deepinfra",
        model="kimi-k2.6",
        settings={"thinking": False},
        sent={"model": "moonshotai/Kimi-K2.6", "reasoning": {"enabled": False}},
    ),
    **{
        f"{endpoint} cannot be told not to think": Row(
            endpoint=endpoint,
            model="kimi-k2.6",
            settings={"thinking": False},
            sent={"model": "moonshotai/Kimi-K2.6"},
            warns=IgnoredSettingWarning,
        )
        for endpoint in ("baseten", "siliconflow", "huggingface")
    },
    "a routing suffix stays behind a name at OpenRouter": Row(
        endpoint="openrouter", model="kimi-k2.6:nitro", sent={"model": "moonshotai/kimi-k2.6:nitro"}
    ),
    "a suffix names the host behind Hugging Face": Row(
        endpoint="huggingface",
        model="kimi-k2.6:baseten",
        sent={"model": "moonshotai/Kimi-K2.6:baseten"},
    ),
    "a checkpoint's own name goes through as it is": Row(
        endpoint="novita", model="moonshotai/kimi-k2.6", sent={"model": "moonshotai/kimi-k2.6"}
    ),
}
"""Rows by what they show."""
