"""What LangChain calls a model's profile, from the core's facts.

Owns: the names of `ModelProfile`. May know: capabilities; langchain_core. Agents choose by it how
to ask for structured output, and middleware when to summarise.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, get_type_hints

from langchain_core.language_models import ModelProfile

if TYPE_CHECKING:
    from kimi_core.capabilities import Capabilities

__all__ = ["profile_of"]


@cache
def _known() -> frozenset[str]:
    # A key that this langchain-core does not have would be a warning; reading them takes 0.2 ms.
    return frozenset(get_type_hints(ModelProfile))


def profile_of(capabilities: Capabilities) -> ModelProfile:
    """Return the profile of one model at one endpoint; only keys that this langchain-core knows."""
    info, endpoint = capabilities.info, capabilities.endpoint
    images = "image" in info.inputs
    video = "video" in info.inputs
    leaves = info.retired or info.retires
    facts: dict[str, Any] = {
        "name": info.name,
        "status": "deprecated" if leaves and endpoint.retires_models else "active",
        "release_date": info.released,
        "last_updated": info.released,
        "open_weights": info.weights is not None,
        "max_input_tokens": info.context_window,
        "max_output_tokens": info.default_output,
        "text_inputs": True,
        "image_inputs": images,
        "image_url_inputs": images and endpoint.takes_media_urls,
        "pdf_inputs": False,
        "audio_inputs": False,
        "video_inputs": video,
        "image_tool_message": images,
        "pdf_tool_message": False,
        "text_outputs": True,
        "image_outputs": False,
        "audio_outputs": False,
        "video_outputs": False,
        "reasoning_output": info.thinking != "none",
        "reasoning_effort_levels": list(info.reasoning_efforts),
        "reasoning_effort_default": info.default_effort,
        "mid_conversation_system_messages": True,
        # Moonshot's K3 takes a whole definition in a system message; other servers differ.
        "mid_conversation_tools": info.dialect == "k3" and endpoint.provider_name == "moonshot",
        "tool_calling": True,
        "tool_choice": True,
        "tool_call_streaming": True,
        # The completions route knows no response_format; agents then use a tool, which the grammar
        # can force there.
        "structured_output": capabilities.api == "chat",
        "attachment": images,
        "temperature": info.pinned is None or not endpoint.pins_sampling,
    }
    profile: Any = {
        name: value for name, value in facts.items() if name in _known() and value is not None
    }
    return profile  # type: ignore[no-any-return]  # a TypedDict cannot be built from computed keys
