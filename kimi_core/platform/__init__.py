"""Moonshot's other routes: models, balance, token estimate, files and batches, sync and async.

Owns: `KimiClient`, whose methods are thin shells that send what `_routes` describes and wait for
batches; `anthropic_kwargs` stands beside it.
May know: its own files, _json, chat, config, endpoints, errors, request, transport.

Every method has an async twin whose name begins with ``a``. Only the first-party endpoints have
these routes; another server answers with a 404, which is a `KimiNotFoundError`.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar, final

from kimi_core._json import Message
from kimi_core.chat import ClosesItself, KimiChat, Settings
from kimi_core.config import ApiKey
from kimi_core.endpoints import Endpoint
from kimi_core.errors import KimiConfigError
from kimi_core.platform import _routes
from kimi_core.platform._anthropic import anthropic_kwargs
from kimi_core.platform._batch import BatchResult, batch_lines, batch_results
from kimi_core.platform._progress import Progress
from kimi_core.platform._routes import Balance, Batch, RemoteFile, RemoteModel
from kimi_core.request import Options
from kimi_core.transport.call import Call

__all__ = [
    "Balance",
    "Batch",
    "BatchResult",
    "KimiClient",
    "RemoteFile",
    "RemoteModel",
    "anthropic_kwargs",
]

_T = TypeVar("_T")


@final
class KimiClient(ClosesItself):
    """Moonshot's routes besides chat.

    A context manager, sync and async; it closes the connections at its end.

    Args:
        model: The model of token estimates and batches; the endpoint's default where it is None.
        endpoint: A preset's name or an `Endpoint`.
        api_key: The key, or a function (async, too) that is asked for it with each request; found
            as `kimi_core.config` says where it is None.
        base_url: Where the server is; the endpoint's own where it is None.
        settings: Any other setting of `kimi_core.chat.Settings`, e.g. ``max_retries``.

    Raises:
        KimiConfigError: For anything that cannot work, before any request.
    """

    def __init__(
        self,
        model: str | None = None,
        *,
        endpoint: str | Endpoint = "moonshot",
        api_key: ApiKey | None = None,
        base_url: str | None = None,
        **settings: Any,  # noqa: ANN401 - the rest of Settings
    ) -> None:
        self._chat = KimiChat(
            Settings(model=model, endpoint=endpoint, api_key=api_key, base_url=base_url, **settings)
        )

    def _send(self, call: Call[_T]) -> _T:
        return call.read(self._chat.transport.send(call))

    async def _asend(self, call: Call[_T]) -> _T:
        return call.read(await self._chat.transport.asend(call))

    def models(self) -> tuple[RemoteModel, ...]:
        """Return the models that the key may use."""
        return self._send(_routes.models())

    async def amodels(self) -> tuple[RemoteModel, ...]:
        """Return what `models` does."""
        return await self._asend(_routes.models())

    def balance(self) -> Balance:
        """Return what the account holds."""
        return self._send(_routes.balance())

    async def abalance(self) -> Balance:
        """Return what `balance` does."""
        return await self._asend(_routes.balance())

    def _estimate(self, messages: Sequence[Message]) -> Call[int]:
        payload = self._chat.request(messages, stream=False).payload
        return _routes.estimate_tokens(payload["model"], payload["messages"])

    def estimate_tokens(self, messages: Sequence[Message]) -> int:
        """Return the server's count of tokens of OpenAI-style messages, without tools."""
        return self._send(self._estimate(messages))

    async def aestimate_tokens(self, messages: Sequence[Message]) -> int:
        """Return what `estimate_tokens` does."""
        return await self._asend(self._estimate(messages))

    def upload_file(
        self, path: str | Path, *, purpose: str = "file-extract", content: bytes | None = None
    ) -> RemoteFile:
        """Upload a file.

        Args:
            path: Where it is; only its name counts where `content` is given.
            purpose: "file-extract" (text for a message), "image", "video" or "batch".
            content: Its bytes, where it is on no disk.

        Returns:
            The file; the server takes 100 MB each and 1,000 files a user.
        """
        return self._send(_upload(Path(path), purpose, content))

    async def aupload_file(
        self, path: str | Path, *, purpose: str = "file-extract", content: bytes | None = None
    ) -> RemoteFile:
        """Return what `upload_file` does; the file is read in a thread."""
        return await self._asend(await asyncio.to_thread(_upload, Path(path), purpose, content))

    def files(self) -> tuple[RemoteFile, ...]:
        """Return the uploaded files."""
        return self._send(_routes.files())

    async def afiles(self) -> tuple[RemoteFile, ...]:
        """Return what `files` does."""
        return await self._asend(_routes.files())

    def file(self, file_id: str) -> RemoteFile:
        """Return what is known of one file."""
        return self._send(_routes.file(file_id))

    async def afile(self, file_id: str) -> RemoteFile:
        """Return what `file` does."""
        return await self._asend(_routes.file(file_id))

    def delete_file(self, file_id: str) -> bool:
        """Delete a file and return whether the server says that it is gone."""
        return self._send(_routes.delete_file(file_id))

    async def adelete_file(self, file_id: str) -> bool:
        """Return what `delete_file` does."""
        return await self._asend(_routes.delete_file(file_id))

    def file_content(self, file_id: str) -> str:
        """Return the text that was extracted from a file."""
        return self._send(_routes.file_content(file_id))

    async def afile_content(self, file_id: str) -> str:
        """Return what `file_content` does."""
        return await self._asend(_routes.file_content(file_id))

    def document(self, path: str | Path, *, content: bytes | None = None) -> dict[str, str]:
        """Return a document as a system message, to stand before the question about it.

        The API takes no reference to a file in a chat: its text is extracted on the server, comes
        back, and goes into the messages. The uploaded file is deleted again.

        Args:
            path: Where the document is.
            content: Its bytes, where it is on no disk.
        """
        uploaded = self.upload_file(path, content=content)
        try:
            return _system(self.file_content(uploaded.id))
        finally:
            self.delete_file(uploaded.id)

    async def adocument(self, path: str | Path, *, content: bytes | None = None) -> dict[str, str]:
        """Return what `document` does."""
        uploaded = await self.aupload_file(path, content=content)
        try:
            return _system(await self.afile_content(uploaded.id))
        finally:
            await self.adelete_file(uploaded.id)

    def _lines(
        self, requests: Mapping[str, Sequence[Message]], options: Options | None
    ) -> Call[RemoteFile]:
        if not requests:
            raise KimiConfigError("A batch needs at least one request; requests is empty.")
        payloads = {
            name: self._chat.request(messages, None, options, stream=False).payload
            for name, messages in requests.items()
        }
        return _routes.upload_file("batch.jsonl", batch_lines(payloads), "batch")

    def submit_batch(
        self,
        requests: Mapping[str, Sequence[Message]],
        *,
        options: Options | None = None,
        window: str = "24h",
        metadata: Mapping[str, str] | None = None,
    ) -> Batch:
        """Submit chats that are answered within hours, at a lower price.

        Args:
            requests: custom_id -> OpenAI-style messages.
            options: What else was set, the same for all. Only the K2 series is documented to have
                batches (2026-09), so name the client's model: the default one has none.
            window: How long it may take, "12h" to "7d".
            metadata: Up to 16 notes, returned with the batch.
        """
        uploaded = self._send(self._lines(requests, options))
        call = _routes.create_batch(uploaded.id, window=window, metadata=metadata)
        return self._send(call)

    async def asubmit_batch(
        self,
        requests: Mapping[str, Sequence[Message]],
        *,
        options: Options | None = None,
        window: str = "24h",
        metadata: Mapping[str, str] | None = None,
    ) -> Batch:
        """Return what `submit_batch` does."""
        uploaded = await self._asend(self._lines(requests, options))
        call = _routes.create_batch(uploaded.id, window=window, metadata=metadata)
        return await self._asend(call)

    def batch(self, batch_id: str) -> Batch:
        """Return how a batch is doing."""
        return self._send(_routes.batch(batch_id))

    async def abatch(self, batch_id: str) -> Batch:
        """Return what `batch` does."""
        return await self._asend(_routes.batch(batch_id))

    def batches(self, *, after: str | None = None, limit: int = 20) -> tuple[Batch, ...]:
        """Return batches, those behind the id `after`."""
        return self._send(_routes.batches(after=after, limit=limit))

    async def abatches(self, *, after: str | None = None, limit: int = 20) -> tuple[Batch, ...]:
        """Return what `batches` does."""
        return await self._asend(_routes.batches(after=after, limit=limit))

    def cancel_batch(self, batch_id: str) -> Batch:
        """Ask for a batch to be stopped; what was answered by then can be collected."""
        return self._send(_routes.cancel_batch(batch_id))

    async def acancel_batch(self, batch_id: str) -> Batch:
        """Return what `cancel_batch` does."""
        return await self._asend(_routes.cancel_batch(batch_id))

    def collect_batch(
        self, batch_id: str, *, poll: float = 30.0, progress: bool = False
    ) -> dict[str, BatchResult]:
        """Wait for a batch to end, and return its results by custom_id.

        A batch that failed, expired or was cancelled gives what there is: requests without an
        answer or an error are absent.

        Args:
            batch_id: The batch.
            poll: Seconds between two looks.
            progress: Whether to show a progress bar, which needs tqdm (the extra ``[cli]``).

        Raises:
            KimiConfigError: Where `progress` is asked for and tqdm is missing.
            KimiBadRequestError: Where the server refused the batch as a whole.
        """
        with Progress(batch_id, self._chat.capabilities, shown=progress) as bar:
            while not bar.update(self.batch(batch_id)):
                time.sleep(poll)
        return self._merged([self.file_content(name) for name in bar.result_files()])

    async def acollect_batch(
        self, batch_id: str, *, poll: float = 30.0, progress: bool = False
    ) -> dict[str, BatchResult]:
        """Return what `collect_batch` does."""
        with Progress(batch_id, self._chat.capabilities, shown=progress) as bar:
            while not bar.update(await self.abatch(batch_id)):  # noqa: ASYNC110 - a server
                await asyncio.sleep(poll)
        return self._merged([await self.afile_content(name) for name in bar.result_files()])

    def _merged(self, texts: list[str]) -> dict[str, BatchResult]:
        request = self._chat.request([{"role": "user", "content": "-"}], stream=False)
        merged: dict[str, BatchResult] = {}
        for text in texts:
            merged.update(batch_results(text, request))
        return merged


def _upload(path: Path, purpose: str, content: bytes | None) -> Call[RemoteFile]:
    data = path.read_bytes() if content is None else content
    return _routes.upload_file(path.name, data, purpose)


def _system(text: str) -> dict[str, str]:
    return {"role": "system", "content": text}
