"""Both adapters behind one way to ask, so that each test of an engine is a test of both.

Owns: what is asked through LangChain and through LlamaIndex, and what a user of either is told.
May know: both adapters and their frameworks.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from langchain_core.messages import AIMessage, AIMessageChunk, HumanMessage, ToolMessage
from llama_index.core.base.llms.types import ImageBlock, TextBlock, ToolCallBlock
from llama_index.core.llms import ChatMessage

import langchain_kimi
import llama_index_kimi

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["ADAPTERS", "Conversation", "LangChain", "LlamaIndex", "Said"]


@dataclass(frozen=True)
class Said:
    """What a user of either framework is told.

    Attributes:
        content: The text.
        reasoning: What was thought.
        calls: Id, name and arguments of the calls that may be run.
        damaged: Names of the calls that may not.
        finish: Why the answer ended.
        prompt_tokens: Tokens of the prompt, as the server counted.
        completion_tokens: Those of the answer.
        logprobs: Whether it came with the probabilities of its tokens.
    """

    content: str
    reasoning: str
    calls: tuple[tuple[str, str, dict[str, Any]], ...]
    finish: str
    prompt_tokens: int
    damaged: tuple[str, ...] = ()
    completion_tokens: int = 0
    logprobs: bool = False


class Conversation:
    """A conversation with one model through one adapter.

    Args:
        settings: Of `ChatKimiK2`.
    """

    def __init__(self, settings: dict[str, Any]) -> None:
        # What an engine did is asked for, and not what is made of it afterwards.
        plain = {"temperature": 0.0, "max_retries": 0, "tool_call_policy": "off"}
        self.settings = {**plain, **settings}
        self.messages: list[Any] = []

    def ask(
        self, question: str, tools: Sequence[Any] = (), *, stream: bool = False, **options: Any
    ) -> Said:
        """Ask with one more message of the user."""
        raise NotImplementedError

    def tell(self, result: str, tools: Sequence[Any] = (), *, stream: bool = False) -> Said:
        """Give the same result for every call of the last answer."""
        raise NotImplementedError

    def remember(self, text: str, reasoning: str) -> None:
        """Add an answer that the model never gave."""
        raise NotImplementedError

    def remember_call(
        self, question: str, identity: str, name: str, arguments: dict[str, Any] | str
    ) -> None:
        """Add a question, and a call that another model made; text is no JSON."""
        raise NotImplementedError

    def begin(self, question: str, text: str) -> None:
        """Add a question, and the beginning of its answer."""
        raise NotImplementedError

    def go_on(self, *, stream: bool = False) -> Said:
        """Ask without a message more."""
        return self._answer((), {}, stream=stream)

    def show(self, question: str, picture: str) -> None:
        """Add a question about a picture."""
        raise NotImplementedError

    def look(self, question: str, picture: str) -> Said:
        """Ask about a picture."""
        self.show(question, picture)
        return self.go_on()

    def _answer(self, tools: Sequence[Any], options: dict[str, Any], *, stream: bool) -> Said:
        raise NotImplementedError


class LangChain(Conversation):
    """Through `langchain_kimi`."""

    def ask(
        self, question: str, tools: Sequence[Any] = (), *, stream: bool = False, **options: Any
    ) -> Said:
        self.messages.append(HumanMessage(question))
        return self._answer(tools, options, stream=stream)

    def tell(self, result: str, tools: Sequence[Any] = (), *, stream: bool = False) -> Said:
        last = self.messages[-1]
        calls = [*last.tool_calls, *last.invalid_tool_calls]
        self.messages += [ToolMessage(result, tool_call_id=call["id"]) for call in calls]
        return self._answer(tools, {}, stream=stream)

    def remember(self, text: str, reasoning: str) -> None:
        kept = {"reasoning_content": reasoning}
        self.messages.append(AIMessageChunk(text, additional_kwargs=kept))

    def remember_call(
        self, question: str, identity: str, name: str, arguments: dict[str, Any] | str
    ) -> None:
        call = {"id": identity, "name": name, "args": arguments}
        kind = "invalid_tool_calls" if isinstance(arguments, str) else "tool_calls"
        made: dict[str, Any] = {kind: [call]}
        self.messages += [HumanMessage(question), AIMessage("", **made)]

    def begin(self, question: str, text: str) -> None:
        begun = AIMessage(text, additional_kwargs={"partial": True})
        self.messages += [HumanMessage(question), begun]

    def show(self, question: str, picture: str) -> None:
        parts: list[str | dict[Any, Any]] = [
            {"type": "text", "text": question},
            {"type": "image_url", "image_url": {"url": picture}},
        ]
        self.messages.append(HumanMessage(parts))

    def _answer(self, tools: Sequence[Any], options: dict[str, Any], *, stream: bool) -> Said:
        llm: Any = langchain_kimi.ChatKimiK2(**self.settings)
        if tools:
            llm = llm.bind_tools(tools, **options)
        elif options:
            llm = llm.bind(**options)
        if stream:
            first, *rest = llm.stream(self.messages)
            message = sum(rest, first)
        else:
            message = llm.invoke(self.messages)
        self.messages.append(message)
        return Said(
            message.text,
            message.additional_kwargs.get("reasoning_content", ""),
            tuple((call["id"], call["name"], call["args"]) for call in message.tool_calls),
            message.response_metadata["finish_reason"],
            message.usage_metadata["input_tokens"],
            tuple(call["name"] for call in message.invalid_tool_calls),
            message.usage_metadata["output_tokens"],
            bool(message.response_metadata.get("logprobs")),
        )


class LlamaIndex(Conversation):
    """Through `llama_index_kimi`."""

    def ask(
        self, question: str, tools: Sequence[Any] = (), *, stream: bool = False, **options: Any
    ) -> Said:
        self.messages.append(ChatMessage(role="user", content=question))
        return self._answer(tools, options, stream=stream)

    def tell(self, result: str, tools: Sequence[Any] = (), *, stream: bool = False) -> Said:
        for block in self.messages[-1].blocks:
            if block.block_type == "tool_call":
                kept = {"tool_call_id": block.tool_call_id}
                self.messages.append(
                    ChatMessage(role="tool", content=result, additional_kwargs=kept)
                )
        return self._answer(tools, {}, stream=stream)

    def remember(self, text: str, reasoning: str) -> None:
        blocks = [
            {"block_type": "thinking", "content": reasoning},
            {"block_type": "text", "text": text},
        ]
        self.messages.append(ChatMessage(role="assistant", blocks=blocks))

    def remember_call(
        self, question: str, identity: str, name: str, arguments: dict[str, Any] | str
    ) -> None:
        call = ToolCallBlock(tool_call_id=identity, tool_name=name, tool_kwargs=arguments)
        self.messages += [
            ChatMessage(role="user", content=question),
            ChatMessage(role="assistant", blocks=[call]),
        ]

    def begin(self, question: str, text: str) -> None:
        begun = {"partial": True}
        self.messages += [
            ChatMessage(role="user", content=question),
            ChatMessage(role="assistant", content=text, additional_kwargs=begun),
        ]

    def show(self, question: str, picture: str) -> None:
        blocks = [TextBlock(text=question), ImageBlock(url=picture)]
        self.messages.append(ChatMessage(role="user", blocks=blocks))

    def _answer(self, tools: Sequence[Any], options: dict[str, Any], *, stream: bool) -> Said:
        llm = llama_index_kimi.ChatKimiK2(**self.settings)
        if tools:
            options = {**options, "tools": list(tools)}
        if stream:
            *_, response = llm.stream_chat(self.messages, **options)
        else:
            response = llm.chat(self.messages, **options)
        self.messages.append(response.message)
        blocks = response.message.blocks
        calls = [block for block in blocks if block.block_type == "tool_call"]
        read = [(call, _arguments(call.tool_kwargs)) for call in calls]
        return Said(
            response.message.content or "",
            "".join(block.content for block in blocks if block.block_type == "thinking"),
            tuple((c.tool_call_id, c.tool_name, given) for c, given in read if given is not None),
            response.raw["finish_reason"],
            response.additional_kwargs["prompt_tokens"],
            tuple(call.tool_name for call, given in read if given is None),
            response.additional_kwargs["completion_tokens"],
            bool(response.logprobs),
        )


def _arguments(given: str | dict[str, Any]) -> dict[str, Any] | None:
    """Return a call's arguments, or None for text that is no JSON object."""
    try:
        return json.loads(given) if isinstance(given, str) else given
    except ValueError:
        return None


ADAPTERS: dict[str, type[Conversation]] = {"langchain": LangChain, "llama_index": LlamaIndex}
