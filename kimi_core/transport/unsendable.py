"""Which part of a request cannot be written as JSON.

Owns: that, and how it is said. May know: errors.

Looked for once writing has failed, so that a request that can be sent costs nothing. Texts come
from anybody: a file or a tool that cuts text in UTF-16 leaves half of an emoji behind.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, cast

from kimi_core.errors import KimiConfigError

__all__ = ["why_unsendable"]


def why_unsendable(payload: Mapping[str, Any]) -> KimiConfigError | None:
    """Return what to say of a payload that JSON in UTF-8 cannot hold; None for one that it can."""
    for where, value in _parts(payload):
        why = _why(value)
        if why:
            return KimiConfigError(f"{where} of the request {why}")
    return None


def _why(value: object) -> str:
    try:
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
    except UnicodeEncodeError:
        return (
            "holds half of a surrogate pair, which no UTF-8 can say; correct the text, e.g. "
            "text.encode('utf-16', 'surrogatepass').decode('utf-16', 'replace')."
        )
    except (TypeError, ValueError, RecursionError) as error:
        return (
            f"cannot be written as JSON ({error}); use None, booleans, finite numbers, texts, "
            "lists and dicts, and none inside itself."
        )
    return ""


def _parts(payload: Mapping[str, Any]) -> Iterator[tuple[str, object]]:
    for name, value in payload.items():
        if isinstance(value, list):
            for position, item in enumerate(cast("list[object]", value)):
                yield f"{name}[{position}]", item
        else:
            yield name, value
