"""How thinking is switched, and how strong it is, in each server's own words.

Owns: `Thinking`, the one decision about it, and the fields of a chat request that say so.
May know: capabilities, errors.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kimi_core.errors import IgnoredSettingWarning, KimiConfigError, warn

if TYPE_CHECKING:
    from kimi_core.capabilities import Capabilities

__all__ = ["Thinking", "check_effort", "decide_thinking"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Thinking:
    """How the model will think.

    Attributes:
        thinks: Whether it does.
        may_think: Whether it may do so although the caller does not want it: no field is known that
            would say so to the server.
        keeps: Whether the caller wants the reasoning of earlier turns to count.
        effort: How strong, or None for the model's default.
        fields: The fields of a chat request that say so; none where nothing was set.
    """

    thinks: bool
    may_think: bool
    keeps: bool
    effort: str | None
    fields: dict[str, Any]


def decide_thinking(
    thinking: bool | None,  # noqa: FBT001 - see kimi_core.request.Options
    keep: bool | None,  # noqa: FBT001 - likewise
    effort: str | None,
    capabilities: Capabilities,
) -> Thinking:
    """Decide whether and how the model thinks.

    Args:
        thinking: Whether to think; None for the model's default.
        keep: Whether the reasoning of earlier turns counts too.
        effort: Strength of thinking.
        capabilities: What the model at this endpoint can do.

    Raises:
        KimiConfigError: For an effort that the model does not have, and for thinking that it
            cannot do.
    """
    thinks = capabilities.thinks(thinking)
    if effort is not None:
        check_effort(effort, capabilities)
    if thinks and thinking is False:
        effort = _least(effort, capabilities)
    fields = {} if capabilities.api == "completions" else _fields(thinking, keep, capabilities)
    if effort is not None:
        reasoning = {**fields.pop("reasoning", {}), "effort": effort}
        by_router = capabilities.endpoint.thinking_switch == "reasoning"
        fields.update({"reasoning": reasoning} if by_router else {"reasoning_effort": effort})
    unheard = thinking is False and _has_no_switch(capabilities)
    return Thinking(
        thinks=thinks, may_think=unheard, keeps=bool(keep), effort=effort, fields=fields
    )


def _has_no_switch(capabilities: Capabilities) -> bool:
    return capabilities.api == "chat" and capabilities.endpoint.thinking_switch == "none"


def _fields(
    thinking: bool | None,  # noqa: FBT001 - see kimi_core.request.Options
    keep: bool | None,  # noqa: FBT001 - likewise
    capabilities: Capabilities,
) -> dict[str, Any]:
    """Return the fields that switch thinking, in the server's own words."""
    switch = capabilities.endpoint.thinking_switch
    if not capabilities.can_stop_thinking or (thinking is None and not keep):
        return {}
    if capabilities.info.thinking == "always" and thinking is not False:
        return {}  # a template's switch only takes away
    if switch == "thinking":
        mode: dict[str, Any] = {"type": "disabled" if thinking is False else "enabled"}
        return {"thinking": {**mode, "keep": "all"} if keep else mode}
    if switch == "chat_template_kwargs":
        kwargs = {"thinking": thinking, "preserve_thinking": keep}
        return {switch: {name: value for name, value in kwargs.items() if value is not None}}
    if switch == "reasoning" and thinking is not None:
        return {"reasoning": {"enabled": thinking}}
    if switch == "none" and thinking is False:
        _warn_of_no_switch(capabilities)
    return {}


def _least(effort: str | None, capabilities: Capabilities) -> str | None:
    """Return the least that a model thinks which cannot be kept from it, and say so."""
    least = effort or next(iter(capabilities.info.reasoning_efforts), None)
    message = (
        f"thinking=False cannot be had from model {capabilities.model!r} at "
        f"{capabilities.endpoint.name!r}, which always thinks; "
        f"{f'reasoning_effort={least!r} is sent' if least else 'it thinks all the same'}. Leave it "
        "out, or use a server of your own, whose chat template has the switch."
    )
    warn(message, IgnoredSettingWarning)
    return least


def _warn_of_no_switch(capabilities: Capabilities) -> None:
    message = (
        f"thinking=False does nothing at endpoint {capabilities.endpoint.name!r}: no field is "
        "known that switches thinking off there. Leave it out, or say it in the host's own words "
        "with extra_body."
    )
    warn(message, IgnoredSettingWarning)


def check_effort(effort: str, capabilities: Capabilities) -> None:
    """Refuse an effort that the model does not have; a router takes any and translates it."""
    endpoint, own = capabilities.endpoint, capabilities.info.reasoning_efforts
    allowed = (*own, *endpoint.more_efforts) if own else ()
    if endpoint.thinking_switch == "reasoning" or effort in allowed:
        return
    rule = f"takes one of {', '.join(allowed)}" if allowed else "has no reasoning_effort"
    message = (
        f"reasoning_effort {effort!r} does not go with model {capabilities.model!r}, which "
        f"{rule}; leave it out{'' if allowed else ', or use kimi-k3'}."
    )
    raise KimiConfigError(message)
