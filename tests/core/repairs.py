"""Damaged arguments and what they mean, by our own hand.

Owns: the table that ships with the project. A row is a name, what of the schema matters, the text
that came, and the one reading; None where there is none.
"""

from __future__ import annotations

import json
from typing import Any, NamedTuple

__all__ = ["REPAIRS", "Damaged"]


class Damaged(NamedTuple):
    """One row."""

    properties: dict[str, Any]
    text: str
    meant: dict[str, Any] | None
    required: tuple[str, ...] = ()
    closed: bool = True


_TEXT: dict[str, Any] = {"note": {"type": "string"}}
_COUNT: dict[str, Any] = {"count": {"type": "integer", "maximum": 50}}
_FLAG: dict[str, Any] = {"flag": {"type": "boolean"}}
_LIST: dict[str, Any] = {"tags": {"type": "array", "items": {"type": "string"}}}
_SIZES: dict[str, Any] = {"sizes": {"type": "array", "items": {"type": "integer"}}}
_BOX: dict[str, Any] = {
    "box": {"type": "object", "properties": {"w": {"type": "integer"}}, "required": ["w"]}
}
_UNIT: dict[str, Any] = {"unit": {"type": "string", "enum": ["meter", "light year"]}}
_EITHER: dict[str, Any] = {"value": {"anyOf": [{"type": "string"}, {"type": "integer"}]}}
_TWO: dict[str, Any] = {"value": {"anyOf": [{"type": "integer"}, _LIST["tags"]]}}
_MAYBE: dict[str, Any] = {"count": {"anyOf": [{"type": "integer"}, {"type": "null"}]}}
_PAIR: dict[str, Any] = {"tags": {**_LIST["tags"], "minItems": 2}}
_DAY: dict[str, Any] = {"day": {"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}$"}}


def _in_quotes(number: int) -> str:
    return json.dumps({"sizes": ["7"] * number})


def _encoded(levels: int) -> str:
    text = '{"count": 7}'
    for _ in range(levels):
        text = json.dumps(text)
    return text


REPAIRS: dict[str, Damaged] = {
    # Values.
    "a number in quotes": Damaged(_COUNT, '{"count": "7"}', {"count": 7}),
    "a negative number in quotes": Damaged(_COUNT, '{"count": "-7"}', {"count": -7}),
    "a whole number with a point in quotes": Damaged(_COUNT, '{"count": "7.0"}', {"count": 7}),
    "a number with a unit": Damaged(_COUNT, '{"count": "7 m"}', None),
    "a number with leading zeros": Damaged(_COUNT, '{"count": "007"}', None),
    "a number in words": Damaged(_COUNT, '{"count": "seven"}', None),
    "a number with a comma": Damaged(_COUNT, '{"count": "1,5"}', None),
    "a number out of range": Damaged(_COUNT, '{"count": "51"}', None),
    "a fraction for an integer": Damaged(_COUNT, '{"count": 7.5}', None),
    "true in quotes": Damaged(_FLAG, '{"flag": "True"}', {"flag": True}),
    "yes": Damaged(_FLAG, '{"flag": "yes"}', None),
    "1 for true": Damaged(_FLAG, '{"flag": 1}', None),
    "a list in quotes": Damaged(_LIST, '{"tags": "[\\"a\\", \\"b\\"]"}', {"tags": ["a", "b"]}),
    "a list in Python": Damaged(_LIST, '{"tags": "[\'a\']"}', {"tags": ["a"]}),
    "one for a list": Damaged(_LIST, '{"tags": "blue sky"}', {"tags": ["blue sky"]}),
    "a list in prose": Damaged(_LIST, '{"tags": "blue, red"}', None),
    "a list with an and": Damaged(_LIST, '{"tags": "blue|red"}', None),
    "nothing for a list": Damaged(_LIST, '{"tags": ""}', None),
    "lists in a sentence": Damaged(_SIZES, '{"sizes": "[1] and [2]"}', None),
    "numbers in quotes in a list": Damaged(_SIZES, '{"sizes": ["1", 2]}', {"sizes": [1, 2]}),
    "one in quotes for a list": Damaged(_SIZES, '{"sizes": "4"}', {"sizes": [4]}),
    "an object in quotes": Damaged(_BOX, '{"box": "{\\"w\\": 3}"}', {"box": {"w": 3}}),
    "two levels of damage": Damaged(_BOX, '{"box": "{\\"w\\": \\"3\\"}"}', {"box": {"w": 3}}),
    "an integer for a text": Damaged(_TEXT, '{"note": 10115}', {"note": "10115"}),
    "a fraction for a text": Damaged(_TEXT, '{"note": 3.10}', None),
    "true for a text": Damaged(_TEXT, '{"note": true}', None),
    "null for what may be absent": Damaged(_TEXT, '{"note": null}', {}),
    "null for what may not": Damaged(_TEXT, '{"note": null}', None, ("note",)),
    "a fraction for a member": Damaged(_UNIT, '{"unit": 1.5}', None),
    "a member in another case": Damaged(_UNIT, '{"unit": "Light_Year"}', {"unit": "light year"}),
    "a member with blanks": Damaged(_UNIT, '{"unit": " meter\\n"}', {"unit": "meter"}),
    "no member": Damaged(_UNIT, '{"unit": "metre"}', None),
    "a name in another case": Damaged(_COUNT, '{"Count": 3}', {"count": 3}),
    "an unknown name": Damaged(_COUNT, '{"number": 3}', None),
    "an unknown null": Damaged(_COUNT, '{"count": 3, "note": null}', {"count": 3}),
    "two names for one": Damaged(_COUNT, '{"Count": 3, "COUNT": 4}', None),
    "a day with slashes": Damaged(_DAY, '{"day": "2026/12/31"}', None),
    "JSON of JSON for a list": Damaged(_LIST, r"""{"tags": "\"[\\\"a\\\"]\""}""", {"tags": ["a"]}),
    "null in quotes": Damaged(_MAYBE, '{"count": "Null"}', {"count": None}),
    "one for a list of two": Damaged(_PAIR, '{"tags": ["a"]}', None),
    "a value for what takes none": Damaged({"note": False}, '{"note": "x"}', None),
    "39 numbers in quotes": Damaged(_SIZES, _in_quotes(39), {"sizes": [7] * 39}),
    "40 numbers in quotes": Damaged(_SIZES, _in_quotes(40), None),
    "70 numbers in words": Damaged(_SIZES, json.dumps({"sizes": ["x"] * 70}), None),
    "an enum of numbers in quotes": Damaged({"n": {"enum": ["1", "2"]}}, '{"n": 2}', {"n": "2"}),
    "an enum of what is no number": Damaged({"n": {"enum": ["2-"]}}, '{"n": 2}', None),
    "an enum of numbers": Damaged({"n": {"enum": [1, 2]}}, '{"n": "2"}', {"n": 2}),
    # What a schema accepts.
    "a number for a union": Damaged(_EITHER, '{"value": "7"}', {"value": "7"}),
    "JSON for a text": Damaged(_TEXT, '{"note": "[1]"}', {"note": "[1]"}),
    "an open schema": Damaged(_COUNT, '{"Count": "x"}', {"Count": "x"}, closed=False),
    # Two readings.
    "a number or a list": Damaged(_TWO, '{"value": "7"}', None),
    "a number or nothing": Damaged(_MAYBE, '{"count": "7"}', {"count": 7}),
    # Texts.
    "a fence": Damaged(_COUNT, '```json\n{"count": 7}\n```', {"count": 7}),
    "a fence, and a number in quotes": Damaged(_COUNT, '```\n{"count": "7"}```', {"count": 7}),
    "JSON of JSON": Damaged(_COUNT, '"{\\"count\\": 7}"', {"count": 7}),
    "JSON of JSON of JSON": Damaged(_COUNT, '"\\"{\\\\\\"count\\\\\\": 7}\\""', {"count": 7}),
    "JSON of JSON, five times": Damaged(_COUNT, _encoded(5), {"count": 7}),
    "JSON of JSON, six times": Damaged(_COUNT, _encoded(6), None),
    "JSON of JSON with a trailing comma": Damaged(_COUNT, r'"{\"count\": 7,}"', {"count": 7}),
    "JSON of prose": Damaged(_COUNT, '"seven"', None),
    "JSON of JSON without its quotes": Damaged(_COUNT, '{\\"count\\": 7}', {"count": 7}),
    "JSON of JSON, and prose": Damaged(_COUNT, f"{_encoded(1)} Done.", None),
    "a fence, and a number in words": Damaged(_COUNT, '```\n{"count": "seven"}```', None),
    "a byte order mark": Damaged(_COUNT, '\ufeff{"count": 7}', {"count": 7}),
    "a trailing comma": Damaged(_COUNT, '{"count": 7,}', {"count": 7}),
    "a comma and nothing": Damaged(_COUNT, "{,}", None),
    "Python": Damaged(_TEXT, "{'note': \"It's\"}", {"note": "It's"}),
    "Python's words": Damaged(_FLAG, '{"flag": False}', {"flag": False}),
    "a raw line end": Damaged(_TEXT, '{"note": "a\nb"}', {"note": "a\nb"}),
    "the object twice": Damaged(_COUNT, '{"count": 7}{"count": 7}', {"count": 7}),
    "another object": Damaged(_COUNT, '{"count": 7}{"count": 8}', None),
    "nothing, then the object": Damaged(_COUNT, '{}{"count": 7}', {"count": 7}),
    "a bracket too many": Damaged(_COUNT, '{"count": 7}}', {"count": 7}),
    "prose behind it": Damaged(_COUNT, '{"count": 7} It\'s done.', {"count": 7}),
    "prose behind Python": Damaged(_COUNT, "{'count': 7} Done.", {"count": 7}),
    "a quote behind Python": Damaged(_TEXT, "{'note': 'say '}' aloud'}", None),
    "a token behind it": Damaged(_COUNT, '{"count": 7}<|im_end|>', {"count": 7}),
    "more members behind it": Damaged(_COUNT, '{"count": 7}, "note": 1}', None),
    "a quote in a text": Damaged(_TEXT, '{"note": "say "}" aloud"}', None),
    "an unknown escape": Damaged(_TEXT, '{"note": "\\d"}', None),
    "cut in a text": Damaged(_TEXT, '{"note": "so', None),
    "cut in a number": Damaged(_COUNT, '{"count": 7', None),
    "cut behind a text": Damaged(_TEXT, '{"note": "so"', None),
    "prose before it": Damaged(_COUNT, 'Here: {"count": 7}', None),
    "nothing": Damaged(_COUNT, "", {}),
    "null": Damaged(_COUNT, "null", {}),
    "nothing, where something is needed": Damaged(_COUNT, "", None, ("count",)),
    "a list": Damaged(_COUNT, "[7]", None),
    # Wrappers.
    "arguments in arguments": Damaged(_COUNT, '{"arguments": {"count": 7}}', {"count": 7}),
    "a whole call": Damaged(_COUNT, '{"name": "act", "parameters": {"count": 7}}', {"count": 7}),
    "another tool's call": Damaged(_COUNT, '{"name": "b", "parameters": {"count": 7}}', None),
    "a call in a function": Damaged(
        _COUNT, '{"type": "function", "function": {"name": "act", "arguments": {"count": 7}}}',
        {"count": 7},
    ),
    "words in a wrapper": Damaged(_COUNT, '{"input": "seven"}', None),
    "one name twice, with damage between": Damaged(
        {**_TEXT, **_COUNT}, '{"note": "a", "count": "7", "note": "b"}', None,
    ),
    "a call in quotes": Damaged(_COUNT, '{"input": "{\\"count\\": \\"7\\"}"}', {"count": 7}),
    "a name and a wrapper": Damaged(
        {**_COUNT, "name": {"type": "string"}},
        '{"name": "act", "arguments": {"name": "x", "count": 7}}', {"name": "x", "count": 7},
    ),
}  # fmt: skip
