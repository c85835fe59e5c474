"""Moonshot's official tools and the turns of an account, as LangChain's.

Owns: `official_tools` and its async twin, `KimiRateLimiter`. May know: chat, platform;
langchain_core.
"""

from __future__ import annotations

from typing import Any

from langchain_core.rate_limiters import BaseRateLimiter
from langchain_core.tools import BaseTool, StructuredTool, ToolException

from kimi_core.chat import AccountRate, ClosesItself, documented_as
from kimi_core.platform.tools import ToolFunctions, amade_tools, made_tools

__all__ = ["KimiRateLimiter", "aofficial_tools", "official_tools"]


@documented_as(made_tools)
def official_tools(*names: str, llm: ClosesItself | None = None, **settings: Any) -> list[BaseTool]:
    """Return tools that run at Moonshot, for ``create_agent``, ``bind_tools`` or by themselves.

    A tool that fails tells the model so; ``handle_tool_error=False`` raises a ``ToolException``.
    """
    return made_tools(_tool, names, llm, settings, error=ToolException)


async def aofficial_tools(
    *names: str, llm: ClosesItself | None = None, **settings: Any
) -> list[BaseTool]:
    """Return what `official_tools` does."""
    return await amade_tools(_tool, names, llm, settings, error=ToolException)


def _tool(made: ToolFunctions) -> BaseTool:
    return StructuredTool(
        name=made.tool.name,
        description=made.tool.description,
        args_schema=dict(made.tool.parameters),
        func=made.run,
        coroutine=made.arun,
        handle_tool_error=True,
    )


class KimiRateLimiter(AccountRate, BaseRateLimiter):
    """For ``rate_limiter=`` of any LangChain chat model that asks the same account.

    ``ChatKimiK2`` itself takes ``rate_limit=``, which knows what a request is charged and when it
    ends; here only the requests of a minute count. Arguments as for `AccountRate`.
    """

    def acquire(self, *, blocking: bool = True) -> bool:
        """Wait for a turn and return True, or return at once whether there was one."""
        return self.take(blocking=blocking)

    async def aacquire(self, *, blocking: bool = True) -> bool:
        """Wait as `acquire` does, in the running event loop."""
        return await self.atake(blocking=blocking)
