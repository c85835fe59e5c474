"""Moonshot's official tools as LlamaIndex's.

Owns: `official_tools` and its async twin. May know: chat, errors, platform; llama_index. What they
are, and how one is run, stands in `kimi_core.platform`.
"""

from __future__ import annotations

from typing import Any

from llama_index.core.tools.types import AsyncBaseTool, ToolMetadata, ToolOutput

from kimi_core.chat import ClosesItself
from kimi_core.errors import KimiHostedToolError
from kimi_core.platform import KimiClient, OfficialTool, client_of

__all__ = ["aofficial_tools", "official_tools"]


def official_tools(
    *names: str,
    llm: ClosesItself | None = None,
    **settings: Any,  # noqa: ANN401 - KimiClient's
) -> list[AsyncBaseTool]:
    """Return tools that run at Moonshot, for a ``FunctionAgent`` or by themselves.

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

    A tool that fails returns a ``ToolOutput`` with ``is_error``, which the model is told.
    """
    client = client_of(llm, settings)
    return [_Official(tool, client) for tool in client.official_tools(*names)]


async def aofficial_tools(
    *names: str,
    llm: ClosesItself | None = None,
    **settings: Any,  # noqa: ANN401 - KimiClient's
) -> list[AsyncBaseTool]:
    """Return what `official_tools` does."""
    client = client_of(llm, settings)
    return [_Official(tool, client) for tool in await client.aofficial_tools(*names)]


class _Metadata(ToolMetadata):
    """Has the server's own schema, which LlamaIndex would want as a pydantic class."""

    hosted: OfficialTool

    def get_parameters_dict(self) -> dict[str, Any]:
        return dict(self.hosted.parameters)

    def to_openai_tool(self, skip_length_check: bool = False) -> dict[str, Any]:  # noqa: ARG002, FBT001, FBT002 - LlamaIndex's signature
        return self.hosted.definition


class _Official(AsyncBaseTool):
    """A tool that runs at Moonshot."""

    def __init__(self, hosted: OfficialTool, client: KimiClient) -> None:
        self._hosted, self._client = hosted, client
        self._metadata = _Metadata(hosted.description, hosted.name, fn_schema=None)
        self._metadata.hosted = hosted

    @property
    def metadata(self) -> ToolMetadata:
        return self._metadata

    def call(self, **arguments: Any) -> ToolOutput:  # type: ignore[override]  # noqa: ANN401 - the tool's own
        try:
            said: Any = self._client.run_official_tool(self._hosted, arguments)
        except KimiHostedToolError as error:
            said = error
        return self._output(arguments, said)

    async def acall(self, **arguments: Any) -> ToolOutput:  # type: ignore[override]  # noqa: ANN401 - the tool's own
        try:
            said: Any = await self._client.arun_official_tool(self._hosted, arguments)
        except KimiHostedToolError as error:
            said = error
        return self._output(arguments, said)

    def _output(self, arguments: dict[str, Any], said: str | KimiHostedToolError) -> ToolOutput:
        failed = said if isinstance(said, KimiHostedToolError) else None
        return ToolOutput(
            tool_name=self._hosted.name,
            content=str(said),
            raw_input=arguments,
            raw_output=said,
            is_error=failed is not None,
            exception=failed,
        )
