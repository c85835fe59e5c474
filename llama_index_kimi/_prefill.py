"""An answer whose beginning is given, as one message.

Owns: `prefilled` and its async twin. May know: llama_index.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from llama_index.core.base.llms.types import ChatMessage, ChatResponse, MessageRole, TextBlock
from llama_index.core.llms.llm import LLM

__all__ = ["aprefilled", "prefilled"]


def prefilled(
    llm: LLM,
    messages: Sequence[ChatMessage],
    prefix: str,
    **call: Any,  # noqa: ANN401 - options of one call
) -> ChatResponse:
    """Have an answer continued, and return beginning and continuation as one message.

    Args:
        llm: A ``ChatKimiK2``.
        messages: The conversation.
        prefix: How the answer begins, e.g. ``"{"``; the model goes on from its last letter.
        **call: Settings of this call.

    Raises:
        KimiConfigError: For a server that is not known to continue an answer.
    """
    return _joined(prefix, llm.chat([*messages, _begun(prefix)], **call))


async def aprefilled(
    llm: LLM,
    messages: Sequence[ChatMessage],
    prefix: str,
    **call: Any,  # noqa: ANN401 - as above
) -> ChatResponse:
    """Return what `prefilled` does."""
    return _joined(prefix, await llm.achat([*messages, _begun(prefix)], **call))


def _begun(prefix: str) -> ChatMessage:
    role = MessageRole.ASSISTANT
    return ChatMessage(role=role, content=prefix, additional_kwargs={"partial": True})


def _joined(prefix: str, answer: ChatResponse) -> ChatResponse:
    """Put the beginning before the first text; a thought stands before both."""
    blocks = list(answer.message.blocks)
    at = next((n for n, one in enumerate(blocks) if isinstance(one, TextBlock)), len(blocks))
    rest = blocks[at : at + 1]
    text = prefix + "".join(one.text for one in rest if isinstance(one, TextBlock))
    joined = [*blocks[:at], TextBlock(text=text), *blocks[at + 1 :]]
    message = answer.message.model_copy(update={"blocks": joined})
    return answer.model_copy(update={"message": message})
