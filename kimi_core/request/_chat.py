"""A plan -> the fields of a request on the chat route.

Owns: under which name each decision is sent, and in which flavour of JSON schema.
May know: its own files, schema.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kimi_core.schema import normalize_response_format

if TYPE_CHECKING:
    from kimi_core.request._plan import Plan

__all__ = ["chat_fields", "repeated_prefix"]


def chat_fields(plan: Plan) -> dict[str, Any]:
    """Return messages, tools, the limits and the form of the answer, and how to think."""
    endpoint = plan.capabilities.endpoint
    fields: dict[str, Any] = {**_messages(plan), **endpoint.chat_fields, **_tools(plan)}
    if plan.limit is not None:
        fields[endpoint.max_tokens_field] = plan.limit
    if plan.stop is not None:
        fields["stop"] = plan.stop
    if plan.response_format is not None:
        moonshot = endpoint.schema_dialect == "moonshot"
        wanted = plan.response_format
        fields["response_format"] = normalize_response_format(wanted) if moonshot else dict(wanted)
    fields.update(plan.thinking.fields)
    if plan.capabilities.tool_call_parser == "client":
        fields.update(endpoint.raw_fields)
        fields.update(endpoint.raw_chat_fields if plan.tools else {})
    return {**fields, **plan.grammar}


def repeated_prefix(plan: Plan) -> str:
    """Return the beginning of the answer that the server will say once more; mostly nothing."""
    repeats = plan.prefix and plan.capabilities.endpoint.prefix_way == "last_message"
    content = plan.messages[-1].get("content") if repeats else ""
    return content if isinstance(content, str) else ""


def _messages(plan: Plan) -> dict[str, Any]:
    way = plan.capabilities.endpoint.prefix_way
    if not plan.prefix or way == "partial":
        return {"messages": plan.messages}
    *before, last = plan.messages
    open_end = {name: value for name, value in last.items() if name != "partial"}
    # vLLM and SGLang refuse both at once: a turn that goes on, and the beginning of a new one.
    going_on = {"continue_final_message": True, "add_generation_prompt": False}
    return {
        "messages": [*before, open_end],
        **(going_on if way == "continue_final_message" else {}),
    }


def _tools(plan: Plan) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    if plan.tools:
        fields["tools"] = plan.tools
    if plan.parallel is not None:
        fields["parallel_tool_calls"] = plan.parallel
    by_grammar = plan.grammar and plan.capabilities.endpoint.forces_by_grammar
    if plan.tool_choice is not None and not by_grammar:  # SGLang refuses both at once
        fields["tool_choice"] = plan.tool_choice
    return fields
