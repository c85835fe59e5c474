"""What the simulator answers when nothing is scripted.

Owns: the default answers. Simulated: no model runs; the answer repeats what was said. May know: the
replies, the request's view and the schema rules' references.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, cast

from kimi_core.testing._replies import SimulatedReply, SimulatedToolCall
from kimi_core.testing._request import is_object
from kimi_core.testing._schema_rules import resolve_reference

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from kimi_core.testing._request import ChatRequest

__all__ = ["default_reply", "minimal_instance"]

_MAX_DEPTH = 16


def default_reply(request: ChatRequest) -> SimulatedReply:
    """Call the first tool after a user's message, otherwise repeat what was said."""
    reasoning = "Simulated reasoning." if request.thinking else None
    function = _function_to_call(request)
    if function is not None:
        arguments = minimal_instance(function.get("parameters", {}))
        call = SimulatedToolCall(str(function.get("name")), arguments)
        return SimulatedReply(reasoning=reasoning, tool_calls=[call])
    return SimulatedReply(content=_answer(request), reasoning=reasoning)


def _function_to_call(request: ChatRequest) -> dict[str, Any] | None:
    choice = request.body.get("tool_choice")
    spoken = bool(request.messages) and request.messages[-1].get("role") == "user"
    if choice == "none" or not (spoken or choice == "required" or is_object(choice)):
        return None
    named = choice["function"]["name"] if is_object(choice) else None
    matching = (item for item in request.functions if named in {None, item.get("name")})
    return next(matching, None)


def _answer(request: ChatRequest) -> str:
    wanted = request.body.get("response_format")
    kind = wanted.get("type") if is_object(wanted) else "text"
    if is_object(wanted) and kind == "json_schema":
        return json.dumps(minimal_instance(wanted["json_schema"]["schema"]))
    if kind == "json_object":
        return "{}"
    last: Mapping[str, Any] = request.messages[-1] if request.messages else {}
    text = last.get("content") or ""
    if not isinstance(text, str):
        text = " ".join(str(part.get("text", "")) for part in request.parts(last)).strip()
    return f"You said: {text}"


def minimal_instance(schema: Mapping[str, Any]) -> Any:  # noqa: ANN401 - any JSON value
    """Return a small value that a schema of Moonshot's flavour accepts.

    Args:
        schema: The schema; references are looked up in it.

    Returns:
        Required properties only, shortest strings, lowest numbers, first enum values.

    Raises:
        ValueError: For a schema that no finite value fits.
    """
    return _instance(dict(schema), dict(schema), 0)


def _instance(node: dict[str, Any], root: dict[str, Any], depth: int) -> Any:  # noqa: ANN401 - any JSON value
    if depth > _MAX_DEPTH:
        raise ValueError("the schema requires a value inside itself without end")
    if isinstance(node.get("$ref"), str):
        return _instance(resolve_reference(node["$ref"], root) or {}, root, depth + 1)
    if node.get("anyOf"):
        return _first_instance(node["anyOf"], root, depth)
    if "const" in node or node.get("enum"):
        return node["const"] if "const" in node else node["enum"][0]
    kind = _type(node)
    if kind == "object":
        names = node.get("required", [])
        members = node.get("properties", {})
        return {name: _instance(members.get(name, {}), root, depth + 1) for name in names}
    if kind == "array":
        count = node.get("minItems", 0)
        return [_instance(node.get("items", {}), root, depth + 1) for _ in range(count)]
    return _SCALARS[kind](node)


def _type(node: Mapping[str, Any]) -> str:
    kind = node.get("type", "object")
    return str(cast("list[object]", kind)[0] if isinstance(kind, list) else kind)


def _first_instance(branches: list[dict[str, Any]], root: dict[str, Any], depth: int) -> Any:  # noqa: ANN401 - any JSON value
    first, *others = branches
    try:
        return _instance(first, root, depth + 1)
    except ValueError:
        if not others:
            raise
    return _first_instance(others, root, depth)


_SCALARS: Mapping[str, Callable[[Mapping[str, Any]], Any]] = {
    "string": lambda node: "x" * node.get("minLength", 0),
    "number": lambda node: node.get("minimum", min(0, node.get("maximum", 0))),
    "integer": lambda node: node.get("minimum", min(0, node.get("maximum", 0))),
    "boolean": lambda _node: False,
    "null": lambda _node: None,
}
