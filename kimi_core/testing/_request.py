"""A chat request as the rules look at it.

Owns: the view of a request body that the rules share, and what the simulator was told about itself.
May know: models, raw. Values of the wrong type are left out of the lists here, so that each rule
reads on; the rule `request_shape` refuses them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeGuard, cast

from kimi_core.models import MODELS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from kimi_core.models import ModelInfo
    from kimi_core.raw.prompt import TextEncoder

__all__ = [
    "SERVED_MODELS",
    "ChatRequest",
    "Rules",
    "ServerOptions",
    "UnknownFields",
    "is_list_of_objects",
    "is_object",
]

Rules = Literal["moonshot", "verifier", "none"]
UnknownFields = Literal["refuse", "ignore"]

SERVED_MODELS = tuple(
    name for name, row in MODELS.items() if row.prompt_style is not None and row.retired is None
)
"""What the first-party API serves: every model with a chat that is not retired there; every other
id is answered with a 404."""


def is_object(value: object) -> TypeGuard[dict[str, Any]]:
    """Whether a value is a JSON object."""
    return isinstance(value, dict)


def is_list_of_objects(value: object) -> bool:
    """Whether a value is a JSON array of objects."""
    return isinstance(value, list) and all(is_object(item) for item in cast("list[object]", value))


def _objects(value: object) -> list[dict[str, Any]]:
    items = cast("list[object]", value) if isinstance(value, list) else []
    return [item for item in items if is_object(item)]


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerOptions:
    """What a simulator was told about itself; the meaning stands at `MoonshotSimulator`.

    Attributes:
        rules: Which rules count.
        unknown_fields: Whether fields that are not documented are refused or ignored.
        k2_series: Whether the K2 series is still served.
        tokenizer: Counts tokens; None to estimate.
    """

    rules: Rules = "moonshot"
    unknown_fields: UnknownFields = "refuse"
    k2_series: bool = True
    tokenizer: TextEncoder | None = None

    @property
    def served(self) -> tuple[str, ...]:
        """The ids that are answered."""
        return tuple(n for n in SERVED_MODELS if self.k2_series or MODELS[n].dialect != "k2")


_AS_MOONSHOT = ServerOptions()


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """The body of a chat request and the options of the simulator.

    Attributes:
        body: The JSON body.
        options: What the simulator was told about itself.
    """

    body: Mapping[str, Any]
    options: ServerOptions = _AS_MOONSHOT

    @property
    def info(self) -> ModelInfo:
        """Facts of the model; kimi-k2.6's for another name, which the rule `model` refuses."""
        return MODELS.get(str(self.body.get("model")), MODELS["kimi-k2.6"])

    @property
    def is_k3(self) -> bool:
        """Whether the rules of kimi-k3 and its successors count."""
        return self.info.dialect == "k3"

    @property
    def _mode(self) -> Mapping[str, Any]:
        mode = self.body.get("thinking")
        return mode if is_object(mode) else {}

    @property
    def thinking(self) -> bool:
        """Whether the model thinks. The rule `thinking_disabled` says who can be told not to."""
        can_stop = self.is_k3 or self.info.thinking == "switchable"
        off = can_stop and self._mode.get("type") == "disabled"
        return self.info.thinking != "none" and not off

    @property
    def effort(self) -> str | None:
        """The effort that counts, None for a model without or one that does not think.

        `thinking.effort` outranks `reasoning_effort`: Kimi-Vendor-Verifier, thinking-effort tests,
        2026-08-13.
        """
        if not self.thinking or not self.info.reasoning_efforts:
            return None
        asked = self._mode.get("effort") or self.body.get("reasoning_effort")
        return asked or self.info.default_effort

    @property
    def keeps_all_reasoning(self) -> bool:
        """Whether the reasoning of all turns is part of the prompt."""
        return self.info.keeps_reasoning or self._mode.get("keep") == "all"

    @property
    def messages(self) -> list[dict[str, Any]]:
        """The messages."""
        return _objects(self.body.get("messages"))

    @property
    def own_tools(self) -> list[dict[str, Any]]:
        """The tools of the request itself."""
        return _objects(self.body.get("tools"))

    @property
    def tools(self) -> list[dict[str, Any]]:
        """The tools of the request, and those that a kimi-k3 system message brings along."""
        return self.own_tools + [
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
