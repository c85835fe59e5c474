"""What the answer to a `Call` says, where it is JSON.

Owns: objects, lists and fields of such answers, and the error where they are missing. May know:
_json, errors; jiter.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar, cast
from urllib.parse import quote

import jiter

from kimi_core._json import JsonValue, as_mapping, as_sequence
from kimi_core.errors import KimiConfigError, KimiProtocolError

__all__ = ["field_of", "json_object", "list_of", "path_of"]

_T = TypeVar("_T")


def json_object(text: str) -> dict[str, Any]:
    """Read an answer that is one JSON object.

    Raises:
        KimiProtocolError: Where it is none.
    """
    try:
        value = jiter.from_json(text.encode())
    except ValueError as error:
        raise KimiProtocolError(f"the server's answer is not JSON: {text[:200]!r}") from error
    if not isinstance(value, dict):
        raise KimiProtocolError(f"the server's answer is not a JSON object: {text[:200]!r}")
    return cast("dict[str, Any]", value)


def field_of(fields: Mapping[str, JsonValue], name: str) -> JsonValue:
    """Return a field that an answer must have.

    Raises:
        KimiProtocolError: Where it has not.
    """
    if name not in fields:
        raise KimiProtocolError(f"the server's answer lacks {name!r}: {str(dict(fields))[:200]}")
    return fields[name]


def list_of(read: Callable[[Mapping[str, Any]], _T]) -> Callable[[str], tuple[_T, ...]]:
    """Return what reads an answer that is a list of objects."""

    def read_all(text: str) -> tuple[_T, ...]:
        rows = as_sequence(field_of(json_object(text), "data") or [])
        read_rows = [None] if rows is None else [as_mapping(row) for row in rows]
        if None in read_rows:
            raise KimiProtocolError(f"the server's answer is not a list of objects: {text[:200]!r}")
        return tuple(read(row) for row in read_rows if row is not None)

    return read_all


def path_of(collection: str, name: str) -> str:
    """Return the route of one thing.

    Raises:
        KimiConfigError: For an empty name, whose route would be that of all of them.
    """
    if not name:
        raise KimiConfigError(f"An empty id names nothing in {collection}; pass an id.")
    return f"/{collection}/{quote(name, safe='')}"
