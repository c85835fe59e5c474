"""Text of an answer that was meant as a call, and is none that can be run.

Owns: how such text looks. May know: its own files, events, raw.

A model that calls a tool which the request does not have, or writes a call in another model's
markup, says so in its text, and the turn would end there. It stays text, and nothing of it is ever
run: it is told as a diagnostic, and the model may be asked to call properly. Text in code, a call
within a sentence and JSON that names no declared tool are what they seem.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from kimi_core.events import Diagnostic, ParsedMessage
from kimi_core.raw.tool_names import fitting_name
from kimi_core.response._repair.shapes import is_array, is_object

if TYPE_CHECKING:
    from collections.abc import Collection

__all__ = ["uncalled_text"]

_LONGEST = 1_000_000
_MOST_TOLD = 2_000
_CODE = re.compile(
    r"(?P<run>`{3,}|~{3,}).*?(?:(?P=run)|\Z)|(?P<tick>`{1,2})[^`]*(?P=tick)", re.DOTALL
)
_MARKED = re.compile(
    r"<\|tool_call_begin\|>[^<{]{1,512}<\|tool_(?:call_argument|arguments)_begin\|>\s*[{\[\"`]"
    r"|<\|open\|>call\b"
)
# Other models' markup; the name stands in an attribute, in a tag, or in JSON.
_MARKUP = re.compile(
    r"""<(?:tool_call|function_calls?|tool_use|tool_calls|(?:antml:)?invoke|function)\b[^<>]{0,200}>"""
    r"""|<function=[^<>]{1,200}>""",
)
_NAME_IN_MARKUP = re.compile(
    r"""(?:name|function)\s*=\s*["']?([^"'<>\s]{1,200})|"name"\s*:\s*"([^"]{1,200})"|>\s*([\w.:-]{1,200})\s*<"""
)
_STRIPPED = re.compile(r"(?:^|[\s}>])functions\.([^\s:{}()]{1,200}):[0-9]{1,9}\s*\{")
_BARE = re.compile(
    r"\s*(?:functions\.)?([^\s:{}()]{1,200})(?::[0-9]{1,9})?\s*(?:\(\s*\{.*\}\s*\)|\{.*\})\s*;?\s*",
    re.DOTALL,
)
_NAMES = ("name", "tool", "tool_name", "function", "function_name")
_ARGUMENTS = ("arguments", "parameters", "input", "args", "params")


def uncalled_text(said: ParsedMessage, names: Collection[str]) -> Diagnostic | None:
    """Return what tells of a text that was meant as a call, or None where there is none.

    Args:
        said: An answer in which no call was found. Of its reasoning, where there is nothing else,
            only Kimi's own markup counts.
        names: The declared tools.
    """
    whole = bool(said.content.strip())
    content = said.content if whole else said.reasoning
    if len(content) > _LONGEST or not any(mark in content for mark in "<{"):
        return None
    text = _CODE.sub(" ", content)
    if marked := _MARKED.search(text):
        return _told("uncalled_markup", text[marked.start() :])
    if not whole:
        return None
    marked = _STRIPPED.search(text) or _in_markup(text, names)
    found = text[marked.start() :] if marked else _whole_call(content.strip(), names)
    return _told("uncalled_text", found) if found else None


def _told(kind: str, text: str) -> Diagnostic:
    return Diagnostic(kind, text[:_MOST_TOLD].strip(), 0)


def _whole_call(text: str, names: Collection[str]) -> str | None:
    """Return a text that is a call and nothing else, or None."""
    bare = _BARE.fullmatch(text)
    named = bare is not None and fitting_name(bare.group(1), names) is not None
    return text if named or _is_json_call(text, names) else None


def _in_markup(said: str, names: Collection[str]) -> re.Match[str] | None:
    for found in _MARKUP.finditer(said):
        named = _NAME_IN_MARKUP.search(said, found.start(), found.start() + 600)
        name = next(filter(None, named.groups()), "") if named else ""
        if name and fitting_name(name, names) is not None:
            return found
    return None


def _is_json_call(whole: str, names: Collection[str]) -> bool:
    if not whole.startswith(("{", "[")):
        return False
    try:
        value = json.loads(whole, strict=False)
    except (ValueError, RecursionError):
        return False
    calls = value if is_array(value) else [value]
    return bool(calls) and all(_is_call(call, names) for call in calls)


def _is_call(value: object, names: Collection[str]) -> bool:
    if not is_object(value):
        return False
    inner = value.get("function")
    if is_object(inner):
        return _is_call(inner, names)
    said = next((value[key] for key in _NAMES if isinstance(value.get(key), str)), "")
    holds = any(key in value for key in _ARGUMENTS)
    return holds and fitting_name(said, names) is not None
