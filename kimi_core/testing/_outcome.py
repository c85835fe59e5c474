"""What comes over the wire and what goes back.

Owns: the recorded request, the refusal, and the answer with its bytes. May know: the standard
library.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Outcome", "RecordedRequest", "Refusal"]


@dataclass(frozen=True, slots=True)
class RecordedRequest:
    """One request that the simulator got.

    Attributes:
        method: "GET", "POST" or "DELETE".
        path: The path, from ``/v1``.
        headers: Header names in lower case -> values.
        body: The JSON body, the fields of a form, or None.
        query: What stands behind the path, by name.
    """

    method: str
    path: str
    headers: Mapping[str, str]
    body: Any
    query: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class Refusal:
    """One request that was refused.

    Attributes:
        rule: Which rule it broke: a name in `RULES`, or "key", "route" or "json".
        status: The HTTP status of the answer.
        body: The body of the answer.
        request: What was asked.
    """

    rule: str
    status: int
    body: Mapping[str, Any]
    request: RecordedRequest

    @property
    def message(self) -> str:
        """The error's message."""
        return str(self.body["error"]["message"])


@dataclass(frozen=True, slots=True)
class Outcome:
    """What goes over the wire: a body, or the chunks of a stream.

    `leave` is called before the last byte is sent: then the request is over for the server.
    """

    status: int
    body: Mapping[str, Any] | str | None
    chunks: list[dict[str, Any]] | None = None
    retry_after: float | None = None
    truncate_after: int | None = None
    number: int = 0
    named: bool = False
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    leave: Callable[[], object] = bool

    def content(self) -> bytes:
        """Return the bytes of the body."""
        text = self.body if isinstance(self.body, str) else json.dumps(self.body)
        return text.encode()

    def events(self) -> Iterator[bytes]:
        """Yield the events of the stream, ``[DONE]`` last."""
        for chunk in self.chunks or ():
            text = json.dumps(chunk, ensure_ascii=False, separators=(",", ":"))
            name = f"event: {chunk['type']}\n" if self.named else ""
            yield f"{name}data: {text}\n\n".encode()
        if not self.named:
            yield b"data: [DONE]\n\n"
