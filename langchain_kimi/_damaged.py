"""Keeping damaged tool calls from being executed.

Owns: one rule: a call that was cut off, or whose arguments are no JSON object, must never look
like a whole one. May know: langchain_core's partial JSON parser, whose leniency is the problem.

When chunks are added up, langchain-core closes every open bracket: ``{"path": "/home/u`` becomes a
valid call with ``{"path": "/home/u"}``, and an agent runs it. A whole answer has no such problem
(`langchain_kimi._chunks.whole_message` sorts its calls itself), and no field of a chunk can say
"do not close this". So the last fragment of a damaged call is a bracket that fits nowhere; the sum
is then in ``invalid_tool_calls``, with the raw text in front of that bracket. The text alone stands
in ``response_metadata["diagnostics"]``.
"""

from __future__ import annotations

import json

from langchain_core.utils.json import parse_partial_json

__all__ = ["spoiling_suffix"]


def spoiling_suffix(arguments: str, *, complete: bool) -> str:
    """Return what to append to a call's arguments so that they are not read as whole; mostly "".

    Args:
        arguments: All that came.
        complete: Whether the call was closed.
    """
    if complete and (not arguments or _is_json(arguments)):
        return ""
    if arguments and not _reads_as_object(arguments):
        return ""
    return _misfit(arguments)


def _is_json(text: str) -> bool:
    try:
        json.loads(text, strict=False)
    except ValueError:
        return False
    return True


def _reads_as_object(text: str) -> bool:
    try:
        return isinstance(parse_partial_json(text), dict)
    except ValueError:
        return False


def _misfit(text: str) -> str:
    """Return a closing bracket that fits nothing, behind the quotes that end an open string."""
    closers: list[str] = []
    in_string = escaped = False
    for char in text:
        if in_string:
            in_string = escaped or char != '"'
            escaped = char == "\\" and not escaped
        elif char == '"':
            in_string = True
        elif char in "{[":
            closers.append("}" if char == "{" else "]")
        elif char in "}]" and closers:
            closers.pop()
    quotes = ('""' if escaped else '"') if in_string else ""
    return f"{quotes}{'}' if closers and closers[-1] == ']' else ']'}"
