"""Asking a row of the matrix through an adapter, and what came of it.

Owns: `ask`, whose result is compared with what the row calls right. May know: the matrix, the
adapters.
"""

from __future__ import annotations

import json
import warnings
from typing import TYPE_CHECKING, Any

from kimi_core.errors import KimiError

if TYPE_CHECKING:
    from tests.engines.matrix import Row
    from tests.engines.support.adapters import Conversation, Said

__all__ = ["ask"]


def ask(conversation: Conversation, row: Row) -> dict[str, Any]:
    """Ask what a row asks.

    Returns:
        By name: the text (``content``), whether a thought came (``thinks``), name and arguments of
        the ``calls``, the names of ``damaged`` ones, the reason of the ``finish``, whether tokens
        were ``counted``, whether ``logprobs`` came, the JSON ``object`` of the text and whether it
        ``is_object``, and the names of what was warned of (``warns``); or the ``error`` alone.
    """
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            said = _asked(conversation, row)
        except KimiError as error:
            return {"error": type(error).__name__, "message": str(error)[:200]}
    warned = sorted({warning.category.__name__ for warning in caught})
    return {**_told(said), "warns": warned}


def _asked(conversation: Conversation, row: Row) -> Said:
    for method, *arguments in row.before:
        getattr(conversation, method)(*arguments)
    tools, results = list(row.tools), list(row.results)
    if row.question:
        stream = row.stream and not results
        said = conversation.ask(row.question, tools, stream=stream, **row.options)
    elif not results:
        return conversation.go_on(stream=row.stream)
    while results:
        said = conversation.tell(results.pop(), tools, stream=row.stream and not results)
    return said


def _told(said: Said) -> dict[str, Any]:
    try:
        made = json.loads(said.content)
    except ValueError:
        made = None
    return {
        "content": said.content,
        "thinks": bool(said.reasoning),
        "calls": [call[1:] for call in said.calls],
        "damaged": list(said.damaged),
        "finish": said.finish,
        "counted": said.prompt_tokens > 0 < said.completion_tokens,
        "logprobs": said.logprobs,
        "object": made,
        "is_object": isinstance(made, dict),
    }
