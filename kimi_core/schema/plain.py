"""Whatever a caller hands over as JSON -> plain JSON of a bounded size.

Owns: what is no JSON, and what is too much of it. May know: its own files, _json, errors.

Everything behind this reader may call itself for what lies inside, copy, compare and write: there
are no circles, no depths, and no values that a writer of JSON refuses after the request is built.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from kimi_core._json import JsonValue, as_mapping, as_sequence
from kimi_core.errors import KimiConfigError
from kimi_core.schema.limits import (
    MAX_DEPTH,
    MAX_INTEGER_BITS,
    MAX_TEXT,
    MAX_VALUES,
    shortened,
)

__all__ = ["is_sayable", "plain_json"]

# A text for people that was cut in the middle of a character, as JavaScript's slice() does, is
# readable without it; a name or a value would become another one.
_LEAVES = frozenset({str, int, float, bool, type(None)})  # told soonest: most values are these
_FOR_PEOPLE = frozenset({"title", "description", "$comment"})


def plain_json(
    value: object, error: Callable[[str, str], KimiConfigError], *, loose: bool = False
) -> JsonValue:
    """Return a copy of dicts, lists, texts, numbers, booleans and None alone.

    Args:
        value: What should be JSON. Not changed.
        error: From a place and a problem to the error that names both.
        loose: Whether numbers and texts that no JSON can say (NaN, half of a surrogate pair) stay,
            for `is_sayable` to find.

    Raises:
        KimiConfigError: For what is no JSON, holds itself, or is too much.
    """
    return _Reader(error, loose=loose).read(value)


def is_sayable(value: JsonValue) -> bool:
    """Whether plain JSON holds no number or text that is none outside of Python."""
    waiting: list[Any] = [value]
    while waiting:
        found = waiting.pop()
        if isinstance(found, dict):
            waiting += found
            waiting += found.values()
        elif isinstance(found, list):
            waiting += found
        elif not _is_sayable_leaf(found):
            return False
    return True


def _is_sayable_leaf(value: JsonValue) -> bool:
    if isinstance(value, float):
        return math.isfinite(value)
    return not isinstance(value, str) or _has_utf8(value)


def _has_utf8(text: str) -> bool:
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


@dataclass
class _Open:
    """A container that is being read."""

    source: object
    members: Iterator[tuple[Any, Any]]
    copy: dict[str, Any] | list[Any]
    key: object = ""


class _Reader:
    """One reading; what is open lies on a list, so that depth costs no calls."""

    def __init__(self, error: Callable[[str, str], KimiConfigError], *, loose: bool) -> None:
        self._error = error
        self._loose = loose
        self._open: list[_Open] = []
        self._values = 0
        self._text = 0

    def read(self, value: object) -> JsonValue:
        whole: list[Any] = []
        self._open = [_Open(None, iter([("", value)]), whole)]
        while self._open:
            inner = self._open[-1]
            for key, member in inner.members:
                inner.key = key
                if self._read_member(inner, member):
                    break
            else:
                self._open.pop()
        return whole[0]

    def _read_member(self, inner: _Open, value: object) -> bool:
        """Read one value, and tell whether its own members come first."""
        self._values += 1
        if self._values > MAX_VALUES:
            raise self._refusal(f"this is more than {MAX_VALUES} values; leave some out.")
        opened = None if type(value) in _LEAVES else self._opened(value)
        copy = self._leaf(value) if opened is None else opened.copy
        if isinstance(inner.copy, list):
            inner.copy.append(copy)
        else:
            inner.copy[self._name(inner.key)] = copy
        if opened is None:
            return False
        self._open.append(opened)
        return True

    def _opened(self, value: object) -> _Open | None:
        mapping, sequence = as_mapping(value), as_sequence(value)
        if mapping is None and (sequence is None or isinstance(value, (bytearray, memoryview))):
            return None
        if len(self._open) > MAX_DEPTH:
            if any(outer.source is value for outer in self._open):
                raise self._refusal("this holds itself, which no JSON can; use $ref.")
            raise self._refusal(f"this is more than {MAX_DEPTH} levels deep; write it flatter.")
        if mapping is not None:
            return _Open(value, iter(mapping.items()), {})
        return _Open(value, enumerate(sequence or ()), [])

    def _name(self, key: object) -> str:
        if not isinstance(key, str):
            raise self._refusal(f"the key {shortened(repr(key))} is no text; write it as one.")
        return self._said(key)

    def _leaf(self, value: object) -> JsonValue:
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, str):
            for_people = self._open[-1].key in _FOR_PEOPLE
            return self._said(_mended(value) if for_people else value)
        if isinstance(value, int):
            return self._integer(value)
        if isinstance(value, float):
            if not math.isfinite(value) and not self._loose:
                raise self._refusal(f"{value!r} is no number of JSON; leave it out.")
            return float.__float__(value)
        raise self._refusal(
            f"a value of type {type(value).__name__} is no JSON; use None, a boolean, a number, a "
            "text, a list or a dict."
        )

    def _integer(self, value: int) -> int:
        if value.bit_length() > MAX_INTEGER_BITS:
            raise self._refusal(
                f"an integer of {value.bit_length()} bits is greater than the numbers of JSON's "
                f"readers; use one of at most {MAX_INTEGER_BITS} bits."
            )
        return int.__int__(value)  # of a member of an IntEnum the number

    def _said(self, text: str) -> str:
        self._text += len(text)
        if self._text > MAX_TEXT:
            raise self._refusal(f"this is more than {MAX_TEXT} characters; leave some out.")
        if not self._loose and not _has_utf8(text):
            raise self._refusal(
                f"{shortened(text)!r} holds half of a surrogate pair, which no UTF-8 can say; "
                "correct the text."
            )
        return str.__str__(text)

    def _refusal(self, problem: str) -> KimiConfigError:
        keys = [shortened(str(opened.key)) for opened in self._open[1:]]
        return self._error(".".join(keys), problem)


def _mended(text: str) -> str:
    if _has_utf8(text):
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
