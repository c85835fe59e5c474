"""What goes over the wire in answer to one request.

Owns: that value and its bytes. May know: the standard library.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["Outcome"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What goes over the wire: a body, or the chunks of a stream."""

    status: int
    body: Mapping[str, Any] | str | None
    chunks: list[dict[str, Any]] | None = None
    retry_after: float | None = None
    truncate_after: int | None = None
    number: int = 0
    named: bool = False

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
