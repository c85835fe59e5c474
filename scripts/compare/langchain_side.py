"""How a class of LangChain's is asked: through LangChain's own calls and its agent.

Owns: the calls. May know: langchain, langchain_core, asyncio.
"""

from __future__ import annotations

import asyncio
from functools import reduce
from operator import add
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from langchain.agents import create_agent
from langchain.chat_models import init_chat_model
from langchain_core.messages import AIMessage, HumanMessage

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["LangChain"]

_COUNTED = [HumanMessage("What is the weather in Paris?"), AIMessage("It is sunny.")]


class LangChain:
    """The calls of a LangChain user."""

    def ask(self, llm: Any, question: str) -> tuple[str, str]:  # noqa: ANN401 - anybody's class
        """Return the text, and everything in the message."""
        message = llm.invoke(question)
        return message.text, _all_of(message)

    def stream(self, llm: Any, question: str) -> tuple[str, str]:  # noqa: ANN401
        """Return the same of a stream."""
        message = reduce(add, llm.stream(question))
        return message.text, _all_of(message)

    def usage(self, llm: Any, question: str) -> tuple[int, int] | None:  # noqa: ANN401
        """Return tokens in and out, as the sum of a stream has them."""
        usage = reduce(add, llm.stream(question)).usage_metadata
        return usage and (usage["input_tokens"], usage["output_tokens"])

    def agent(self, llm: Any, tool: Callable[..., str], question: str, *, streamed: bool) -> str:  # noqa: ANN401
        """Let `create_agent` answer; return its last message's text."""
        asked = {"messages": [("user", question)]}
        agent = create_agent(llm, [tool])
        if not streamed:
            return str(agent.invoke(asked)["messages"][-1].text)
        states = [state for kind, state in agent.stream(asked, stream_mode=["messages", "values"])
                  if kind == "values"]  # fmt: skip
        return str(states[-1]["messages"][-1].text)

    def forced(self, llm: Any, tool: Callable[..., str], question: str) -> list[str]:  # noqa: ANN401
        """Force the tool by its name; return the names of the calls."""
        message = llm.bind_tools([tool], tool_choice=tool.__name__).invoke(question)
        return [call["name"] for call in message.tool_calls]

    def structured(self, llm: Any, schema: type, question: str) -> Any:  # noqa: ANN401
        """Ask for an object of a class, as the class does it where nothing else is said."""
        return llm.with_structured_output(schema).invoke(question)

    def loops(self, llm: Any, question: str) -> list[str]:  # noqa: ANN401
        """Ask in two event loops, one after the other."""
        return [asyncio.run(llm.ainvoke(question)).text for _loop in range(2)]

    def count(self, llm: Any) -> int | None:  # noqa: ANN401
        """Return the tokens of a conversation, as the class counts them."""
        return int(llm.get_num_tokens_from_messages(_COUNTED))

    def found(self, provider: str, registers: Callable[[], None] | None = None) -> str:
        """Return the name of the class that LangChain finds, perhaps once it is registered."""
        # So that no other class finds what was registered.
        with patch.dict("langchain.chat_models.base._BUILTIN_PROVIDERS"):
            if registers is not None:
                registers()
            return type(init_chat_model(f"{provider}:kimi-k2.6", api_key="a key")).__name__


def _all_of(message: Any) -> str:  # noqa: ANN401 - a message
    return f"{message.model_dump_json()} {message.content_blocks}"
