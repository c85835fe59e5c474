"""Messages, tools and options -> the payload of one request. Pure.

Owns: what is said to a server: which fields, under which names, and what is refused beforehand.
May know: capabilities, errors, and the raw room (to render prompts and grammars). No I/O, but for
local files that a message names and for what the caller's own ``media_fetcher`` does.

The rule: nothing is sent that the caller did not set. What the model or the server would refuse
is turned into what they accept where the meaning stays the same, and is a `KimiConfigError`
otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from kimi_core._first_party import (
    check_prefix,
    check_settings,
    warn_of_parallel_calls,
    without_pinned,
)
from kimi_core._history import ends_in_prefix, prepare_history
from kimi_core._thinking import effort_field, thinking_fields, thinking_of
from kimi_core._tool_choice import ToolChoice, decide_tool_choice
from kimi_core.errors import KimiConfigError
from kimi_core.media import has_media
from kimi_core.raw.grammar import tool_call_grammar
from kimi_core.raw.prompt import render_prompt
from kimi_core.schema import normalize_response_format, normalize_tools

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from kimi_core.capabilities import Capabilities

__all__ = ["Options", "Request", "build_request"]

_END_OF_TURN = {"k2": "<|im_end|>", "k3": "<|end_of_msg|>"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What a caller may ask for besides messages and tools; None means: not set, not sent.

    Attributes:
        temperature: Sampling temperature; pinned by live models on the first-party API.
        top_p: Nucleus sampling; pinned likewise.
        n: Number of answers; only 1.
        presence_penalty: Pinned likewise.
        frequency_penalty: Pinned likewise.
        max_tokens: Token limit of the answer, reasoning included.
        stop: Strings that end the answer.
        thinking: Whether to think; None for the model's default.
        keep_thinking: Whether the reasoning of earlier turns counts too, where the model lets one
            choose.
        reasoning_effort: Strength of thinking, where the model has it.
        tool_choice: "auto", "none", "required" (also "any" or True), a tool's name, or OpenAI's
            dict.
        parallel_tool_calls: Whether one answer may hold several calls; sent only when set, and
            not to the first-party API, which has no such field and warns of False.
        response_format: OpenAI's response_format dict.
        prompt_cache_key: Session id for the prefix cache.
        safety_identifier: The end user, hashed.
        provider: OpenRouter's provider routing.
        media_fetcher: Called with each http(s) URL of a picture or video while the request is
            built, in the calling thread; what it returns is inlined. `kimi_core.fetch.fetch_media`
            is one. None: the first-party API's requests refuse such a URL, others pass it on.
        extra: Other fields of the payload, sent as they are.
        extra_headers: Headers of this request only.
        extra_query: Query of this request only.
        timeout: Seconds for this request only, or the SDK's own Timeout.
    """

    temperature: float | None = None
    top_p: float | None = None
    n: int | None = None
    presence_penalty: float | None = None
    frequency_penalty: float | None = None
    max_tokens: int | None = None
    stop: str | Sequence[str] | None = None
    thinking: bool | None = None
    keep_thinking: bool | None = None
    reasoning_effort: str | None = None
    tool_choice: str | bool | Mapping[str, Any] | None = None
    parallel_tool_calls: bool | None = None
    response_format: Mapping[str, Any] | None = None
    prompt_cache_key: str | None = None
    safety_identifier: str | None = None
    provider: Mapping[str, Any] | None = None
    media_fetcher: Callable[[str], bytes] | None = field(default=None, repr=False)
    extra: Mapping[str, Any] = field(default_factory=dict[str, Any])
    extra_headers: Mapping[str, str] | None = field(default=None, repr=False)  # keys, at times
    extra_query: Mapping[str, object] | None = field(default=None, repr=False)
    timeout: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request, ready to be sent, and what its answer will look like.

    Attributes:
        path: Route below the base URL.
        payload: The JSON body.
        capabilities: What it was built for.
        tools: The tools that the model may call: a reader recovers damaged ids to these only.
        opens_reasoning: Whether the text that comes back starts inside reasoning.
        sending: How it is sent, where that differs from other requests: "headers", "params" and
            "timeout", the names that the openai SDK has for them.
    """

    path: str
    payload: dict[str, Any]
    capabilities: Capabilities
    tools: list[dict[str, Any]]
    opens_reasoning: bool
    sending: Mapping[str, Any] = field(default_factory=dict[str, Any], repr=False)


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
            on every endpoint; see `kimi_core._tool_results.with_results` for the reason.
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
        payload.update(_completion_fields(history, choice, options, capabilities, thinks=thinks))
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
        fields["tools"] = choice.tools
        if capabilities.endpoint.first_party:
            fields["tools"] = normalize_tools(choice.tools)
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
    if capabilities.endpoint.first_party:
        if prefix:
            check_prefix(wanted, capabilities)
        return normalize_response_format(wanted)
    return dict(wanted)


def _parallel_field(
    choice: ToolChoice, options: Options, capabilities: Capabilities
) -> dict[str, Any]:
    wanted = options.parallel_tool_calls
    if wanted is None:
        return {}
    if not capabilities.endpoint.first_party:
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
        fields.update(_grammar_fields(choice, options, capabilities))
    return fields


def _completion_fields(
    history: list[dict[str, Any]],
    choice: ToolChoice,
    options: Options,
    capabilities: Capabilities,
    *,
    thinks: bool,
) -> dict[str, Any]:
    info, endpoint = capabilities.info, capabilities.endpoint
    _check_prompt_options(options, capabilities)
    prefix = ends_in_prefix(history)
    _check_prompt_messages(history, capabilities, prefix=prefix)
    # A K2 prompt has no words for "none": a tool that is not declared is not called.
    hidden = choice.value == "none" and info.dialect == "k2"
    prompt = render_prompt(
        history,
        None if hidden else choice.tools or None,
        model=info.name,
        thinking=thinks,
        preserve_thinking=bool(options.keep_thinking),
        thinking_effort=options.reasoning_effort,
        tool_choice=choice.value,
        response_format=options.response_format,
        add_generation_prompt=not prefix,
    )
    if prefix:
        prompt = prompt.removesuffix(_END_OF_TURN[info.dialect])
    stops = [options.stop] if isinstance(options.stop, str) else list(options.stop or ())
    fields: dict[str, Any] = {"prompt": prompt, "stop": [_END_OF_TURN[info.dialect], *stops]}
    limit = options.max_tokens or endpoint.completion_max_tokens
    if limit is not None:
        fields["max_tokens"] = limit
    fields.update(endpoint.raw_fields)
    if choice.forced:
        fields.update(_grammar_fields(choice, options, capabilities))
    return fields


def _check_prompt_options(options: Options, capabilities: Capabilities) -> None:
    """Refuse what a prompt rendered here cannot say, under the name that the caller gave it."""
    if options.reasoning_effort is not None:
        effort_field(options.reasoning_effort, capabilities)
    if options.response_format is not None and capabilities.info.dialect == "k2":
        message = (
            f"response_format does not go with api 'completions' and model {capabilities.model!r}, "
            "whose prompt has no place for it; use api='chat', or a tool with tool_choice."
        )
        raise KimiConfigError(message)


def _check_prompt_messages(
    history: Sequence[Mapping[str, Any]], capabilities: Capabilities, *, prefix: bool
) -> None:
    if has_media(history):
        message = (
            f"a picture or video does not go with api 'completions' (model {capabilities.model!r})"
            ", whose prompt is text alone; use api='chat', or leave it out."
        )
        raise KimiConfigError(message)
    if prefix and capabilities.info.dialect != "k2":
        message = (
            f"partial=True does not go with api 'completions' and model {capabilities.model!r}, "
            "whose answer cannot be cut open; use api='chat', or leave the message out."
        )
        raise KimiConfigError(message)


def _grammar_fields(
    choice: ToolChoice, options: Options, capabilities: Capabilities
) -> dict[str, Any]:
    engine = capabilities.endpoint.grammar
    if engine is None:
        message = (
            f"tool_choice {choice.value!r} cannot be enforced: endpoint "
            f"{capabilities.endpoint.name!r} has no grammar. Leave tool_choice at 'auto', or use "
            "vllm, sglang or llama.cpp."
        )
        raise KimiConfigError(message)
    return tool_call_grammar(
        choice.tools,
        tool_choice=choice.value or "required",
        dialect=capabilities.info.dialect,
        engine=engine,
        parallel=bool(options.parallel_tool_calls),
        thinking=capabilities.thinks(choice.thinking) and capabilities.info.opens_reasoning,
    )


_SAMPLING_FIELDS = ("temperature", "top_p", "n", "presence_penalty", "frequency_penalty")


def _sampling(options: Options, capabilities: Capabilities) -> dict[str, Any]:
    if options.n is not None and options.n != 1:
        message = f"n={options.n} is refused: one answer a request; call batch() for several."
        raise KimiConfigError(message)
    fields = _set_fields(options, _SAMPLING_FIELDS)
    if not capabilities.endpoint.first_party:
        return fields
    return without_pinned(fields, capabilities, thinks=capabilities.thinks(options.thinking))


def _identity(options: Options, capabilities: Capabilities) -> dict[str, Any]:
    if capabilities.endpoint.first_party:
        check_settings(
            stop=options.stop,
            provider=options.provider,
            max_tokens=options.max_tokens,
            capabilities=capabilities,
        )
    return _set_fields(options, ("prompt_cache_key", "safety_identifier", "provider"))


def _set_fields(options: Options, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: value for name in names if (value := getattr(options, name)) is not None}
