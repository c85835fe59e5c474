"""The special tokens of both families: their spelling, their ids, and how to spot them in text.

Owns: the two tables and the pattern that finds any of their spellings in text.
May know: its own files. It does not know what a prompt looks like.

Source: ``added_tokens_decoder`` in the tokenizer_config.json of Kimi-K2.5 and of Kimi-K3. Both
families share the 163,584 ordinary tokens, but the ids 163586 to 163588 mean something else in
each: a prompt encoded with the other family's table is silently wrong, so every caller must say
which dialect it wants.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from kimi_core.raw.encoder import Dialect

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["ORDINARY_TOKENS", "SPECIAL_TOKEN_PATTERN", "Dialect", "special_tokens"]

ORDINARY_TOKENS = 163_584
"""Number of ordinary tokens; the ids of special tokens begin here."""

_RESERVED = 256

_SHARED = {
    163584: "[BOS]",
    163585: "[EOS]",
    163593: "[EOT]",
    163602: "<|media_begin|>",
    163603: "<|media_content|>",
    163604: "<|media_end|>",
    163605: "<|media_pad|>",
    163838: "[UNK]",
    163839: "[PAD]",
}

_K2 = {
    **_SHARED,
    163586: "<|im_end|>",
    163587: "<|im_user|>",
    163588: "<|im_assistant|>",
    163590: "<|start_header_id|>",
    163591: "<|end_header_id|>",
    163594: "<|im_system|>",
    163595: "<|tool_calls_section_begin|>",
    163596: "<|tool_calls_section_end|>",
    163597: "<|tool_call_begin|>",
    163598: "<|tool_call_argument_begin|>",
    163599: "<|tool_call_end|>",
    163601: "<|im_middle|>",
    163606: "<think>",
    163607: "</think>",
}

_K3 = {
    **_SHARED,
    163586: "<|end_of_msg|>",
    163587: "<|open|>",
    163588: "<|close|>",
    163589: "<|sep|>",
    163590: "[start_header_id]",
    163591: "[end_header_id]",
    163649: "<osagent_mode>",
}

_NAMED: dict[Dialect, dict[int, str]] = {"k2": _K2, "k3": _K3}

SPECIAL_TOKEN_PATTERN = re.compile(
    "|".join(re.escape(text) for text in sorted({*_K2.values(), *_K3.values()}))
    + r"|<\|reserved_token_\d{6}\|>"
)
"""Finds the spelling of a special token of either family, e.g. in a user's text."""


@lru_cache(maxsize=2)
def special_tokens(dialect: Dialect) -> Mapping[str, int]:
    """Return every special token of a family with its id.

    Args:
        dialect: "k2" for all K2 models up to K2.7, "k3" for K3.

    Returns:
        256 spellings and their ids. Ids without a name of their own are spelled
        ``<|reserved_token_{id}|>``, as Moonshot's tokenizer spells them.
    """
    named = _NAMED[dialect]
    ids = range(ORDINARY_TOKENS, ORDINARY_TOKENS + _RESERVED)
    return {named.get(number, f"<|reserved_token_{number}|>"): number for number in ids}
