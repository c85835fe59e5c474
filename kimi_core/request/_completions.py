"""A plan -> the fields of a request on the completions route.

Owns: where each decision stands in the prompt and beside it. May know: its own files, raw.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kimi_core.raw.prompt import encode_prompt, render_prompt

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kimi_core.request._plan import Plan

__all__ = ["completion_extra", "completion_fields"]

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


def completion_extra(plan: Plan) -> Mapping[str, Any]:
    """Return the caller's own fields, log probabilities as this route has them.

    Here ``logprobs`` is what the chat route calls ``top_logprobs``; a field of that name is not.
    """
    extra = plan.extra
    if extra.get("logprobs") is not True:
        return extra
    others = {name: value for name, value in extra.items() if name != "top_logprobs"}
    return {**others, "logprobs": extra.get("top_logprobs") or 1}


def _prompt(plan: Plan, end: str) -> str | list[int]:
    """Return the prompt: ids, where text can be nothing else; otherwise text without markers."""
    said, style = _said(plan), plan.capabilities.info
    if plan.encoder is None:
        prompt = render_prompt(**said, escape_markers=plan.escape_markers)
        return prompt.removesuffix(end) if plan.prefix else prompt
    ids = encode_prompt(**said, tokenizer=plan.encoder)
    last = plan.encoder.encode(end, True, dialect=style.dialect)  # noqa: FBT003 - its signature
    return ids[: -len(last)] if plan.prefix and ids[-len(last) :] == last else ids


def _said(plan: Plan) -> dict[str, Any]:
    info, thinking = plan.capabilities.info, plan.thinking
    # A K2 prompt has no words for "none": a tool that is not declared is not called.
    hidden = plan.tool_choice == "none" and info.dialect == "k2"
    return {
        "messages": plan.messages,
        "tools": None if hidden else plan.tools or None,
        "model": info.name,
        "thinking": thinking.thinks,
        "preserve_thinking": thinking.keeps,
        "thinking_effort": thinking.effort,
        "tool_choice": plan.tool_choice,
        "response_format": plan.response_format,
        "add_generation_prompt": not plan.prefix,
    }
