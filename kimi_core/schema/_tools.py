"""Tools and response formats, as a request carries them, with schemas that Moonshot accepts.

Owns: `normalize_tool`, `normalize_tools` and `normalize_response_format`; what becomes of a tool
whose schema is none. May know: its own files, _json, errors.
"""

from __future__ import annotations

import marshal
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from functools import lru_cache, partial
from typing import Any, cast

from kimi_core._json import AnySchema, Schema, Tool, as_mapping
from kimi_core.errors import KimiConfigError, ToolSchemaWarning, warn
from kimi_core.schema._keywords import RESERVED_NAMES, schema_error
from kimi_core.schema._normal import normal, normalize_schema
from kimi_core.schema._relax import relaxed
from kimi_core.schema.limits import MAX_WORK, limited, shortened
from kimi_core.schema.plain import is_sayable, plain_json
from kimi_core.schema.reading import as_object

__all__ = [
    "normalize_response_format",
    "normalize_tool",
    "normalize_tools",
    "plain_response_format",
    "plain_tool",
    "plain_tools",
    "relax_tools",
]

_MOST_COSTLY = 8  # properties that may be found too complex before the rest takes any value, too
_LONGEST_NAME = 64  # of a response format
_MOST_TOLD = 20  # places that one warning names
# Tools that were read before, what one may hold, and the bytes that are looked at.
_MOST_KNOWN, _MOST_KEPT, _MOST_WRITTEN = 1_024, 16_384, 65_536
_VALUES = frozenset({bool, int, float, type(None)})  # of JSON, that hold nothing
# The last version whose bytes say what an object holds and no more, and the one before 3.14 whose
# bytes are as many as the objects: what is held twice is written once.
_MARSHAL, _MARSHAL_SHARED = 2, 4


def normalize_tool(tool: Mapping[str, Any]) -> dict[str, Any]:
    """Return a tool with parameters that Moonshot accepts.

    What is wrong in its schema is left out, with a `kimi_core.ToolSchemaWarning`: it is mostly
    somebody else's, and one tool must not make every request impossible.

    Args:
        tool: An OpenAI-style tool dict. Not changed. Whatever is no function, such as the built-in
            ``$web_search``, comes back as it is.

    Returns:
        A new dict. A function without parameters gets those of an empty object. The name stays; one
        that Moonshot refuses is sent under another by `kimi_core.request`, which reads it back.

    Raises:
        KimiConfigError: For what is no function, for one without a name, and for parameters that no
            object fits; it names the tool.
    """
    if tool.get("type") != "function":
        return dict(tool)
    plain, known = _function_of(tool)
    schema = _parameters(known["name"], known.get("parameters") or {})
    return {**plain, "function": {**known, "parameters": schema}}


def _function_of(tool: Mapping[str, Any]) -> tuple[Schema, Schema]:
    """Return a tool as JSON, and the function in it, which has a name."""
    plain = _plain(tool)
    known = as_object(plain.get("function"))
    if known is None:
        raise KimiConfigError(
            f"Tool {shortened(repr(plain))} has no function; give it name and parameters."
        )
    _check_name(known.get("name"))
    return plain, known


def _plain(tool: Mapping[str, Any]) -> Schema:
    """Return a tool as JSON, whose parameters alone may hold what no JSON can say.

    Raises:
        KimiConfigError: For what is no JSON, or too much; it names the tool and the place.
    """
    error = partial(_error, _name_of(tool))
    function = as_mapping(tool.get("function"))
    if function is None or "parameters" not in function:
        return plain_tool(tool)
    apart = {key: function[key] for key in function if key != "parameters"}
    plain: Schema = plain_json({**tool, "function": apart}, error)
    at_parameters = partial(_error, _name_of(tool), "function.parameters")
    parameters = plain_json(function["parameters"], at_parameters, loose=True)
    return {**plain, "function": {**plain["function"], "parameters": parameters}}


def _name_of(tool: Mapping[str, Any]) -> str:
    name = (as_mapping(tool.get("function")) or {}).get("name")
    return shortened(repr(name if isinstance(name, str) else ""))


def _error(name: str, *told: str) -> KimiConfigError:
    *places, problem = told
    where = ".".join(place for place in places if place) or "root"
    return KimiConfigError(f"Tool {name} at {where!r}: {problem}")


def _check_name(name: object) -> None:
    if not isinstance(name, str) or not name:
        raise KimiConfigError(
            f"Tool name {shortened(repr(name))} is refused: a tool is called by its name; give it "
            "one of letters, digits, underscores and dashes."
        )


def _parameters(name: str, parameters: object) -> Schema:
    found = _tried(parameters)
    if isinstance(found, dict) and is_sayable(found):
        return found
    loose, left_out = _relaxed_parameters(name, parameters, reserved=RESERVED_NAMES)
    if left_out:  # else it is the same schema, and would be refused again
        found = _tried(loose)
    if not isinstance(found, dict):
        apart, refusals = _each_apart(as_object(loose) or {})
        found, left_out = _tried(apart), [*left_out, *refusals]
    if not isinstance(found, dict):
        raise KimiConfigError(f"Tool {name!r}: {found}") from found
    _warn(name, left_out)
    return found


def _relaxed_parameters(
    name: str, parameters: object, *, reserved: AbstractSet[str] = frozenset()
) -> tuple[AnySchema, list[str]]:
    with limited(partial(_error, shortened(repr(name)), "function.parameters")):
        return relaxed(parameters, reserved=reserved)


def _warn(name: str, left_out: Sequence[str]) -> None:
    told = [*left_out[:_MOST_TOLD]]
    if len(left_out) > _MOST_TOLD:
        told.append(f"and {len(left_out) - _MOST_TOLD} more")
    message = (
        f"Tool {name!r}: what is wrong in its parameters was left out, so that the model may send "
        f"what the tool does not take: {'; '.join(told)}. Correct the schema where it is yours."
    )
    warn(message, ToolSchemaWarning)


def _each_apart(schema: Mapping[str, Any]) -> tuple[Schema, list[str]]:
    """Return a schema whose properties are accepted by themselves or take any value, and why.

    What is wrong with no keyword alone is found so: a schema that leads back to itself, or one with
    more alternatives than can be written out. All of them together may cost what one schema may.
    """
    with limited(schema_error):
        return _tried_apart(schema)


def _tried_apart(schema: Mapping[str, Any]) -> tuple[Schema, list[str]]:
    shared = {key: schema[key] for key in ("$defs", "definitions") if key in schema}
    members: Schema = {}
    refusals: list[str] = []
    for name, member in (as_mapping(schema.get("properties")) or {}).items():
        alone = {"type": "object", "properties": {name: member}, **shared}
        found = _tried(alone, most=MAX_WORK // _MOST_COSTLY)
        members[name] = member if isinstance(found, dict) else True
        refusals += [] if isinstance(found, dict) else [str(found)]
    return {**schema, "properties": members}, refusals


def _tried(schema: object, *, most: int = MAX_WORK) -> Schema | KimiConfigError:
    """Return the normal form of parameters that were read, or why they have none."""
    try:
        return normal(schema, most=most)
    except KimiConfigError as refusal:
        return refusal


def relax_tools(tools: Iterable[Tool]) -> list[dict[str, Any]]:
    """Return tools without what is wrong in their schemas, with a warning for each that has any.

    Args:
        tools: OpenAI-style tool dicts. Not changed.

    Raises:
        KimiConfigError: For what is no JSON, or more than `kimi_core.schema.limits` allows.
    """
    return [_relaxed(tool) for tool in tools]


def plain_tool(tool: Tool) -> dict[str, Any]:
    """Return a tool as JSON.

    Args:
        tool: An OpenAI-style tool dict. Not changed.

    Raises:
        KimiConfigError: For what is no JSON, or more than `kimi_core.schema.limits` allows; it
            names the tool and the place.
    """
    return cast("Schema", plain_json(tool, partial(_error, _name_of(tool))))


def plain_tools(tools: Iterable[Tool]) -> list[dict[str, Any]]:
    """Return tools as JSON, without what no JSON can say, with a warning for each that has any.

    Args:
        tools: OpenAI-style tool dicts. Not changed.

    Raises:
        KimiConfigError: As `relax_tools`.
    """
    return [_once(_plain_alone, tool) or _plain_or_relaxed(tool) for tool in tools]


def _plain_or_relaxed(tool: Tool) -> dict[str, Any]:
    plain = _plain(tool)
    return plain if is_sayable(plain) else _relaxed(plain)


def _relaxed(tool: Tool) -> dict[str, Any]:
    plain = _plain(tool)
    function: Schema = as_object(plain.get("function")) or {}
    name = str(function.get("name"))
    parameters, left_out = _relaxed_parameters(name, function.get("parameters") or {})
    if not left_out:
        return plain
    _warn(name, left_out)
    return {**plain, "function": {**function, "parameters": parameters}}


def normalize_tools(tools: Iterable[Tool]) -> list[dict[str, Any]]:
    """Return the tools of one request as Moonshot accepts them.

    Args:
        tools: As for `normalize_tool`.

    Raises:
        KimiConfigError: As `normalize_tool`, and for two tools of one name.
    """
    normal = [_once(_normal_alone, tool) or normalize_tool(tool) for tool in tools]
    names = [str(tool["function"]["name"]) for tool in normal if tool.get("type") == "function"]
    for name, times in Counter(names).items():
        if times > 1:
            raise KimiConfigError(
                f"Two tools are called {name!r}, which Moonshot refuses; rename one of them."
            )
    return normal


def _once(read: Callable[[bytes], bytes | None], tool: Tool) -> dict[str, Any] | None:
    """Return what a tool became before; None for one of which something is to be said.

    An agent sends the same tools with every request, and they are most of what a short one costs.
    What became of a tool is found by what it holds, and not by which object it is, since anybody
    may change that one meanwhile; and each request gets objects of its own.
    """
    try:
        written = marshal.dumps({**tool}, _MARSHAL_SHARED)
        found = read(written) if len(written) < _MOST_WRITTEN else None
    except (ValueError, KimiConfigError):  # objects of other types; or it is refused, by the caller
        return None
    return None if found is None else marshal.loads(found)  # noqa: S302 - written here


def _is_short(tool: Tool) -> bool:
    """Whether a tool is JSON that is short when it is written: what it holds twice stands twice.

    One of forty objects, each of which holds the next one twice, took all the memory.
    """
    todo: list[Any] = [*tool.values()]
    left = _MOST_KEPT
    while todo and left > 0:
        value: Any = todo.pop()
        kind = value.__class__
        left -= 1 if kind in _VALUES else len(value) + 1 if kind in (str, dict, list) else left
        if kind is dict:
            todo += value
            todo += value.values()
        elif kind is list:
            todo += value
    return left > 0


@lru_cache(maxsize=_MOST_KNOWN)
def _plain_alone(written: bytes) -> bytes | None:
    tool = marshal.loads(written)  # noqa: S302 - written here
    if not _is_short(tool):
        return None
    plain = _plain(tool)
    return marshal.dumps(plain, _MARSHAL) if is_sayable(plain) else None


@lru_cache(maxsize=_MOST_KNOWN)
def _normal_alone(written: bytes) -> bytes | None:
    tool = marshal.loads(written)  # noqa: S302 - as above
    if not _is_short(tool) or tool.get("type") != "function":
        return None
    plain, known = _function_of(tool)
    found = _tried(known.get("parameters") or {})
    if not isinstance(found, dict) or not is_sayable(found):
        return None
    return marshal.dumps({**plain, "function": {**known, "parameters": found}}, _MARSHAL)


def normalize_response_format(response_format: Mapping[str, Any]) -> dict[str, Any]:
    """Return a response format that Moonshot accepts.

    Args:
        response_format: OpenAI's response_format dict. Not changed. Types other than
            ``json_schema`` come back as they are.

    Returns:
        A new dict. A schema without a name, which the server wants, is called by its title, or
        "answer".

    Raises:
        KimiConfigError: For a schema that cannot be said.
    """
    if response_format.get("type") != "json_schema":
        return dict(response_format)
    form = as_object(plain_json(response_format.get("json_schema"), _format_error))
    if form is None or "schema" not in form:
        raise KimiConfigError(
            "response_format of type 'json_schema' has no schema; give it json_schema with name "
            "and schema."
        )
    try:
        schema = normalize_schema(form["schema"])
    except KimiConfigError as error:
        raise KimiConfigError(f"response_format: {error}") from error
    named = _legal_name(form.get("name") or schema.get("title") or "answer")
    return {**response_format, "json_schema": {**form, "name": named, "schema": schema}}


def plain_response_format(response_format: Mapping[str, Any]) -> dict[str, Any]:
    """Return a response format as JSON, with a name that servers take: that of a class may not be.

    Raises:
        KimiConfigError: For what is no JSON, or more than `kimi_core.schema.limits` allows.
    """
    found = cast("Schema", plain_json(response_format, _format_error))
    form = as_object(found.get("json_schema"))
    if form is None or not isinstance(form.get("name"), str):
        return found
    return {**found, "json_schema": {**form, "name": _legal_name(form["name"])}}


def _legal_name(name: object) -> str:
    # OpenAI's rule, which relays check; Moonshot has published none.
    return re.sub(r"[^A-Za-z0-9_-]", "_", str(name))[:_LONGEST_NAME]


def _format_error(place: str, problem: str) -> KimiConfigError:
    return KimiConfigError(f"response_format at {place or 'root'!r}: {problem}")
