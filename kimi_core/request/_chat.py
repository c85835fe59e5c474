"""A plan -> the fields of a request on the chat route.

Owns: under which name each decision is sent, and in which flavour of JSON schema.
May know: its own files, schema.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kimi_core.schema import normalize_response_format

if TYPE_CHECKING:
    from kimi_core.request._plan import Plan

__all__ = ["chat_fields"]


def chat_fields(plan: Plan) -> dict[str, Any]:
    """Return messages, tools, the limits and the form of the answer, and how to think."""
    endpoint = plan.capabilities.endpoint
    fields: dict[str, Any] = {"messages": plan.messages, **endpoint.chat_fields, **_tools(plan)}
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


def _tools(plan: Plan) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    if plan.tools:
        fields["tools"] = plan.tools
    if plan.parallel is not None:
        fields["parallel_tool_calls"] = plan.parallel
    if plan.tool_choice is not None:
        fields["tool_choice"] = plan.tool_choice
    return fields
