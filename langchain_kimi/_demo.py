"""The demo's agent loop, as a LangChain user writes it.

Owns: nothing but the loop. May know: its own files; langchain_core. It is handed a stage by
``kimi-k2 demo`` and knows nothing of what is printed.
"""

from __future__ import annotations

from functools import reduce
from operator import add
from typing import Any

from langchain_core.messages import convert_to_messages
from langchain_core.tools import tool

from langchain_kimi.chat_models import ChatKimiK2

__all__ = ["run"]


def run(stage: Any) -> str:  # kimi_core.cli.demo.Stage, which needs rich to import
    """Ask, execute the calls, send their results back, and return the answer."""
    llm, weather = ChatKimiK2(**stage.settings), tool(stage.tool.get_weather)
    messages = convert_to_messages([*stage.history, ("user", stage.question)])
    for choice in (stage.tool_choice, None, None):
        answer = reduce(add, llm.bind_tools([weather], tool_choice=choice).stream(messages))
        messages.append(answer)
        if not answer.tool_calls:
            break
        messages += [weather.invoke(call) for call in answer.tool_calls]
    return messages[-1].text
