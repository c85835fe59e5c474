"""The demo's agent, as a LlamaIndex user writes it.

Owns: the agent, which ``kimi-k2 demo`` hands a stage. May know: its own files; llama_index.
"""

from __future__ import annotations

import asyncio
from typing import Any

from llama_index.core.agent.workflow import FunctionAgent
from llama_index.core.llms import ChatMessage
from llama_index.core.tools import FunctionTool

from llama_index_kimi.llm import ChatKimiK2

__all__ = ["run"]


def run(stage: Any) -> str:
    """Let a FunctionAgent answer with the tool, and return its answer."""
    return asyncio.run(_run(stage))


async def _run(stage: Any) -> str:
    tool, llm = FunctionTool.from_defaults(stage.tool.get_weather), ChatKimiK2(**stage.settings)
    agent = FunctionAgent(tools=[tool], llm=llm, initial_tool_choice=stage.tool_choice)
    said = [ChatMessage(m["content"], role=m["role"], additional_kwargs=m) for m in stage.history]
    answer = await agent.run(stage.question, chat_history=said, max_iterations=3)
    return str(answer)
