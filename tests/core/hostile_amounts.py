"""Schemas that are deep, wide, or more than they look like.

Owns: the table of them, each a function that makes one, and the functions of a size. May know: its
neighbour with the small ones.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from tests.core.hostile_schemas import STRING, defined, of

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["AMOUNTS", "INNER", "chained", "laughs", "nested", "unions", "wide"]

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


def nested(keyword: str, depth: int) -> Any:
    """Return a schema that is so deep in one keyword."""
    found: Any = STRING
    for _ in range(depth):
        found = INNER[keyword](found)
    return found if keyword in ("properties", "required") else {"properties": {"x": found}}


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


def unions(factors: int, branches: int, *, keyword: str = "anyOf") -> dict[str, Any]:
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


def shared(levels: int) -> Any:
    """Return few Python objects that are 2 ** levels as JSON."""
    found: Any = STRING
    for _ in range(levels):
        found = {"type": "object", "properties": {"a": found, "b": found}}
    return found


AMOUNTS: dict[str, Callable[[], Any]] = {
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
    "product of anyOf": lambda: unions(20, 20),
    "product of oneOf": lambda: unions(20, 20, keyword="oneOf"),
    "product of two": lambda: unions(2, 400),
    "product of many": lambda: unions(500, 2),
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
    "impossible properties": lambda: wide(20_000, member=False),
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
    "few objects, much JSON": lambda: shared(40),
    **{
        f"{keyword}, {depth} deep": partial(nested, keyword, depth)
        for keyword in INNER
        for depth in (100, 1_000, 100_000)
    },
}
"""Name of a family -> what makes its schema, the parameters of a tool."""
