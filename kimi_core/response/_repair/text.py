"""The text of a call's arguments -> the one object that it can mean.

Owns: which damage of the text has one reading. May know: its own files, events.

What is mended, and why nothing is guessed:

===========================  =======================================================================
a code fence around it       backticks are no JSON, and say where the object is
JSON of JSON                 a text that is itself an object's JSON has no other use as arguments
a trailing comma             nothing stands behind it, so it separates nothing
raw control characters       a string has no other way to mean them
Python's literals            ``True`` and ``'a'`` are no JSON, and mean one value each
the same object again        said twice, it is one
``{}`` before an object      servers put it where arguments had not begun yet
what comes behind it         brackets, markers and prose that hold no further value
``null``, ``[]``             no arguments, for a tool that needs none (the schema says)
===========================  =======================================================================

What was cut is never closed, of two different objects none is taken, and a string with a quote or
an escape that JSON does not know is not read at all.
"""

from __future__ import annotations

import ast
import json
import re
from typing import TYPE_CHECKING, Any

from kimi_core.events.arguments import BLANKS
from kimi_core.response._repair.shapes import is_object

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["lenient_json", "mended_object", "same_json"]

_LONGEST = 4_000_000
_DEEPEST_TEXT = 4  # JSON of JSON of JSON
_FENCE = re.compile(r"\s*`{1,8}[A-Za-z0-9_+-]{0,20}\s*(?=[{\"\[])")
_FENCE_END = re.compile(r"\s*`{1,8}\s*\Z")
_BEHIND_IS_MORE = re.compile(r"[ \t\n\r\]}]*[,:]")
_TOKEN = re.compile(
    r"""(?P<string>"(?:[^"\\]|\\.)*")"""
    r"""|(?P<python>'(?:[^'\\]|\\.)*')"""
    r"""|(?P<word>[A-Za-z_][A-Za-z_0-9]*)"""
    r"""|(?P<number>-?[0-9][-+.0-9eE]*)"""
    r"""|(?P<comma>,)(?P<closes>\s*(?=[\]}]))?"""
    r"""|(?P<mark>[\[\]{}:]|\s+)""",
    re.DOTALL,
)
_PYTHON_WORDS = {"True": "true", "False": "false", "None": "null"}
_JSON_WORDS = frozenset(_PYTHON_WORDS.values())
# An escape that Python does not know either was written for another language.
_NO_ESCAPE = re.compile(r"""(?s:\\\\)|\\(?![\\'"abfnrtv0-7xuUN])""")
_CONTROL = re.compile(r"[\x00-\x1f]")


def mended_object(text: str) -> tuple[dict[str, Any], list[str]] | None:
    """Return the object that damaged arguments mean, and what was wrong; None for no reading.

    Args:
        text: Arguments that are no whole JSON object.
    """
    if len(text) > _LONGEST:
        return None
    try:
        return _mended(text, 0)
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        return None


def lenient_json(text: str) -> Any:  # noqa: ANN401 - any JSON value
    """Read a whole JSON value with a trailing comma, raw line ends or Python's literals in it.

    Raises:
        ValueError: It has no single reading.
    """
    value, end, _ = _first_value(text)
    if text[end:].strip(BLANKS):
        raise ValueError(text[end:])
    return value


def _mended(text: str, depth: int) -> tuple[dict[str, Any], list[str]] | None:
    if depth > _DEEPEST_TEXT:
        return None
    fence = _FENCE.match(text)
    if fence:
        inner = _mended(_FENCE_END.sub("", text[fence.end() :]), depth + 1)
        return inner and (inner[0], ["code_fence", *inner[1]])
    begun = text.strip().strip("\ufeff\u200b").strip()
    if begun.startswith('{\\"'):
        begun = f'"{begun}"'  # JSON of JSON that lost its own quotes
    if begun.startswith('"'):
        return _of_json(begun, depth)
    found = _objects(begun) if begun.startswith("{") else None
    return found and (found[0], found[1] or ["blanks"])


def _of_json(text: str, depth: int) -> tuple[dict[str, Any], list[str]] | None:
    value, end = _LENIENT.raw_decode(text)
    if text[end:].strip(BLANKS):
        return None
    try:
        whole = _LENIENT.decode(value)
    except ValueError:
        inner = _mended(value, depth + 1)
        return inner and (inner[0], ["double_encoded", *inner[1]])
    if isinstance(whole, str):
        inner = _mended(value, depth + 1)
        return inner and (inner[0], inner[1])
    return (whole, ["double_encoded"]) if is_object(whole) else None


def _objects(text: str) -> tuple[dict[str, Any], list[str]] | None:
    """Read an object, and what stands behind it: itself once more, or what says nothing."""
    found, end, kinds = _first_value(text)
    rest = text[end:].lstrip(BLANKS)
    while rest.startswith("{"):
        again, end, more = _first_value(rest)
        if found and not same_json(again, found):
            return None
        kinds += [*more, "object_repeated" if found else "empty_object_first"]
        found, rest = again, rest[end:].lstrip(BLANKS)
    if rest:
        if _holds_more(rest, text):
            return None
        kinds.append("trailing_text")
    return found, list(dict.fromkeys(kinds))


def _holds_more(rest: str, text: str) -> bool:
    """Whether what stands behind an object may belong to the arguments.

    A quote there may be that of a string which seemed to end before: ``{"a": "say "}" aloud"}``.
    """
    quotes = "'" in text[:3] and "'" in rest
    return quotes or "{" in rest or '"' in rest or _BEHIND_IS_MORE.match(rest) is not None


def _refuse(constant: str) -> Any:  # noqa: ANN401 - the signature that json wants
    raise ValueError(constant)


_LENIENT = json.JSONDecoder(strict=False, parse_constant=_refuse)


def _first_value(text: str) -> tuple[Any, int, list[str]]:
    """Return the value that a text begins with, where it ends, and what was mended in it."""
    try:
        value, end = _LENIENT.raw_decode(text)
    except json.JSONDecodeError:
        return _first_tolerant(text)
    return value, end, []


def _first_tolerant(text: str) -> tuple[Any, int, list[str]]:
    """Write the tokens of the value anew as JSON, and read that."""
    kinds: list[str] = []
    written: list[str] = []
    depth, python, end = 0, "'" in text[:3], 0
    for token in _tokens(text):
        end = token.end()
        if token.group("closes") is not None and "".join(written[-2:]).strip()[-1:] in "[{,":
            raise ValueError(end)  # a comma behind nothing
        written.append(_rewritten(token, kinds, python=python))
        mark = token.group("mark")
        depth += mark in ("{", "[") if mark else 0
        depth -= mark in ("}", "]") if mark else 0
        if depth == 0 and not token.group().isspace():
            break
    value = _LENIENT.decode("".join(written))
    return value, end, list(dict.fromkeys(kinds))


def _tokens(text: str) -> Iterator[re.Match[str]]:
    at = 0
    while at < len(text):
        token = _TOKEN.match(text, at)
        if token is None:
            raise ValueError(at)
        yield token
        at = token.end()


def _rewritten(token: re.Match[str], kinds: list[str], *, python: bool) -> str:
    text = token.group()
    if token.group("comma") and token.group("closes") is not None:
        kinds.append("trailing_comma")
        return ""
    word = token.group("word")
    if word and word not in _JSON_WORDS:
        kinds.append("python_literals")
        return _PYTHON_WORDS[word] if word in _PYTHON_WORDS else _refuse(word)
    if token.group("python") or (python and token.group("string")):
        kinds.append("python_literals")
        return json.dumps(_python_string(text))
    return text


def _python_string(token: str) -> str:
    if any(match.group() == "\\" for match in _NO_ESCAPE.finditer(token)):
        raise ValueError(token)
    value = ast.literal_eval(_CONTROL.sub(lambda found: f"\\x{ord(found.group()):02x}", token))
    return value if isinstance(value, str) else _refuse(token)


def same_json(one: object, other: object) -> bool:
    """Whether two values are one; true is not 1."""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
