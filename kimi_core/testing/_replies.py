"""What the simulator is told to answer.

Owns: the values in which a test scripts an answer. May know: the standard library.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

__all__ = ["Answers", "SimulatedReply", "SimulatedToolCall", "UsagePlacement"]

UsagePlacement = Literal["choice", "top", "final", "all"]


@dataclass(frozen=True, slots=True)
class SimulatedToolCall:
    """One call in a simulated answer.

    Attributes:
        name: The function's name; it need not have been offered.
        arguments: A mapping, sent as JSON, or text, sent verbatim (e.g. JSON cut short).
        id: The call's id; None for one in the style of the model (``get_weather_0`` on kimi-k3,
            ``get_weather:0`` on kimi-k2.6), unique in the conversation.
    """

    name: str
    arguments: Mapping[str, Any] | str = "{}"
    id: str | None = None

    @property
    def arguments_text(self) -> str:
        """The arguments as they are sent."""
        if isinstance(self.arguments, str):
            return self.arguments
        return json.dumps(self.arguments, ensure_ascii=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedReply:
    """One simulated answer. It is sent as scripted: `stop` and token limits do not shorten it.

    Attributes:
        content: The text of the answer.
        reasoning: The reasoning; None for none at all, which differs from an empty one.
        tool_calls: Calls, after the content.
        raw: Text that still holds Kimi's tokens; sent as the content in place of all the above, as
            an engine without a tool-call parser sends it. On ``/v1/completions`` the text is made
            from `content`, `reasoning` and `tool_calls` (K2 tokens) where this is None.
        chunk_size: Characters of one delta; None for a word with the blanks before it.
        usage: Where a stream says its usage: in the finishing chunk's choice, at its top, in a
            final chunk without choices, or in all three. None for what the first-party API does:
            in the choice, and in a final chunk too where `stream_options.include_usage` asks.
        cached_tokens: Prompt tokens said to come from the cache; None for 0 in the details and no
            field of its own at the top of the usage.
        cache_write_tokens: Prompt tokens said to be written to the cache; None for 0.
        reasoning_tokens: Tokens said to be reasoning; None to count `reasoning`.
        finish_reason: None for "tool_calls" where there are any, otherwise "stop".
        reasoning_field: The field that carries the reasoning; vLLM calls it "reasoning".
        truncate_after: Drop the connection after this many events of a stream, or this many bytes
            of a body; None to send all.
        error: A status and a body (a mapping as JSON, text as HTML) sent instead of an answer.
        retry_after: Seconds in the Retry-After header of an error; None to leave it out.
    """

    content: str = ""
    reasoning: str | None = None
    tool_calls: Sequence[SimulatedToolCall] = ()
    raw: str | None = None
    chunk_size: int | None = None
    usage: UsagePlacement | None = None
    cached_tokens: int | None = None
    cache_write_tokens: int | None = None
    reasoning_tokens: int | None = None
    finish_reason: str | None = None
    reasoning_field: str = "reasoning_content"
    truncate_after: int | None = None
    error: tuple[int, Mapping[str, Any] | str] | None = None
    retry_after: float | None = None


Answers = Callable[[Mapping[str, Any]], SimulatedReply | None]
"""What is answered to a request's body; None for what the simulator answers by itself."""
