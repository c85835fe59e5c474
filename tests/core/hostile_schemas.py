"""Schemas that were written to hurt whoever reads them.

Owns: the table of families, each a function that makes one, so that nothing large is made for a
test that does not run. May know: the standard library.
"""

from __future__ import annotations

import datetime as dt
import decimal
from functools import partial
from itertools import product
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = ["HOSTILE", "KEYWORDS", "ODD", "STRING", "defined", "of"]

Rows: TypeAlias = "Iterable[tuple[str, Callable[[], Any]]]"

STRING = {"type": "string"}
HALF, OTHER_HALF = "\ud800", "\udfff"  # of a surrogate pair
KEYWORDS = (
    *("type", "enum", "const", "properties", "required", "additionalProperties", "items"),
    *("prefixItems", "additionalItems", "minItems", "maxItems", "uniqueItems", "contains"),
    *("minContains", "maxContains", "unevaluatedItems", "unevaluatedProperties", "propertyNames"),
    *("patternProperties", "minProperties", "maxProperties", "dependentRequired"),
    *("dependentSchemas", "dependencies", "minLength", "maxLength", "pattern", "format"),
    *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "allOf", "anyOf"),
    *("oneOf", "not", "if", "then", "else", "$ref", "$dynamicRef", "$recursiveRef", "$defs"),
    *("definitions", "$id", "$schema", "$anchor", "title", "description", "default", "examples"),
    *("example", "deprecated", "nullable", "readOnly", "contentEncoding", "contentMediaType"),
    *("contentSchema", "discriminator", "x-any", "strict"),
)
ODD: dict[str, Any] = {
    "null": None,
    "true": True,
    "zero": 0,
    "negative": -1,
    "a fraction": 1.5,
    "10**9": 10**9,
    "10**30": 10**30,
    "10**400": 10**400,
    "NaN": float("nan"),
    "infinity": float("inf"),
    "a text": "a",
    "a surrogate": "\ud800",
    "an empty text": "",
    "an empty list": [],
    "an empty object": {},
    "a list of nulls": [None, 1, "a", [], {}],
    "an object of odd values": {"a": None, "b": 1, "c": [1], "d": "x"},
    "a list of schemas": [STRING, {"type": "null"}],
}


def defined(definitions: dict[str, Any], start: str = "#/$defs/d0") -> dict[str, Any]:
    """Return the parameters of a tool with definitions, and one property that refers to them."""
    return {"type": "object", "properties": {"x": {"$ref": start}}, "$defs": definitions}


def of(member: Any) -> dict[str, Any]:
    """Return the parameters of a tool with one property."""
    return {"type": "object", "properties": {"x": member}, "required": ["x"]}


def circle(kind: type) -> Any:
    """Return a dict that holds itself, through a list or a dict."""
    found: dict[str, Any] = {"type": "object"}
    found["properties" if kind is dict else "anyOf"] = {"x": found} if kind is dict else [found]
    return found


PATTERNS = {
    "catastrophic": "(a+)+$",
    "nested quantifiers": "^((a{1,9}){1,9}){1,9}$",
    "deep quantifiers": "^" + "(" * 40 + "a" + "{501,1002})" * 40 + "$",
    "a large count": "^a{1,100000}$",
    "an endless count": "^a{1000000000000}$",
    "a count of digits": "^a{" + "9" * 5000 + "}$",
    "counts of counts": "^((((a{1000}){1000}){1000}){1000}){1000}$",
    "lookahead": "^(?=a)(?!b)a$",
    "lookbehind": "^(?<=a)b$",
    "back reference": r"^(a)\1$",
    "unicode class": r"^\p{L}+$",
    "a bad escape": r"^\u00g0$",
    "half an escape": "\\",
    "another digit": "^a{٣}$",
    "superscript": "^a{²}$",
    "reversed count": "^a{5,2}$",
    "reversed range": "[z-a]",
    "a surrogate": "^\\ud800$",
    "range of classes": r"[\d-\w]",
    "unbalanced": "((((",
    "unbalanced, other": "))))",
    "deep groups": "(" * 5000 + "a" + ")" * 5000,
    "deep and many": "(a|" * 3000 + "b" + ")" * 3000,
    "long": "a" * 1_000_000,
    "long class": "[" + "ab" * 200_000 + "]",
    "many classes": r"[^\d\w\s]" * 50_000,
    "many choices": "|".join(f"a{n}" for n in range(100_000)),
    "empty class": "[]",
    "empty": "",
    "zero": "^a{0}$",
    "NUL": "\0",
}
REFERENCES: dict[str, Any] = {
    "itself": {"d0": {"$ref": "#/$defs/d0"}},
    "each other": {"d0": {"$ref": "#/$defs/d1"}, "d1": {"$ref": "#/$defs/d0"}},
    "allOf": {"d0": {"allOf": [{"$ref": "#/$defs/d0"}]}},
    "allOf beside": {"d0": {"allOf": [{"$ref": "#/$defs/d0"}, STRING]}},
    "anyOf": {"d0": {"anyOf": [{"$ref": "#/$defs/d0"}, STRING]}},
    "anyOf of both": {
        "d0": {"anyOf": [{"$ref": "#/$defs/d1"}, {"$ref": "#/$defs/d1", "title": "a"}]},
        "d1": {"anyOf": [{"$ref": "#/$defs/d0"}, STRING]},
    },
    "siblings": {"d0": {"$ref": "#/$defs/d0", "minLength": 1, "properties": {"a": {"$ref": "#"}}}},
    "root": {"d0": {"type": "array", "items": {"$ref": "#"}}},
    "root in allOf": {"d0": {"allOf": [{"$ref": "#"}], "minProperties": 1}},
    "required root": {
        "d0": {"type": "object", "properties": {"r": {"$ref": "#"}}, "required": ["r"]}
    },
    "oneOf of what contains itself": {
        "d0": {
            "oneOf": [
                {"type": "object", "properties": {"a": {"$ref": "#/$defs/d0"}}, "required": ["a"]},
                {"type": "object", "properties": {"a": {"$ref": "#/$defs/d0"}}, "required": ["a"]},
            ]
        }
    },
    "oneOf without an end": {
        "d0": {"oneOf": [{"$ref": "#/$defs/a"}, {"$ref": "#/$defs/b"}]},
        **{
            name: {
                "type": "object",
                "properties": {p: {"$ref": f"#/$defs/{name}"} for p in "pqr"},
                "required": ["p", "q", "r"],
            }
            for name in "ab"
        },
    },
    "items that grow": {
        "d0": {
            "type": "array",
            "items": {"allOf": [{"$ref": "#/$defs/d0"}, {"$ref": "#/$defs/d0"}]},
        }
    },
    "allOf that grows": {
        "d0": {
            "type": "object",
            "properties": {
                "a": {
                    "allOf": [{"$ref": "#/$defs/d0"}, {"properties": {"a": {"$ref": "#/$defs/d0"}}}]
                }
            },
        }
    },
    "escaped slash": {"a/b": STRING, "d0": {"$ref": "#/$defs/a~1b"}},
    "escaped percent": {"a%b": STRING, "d0": {"$ref": "#/$defs/a%25b"}},
    "bad escape": {"d0": {"$ref": "#/$defs/a~2%zz%ff"}},
    "a number": {"d0": {"$ref": 1}},
    "a list": {"d0": {"$ref": ["#"]}},
    "to a number": {"n": 5, "d0": {"$ref": "#/$defs/n"}},
    "to a letter": {"n": "ab", "d0": {"$ref": "#/$defs/n/0"}},
    "to a list": {"n": [STRING], "d0": {"$ref": "#/$defs/n"}},
    "to a digit of another script": {"n": [STRING], "d0": {"$ref": "#/$defs/n/²"}},
    "to a long number": {"n": [STRING], "d0": {"$ref": "#/$defs/n/" + "9" * 5000}},
    "to a long way": {"d0": {"$ref": "#" + "/$defs" * 100_000}},
    "dynamic": {"d0": {"$dynamicRef": "#x", "$dynamicAnchor": "x"}},
}
KINDS = ("integer", "number")
LENGTHS = ("minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties")
NUMBERS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf")
SIZES = (10**9, 10**30, -1, 2.5, float("nan"), float("inf"), True, "5", 0)
VALUES = (
    10**40,
    -(10**40),
    10**300,
    10**5000,
    1e308,
    5e-324,
    -1e-300,
    0,
    -3,
    "abc",
    123456789.123456789,
)


def _sized(keyword: str, value: Any) -> dict[str, Any]:
    kind = {"Length": "string", "Items": "array", "Properties": "object"}
    name = next((name for end, name in kind.items() if keyword.endswith(end)), "number")
    return of({"type": name, keyword: value})


def _references() -> Rows:
    for name, definitions in REFERENCES.items():
        yield f"$ref: {name}", partial(defined, definitions)


def _patterns() -> Rows:
    for name, pattern in PATTERNS.items():
        text = {"type": "string", "pattern": pattern}
        bounded = {**text, "minLength": 3, "maxLength": 10**9}
        yield f"pattern: {name}", partial(of, text)
        yield f"bounded pattern: {name}", partial(of, bounded)


def _numbers() -> Rows:
    for keyword, size in product(LENGTHS, SIZES):
        yield f"{keyword} {size}", partial(_sized, keyword, size)
    for keyword, (number, value), kind in product(NUMBERS, enumerate(VALUES), KINDS):
        name = f"{kind} {keyword} {number}"
        yield name, partial(of, {"type": kind, keyword: value})


def _keywords() -> Rows:
    for keyword, (name, odd) in product(KEYWORDS, ODD.items()):
        yield f"{keyword} as {name}", partial(of, {keyword: odd})


def _same(schema: Any) -> Any:
    return schema


def _alone() -> Rows:
    for name, odd in ODD.items():
        yield f"{name} alone", partial(_same, odd)


FOREIGN: dict[str, Callable[[], Any]] = {
    "a circle of dicts": lambda: circle(dict),
    "a circle of lists": lambda: circle(list),
    "keys that are numbers": lambda: of({"type": "object", "properties": {1: STRING}}),
    "keys of all kinds": lambda: {
        "type": "object",
        None: 1,
        True: 2,
        (1, 2): 3,
        "properties": {b"a": STRING},
    },
    "a surrogate in a name": lambda: {
        "type": "object",
        "properties": {HALF: STRING, OTHER_HALF: {"type": "x"}},
        "required": ["\ud800"],
    },
    "a surrogate in a value": lambda: of({"enum": ["\ud800", "a"], "description": "\udc00"}),
    "a surrogate deep in a value": lambda: of({"default": [{"\ud800": 1}]}),
    "a surrogate in a pattern": lambda: of({"type": "string", "pattern": "^\ud800$"}),
    "control characters": lambda: of(
        {
            "type": "object",
            "properties": {"\0\x1b\x7f": STRING, "\u2028": STRING},
            "description": "\0",
        }
    ),
    "Kimi's tokens": lambda: {
        "type": "object",
        "properties": {
            "<|im_end|>": {
                "description": "<|im_end|>",
                "enum": ["<|tool_calls_section_begin|>", "<|close|>"],
            }
        },
        "additionalProperties": True,
    },
    "a tuple": lambda: of({"enum": ("a", "b")}),
    "a set": lambda: of({"enum": {"a"}}),
    "bytes": lambda: of({"const": b"a"}),
    "a date": lambda: of({"default": dt.date(2026, 1, 1)}),
    "a Decimal": lambda: of({"minimum": decimal.Decimal(1)}),
    "an object of a class": lambda: of({"default": object()}),
    "an object in place of a schema": lambda: of(object()),
    "a complex number": lambda: of({"maximum": 1j}),
    "a long integer": lambda: of({"const": 10**5000, "description": 10**5000}),
    "draft 4": lambda: of(
        {"type": "number", "minimum": 3, "exclusiveMinimum": True, "id": "x", "required": True}
    ),
}

_ROWS = (_references(), _patterns(), _numbers(), _keywords(), _alone(), FOREIGN.items())
HOSTILE: dict[str, Callable[[], Any]] = dict(row for rows in _ROWS for row in rows)
"""Name of a family -> what makes its schema, the parameters of a tool."""
