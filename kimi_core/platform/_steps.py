"""What is asked of Moonshot for a batch, one request after the other. Sans I/O, but for a journal.

Owns: the order of requests from the file of requests to the answers, and how one that was killed
goes on. May know: its own files, capabilities, errors, files, request, transport.

Each function is a generator of steps: a `Call` to be sent, whose answer is sent back in, or seconds
to wait. `KimiClient` runs them, sync and async.
"""

from __future__ import annotations

import hashlib
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from kimi_core.capabilities import Capabilities
from kimi_core.errors import error_from_body
from kimi_core.files import routes
from kimi_core.files.routes import RemoteFile
from kimi_core.platform import _routes
from kimi_core.platform._batch import BatchResult, batch_results
from kimi_core.platform._journal import Journal
from kimi_core.platform._progress import Progress
from kimi_core.platform._routes import Batch
from kimi_core.request import Request
from kimi_core.transport.call import Call

__all__ = [
    "Creation",
    "Steps",
    "Watching",
    "asked",
    "collect",
    "results",
    "resume",
    "submit",
]

_T = TypeVar("_T")

Steps = Generator[Call[Any] | float, Any, _T]
"""Requests and waits, and what comes of them."""

_PAGE = 20  # the documented default; the most is not documented


@dataclass(frozen=True, slots=True)
class Creation:
    """What a batch is created with.

    Attributes:
        window: How long it may take.
        metadata: Notes.
    """

    window: str
    metadata: Mapping[str, str] | None

    def call(self, file_id: str) -> Call[Batch]:
        """Return the request."""
        return _routes.create_batch(file_id, window=self.window, metadata=self.metadata)


@dataclass(frozen=True, slots=True)
class Watching:
    """How a batch is waited for.

    Attributes:
        poll: Seconds between two looks.
        progress: Whether a bar is shown.
        capabilities: Names endpoint and model in an error.
    """

    poll: float
    progress: bool
    capabilities: Capabilities


def submit(lines: bytes, creation: Creation) -> Steps[Batch]:
    """Upload a file of requests and create its batch."""
    uploaded = yield routes.upload_file("batch.jsonl", lines, "batch")
    batch: Batch = yield creation.call(uploaded.id)
    return batch


def collect(batch_id: str, watching: Watching) -> Steps[tuple[str, list[str]]]:
    """Wait for the end of a batch; return its last status and its files of results.

    Raises:
        KimiConfigError: Where a bar is asked for and tqdm is missing.
        KimiBadRequestError: Where the server refused the batch as a whole.
    """
    with Progress(batch_id, watching.capabilities, shown=watching.progress) as bar:
        while not bar.update((yield _routes.batch(batch_id))):
            yield watching.poll
    texts: list[str] = []
    for name in bar.result_files():
        texts.append((yield routes.file_content(name)))  # noqa: PERF401 - yield has no place there
    return bar.status, texts


def asked(files: Sequence[bytes], server: str, requests: int) -> dict[str, Any]:
    """Return what a journal keeps of the arguments: by it a second call is known for the same."""
    digests = [hashlib.sha256(lines).hexdigest() for lines in files]
    return {"server": server, "requests": requests, "sha256": digests}


def resume(
    journal: Journal, files: Sequence[bytes], creation: Creation, watching: Watching
) -> Steps[None]:
    """Do what the journal does not say was done, until it holds all results."""
    batches: list[str] = []
    for number, lines in enumerate(files):
        file_id = yield from _upload(journal, number, lines)
        batches.append((yield from _create(journal, number, file_id, creation)))
    for number, batch_id in enumerate(batches):
        if journal.reached(number, "collected") is None:
            status, texts = yield from collect(batch_id, watching)
            for text in texts:
                _routes.json_lines(text)  # what is no JSON is refused, not kept
                journal.keep(text)
            journal.note(number, "collected", status)


def _upload(journal: Journal, number: int, lines: bytes) -> Steps[str]:
    known = journal.reached(number, "uploaded")
    if known is not None:
        return known
    name, found = f"kimi-{journal.run}-{number}.jsonl", None
    if journal.reached(number, "uploading") is not None:
        listed: tuple[RemoteFile, ...] = yield routes.files()
        # One that broke off half-way is not whole.
        whole = [file for file in listed if (file.filename, file.size) == (name, len(lines))]
        found = whole[0] if whole else None
    journal.note(number, "uploading", name)
    file: RemoteFile = found or (yield routes.upload_file(name, lines, "batch"))
    journal.note(number, "uploaded", file.id)
    return file.id


def _create(journal: Journal, number: int, file_id: str, creation: Creation) -> Steps[str]:
    known = journal.reached(number, "created")
    if known is not None:
        return known
    found = None
    if journal.reached(number, "creating") is not None:
        found = yield from _batch_of(file_id)
    journal.note(number, "creating", file_id)
    batch: Batch = found or (yield creation.call(file_id))
    journal.note(number, "created", batch.id)
    return batch.id


def _batch_of(file_id: str) -> Steps[Batch | None]:
    """Look for the batch of an uploaded file among all that the account has."""
    after: str | None = None
    while True:
        page: tuple[Batch, ...] = yield _routes.batches(after=after, limit=_PAGE)
        for batch in page:
            if batch.input_file_id == file_id:
                return batch
        if len(page) < _PAGE or page[-1].id == after:
            return None
        after = page[-1].id


def results(
    journal: Journal, names: Sequence[str], request: Request, files: int
) -> dict[str, BatchResult]:
    """Return what the journal holds, a result for each request.

    Args:
        journal: All of whose files were collected.
        names: The custom_id of each request.
        request: Says how an answer is read.
        files: How many files of requests there were.
    """
    held = batch_results("\n".join(journal.lines), request)
    ends = {journal.reached(number, "collected") for number in range(files)}
    told = {"message": f"the batch ended ({', '.join(sorted(map(str, ends)))}) without an answer"}
    where = request.capabilities
    return {
        name: held.get(name)
        or BatchResult(
            custom_id=name,
            error=error_from_body(
                told, endpoint=where.endpoint.name, model=where.model, status=None
            ),
        )
        for name in names
    }
