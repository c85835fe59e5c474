"""How an answer in a schema is asked for.

Owns: the methods, and OpenAI's ``response_format``. May know: errors. Which method is chosen where
nobody names one is a question to `kimi_core.capabilities`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kimi_core.errors import KimiConfigError

__all__ = [
    "METHODS",
    "check_method",
    "class_schema",
    "format_in",
    "named_format",
    "schema_format",
]

METHODS = ("json_schema", "function_calling", "json_mode")
"""A schema in ``response_format``, a forced tool call, or any JSON."""

_FORMATS = ("json_object", "json_schema", "text")


def check_method(method: str, schema: object) -> None:
    """Refuse a method that is none, and a missing schema.

    Raises:
        KimiConfigError: It names the methods.
    """
    if method not in METHODS:
        known = ", ".join(map(repr, METHODS))
        raise KimiConfigError(f"method {method!r} is not known; it is one of {known}.")
    if schema is None and method != "json_mode":
        raise KimiConfigError(
            f"schema is missing; method {method!r} needs one, 'json_mode' alone does not."
        )


def format_in(said: object) -> dict[str, Any] | None:
    """Return the ``response_format`` that a dict is, or is the inner part of; None of a schema."""
    if not isinstance(said, Mapping):
        return None
    found: dict[str, Any] = {**said}
    if {"name", "schema"} <= found.keys() and found.get("type") not in _FORMATS:
        return {"type": "json_schema", "json_schema": found}
    return found if found.get("type") in _FORMATS else None


def named_format(
    name: str, schema: Mapping[str, Any], **others: str | bool | None
) -> dict[str, Any]:
    """Return OpenAI's ``response_format`` for a schema.

    Args:
        name: The schema's name.
        schema: The schema.
        others: ``description`` and ``strict``; not sent where they are None.
    """
    told = {key: value for key, value in others.items() if value is not None}
    return {"type": "json_schema", "json_schema": {"name": name, "schema": schema, **told}}


def class_schema(kind: Any) -> dict[str, Any]:  # noqa: ANN401 - of any version of pydantic
    """Return the JSON schema of a pydantic class, which is an object at its root.

    That of a class that holds itself is nothing but a reference to one of its definitions.
    """
    schema: dict[str, Any] = kind.model_json_schema()
    name = schema.get("$ref", "").removeprefix("#/$defs/")
    found = schema.get("$defs", {}).get(name)
    return {**found, "$defs": schema["$defs"]} if found else schema


def schema_format(kind: Any) -> dict[str, Any]:  # noqa: ANN401 - of any version of pydantic
    """Return OpenAI's ``response_format`` for a pydantic class."""
    schema = class_schema(kind)
    return named_format(schema.get("title", kind.__name__), schema)
