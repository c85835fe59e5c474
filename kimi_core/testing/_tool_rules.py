"""Rules about tools, tool_choice and the schemas of answers.

Owns: one function a rule, from the request to the message of the refusal, or None. Simulated:
wordings are those of the documents or of quoted error bodies where `kimi_core.testing._rules` says
so, and otherwise this simulator's own. May know: its own files.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from kimi_core.testing._request import is_list_of_objects, is_object
from kimi_core.testing._schema_rules import schema_problem

if TYPE_CHECKING:
    from kimi_core.testing._request import ChatRequest

# The documents changed the length limit three times (64, 256, 128 characters); this is the latest.
# A leading underscore is accepted although the message says "a letter" (seen live 2026-06-20).
_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_-]{0,127}")
_FORMATS = frozenset({"text", "json_object", "json_schema"})


def tool_types(request: ChatRequest) -> str | None:
    """Functions, and the built-in ones, whose names start with ``$``."""
    for tool in request.tools:
        if tool.get("type") not in {"function", "builtin_function"}:
            return (
                f"Invalid request: unknown tool type: {tool.get('type')}, currently only function "
                "and plugin are supported"
            )
        if not is_object(tool.get("function")):
            return "Invalid request: tools.function must be an object"
    return None


def function_names(request: ChatRequest) -> str | None:
    """A letter or underscore, then letters, digits, underscores and dashes."""
    for function in request.functions:
        if not _NAME.fullmatch(str(function.get("name", ""))):
            return (
                "Invalid request: function name is invalid, must start with a letter and can "
                "contain letters, numbers, underscores, and dashes"
            )
    return None


def duplicate_functions(request: ChatRequest) -> str | None:
    """A name occurs once among the tools of the request and those of all system messages.

    Kimi-Vendor-Verifier, dynamic-tools tests, 2026-08-13; probed live 2026-09-21.
    """
    seen: set[object] = set()
    for tool in request.tools:
        name = tool["function"].get("name")
        if name in seen:
            return f"Invalid request: function name {name} is duplicated"
        seen.add(name)
    return None


def function_schemas(request: ChatRequest) -> str | None:
    """The parameters are Moonshot flavored JSON schema."""
    for function in request.functions:
        problem = schema_problem(function.get("parameters", {}))
        if problem:
            return (
                "Invalid request: tools.function.parameters is not a valid moonshot flavored "
                f"json schema, details: <{problem}>"
            )
    return None


def tool_choice_form(request: ChatRequest) -> str | None:
    """A known word, or the name of a tool of the request."""
    choice = request.body.get("tool_choice")
    if choice in (None, "auto", "none", "required"):
        return None
    function = choice.get("function") if is_object(choice) else None
    name = function.get("name") if is_object(function) else None
    if name is None:
        return f"Invalid request: invalid tool_choice: {choice}"
    if name not in [function.get("name") for function in request.functions]:
        return f"Invalid request: tool_choice names '{name}', which is not among the tools"
    return None


def required_without_tools(request: ChatRequest) -> str | None:
    """Who must call a tool needs one, of the request or of a system message.

    Kimi-Vendor-Verifier, tool-choice tests, 2026-08-13; probed live on kimi-k3 2026-09-21.
    """
    if request.body.get("tool_choice") == "required" and not request.tools:
        return "Invalid request: tool_choice 'required' needs at least one tool"
    return None


def forced_while_thinking(request: ChatRequest) -> str | None:
    """A model that thinks cannot be made to call, but for kimi-k3 with "required"."""
    choice = request.body.get("tool_choice")
    if choice in (None, "auto", "none") or not request.thinking:
        return None
    kind, word = ("required", "required") if choice == "required" else ("named", "specified")
    if kind in request.info.forced_tool_choice:
        return None
    return f"tool_choice '{word}' is incompatible with thinking enabled"


def builtin_while_thinking(request: ChatRequest) -> str | None:
    """A K2 model runs Moonshot's own functions only where it does not think."""
    own = [tool for tool in request.tools if tool.get("type") == "builtin_function"]
    if own and request.thinking and not request.info.searches_while_thinking:
        return f"{own[0]['function'].get('name')} is incompatible with thinking enabled"
    return None


def builtin_echo(request: ChatRequest) -> str | None:
    """The result of Moonshot's own function is what the model asked it for, unchanged."""
    asked = {
        call["id"]: call["function"]["arguments"]
        for message in request.messages
        for call in request.tool_calls(message)
        if str(call["function"].get("name")).startswith("$")
    }
    for message in request.messages:
        identity = message.get("tool_call_id")
        if identity in asked and message.get("content") != asked[identity]:
            return f"Invalid request: tool call {identity} must be answered with its arguments"
    return None


def named_choice(request: ChatRequest) -> str | None:
    """kimi-k3 takes words only, thinking or not.

    Moonshot's note in Kimi-Vendor-Verifier (2026-07-27) says that a named function is not
    supported and ignored; probes got a 400 while thinking and, on 2026-09-21, a 200 without. What
    may be ignored is refused here.
    """
    if request.is_k3 and is_object(request.body.get("tool_choice")):
        return "Invalid request: tool_choice must be auto, none or required for this model"
    return None


def system_tools(request: ChatRequest) -> str | None:
    """Tools in a system message: kimi-k3 only, without content, an array of objects.

    Kimi-Vendor-Verifier, dynamic-tools tests, 2026-08-13.
    """
    for message in request.messages:
        if "tools" not in message:
            continue
        if not request.is_k3:
            return "Invalid request: tokenization failed"
        if message.get("content"):
            return "Invalid request: tools cannot be used with content"
        if message.get("role") != "system":
            return "Invalid request: tools are only allowed in a system message"
        if not is_list_of_objects(message["tools"]):
            return "Invalid request: tools in a system message must be an array of objects"
    return None


def response_format(request: ChatRequest) -> str | None:
    """One of the three types; a schema for an object, in Moonshot's flavour."""
    wanted = request.body.get("response_format")
    if wanted is None:
        return None
    if not is_object(wanted) or wanted.get("type") not in _FORMATS:
        return "Invalid request: response_format.type must be text, json_object or json_schema"
    if wanted["type"] != "json_schema":
        return None
    form = wanted.get("json_schema")
    if not is_object(form) or not form.get("name") or not is_object(form.get("schema")):
        return "Invalid request: response_format.json_schema needs name and schema"
    if not isinstance(form.get("strict", True), bool):
        return "Invalid request: response_format.json_schema.strict must be true or false"
    return _answer_schema(form["schema"])


def _answer_schema(schema: dict[str, Any]) -> str | None:
    problem = schema_problem(schema)
    if not problem and schema.get("type", "object") != "object":
        problem = "At path 'root': only objects are supported"
    if not problem:
        return None
    return (
        "Invalid request: response_format.json_schema is not a valid moonshot flavored "
        f"json schema, details: <{problem}>"
    )
