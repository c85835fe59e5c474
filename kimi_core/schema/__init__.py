"""JSON schema -> the flavour that Moonshot accepts.

Owns: `normalize_schema` for any schema, and the same for tools and response formats as a request
carries them. May know: its own files.

Moonshot checks the parameters of functions and the schemas of answers against a flavour of its own
and answers 400 to the rest; its rules are those of its published validator (walle), read in its
documents and in quoted error bodies. What the flavour has other words for is written in them. What
it has no words for becomes a sentence in the description, so that the model still knows, and the
server lets more through than the schema did.

That widening happens for: ``pattern``, ``format``, ``multipleOf``, exclusive bounds of numbers
(those of integers are exact), ``uniqueItems``, ``contains``, tuples and literal arrays (the order
is lost), ``patternProperties``, ``propertyNames``, ``minProperties``, ``maxProperties``,
``dependent*``, ``unevaluated*``, ``not`` and ``if``. ``oneOf`` becomes ``anyOf`` with no sentence.

Three readings differ from JSON schema's own: a schema that speaks of properties, items, lengths,
bounds or patterns and names no type means the type that they belong to; at the root only objects
are left; and OpenAPI's ``nullable`` adds null.
"""

from kimi_core.schema._normal import normalize_schema
from kimi_core.schema._tools import (
    normalize_response_format,
    normalize_tool,
    normalize_tools,
    plain_response_format,
    plain_tool,
    plain_tools,
    relax_tools,
)

__all__ = [
    "normalize_response_format",
    "normalize_schema",
    "normalize_tool",
    "normalize_tools",
    "plain_response_format",
    "plain_tool",
    "plain_tools",
    "relax_tools",
]
