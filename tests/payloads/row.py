"""One row of the table of payloads, and the words that rows are written with.

Owns: what a row says, and short ways to write messages and tools. May know: kimi_core; no
framework, because the rows are run with each and without any.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["HELLO", "PLANNED", "TIME", "WEATHER", "Row", "call", "result", "said", "user"]


def user(content: Any = "Hi", **fields: Any) -> dict[str, Any]:
    """Return a question."""
    return {"role": "user", "content": content, **fields}


def said(content: Any = "", *calls: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """Return an assistant's message."""
    made = {"tool_calls": list(calls)} if calls else {}
    return {"role": "assistant", "content": content, **made, **fields}


def call(identity: str, name: str = "get_weather", arguments: str = "{}") -> dict[str, Any]:
    """Return a tool call as it stands in an assistant's message."""
    function = {"name": name, "arguments": arguments}
    return {"id": identity, "type": "function", "function": function}


def result(identity: str, content: Any = "sunny", **fields: Any) -> dict[str, Any]:
    """Return a tool message."""
    return {"role": "tool", "tool_call_id": identity, "content": content, **fields}


def _tool(name: str) -> dict[str, Any]:
    parameters = {"type": "object", "properties": {"city": {"type": "string"}}}
    return {"type": "function", "function": {"name": name, "parameters": parameters}}


HELLO = [user()]
WEATHER = _tool("get_weather")
TIME = _tool("get_time")


PLANNED = "model .* is to be retired on "
"""Begins a warning that most rows bring, since they name kimi-k2.6 on purpose; none is about it."""

ALWAYS: Mapping[str, Mapping[str, Any]] = {"vllm": {"spaces_between_special_tokens": False}}
"""What a server gets on the chat route although nobody set it; rows do not repeat it."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """What is asked for, and what becomes of it: a payload, or a sentence before any request.

    Attributes:
        endpoint: A preset's name.
        model: As the caller spells it; None for the endpoint's own.
        settings: Arguments of the constructor that `ChatKimiK2` has in both frameworks.
        options: Settings of one call; what is no option of the core is a field of the payload.
        messages: OpenAI-style dicts.
        tools: OpenAI-style dicts.
        stream: Whether the answer is streamed.
        sent: The payload; "messages" and "tools" may be left out where they go as they were given.
        refused: Words of the `KimiConfigError`, whoever raises it; upper and lower case are one.
        warns: The warning that comes along.
        core_only: Why neither framework can say it; empty where both can.
        documented: Whether the strict simulator takes it; only rows of the first party ask it.
    """

    endpoint: str = "moonshot"
    model: str | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    messages: Sequence[Mapping[str, Any]] = field(default_factory=lambda: HELLO)
    tools: Sequence[Mapping[str, Any]] = ()
    stream: bool = False
    sent: Mapping[str, Any] | None = None
    refused: tuple[str, ...] = ()
    warns: type[Warning] | None = None
    core_only: str = ""
    documented: bool = True

    @property
    def payload(self) -> dict[str, Any]:
        """Return the whole payload."""
        assert self.sent is not None
        prompt = "prompt" in self.sent
        given: dict[str, Any] = (
            {} if prompt else {"messages": list(self.messages), **ALWAYS.get(self.endpoint, {})}
        )
        if self.tools and not prompt:
            given["tools"] = list(self.tools)
        return {**given, **self.sent}
