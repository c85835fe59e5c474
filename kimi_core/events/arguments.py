"""The arguments of tool calls: whether a text is one whole JSON object, and what it means.

Owns: that decision, for every reader of calls; arguments that still grow; and the JSON text that
goes back into a conversation. May know: pydantic_core.

Everything that would run a tool asks here, so that no two readers can disagree about a text:

==========================================  ========================================================
arguments of a call that was closed         what they are
==========================================  ========================================================
``{"a": 1}``, blanks around it              that object
nothing, or blanks                          ``{}``: a tool that takes nothing is called with nothing
a raw line end, or another control          the object with that character: Kimi writes them into
character, inside a string                  code, and there is one meaning
one name twice                              the object with the last value, as every reader has it
an escape for half of a surrogate pair      the object with that half: it is legal JSON
``[1]``, ``"x"``, ``12``, ``null``          ``not_object``
``{"a": 1}{"b": 2}``, ``{"a": 1} ok``       ``trailing_text``: which of two, or is it prose?
``{"path": "/home/u``, ``{"a": 1,``         ``cut``: the beginning of JSON; the rest is unknown
``{"a": 1,}``, ``{'a': 1}``, ``NaN``,       ``not_json``: what was meant would be a guess
an unknown escape, a code fence
5,000 digits, 100,000 brackets              ``beyond_limits``: Python's own reader gives up
==========================================  ========================================================

A call that was not closed is ``cut`` even where its text is one whole object: more arguments may
have been to come (kimi-k3 writes them one by one).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeGuard

__all__ = [
    "BLANKS",
    "CUT",
    "InvalidArguments",
    "history_arguments",
    "legal_json",
    "read_arguments",
    "read_growing",
    "rewritten_arguments",
]

BLANKS = " \t\n\r"
"""What JSON takes for blank; a text of nothing else is no arguments."""

_STRING = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"?', re.DOTALL)
# What stands raw inside a string and may not go out: control characters are no legal JSON there,
# and half of a surrogate pair has no UTF-8.
_UNWRITABLE = re.compile(r"[\x00-\x1f\ud800-\udfff]")
# Where Python's reader gives up at the very end of a text that goes on as JSON would: in an escape,
# in a number, in a word.
_UNFINISHED = re.compile(
    r"\\?u[0-9a-fA-F]{0,4}|-|\.|[eE][+-]?|t|tr|tru|f|fa|fal|fals|n|nu|nul|[ \t\n\r]*"
)

InvalidKind = Literal[
    "cut",
    "not_json",
    "not_object",
    "trailing_text",
    "beyond_limits",
    "undeclared",
    "schema",
    "superseded",
]


@dataclass(frozen=True, slots=True)
class InvalidArguments:
    """Why arguments are not one whole JSON object; a call that has them is never executed.

    Attributes:
        kind: A stable word for programs; see the table of this module. "undeclared" is a call of a
            tool that the request does not have, "schema" one that the tool's schema refuses, and
            "superseded" one that the model said anew when it was asked: of these
            `kimi_core.response` knows.
        reason: One sentence for people and models, without the text itself.
    """

    kind: InvalidKind
    reason: str


CUT = InvalidArguments("cut", "the call was cut off")
"""Why a call that was not closed is not run."""
_BEYOND_LIMITS = InvalidArguments(
    "beyond_limits", "the arguments are nested too deeply, or hold a number that is too long"
)


def _refuse(constant: str) -> Any:  # noqa: ANN401 - the signature that json wants
    raise ValueError(constant)


_LENIENT = json.JSONDecoder(strict=False, parse_constant=_refuse)
# Numbers stay text: one of any length is legal JSON.
_STRICT = json.JSONDecoder(parse_constant=_refuse, parse_int=str, parse_float=str)


def read_arguments(text: str, *, complete: bool = True) -> dict[str, Any] | InvalidArguments:
    """Return the arguments that a text means, or why it means none.

    Args:
        text: All that came of a call's arguments.
        complete: Whether the call was closed.

    Returns:
        A new dict, or what is wrong with the text. A text that is damaged is said to be what it is,
        also where the call was not closed.
    """
    value = _read(text) if text.strip(BLANKS) else {}
    return value if complete or isinstance(value, InvalidArguments) else CUT


def _read(text: str) -> dict[str, Any] | InvalidArguments:
    try:
        value = _LENIENT.decode(text)
    except json.JSONDecodeError as error:
        return _damage(text, error)
    except RecursionError:
        return _BEYOND_LIMITS
    except ValueError as error:  # NaN and its like, or more digits than Python reads
        constant = str(error)
        if constant not in {"NaN", "Infinity", "-Infinity"}:
            return _BEYOND_LIMITS
        return InvalidArguments("not_json", f"the arguments are not JSON: {constant} is no value")
    if _is_object(value):
        return value
    return InvalidArguments(
        "not_object", f"the arguments are JSON, but not an object: {_TYPES[type(value)]}"
    )


def _is_object(value: object) -> TypeGuard[dict[str, Any]]:
    return isinstance(value, dict)


_TYPES = {
    list: "an array",
    str: "a string",
    int: "a number",
    float: "a number",
    bool: "a boolean",
    type(None): "null",
}


def _damage(text: str, error: json.JSONDecodeError) -> InvalidArguments:
    if error.msg == "Extra data" and text.lstrip(BLANKS).startswith("{"):
        return InvalidArguments(
            "trailing_text",
            f"the arguments are an object with more text behind it, from character {error.pos} on",
        )
    open_string = error.msg.startswith("Unterminated string")
    if open_string or _UNFINISHED.fullmatch(text, error.pos):
        return CUT
    return InvalidArguments("not_json", f"the arguments are not JSON: {error}")


def read_growing(text: str) -> dict[str, Any]:
    """Read as much of an object as is there, to show it; nothing may be executed from it.

    LlamaIndex's own ``parse_partial_json`` costs 3.9 ms for 72 kB, and its agents ask after every
    chunk; pydantic_core's reader takes 4 microseconds and keeps strings that are not closed yet.

    Args:
        text: JSON, possibly ending anywhere, with raw control characters in its strings, or with
            something after its end.

    Returns:
        A new dict; empty where nothing can be read or the value is no object.
    """
    return _read_beginning(text) or _read_beginning(_escaped(text)) or {}


def as_dict(arguments: Mapping[str, Any] | str, *, growing: bool) -> dict[str, Any]:
    """Return arguments as a new dict.

    Args:
        arguments: What was parsed already, or the text of a call that is whole and can be run.
        growing: Whether the text may be a beginning, which is only shown.
    """
    if not isinstance(arguments, str):
        return dict(arguments)
    found = read_growing(arguments) if growing else read_arguments(arguments)
    assert isinstance(found, dict)  # noqa: S101 - what is damaged was refused
    return found


def _read_beginning(text: str) -> dict[str, Any] | None:
    from pydantic_core import from_json

    try:
        value = from_json(text, allow_partial="trailing-strings")
    except (ValueError, TypeError):  # TypeError: half of a surrogate pair, which has no UTF-8
        return None
    return value if _is_object(value) else None


def legal_json(text: str) -> str | None:
    """Return JSON that means what a text means, and that every server reads.

    Args:
        text: JSON of any type, as a model wrote it.

    Returns:
        The text itself, byte for byte, where it is legal: prefix caches compare bytes. With its raw
        control characters escaped where these are all that is wrong; None for anything else.
    """
    if _is_surely_legal(text):
        return text
    for candidate in (text, _escaped(text)):
        try:
            candidate.encode()
            _STRICT.decode(candidate)
        except (ValueError, RecursionError):
            continue
        return candidate
    return None


def _is_surely_legal(text: str) -> bool:
    """Whether a reader takes a text that is stricter than JSON, and 15 times as fast as Python's.

    With every round of a conversation the arguments of all calls before are asked about.
    """
    from pydantic_core import from_json

    try:
        from_json(text, allow_inf_nan=False)
    except (ValueError, TypeError):  # as in `_read_beginning`
        return False
    return True


def history_arguments(text: str) -> str:
    """Return the arguments of a call as they go back into the conversation.

    Moonshot and others answer every later request with a 400 once a conversation holds arguments
    that are no legal JSON (MoonshotAI/kimi-cli#1378).

    Args:
        text: What the model wrote, or what a framework made of it.

    Returns:
        Legal JSON: the text itself, one of the same meaning, or, where it has no single meaning, an
        object with the text and with what is wrong with it, for the model to read.
    """
    if not text.strip(BLANKS):
        return "{}"
    legal = legal_json(text)
    if legal is not None:
        return legal
    found = read_arguments(text)
    reason = found.reason if isinstance(found, InvalidArguments) else _BEYOND_LIMITS.reason
    told = {"invalid_arguments": text, "error": reason}
    return _escaped(json.dumps(told, ensure_ascii=False))


def rewritten_arguments(text: str) -> str | None:
    """Return arguments as a framework writes them that has kept their meaning alone.

    LangChain keeps a dict and writes it anew with blanks of its own: ``{"city":"Paris"}`` goes back
    as ``{"city": "Paris"}``. From there on the prompt differs from what the server has in its
    prefix cache, in every round of a tool loop.

    Args:
        text: The arguments of a call that was closed.

    Returns:
        What Python's ``json`` writes; None where the arguments are damaged.
    """
    found = read_arguments(text)
    return None if isinstance(found, InvalidArguments) else json.dumps(found, ensure_ascii=False)


def _escaped(text: str) -> str:
    """Escape what a string may not hold raw; between strings nothing is changed."""
    return _STRING.sub(lambda string: _UNWRITABLE.sub(_escape, string.group()), text)


def _escape(match: re.Match[str]) -> str:
    return json.dumps(match.group())[1:-1]
