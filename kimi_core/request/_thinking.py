"""How thinking is switched, and how strong it is, in each server's own words.

Owns: the fields of a chat request that say so. May know: capabilities, errors.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kimi_core._json import as_mapping
from kimi_core.errors import IgnoredSettingWarning, KimiConfigError, warn

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kimi_core.capabilities import Capabilities

__all__ = ["effort_field", "thinking_fields", "thinking_of"]


def thinking_fields(
    thinking: bool | None,  # noqa: FBT001 - see kimi_core.request.Options
    *,
    keep: bool | None,
    effort: str | None,
    capabilities: Capabilities,
) -> dict[str, Any]:
    """Return the fields of a chat request that switch thinking; none where nothing was set.

    Args:
        thinking: Whether to think; None for the model's default.
        keep: Whether the reasoning of earlier turns counts too.
        effort: Strength of thinking.
        capabilities: What the model at this endpoint can do.

    Raises:
        KimiConfigError: For an effort that the model does not have.
    """
    fields = {} if effort is None else effort_field(effort, capabilities)
    switch = capabilities.endpoint.thinking_switch
    if capabilities.info.thinking != "switchable":
        return fields
    if switch == "thinking" and (thinking is not None or keep):
        mode: dict[str, Any] = {"type": "disabled" if thinking is False else "enabled"}
        fields["thinking"] = {**mode, "keep": "all"} if keep else mode
    elif switch == "chat_template_kwargs":
        kwargs = {"thinking": thinking, "preserve_thinking": keep}
        fields["chat_template_kwargs"] = {k: v for k, v in kwargs.items() if v is not None}
    elif switch == "reasoning" and thinking is not None:
        fields["reasoning"] = {**fields.get("reasoning", {}), "enabled": thinking}
    elif switch == "none" and thinking is False:
        _warn_of_no_switch(capabilities)
    return {key: value for key, value in fields.items() if value != {}}


def _warn_of_no_switch(capabilities: Capabilities) -> None:
    message = (
        f"thinking=False does nothing at endpoint {capabilities.endpoint.name!r}: no field is "
        "known that switches thinking off there. Leave it out, or say it in the host's own words "
        "with extra_body."
    )
    warn(message, IgnoredSettingWarning)


def thinking_of(extra: Mapping[str, Any]) -> tuple[bool, bool] | None:
    """Return what Moonshot's own ``thinking`` object says: whether to think, and to keep it.

    Users of the openai SDK put it into extra_body, as Moonshot's guides do.

    Args:
        extra: Fields of the payload.

    Returns:
        Both settings, or None where there is no such object.
    """
    mode = as_mapping(extra.get("thinking"))
    return None if mode is None else (mode.get("type") != "disabled", mode.get("keep") == "all")


def effort_field(effort: str, capabilities: Capabilities) -> dict[str, Any]:
    """Return the field that says how strong thinking is to be.

    Raises:
        KimiConfigError: For an effort that the model does not have; OpenRouter, which translates
            efforts for its hosts, takes any.
    """
    if capabilities.endpoint.thinking_switch == "reasoning":
        return {"reasoning": {"effort": effort}}
    allowed = capabilities.info.reasoning_efforts
    if effort not in allowed:
        rule = f"takes one of {', '.join(allowed)}" if allowed else "has no reasoning_effort"
        message = (
            f"reasoning_effort {effort!r} does not go with model {capabilities.model!r}, which "
            f"{rule}; leave it out{'' if allowed else ', or use kimi-k3'}."
        )
        raise KimiConfigError(message)
    return {"reasoning_effort": effort}
