"""What the model said, as events; the vocabulary of the whole package.

Owns: the event types, the parsed message, and the sum of events.
May know: its own files, lazy. It does not know where an event comes from (raw tokens parsed by
`kimi_core.raw.parser`, or a server's own fields read by `kimi_core.response`): both sources speak
these types, so that an adapter never has to ask.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kimi_core.events._builder import MessageBuilder
    from kimi_core.events._message import Diagnostic, ParsedMessage, ToolCall, wire_call
    from kimi_core.events._types import (
        ContentDelta,
        Event,
        ReasoningDelta,
        Repair,
        ToolCallArguments,
        ToolCallEnd,
        ToolCallStart,
    )
else:
    from kimi_core.lazy import lazily

    _HOMES = {
        "kimi_core.events._builder": "MessageBuilder",
        "kimi_core.events._message": "Diagnostic ParsedMessage ToolCall wire_call",
        "kimi_core.events._types": (
            "ContentDelta Event ReasoningDelta Repair ToolCallArguments ToolCallEnd ToolCallStart"
        ),
    }
    __getattr__, __dir__ = lazily(__name__, _HOMES)

__all__ = [
    "ContentDelta",
    "Diagnostic",
    "Event",
    "MessageBuilder",
    "ParsedMessage",
    "ReasoningDelta",
    "Repair",
    "ToolCall",
    "ToolCallArguments",
    "ToolCallEnd",
    "ToolCallStart",
    "wire_call",
]
