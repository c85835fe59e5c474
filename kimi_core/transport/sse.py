"""Bytes of an event stream -> JSON objects. Sans I/O.

Owns: the framing of server-sent events as OpenAI-compatible servers write them.
May know: errors; jiter. It reads no socket and knows no field of any chunk.

Liberal in what it reads, each seen in a recording or an issue: comments
(``: OPENROUTER PROCESSING``), ``data:`` with no blank behind it (Kimi Code), CRLF line ends, events
cut anywhere, even inside a UTF-8 character, and streams that end without a blank line.
"""

from __future__ import annotations

from typing import Any, cast

import jiter

from kimi_core.errors import KimiProtocolError

__all__ = ["EventStreamDecoder"]


class EventStreamDecoder:
    """Cuts bytes into events.

    Lines are split before they are decoded, so a UTF-8 character that two reads share is whole
    again by then.

    Attributes:
        done: Whether ``[DONE]`` was seen.
    """

    __slots__ = ("_tail", "done")

    def __init__(self) -> None:
        """Start at the beginning of a stream."""
        self._tail = b""
        self.done = False

    def feed(self, data: bytes) -> list[dict[str, Any]]:
        """Take bytes as they came and return the objects that became whole.

        Raises:
            KimiProtocolError: Where the data of an event is not a JSON object.
        """
        lines = (self._tail + data).split(b"\n")
        self._tail = lines.pop()
        return [event for line in lines if (event := self._read(line)) is not None]

    def close(self) -> list[dict[str, Any]]:
        """Return what a last line without its line end held."""
        tail, self._tail = self._tail, b""
        event = self._read(tail)
        return [] if event is None else [event]

    def _read(self, line: bytes) -> dict[str, Any] | None:
        # An event of these servers is one line; a field other than data, a comment or a blank line
        # carries nothing that anybody needs.
        if not line.startswith(b"data:"):
            return None
        payload = line[5:].strip()
        if payload == b"[DONE]":
            self.done = True
            return None
        if not payload or payload == b"null":  # an idle event of a relay (pi issue 2466)
            return None
        return _object(payload)


def _object(payload: bytes) -> dict[str, Any]:
    try:
        value = jiter.from_json(payload)
    except ValueError as error:
        message = f"the server sent an event that is not JSON ({error}): {payload[:200]!r}"
        raise KimiProtocolError(message) from error
    if not isinstance(value, dict):
        message = f"the server sent an event that is not a JSON object: {payload[:200]!r}"
        raise KimiProtocolError(message)
    return cast("dict[str, Any]", value)
