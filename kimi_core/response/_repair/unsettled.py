"""What of an answer the model may be asked for again, as a value.

Owns: `Unsettled`. May know: events.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from kimi_core.events import ToolCall
from kimi_core.events.arguments import InvalidArguments

__all__ = ["Unsettled"]


class Unsettled(NamedTuple):
    """What of an answer the model may be asked for again.

    Attributes:
        calls: All its calls, each with the reason why it cannot be run, or None.
        text: Text that was meant as a call, where there is no call.
    """

    calls: Sequence[tuple[ToolCall, InvalidArguments | None]]
    text: str
