"""An answer whose beginning is given, as one message.

Owns: `prefilled` and its async twin. May know: langchain_core.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage

__all__ = ["aprefilled", "prefilled"]


def prefilled(
    llm: BaseChatModel, messages: Sequence[BaseMessage], prefix: str, **call: Any
) -> AIMessage:
    """Have an answer continued, and return beginning and continuation as one message.

    Args:
        llm: A ``ChatKimiK2``.
        messages: The conversation.
        prefix: How the answer begins, e.g. ``"{"``; the model goes on from its last letter.
        **call: Settings of this call.

    Raises:
        KimiConfigError: For a server that is not known to continue an answer.
    """
    return _joined(prefix, llm.invoke([*messages, _begun(prefix)], **call))


async def aprefilled(
    llm: BaseChatModel, messages: Sequence[BaseMessage], prefix: str, **call: Any
) -> AIMessage:
    """Return what `prefilled` does."""
    return _joined(prefix, await llm.ainvoke([*messages, _begun(prefix)], **call))


def _begun(prefix: str) -> AIMessage:
    return AIMessage(prefix, additional_kwargs={"partial": True})


def _joined(prefix: str, answer: AIMessage) -> AIMessage:
    if isinstance(answer.content, str):
        return answer.model_copy(update={"content": prefix + answer.content})
    begun: list[str | dict[Any, Any]] = [{"type": "text", "text": prefix}]
    return answer.model_copy(update={"content": begun + answer.content})
