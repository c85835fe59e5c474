"""JSON schema as GBNF rules.

Owns: which values a schema lets the model write. May know: its own files, _json, errors, schema.

Everything that is written fits the schema; not everything that fits can be written: properties
come in the schema's order, numbers and keys have a greatest length, and there is at most one blank
after a comma or a colon, because a small model under a grammar can write blanks without end.
"""

# A JSON schema is of unknown shape all the way down; mypy strict checks this file.
# pyright: basic

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from kimi_core.errors import KimiConfigError
from kimi_core.raw._grammar.characters import JSON, RAW, Spelling, any_character, any_text
from kimi_core.raw._grammar.containers import array_text, object_text
from kimi_core.raw._grammar.disjoint import disjoint
from kimi_core.raw._grammar.enums import bounds_of, enum_values, type_of
from kimi_core.raw._grammar.formats import FORMATS
from kimi_core.raw._grammar.merge import canonical, check_branches, refusal
from kimi_core.raw._grammar.numbers import (
    INTEGER,
    MAX_DIGITS,
    NUMBER,
    Bounds,
    decimal_range,
    integer_range,
)
from kimi_core.raw._grammar.pattern import UnsupportedPatternError, pattern_text
from kimi_core.raw._grammar.shape import read_shape
from kimi_core.raw._grammar.text import any_of, literal, sequence
from kimi_core.schema.limits import nested, shortened, spend
from kimi_core.schema.reading import TYPES, distinct_types

if TYPE_CHECKING:
    from kimi_core._json import AnySchema, Schema
    from kimi_core.raw._grammar.containers import Alternative
    from kimi_core.raw._grammar.merge import Document
    from kimi_core.raw._grammar.place import Place
    from kimi_core.raw._grammar.shape import Shape
    from kimi_core.raw._grammar.text import Rules

__all__ = ["ValueRules"]

_NEVER = ("not", "if", "$dynamicRef", "$recursiveRef")
# A schema without a type is taken for the type that its keywords are about.
_KEYWORDS = {
    "object": {
        "properties",
        "required",
        "additionalProperties",
        "propertyNames",
        "patternProperties",
        "minProperties",
        "maxProperties",
    },
    "array": {"items", "prefixItems", "minItems", "maxItems", "uniqueItems", "contains"},
    "string": {"pattern", "format", "minLength", "maxLength"},
    "number": {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"},
}
_MOST_MULTIPLES = 200
_DEEPEST_UNION = 32


class ValueRules:
    """The rules for the values of one tool's schema."""

    def __init__(
        self,
        rules: Rules,
        document: Document,
        *,
        strict: bool,
        max_string_length: int | None,
        spelling: Spelling = JSON,
    ) -> None:
        """Begin with nothing written.

        Args:
            rules: Where the rules are added; several tools may share it.
            document: The tool's schema.
            strict: Whether a keyword that cannot be kept is an error.
            max_string_length: The greatest length of a string that states none.
            spelling: How strings are written in JSON.
        """
        self.spelling = spelling
        self.rules = rules
        self.document = document
        self.strict = strict
        self.max_string_length = max_string_length
        self._names: dict[str, str | None] = {}

    def value(self, schema: AnySchema, place: Place) -> str | None:
        """Return the rule for the JSON values of a schema, or None where nothing fits it."""
        key = canonical(schema)
        if key not in self._names:
            # The name is known before the body, so a schema may contain itself.
            name = self._names[key] = self.rules.reserve(place.hint)
            with nested(place.where):
                alternatives = self.alternatives(schema, place)
            body = any_of([text for _, text in alternatives] or [""])
            spend(len(name) + len(body))
            self.rules.define(name, body)
            self._names[key] = name if alternatives else None
        return self._names[key]

    def alternatives(
        self,
        schema: AnySchema,
        place: Place,
        spelling: Spelling | None = None,
    ) -> list[Alternative]:
        """Return what may be written for a schema, an entry for each type and branch of a union.

        Args:
            schema: Any schema.
            place: For errors and names of rules.
            spelling: How strings are written, JSON by default; what is inside an array or object
                always is JSON.

        Raises:
            KimiConfigError: For a schema that a grammar cannot keep.
        """
        spelling = spelling or self.spelling
        return [
            alternative
            for branch in self.branches(schema, place)
            for alternative in self._one_branch(branch, place, spelling)
        ]

    def _one_branch(self, schema: Schema, place: Place, spelling: Spelling) -> list[Alternative]:
        for keyword in _NEVER:
            if keyword in schema:
                self.refuse(place, repr(keyword))
        if "enum" in schema:
            return _enum(schema, spelling)
        names = _types(schema)
        written = [(name, self._typed(name, schema, place, spelling)) for name in names]
        return [(name, text) for name, text in written if text is not None]

    def refuse(self, place: Place, what: str) -> None:
        """Raise the error for what a grammar cannot say, unless the caller lives with it."""
        if self.strict:
            raise refusal(place.where, what)

    def branches(
        self, schema: AnySchema, place: Place, within: tuple[str, ...] = ()
    ) -> list[Schema]:
        """Return the normal forms, without any union, that a schema is a choice of.

        Args:
            schema: Any schema.
            place: For errors.
            within: The unions that this schema is a branch of.

        Raises:
            KimiConfigError: For a union that leads back to itself, and in strict use for a
                `oneOf` whose branches may have values in common.
        """
        normal = self.document.normal(schema, place.where)
        keyword = next((key for key in ("anyOf", "oneOf") if key in normal), None)
        if keyword is None:
            return [normal]
        key = canonical(normal)
        check_branches(len(normal[keyword]), place.where)
        if key in within or len(within) > _DEEPEST_UNION:
            raise KimiConfigError(f"{place.where}: the {keyword} leads back to itself.")
        rest = {name: value for name, value in normal.items() if name != keyword}
        branches = [
            self.document.merge(rest, self.document.normal(branch, place.where), place.where)
            for branch in normal[keyword]
        ]
        if keyword == "oneOf" and not self._exclusive(branches, place):
            self.refuse(place, "a 'oneOf' whose branches may have values in common")
        flat: list[Schema] = []
        for branch in branches:
            flat += self.branches(branch, place, (*within, key))
            check_branches(len(flat), place.where)
        return flat

    def shape(self, schema: Schema, place: Place) -> Shape:
        """Return what an object may hold, given its schema in normal form."""
        return read_shape(
            schema, self.document, place, strict=self.strict, arguments=not place.path
        )

    def _exclusive(self, branches: list[Schema], place: Place) -> bool:
        def normal(schema: object) -> Schema:
            return self.document.normal(schema, place.where)

        return all(
            disjoint(first, second, normal)
            for number, first in enumerate(branches)
            for second in branches[:number]
        )

    def _typed(self, name: str, schema: Schema, place: Place, spelling: Spelling) -> str | None:
        if name == "object":
            return object_text(self, self.shape(schema, place), place)
        if name == "array":
            return array_text(self, schema, place)
        if name == "string":
            return self._string(schema, place, spelling)
        if name in {"number", "integer"}:
            return self._number(name, schema, place)
        if name == "boolean":
            return self.rules.once("boolean", '"true" | "false"')
        return self.rules.once("null", '"null"')

    def _string(self, schema: Schema, place: Place, spelling: Spelling) -> str | None:
        low, high = max(0, schema.get("minLength", 0)), schema.get("maxLength")
        if high is not None and high < low:
            return None
        text = self._pattern(schema, place, spelling, low, high)
        if text is None:
            text = self._format(schema, place, low, high)
        if text is None:
            text = self._free_string(spelling, low, high)
        return sequence(spelling.quote, text, spelling.quote)

    def _pattern(
        self, schema: Schema, place: Place, spelling: Spelling, low: int, high: int | None
    ) -> str | None:
        if "pattern" not in schema:
            return None
        try:
            return pattern_text(self.rules, schema["pattern"], spelling, low, high)
        except UnsupportedPatternError as error:
            self.refuse(place, f"the pattern {shortened(schema['pattern'])!r} {error}")
            return None

    def _format(self, schema: Schema, place: Place, low: int, high: int | None) -> str | None:
        if schema.get("format") not in FORMATS:
            return None
        text, shortest, longest = FORMATS[schema["format"]]
        if low > shortest or (high is not None and high < longest):
            self.refuse(place, f"the format {schema['format']!r} beside a bound on the length")
        return self.rules.once(f"format-{schema['format']}", text)

    def _free_string(self, spelling: Spelling, low: int, high: int | None) -> str:
        if high is None and self.max_string_length is not None:
            high = max(low, self.max_string_length)
        if high is None:
            least = self.rules.repeat(any_character(self.rules, spelling), low, low) if low else ""
            return sequence(least, any_text(self.rules, spelling))
        return self.rules.repeat(any_character(self.rules, spelling), low, high)

    def _number(self, name: str, schema: Schema, place: Place) -> str | None:
        bounds, unsaid = bounds_of(schema).within_reach()
        if unsaid:
            self.refuse(place, f"a bound of more than {MAX_DIGITS} digits")
        if "multipleOf" in schema:
            step = Fraction(str(schema["multipleOf"]))
            if step.denominator == 1 or (name == "integer" and step.numerator == 1):
                return self._multiples(max(int(step), 1), bounds, place)
            self.refuse(place, "'multipleOf' a fraction")
        if bounds.unbounded and bounds_of(schema).unbounded:
            return self.rules.once(name, INTEGER if name == "integer" else NUMBER)
        return integer_range(*bounds.integers()) if name == "integer" else decimal_range(bounds)

    def _multiples(self, step: int, bounds: Bounds, place: Place) -> str | None:
        low, high = bounds.integers()
        if step > 1 and low is not None and high is not None:
            first = -(-low // step) * step
            if (high - first) // step < _MOST_MULTIPLES:
                texts = [literal(str(number)) for number in range(first, high + 1, step)]
                return any_of(texts) if texts else None
        if step > 1:
            self.refuse(place, f"'multipleOf' over more than {_MOST_MULTIPLES} numbers")
        return integer_range(low, high)


def _types(schema: Schema) -> list[str]:
    declared = schema.get("type")
    if declared is None:
        return [name for name, keys in _KEYWORDS.items() if keys & schema.keys()] or list(TYPES)
    return distinct_types([declared] if isinstance(declared, str) else declared)


def _enum(schema: Schema, spelling: Spelling) -> list[Alternative]:
    written: dict[str, list[str]] = {}
    for value in enum_values(schema):
        raw = spelling is RAW and isinstance(value, str)
        text = literal(value if raw else canonical(value))
        written.setdefault(type_of(value), []).append(text)
    return [(name, any_of(texts)) for name, texts in written.items()]
