"""What was told of a call's arguments -> what is still missing of them.

Owns: the rest that makes a beginning into arguments that are written in another way.
May know: its own files.
"""

from __future__ import annotations

import json
from typing import Any

from kimi_core.response._repair.settle import written_anew
from kimi_core.response._repair.shapes import is_object
from kimi_core.response._repair.text import same_json

__all__ = ["rest_of"]


def rest_of(told: str, text: str) -> str | None:
    """Return what makes the beginning that was told into arguments; None where nothing does.

    Args:
        told: What was told.
        text: What the arguments are: JSON of an object, which may be written in another way.
    """
    if text.startswith(told):
        return text[len(told) :]
    meant = json.loads(text)
    if told.endswith("}") and _is_same(told, meant):
        return ""
    begun, open_string = _begun(told)
    if begun is None or not is_object(meant) or not begun.keys() <= meant.keys():
        return None
    last = next(reversed(begun), None) if open_string else None
    if any(not same_json(value, meant[name]) for name, value in begun.items() if name != last):
        return None
    rest = ""
    if last is not None:
        whole, part = meant[last], begun[last]
        if not isinstance(whole, str) or not whole.startswith(part):
            return None
        rest = written_anew({"": whole[len(part) :]})[6:-1] if whole != part else '"'
    members = written_anew({name: value for name, value in meant.items() if name not in begun})
    more = members[1:-1]
    return f"{rest}{', ' if more and begun else ''}{more}}}"


def _begun(told: str) -> tuple[dict[str, Any] | None, bool]:
    """Return the members that were told, and whether the last of them is a string still open."""
    for ends, open_string in (("}", False), ('"}', True)):
        try:
            found = json.loads(told + ends)
        except ValueError:
            continue
        return (found, open_string) if is_object(found) else (None, False)
    return None, False


def _is_same(told: str, meant: object) -> bool:
    try:
        return same_json(json.loads(told), meant)
    except ValueError:
        return False
