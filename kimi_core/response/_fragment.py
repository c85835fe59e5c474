"""One fragment of a server's tool calls, in the words of servers.

Owns: under which names fragments and what is in them stand. May know: its own files, _json.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from kimi_core._json import as_mapping, as_sequence
from kimi_core.response._words import index_of

__all__ = ["Fragment", "calls_of", "read_fragment"]

# What servers call the arguments; the others are Anthropic's, Bedrock's and LangChain's words.
_ARGUMENTS = ("arguments", "parameters", "input", "args")
_NOTHING = (None, "")


class Fragment(NamedTuple):
    """One fragment, read once; what is missing is empty."""

    slot: int | None  # the index that the server gave it
    id: str
    name: str
    arguments: str


def calls_of(said: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the fragments of calls in a delta or a message.

    Servers of OpenAI's first form say a single call as ``function_call``, without index and id:
    its name, then pieces of its arguments. Where one says both, they are the same call.
    """
    given = said.get("tool_calls")
    listed: Sequence[Any] = as_sequence(given) or (_without_a_list(given) if given else ())
    found = [call for one in listed if (call := as_mapping(one))]
    if found:
        return found
    odd: Any = next((one for one in listed if one), None) if listed else None
    if odd:
        # Told as a call without a name, or it were lost in silence.
        return [{"id": str(odd)}]
    legacy = as_mapping(said.get("function_call")) or {}
    filled = legacy.get("name") or legacy.get("arguments")
    return [{"function": legacy}] if filled else []


def _without_a_list(said: Any) -> Sequence[Any]:  # noqa: ANN401 - any JSON value
    """Return what stands in place of the list of calls: one of them, or all by their indices."""
    by_index = as_mapping(said)
    if not by_index or "function" in by_index or "name" in by_index:
        return [said]
    return list(by_index.values())


def read_fragment(said: Mapping[str, Any]) -> Fragment:
    """Read one."""
    index, function = said.get("index"), as_mapping(said.get("function"))
    if function is None:  # some leave the level out that holds name and arguments alone
        function = said
    given = (function[name] for name in _ARGUMENTS if function.get(name) not in _NOTHING)
    return Fragment(
        index_of(index),
        str(said.get("id") or ""),
        str(function.get("name") or ""),
        _as_text(next(given, None)),
    )


def _as_text(arguments: Any) -> str:  # noqa: ANN401 - any JSON value
    if arguments is None or isinstance(arguments, str):
        return arguments or ""
    return json.dumps(arguments, ensure_ascii=False)
