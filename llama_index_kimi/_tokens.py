"""Counting tokens: for people, for `Settings.tokenizer`, and for memories.

Owns: what LlamaIndex wants to know of tokens, and memories that can be written down. May know: its
own files, tokenizer; llama_index, pydantic_core.

LlamaIndex's own `Memory` counts neither reasoning nor `ToolCallBlock`s, and with the tokens of
another vendor's model, so that a long agent run overflows the context that it was to be kept in.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from llama_index.core.base.llms.types import ChatMessage, TextBlock, ThinkingBlock, ToolCallBlock
from llama_index.core.memory import Memory
from llama_index.core.prompts import RichPromptTemplate
from llama_index.core.storage.chat_store import SimpleChatStore
from llama_index.core.storage.chat_store.sql import SQLAlchemyChatStore
from pydantic_core import PydanticSerializationError

from kimi_core.tokenizer import Tokenizer
from llama_index_kimi._base import KimiBase
from llama_index_kimi._messages import AnyTool, calls_of, reasoning_of, to_wire, wire_tools

__all__ = ["KimiMemory", "TokenCounting", "repair_chat_store"]

# Role markers and the line breaks round them, of a message and of a call.
_MESSAGE_MARKUP = 5
_CALL_MARKUP = 6
_COUNTED = (TextBlock, ThinkingBlock, ToolCallBlock)


class KimiMemory(Memory):
    """A `Memory` that counts reasoning and tool calls too, and that a `Context` can write down."""

    def to_dict(self, **settings: Any) -> dict[str, Any]:
        """Return settings and messages as JSON values.

        LlamaIndex's own version holds objects that its serializer refuses and leaves the messages
        out, so that a `Context` read again has forgotten everything (llama-index-core 0.14.25).
        A memory with blocks or a store of your own is left to LlamaIndex.
        """
        store = self.sql_store
        if self.memory_blocks or not isinstance(store, SQLAlchemyChatStore):
            return super().to_dict(**settings)
        written = self.model_dump(mode="json", exclude={"memory_blocks"})
        written["memory_blocks_template"] = self.memory_blocks_template.template_str
        return {**written, "sql_store": store.model_dump(), "class_name": self.class_name()}

    @classmethod
    def from_dict(cls, data: dict[str, Any], **settings: Any) -> KimiMemory:
        """Return the memory that was written down; it counts with the tokenizer that is found."""
        if "sql_store" not in data:
            return super().from_dict(data, **settings)
        fields = {"tokenizer_fn": Tokenizer.find().tokens, **data, **settings}
        del fields["class_name"]
        fields["memory_blocks_template"] = RichPromptTemplate(fields["memory_blocks_template"])
        fields["sql_store"] = SQLAlchemyChatStore(**fields["sql_store"])
        return cls(**fields)

    def _estimate_token_count(self, message_or_blocks: Any) -> int:
        given = message_or_blocks
        if isinstance(given, list) and all(isinstance(item, ChatMessage) for item in given):
            return sum(map(self._estimate_token_count, given))
        if not isinstance(given, ChatMessage):
            return super()._estimate_token_count(given)
        calls = calls_of(given)
        texts = [reasoning_of(given), *(f"{call_id}{told}" for call_id, _, told in calls)]
        # The plain dicts beside the blocks say the same calls again.
        bare = super()._estimate_token_count(ChatMessage(role=given.role, blocks=given.blocks))
        said = sum(len(self.tokenizer_fn(text)) for text in texts)
        return bare + said + _CALL_MARKUP * len(calls) + _MESSAGE_MARKUP


def repair_chat_store() -> None:
    """Have `SimpleChatStore` written as its messages write themselves, where it cannot be.

    A `Context` writes its memory down between two runs, and drops one that cannot be. With pydantic
    2.14 the store's serializer fails (llama-index-core 0.14.25), though `ChatMessage` needs none.
    """
    try:
        SimpleChatStore(store={"": [ChatMessage("")]}).model_dump()
    except PydanticSerializationError:
        SimpleChatStore.model_fields["store"].annotation = dict[str, list[ChatMessage]]
        SimpleChatStore.model_rebuild(force=True)


def _countable(message: ChatMessage) -> list[dict[str, Any]]:
    """Return a message for counting; of blocks that no model can be told the text alone counts."""
    try:
        return to_wire([message])
    except (ValueError, OSError):
        told = [b for b in message.blocks if isinstance(b, _COUNTED)]
        return to_wire([message.model_copy(update={"blocks": told})])


class TokenCounting(KimiBase):
    """The counting methods of `llama_index_kimi.ChatKimiK2`."""

    def tokenize(self, text: str) -> list[int]:
        """Return the tokens of a text; give this method to ``Settings.tokenizer``.

        Args:
            text: Any text; spellings of control tokens in it are only text.

        Returns:
            Kimi's token ids where the tokenizer is exact; otherwise a list of the estimated length,
            since LlamaIndex only looks at the length.
        """
        return self._tokenizer().tokens(text)

    def count_tokens(
        self, messages: Sequence[ChatMessage], tools: Sequence[AnyTool] | None = None
    ) -> int:
        """Return the tokens of a prompt as the model will see it, markup and tools included.

        Args:
            messages: The conversation.
            tools: The tools that are offered with it; functions, too, as an agent takes them.

        Returns:
            The count; exact where the tokenizer is (``tokenizer=`` in the constructor, or a file
            that is found as `kimi_core.Tokenizer.find` says), otherwise an estimate. Images and
            videos count as placeholders.
        """
        read = [wire for message in messages for wire in _countable(message)]
        return self._count(read, wire_tools(tools or ()))

    def make_memory(self, tools: Sequence[AnyTool] | None = None, **settings: Any) -> KimiMemory:
        """Return a memory that fits this model: its context less the answer and the tools.

        Args:
            tools: The tools of the agent that the memory is for, functions among them.
            **settings: Any argument of LlamaIndex's ``Memory.from_defaults``; wins over what is
                worked out here.

        Returns:
            The memory; hand it to ``agent.run(..., memory=...)`` or to a chat engine.
        """
        metadata = self.metadata
        taken = self.count_tokens([ChatMessage(self.system_prompt or "")], tools)
        fitting = {
            "token_limit": max(metadata.context_window - metadata.num_output - taken, 1),
            "tokenizer_fn": self.tokenize,
        }
        return cast("KimiMemory", KimiMemory.from_defaults(**{**fitting, **settings}))
