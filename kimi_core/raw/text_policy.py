"""Which text of an answer may be more than text, as a value.

Owns: `TextPolicy`, and which ends of an answer are none of the model's. May know: the standard
library.

It is decided once for each request, where tools and tool choice are decided, and the parser is
given it. What a marker's surroundings say of it stands in `kimi_core.raw._reading.text_rule`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["CUT_OFF", "TextPolicy"]

CUT_OFF = frozenset({"length", "content_filter"})
"""Finish reasons that end a message before the model did; any other, or none, is an end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TextPolicy:
    """Which text of one answer may become a tool call or a think block.

    Text that becomes neither stays text, byte for byte, where it stood.

    Attributes:
        tools: The tools that text may call, as OpenAI's dicts; with none no text is a call. Those
            of the request, unless its tool choice is "none".
        any_tool: Whether every name is believed, because the caller parses and did not say which
            tools there are. Only a call at the beginning of a line counts then.
        server_first: Whether a server has parsed before: a call in the text comes behind its own,
            and the same one twice is one.
        split: Whether a server has taken the reasoning out: no text opens a think block then.
    """

    tools: tuple[Mapping[str, Any], ...] = ()
    any_tool: bool = False
    server_first: bool = False
    split: bool = False
