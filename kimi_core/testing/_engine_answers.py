"""What the model wrote -> the message that an engine makes of it.

Owns: the parsers of the profiles. May know: its own files. Simulated: K2's tokens alone, and the
rules of the profiles, not the engines' code.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kimi_core.testing._engines import EngineProfile

__all__ = ["EngineRequest", "message_of"]

_BEGIN = "<|tool_calls_section_begin|>"
_MARKED = (
    r"<\|tool_call_begin\|>\s*(?:functions\.)?(?P<name>{names})(?::\d+)?\s*"
    r"<\|tool_call_argument_begin\|>\s*(?P<arguments>\{{.*?\}})\s*<\|tool_call_end\|>"
)


@dataclass(frozen=True, slots=True)
class EngineRequest:
    """What of a request an engine looks at.

    Attributes:
        body: The JSON body.
    """

    body: Mapping[str, Any]

    @property
    def thinks(self) -> bool:
        """Whether the chat template opens a think block."""
        said: Mapping[str, Any] = self.body.get("chat_template_kwargs") or {}
        return said.get("thinking") is not False

    @property
    def tools(self) -> list[str]:
        """Names of the tools that it may call."""
        offered = self.body.get("tool_choice") != "none" and self.body.get("tools")
        return [tool["function"]["name"] for tool in offered or ()]

    @property
    def form(self) -> str:
        """The type of its response_format."""
        form: Mapping[str, Any] = self.body.get("response_format") or {}
        return str(form.get("type", "text"))

    @property
    def begun(self) -> str | None:
        """The beginning of the answer that it ends in."""
        messages: list[dict[str, Any]] = self.body.get("messages") or [{}]
        last = messages[-1]
        return last.get("content") or "" if last.get("role") == "assistant" else None

    @property
    def forced(self) -> bool:
        """Whether a call is forced, by a choice or by a structural tag."""
        chosen = self.body.get("tool_choice") not in (None, "auto", "none")
        return chosen or self.form == "structural_tag"


def message_of(text: str, asked: EngineRequest, profile: EngineProfile) -> dict[str, Any]:
    """Return the message of an answer: content, reasoning and calls as the engine sends them.

    Args:
        text: All that the model wrote.
        asked: The request.
        profile: The engine.
    """
    reasoning, content = _split(text, asked, profile)
    calls: list[dict[str, Any]] = []
    if profile.tool_parser and _BEGIN in content:
        if asked.tools:
            before, _, section = content.partition(_BEGIN)
            content, calls = before, _calls(section, asked, profile)
        elif profile.unoffered == "nothing":
            content = content.partition(_BEGIN)[0]
    if asked.begun and profile.continuation == "repeated":
        content = asked.begun + content
    message: dict[str, Any] = {"role": "assistant", "content": content}
    if reasoning:
        message[profile.reasoning_field] = reasoning
    return {**message, "tool_calls": calls} if calls else message


def _split(text: str, asked: EngineRequest, profile: EngineProfile) -> tuple[str, str]:
    if not profile.reasoning_parser or not asked.thinks or asked.begun is not None:
        return "", text
    if "</think>" in text:
        reasoning, _, content = text.partition("</think>")
        return reasoning.removeprefix("<think>"), content
    thought, begin, section = text.partition(_BEGIN)
    return thought, begin + section


def _calls(section: str, asked: EngineRequest, profile: EngineProfile) -> list[dict[str, Any]]:
    pattern = re.compile(_MARKED.format(names=profile.names), re.DOTALL if profile.lines else 0)
    made: list[dict[str, Any]] = []
    for found in pattern.finditer(section):
        name, arguments = found["name"], found["arguments"]
        known = profile.unknown_tools or name in asked.tools
        if not known or (profile.drops_damaged and not _is_json(arguments)):
            continue
        number = len(made) + _earlier(asked) if profile.own_ids else len(made)
        function = {"name": name, "arguments": arguments}
        identity = f"functions.{name}:{number}"
        made.append({"id": identity, "type": "function", "function": function})
    return made


def _earlier(asked: EngineRequest) -> int:
    messages = asked.body.get("messages") or ()
    return sum(len(message.get("tool_calls") or ()) for message in messages)


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True
