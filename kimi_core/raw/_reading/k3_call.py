"""The K3 dialect inside a call: arguments, which are raw strings or JSON.

Owns: the assembly of one JSON object from arguments that come one by one, and the decision where
a value ends that may itself contain tags.
May know: its own files.

Values are never escaped, so that a closing tag inside a value can only be told by what follows: it
is real if the structure goes on behind it, and `k3_string` knows when that is to be doubted.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from kimi_core.raw._reading.calls import Calls
from kimi_core.raw._reading.json_scan import INSIDE_STRING, WHITESPACE, decide_in_string, load_json
from kimi_core.raw._reading.k3_string import StringEnds
from kimi_core.raw._reading.k3_table import K3_TRANSITIONS, K3Marker, K3State
from kimi_core.raw._reading.k3_tags import Tag, TagDecision, find_tag, next_tag, read_tag, tail
from kimi_core.raw._reading.markers import Decision, MarkerFinder
from kimi_core.raw._reading.reader import Reader
from kimi_core.raw._reading.schema_fit import as_object

if TYPE_CHECKING:
    import re

    from kimi_core.raw._reading.names import ToolNames
    from kimi_core.raw._reading.output import Output

__all__ = ["K3CallReader"]

# Whether JSON is valid is known at its end; what is longer is not waited for.
_MAX_DEFERRED = 65_536
_MAX_BLANK = 128

_CLOSERS = {
    K3State.STRING_VALUE: K3Marker.CLOSE_ARGUMENT,
    K3State.JSON_VALUE: K3Marker.CLOSE_ARGUMENT,
    K3State.JSON_BLOCK: K3Marker.CLOSE_JSON,
}
_TOKENS = {"<|open|>": True, "<|close|>": True, "<|end_of_msg|>": True}
_IN_STRING = MarkerFinder({"<|close|>": True}, INSIDE_STRING)
_OUTSIDE_STRING = MarkerFinder(_TOKENS, '"')
_JSON_TYPES = frozenset({"number", "integer", "boolean", "null", "object", "array"})

# What can stand behind a call that is closed, and, since models forget that, behind its arguments.
_AFTER_CALL = frozenset(
    {
        K3Marker.OPEN_CALL,
        K3Marker.OPEN_TOOLS,
        K3Marker.OPEN_THINK,
        K3Marker.OPEN_RESPONSE,
        K3Marker.CLOSE_TOOLS,
        K3Marker.CLOSE_THINK,
        K3Marker.CLOSE_RESPONSE,
        K3Marker.CLOSE_MESSAGE,
        K3Marker.END_OF_TURN,
        K3Marker.CUT,
    }
)


class K3CallReader(Reader[K3State], ABC):
    """Reads calls; what stands outside of them is its subclass's affair."""

    __slots__ = (
        "_calls",
        "_ends_of_string",
        "_in_string",
        "_key",
        "_keys",
        "_name",
        "_origin",
        "_pending",
        "_tag_at",
        "_tag_text",
        "_tools",
        "_value",
        "_value_at",
        "_value_length",
    )

    def __init__(self, output: Output, tools: ToolNames, state: K3State) -> None:
        """Start outside of any call."""
        super().__init__(output, state)
        self._tools = tools
        self._calls = Calls(output, tools)
        self._origin = state
        self._name = self._key = self._tag_text = ""
        self._tag_at = self._value_at = self._value_length = 0
        self._keys: set[str] = set()
        self._value: list[str] | None = None
        self._pending = self._in_string = False
        self._ends_of_string = StringEnds(self._keys, None, in_section=False)

    @abstractmethod
    def _take(self, tag: Tag) -> None:
        """Do what the table says of a tag that stands at the reader's position."""

    # The call.

    def _open_call(self, tag: Tag) -> None:
        """Remember a call; the first structure inside starts it.

        A call that holds text instead is noise that must not use up an index.
        """
        self._tag_text = self._text[tag.start : tag.end]
        self._tag_at = self._base + tag.start
        self._name = tag.attributes.get("tool", "")
        self._pending = True
        self._keys = set()

    def _start_call(self) -> None:
        if not self._pending:
            return
        self._pending = False
        if self._origin is not K3State.TOOLS:
            self._output.diagnose("bare_call", self._tag_text, self._tag_at)
        self._calls.open_named(self._name, self._tag_text, self._tag_at)

    def _leave_call(self, marker: K3Marker | None, *, normal: bool) -> None:
        """End the call; `marker` is None at the end of the text."""
        closed = marker is K3Marker.CLOSE_CALL
        if self._pending and self._aside and not closed:
            self._pending = False
            self._output.diagnose("malformed_call", self._tag_text, self._tag_at)
            self._flush_aside("text_in_call")
            return
        self._flush_aside("text_in_call")
        complete: bool | None = closed or (normal and not self._pending)
        self._start_call()
        if self._state is K3State.JSON_BLOCK:
            complete = None if normal else False
        elif self._state in _CLOSERS:
            self._close_value(whole=False)
            complete = False
        if self._keys and self._state not in _CLOSERS:
            self._calls.write("}")
        if complete and not closed:
            self._output.diagnose("missing_call_end", "", self._here())
        if self._state in (K3State.JSON_BLOCK, K3State.CALL_DONE):
            self._calls.arguments_at = self._value_at
        self._calls.close(complete=complete)

    # Values.

    def _open_argument(self, tag: Tag) -> None:
        self._flush_aside("text_in_call")
        self._start_call()
        self._key = tag.attributes.get("key", "")
        if self._key in self._keys:
            text = self._text[tag.start : tag.end]
            self._output.diagnose("duplicate_key", text, self._base + tag.start)
        self._calls.write(
            f"{',' if self._keys else '{'}{json.dumps(self._key, ensure_ascii=False)}:"
        )
        self._keys.add(self._key)
        is_json = self._type_of(tag) in _JSON_TYPES
        self._state = K3State.JSON_VALUE if is_json else K3State.STRING_VALUE
        self._value = [] if is_json else None
        self._value_length, self._value_at = 0, self._base + tag.end
        self._in_string = False
        if not is_json:
            schema = as_object(self._tools.schema(self._name))
            in_section = self._origin is K3State.TOOLS
            self._ends_of_string = StringEnds(self._keys, schema, in_section=in_section)
            self._calls.write('"')

    def _type_of(self, tag: Tag) -> str:
        """Return an argument's type: as it says, else as the schema says, else a string."""
        kind = tag.attributes.get("type")
        if kind is not None:
            return kind
        schema = as_object(self._tools.schema(self._name)) or {}
        properties = as_object(schema.get("properties")) or {}
        declared = (as_object(properties.get(self._key)) or {}).get("type")
        return declared if isinstance(declared, str) else "string"

    def _open_block(self, tag: Tag) -> None:
        self._flush_aside("text_in_call")
        self._start_call()
        self._value_at = self._base + tag.end
        self._value, self._value_length = None, 0
        self._in_string = False

    def _read_string(self) -> bool:
        text, position = self._text, self._at
        while True:
            found = find_tag(text, position)
            if found is None:
                self._write(len(text) if self._final else tail(text, position))
                return False
            tag = self._closing(found.start())
            if tag is None:
                self._write(found.start())
                return False
            if tag:
                self._write(tag.start)
                self._take(tag)
                return True
            position = found.end()

    def _closing(self, start: int) -> TagDecision:
        """Return the tag that ends a string, False for data, None while more text is needed."""
        tag = read_tag(self._text, start, final=self._final)
        if not tag or tag.marker is K3Marker.CUT:
            return tag
        if tag.marker is not K3Marker.CLOSE_ARGUMENT:
            return False
        real = self._followed(tag.end)
        if real:
            real = self._ends_of_string.real(
                tag, self._text, self._base, self._followed, final=self._final
            )
        return tag if real else real

    def _followed(self, end: int) -> Decision:
        """Whether the structure goes on behind a value; None while more text is needed."""
        after = next_tag(self._text, end, final=self._final)
        if not isinstance(after, Tag):
            return after
        if after.marker is not K3Marker.CLOSE_CALL:
            opens = after.marker is K3Marker.OPEN_ARGUMENT
            return after.marker in _AFTER_CALL or (opens and self._state is not K3State.JSON_BLOCK)
        if self._origin is not K3State.TOOLS:
            return True
        last = next_tag(self._text, after.end, final=self._final)
        return last.marker in _AFTER_CALL if isinstance(last, Tag) else last

    def _read_json(self) -> bool:
        text, position = self._text, self._at
        while True:
            found = (_IN_STRING if self._in_string else _OUTSIDE_STRING).search(text, position)
            if found is None:
                self._pause(position)
                return False
            position = found.end()
            if found.group() == '"':
                self._in_string = not self._in_string
            elif found.group() in _TOKENS:
                answer = self._meet_in_json(found)
                if isinstance(answer, bool):
                    return answer
                position = answer

    def _meet_in_json(self, found: re.Match[str]) -> bool | int:
        """Meet a token; a position where to scan on if it is data, else what a step answers."""
        start = found.start()
        tag = read_tag(self._text, start, final=self._final)
        if tag is None:
            self._write(start if self._in_string else self._trimmed(start))
            return False
        if not tag or tag.marker not in K3_TRANSITIONS[self._state]:
            return found.end()
        if self._in_string and tag.marker is not K3Marker.CUT:
            return self._decide(tag)
        self._write(self._trimmed(start))
        self._at = start
        self._take(tag)
        return True

    def _decide(self, tag: Tag) -> bool | int:
        """Decide about a closing tag inside a JSON string."""
        if tag.marker is not _CLOSERS[self._state]:
            return tag.start + 1
        decided = decide_in_string(self._text, tag.start, self._ends, final=self._final)
        if decided is None:
            self._write(tag.start)
            return False
        position, is_end = decided
        if not is_end:
            return position
        self._write(position)
        self._in_string = False
        end = read_tag(self._text, position, final=self._final)
        assert isinstance(end, Tag)  # noqa: S101 - _ends read it there
        self._take(end)
        return True

    def _ends(self, text: str, start: int, stop: int) -> list[tuple[int, bool]] | None:
        """List the tags that may end the value, each with whether structure follows it."""
        ends: list[tuple[int, bool]] = []
        at = text.find("<|close|>", start, stop)
        while at >= 0:
            tag = read_tag(text, at, final=self._final)
            if tag and tag.marker is _CLOSERS[self._state]:
                followed = self._followed(tag.end)
                if followed is None:
                    return None
                ends.append((at, followed))
            at = text.find("<|close|>", at + 1, stop)
        return ends

    def _trimmed(self, end: int) -> int:
        visible = self._at + len(self._text[self._at : end].rstrip(WHITESPACE))
        return max(visible, end - _MAX_BLANK)

    def _pause(self, position: int) -> None:
        text = self._text
        if self._final:
            end = len(text)
        elif not self._in_string:
            end = self._trimmed(_OUTSIDE_STRING.tail(text, position))
        elif text.endswith("\\") and position < len(text):
            end = len(text) - 1
        else:
            end = _IN_STRING.tail(text, position)
        self._write(end)

    def _write(self, end: int) -> None:
        """Write the value up to `end`, or keep it where it is not known to be valid."""
        text = self._text[self._at : end]
        if self._state is K3State.STRING_VALUE:
            self._calls.write(json.dumps(text, ensure_ascii=False)[1:-1])
        else:
            self._write_json(text)
        self._at = end

    def _write_json(self, text: str) -> None:
        if not self._value_length:
            visible = text.lstrip(WHITESPACE)
            self._value_at = self._here() + len(text) - len(visible)
            text = visible
        self._value_length += len(text)
        if self._value is None:
            self._calls.write(text)
            return
        self._value.append(text)
        if self._value_length > _MAX_DEFERRED:
            self._calls.write("".join(self._value))
            self._value = None

    def _close_value(self, *, whole: bool = True) -> None:
        """End the value that is being read."""
        if self._state is K3State.STRING_VALUE:
            if whole:
                self._calls.write('"')
        elif self._value is not None:
            text = "".join(self._value).rstrip(WHITESPACE) if whole else "".join(self._value)
            self._value = None
            if whole and not _is_json(text):
                self._output.diagnose("invalid_argument", text, self._value_at)
                text = json.dumps(text, ensure_ascii=False)
            self._calls.write(text)


def _is_json(text: str) -> bool:
    try:
        load_json(text)
    except ValueError:
        return False
    return True
