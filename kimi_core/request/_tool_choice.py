"""What becomes of a tool_choice: kept, turned into a legal one, or given up with a warning.

Owns: the normal form of tool_choice and the rules of forcing it against thinking.
May know: capabilities, errors.

Forcing never fails at the server: a forced choice while thinking is answered with a 400 by
kimi-k2.6 and kimi-k2.7-code, and a named one by kimi-k3 too (seen live in July 2026), and agents
of LangChain and LlamaIndex force one whenever they want structured output.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from kimi_core.errors import KimiConfigError, ToolChoiceWarning, warn

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from kimi_core.capabilities import Capabilities

__all__ = ["ToolChoice", "decide_tool_choice"]


@dataclass(frozen=True, slots=True)
class ToolChoice:
    """What is sent.

    Attributes:
        value: "auto", "none", "required", OpenAI's dict for a named tool, or None: not sent.
        tools: The tools that are sent.
        thinking: The caller's thinking setting, switched off where forcing needs it.
        given_up: Whether the caller forced a call that this model refuses.
        wanted: The tool that must be called, where it can be no other: JSON in the answer is its
            arguments, which are asked for as the form of the answer where the choice was given up.
            Empty otherwise.
    """

    value: str | dict[str, Any] | None
    tools: list[dict[str, Any]]
    thinking: bool | None
    given_up: bool = False
    wanted: str = ""

    @property
    def forced(self) -> bool:
        """Whether the model must call a tool."""
        return self.value not in (None, "auto", "none")  # a tuple: a named choice is a dict


_WORDS = {"any": "required", "required": "required", "auto": "auto", "none": "none"}


def _named(name: str) -> dict[str, Any]:
    return {"type": "function", "function": {"name": name}}


def _tool_name(tool: Mapping[str, Any]) -> str:
    return str(tool.get("function", {}).get("name", ""))


def _normal(
    choice: str | bool | Mapping[str, Any] | None,  # noqa: FBT001 - bind_tools' own form
    names: list[str],
) -> str | dict[str, Any] | None:
    if choice is None or choice is False:
        return None
    if choice is True:
        return "required"
    if isinstance(choice, str) and choice in _WORDS and choice not in names:
        return _WORDS[choice]
    name = choice if isinstance(choice, str) else _tool_name(choice)
    if name not in names:
        message = (
            f"tool_choice {choice!r} names no tool of this request; "
            f"choose 'auto', 'none', 'required' or one of {names}."
        )
        raise KimiConfigError(message)
    return _named(name)


def decide_tool_choice(
    choice: str | bool | Mapping[str, Any] | None,  # noqa: FBT001 - bind_tools' own form
    *,
    tools: Sequence[Mapping[str, Any]],
    thinking: bool | None,
    capabilities: Capabilities,
    brought: Sequence[str] = (),
    form_taken: bool = False,
) -> ToolChoice:
    """Turn the caller's tool_choice into one that this model accepts.

    Args:
        choice: As in `kimi_core.request.Options`.
        tools: The tools of the request.
        thinking: The caller's setting; None allows it to be switched off for this turn.
        capabilities: What the model at this endpoint can do.
        brought: Names of tools that messages of the conversation bring.
        form_taken: Whether the answer has a form already, or must be free to have none.

    Returns:
        The choice, the tools and the thinking setting to send.

    Raises:
        KimiConfigError: For a name that none of the tools has, or a forced choice with no tools.
    """
    sent = [dict(tool) for tool in tools]
    names = [_tool_name(tool) for tool in sent]
    _refuse_duplicates(names, brought)
    if not sent and not brought and choice not in (None, False, "auto", "none"):
        message = f"tool_choice {choice!r} needs at least one tool; pass tools, or leave it out."
        raise KimiConfigError(message)
    # Without tools "auto" and "none" mean nothing, and servers refuse them.
    normal = _normal(choice, [*names, *brought]) if sent or brought else None
    decided = ToolChoice(normal, sent, thinking)
    if capabilities.api == "chat" and not capabilities.endpoint.takes_named_tool_choice:
        decided = _required(decided)
    if not decided.forced:
        return decided
    if capabilities.endpoint.limits_forced_tool_choice:
        decided = _against_thinking(decided, capabilities)
    if decided.given_up:
        return _given_up(decided, capabilities, form_taken=form_taken)
    # A server that does not keep to the choice has its model write the object as text, at times.
    free = capabilities.api == "chat" and not form_taken
    return replace(decided, wanted=_sole(decided) if free else "")


def _refuse_duplicates(names: Sequence[str], brought: Sequence[str]) -> None:
    # Moonshot answers a name that stands twice with a 400, once a message brings tools.
    twice = {name for name in brought if [*names, *brought].count(name) > 1}
    if twice:
        message = (
            f"tool {min(twice)!r} is brought by a message and declared a second time; declare it "
            "once, in the request or in one system message."
        )
        raise KimiConfigError(message)


def _against_thinking(choice: ToolChoice, capabilities: Capabilities) -> ToolChoice:
    if not capabilities.thinks(choice.thinking):
        return _without_thinking(choice)
    allowed = capabilities.info.forced_tool_choice
    if (choice.value == "required" and "required" in allowed) or "named" in allowed:
        return choice
    if "required" in allowed:
        return _required(choice)  # a named choice on kimi-k3
    can_switch = capabilities.info.thinking == "switchable" and choice.thinking is None
    if can_switch and (choice.value != "required" or len(choice.tools) == 1):
        return _without_thinking(ToolChoice(choice.value, choice.tools, thinking=False))
    return replace(choice, given_up=True)


def _only(choice: ToolChoice) -> list[dict[str, Any]]:
    """Return the tool that a choice names; none of one that names none."""
    return [tool for tool in choice.tools if _named(_tool_name(tool)) == choice.value]


def _sole(choice: ToolChoice) -> str:
    """Return the name of the one tool that a forced choice can mean, or an empty string."""
    wanted = [_tool_name(tool) for tool in _only(choice) or choice.tools]
    return wanted[0] if len(wanted) == 1 else ""


def _required(choice: ToolChoice) -> ToolChoice:
    """Say a named choice in other words: the one tool alone, and "required"."""
    only = _only(choice)
    return ToolChoice("required", only, choice.thinking) if only else choice


def _without_thinking(choice: ToolChoice) -> ToolChoice:
    # Moonshot's documents call "required" unsupported on K2.x even without thinking; a named
    # choice is accepted, and means the same where there is one tool.
    if choice.value == "required" and len(choice.tools) == 1:
        return ToolChoice(_named(_tool_name(choice.tools[0])), choice.tools, choice.thinking)
    return choice


def _given_up(choice: ToolChoice, capabilities: Capabilities, *, form_taken: bool) -> ToolChoice:
    free = capabilities.endpoint.keeps_response_format and not form_taken
    sole = _sole(choice) if free else ""
    sent = (
        "'auto' is sent, with the tool's schema as response_format: JSON in the answer is its call."
        if sole
        else "'auto' is sent, so the model may answer without a call."
    )
    message = (
        f"tool_choice {choice.value!r} is incompatible with thinking on model "
        f"{capabilities.model!r}; {sent} "
        "Set thinking=False where the model can, or use kimi-k3 with 'required'."
    )
    warn(message, ToolChoiceWarning)
    return replace(choice, value="auto", wanted=sole)
