"""Messages, tools and options -> one request.

Owns: `build_request`: decide, then write. The payload is finished here; nobody edits it afterwards.
May know: its own files, capabilities. No I/O, but for local files that a message names and for what
the caller's own ``media_fetcher`` does.

The rule: nothing is sent that the caller did not set. What the model or the server would refuse
is turned into what they accept where the meaning stays the same, and is a `KimiConfigError`
otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kimi_core.capabilities import Capabilities
from kimi_core.request._chat import chat_fields, repeated_prefix
from kimi_core.request._completions import completion_extra, completion_fields
from kimi_core.request._options import Options
from kimi_core.request._plan import Plan, decide
from kimi_core.request._request import Asked, Request
from kimi_core.request.documents import documents_in, with_documents, with_texts

__all__ = ["build_request"]


def build_request(
    messages: Sequence[Mapping[str, Any]],
    tools: Sequence[Mapping[str, Any]] | None,
    options: Options,
    capabilities: Capabilities,
    *,
    stream: bool,
) -> Request:
    """Build the payload of one request.

    Args:
        messages: OpenAI-style dicts: role, content, tool_calls, tool_call_id, name, partial and
            reasoning_content. Not changed. A call whose result is missing gets one that says so,
            on every endpoint; see `kimi_core.request._tool_results.with_results` for the reason.
        tools: OpenAI-style tool dicts, or None.
        options: What else was set.
        capabilities: What the model at this endpoint can do.
        stream: Whether the answer is to come in pieces.

    Returns:
        The request.

    Raises:
        KimiConfigError: For what the model or the endpoint would refuse.
    """
    messages = with_documents(
        messages, capabilities, files=options.files, folder=options.media_folder
    )
    asked = Asked(messages=messages, tools=tools, options=options, stream=stream)
    plan = decide(with_texts(messages, None), tools, options, capabilities, stream=stream)
    raw = capabilities.api == "completions"
    return Request(
        path="/completions" if raw else "/chat/completions",
        payload=_payload(plan, raw=raw),
        capabilities=capabilities,
        tools=plan.tools,
        names=plan.names,
        repeats="" if raw else repeated_prefix(plan),
        begins=plan.begins,
        text=plan.text,
        opens_reasoning=_opens_reasoning(plan),
        sending=plan.sending,
        total_timeout=options.total_timeout,
        forced_tool_choice=plan.forced,
        wanted_call=plan.wanted,
        calls=plan.calls,
        asked=asked,
        documents=tuple(documents_in(messages)),
    )


def _opens_reasoning(plan: Plan) -> bool:
    thinks = plan.thinking.thinks or plan.thinking.may_think
    return thinks and plan.capabilities.info.opens_reasoning and not plan.prefix


def _payload(plan: Plan, *, raw: bool) -> dict[str, Any]:
    fields = completion_fields(plan) if raw else chat_fields(plan)
    extra = completion_extra(plan) if raw else plan.extra
    return {
        "model": plan.capabilities.model,
        **fields,
        **plan.sampling,
        **plan.identity,
        **_streaming(plan),
        **extra,
    }


def _streaming(plan: Plan) -> dict[str, Any]:
    fields: dict[str, Any] = {"stream": True} if plan.stream else {}
    return {**fields, "stream_options": {"include_usage": True}} if plan.asks_usage else fields
