"""What a prompt that is rendered here cannot say, found before it is written.

Owns: the rules of the completions route about messages and forms of answers. May know: its own
files, capabilities, errors.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kimi_core.errors import KimiConfigError
from kimi_core.request.media import has_media

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from kimi_core.capabilities import Capabilities

__all__ = ["check_prompt"]


def check_prompt(
    messages: Sequence[Mapping[str, Any]],
    response_format: Mapping[str, Any] | None,
    capabilities: Capabilities,
) -> None:
    """Refuse what a prompt has no place for, under the name that the caller gave it.

    Raises:
        KimiConfigError: For pictures and videos; for a form of the answer with a K2 model.
    """
    model, dialect = capabilities.model, capabilities.info.dialect
    if has_media(messages):
        message = (
            f"a picture or video does not go with api 'completions' (model {model!r})"
            ", whose prompt is text alone; use api='chat', or leave it out."
        )
    elif response_format is not None and dialect == "k2":
        message = (
            f"response_format does not go with api 'completions' and model {model!r}, "
            "whose prompt has no place for it; use api='chat', or a tool with tool_choice."
        )
    else:
        return
    raise KimiConfigError(message)
