"""Bytes of a body that is one JSON object -> that object, as soon as it is whole. Sans I/O.

Owns: when a body is whole, how large it may be, and what a body that breaks off still says.
May know: errors; jiter.

A server may hold the connection open behind a whole body, or lose it there; neither changes the
answer.
"""

from __future__ import annotations

import json
from typing import Any, cast

import jiter

from kimi_core.errors import KimiProtocolError

__all__ = ["BYTE_ORDER_MARK", "BodyReader", "read_beginning", "read_json"]

_MOST_BYTES = 256 * 1024 * 1024  # an answer of a million tokens with log probabilities
_MOST_DIGITS = 4_300  # of a whole number, where Python's own reader gives up
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_LENIENT = json.JSONDecoder(
    strict=False, parse_int=float
)  # finds the end; the value is thrown away
_TRIES = 4  # bytes that may be parsed for each byte of the body, so that reading stays linear


def read_json(body: bytes) -> Any:  # noqa: ANN401 - any JSON value
    """Read a whole body, or the data of an event; leading blanks are padding (OpenRouter's).

    Raises:
        ValueError: It is no JSON.
    """
    try:
        return jiter.from_json(body)
    except ValueError as error:
        try:
            return _odd_json(_bare(body).decode())
        except (ValueError, RecursionError):
            raise error from None


def _bare(text: bytes) -> bytes:
    return text.strip().removeprefix(BYTE_ORDER_MARK)


def _odd_json(text: str) -> Any:  # noqa: ANN401 - as above
    """Read what the fast reader refuses, and what has one meaning all the same.

    Raw control characters, numbers of any length, and halves of surrogate pairs: a server that cuts
    its text in UTF-16 sends one half in each chunk. A half has no UTF-8, so nobody could print it
    or send it back; in the arguments of a call it stays, since a changed call would be run.
    """
    return json.loads(text, strict=False, parse_int=_number, object_hook=_without_halves)


def _number(digits: str) -> int | float:
    return int(digits) if len(digits) < _MOST_DIGITS else float(digits)


def _without_halves(value: dict[str, Any]) -> dict[str, Any]:
    return {
        name: part.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        if isinstance(part, str) and name != "arguments"
        else part
        for name, part in value.items()
    }


def read_beginning(text: bytes) -> dict[str, Any] | None:
    """Read as much as is there of a JSON object that breaks off; None where it is none."""
    try:
        value = jiter.from_json(_bare(text), partial_mode="trailing-strings")
    except ValueError:
        return None
    return cast("dict[str, Any]", value) if isinstance(value, dict) else None


class BodyReader:
    """Collects a body.

    Attributes:
        value: The object, once it is whole; None before.
    """

    def __init__(self) -> None:
        """Start at the beginning of a body."""
        self.value: dict[str, Any] | None = None
        self._pieces: list[bytes] = []
        self._size = 0
        self._parsed = 0

    def feed(self, data: bytes) -> None:
        """Take bytes as they came.

        Raises:
            KimiProtocolError: Where the body is larger than any answer.
        """
        self._pieces.append(data)
        self._size += len(data)
        if self._size > _MOST_BYTES:
            message = f"the server's answer has more than {_MOST_BYTES} bytes; it was given up."
            raise KimiProtocolError(message)
        # Most pieces of a long body do not end as an object does.
        if data.rstrip().endswith(b"}") and self._parsed <= _TRIES * self._size:
            self._parsed += self._size
            try:
                self.value = _object(self._body)
            except ValueError:
                return

    def close(self) -> dict[str, Any] | None:
        """Return the object of a body that has ended; None where it ends in the middle.

        Raises:
            KimiProtocolError: Where it is none.
        """
        if self.value is not None:
            return self.value
        try:
            self.value = _object(self._body)
        except ValueError as error:
            # Where it came in two pieces, it was taken before the second was there.
            self.value = _object_in_front(self._body)
            if self.value is not None or self.beginning() is not None:
                return self.value
            message = (
                f"the server's answer is not JSON ({error}): {self.shown!r}. "
                "Check that base_url names an OpenAI-compatible API, usually ending in /v1."
            )
            raise KimiProtocolError(message) from error
        return self.value

    def beginning(self) -> dict[str, Any] | None:
        """Return as much of the object as is there; None of a whole one, or where none is."""
        return read_beginning(self._body) if self.value is None else None

    @property
    def shown(self) -> bytes:
        """The first bytes, for an error."""
        return self._body[:200]

    @property
    def _body(self) -> bytes:
        whole = b"".join(self._pieces)
        self._pieces = [whole]
        return whole


def _object_in_front(body: bytes) -> dict[str, Any] | None:
    """Read the whole object that a body begins with, whatever stands behind it, or None."""
    text = _bare(body).decode(errors="surrogateescape")
    try:
        _, end = _LENIENT.raw_decode(text)
        value = read_json(text[:end].encode(errors="surrogateescape"))
    except (ValueError, RecursionError):
        return None
    return cast("dict[str, Any]", value) if isinstance(value, dict) else None


def _object(body: bytes) -> dict[str, Any]:
    value = read_json(body)
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}
