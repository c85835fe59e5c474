"""Moonshot's official tools and the turns of an account, as LlamaIndex's.

Owns: `official_tools` and its async twin, `KimiRateLimiter`. May know: chat, platform; llama_index.
"""

from __future__ import annotations

from typing import Any

from llama_index.core.rate_limiter import BaseRateLimiter
from llama_index.core.tools import FunctionTool
from llama_index.core.tools.types import ToolMetadata

from kimi_core.chat import AccountRate, ClosesItself, documented_as
from kimi_core.platform import OfficialTool
from kimi_core.platform.tools import ToolFunctions, amade_tools, made_tools

__all__ = ["KimiRateLimiter", "aofficial_tools", "official_tools"]


@documented_as(made_tools)
def official_tools(
    *names: str, llm: ClosesItself | None = None, **settings: Any
) -> list[FunctionTool]:
    """Return tools that run at Moonshot, for a ``FunctionAgent`` or by themselves.

    A tool that fails raises a `kimi_core.errors.KimiHostedToolError`, which agents tell the model.
    """
    return made_tools(_tool, names, llm, settings)


async def aofficial_tools(
    *names: str, llm: ClosesItself | None = None, **settings: Any
) -> list[FunctionTool]:
    """Return what `official_tools` does."""
    return await amade_tools(_tool, names, llm, settings)


class _Metadata(ToolMetadata):
    """Has the server's own schema, which LlamaIndex would want as a pydantic class."""

    def __init__(self, hosted: OfficialTool) -> None:
        super().__init__(hosted.description, hosted.name)
        self._hosted = hosted

    def get_parameters_dict(self) -> dict[str, Any]:
        return dict(self._hosted.parameters)

    def to_openai_tool(self, skip_length_check: bool = False) -> dict[str, Any]:
        return self._hosted.definition


def _tool(made: ToolFunctions) -> FunctionTool:
    return FunctionTool(fn=made.run, async_fn=made.arun, metadata=_Metadata(made.tool))


class KimiRateLimiter(AccountRate, BaseRateLimiter):
    """For ``rate_limiter=`` of any LlamaIndex LLM that asks the same account.

    ``ChatKimiK2`` itself takes ``rate_limit=``, which knows what a request costs and when it ends.
    Arguments as for `AccountRate`.
    """

    def acquire(self, num_tokens: int = 0) -> None:
        """Wait for a turn of a request that is charged so many tokens."""
        self.take(num_tokens)

    async def async_acquire(self, num_tokens: int = 0) -> None:
        """Wait as `acquire` does, in the running event loop."""
        await self.atake(num_tokens)
