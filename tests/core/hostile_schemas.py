"""Schemas that were written to hurt whoever reads them.

Owns: the table of families, each a function that makes one, so that nothing large is made for a
test that does not run. May know: the standard library.
"""

from __future__ import annotations

import datetime
import decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = ["HOSTILE", "KEYWORDS", "ODD", "laughs", "nested", "product", "wide"]

STRING = {"type": "string"}
INNER: dict[str, Callable[[Any], Any]] = {
    "properties": lambda inside: {"type": "object", "properties": {"p": inside}},
    "required": lambda inside: {
        "type": "object",
        "properties": {"p": inside},
        "required": ["p"],
        "additionalProperties": False,
    },
    "items": lambda inside: {"type": "array", "items": inside},
    "prefixItems": lambda inside: {"type": "array", "prefixItems": [inside]},
    "additionalProperties": lambda inside: {"type": "object", "additionalProperties": inside},
    "patternProperties": lambda inside: {"type": "object", "patternProperties": {"^a": inside}},
    "anyOf": lambda inside: {"anyOf": [inside, {"type": "null"}]},
    "oneOf": lambda inside: {"oneOf": [inside, {"type": "null"}]},
    "allOf": lambda inside: {"allOf": [inside]},
    "allOf beside": lambda inside: {"allOf": [inside], "minLength": 1},
    "not": lambda inside: {"not": inside},
    "if": lambda inside: {"if": inside, "then": inside, "else": True},
    "$defs": lambda inside: {"$defs": {"d": inside}, "type": "string"},
    "dependentSchemas": lambda inside: {"type": "object", "dependentSchemas": {"a": inside}},
    "default": lambda inside: {"default": inside},
    "const": lambda inside: {"const": {"a": inside}},
}
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


def nested(keyword: str, depth: int) -> Any:
    """Return a schema that is so deep in one keyword."""
    found: Any = STRING
    for _ in range(depth):
        found = INNER[keyword](found)
    return found if keyword in ("properties", "required") else {"properties": {"x": found}}


def defined(definitions: dict[str, Any], start: str = "#/$defs/d0") -> dict[str, Any]:
    """Return the parameters of a tool with definitions, and one property that refers to them."""
    return {"type": "object", "properties": {"x": {"$ref": start}}, "$defs": definitions}


def laughs(levels: int, width: int = 2, *, keyword: str = "properties") -> dict[str, Any]:
    """Return definitions of which each refers so often to the next."""
    found: dict[str, Any] = {f"d{levels}": STRING}
    for level in range(levels):
        inside = [{"$ref": f"#/$defs/d{level + 1}"}] * width
        if keyword == "properties":
            members = {f"p{number}": one for number, one in enumerate(inside)}
            found[f"d{level}"] = {"type": "object", "properties": members, "required": [*members]}
        else:
            found[f"d{level}"] = {
                keyword: [{**one, "title": str(n)} for n, one in enumerate(inside)]
            }
    return defined(found)


def chained(length: int, *, last: Any = STRING, beside: Any = None) -> dict[str, Any]:
    """Return definitions that are nothing but a reference to the next."""
    chain = {f"d{n}": {"$ref": f"#/$defs/d{n + 1}", **(beside or {})} for n in range(length)}
    return defined({**chain, f"d{length}": last})


def product(factors: int, branches: int, *, keyword: str = "anyOf") -> dict[str, Any]:
    """Return unions that must all hold: branches ** factors ways to choose."""
    unions = [
        {
            keyword: [
                {"properties": {f"{f}-{b}": STRING}, "required": [f"{f}-{b}"]}
                for b in range(branches)
            ]
        }
        for f in range(factors)
    ]
    return {"type": "object", "allOf": unions}


def wide(count: int, member: Any = STRING, **more: Any) -> dict[str, Any]:
    """Return an object of so many properties."""
    return {"type": "object", "properties": {f"p{n}": member for n in range(count)}, **more}


def of(member: Any) -> dict[str, Any]:
    """Return the parameters of a tool with one property."""
    return {"type": "object", "properties": {"x": member}, "required": ["x"]}


def circle(kind: type) -> Any:
    """Return a dict that holds itself, through a list or a dict."""
    found: dict[str, Any] = {"type": "object"}
    found["properties" if kind is dict else "anyOf"] = {"x": found} if kind is dict else [found]
    return found


def shared(levels: int) -> Any:
    """Return few Python objects that are 2 ** levels as JSON."""
    found: Any = STRING
    for _ in range(levels):
        found = {"type": "object", "properties": {"a": found, "b": found}}
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


def _rows() -> Iterable[tuple[str, Callable[[], Any]]]:
    for keyword in INNER:
        for depth in (100, 1_000, 100_000):
            yield f"{keyword}, {depth} deep", lambda k=keyword, d=depth: nested(k, d)
    for name, definitions in REFERENCES.items():
        yield f"$ref: {name}", lambda d=definitions: defined(d)
    for name, pattern in PATTERNS.items():
        yield f"pattern: {name}", lambda p=pattern: of({"type": "string", "pattern": p})
        yield (
            f"bounded pattern: {name}",
            lambda p=pattern: of(
                {"type": "string", "pattern": p, "minLength": 3, "maxLength": 10**9}
            ),
        )
    for keyword in LENGTHS:
        for size in SIZES:
            yield f"{keyword} {size}", lambda k=keyword, s=size: _sized(k, s)
    for number, value in enumerate(VALUES):
        for keyword in NUMBERS:
            for kind in ("integer", "number"):
                yield (
                    f"{kind} {keyword} {number}",
                    lambda k=keyword, v=value, t=kind: of({"type": t, k: v}),
                )
    for keyword in KEYWORDS:
        for name, odd in ODD.items():
            yield f"{keyword} as {name}", lambda k=keyword, o=odd: of({k: o})
    yield from LARGE.items()
    yield from FOREIGN.items()


LARGE: dict[str, Callable[[], Any]] = {
    "laughs": lambda: laughs(30),
    "laughs in anyOf": lambda: laughs(30, keyword="anyOf"),
    "laughs in oneOf": lambda: laughs(30, keyword="oneOf"),
    "laughs in allOf": lambda: laughs(30, keyword="allOf"),
    "wide laughs": lambda: laughs(6, 100),
    "laughs with text": lambda: {
        **laughs(9, 4),
        "title": "t",
        "$defs": {**laughs(9, 4)["$defs"], "d9": {"description": "d" * 500_000}},
    },
    "a long chain": lambda: chained(20_000),
    "a long chain with siblings": lambda: chained(10_000, beside={"minLength": 1}),
    "a long chain of values": lambda: defined(
        {f"d{n}": {"type": "array", "items": {"$ref": f"#/$defs/d{n + 1}"}} for n in range(5_000)}
        | {"d5000": STRING}
    ),
    "a large circle of values": lambda: defined(
        {
            f"d{n}": {
                "type": "object",
                "properties": {
                    "a": {"$ref": f"#/$defs/d{(n + 1) % 400}"},
                    "b": {"$ref": f"#/$defs/d{(n + 7) % 400}"},
                },
            }
            for n in range(400)
        }
    ),
    "a required circle of values": lambda: defined(
        {
            f"d{n}": {
                "type": "object",
                "properties": {
                    "a": {"$ref": f"#/$defs/d{(n + 1) % 40}"},
                    "b": {"$ref": f"#/$defs/d{(n + 7) % 40}"},
                    "c": {"$ref": f"#/$defs/d{n}"},
                },
                "required": ["a", "b"],
            }
            for n in range(40)
        }
    ),
    "product of anyOf": lambda: product(20, 20),
    "product of oneOf": lambda: product(20, 20, keyword="oneOf"),
    "product of two": lambda: product(2, 400),
    "product of many": lambda: product(500, 2),
    "anyOf of anyOf": lambda: of(
        {"anyOf": [{"anyOf": [{"const": f"{a}-{b}"} for b in range(200)]} for a in range(200)]}
    ),
    "oneOf of many": lambda: of(
        {
            "oneOf": [
                {"type": "object", "properties": {"k": {"const": n}}, "required": ["k"]}
                for n in range(5_000)
            ]
        }
    ),
    "allOf of many": lambda: of(
        {"allOf": [{"properties": {f"p{n}": STRING}} for n in range(20_000)]}
    ),
    "allOf of wide": lambda: {
        "$defs": {"w": wide(5_000)},
        "type": "object",
        "allOf": [{"$ref": "#/$defs/w", "title": str(n)} for n in range(5_000)],
    },
    "allOf of one bound": lambda: of({"allOf": [{"minimum": n} for n in range(50_000)]}),
    "a large enum": lambda: of({"enum": [f"value{n}" for n in range(100_000)]}),
    "a large enum of numbers": lambda: of(
        {"type": "integer", "enum": list(range(100_000)), "minimum": 5}
    ),
    "a large enum of objects": lambda: of({"enum": [{"a": n} for n in range(50_000)]}),
    "a large enum twice": lambda: of({"allOf": [{"enum": list(range(50_000))}] * 2}),
    "a large enum of a set": lambda: of(
        {"type": "array", "uniqueItems": True, "items": {"enum": list(range(100_000))}}
    ),
    "many enums of one another": lambda: of(
        {"allOf": [{"enum": list(range(n, n + 300))} for n in range(300)]}
    ),
    "many properties": lambda: wide(50_000),
    "many open properties": lambda: wide(30_000, additionalProperties=True),
    "many required": lambda: wide(20_000, required=[f"p{n}" for n in range(20_000)]),
    "required of nothing": lambda: {
        "type": "object",
        "required": [f"p{n}" for n in range(100_000)],
    },
    "properties of one definition": lambda: {
        **wide(10_000, {"$ref": "#/$defs/d"}),
        "$defs": {"d": wide(20)},
    },
    "impossible properties": lambda: wide(20_000, False),
    "bad properties": lambda: {
        **wide(3_000, {"$ref": "#/$defs/a"}),
        "$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}, "c": wide(20_000)},
    },
    "wrong properties": lambda: wide(30_000, {"type": "unknown"}),
    "laughing properties": lambda: {
        **wide(500, {"$ref": "#/$defs/d0"}),
        "$defs": laughs(30)["$defs"],
    },
    "properties of one beginning": lambda: {
        "type": "object",
        "properties": {"a" * n: STRING for n in range(1, 1_400)},
        "additionalProperties": True,
    },
    "a long name": lambda: of(
        {"type": "object", "properties": {"n" * 1_000_000: STRING}, "additionalProperties": STRING}
    ),
    "a long name on the way": lambda: {
        "type": "object",
        "properties": {"n" * 900_000: wide(2_000, {"type": "array", "items": STRING})},
    },
    "a long description": lambda: {
        **wide(1_000, {"$ref": "#/$defs/d"}),
        "$defs": {"d": {"type": "string", "description": "d" * 900_000}},
    },
    "a long list": lambda: of({"type": "array", "prefixItems": [STRING] * 60_000}),
    "a long list of types": lambda: of({"type": ["string", "null"] * 50_000}),
    "many patterns": lambda: of(
        {
            "type": "object",
            "patternProperties": {f"^{n}": STRING for n in range(20_000)},
            "additionalProperties": False,
        }
    ),
    "many rules": lambda: of({"not": wide(20_000), "dependentSchemas": wide(20_000)["properties"]}),
    "many definitions": lambda: defined(
        {f"d{n}": {"anyOf": [STRING, {"$ref": "#/$defs/d0"}]} for n in range(20_000)}
    ),
    "lists in lists": lambda: of({"enum": [[[]] * 150_000]}),
    "many nothings": lambda: of({"allOf": [{}] * 200_000}),
}
FOREIGN: dict[str, Callable[[], Any]] = {
    "a circle of dicts": lambda: circle(dict),
    "a circle of lists": lambda: circle(list),
    "few objects, much JSON": lambda: shared(40),
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
        "properties": {"\ud800": STRING, "\udfff": {"type": "x"}},
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
    "a date": lambda: of({"default": datetime.date(2026, 1, 1)}),
    "a Decimal": lambda: of({"minimum": decimal.Decimal(1)}),
    "an object of a class": lambda: of({"default": object()}),
    "an object in place of a schema": lambda: of(object()),
    "a complex number": lambda: of({"maximum": 1j}),
    "a long integer": lambda: of({"const": 10**5000, "description": 10**5000}),
    "draft 4": lambda: of(
        {"type": "number", "minimum": 3, "exclusiveMinimum": True, "id": "x", "required": True}
    ),
    **{f"{odd!r:.20} alone": (lambda o=odd: o) for odd in ODD.values()},
}
HOSTILE: dict[str, Callable[[], Any]] = dict(_rows())
"""Name of a family -> what makes its schema, the parameters of a tool."""
