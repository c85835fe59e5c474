"""Arrays and objects as GBNF rules, and the arguments of a K3 call, which are an object's members.

Owns: the order and the separators of what a container holds, and what it needs of whoever writes
the values inside it.
May know: its own files, _json, schema.
"""

# A JSON schema is of unknown shape all the way down; mypy strict checks this file.
# pyright: basic

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from kimi_core.raw._grammar.characters import RAW
from kimi_core.raw._grammar.enums import enum_values
from kimi_core.raw._grammar.merge import canonical
from kimi_core.raw._grammar.text import any_of, character_class, literal, optional, sequence
from kimi_core.schema.limits import MAX_NAME, STEP, spend

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from kimi_core._json import AnySchema, Schema
    from kimi_core.raw._grammar.characters import Spelling
    from kimi_core.raw._grammar.merge import Document
    from kimi_core.raw._grammar.place import Place
    from kimi_core.raw._grammar.shape import Extra, Shape
    from kimi_core.raw._grammar.text import Rules

__all__ = [
    "Alternative",
    "ValueWriter",
    "argument_text",
    "array_text",
    "attribute",
    "object_text",
]

_K3_TYPES = {"integer": "number"}

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


def _comma(rules: Rules) -> str:
    return rules.once("comma", '"," " "?')


def object_text(values: ValueWriter, shape: Shape, place: Place) -> str | None:
    """Return the JSON objects of a shape, or None where there are none."""
    if shape.extra is not None and shape.extra.high is not None and shape.extra.high < 0:
        return None
    pairs = []
    for member in shape.members:
        name = values.value(member.schema, place.child(member.key))
        if name is None and member.required:
            return None
        if name is not None:
            pairs.append((_pair(values, literal(canonical(member.key)), name), member.required))
    extra = _extra_pair(values, shape, place)
    chain = _Chain(values.rules, place.hint, pairs, extra, shape.extra)
    inside = chain.any_number(needs_one=shape.needs_one)
    return None if inside is None else sequence('"{"', inside, '"}"')


def _pair(values: ValueWriter, key: str, value: str) -> str:
    return sequence(key, values.rules.once("colon", '":" " "?'), value)


def _extra_pair(values: ValueWriter, shape: Shape, place: Place) -> str | None:
    if shape.extra is None:
        return None
    value = values.value(shape.extra.schema, place.child("additionalProperties"))
    key = _extra_key(values, shape.extra, [member.key for member in shape.members], place)
    return None if value is None or key is None else _pair(values, key, value)


def _extra_key(values: ValueWriter, extra: Extra, taken: Iterable[str], place: Place) -> str | None:
    if extra.names is not None:
        return values.value(extra.names, place.child("propertyNames"))
    return sequence(
        values.spelling.quote, _other_name(values, taken, '"\\', place), values.spelling.quote
    )


def _other_name(values: ValueWriter, declared: Iterable[str], excluded: str, place: Place) -> str:
    """Return a key that is none of those taken; it has no character that is written escaped.

    A key that repeats a declared one would give it a value that its own schema never saw.
    """
    limit = values.max_string_length
    taken = {key for key in declared if key.isprintable() and not set(key) & set(excluded)}
    none = [(0x00, 0x1F), *((ord(character), ord(character)) for character in excluded)]
    more = values.rules.repeat(character_class(none, negated=True), 0, limit)

    if max(map(len, taken), default=0) > MAX_NAME:
        values.refuse(place, f"other properties beside one of more than {MAX_NAME} characters")
        taken = {key for key in taken if len(key) <= MAX_NAME}
    followers = _followers(taken)
    texts: dict[str, str] = {}
    for prefix in sorted(followers, key=len, reverse=True):
        others = [*none, *((ord(one), ord(one)) for one in followers[prefix])]
        parts = [sequence(character_class(others, negated=True), more)]
        parts += [sequence(literal(one), texts.pop(prefix + one)) for one in followers[prefix]]
        ends = prefix != "" and prefix not in taken
        texts[prefix] = optional(any_of(parts)) if ends else any_of(parts)
        spend(len(texts[prefix]))
    return texts[""]


def _followers(keys: Iterable[str]) -> dict[str, list[str]]:
    """Return the beginnings of keys, each with the characters that may follow."""
    found: dict[str, set[str]] = {"": set()}
    for key in keys:
        spend(len(key) ** 2)
        for end in range(len(key)):
            found.setdefault(key[:end], set()).add(key[end])
        found.setdefault(key, set())
    return {prefix: sorted(found[prefix]) for prefix in found}


class _Chain:
    """Members in a fixed order, the optional ones left out at will, with commas between."""

    def __init__(
        self,
        rules: Rules,
        hint: str,
        members: list[tuple[str, bool]],
        extra: str | None,
        counts: Extra | None,
    ) -> None:
        self._rules = rules
        self._hint = hint
        self._members = members
        self._extra = extra
        self._low = counts.low if counts else 0
        self._high = counts.high if counts else None
        self._rests: dict[int, str] = {}

    def any_number(self, *, needs_one: bool) -> str | None:
        """Return every selection, or None where there is none."""
        heads = []
        for number, (text, required) in enumerate(self._members):
            heads.append(sequence(text, self._rest(number + 1)))
            if required:
                return any_of(heads)
        if self._extra is not None and self._high != 0:
            heads.append(sequence(self._extra, self._more(max(0, self._low - 1))))
        if not heads:
            return None if needs_one or self._low else ""
        return any_of(heads) if needs_one or self._low else optional(any_of(heads))

    def _rest(self, number: int) -> str:
        """Return what may follow once a member has been written: each with its comma."""
        if number == len(self._members):
            return self._more(0)
        if number not in self._rests:  # then none is: the first question is about all of them
            for later in range(len(self._members) - 1, number - 1, -1):
                self._rests[later] = self._written(later)
        return self._rests[number]

    def _written(self, number: int) -> str:
        text, required = self._members[number]
        member = sequence(_comma(self._rules), text)
        rest = self._rests.get(number + 1) or self._more(0)
        body = sequence(member if required else optional(member), rest)
        spend(len(body))
        return self._rules.add(f"{self._hint}-rest", body)

    def _more(self, low: int) -> str:
        if self._extra is None:
            return ""
        high = None if self._high is None else self._high - 1
        return self._rules.repeat(sequence(_comma(self._rules), self._extra), low, high)


def argument_text(values: ValueWriter, schema: Schema, place: Place) -> str | None:
    """Return the arguments of a K3 call: each in its own element, strings as raw text.

    Args:
        values: Writes the values.
        schema: A tool's parameters, an object.
        place: The tool.

    Returns:
        The arguments, or None where no object fits the schema.
    """
    branches = values.branches(schema, place)
    texts = [
        _arguments(values, values.shape(branch, place), place)
        for branch in branches
        if "enum" not in branch
    ]
    possible = [text for text in texts if text is not None]
    return any_of(possible) if possible else None


def _arguments(values: ValueWriter, shape: Shape, place: Place) -> str | None:
    parts = []
    for member in shape.members:
        alternatives = values.alternatives(member.schema, place.child(member.key), RAW)
        if not alternatives and member.required:
            return None
        if alternatives:
            text = any_of([_argument(attribute(member.key), *one) for one in alternatives])
            spend(STEP + len(text))
            parts.append((text, member.required))
    if shape.needs_one and not any(required for _, required in parts):
        values.refuse(place, "'minProperties' of K3's arguments")
    texts = [text if required else optional(text) for text, required in parts]
    return sequence(*texts, _extra_arguments(values, shape, place))


def _extra_arguments(values: ValueWriter, shape: Shape, place: Place) -> str:
    if shape.extra is None:
        return ""
    if shape.extra.names is not None or shape.extra.low or shape.extra.high is not None:
        values.refuse(place, "a bound on the names or the number of K3's arguments")
    key = _other_name(values, [attribute(member.key) for member in shape.members], '"&<', place)
    alternatives = values.alternatives(shape.extra.schema, place.child("additionalProperties"), RAW)
    texts = [_argument(None, *one, key=key) for one in alternatives]
    return values.rules.repeat(any_of(texts)) if texts else ""


def attribute(text: str) -> str:
    """Return the text as it is written between the quotes of an attribute in K3's markup."""
    return text.replace("&", "&amp;").replace('"', "&quot;")


def _argument(name: str | None, kind: str, text: str, *, key: str = "") -> str:
    opening, closing = '<|open|>argument key="', f'" type="{_K3_TYPES.get(kind, kind)}"<|sep|>'
    start = (
        literal(f"{opening}{name}{closing}")
        if name is not None
        else sequence(literal(opening), key, literal(closing))
    )
    return sequence(start, text, literal("<|close|>argument<|sep|>"))


def array_text(values: ValueWriter, schema: Schema, place: Place) -> str | None:
    """Return the JSON arrays of a schema, or None where there are none."""
    for keyword in ("contains", "unevaluatedItems"):
        if schema.get(keyword) not in (None, False):
            values.refuse(place, repr(keyword))
    low, high = max(0, schema.get("minItems", 0)), schema.get("maxItems")
    if schema.get("uniqueItems") and (high is None or high > 1):
        return _set_text(values, schema, place, low, high)
    inside = _items(values, schema, place, low, high)
    return None if inside is None else sequence('"["', inside, '"]"')


def _set_text(
    values: ValueWriter, schema: Schema, place: Place, low: int, high: int | None
) -> str | None:
    """Return the selections from an enum, in its order: that each is there once is then sure."""
    items = values.document.normal(schema.get("items", True), place.where)
    possible = values.alternatives(items, place.child("items"))
    members = [literal(canonical(value)) for value in enum_values(items)]
    whole = low <= 1 and (high is None or high >= len(members))
    if not possible or not members or not whole:
        if possible:
            values.refuse(place, "'uniqueItems', except for up to all values of an enum")
        inside = _items(values, schema, place, low, high)
        return None if inside is None else sequence('"["', inside, '"]"')
    chain = _Chain(values.rules, place.hint, [(text, False) for text in members], None, None)
    inside = chain.any_number(needs_one=low > 0)
    return sequence('"["', inside or "", '"]"')


def _items(
    values: ValueWriter, schema: Schema, place: Place, low: int, high: int | None
) -> str | None:
    """Return what stands between the brackets."""
    first, others = _item_schemas(schema)
    names = [values.value(item, place.child(f"item{n}")) for n, item in enumerate(first[:high])]
    other = None if others is False else values.value(others, place.child("items"))
    if None in names:
        names = names[: names.index(None)]
        other = None
    fixed = [name for name in names if name is not None]
    most = len(fixed) if other is None else high
    if most is not None and most < low:
        return None
    return _positions(values.rules, fixed, other, low, most)


def _item_schemas(schema: Schema) -> tuple[list[object], object]:
    if isinstance(schema.get("items"), list):  # draft 4 to 2019-09
        return schema["items"], schema.get("additionalItems", False)
    first = schema.get("prefixItems", [])
    return first, schema.get("items", not first)


def _positions(
    rules: Rules, fixed: list[str], other: str | None, low: int, high: int | None
) -> str:
    comma = _comma(rules)
    if not fixed:
        if other is None or high == 0:
            return ""
        fixed = [other]
    tail = ""
    if other is not None:
        most = None if high is None else high - len(fixed)
        least = max(0, low - len(fixed))
        tail = rules.repeat(sequence(comma, other), least, most)
    wrap: Callable[[str], str] = optional
    for number in range(len(fixed) - 1, -1, -1):
        text = sequence(comma if number else "", fixed[number], tail)
        tail = text if number < low else wrap(text)
        spend(len(tail))
    return tail
