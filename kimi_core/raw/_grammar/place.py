"""Where in a tool's schema something stands.

Owns: one value that names a place for errors and for rules. May know: schema.
"""

from __future__ import annotations

from dataclasses import dataclass

from kimi_core.schema.limits import shortened, shortened_path

__all__ = ["Place"]


@dataclass(frozen=True, slots=True)
class Place:
    """A place in the schema of one tool.

    Attributes:
        tool: The tool's name.
        path: The keys that lead there.
    """

    tool: str
    path: tuple[str, ...] = ()

    def child(self, key: str) -> Place:
        """Return the place below."""
        return Place(self.tool, (*self.path, shortened(key)))

    @property
    def where(self) -> str:
        """The place in words, for an error."""
        path = shortened_path(".".join(self.path)) or "parameters"
        return f"tool {shortened(self.tool)!r}, {path}"

    @property
    def hint(self) -> str:
        """The place as the wish for a rule's name."""
        return shortened_path("-".join((self.tool, *self.path)))
