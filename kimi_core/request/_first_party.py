"""What only Moonshot's own API refuses, found before the request.

Owns: its rules about settings: pinned sampling, stop strings, fields that it does not have. Rules
about messages stand in `_history`, about tool_choice in `_tool_choice`.
May know: its own files, _json, capabilities, endpoints, errors, models.

Source: Moonshot's OpenAPI document of 2026-08-17 and its model overview of 2026-09-23.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kimi_core._json import as_mapping
from kimi_core.errors import IgnoredSettingWarning, KimiConfigError, warn

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from kimi_core.capabilities import Capabilities
    from kimi_core.endpoints import Endpoint
    from kimi_core.models import Sampling
    from kimi_core.request._tool_choice import ToolChoice

__all__ = [
    "ELSE",
    "check_form",
    "check_settings",
    "decide_parallel_calls",
    "thinking_beside_builtins",
    "without_pinned",
]


# What an error of a setting says besides, whose way out is taken with `Options.unsupported`.
ELSE = ", or pass unsupported='warn' where other code sets it"


def without_pinned(
    sampling: Mapping[str, Any],
    capabilities: Capabilities,
    *,
    thinking: bool | None,
) -> dict[str, Any]:
    """Drop sampling settings that equal the only value that the model accepts.

    Args:
        sampling: The settings as they would be sent.
        capabilities: What the model at this endpoint can do.
        thinking: The caller's own setting: a temperature that is right for a model that thinks
            stays right where a forced tool_choice switches thinking off for one turn.

    Raises:
        KimiConfigError: For any other value.
    """
    info = capabilities.info
    pinned = info.pinned if capabilities.thinks(thinking) else info.pinned_without_thinking
    if pinned is None or not capabilities.endpoint.pins_sampling:
        return dict(sampling)
    for name, value in sampling.items():
        only = _pinned_value(pinned, name)
        if value != only:
            message = (
                f"{name}={value} is refused by model {capabilities.model!r} on "
                f"{capabilities.endpoint.name}: only {only:g} is accepted. Leave {name} out{ELSE}."
            )
            raise KimiConfigError(message)
    return {}


def _pinned_value(pinned: Sampling, name: str) -> float:
    value: float = pinned.penalty if name.endswith("_penalty") else getattr(pinned, name)
    return value


def check_settings(
    *,
    stop: str | Sequence[str] | None,
    provider: Mapping[str, Any] | None,
    max_tokens: int | None,
    capabilities: Capabilities,
) -> None:
    """Refuse settings that the API answers with a 400.

    Raises:
        KimiConfigError: For stop strings that are too many or too long, a token limit that no
            answer can have, and for OpenRouter's routing.
    """
    endpoint = capabilities.endpoint
    _check_stops(stop, endpoint)
    _check_limit(max_tokens, capabilities)
    if provider is not None and not endpoint.takes_provider:
        message = (
            f"provider is OpenRouter's routing, which {endpoint.name} does not have; leave it out, "
            "or use endpoint='openrouter'."
        )
        raise KimiConfigError(message)


def _check_limit(max_tokens: int | None, capabilities: Capabilities) -> None:
    window = capabilities.info.context_window
    if max_tokens is None or not capabilities.endpoint.limits_max_tokens:
        return
    if not 0 < max_tokens <= window:
        message = (
            f"max_tokens={max_tokens} is refused by {capabilities.endpoint.name}: model "
            f"{capabilities.model!r} has {window} tokens for prompt and answer together. Choose "
            "fewer, or leave it out."
        )
        raise KimiConfigError(message)


def _check_stops(stop: str | Sequence[str] | None, endpoint: Endpoint) -> None:
    stops = [stop] if isinstance(stop, str) else list(stop or ())
    name, most, longest = endpoint.name, endpoint.max_stops, endpoint.max_stop_bytes
    if most is not None and len(stops) > most:
        message = f"stop has {len(stops)} strings; {name} accepts {most}. Leave some out."
        raise KimiConfigError(message)
    for text in stops:
        length = len(text.encode())
        if longest is not None and length > longest:
            message = (
                f"stop {text!r} has {length} bytes; {name} accepts {longest}. Stop at its "
                "beginning instead."
            )
            raise KimiConfigError(message)


def check_form(response_format: Mapping[str, Any] | None, capabilities: Capabilities) -> None:
    """Warn of a form of the answer that the server reads and does not keep to."""
    endpoint = capabilities.endpoint
    if (response_format or {}).get("type", "text") != "text" and not endpoint.keeps_response_format:
        message = (
            f"response_format does nothing at endpoint {endpoint.name!r} with Kimi's template: the "
            "model may answer anything. Force a tool instead (structured output by "
            "'function_calling'), or use api='completions'."
        )
        warn(message, IgnoredSettingWarning)


def thinking_beside_builtins(
    tools: Sequence[Mapping[str, Any]],
    thinking: bool | None,  # noqa: FBT001 - see kimi_core.request.Options
    capabilities: Capabilities,
) -> bool | None:
    """Refuse Moonshot's own functions where nobody runs them, and decide whether it thinks.

    Args:
        tools: All tools of the request, those that messages bring too.
        thinking: The caller's own setting.
        capabilities: What the model at this endpoint can do.

    Returns:
        The setting, switched off where it was left open and these functions do not go with it.

    Raises:
        KimiConfigError: For a tool of type "builtin_function" at another server, and beside
            thinking that the caller wants, or that the model cannot leave.
    """
    endpoint, info = capabilities.endpoint, capabilities.info
    own = [tool for tool in tools if tool.get("type") == "builtin_function"]
    if not own:
        return thinking
    name = (as_mapping(own[0].get("function")) or {}).get("name")
    if not endpoint.takes_builtin_tools:
        message = (
            f"tool {name!r} is a function of Moonshot's own, which endpoint {endpoint.name!r} does "
            "not run; pass a tool of yours, use endpoint='moonshot', or set "
            "takes_builtin_tools=True in the Endpoint of a relay that passes it on."
        )
        raise KimiConfigError(message)
    here = endpoint.thinking_switch != "none"  # a relay's own affair where no switch is known
    if info.searches_while_thinking or not (here and capabilities.thinks(thinking)):
        return thinking
    if info.thinking == "switchable" and thinking is None:
        return False
    way = "Set thinking=False" if info.thinking == "switchable" else "Use kimi-k3"
    raise KimiConfigError(
        f"tool {name!r} does not go with thinking on model {capabilities.model!r}. {way}, or take "
        'the tool "web-search" of official_tools(), which any model can call.'
    )


def decide_parallel_calls(
    wanted: bool | None,  # noqa: FBT001 - see kimi_core.request.Options
    choice: ToolChoice,
    capabilities: Capabilities,
) -> bool | None:
    """Return what is sent of parallel_tool_calls; None: nothing.

    Where the server has no such field, several calls cannot be forbidden, which is said unless the
    choice leaves one call to make.
    """
    if wanted is None or not choice.tools or capabilities.api == "completions":
        return None
    if capabilities.endpoint.takes_parallel_tool_calls:
        return wanted
    single = choice.forced and (choice.value != "required" or len(choice.tools) == 1)
    if not wanted and not single:
        message = (
            "parallel_tool_calls=False does nothing here: Moonshot's own API has no field for it, "
            "so one answer may hold several calls. Leave it out, or force one tool by its name."
        )
        warn(message, IgnoredSettingWarning)
    return None
