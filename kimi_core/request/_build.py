"""Messages, tools and options -> the payload of one request. Pure.

Owns: what is said to a server: which fields, under which names, and what is refused beforehand.
May know: capabilities, errors, and the raw room (to render prompts and grammars). No I/O, but for
local files that a message names and for what the caller's own ``media_fetcher`` does.

The rule: nothing is sent that the caller did not set. What the model or the server would refuse
is turned into what they accept where the meaning stays the same, and is a `KimiConfigError`
otherwise.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from kimi_core.errors import KimiConfigError
from kimi_core.request._completions import completion_fields, grammar_fields
from kimi_core.request._first_party import (
    check_prefix,
    check_settings,
    warn_of_parallel_calls,
    without_pinned,
)
from kimi_core.request._history import ends_in_prefix, prepare_history
from kimi_core.request._options import Options, Request
from kimi_core.request._thinking import thinking_fields, thinking_of
from kimi_core.request._tool_choice import ToolChoice, decide_tool_choice
from kimi_core.schema import normalize_response_format, normalize_tools

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from kimi_core.capabilities import Capabilities

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
    options = _understood(options, capabilities)
    choice = decide_tool_choice(
        options.tool_choice, tools=tools or (), thinking=options.thinking, capabilities=capabilities
    )
    thinks = capabilities.thinks(choice.thinking)
    history = prepare_history(
        messages,
        capabilities,
        thinks=thinks,
        keep=bool(options.keep_thinking),
        fetch=options.media_fetcher,
    )
    prefix = ends_in_prefix(history)
    return Request(
        path="/completions" if capabilities.api == "completions" else "/chat/completions",
        payload=_payload(history, choice, options, capabilities, thinks=thinks, stream=stream),
        capabilities=capabilities,
        tools=choice.tools,
        opens_reasoning=thinks and capabilities.info.opens_reasoning and not prefix,
        sending=_sending(options),
    )


def _understood(options: Options, capabilities: Capabilities) -> Options:
    """Let the rules know of the thinking in the caller's own fields, which are sent as they are."""
    if capabilities.endpoint.thinking_switch != "thinking":
        return options
    own = thinking_of(options.extra)
    return options if own is None else replace(options, thinking=own[0], keep_thinking=own[1])


def _payload(
    history: list[dict[str, Any]],
    choice: ToolChoice,
    options: Options,
    capabilities: Capabilities,
    *,
    thinks: bool,
    stream: bool,
) -> dict[str, Any]:
    payload: dict[str, Any] = {"model": capabilities.model}
    if capabilities.api == "completions":
        payload.update(completion_fields(history, choice, options, capabilities, thinks=thinks))
    else:
        payload.update(_chat_fields(history, choice, options, capabilities))
    payload.update(_sampling(options, capabilities))
    payload.update(_identity(options, capabilities))
    if stream:
        payload["stream"] = True
        if capabilities.endpoint.asks_usage:
            payload["stream_options"] = {"include_usage": True}
    payload.update(options.extra)
    return payload


def _sending(options: Options) -> dict[str, Any]:
    sending = {
        "headers": options.extra_headers,
        "params": options.extra_query,
        "timeout": options.timeout,
    }
    return {name: value for name, value in sending.items() if value is not None}


def _chat_fields(
    history: list[dict[str, Any]], choice: ToolChoice, options: Options, capabilities: Capabilities
) -> dict[str, Any]:
    fields: dict[str, Any] = {"messages": history, **capabilities.endpoint.chat_fields}
    if choice.tools:
        moonshot = capabilities.endpoint.schema_dialect == "moonshot"
        fields["tools"] = normalize_tools(choice.tools) if moonshot else choice.tools
        fields.update(_parallel_field(choice, options, capabilities))
    if choice.value is not None:
        fields["tool_choice"] = choice.value
    if options.max_tokens is not None:
        fields[capabilities.endpoint.max_tokens_field] = options.max_tokens
    if options.stop:
        fields["stop"] = options.stop
    if options.response_format is not None:
        fields["response_format"] = _response_format(
            options.response_format, capabilities, prefix=ends_in_prefix(history)
        )
    fields.update(
        thinking_fields(
            choice.thinking,
            keep=options.keep_thinking,
            effort=options.reasoning_effort,
            capabilities=capabilities,
        )
    )
    if capabilities.tool_call_parser == "client":
        fields.update(capabilities.endpoint.raw_fields)
        if choice.tools:
            fields.update(_raw_chat_fields(choice, options, capabilities))
    return fields


def _response_format(
    wanted: Mapping[str, Any], capabilities: Capabilities, *, prefix: bool
) -> dict[str, Any]:
    if prefix and not capabilities.endpoint.takes_json_prefix:
        check_prefix(wanted, capabilities)
    moonshot = capabilities.endpoint.schema_dialect == "moonshot"
    return normalize_response_format(wanted) if moonshot else dict(wanted)


def _parallel_field(
    choice: ToolChoice, options: Options, capabilities: Capabilities
) -> dict[str, Any]:
    wanted = options.parallel_tool_calls
    if wanted is None:
        return {}
    if capabilities.endpoint.takes_parallel_tool_calls:
        return {"parallel_tool_calls": wanted}
    if wanted is False:
        one = choice.value != "required" or len(choice.tools) == 1
        warn_of_parallel_calls(single=choice.forced and one)
    return {}


def _raw_chat_fields(
    choice: ToolChoice, options: Options, capabilities: Capabilities
) -> dict[str, Any]:
    fields = dict(capabilities.endpoint.raw_chat_fields)
    if choice.forced and "tool_choice" in fields:
        # The field that would force is needed to keep the server's parser out; the grammar forces.
        fields.update(grammar_fields(choice, options, capabilities))
    return fields


_SAMPLING_FIELDS = ("temperature", "top_p", "n", "presence_penalty", "frequency_penalty")


def _sampling(options: Options, capabilities: Capabilities) -> dict[str, Any]:
    if options.n is not None and options.n != 1:
        message = f"n={options.n} is refused: one answer a request; call batch() for several."
        raise KimiConfigError(message)
    fields = _set_fields(options, _SAMPLING_FIELDS)
    if not capabilities.endpoint.pins_sampling:
        return fields
    return without_pinned(fields, capabilities, thinks=capabilities.thinks(options.thinking))


def _identity(options: Options, capabilities: Capabilities) -> dict[str, Any]:
    check_settings(
        stop=options.stop,
        provider=options.provider,
        max_tokens=options.max_tokens,
        capabilities=capabilities,
    )
    return _set_fields(options, ("prompt_cache_key", "safety_identifier", "provider"))


def _set_fields(options: Options, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: value for name in names if (value := getattr(options, name)) is not None}
