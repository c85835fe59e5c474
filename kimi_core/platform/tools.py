"""Moonshot's official tools as a framework's.

Owns: the functions of which a framework makes its tools. May know: its own files, chat, errors.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from kimi_core.chat import ClosesItself
from kimi_core.errors import KimiHostedToolError, become
from kimi_core.platform import KimiClient, OfficialTool, client_of

__all__ = ["ToolFunctions", "amade_tools", "made_tools"]

_Made = TypeVar("_Made")


@dataclass(frozen=True)
class ToolFunctions:
    """One tool, and what runs it with its arguments as keywords.

    Attributes:
        tool: What it is.
        run: Runs it and returns what the model is told.
        arun: Does so in an event loop.
    """

    tool: OfficialTool
    run: Callable[..., str]
    arun: Callable[..., Awaitable[str]]


def made_tools(  # noqa: D417 - adapters show these arguments as their own, and no others
    make: Callable[[ToolFunctions], _Made],
    names: Sequence[str],
    llm: ClosesItself | None,
    settings: Mapping[str, Any],
    *,
    error: type[Exception] = KimiHostedToolError,
) -> list[_Made]:
    """Return tools that run at Moonshot; ``make`` makes a framework's of each.

    A run that fails raises a `KimiHostedToolError` that is an ``error`` as well. The server is
    asked what the tools are; web-search is charged for each call.

    Args:
        names: "web-search", "fetch", "code-runner" and the rest of
            `kimi_core.platform.OFFICIAL_TOOLS`; "$web_search" is Moonshot's older search, which
            runs inside the model's next request and does not go with thinking on K2 models.
        llm: A ``ChatKimiK2`` at Moonshot, whose key and connection are used.
        settings: Without one: those of `kimi_core.platform.KimiClient`, e.g. ``api_key``.

    Raises:
        KimiConfigError: For what cannot be a name, or a server that is not Moonshot's.
        KimiNotFoundError: For a tool that Moonshot does not have.
    """
    client = client_of(llm, settings)
    return [make(_functions(client, tool, error)) for tool in client.official_tools(*names)]


async def amade_tools(
    make: Callable[[ToolFunctions], _Made],
    names: Sequence[str],
    llm: ClosesItself | None,
    settings: Mapping[str, Any],
    *,
    error: type[Exception] = KimiHostedToolError,
) -> list[_Made]:
    """Return what `made_tools` does."""
    client = client_of(llm, settings)
    described = await client.aofficial_tools(*names)
    return [make(_functions(client, tool, error)) for tool in described]


def _functions(client: KimiClient, tool: OfficialTool, error: type[Exception]) -> ToolFunctions:
    def run(**arguments: Any) -> str:  # noqa: ANN401 - the tool's own
        with _raised_as(error):
            return client.run_official_tool(tool, arguments)

    async def arun(**arguments: Any) -> str:  # noqa: ANN401 - the tool's own
        with _raised_as(error):
            return await client.arun_official_tool(tool, arguments)

    return ToolFunctions(tool, run, arun)


@contextmanager
def _raised_as(kind: type[Exception]) -> Generator[None, None, None]:
    try:
        yield
    except KimiHostedToolError as error:
        become(error, kind)
        raise
