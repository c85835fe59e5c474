"""A plan -> the fields of a request on the completions route.

Owns: where each decision stands in the prompt and beside it. May know: its own files, raw.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kimi_core.raw.prompt import render_prompt

if TYPE_CHECKING:
    from kimi_core.request._plan import Plan

__all__ = ["completion_fields"]

_END_OF_TURN = {"k2": "<|im_end|>", "k3": "<|end_of_msg|>"}


def completion_fields(plan: Plan) -> dict[str, Any]:
    """Return the prompt, what ends the answer, its limit, and the grammar."""
    endpoint, end = plan.capabilities.endpoint, _END_OF_TURN[plan.capabilities.info.dialect]
    stops = [plan.stop] if isinstance(plan.stop, str) else plan.stop or ()
    fields: dict[str, Any] = {"prompt": _prompt(plan, end), "stop": [end, *stops]}
    limit = plan.limit or endpoint.completion_max_tokens
    if limit is not None:
        fields["max_tokens"] = limit
    return {**fields, **endpoint.raw_fields, **plan.grammar}


def _prompt(plan: Plan, end: str) -> str:
    info, thinking = plan.capabilities.info, plan.thinking
    # A K2 prompt has no words for "none": a tool that is not declared is not called.
    hidden = plan.tool_choice == "none" and info.dialect == "k2"
    prompt = render_prompt(
        plan.messages,
        None if hidden else plan.tools or None,
        model=info.name,
        thinking=thinking.thinks,
        preserve_thinking=thinking.keeps,
        thinking_effort=thinking.effort,
        tool_choice=plan.tool_choice,
        response_format=plan.response_format,
        add_generation_prompt=not plan.prefix,
    )
    return prompt.removesuffix(end) if plan.prefix else prompt
