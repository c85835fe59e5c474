"""Rows about engines whose raw tokens are parsed here, on the chat route.

Owns: the fields that keep Kimi's tokens in the text and the engine's own parser off. Prompts
rendered here are tested in tests/core/test_request_raw.py.
"""

from __future__ import annotations

from tests.payloads.row import WEATHER, Row

__all__ = ["ROWS"]

VLLM = "moonshotai/Kimi-K2-Instruct"
CLIENT = {"tool_call_parser": "client"}
KEPT = {"skip_special_tokens": False, "spaces_between_special_tokens": False}

ROWS: dict[str, Row] = {
    # vLLM: without --enable-auto-tool-choice every choice but "none" is a 400.
    "vLLM's own parser is kept out": Row(
        endpoint="vllm",
        settings=CLIENT,
        tools=[WEATHER],
        sent={"model": VLLM, **KEPT, "tool_choice": "none"},
    ),
    "vLLM's own parser sleeps without tools": Row(
        endpoint="vllm", settings=CLIENT, sent={"model": VLLM, **KEPT}
    ),
    "SGLang keeps the tokens": Row(
        endpoint="sglang", settings=CLIENT, tools=[WEATHER], sent={"model": VLLM, **KEPT}
    ),
    "TensorRT-LLM keeps the tokens": Row(
        endpoint="tensorrt-llm", settings=CLIENT, tools=[WEATHER], sent={"model": VLLM, **KEPT}
    ),
    "KTransformers is a fork of SGLang": Row(
        endpoint="ktransformers", tools=[WEATHER], sent={"model": VLLM, **KEPT}
    ),
}
"""Rows by what they show."""
