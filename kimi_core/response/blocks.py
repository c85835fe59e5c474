"""The content of an answer as LangChain's standard blocks, which are values of JSON.

Owns: the block of each thing that an answer says, and its index in a stream. May know: its own
files, request.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kimi_core.request.blocks import known
from kimi_core.response._incomplete import withheld_in

__all__ = ["growing_blocks", "indexed_blocks", "refusal_blocks", "standard_blocks"]


def standard_blocks(content: str, reasoning: str) -> list[Any]:
    """Return the blocks of reasoning and text; none for what is empty."""
    told = known(reasoning=reasoning, text=content)
    return [{"type": kind, kind: said} for kind, said in told.items()]


def refusal_blocks(metadata: Mapping[str, Any]) -> list[Any]:
    """Return a ``RefusalContentBlock`` for the metadata of a withheld answer; otherwise nothing."""
    found = withheld_in(metadata)
    if found is None:
        return []
    reason, refusal = found
    return [{"type": "refusal", "refusal": refusal, "extras": {"category": reason}}]


def indexed_blocks(blocks: Sequence[Mapping[str, Any]]) -> list[Any]:
    """Give blocks indices that never meet those of calls: docs/design.md says why."""
    return [{**block, "index": f"lc_{block['type']}"} for block in blocks]


def growing_blocks(content: str, reasoning: str, calls: Sequence[Mapping[str, Any]]) -> list[Any]:
    """Return the blocks of one chunk.

    Args:
        content: What is new of the text.
        reasoning: What is new of the reasoning.
        calls: Pieces of calls, each with its ``index``.
    """
    begun = [{**one, "type": "tool_call_chunk", "index": f"lc_tc_{one['index']}"} for one in calls]
    return [*indexed_blocks(standard_blocks(content, reasoning)), *begun]
