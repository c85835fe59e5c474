"""Whether a tool call fits its tool's schema, by the published rule.

Owns: `valid_call`, and why a call is refused. May know: _json; jsonschema, referencing.

The rule is that of Moonshot's K2-Vendor-Verifier, so that figures compare: the name of a declared
tool whose ``parameters`` are neither missing nor empty, arguments that ``json.loads`` reads (a raw
line end in a string is refused, NaN is not), and `jsonschema.validate`, which checks no formats and
takes the draft from ``$schema``, else 2020-12. What raises anything is a failure.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from kimi_core._json import Tool

__all__ = ["all_valid", "reason_of", "valid_call"]

_SHOWN = 200


def valid_call(call: Mapping[str, Any], tools: Sequence[Tool]) -> bool:
    """Whether a tool call fits.

    Args:
        call: As it came over the wire: ``{"function": {"name", "arguments"}}``.
        tools: What was offered.
    """
    return reason_of(call, tools) is None


def all_valid(
    finish_reason: str | None, calls: Sequence[Mapping[str, Any]], tools: Sequence[Tool]
) -> bool | None:
    """Return ``tool_calls_valid`` of an answer: None where it holds no calls, or says so.

    Args:
        finish_reason: Why it ended.
        calls: Its calls.
        tools: What was offered.
    """
    if finish_reason != "tool_calls" or not calls:
        return None
    return all(valid_call(call, tools) for call in calls)


def reason_of(
    call: Mapping[str, Any], tools: Sequence[Tool], *, any_schema: bool = False
) -> str | None:
    """Return why a call is refused, in one line; None where it fits.

    Args:
        call: As for `valid_call`.
        tools: As for `valid_call`.
        any_schema: Whether a schema counts that is none by the letter. Moonshot's older script
            refuses such a call; its newer suite, three of whose schemas have an ``$id`` with a
            fragment, does not.
    """
    try:
        name = call["function"]["name"]
        schema = _schema_of(name, tools)
        if not schema:
            declared = ", ".join(str(tool["function"]["name"]) for tool in tools) or "no tool"
            return f"tool {name!r} is not declared, or has no schema (declared: {declared})"
        arguments = call["function"]["arguments"]
        if isinstance(arguments, str):
            arguments = json.loads(arguments)
        return _misfit(arguments, schema, any_schema=any_schema)
    except json.JSONDecodeError as error:
        return f"the arguments are not JSON: {error}"
    except KeyError as error:
        return f"the call, or a declared tool, lacks {error}"
    except Exception as error:  # noqa: BLE001 - the published rule: whatever is raised is a failure
        return f"{type(error).__name__}: {error}"[:_SHOWN]


def _schema_of(name: object, tools: Sequence[Tool]) -> Any:  # noqa: ANN401 - any JSON value
    # As published: tools are read in order up to the one that is called, and one that lacks its
    # parameters is an error for that call alone.
    found = (tool["function"]["parameters"] for tool in tools if tool["function"]["name"] == name)
    return next(found, None)


def _misfit(arguments: Any, schema: Any, *, any_schema: bool) -> str | None:  # noqa: ANN401 - JSON
    error = _validator(json.dumps(schema, sort_keys=True), any_schema)(arguments)
    if error is None:
        return None
    where, message = "/".join(map(str, error.absolute_path)), str(error.message)[:_SHOWN]
    return f"{message} (at {where})" if where else message


@lru_cache(maxsize=4_096)
def _validator(text: str, any_schema: bool) -> Callable[[Any], Any]:  # noqa: FBT001 - cached
    """Return what finds the worst error, or None. Checking the schema costs 1 ms: done once."""
    import jsonschema
    from jsonschema import validators
    from referencing import Registry

    schema: Any = json.loads(text)
    kind: Any = validators.validator_for(schema, default=validators.Draft202012Validator)
    if not any_schema:
        kind.check_schema(schema)
    # An empty registry: a samples file must not make this process fetch what its schemas refer to.
    nothing: Registry[Any] = Registry()
    validator = kind(schema, registry=nothing)
    library: Any = jsonschema

    def find(arguments: Any) -> Any:  # noqa: ANN401 - any JSON value
        return library.exceptions.best_match(validator.iter_errors(arguments))

    return find
