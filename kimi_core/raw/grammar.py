"""Grammars for tool calls (being written)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["tool_call_grammar"]


def tool_call_grammar(
    tools: Sequence[Mapping[str, Any]],
    *,
    tool_choice: str | Mapping[str, Any] = "required",
    dialect: Literal["k2", "k3"] = "k2",
    engine: Literal["llama.cpp", "vllm", "sglang"] = "llama.cpp",
    parallel: bool = False,
    thinking: bool = False,
    max_string_length: int | None = None,
) -> dict[str, Any]:
    """Being written."""
    raise NotImplementedError
