"""From a call's id to the name of a tool.

Owns: how a name is read from an id, and how damaged ids are mended.
May know: its own files, _json.

The id is the only carrier of the name, and models damage it: they lose the colon, copy foreign ids
from the history, or write a bare counter. vLLM 0.33 and SGLang 0.5.23 drop such calls silently.
Here a damaged id is mended only to a declared tool, and only if exactly one is possible. A call
never vanishes: without declared tools it keeps its raw id, with them it stays text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kimi_core.raw._reading.json_scan import load_json
from kimi_core.raw._reading.schema_fit import as_object, fits
from kimi_core.raw.tool_names import fitting_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from kimi_core._json import Tool

__all__ = ["Resolution", "ToolNames"]

# Everything up to the last colon is the name: names hold dots, dashes and MCP's underscores, so
# that a character class such as Moonshot's own [\w\.]+ refuses real tools.
_NATIVE = re.compile(r"(?:functions\.)?(.*\w.*):\d+\Z", re.DOTALL)
_PREFIX = re.compile(r"functions(?:[._:(\[/]+|\Z)")
_COUNTER = re.compile(r"[\W_]*\d*(?:\.\d+)?[\W_]*\Z")
_TRAILING_COUNTER = re.compile(r"[\W_]*\d+[\W_]*\Z")
# Counters and the ids of other servers; they say nothing about the tool.
_NAMELESS = re.compile(
    r"(?:[\W_\d]*|functions|(?:call|toolu|chatcmpl-tool)(?:\d+|[_:-][0-9A-Za-z_-]*)?)\Z"
)


@dataclass(frozen=True, slots=True)
class Resolution:
    """What an id says.

    Attributes:
        name: The tool's name; None where only the arguments can tell.
        problem: The kind of diagnostic that this deserves, or None.
    """

    name: str | None
    problem: str | None = None


class ToolNames:
    """The declared tools, and what ids can mean given them."""

    __slots__ = ("_schemas",)

    def __init__(self, tools: Sequence[Tool] | None) -> None:
        """Read the names and schemas.

        Args:
            tools: OpenAI tool dicts, or the ``function`` objects in them; anything else in the
                list is passed over. None or empty: any name is believed.
        """
        self._schemas: dict[str, object] = {}
        for tool in tools or ():
            function = as_object(tool.get("function", tool)) or {}
            name = function.get("name")
            if isinstance(name, str) and name:
                self._schemas[name] = function.get("parameters")

    def __iter__(self) -> Iterator[str]:
        """Iterate over the names."""
        return iter(self._schemas)

    def __contains__(self, name: str) -> bool:
        """Whether the name is declared."""
        return name in self._schemas

    def schema(self, name: str) -> object:
        """Return the parameters' schema of a declared tool, or None."""
        return self._schemas.get(name)

    def known(self, name: str) -> bool:
        """Whether the name is declared, or none is."""
        return not self._schemas or name in self._schemas

    def resolve(self, raw: str) -> Resolution:
        """Read an id, without its surrounding whitespace."""
        native = _NATIVE.match(raw)
        stripped = _PREFIX.sub("", raw, count=1) if _PREFIX.match(raw) else raw
        if native and not _NAMELESS.match(native.group(1)):
            return self._resolve_native(raw, native.group(1))
        if stripped in self._schemas:
            return Resolution(stripped, "malformed_id")
        if native and native.group(1) in self._schemas:
            return Resolution(native.group(1))
        mended = self._mend(raw, stripped)
        if mended:
            return Resolution(mended, "repaired_name")
        if _NAMELESS.match(stripped):
            return self._resolve_nameless(raw)
        return Resolution(stripped, "malformed_id")

    def resolve_name(self, name: str) -> Resolution:
        """Read a name that stands by itself."""
        return self._resolve_native(name, name) if name else self._resolve_nameless(name)

    def _resolve_native(self, raw: str, name: str) -> Resolution:
        if self.known(name):
            return Resolution(name)
        parts = name.split(".")
        for first in range(1, len(parts)):
            suffix = ".".join(parts[first:])
            if suffix in self._schemas:
                return Resolution(suffix)
        mended = self._mend(raw, name)
        return Resolution(mended, "repaired_name") if mended else Resolution(name)

    def _resolve_nameless(self, raw: str) -> Resolution:
        if len(self._schemas) == 1:
            return Resolution(next(iter(self._schemas)), "inferred_name")
        return Resolution(None) if self._schemas else Resolution(raw, "ambiguous_name")

    def _mend(self, raw: str, stripped: str) -> str | None:
        """Return the one declared name that a damaged id can mean, or None."""
        texts = {stripped, _PREFIX.sub("", raw, count=1), raw.removeprefix("functions")}
        texts.add(raw.removeprefix("functions_"))
        exact = {name for text in texts for name in self._schemas if _is_damaged(text, name)}
        if not exact:
            folded = {text.replace("-", "_") for text in texts}
            exact = {
                name
                for text in folded
                for name in self._schemas
                if _is_damaged(text, name.replace("-", "_"))
            }
        return exact.pop() if len(exact) == 1 else self._fitting(texts) if not exact else None

    def _fitting(self, texts: set[str]) -> str | None:
        """Return the one declared name that the texts are, but for case, separators and blanks."""
        for said in (texts, {_TRAILING_COUNTER.sub("", text) for text in texts}):
            meant = {fitting_name(text, self._schemas) for text in said} - {None}
            if meant:
                return meant.pop() if len(meant) == 1 else None
        return None

    def infer(self, arguments: str) -> str | None:
        """Return the one declared tool whose schema the arguments fit, or None."""
        try:
            value = as_object(load_json(arguments))
        except ValueError:
            return None
        if value is None:
            return None
        possible = [
            name
            for name, schema in self._schemas.items()
            if fits(value, as_object(schema) or dict[str, object]())
        ]
        return possible[0] if len(possible) == 1 else None


def _is_damaged(text: str, name: str) -> bool:
    return text.startswith(name) and _COUNTER.match(text, len(name)) is not None
