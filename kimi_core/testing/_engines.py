"""How engines differ, as data: what each makes of a request, and of what the model writes.

Owns: one row an engine and way of starting it. May know: the standard library. Simulated.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["ENGINE_PROFILES", "EngineProfile"]


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineProfile:
    """What one engine does, started in one way.

    Attributes:
        name: What it is called here.
        source: What it is known from: a recording, or the engine's sources, which were read where
            it cannot run.
        tool_parser: Whether it was started with a parser of Kimi's calls.
        reasoning_parser: Whether it was started with one of Kimi's reasoning.
        reasoning_field: The field in which it sends reasoning, and reads it back.
        names: The pattern of a tool's name in a call that its parser finds.
        lines: Whether its parser finds arguments that have several lines.
        unknown_tools: Whether its parser hands on calls of tools that were not offered.
        drops_damaged: Whether a whole answer loses a call whose arguments are no JSON.
        own_ids: Whether it counts the ids of calls itself, in place of the model's.
        without_parser: What a forced choice becomes where it has no tool parser: a JSON list in the
            content, a 400, or nothing.
        named_choice: Whether it reads a choice by name.
        keeps_schema: Whether response_format binds the answer.
        structural_tags: Whether response_format may be a structural tag that forces a call.
        unoffered: What becomes of a call that no tool was offered for: text, or nothing.
        continuation: What a last message of the assistant is: continued where
            ``continue_final_message`` says so ("told"), continued and said again ("repeated").
        flat_errors: Whether an error has no ``error`` around it.
        overflow: Its words for a prompt that is too long.
        refuses_models: Whether another model's name is a 404.
    """

    name: str
    source: str
    tool_parser: bool = True
    reasoning_parser: bool = True
    reasoning_field: str = "reasoning_content"
    names: str = r"[\w.-]+"
    lines: bool = True
    unknown_tools: bool = True
    drops_damaged: bool = False
    own_ids: bool = False
    without_parser: Literal["list", "refused", "ignored"] = "ignored"
    named_choice: bool = True
    keeps_schema: bool = True
    structural_tags: bool = False
    unoffered: Literal["text", "nothing"] = "text"
    continuation: Literal["told", "repeated"] = "told"
    flat_errors: bool = False
    overflow: str = "This model's maximum context length is {limit} tokens."
    refuses_models: bool = False


_VLLM = EngineProfile(
    name="vllm",
    source="vLLM 0.32.0, recorded",
    reasoning_field="reasoning",
    without_parser="refused",
    unoffered="nothing",
    refuses_models=True,
)
_SGLANG = EngineProfile(
    name="sglang",
    source="SGLang 0.5.23, recorded",
    drops_damaged=True,
    own_ids=True,
    without_parser="list",
    structural_tags=True,
    flat_errors=True,
    overflow="The input ({tokens} tokens) is longer than the model's context length ({limit} "
    "tokens).",
)
_ROWS = (
    _VLLM,
    replace(_VLLM, name="vllm-no-reasoning", reasoning_parser=False),
    replace(_VLLM, name="vllm-raw", tool_parser=False, reasoning_parser=False),
    _SGLANG,
    replace(_SGLANG, name="sglang-no-reasoning", reasoning_parser=False),
    replace(_SGLANG, name="sglang-raw", tool_parser=False, reasoning_parser=False),
    EngineProfile(
        name="llama.cpp",
        source="llama.cpp b11549, recorded",
        named_choice=False,
        keeps_schema=False,
        continuation="repeated",
        overflow="request ({tokens} tokens) exceeds the available context size ({limit} tokens)",
    ),
    EngineProfile(
        name="tensorrt-llm",
        source="its kimi_k2_tool_parser.py at 65b31db1, read; never run",
        names=r"[\w.]+",
        lines=False,
        unknown_tools=False,
        drops_damaged=True,
        overflow="The prompt ({tokens} tokens) is longer than max_seq_len ({limit}).",
    ),
    replace(
        _SGLANG,
        name="ktransformers",
        source="the kimi_k2 detector of sglang-kt 0.7.0, called; its server read, never run",
        names=r"[\w.]+",
        own_ids=False,
    ),
)
ENGINE_PROFILES: Mapping[str, EngineProfile] = MappingProxyType({row.name: row for row in _ROWS})
"""Profiles by name. What a profile says is true of the version that its source names."""
