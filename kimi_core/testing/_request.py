"""A chat request as the rules look at it.

Owns: the view of a request body that the rules share, and the estimate of its tokens.
May know: `kimi_core.models`. Values of the wrong type are left out of the lists here, so that each
rule reads on; the rule `request_shape` refuses them.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeGuard, cast

from kimi_core.models import MODELS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kimi_core.models import ModelInfo

__all__ = ["SERVED_MODELS", "ChatRequest", "estimate_tokens", "is_object"]

SERVED_MODELS = (
    *("kimi-k3", "kimi-k3.1-pro", "kimi-k3.1-pro-highspeed"),
    *("kimi-k2.7-code", "kimi-k2.7-code-highspeed", "kimi-k2.6"),
)
"""What the first-party API serves, as of 2026-11; every other id is answered with a 404."""

_CHARACTERS_PER_TOKEN = 4


def is_object(value: object) -> TypeGuard[dict[str, Any]]:
    """Whether a value is a JSON object."""
    return isinstance(value, dict)


def _objects(value: object) -> list[dict[str, Any]]:
    items = cast("list[object]", value) if isinstance(value, list) else []
    return [item for item in items if is_object(item)]


def estimate_tokens(value: object) -> int:
    """Estimate tokens: four characters each, at least one. Simulated, no tokenizer runs."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return max(1, len(text) // _CHARACTERS_PER_TOKEN)


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """The body of a chat request and the options of the simulator.

    Attributes:
        body: The JSON body.
        unknown_fields: Whether fields that are not documented are refused or ignored.
    """

    body: Mapping[str, Any]
    unknown_fields: Literal["refuse", "ignore"] = "refuse"

    @property
    def info(self) -> ModelInfo:
        """Facts of the model; kimi-k2.6's for another name, which the rule `model` refuses."""
        return MODELS.get(str(self.body.get("model")), MODELS["kimi-k2.6"])

    @property
    def thinking(self) -> bool:
        """Whether the model thinks: always, or unless it is switched off."""
        mode = self.body.get("thinking")
        off = is_object(mode) and mode.get("type") == "disabled"
        return self.info.thinking == "always" or (self.info.thinking == "switchable" and not off)

    @property
    def messages(self) -> list[dict[str, Any]]:
        """The messages."""
        return _objects(self.body.get("messages"))

    @property
    def tools(self) -> list[dict[str, Any]]:
        """The tools of the request, and those that a kimi-k3 system message brings along."""
        return _objects(self.body.get("tools")) + [
            tool for message in self.messages for tool in _objects(message.get("tools"))
        ]

    @property
    def functions(self) -> list[dict[str, Any]]:
        """The `function` objects of the tools of type "function"."""
        tools = (tool for tool in self.tools if tool.get("type") == "function")
        return _objects([tool.get("function") for tool in tools])

    def tool_calls(self, message: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Return the calls of a message."""
        return _objects(message.get("tool_calls"))

    def parts(self, message: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Return the content parts of a message; none where its content is text."""
        return _objects(message.get("content"))

    @property
    def prompt_tokens(self) -> int:
        """Estimated tokens of messages and tools."""
        return estimate_tokens([self.messages, self.tools])
