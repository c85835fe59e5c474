"""What the simulator answers when nothing is scripted.

Owns: the default answers. Simulated: no model runs and nothing is understood. An answer repeats
what was said, and reasoning is longer where more effort was asked for. May know: its own files.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, cast

from kimi_core.testing._replies import SimulatedReply, SimulatedToolCall
from kimi_core.testing._request import is_object
from kimi_core.testing._schema_rules import resolve_reference

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from kimi_core.testing._request import ChatRequest

__all__ = ["default_reply", "minimal_instance"]

_MAX_DEPTH = 16
_SENTENCES: Mapping[str | None, int] = {"low": 1, "high": 2, "max": 3}
_WORD = re.compile(r"[a-z0-9]+")
_QUOTED = re.compile(r"['\"`](\w+)['\"`]")
"""The keys of a wanted object, as prompts for JSON mode name them."""
_NO_TOOLS = re.compile(r"\b(?:no|not use any|without) tools?\b|不[^。]{0,6}工具", re.IGNORECASE)


def default_reply(request: ChatRequest) -> SimulatedReply:
    """Call a tool after a user's message, otherwise repeat what was said.

    The tool is the one whose name has most words in common with the message, the first of several;
    a message that asks for no tools gets none, unless a choice forces one.
    """
    reasoning = _reasoning(request)
    function = _function_to_call(request)
    if function is not None:
        arguments = minimal_instance(function.get("parameters", {}))
        call = SimulatedToolCall(str(function.get("name")), arguments)
        return SimulatedReply(reasoning=reasoning, tool_calls=[call])
    return SimulatedReply(content=_stopped(_answer(request), request), reasoning=reasoning)


def _reasoning(request: ChatRequest) -> str | None:
    if not request.thinking:
        return None
    return " ".join(["Simulated reasoning."] * _SENTENCES.get(request.effort, 1))


def _last_message(request: ChatRequest) -> Mapping[str, Any]:
    """Return the last message that says something; one that only brings tools does not."""
    saying = [message for message in request.messages if "tools" not in message]
    return saying[-1] if saying else {}


def _said(request: ChatRequest) -> str:
    message = _last_message(request)
    text = message.get("content") or ""
    if isinstance(text, str):
        return text
    return " ".join(str(part.get("text", "")) for part in request.parts(message)).strip()


def _function_to_call(request: ChatRequest) -> dict[str, Any] | None:
    choice = request.body.get("tool_choice")
    forced = choice == "required" or is_object(choice)
    spoken = _last_message(request).get("role") == "user"
    said = _said(request)
    if choice == "none" or not (forced or (spoken and not _NO_TOOLS.search(said))):
        return None
    named = choice["function"]["name"] if is_object(choice) else None
    offered = [item for item in request.functions if named in {None, item.get("name")}]
    words = _words(said)
    return max(offered, key=lambda item: len(_words(str(item.get("name"))) & words), default=None)


def _words(text: str) -> set[str]:
    return set(_WORD.findall(text.lower()))


def _answer(request: ChatRequest) -> str:
    wanted = request.body.get("response_format")
    kind = wanted.get("type") if is_object(wanted) else "text"
    if is_object(wanted) and kind == "json_schema":
        return _compact(minimal_instance(wanted["json_schema"]["schema"]))
    if kind == "json_object":
        return _compact(dict.fromkeys(_QUOTED.findall(_said(request)), ""))
    return f"You said: {_said(request)}"


def _compact(value: object) -> str:
    # Moonshot's own suite wants an answer of a schema without line ends and tabs.
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _stopped(text: str, request: ChatRequest) -> str:
    stop: str | list[str] = request.body.get("stop") or ""
    for end in filter(None, [stop] if isinstance(stop, str) else stop):
        text = text.partition(end)[0]
    return text


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
