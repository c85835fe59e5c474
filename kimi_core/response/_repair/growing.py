"""Arguments that still grow -> the part of them that can only be right.

Owns: how far a call's arguments may be told before the call is whole. May know: its own files,
events, raw.

What is told cannot be taken back, so each part of the object waits until nothing that comes behind
it can make it wrong:

========================  ==========================================================================
a string, where any is    goes on as it comes, with raw control characters escaped; an escape waits
taken                     until it is whole
any other value           until it is whole and fits its schema, together with its name
a comma                   until there is a name behind it, because it may be one too many
the closing bracket       until the call ends, because more may stand behind it
the first damage          everything from there on, until the call is whole
========================  ==========================================================================

Names that the schema does not know, and those that may be part of a wrapper, count as damage. So
does everything where the root of the schema joins conditions: what fits then is not known by parts.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from kimi_core.events.open_string import MORE_OF_A_STRING
from kimi_core.raw.tool_names import fitting_name, folded
from kimi_core.response._repair.schema import compiled_schema
from kimi_core.response._repair.settle import names_tool, wraps
from kimi_core.response._repair.shapes import is_array, is_object

if TYPE_CHECKING:
    from kimi_core.response._repair.schema import CompiledSchema

__all__ = ["GrowingArguments"]

_B = r"[ \t\n\r]*"
_OPEN = re.compile(rf"{_B}\{{")
_CLEAN = re.compile(r'[^"\\\x00-\x1f\ud800-\udfff]*')
_ESCAPE = re.compile(r'\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})')
_ESCAPE_BEGUN = re.compile(r"\\(?:u[0-9a-fA-F]{0,3})?\Z")
_KEY = r'"((?:[^"\\\x00-\x1f]|\\["\\/bfnrt]|\\u[0-9a-fA-F]{4})*)"'
_FIRST_MEMBER = re.compile(rf"{_B}{_KEY}{_B}:{_B}(?=[^ \t\n\r])")
_NEXT_MEMBER = re.compile(rf"{_B},{_B}{_KEY}{_B}:{_B}(?=[^ \t\n\r])")
_BEGUN = rf'(?:"(?:[^"\\\x00-\x1f]|\\.)*(?:\\?|"{_B}(?::{_B})?))?'
_FIRST_BEGUN = re.compile(rf"{_B}{_BEGUN}\Z")
_NEXT_BEGUN = re.compile(rf"{_B}(?:,{_B}{_BEGUN})?\Z")
_END = re.compile(rf"{_B}\}}{_B}\Z")
_IN_STRING = re.compile(r'["\\]')
_OUTSIDE = re.compile(r'["{}\[\]]')
_SCALAR_END = re.compile(r"[,}\] \t\n\r]")
_LONGEST_NAME = 4_096

_SAY_NOTHING = {"type", "title", "description", "default", "examples", "format", "$comment"}
# With these alone at the root, each parameter can be judged by itself.
_BY_PARTS = _SAY_NOTHING | {
    "$schema", "$defs", "definitions", "$id", "strict",
    "properties", "required", "additionalProperties",
}  # fmt: skip


class GrowingArguments:
    """The arguments of one call.

    Attributes:
        told: The pieces of what was told.
        raw: The pieces of what came.
        is_plain: Whether it stands inside a string that is told as it comes, and nothing waits.
    """

    __slots__ = (
        "_depth", "_escapes", "_in_string", "_names", "_parts", "_schema",
        "_state", "_tool", "_value_name", "_value_pieces", "_waiting", "is_plain", "raw", "told",
    )  # fmt: skip

    def __init__(self, tool: str, schema: CompiledSchema, *, escapes: bool) -> None:
        """Start before the first character.

        Args:
            tool: The tool's name.
            schema: Its schema.
            escapes: Whether raw control characters are escaped; otherwise they are damage.
        """
        self._tool = tool
        self._schema = schema
        self._escapes = escapes
        self._parts: CompiledSchema | None = None
        self._names: dict[str, Any] = {}
        self._waiting = ""
        self._state = self._open
        self._value_name = ""
        self._value_pieces: list[str] = []
        self._depth, self._in_string = 0, False
        self.raw: list[str] = []
        self.told: list[str] = []
        self.is_plain = False

    @property
    def clean(self) -> bool:
        """Whether the object was closed, and nothing damaged was met."""
        return self._state == self._ended

    def passes(self, text: str) -> bool:
        """Take more of a string that is told as it comes, and tell whether it is that."""
        if not self.is_plain or not MORE_OF_A_STRING.fullmatch(text):
            return False
        self.raw.append(text)
        self.told.append(text)
        return True

    def take_whole(self, text: str) -> str:
        """Take arguments that are whole and right, and return them."""
        self.raw.append(text)
        self.told.append(text)
        self._waiting, self._state = "}", self._ended
        return text

    def feed(self, text: str) -> str:
        """Take more of the arguments; return what may be told now."""
        self.raw.append(text)
        self._waiting += text
        ready: list[str] = []
        while self._waiting and (piece := self._state()) is not None:
            ready.append(piece)
        self.is_plain = self._state == self._string and not self._waiting
        said = "".join(ready)
        if said:
            self.told.append(said)
        return said

    # Each state takes what it can off the waiting text and returns what of that is told; None
    # where it has to wait.

    def _take(self, end: int) -> str:
        taken, self._waiting = self._waiting[:end], self._waiting[end:]
        return taken

    def _hold(self) -> str | None:
        self._state = self._held
        return None

    def _held(self) -> str | None:
        self._waiting = ""  # all of it is in `raw`
        return None

    def _ended(self) -> str | None:
        if not _END.match(self._waiting):
            self._hold()
        return None

    def _open(self) -> str | None:
        found = _OPEN.match(self._waiting)
        if found is None:
            return self._hold() if self._waiting.strip(" \t\n\r") else None
        self._prepare()
        if self._parts is None:
            return self._hold()
        self._state = self._first
        return self._take(found.end())

    def _prepare(self) -> None:
        rules = self._schema.rules
        if _BY_PARTS.issuperset(rules):
            alone = {name: rule for name, rule in rules.items() if name != "required"}
            if '"$ref": "#"' not in json.dumps(alone):
                self._parts = compiled_schema(alone)
                self._names = rules.get("properties") or {}

    def _first(self) -> str | None:
        return self._member(_FIRST_MEMBER, _FIRST_BEGUN)

    def _next(self) -> str | None:
        return self._member(_NEXT_MEMBER, _NEXT_BEGUN)

    def _member(self, whole: re.Pattern[str], begun: re.Pattern[str]) -> str | None:
        if _END.match(self._waiting):
            self._state = self._ended
            return None
        found = whole.match(self._waiting)
        if found is None:
            grows = len(self._waiting) < _LONGEST_NAME and begun.match(self._waiting)
            return None if grows else self._hold()
        name, value = json.loads(f'"{found.group(1)}"'), self._waiting[found.end()]
        if not self._is_known(name):
            return self._hold()
        if value == '"' and self._takes_any_string(name) and not names_tool(name):
            self._state = self._string
            return self._take(found.end() + 1)
        self._value_name = name
        self._value_pieces = [self._take(found.end())]
        self._depth, self._in_string = 0, False
        self._state = self._container if value in '"{[' else self._scalar
        return ""

    def _is_known(self, name: str) -> bool:
        if name in self._names:
            return True
        if wraps(name, self._tool) or self._schema.rules.get("additionalProperties") is False:
            return False
        return all(folded(name) != folded(known) for known in self._names)

    def _takes_any_string(self, name: str) -> bool:
        others = self._schema.rules.get("additionalProperties", True)
        return _is_any_string(self._names.get(name, others))

    def _string(self) -> str | None:
        clean = _CLEAN.match(self._waiting)
        if clean and clean.end():
            return self._take(clean.end())
        first = self._waiting[0]
        if first == '"':
            self._state = self._next
            return self._take(1)
        if first != "\\":
            return json.dumps(self._take(1))[1:-1] if self._escapes else self._hold()
        escape = _ESCAPE.match(self._waiting)
        if escape:
            return self._take(escape.end())
        return None if _ESCAPE_BEGUN.match(self._waiting) else self._hold()

    def _scalar(self) -> str | None:
        end = _SCALAR_END.search(self._waiting)
        if end:
            return self._value(end.start())
        return None if len(self._waiting) < _LONGEST_NAME else self._hold()

    def _container(self) -> str | None:
        """Look for the end of an array, an object or a string in what is new."""
        at, text = 0, self._waiting
        while found := (_IN_STRING if self._in_string else _OUTSIDE).search(text, at):
            mark, at = found.group(), found.end()
            if mark == "\\":
                if at == len(text):  # what is escaped comes next
                    self._value_pieces.append(self._take(found.start()))
                    return None
                at += 1
            elif mark == '"':
                self._in_string = not self._in_string
            else:
                self._depth += 1 if mark in "{[" else -1
            if self._depth <= 0 and not self._in_string:
                return self._value(at)
        self._value_pieces.append(self._take(len(text)))
        return self._value_of_another_name()

    def _value_of_another_name(self) -> str | None:
        """Tell a string as it comes after all, once it can no longer be the tool's name."""
        if self._depth or not names_tool(self._value_name):
            return None
        begun = "".join(self._value_pieces)
        head = len(self._value_pieces[0]) + 1
        said, meant = folded(begun[head:]), folded(self._tool)
        if not said or meant.startswith(said) or f"functions{meant}".startswith(said):
            return None
        if not self._takes_any_string(self._value_name):
            return None
        self._state, self._waiting = self._string, begun[head:]
        return begun[:head]

    def _value(self, end: int) -> str | None:
        head = self._value_pieces[0]
        whole = "".join([*self._value_pieces, self._waiting[:end]])
        if not self._can_only_be_right(whole[len(head) :]):
            return self._hold()
        self._take(end)
        self._state = self._next
        return whole

    def _can_only_be_right(self, text: str) -> bool:
        try:
            value = json.loads(text)
            text.encode()
        except (ValueError, RecursionError):
            return False
        name = self._value_name
        # Where a tool takes a name of its own, `{"name": "the_tool", "parameters": ...}` is still
        # a wrapper.
        if names_tool(name) and isinstance(value, str) and fitting_name(value, [self._tool]):
            return False
        return self._parts is not None and self._parts.fits({name: value})


def _is_any_string(rule: Any) -> bool:  # noqa: ANN401 - any schema
    """Whether every string fits a schema, whatever else does."""
    if rule is True:
        return True
    if not is_object(rule):
        return False
    if "anyOf" in rule and _SAY_NOTHING.issuperset(rule.keys() - {"anyOf"}):
        return "type" not in rule and any(map(_is_any_string, rule["anyOf"]))
    expected = rule.get("type", "string")
    taken = expected == "string" or (is_array(expected) and "string" in expected)
    return taken and _SAY_NOTHING.issuperset(rule)
