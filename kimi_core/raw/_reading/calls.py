"""The calls of one message: index, id, name, arguments.

Owns: what has to be remembered of a call from its start to its end, and what is said of it.
May know: its own files, events.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kimi_core.events import ToolCallArguments, ToolCallEnd, ToolCallStart
from kimi_core.events.arguments import BLANKS, InvalidArguments, legal_json, read_arguments
from kimi_core.raw.tool_ids import unique_id

if TYPE_CHECKING:
    from kimi_core.raw._reading.names import Resolution, ToolNames
    from kimi_core.raw._reading.output import Output

__all__ = ["Calls"]

# A call whose id names no tool waits for its arguments, which tell. Longer arguments than these
# are not waited for: held-back text has to stay bounded.
_MAX_DEFERRED = 65_536


class Calls:
    """Turns what is read of calls into events; at most one call is open at a time."""

    __slots__ = (
        "_counters",
        "_deferred",
        "_id",
        "_id_from_name",
        "_index",
        "_length",
        "_merges",
        "_name",
        "_output",
        "_pieces",
        "_position",
        "_problem",
        "_said",
        "_tools",
        "_used",
        "arguments_at",
        "is_open",
    )

    def __init__(self, output: Output, tools: ToolNames, *, merges: bool = False) -> None:
        """Start without a call.

        Args:
            output: Where events and diagnostics go.
            tools: The declared tools.
            merges: Whether a call that is said twice, with its id and arguments, is one. Two calls
                under one id are two in any case.
        """
        self._output = output
        self._tools = tools
        self._merges = merges
        self._said: set[tuple[str, str, str]] = set()
        self._name: str | None = None
        self._problem: str | None = None
        self._used: set[str] = set()
        self._counters: dict[str, int] = {}
        self._index = -1
        self._id = ""
        self._id_from_name = False
        self._position = 0
        self._pieces: list[str] = []
        self._length = 0
        self._deferred = False
        self.arguments_at: int | None = None
        self.is_open = False

    def open(self, raw: str, position: int) -> None:
        """Start a call that is known by its id (K2).

        Args:
            raw: The id as the model wrote it, without surrounding whitespace.
            position: Where it stands in the output.
        """
        self._id_from_name = False
        self._begin(raw, self._tools.resolve(raw), position)

    def open_named(self, name: str, tag: str, position: int) -> None:
        """Start a call that is known by its name and has no id in the output (K3).

        Args:
            name: The name as the model wrote it; empty where there is none.
            tag: The tag that says so.
            position: Where the tag stands in the output.
        """
        self._id_from_name = True
        self._begin(tag, self._tools.resolve_name(name), position)

    def _begin(self, raw: str, resolution: Resolution, position: int) -> None:
        self._id, self._position = raw, position
        self.arguments_at = None
        self._pieces, self._length = [], 0
        self.is_open = True
        self._name, self._problem = resolution.name, resolution.problem
        again = self._merges and not self._id_from_name and raw in self._used
        self._deferred = resolution.name is None or again
        if resolution.name is not None and not again:
            self._start(resolution.name, resolution.problem)

    def _start(self, name: str, problem: str | None) -> None:
        self._index += 1
        raw = f"{name}:{self._index}" if self._id_from_name else self._id
        unique = unique_id(raw, self._used, self._counters)
        self._used.add(unique)
        self._output.events.append(ToolCallStart(self._index, unique, name))
        if problem:
            self._output.diagnose(problem, self._id, self._position)
        if unique != raw:
            self._output.diagnose("duplicate_id", self._id, self._position)

    def write(self, text: str) -> None:
        """Add to the open call's arguments."""
        if not text:
            return
        self._pieces.append(text)
        if self._deferred:
            self._length += len(text)
            if self._length > _MAX_DEFERRED:
                self._release(self._name or self._id)
        else:
            self._output.events.append(ToolCallArguments(self._index, text))

    @property
    def told(self) -> tuple[int, list[str]] | None:
        """The open call's number and arguments, where these are told as they come."""
        return None if self._deferred else (self._index, self._pieces)

    def is_said_again(self, text: str) -> bool:
        """Whether a text says the open call's arguments once more."""
        return text.strip(BLANKS) == "".join(self._pieces).strip(BLANKS)

    def _release(self, name: str) -> None:
        self._deferred = False
        self._start(name, self._problem if self._name else "inferred_name")
        for piece in self._pieces:
            self._output.events.append(ToolCallArguments(self._index, piece))

    def _is_repeated(self, arguments: str) -> bool:
        """Whether the open call was said before, and only now remember that it was."""
        said = (self._id, self._name or "", arguments)
        repeated = self._deferred and said in self._said
        if self._merges:
            self._said.add(said)
        return repeated

    def close(self, *, complete: bool | None) -> None:
        """End the open call.

        Args:
            complete: Whether it was closed; None: it was not, but counts as closed if its
                arguments are valid JSON.
        """
        if complete and not self._pieces:
            self.write("{}")
        arguments = "".join(self._pieces)
        if self._is_repeated(arguments):
            self.is_open = False
            self._output.diagnose("repeated_call", self._id, self._position)
            return
        if self._deferred:
            # Whether the arguments tell the tool was asked before the call was taken for one.
            self._release(self._name or self._tools.infer(arguments) or "")
        problem = _problem(arguments)
        if complete is None:
            complete = problem != "invalid_json"
        self.is_open = False
        self._output.events.append(ToolCallEnd(self._index, complete))
        if not complete:
            self._output.diagnose("incomplete_call", self._id, self._position)
        elif problem and self.arguments_at is not None:
            self._output.diagnose(problem, arguments, self.arguments_at)
        elif problem:
            self._output.diagnose(problem, self._id, self._position)


def _problem(arguments: str) -> str | None:
    """Return the kind of diagnostic that a call's arguments deserve, or None."""
    found = read_arguments(arguments, complete=bool(arguments))
    if not isinstance(found, InvalidArguments):
        return None
    if found.kind == "not_object":
        return "arguments_not_object"
    # A number of any length is legal JSON; Python's limit concerns whoever would run the call.
    legal = found.kind == "beyond_limits" and legal_json(arguments) is not None
    return None if legal else "invalid_json"
