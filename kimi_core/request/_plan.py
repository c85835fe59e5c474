"""Everything that is decided about one request, before a field of it is written.

Owns: `Plan`, and the order of the decisions: thinking, the choice of a tool, what of both the
grammar has to enforce, the history, the answer's form. Each is taken once, from what the caller
said and what model and server accept; the writers spell what is found here and decide nothing.
May know: its own files, _json, capabilities, errors, raw, schema.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from kimi_core._json import as_mapping, as_sequence
from kimi_core.errors import KimiConfigError
from kimi_core.raw.text_policy import TextPolicy
from kimi_core.request._call_ids import in_todays_words
from kimi_core.request._call_policy import decide_call_policy
from kimi_core.request._first_party import (
    check_form,
    check_settings,
    decide_parallel_calls,
    thinking_beside_builtins,
    without_pinned,
)
from kimi_core.request._history import brought_tools, prepare_history
from kimi_core.request._prefix import (
    check_prefix,
    ends_in_prefix,
    is_prefix,
    thinking_of_prefix,
    with_prefix,
)
from kimi_core.request._prompt_rules import check_prompt
from kimi_core.request._read import thinking_of
from kimi_core.request._thinking import decide_thinking
from kimi_core.request._tool_choice import ToolChoice, decide_tool_choice
from kimi_core.request._tool_names import ToolNames, decide_names, name_of
from kimi_core.request._unsupported import supported, supported_parts
from kimi_core.request.foreign import in_plain_text
from kimi_core.request.structured import named_format
from kimi_core.request.tools import in_openais_words
from kimi_core.schema import normalize_tools, plain_response_format, plain_tools, relax_tools

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from kimi_core.capabilities import Capabilities
    from kimi_core.raw.prompt import TextEncoder
    from kimi_core.request._call_policy import CallPolicy
    from kimi_core.request._options import Options
    from kimi_core.request._thinking import Thinking

__all__ = ["Plan", "decide"]

_SAMPLING = ("temperature", "top_p", "n", "presence_penalty", "frequency_penalty")
_IDENTITY = ("prompt_cache_key", "prompt_cache_options", "safety_identifier", "provider")


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What one request will say.

    Attributes:
        capabilities: What the model at this endpoint can do.
        messages: The conversation as this model at this endpoint accepts it.
        prefix: Whether its last message is the beginning of the answer.
        begins: Text of that beginning that is told with the answer; mostly nothing.
        tools: The tools that the model may call, as the server takes them.
        names: Which of them go under another name than the caller's.
        tool_choice: "auto", "none", "required", OpenAI's dict for a named tool, or None: not sent.
        forced: Whether the model must call a tool ("sent"), or should, and refuses to ("given_up").
        text: Which text of the answer may be more than text; None: none of it.
        calls: What may be run of the calls of the answer.
        parallel: Whether one answer may hold several calls; None: not sent.
        grammar: The fields that make the engine's sampler enforce the choice; mostly none.
        thinking: Whether the model thinks, how much, and in which words that is said.
        response_format: The form of the answer, or None.
        wanted: The tool whose arguments JSON in the answer is, or an empty string.
        stop: Strings that end the answer.
        limit: Token limit of the answer, or None.
        sampling: Sampling settings by name.
        identity: Fields that say whose request it is and where it goes.
        stream: Whether the answer comes in pieces.
        asks_usage: Whether a stream is asked for its usage.
        extra: The caller's own fields of the payload, which win over all others.
        sending: What the openai SDK is told of this request alone.
        encoder: Turns the prompt into ids; None where it is sent as text.
        escape_markers: Whether a prompt of text has no control token but those of the template.
    """

    capabilities: Capabilities
    messages: list[dict[str, Any]]
    encoder: TextEncoder | None
    escape_markers: bool
    prefix: bool
    begins: str
    tools: list[dict[str, Any]]
    names: ToolNames
    tool_choice: str | dict[str, Any] | None
    forced: Literal["sent", "given_up"] | None
    text: TextPolicy | None
    calls: CallPolicy
    parallel: bool | None
    grammar: dict[str, Any]
    thinking: Thinking
    response_format: Mapping[str, Any] | None
    wanted: str
    stop: str | Sequence[str] | None
    limit: int | None
    sampling: dict[str, Any]
    identity: dict[str, Any]
    stream: bool
    asks_usage: bool
    extra: Mapping[str, Any]
    sending: Mapping[str, Any]


def decide(
    messages: Sequence[Mapping[str, Any]],
    tools: Sequence[Mapping[str, Any]] | None,
    options: Options,
    capabilities: Capabilities,
    *,
    stream: bool,
) -> Plan:
    """Decide one request; arguments and errors as for `kimi_core.request.build_request`."""
    options, messages, tools = _readable(messages, tools, options, capabilities)
    choice, names = _decide_tools(messages, tools, options, capabilities)
    thinking = decide_thinking(
        choice.thinking, options.keep_thinking, options.reasoning_effort, capabilities
    )
    history = prepare_history(
        names.messages(messages),
        capabilities,
        thinks=thinking.thinks,
        keep=bool(options.keep_thinking),
        fetch=options.media_fetcher,
        folder=options.media_folder,
    )
    _check(history, options, capabilities)
    return Plan(
        capabilities=capabilities,
        messages=history,
        prefix=ends_in_prefix(history),
        begins=options.prefix or "",
        tools=choice.tools,
        names=names,
        tool_choice=choice.value,
        forced="sent" if choice.forced else "given_up" if choice.given_up else None,
        text=_text_policy(choice, history, options, capabilities),
        calls=_call_policy([*tools, *brought_tools(messages)], names, options),
        parallel=decide_parallel_calls(options.parallel_tool_calls, choice, capabilities),
        grammar=_grammar(choice, thinking, options, capabilities),
        thinking=thinking,
        response_format=_form(choice, options),
        wanted=choice.wanted,
        stop=options.stop or None,
        limit=options.max_tokens,
        sampling=_sampling(options, capabilities),
        encoder=_encoder(options.tokenizer, capabilities),
        escape_markers=options.escape_markers is not False,
        identity=_named(options, _IDENTITY),
        stream=stream,
        asks_usage=stream and _asks_usage(options.stream_usage, capabilities),
        extra=options.extra,
        sending=_sending(options),
    )


def _call_policy(
    tools: Sequence[Mapping[str, Any]], names: ToolNames, options: Options
) -> CallPolicy:
    policy, retries = options.tool_call_policy, options.tool_call_retries
    return decide_call_policy(tools, names.own, policy=policy, retries=retries, extra=options.extra)


def _readable(
    messages: Sequence[Mapping[str, Any]],
    tools: Sequence[Mapping[str, Any]] | None,
    options: Options,
    capabilities: Capabilities,
) -> tuple[Options, Sequence[Mapping[str, Any]], Sequence[Mapping[str, Any]]]:
    """Return all three in the words of this server, less what it does not take."""
    options = supported(_understood(options, capabilities), capabilities)
    messages = supported_parts(in_plain_text(in_todays_words(messages)), options, capabilities)
    messages = with_prefix(messages, options)
    if ends_in_prefix(messages):
        options = replace(options, thinking=thinking_of_prefix(options, capabilities))
    moonshot = capabilities.endpoint.schema_dialect == "moonshot"
    return options, messages, in_openais_words(tools or (), moonshot=moonshot)


def _decide_tools(
    messages: Sequence[Mapping[str, Any]],
    tools: Sequence[Mapping[str, Any]],
    options: Options,
    capabilities: Capabilities,
) -> tuple[ToolChoice, ToolNames]:
    """Decide which tools are sent, and under which names; what is refused has the caller's own."""
    endpoint = capabilities.endpoint
    brought = brought_tools(messages)
    thinking = thinking_beside_builtins([*tools, *brought], options.thinking, capabilities)
    moonshot = endpoint.schema_dialect == "moonshot"
    taken = normalize_tools(tools) if moonshot else plain_tools(tools)
    choice = decide_tool_choice(
        options.tool_choice,
        tools=taken,
        brought=[name_of(tool) for tool in brought],
        form_taken=_form_is_taken(options) or _answers_a_call(messages),
        thinking=thinking,
        capabilities=capabilities,
    )
    names = decide_names(taken, messages, endpoint.tool_name_rule)
    wanted = names.sent.get(choice.wanted, choice.wanted)
    value, tools = names.choice(choice.value), names.tools(choice.tools)
    return ToolChoice(value, tools, choice.thinking, choice.given_up, wanted), names


def _form_is_taken(options: Options) -> bool:
    return options.response_format is not None or "response_format" in options.extra


def _answers_a_call(messages: Sequence[Mapping[str, Any]]) -> bool:
    """Whether the call was made already: an agent that forces one in every turn would never end."""
    before = [message for message in messages[-2:] if not is_prefix(message)]
    return bool(before) and before[-1].get("role") == "tool"


def _form(choice: ToolChoice, options: Options) -> Mapping[str, Any] | None:
    """Return the form of the answer: the caller's, or that of the arguments of a wanted call."""
    if options.response_format:
        return plain_response_format(options.response_format)
    wanted = [tool for tool in choice.tools if choice.given_up and name_of(tool) == choice.wanted]
    for function in (tool["function"] for tool in wanted):
        parameters: Any = function.get("parameters") or {"type": "object", "properties": {}}
        told = {"description": function.get("description") or None}
        return named_format(choice.wanted, parameters, **told)
    return options.response_format


def _understood(options: Options, capabilities: Capabilities) -> Options:
    """Read Moonshot's ``thinking`` object among the payload's own fields, where there is a switch.

    Moonshot gets it as it is. A server with a switch of its own gets that one; elsewhere it is
    nothing that is understood here, and so the caller's own affair.
    """
    said = thinking_of(options.extra)
    switch = capabilities.endpoint.thinking_switch
    if said is None or switch == "none":
        return options
    if switch == "thinking":
        said.pop("reasoning_effort", None)  # it is in the object that is sent
        return replace(options, **{"keep_thinking": False, **said})
    extra = {name: value for name, value in options.extra.items() if name != "thinking"}
    return replace(options, **said, extra=extra)


def _check(
    history: Sequence[Mapping[str, Any]], options: Options, capabilities: Capabilities
) -> None:
    check_settings(
        stop=options.stop,
        provider=options.provider,
        max_tokens=options.max_tokens,
        capabilities=capabilities,
    )
    if capabilities.api == "completions":
        check_prompt(history, options.response_format, capabilities)
    else:
        check_form(options.response_format, capabilities)
    if ends_in_prefix(history):
        check_prefix(options, capabilities)


def _grammar(
    choice: ToolChoice, thinking: Thinking, options: Options, capabilities: Capabilities
) -> dict[str, Any]:
    """Return what makes the sampler enforce a choice that no field of the request can say.

    On the chat route that is so where the field has to keep the server's own parser out, and where
    a grammar says more than the field does.
    """
    endpoint = capabilities.endpoint
    parsed_here = capabilities.tool_call_parser == "client"
    unsaid = capabilities.api == "completions" or (
        parsed_here and bool(choice.tools) and "tool_choice" in endpoint.raw_chat_fields
    )
    if not choice.forced:
        return {}
    if not unsaid:
        return _grammar_of_choice(choice, options, capabilities)
    if endpoint.grammar is None:
        message = (
            f"tool_choice {choice.value!r} cannot be enforced: endpoint {endpoint.name!r} has no "
            "grammar. Leave tool_choice at 'auto', or use vllm, sglang or llama.cpp."
        )
        raise KimiConfigError(message)
    thinks = thinking.thinks and capabilities.info.opens_reasoning
    return _call_grammar(choice, options, capabilities, thinking=thinks)


def _grammar_of_choice(
    choice: ToolChoice, options: Options, capabilities: Capabilities
) -> dict[str, Any]:
    """Return the grammar that stands for ``tool_choice``; none where the field is sent.

    It begins with the call: a server with a reasoning parser holds it against what follows the
    thought, and one without against the first token, where a thought would have no end. Where the
    channels of K3 lie in between is the server's own affair.
    """
    by_grammar = capabilities.endpoint.forces_by_grammar and capabilities.info.dialect == "k2"
    if not by_grammar or _form_is_taken(options) or not choice.tools:
        return {}
    with suppress(KimiConfigError):  # a schema that no grammar can keep
        return _call_grammar(choice, options, capabilities, thinking=False)
    return {}


def _call_grammar(
    choice: ToolChoice, options: Options, capabilities: Capabilities, *, thinking: bool
) -> dict[str, Any]:
    from kimi_core.raw.grammar import tool_call_grammar  # 15 files, which few requests need

    assert capabilities.endpoint.grammar is not None  # noqa: S101 - asked before
    return tool_call_grammar(
        relax_tools(choice.tools),
        tool_choice=choice.value or "required",
        dialect=capabilities.info.dialect,
        engine=capabilities.endpoint.grammar,
        parallel=bool(options.parallel_tool_calls),
        thinking=thinking,
    )


def _text_policy(
    choice: ToolChoice,
    history: Sequence[Mapping[str, Any]],
    options: Options,
    capabilities: Capabilities,
) -> TextPolicy | None:
    """Decide which text of the answer may be a call: of a tool that is offered, and no other.

    Tools and tool choice count as they are sent, under the names that are sent; the caller's own
    fields of the payload win. Who asks for raw tokens on the chat route and declares no tool at all
    wants to see what is called; nothing is there that could run.
    """
    if not capabilities.parses_here():
        return None
    own = as_sequence(options.extra.get("tools")) or ()
    tools = [*choice.tools, *brought_tools(history), *filter(None, map(as_mapping, own))]
    chosen = options.extra.get("tool_choice", choice.value or options.tool_choice)
    offered = chosen != "none"
    asked = capabilities.api == "chat" and capabilities.tool_call_parser == "client"
    return TextPolicy(
        tools=tuple(tools) if offered else (),
        any_tool=asked and offered and not tools,
        server_first=not capabilities.gets_raw_text,
    )


def _sampling(options: Options, capabilities: Capabilities) -> dict[str, Any]:
    if options.n is not None and options.n != 1:
        message = f"n={options.n} is refused: one answer a request; call batch() for several."
        raise KimiConfigError(message)
    # By the caller's own thinking: a temperature that is right for a model that thinks stays right
    # where a forced tool_choice switches thinking off for one turn.
    return without_pinned(_named(options, _SAMPLING), capabilities, thinking=options.thinking)


def _encoder(tokenizer: TextEncoder | None, capabilities: Capabilities) -> TextEncoder | None:
    exact = getattr(tokenizer, "exact", False) and capabilities.endpoint.takes_token_ids
    return tokenizer if exact else None


def _asks_usage(wanted: bool | None, capabilities: Capabilities) -> bool:  # noqa: FBT001 - see Options
    return capabilities.endpoint.asks_usage if wanted is None else wanted


def _named(options: Options, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: value for name in names if (value := getattr(options, name)) is not None}


def _sending(options: Options) -> dict[str, Any]:
    sending = {
        "headers": options.extra_headers,
        "params": options.extra_query,
        "timeout": options.timeout,
    }
    return {name: value for name, value in sending.items() if value is not None}
