"""From a conversation to the exact text, or token ids, that a Kimi model was trained on.

Owns: the public renderer and encoder, and how each prompt style is written. Which model has which
style, its efforts and whether it thinks stand in the model's row.
May know: its own files, _json, errors, models, schema. No I/O, no server, no framework; a tokenizer
only by its one method.

A flat text cannot tell a special token from a user who typed one. Where an endpoint takes token
ids, `encode_prompt` is the safe way; elsewhere `render_prompt` warns, or breaks such text up with a
zero-width space, which the model then sees.

Ids of tool calls are printed as they are: `kimi_core.raw.tool_ids.normalize_tool_call_ids` comes
first where they may be foreign.

What the settings write:

* ``thinking``: False closes every think block at once; True and None leave it to the model.
* ``preserve_thinking``: K2 templates keep only the reasoning behind the last answer without tool
  calls, so within the current agentic loop; K2.6 and K2.7 can be told to keep all. K3 always does.
* ``thinking_effort``: a line of a K3 prompt. None writes none; K3's own tokenizer on Hugging Face
  writes "max" then.
* ``tool_choice``: a line of a K3 prompt for "required" and "none". A named tool is written as
  "required", since the prompt has no word for one tool. K2 prompts have no place for it: a grammar
  (`kimi_core.raw.grammar`) enforces it there.
* ``response_format``: a line of a K3 prompt for the JSON modes. K2 prompts have no place for it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kimi_core._json import Message
from kimi_core.errors import KimiConfigError, PromptInjectionWarning, warn
from kimi_core.models import MODELS, ModelInfo, PromptStyle, get_model
from kimi_core.raw._writing.k2 import INSTRUCT, PRESERVING, THINKING, VISION, K2Style, render_k2
from kimi_core.raw._writing.k3 import render_k3
from kimi_core.raw._writing.messages import Tools
from kimi_core.raw._writing.options import PromptOptions
from kimi_core.raw._writing.segments import Segment, escape, find_marker, join, merge
from kimi_core.raw.encoder import Dialect, TextEncoder
from kimi_core.schema import plain_tool

__all__ = [
    "PromptInjectionWarning",
    "PromptOptions",
    "Segment",
    "TextEncoder",
    "encode_prompt",
    "prompt_can_stop_thinking",
    "prompt_dialect",
    "prompt_opens_reasoning",
    "prompt_segments",
    "render_prompt",
]


_STYLES: Mapping[PromptStyle, K2Style | None] = {
    "k2-instruct": INSTRUCT,
    "k2-thinking": THINKING,
    "k2.5": VISION,
    "k2.6": PRESERVING,
    "k3": None,
}
"""How the K2 shape is filled in; None for K3, whose shape is another."""


def _model(model: str) -> tuple[ModelInfo, K2Style | None]:
    # A style is called as the first model that had it, without the family's name.
    info = get_model(model) or get_model(f"kimi-{model}")
    if info is None or info.prompt_style is None:
        known = ", ".join((*(row.name for row in MODELS.values() if row.prompt_style), *_STYLES))
        raise KimiConfigError(
            f"model {model!r} has no known prompt; name the model whose prompt it takes, or a "
            f"prompt style: {known}."
        )
    return info, _STYLES[info.prompt_style]


def prompt_dialect(model: str) -> Dialect:
    """Tell which family's special tokens a prompt, and the answer to it, is made of.

    Args:
        model: Any spelling of a model's name, or a prompt style.

    Returns:
        "k2" or "k3".

    Raises:
        KimiConfigError: For an unknown model.
    """
    return _model(model)[0].dialect


def prompt_opens_reasoning(model: str, thinking: bool | None = None) -> bool:  # noqa: FBT001 -- fixed with the parser, which takes the answer as its `thinking`
    """Tell whether the generation prompt ends inside an opened think block.

    The model's text then begins with reasoning and holds only the closing tag, so that a parser
    must be told. K2-Thinking writes its opening tag itself.

    Args:
        model: Any spelling of a model's name, or a prompt style.
        thinking: As given to `render_prompt`.

    Returns:
        True for K2.5, K2.6, K2.7 and K3 unless thinking is off; False for all others.

    Raises:
        KimiConfigError: For an unknown model.
    """
    return thinking is not False and _model(model)[0].opens_reasoning


def prompt_can_stop_thinking(model: str) -> bool:
    """Tell whether the model's chat template has a switch that closes every think block at once.

    Args:
        model: Any spelling of a model's name, or a prompt style.

    Raises:
        KimiConfigError: For an unknown model.
    """
    style = _model(model)[1]
    return style is None or style.can_stop_thinking


def prompt_segments(
    messages: Sequence[Message], tools: Tools | None, model: str, options: PromptOptions
) -> list[Segment]:
    """Render a conversation in pieces, for `kimi_core.tokenizer` and the functions below.

    Args:
        messages: OpenAI-style messages.
        tools: OpenAI-style tools.
        model: Any spelling of a model's name, or a prompt style.
        options: All other settings.

    Returns:
        The pieces, each to be encoded by itself.

    Raises:
        KimiConfigError: As `render_prompt`.
    """
    info, style = _model(model)
    _check_effort(info, model, options)
    declared = [plain_tool(tool) for tool in tools or ()]
    if style is None:
        return render_k3(messages, declared, options)
    _check_thinking(info, style, model, options)
    return render_k2(style, messages, declared, options)


def _check_thinking(info: ModelInfo, style: K2Style, model: str, options: PromptOptions) -> None:
    if options.thinking and info.thinking == "none":
        raise KimiConfigError(
            f"thinking=True cannot be rendered for {model}, which does not think; leave it out or "
            "use a thinking model such as kimi-k2.6."
        )
    if options.thinking is False and not style.can_stop_thinking:
        raise KimiConfigError(
            f"thinking=False cannot be rendered for {model}, which always thinks; leave it out or "
            "use kimi-k2.6."
        )
    if options.preserve_thinking and not style.can_preserve_thinking:
        raise KimiConfigError(
            f"preserve_thinking=True cannot be rendered for {model}, whose template drops old "
            "reasoning; leave it out or use kimi-k2.6."
        )


def _check_effort(info: ModelInfo, model: str, options: PromptOptions) -> None:
    effort, known = options.thinking_effort, info.reasoning_efforts
    if effort is None:
        return
    if not known:
        raise KimiConfigError(
            f"thinking_effort={effort!r} cannot be rendered for {model}; only the K3 series has it."
        )
    if not options.thinks:
        raise KimiConfigError(
            f"thinking_effort={effort!r} has no meaning with thinking=False; leave out one of them."
        )
    if effort not in known:
        raise KimiConfigError(
            f"thinking_effort={effort!r} is unknown to {model}; use one of {', '.join(known)}."
        )


def render_prompt(  # noqa: PLR0913 -- one keyword for each thing that a template can be told
    messages: Sequence[Message],
    tools: Tools | None = None,
    *,
    model: str = "kimi-k2.6",
    thinking: bool | None = None,
    preserve_thinking: bool = False,
    thinking_effort: str | None = None,
    tool_choice: str | Mapping[str, Any] | None = None,
    response_format: Mapping[str, Any] | None = None,
    add_generation_prompt: bool = True,
    escape_markers: bool = False,
) -> str:
    """Return a conversation as the flat text that the model's own chat template gives.

    Args:
        messages: OpenAI-style: role, content, tool_calls, tool_call_id, name, reasoning_content.
        tools: OpenAI-style tools.
        model: Any spelling of a model's name, e.g. ``moonshotai/Kimi-K2.6``, or a prompt style,
            e.g. ``k2.6``.
        thinking: Whether the model may think; see the module for this and what follows.
        preserve_thinking: Whether old reasoning is kept (K2.6 and K2.7).
        thinking_effort: "low", "high" or "max" (K3).
        tool_choice: As OpenAI has it (K3).
        response_format: As OpenAI has it (K3).
        add_generation_prompt: Whether the assistant's turn is opened.
        escape_markers: Whether text that spells a special token is broken up; False warns.

    Raises:
        KimiConfigError: For an unknown model, a setting that its template does not know, or
            messages that cannot be rendered.
    """
    options = PromptOptions(
        thinking=thinking,
        preserve_thinking=preserve_thinking,
        thinking_effort=thinking_effort,
        tool_choice=tool_choice,
        response_format=response_format,
        add_generation_prompt=add_generation_prompt,
    )
    segments = merge(prompt_segments(messages, tools, model, options))
    if escape_markers:
        return join(escape(segments))
    _warn_of_marker(find_marker(segments))
    return join(segments)


def _warn_of_marker(marker: str | None) -> None:
    if marker is not None:
        message = (
            f"The text of a message spells the special token {marker!r}; in a flat prompt a server "
            "takes it for the real one. Send the ids of encode_prompt, or set escape_markers=True."
        )
        warn(message, PromptInjectionWarning)


def encode_prompt(  # noqa: PLR0913 -- as `render_prompt`
    messages: Sequence[Message],
    tools: Tools | None = None,
    *,
    tokenizer: TextEncoder,
    model: str = "kimi-k2.6",
    thinking: bool | None = None,
    preserve_thinking: bool = False,
    thinking_effort: str | None = None,
    tool_choice: str | Mapping[str, Any] | None = None,
    response_format: Mapping[str, Any] | None = None,
    add_generation_prompt: bool = True,
) -> list[int]:
    """Render a conversation as token ids, in which no text can ever be a special token.

    Args:
        messages: As for `render_prompt`, as are all settings not explained here.
        tools: OpenAI-style tools.
        tokenizer: An exact `kimi_core.tokenizer.Tokenizer`.
        model: Any spelling of a model's name, or a prompt style.
        thinking: Whether the model may think.
        preserve_thinking: Whether old reasoning is kept.
        thinking_effort: "low", "high" or "max".
        tool_choice: As OpenAI has it.
        response_format: As OpenAI has it.
        add_generation_prompt: Whether the assistant's turn is opened.

    Returns:
        The ids, without a leading BOS: Kimi's prompts have none.

    Raises:
        KimiConfigError: As `render_prompt`, and for a tokenizer that only estimates.
    """
    options = PromptOptions(
        thinking=thinking,
        preserve_thinking=preserve_thinking,
        thinking_effort=thinking_effort,
        tool_choice=tool_choice,
        response_format=response_format,
        add_generation_prompt=add_generation_prompt,
    )
    dialect = prompt_dialect(model)
    ids: list[int] = []
    for text, allow_special in prompt_segments(messages, tools, model, options):
        ids += tokenizer.encode(text, allow_special, dialect=dialect)
    return ids
