"""The part of `KimiClient` that has Moonshot do something: read documents, run tools.

Owns: `HostedTools`. May know: its own files, chat, files, request, transport.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from kimi_core.chat import ClosesItself
from kimi_core.files import aread_documents, read_documents
from kimi_core.platform import _official
from kimi_core.platform._driver import arun, run
from kimi_core.platform._official import OfficialTool
from kimi_core.request.documents import Document
from kimi_core.transport.call import Call

__all__ = ["HostedTools"]

_T = TypeVar("_T")


class HostedTools(ClosesItself):
    """Moonshot's extraction of texts and its tools, over the connections of a `KimiChat`."""

    def _send(self, call: Call[_T]) -> _T:
        return call.read(self._chat.transport.send(call))

    async def _asend(self, call: Call[_T]) -> _T:
        return call.read(await self._chat.transport.asend(call))

    def document(self, path: str | Path, *, content: bytes | None = None) -> dict[str, str]:
        """Return a document as a system message, to stand before the question about it.

        The API takes no reference to a file in a chat: its text is extracted on the server, comes
        back, and goes into the messages. The uploaded file is deleted again, and the text of the
        same content is not asked for twice by the clients and models of this key. A ``ChatKimiK2``
        with ``files="extract"`` does the same with the documents in its messages.

        Args:
            path: Where the document is.
            content: Its bytes, where it is on no disk.
        """
        chat, document = self._chat, _document(Path(path), content)
        [text] = read_documents(chat.transport, chat.texts, [document])
        return {"role": "system", "content": text}

    async def adocument(self, path: str | Path, *, content: bytes | None = None) -> dict[str, str]:
        """Return what `document` does."""
        chat = self._chat
        document = await asyncio.to_thread(_document, Path(path), content)
        [text] = await aread_documents(chat.transport, chat.texts, [document])
        return {"role": "system", "content": text}

    def official_tools(self, *names: str) -> tuple[OfficialTool, ...]:
        """Return tools that Moonshot hosts, as the server describes them.

        Args:
            names: Of `OFFICIAL_TOOLS`, e.g. "web-search"; a URI ("moonshot/fetch:latest"); or
                "$web_search", Moonshot's older search, for which nothing is asked.

        Raises:
            KimiConfigError: For what cannot be a name, and for a server that is not Moonshot's.
            KimiNotFoundError: For a tool that Moonshot does not have.
        """
        return run(self._send, _official.described(names, self._chat.capabilities.endpoint))

    async def aofficial_tools(self, *names: str) -> tuple[OfficialTool, ...]:
        """Return what `official_tools` does."""
        steps = _official.described(names, self._chat.capabilities.endpoint)
        return await arun(self._asend, steps)

    def run_official_tool(self, tool: OfficialTool, arguments: Mapping[str, Any] | str) -> str:
        """Run a tool at Moonshot and return what the model is to be told.

        Args:
            tool: Of `official_tools`. "$web_search" runs inside the model's next request, so that
                its arguments come back as they are.
            arguments: What the model wrote, as text or as an object.

        Raises:
            KimiHostedToolError: Where the tool says that it failed.
            KimiAPIError: Where it was not reached.
        """
        return run(self._send, _official.ran(tool, arguments))

    async def arun_official_tool(
        self, tool: OfficialTool, arguments: Mapping[str, Any] | str
    ) -> str:
        """Return what `run_official_tool` does."""
        return await arun(self._asend, _official.ran(tool, arguments))


def _document(path: Path, content: bytes | None) -> Document:
    return Document(name=path.name, data=path.read_bytes() if content is None else content)
