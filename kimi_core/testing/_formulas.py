"""Official tools of the simulator: what they are, and what a run gives.

Owns: a few tools by their URIs, and their two routes. Simulated: nothing is searched, fetched or
computed, a run repeats its arguments; that an answer of web-search is encrypted is documented, the
marks round it are this simulator's. May know: the standard library.
"""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["FORMULAS", "answer_formula"]

FORMULAS = "/v1/formulas/"


def _tool(name: str, description: str, **parameters: str) -> dict[str, Any]:
    properties = {key: {"type": "string", "description": said} for key, said in parameters.items()}
    schema = {"type": "object", "properties": properties, "required": list(parameters)}
    function = {"name": name, "description": description, "parameters": schema}
    return {"type": "function", "function": function}


_TOOLS: Mapping[str, list[dict[str, Any]]] = {
    "moonshot/base64:latest": [
        _tool("base64_encode", "Encode a text.", data="The text."),
        _tool("base64_decode", "Decode a text.", data="The text."),
    ],
    "moonshot/code-runner:latest": [_tool("code_runner", "Run Python.", code="The program.")],
    "moonshot/convert:latest": [_tool("convert", "Convert units.", value="Number and units.")],
    "moonshot/date:latest": [_tool("date", "Work with dates.", operation="What to do.")],
    "moonshot/fetch:latest": [_tool("fetch", "Read a page.", url="Its address.")],
    "moonshot/web-search:latest": [_tool("web_search", "Search the web.", query="The words.")],
}
_ENCRYPTED = frozenset({"moonshot/web-search:latest"})


def answer_formula(path: str, body: Any) -> tuple[int, dict[str, Any]] | None:  # noqa: ANN401 - any JSON value
    """Answer a request for a tool, or return None where it is for none of these routes."""
    uri, _, route = path.removeprefix(FORMULAS).rpartition("/")
    if route not in {"tools", "fibers"}:
        return None
    tools = _TOOLS.get(uri)
    if tools is None:
        return 404, _error(f"Not found the formula {uri}", "resource_not_found_error")
    if route == "tools":
        return 200, {"object": "list", "tools": tools}
    functions = {tool["function"]["name"]: tool["function"] for tool in tools}
    function = functions.get(str(body.get("name")))
    if function is None:
        message = f"Invalid request: {uri} has no function {body.get('name')}"
        return 400, _error(message, "invalid_request_error")
    if not isinstance(body.get("arguments"), str):
        return 400, _error("Invalid request: arguments must be a string", "invalid_request_error")
    return 200, _fiber(uri, function, body["arguments"])


def _fiber(uri: str, function: Mapping[str, Any], arguments: str) -> dict[str, Any]:
    fiber = {"id": "fiber-simulated", "object": "fiber", "formula": uri}
    try:
        given = json.loads(arguments)
        missing = [name for name in function["parameters"]["required"] if name not in given]
    except (ValueError, TypeError) as error:
        return {**fiber, "status": "failed", "context": {"error": f"no JSON object: {error}"}}
    if missing:
        return {**fiber, "status": "failed", "context": {"error": f"missing {missing[0]}"}}
    if ".invalid" in arguments:  # a host that nobody has
        return {**fiber, "status": "failed", "context": {"error": "the host was not found"}}
    said = f"Simulated {function['name']} of {arguments}"
    if uri not in _ENCRYPTED:
        return {**fiber, "status": "succeeded", "context": {"output": said}}
    secret = base64.b64encode(said.encode()).decode("ascii")
    return {**fiber, "status": "succeeded", "context": {"encrypted_output": f"<<{secret}>>"}}


def _error(message: str, kind: str) -> dict[str, Any]:
    return {"error": {"message": message, "type": kind}}
