"""An answer that was withheld, as LangChain's refusal block.

Owns: that block, and how ``content_blocks`` finds it. May know: response; langchain_core.

``content`` stays text, as in `ChatOpenAI`, so the block is made when ``content_blocks`` is asked
for. LangChain asks a translator of the message's provider first; ours has something to say of such
an answer alone, and leaves every other message to LangChain.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from langchain_core.messages import AIMessage
from langchain_core.messages.block_translators import get_translator, register_translator

from kimi_core.response import withheld_in

__all__ = ["provider_of_messages", "refusal_blocks"]


def refusal_blocks(metadata: Mapping[str, Any]) -> list[Any]:
    """Return a ``RefusalContentBlock`` for the metadata of a withheld answer; otherwise nothing."""
    found = withheld_in(metadata)
    if found is None:
        return []
    reason, refusal = found
    return [{"type": "refusal", "refusal": refusal, "extras": {"category": reason}}]


def _translate(message: AIMessage) -> list[Any]:
    told = message.response_metadata
    found = refusal_blocks(told)
    if not found:
        raise NotImplementedError  # so that LangChain does what it does without a translator
    others = {name: value for name, value in told.items() if name != "model_provider"}
    plain = message.model_copy(update={"response_metadata": others})
    return [*plain.content_blocks, *found]


def provider_of_messages(name: str) -> str:
    """Return the provider that messages name, whose blocks are translated here.

    Args:
        name: The endpoint's own. Where it has a translator already (e.g. "openai"), that would drop
            the reasoning, and "moonshot" is named.
    """
    translator = get_translator(name)
    if translator is not None and translator["translate_content"] is not _translate:
        name = "moonshot"
    register_translator(name, _translate, _translate)
    return name
