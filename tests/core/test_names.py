"""The public names of the core are there, and stay.

Owns: what may be imported from `kimi_core` itself.
"""

from __future__ import annotations

import kimi_core

PROMISED = {
    "ENDPOINTS", "MODELS", "Capabilities", "ContentDelta", "Diagnostic", "Endpoint", "Event",
    "KimiError", "ModelInfo", "ParsedMessage", "ReasoningDelta", "StreamParser", "Tokenizer",
    "ToolCall", "ToolCallArguments", "ToolCallEnd", "ToolCallStart", "Usage", "encode_prompt",
    "get_endpoint", "get_model", "normalize_schema", "normalize_tool_call_ids", "parse",
    "render_prompt", "resolve", "tool_call_grammar",
}  # fmt: skip


def test_the_names_of_the_core() -> None:
    assert set(kimi_core.__all__) >= PROMISED
    assert [name for name in kimi_core.__all__ if not hasattr(kimi_core, name)] == []
