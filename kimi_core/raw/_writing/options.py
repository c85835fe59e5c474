"""The settings of a prompt, as one value that the renderers pass on.

Owns: the settings' names and defaults.
May know: the standard library. Which model takes which setting stands in `kimi_core.raw.prompt`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["PromptOptions"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptOptions:
    """What a caller may set; the meaning stands at `kimi_core.raw.prompt.render_prompt`.

    Attributes:
        thinking: False switches it off; None and True leave it on where the model thinks.
        preserve_thinking: Whether the reasoning of old turns is kept (K2.6 and later K2 models).
        thinking_effort: K3 only.
        tool_choice: K3 only.
        response_format: K3 only.
        add_generation_prompt: Whether the assistant's turn is opened.
    """

    thinking: bool | None = None
    preserve_thinking: bool = False
    thinking_effort: str | None = None
    tool_choice: str | Mapping[str, Any] | None = None
    response_format: Mapping[str, Any] | None = None
    add_generation_prompt: bool = True

    @property
    def thinks(self) -> bool:
        """Whether think blocks may hold anything."""
        return self.thinking is not False
