"""The fields of a request on the completions route, whose prompt is rendered here.

Owns: the prompt, what it has no place for, and the grammar that forces a call.
May know: capabilities, errors, the raw room.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kimi_core.errors import KimiConfigError
from kimi_core.raw.grammar import tool_call_grammar
from kimi_core.raw.prompt import render_prompt
from kimi_core.request._history import ends_in_prefix
from kimi_core.request._thinking import effort_field
from kimi_core.request.media import has_media

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from kimi_core.capabilities import Capabilities
    from kimi_core.request._options import Options
    from kimi_core.request._tool_choice import ToolChoice

__all__ = ["completion_fields", "grammar_fields"]

_END_OF_TURN = {"k2": "<|im_end|>", "k3": "<|end_of_msg|>"}


def completion_fields(
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
        fields.update(grammar_fields(choice, options, capabilities))
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


def grammar_fields(
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
