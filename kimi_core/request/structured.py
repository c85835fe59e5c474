"""How an answer in a schema is asked for.

Owns: the methods, OpenAI's ``response_format``, and the schemas of classes. May know: _json,
errors. Which method is chosen where nobody names one is a question to `kimi_core.capabilities`.
"""

from __future__ import annotations

import marshal
from collections.abc import Mapping
from typing import Any

from kimi_core._json import as_dict
from kimi_core.errors import KimiConfigError

__all__ = [
    "METHODS",
    "check_method",
    "class_schema",
    "format_in",
    "named_format",
    "read_once",
    "schema_format",
]

METHODS = ("json_schema", "function_calling", "json_mode")
"""A schema in ``response_format``, a forced tool call, or any JSON."""

_FORMATS = ("json_object", "json_schema", "text")
_MOST_KNOWN = 1_024  # classes
_MARSHAL = 2  # the last version whose bytes say what an object holds and no more
_schemas: dict[bytes, bytes] = {}


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
    schema = _ReadClass(kind).model_json_schema()
    name = schema.get("$ref", "").removeprefix("#/$defs/")
    found = schema.get("$defs", {}).get(name)
    return {**found, "$defs": schema["$defs"]} if found else schema


def schema_format(kind: Any) -> dict[str, Any]:  # noqa: ANN401 - of any version of pydantic
    """Return OpenAI's ``response_format`` for a pydantic class."""
    schema = class_schema(kind)
    return named_format(schema.get("title", kind.__name__), schema)


def read_once(kind: Any) -> Any:  # noqa: ANN401 - as above
    """Return what stands for a class where a framework asks it for its schema with every request.

    pydantic writes it anew each time: with a hundred tools that took more than all the rest of a
    request. What became of a class is found by what it holds, and not by which class it is: it may
    be built anew, and a default or a config in it be changed in place.
    """
    return _ReadClass(kind)


class _ReadClass:
    def __init__(self, kind: Any) -> None:  # noqa: ANN401 - a class of any version of pydantic
        self._kind = kind

    def model_json_schema(self) -> dict[str, Any]:
        """Return what the class's own method does, a new dict each time."""
        held = _held(self._kind)
        found = None if held is None else _schemas.get(held)
        if found is None:
            schema: dict[str, Any] = self._kind.model_json_schema()
            if held is not None:
                _keep(held, schema)
            return schema
        return marshal.loads(found)  # type: ignore[no-any-return]  # noqa: S302 - written below


def _held(kind: Any) -> bytes | None:  # noqa: ANN401 - as above
    """Return all that a class's schema is made of; None where other objects take part.

    That is so for a class inside it, a function of the user's, and whatever else is no JSON.
    """
    own = _members(kind)
    schema, writes = as_dict(own.get("__pydantic_core_schema__")), "__get_pydantic_json_schema__"
    if schema is None or {writes, "model_json_schema"} & own.keys():
        return None
    base, *others = kind.__bases__
    is_plain = base.__module__ == "pydantic.main" and kind.__class__ is base.__class__
    theirs = {"pydantic_js_functions": [getattr(kind, writes, None)]}
    if others or not is_plain or schema.get("metadata") != theirs:
        return None
    held = {**schema, "cls": None, "metadata": None}
    told = (held, kind.model_config, kind.__name__, kind.__doc__, "__deprecated__" in own)
    try:
        return marshal.dumps(told, _MARSHAL)
    except ValueError:
        return None


def _members(kind: object) -> Mapping[str, Any]:
    return vars(kind) if isinstance(kind, type) else {}


def _keep(held: bytes, schema: dict[str, Any]) -> None:
    if len(_schemas) >= _MOST_KNOWN:
        _schemas.clear()
    _schemas[held] = marshal.dumps(schema, _MARSHAL)
