"""Short ways to ask for a payload, shared by the tests of requests.

Owns: a weather tool, and `payload`, which goes the public way: resolve, then build_request.
May know: kimi_core.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kimi_core.capabilities import resolve
from kimi_core.request import Options, Request, build_request

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from kimi_core.endpoints import Endpoint

__all__ = ["HELLO", "ask", "call", "named", "payload", "result", "tool"]

HELLO = [{"role": "user", "content": "Hi"}]


def tool(name: str = "get_weather") -> dict[str, Any]:
    """Return a tool with one argument."""
    parameters = {"type": "object", "properties": {"city": {"type": "string"}}}
    return {"type": "function", "function": {"name": name, "parameters": parameters}}


def named(name: str = "get_weather") -> dict[str, Any]:
    """Return OpenAI's form of a choice of one tool."""
    return {"type": "function", "function": {"name": name}}


def call(identity: str, name: str = "get_weather", arguments: str = "{}") -> dict[str, Any]:
    """Return a tool call as it stands in an assistant message."""
    function = {"name": name, "arguments": arguments}
    return {"id": identity, "type": "function", "function": function}


def result(identity: str, content: str = "sunny") -> dict[str, Any]:
    """Return a tool message."""
    return {"role": "tool", "tool_call_id": identity, "content": content}


def ask(
    endpoint: str | Endpoint,
    model: str | None = None,
    *,
    messages: Sequence[Mapping[str, Any]] = HELLO,
    tools: Sequence[Mapping[str, Any]] | None = None,
    overrides: Mapping[str, Any] | None = None,
    stream: bool = False,
    **options: Any,
) -> Request:
    """Build a request."""
    capabilities = resolve(model, endpoint, overrides)
    return build_request(messages, tools, Options(**options), capabilities, stream=stream)


def payload(endpoint: str | Endpoint, model: str | None = None, **rest: Any) -> dict[str, Any]:
    """Return the payload alone, without the messages where nobody gave any."""
    found = dict(ask(endpoint, model, **rest).payload)
    if "messages" not in rest:
        found.pop("messages", None)
    return found
