"""What a container needs of whoever writes the values inside it.

Owns: the protocol that `values` keeps and `containers` asks. May know: its own files, _json.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from kimi_core._json import AnySchema, Schema
    from kimi_core.raw._grammar.characters import Spelling
    from kimi_core.raw._grammar.merge import Document
    from kimi_core.raw._grammar.place import Place
    from kimi_core.raw._grammar.shape import Shape
    from kimi_core.raw._grammar.text import Rules

__all__ = ["Alternative", "ValueWriter"]

Alternative = tuple[str, str]
"""A JSON type, and the expression of its values."""


class ValueWriter(Protocol):
    """Writes the values of one tool's schema."""

    rules: Rules
    document: Document
    spelling: Spelling
    max_string_length: int | None

    def value(self, schema: AnySchema, place: Place) -> str | None:
        """Return the name of a rule for a schema's values, or None where there are none."""
        ...

    def alternatives(
        self,
        schema: AnySchema,
        place: Place,
        spelling: Spelling | None = None,
    ) -> list[Alternative]:
        """Return the values of a schema, by JSON type."""
        ...

    def branches(self, schema: AnySchema, place: Place) -> list[Schema]:
        """Return schemas without unions, of which values fit one."""
        ...

    def shape(self, schema: Schema, place: Place) -> Shape:
        """Return the members of an object."""
        ...

    def refuse(self, place: Place, what: str) -> None:
        """Refuse a keyword that cannot be kept, where that is an error."""
        ...
