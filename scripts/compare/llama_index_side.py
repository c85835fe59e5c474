"""How a class of LlamaIndex's is asked: through LlamaIndex's own calls and its agent.

Owns: the calls. May know: llama_index, asyncio.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from llama_index.core import PromptTemplate
from llama_index.core.agent.workflow import FunctionAgent
from llama_index.core.llms import ChatMessage
from llama_index.core.tools import FunctionTool

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["LlamaIndex"]


class LlamaIndex:
    """The calls of a LlamaIndex user."""

    def ask(self, llm: Any, question: str) -> tuple[str, str]:  # noqa: ANN401 - anybody's class
        """Return the text, and everything in the message; not `raw`, the server's own body."""
        response = llm.chat([ChatMessage(question)])
        return _text(response), _all_of(response)

    def stream(self, llm: Any, question: str) -> tuple[str, str]:  # noqa: ANN401
        """Return the same of a stream."""
        response = list(llm.stream_chat([ChatMessage(question)]))[-1]
        return _text(response), _all_of(response)

    def usage(self, llm: Any, question: str) -> tuple[int, int] | None:  # noqa: ANN401
        """Return tokens in and out, where LlamaIndex's own counter of tokens looks."""
        response = list(llm.stream_chat([ChatMessage(question)]))[-1]
        raw = response.raw if isinstance(response.raw, dict) else response.raw.model_dump()
        found = raw.get("usage") or response.additional_kwargs
        if not found.get("prompt_tokens"):
            return None
        return found["prompt_tokens"], found["completion_tokens"]

    def agent(self, llm: Any, tool: Callable[..., str], question: str, *, streamed: bool) -> str:  # noqa: ANN401
        """Let a `FunctionAgent` answer; return its answer."""

        async def answer() -> str:
            tools = [FunctionTool.from_defaults(tool)]
            return str(await FunctionAgent(tools=tools, llm=llm, streaming=streamed).run(question))

        return asyncio.run(answer())

    def forced(self, llm: Any, tool: Callable[..., str], question: str) -> list[str]:  # noqa: ANN401
        """Require a call of the tool; return the names of the calls."""
        response = llm.chat_with_tools(
            [FunctionTool.from_defaults(tool)], user_msg=question, tool_required=True
        )
        calls = llm.get_tool_calls_from_response(response, error_on_no_tool_call=False)
        return [call.tool_name for call in calls]

    def structured(self, llm: Any, schema: type, question: str) -> Any:  # noqa: ANN401
        """Ask for an object of a class, as the class does it where nothing else is said."""
        return llm.structured_predict(schema, PromptTemplate("{question}"), question=question)

    def loops(self, llm: Any, question: str) -> list[str]:  # noqa: ANN401
        """Ask in two event loops, one after the other."""
        return [_text(asyncio.run(llm.achat([ChatMessage(question)]))) for _loop in range(2)]

    def count(self, llm: Any) -> int | None:  # noqa: ANN401
        """Return None: LlamaIndex has no such method."""
        del llm

    def found(self, provider: str, registers: Callable[[], None] | None = None) -> str:
        """Return nothing: LlamaIndex has no such function."""
        del provider, registers
        return ""


def _text(response: Any) -> str:  # noqa: ANN401 - a response
    return str(response.message.content or "")


def _all_of(response: Any) -> str:  # noqa: ANN401 - as above
    return f"{response.message.model_dump_json()} {response.additional_kwargs}"
