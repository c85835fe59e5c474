"""Moonshot's official tools as LangChain's.

Owns: `official_tools` and its async twin. May know: chat, errors, platform; langchain_core,
pydantic. What they are, and how one is run, stands in `kimi_core.platform`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from langchain_core.tools import BaseTool, ToolException
from pydantic import PrivateAttr

from kimi_core.chat import ClosesItself
from kimi_core.errors import KimiHostedToolError, become
from kimi_core.platform import KimiClient, OfficialTool, client_of

__all__ = ["aofficial_tools", "official_tools"]


def official_tools(
    *names: str,
    llm: ClosesItself | None = None,
    **settings: Any,
) -> list[BaseTool]:
    """Return tools that run at Moonshot, for ``create_agent``, ``bind_tools`` or by themselves.

    The server is asked what they are; web-search is charged for each call.

    Args:
        names: "web-search", "fetch", "code-runner" and the rest of
            `kimi_core.platform.OFFICIAL_TOOLS`; "$web_search" is Moonshot's older search, which
            runs inside the model's next request and does not go with thinking on K2 models.
        llm: A ``ChatKimiK2`` at Moonshot, whose key and connection are used.
        **settings: Without one: those of `kimi_core.platform.KimiClient`, e.g. ``api_key``.

    Raises:
        KimiConfigError: For what cannot be a name, or a server that is not Moonshot's.
        KimiNotFoundError: For a tool that Moonshot does not have.

    A tool that fails tells the model so; ``handle_tool_error=False`` raises a ``ToolException``.
    """
    client = client_of(llm, settings)
    return [_tool(tool, client) for tool in client.official_tools(*names)]


async def aofficial_tools(
    *names: str,
    llm: ClosesItself | None = None,
    **settings: Any,
) -> list[BaseTool]:
    """Return what `official_tools` does."""
    client = client_of(llm, settings)
    return [_tool(tool, client) for tool in await client.aofficial_tools(*names)]


def _tool(tool: OfficialTool, client: KimiClient) -> BaseTool:
    made = _Official(
        name=tool.name, description=tool.description, args_schema=dict(tool.parameters)
    )
    made._hosted, made._client = tool, client  # noqa: SLF001 - its own
    return made


class _Official(BaseTool):
    """A tool that runs at Moonshot."""

    handle_tool_error: Any = True

    _hosted: OfficialTool = PrivateAttr()
    _client: KimiClient = PrivateAttr()

    def _run(self, **arguments: Any) -> str:
        with _tool_exceptions():
            return self._client.run_official_tool(self._hosted, arguments)

    async def _arun(self, **arguments: Any) -> str:
        with _tool_exceptions():
            return await self._client.arun_official_tool(self._hosted, arguments)


@contextmanager
def _tool_exceptions() -> Iterator[None]:
    try:
        yield
    except KimiHostedToolError as error:
        become(error, ToolException)
        raise
