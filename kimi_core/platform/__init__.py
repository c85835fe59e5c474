"""Moonshot's other routes: models, balance, token estimate, files, batches, official tools.

Owns: `KimiClient`, whose methods are thin shells that send what `_routes` describes and take the
steps of `_steps`, sync and async; `anthropic_kwargs` stands beside it.
May know: its own files, _json, chat, config, endpoints, errors, files, request, transport.

Every method has an async twin whose name begins with ``a``. Only the first-party endpoints have
these routes; another server answers with a 404, which is a `KimiNotFoundError`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, final

from kimi_core._json import Message, Tool
from kimi_core.chat import ClosesItself, KimiChat, Settings
from kimi_core.config import ApiKey
from kimi_core.endpoints import Endpoint
from kimi_core.errors import KimiConfigError
from kimi_core.files import routes
from kimi_core.files.routes import RemoteFile
from kimi_core.platform import _routes, _steps
from kimi_core.platform._anthropic import anthropic_kwargs
from kimi_core.platform._batch import BatchResult, batch_files, batch_results, one_file
from kimi_core.platform._driver import arun, run
from kimi_core.platform._hosted import HostedTools
from kimi_core.platform._journal import Journal
from kimi_core.platform._official import OFFICIAL_TOOLS, OfficialTool
from kimi_core.platform._place import moonshot_at
from kimi_core.platform._routes import Balance, Batch, RemoteModel
from kimi_core.request import Options, Request
from kimi_core.transport.call import Call

__all__ = [
    "OFFICIAL_TOOLS",
    "Balance",
    "Batch",
    "BatchResult",
    "KimiClient",
    "OfficialTool",
    "RemoteFile",
    "RemoteModel",
    "anthropic_kwargs",
    "client_of",
]


@final
class KimiClient(HostedTools):
    """Moonshot's routes besides chat.

    A context manager, sync and async; it closes the connections at its end.

    Args:
        model: The model of token estimates and batches; the endpoint's default where it is None.
        endpoint: A preset's name or an `Endpoint`; Moonshot's where it is None, or that of a known
            host in `base_url`.
        api_key: The key, or a function (async, too) that is asked for it with each request; found
            as `kimi_core.config` says where it is None.
        base_url: Where the server is; the endpoint's own where it is None. An unknown host gets no
            key from the environment unless `endpoint` is named.
        settings: Any other setting of `kimi_core.chat.Settings`, e.g. ``max_retries``.

    Raises:
        KimiConfigError: For anything that cannot work, before any request.
    """

    def __init__(
        self,
        model: str | None = None,
        *,
        endpoint: str | Endpoint | None = None,
        api_key: ApiKey | None = None,
        base_url: str | None = None,
        **settings: Any,  # noqa: ANN401 - the rest of Settings
    ) -> None:
        endpoint = moonshot_at(base_url, api_key) if endpoint is None else endpoint
        self._chat = KimiChat(
            Settings(model=model, endpoint=endpoint, api_key=api_key, base_url=base_url, **settings)
        )

    @classmethod
    def of(cls, llm: ClosesItself) -> KimiClient:
        """Return one that asks over another's connection, with its key.

        Args:
            llm: A ``ChatKimiK2`` of either framework; it stays whose connection it is.
        """
        client = cls.__new__(cls)
        client._chat = llm._chat  # noqa: SLF001 - of the same base
        return client

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
        return self._send(routes.files())

    async def afiles(self) -> tuple[RemoteFile, ...]:
        """Return what `files` does."""
        return await self._asend(routes.files())

    def file(self, file_id: str) -> RemoteFile:
        """Return what is known of one file."""
        return self._send(routes.file(file_id))

    async def afile(self, file_id: str) -> RemoteFile:
        """Return what `file` does."""
        return await self._asend(routes.file(file_id))

    def delete_file(self, file_id: str) -> bool:
        """Delete a file and return whether the server says that it is gone."""
        return self._send(routes.delete_file(file_id))

    async def adelete_file(self, file_id: str) -> bool:
        """Return what `delete_file` does."""
        return await self._asend(routes.delete_file(file_id))

    def file_content(self, file_id: str) -> str:
        """Return the text that was extracted from a file."""
        return self._send(routes.file_content(file_id))

    async def afile_content(self, file_id: str) -> str:
        """Return what `file_content` does."""
        return await self._asend(routes.file_content(file_id))

    def _prepared(
        self,
        requests: Mapping[str, Sequence[Message]],
        tools: Sequence[Tool] | None,
        options: Options | None,
    ) -> tuple[list[bytes], Request]:
        """Return the files of requests, and one of these, which says how all answers are read."""
        chat = self._chat
        built = {
            name: chat.with_documents(chat.request(messages, tools, options, stream=False))
            for name, messages in requests.items()
        }
        files = batch_files({name: request.payload for name, request in built.items()})
        return files, next(iter(built.values()))

    def submit_batch(
        self,
        requests: Mapping[str, Sequence[Message]],
        *,
        tools: Sequence[Tool] | None = None,
        options: Options | None = None,
        window: str = "24h",
        metadata: Mapping[str, str] | None = None,
    ) -> Batch:
        """Return a batch of chats that are answered within hours, at a lower price.

        The batch is created by one request, without retries: one whose answer was lost may have
        arrived, and would be paid twice. `run_batch` finds out.

        Args:
            requests: custom_id -> OpenAI-style messages, up to 100 MB in all.
            tools: OpenAI-style tool dicts, the same for all.
            options: What else was set, the same for all. Only the K2 series is documented to have
                batches (2026-09), so name the client's model: the default one has none.
            window: How long it may take, "12h" to "7d".
            metadata: Up to 16 notes, returned with the batch.
        """
        files, _ = self._prepared(requests, tools, options)
        return run(self._send, _steps.submit(one_file(files), _steps.Creation(window, metadata)))

    async def asubmit_batch(
        self,
        requests: Mapping[str, Sequence[Message]],
        *,
        tools: Sequence[Tool] | None = None,
        options: Options | None = None,
        window: str = "24h",
        metadata: Mapping[str, str] | None = None,
    ) -> Batch:
        """Return what `submit_batch` does; the requests are written in a thread."""
        files, _ = await asyncio.to_thread(self._prepared, requests, tools, options)
        return await arun(
            self._asend, _steps.submit(one_file(files), _steps.Creation(window, metadata))
        )

    def run_batch(  # noqa: PLR0913 - keyword-only: what `submit_batch` and `collect_batch` take
        self,
        requests: Mapping[str, Sequence[Message]],
        *,
        state_file: str | Path,
        tools: Sequence[Tool] | None = None,
        options: Options | None = None,
        window: str = "24h",
        metadata: Mapping[str, str] | None = None,
        poll: float = 30.0,
        progress: bool = False,
    ) -> dict[str, BatchResult]:
        """Submit chats as `submit_batch` does, wait for them, and return a result for each.

        Whatever ends the process, calling this again with the same arguments goes on: nothing is
        asked twice and no result is lost. What was reached stands in `state_file`, whose lines
        docs/scale.md describes; once all results are in it they are read from there, without any
        request. Requests beyond 100 MB become several batches.

        Args:
            requests: custom_id -> OpenAI-style messages.
            state_file: Where the state and the results are kept, a file of this run alone. The
                prompts and the key are not in it.
            tools: OpenAI-style tool dicts, the same for all.
            options: What else was set, the same for all.
            window: How long a batch may take, "12h" to "7d".
            metadata: Up to 16 notes, returned with each batch.
            poll: Seconds between two looks.
            progress: Whether to show a progress bar, which needs tqdm (the extra ``[cli]``).

        Returns:
            A result for each request, in their order. One that its batch ended without (cancelled,
            expired) has an error that says so.

        Raises:
            KimiConfigError: Where `state_file` cannot be opened, is in use, or belongs to other
                requests.
            KimiBadRequestError: Where the server refused a batch as a whole.
            KimiAPIError: Where a request failed; calling it again goes on.
        """
        files, request = self._prepared(requests, tools, options)
        creation, watching = _steps.Creation(window, metadata), self._watching(poll, progress)
        with self._journal(state_file, files, len(requests)) as journal:
            run(self._send, _steps.resume(journal, files, creation, watching))
        return _steps.results(journal, list(requests), request, len(files))

    async def arun_batch(  # noqa: PLR0913 - as above
        self,
        requests: Mapping[str, Sequence[Message]],
        *,
        state_file: str | Path,
        tools: Sequence[Tool] | None = None,
        options: Options | None = None,
        window: str = "24h",
        metadata: Mapping[str, str] | None = None,
        poll: float = 30.0,
        progress: bool = False,
    ) -> dict[str, BatchResult]:
        """Return what `run_batch` does; the requests are written in a thread."""
        files, request = await asyncio.to_thread(self._prepared, requests, tools, options)
        creation, watching = _steps.Creation(window, metadata), self._watching(poll, progress)
        with self._journal(state_file, files, len(requests)) as journal:
            await arun(self._asend, _steps.resume(journal, files, creation, watching))
        return _steps.results(journal, list(requests), request, len(files))

    def _journal(self, path: str | Path, files: Sequence[bytes], requests: int) -> Journal:
        server = self._chat.transport.base_url
        return Journal(Path(path), _steps.asked(files, server, requests))

    def _watching(self, poll: float, progress: bool) -> _steps.Watching:  # noqa: FBT001 - private
        return _steps.Watching(poll, progress, self._chat.capabilities)

    def batch(self, batch_id: str) -> Batch:
        """Return how a batch is doing."""
        return self._send(_routes.batch(batch_id))

    async def abatch(self, batch_id: str) -> Batch:
        """Return what `batch` does."""
        return await self._asend(_routes.batch(batch_id))

    def batches(self, *, after: str | None = None, limit: int = 20) -> tuple[Batch, ...]:
        """Return up to `limit` batches, those behind the id `after`."""
        return self._send(_routes.batches(after=after, limit=limit))

    async def abatches(self, *, after: str | None = None, limit: int = 20) -> tuple[Batch, ...]:
        """Return what `batches` does."""
        return await self._asend(_routes.batches(after=after, limit=limit))

    def cancel_batch(self, batch_id: str) -> Batch:
        """Have a batch be stopped, and return it; what was answered by then can be collected."""
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
        _, texts = run(self._send, _steps.collect(batch_id, self._watching(poll, progress)))
        return self._merged(texts)

    async def acollect_batch(
        self, batch_id: str, *, poll: float = 30.0, progress: bool = False
    ) -> dict[str, BatchResult]:
        """Return what `collect_batch` does."""
        steps = _steps.collect(batch_id, self._watching(poll, progress))
        _, texts = await arun(self._asend, steps)
        return self._merged(texts)

    def _merged(self, texts: list[str]) -> dict[str, BatchResult]:
        request = self._chat.request([{"role": "user", "content": "-"}], stream=False)
        return batch_results("\n".join(texts), request)


def client_of(llm: ClosesItself | None, settings: Mapping[str, Any]) -> KimiClient:
    """Return the client of an instance's connection and key, or one with settings of its own.

    Args:
        llm: A ``ChatKimiK2`` of either framework; None makes a client from the settings.
        settings: As for `KimiClient`.

    Raises:
        KimiConfigError: For both at once.
    """
    if llm is None:
        return KimiClient(**settings)
    if settings:
        raise KimiConfigError(
            f"llm= brings its own connection, so that {', '.join(sorted(settings))} would do "
            "nothing; pass one or the other."
        )
    return KimiClient.of(llm)


def _upload(path: Path, purpose: str, content: bytes | None) -> Call[RemoteFile]:
    data = path.read_bytes() if content is None else content
    return routes.upload_file(path.name, data, purpose)
