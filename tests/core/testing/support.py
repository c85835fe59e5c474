"""How these tests talk to the simulator.

Owns: a plain HTTP post and the two bodies that most cases start from. May know: the standard
library and the simulator; no SDK, which would put requests right before they leave.
"""

from __future__ import annotations

import http.client
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kimi_core.testing import MoonshotSimulator

__all__ = ["Case", "assistant", "body", "post", "post_raw", "tool", "user"]

_CHAT = "/v1/chat/completions"


@dataclass(frozen=True)
class Case:
    """A request that breaks a rule, what comes back, and its nearest legal relative."""

    rule: str
    broken: dict[str, Any]
    message: str
    legal: dict[str, Any]
    note: str = ""

    @property
    def id(self) -> str:
        return f"{self.rule}-{self.note}" if self.note else self.rule


def post_raw(
    server: MoonshotSimulator,
    content: bytes,
    *,
    path: str = _CHAT,
    headers: Mapping[str, str] | None = None,
    method: str = "POST",
) -> tuple[int, Any, bytes]:
    """Send bytes; return the status, the response's headers and its body."""
    if headers is None:
        headers = {"Authorization": f"Bearer {server.api_key}"}
    host = server.base_url.split("/")[2]
    connection = http.client.HTTPConnection(host, timeout=10)
    try:
        connection.request(method, path, content, dict(headers))
        response = connection.getresponse()
        return response.status, response.headers, response.read()
    finally:
        connection.close()


def post(server: MoonshotSimulator, content: object, path: str = _CHAT) -> tuple[int, Any]:
    """Send JSON; return the status and the parsed body."""
    status, _, answer = post_raw(server, json.dumps(content).encode(), path=path)
    return status, json.loads(answer)


def user(content: object = "Hi") -> dict[str, Any]:
    return {"role": "user", "content": content}


def assistant(*ids: str, **extra: Any) -> dict[str, Any]:
    """An assistant message with a call for each id, and its reasoning."""
    calls = [
        {"id": name, "type": "function", "function": {"name": "add", "arguments": "{}"}}
        for name in ids
    ]
    message = {"role": "assistant", "content": "", "reasoning_content": "Hm.", "tool_calls": calls}
    return {**message, **extra}


def tool(parameters: object = None, name: str = "add", **extra: Any) -> dict[str, Any]:
    function = {"name": name, "parameters": parameters or {"type": "object", "properties": {}}}
    return {"type": "function", "function": function, **extra}


def body(*messages: dict[str, Any], model: str = "kimi-k2.6", **fields: Any) -> dict[str, Any]:
    return {"model": model, "messages": list(messages) or [user()], **fields}
