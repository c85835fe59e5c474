"""Old place of names that live in `kimi_core.events`; gone with 1.0."""

from kimi_core.events import (
    ContentDelta,
    Diagnostic,
    Event,
    MessageBuilder,
    ParsedMessage,
    ReasoningDelta,
    ToolCall,
    ToolCallArguments,
    ToolCallEnd,
    ToolCallStart,
)

__all__ = [
    "ContentDelta",
    "Diagnostic",
    "Event",
    "MessageBuilder",
    "ParsedMessage",
    "ReasoningDelta",
    "ToolCall",
    "ToolCallArguments",
    "ToolCallEnd",
    "ToolCallStart",
]
