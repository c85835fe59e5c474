"""Documents, read at Moonshot: uploaded, asked for their text, and deleted again.

Owns: how a document is read, how many at once, and that none stays in the account. May know: its
own files, errors, request, transport. Which documents may be read is decided where a request is
built (`kimi_core.request.documents`).

The API takes no reference to a file in a chat: its text is extracted there, comes back, and goes
into the messages. Whoever stops waiting (an error of another document, a timeout, a cancelled
task) leaves no upload behind, as far as the server can still be asked.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Coroutine, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import Context, copy_context
from dataclasses import replace
from typing import Any, TypeVar

from kimi_core.errors import (
    KimiBadRequestError,
    KimiError,
    KimiProtocolError,
    KimiStatusError,
    LeftFileWarning,
    warn,
)
from kimi_core.files import routes
from kimi_core.files._texts import ReadTexts, ending_of, key_of, texts_of
from kimi_core.files.routes import RemoteFile
from kimi_core.request.documents import Document
from kimi_core.transport import Transport
from kimi_core.transport.answers import json_object
from kimi_core.transport.call import Call

__all__ = ["ReadTexts", "aread_documents", "read_documents", "texts_of"]

_T = TypeVar("_T")

_AT_ONCE = 4
_SECONDS_TO_DELETE = 10.0
_UNSAID = "the server did not say that it is gone"

# What is being deleted for tasks that were cancelled: the event loop itself holds a task weakly.
_deleting: set[asyncio.Future[None]] = set()


def read_documents(
    transport: Transport, texts: ReadTexts, documents: Sequence[Document]
) -> list[str]:
    """Return the texts of documents, in their order; four are read at once.

    Args:
        transport: The server, and whose account it is.
        texts: What was read before, and is kept.
        documents: What to read; the same content is read once.

    Raises:
        KimiAPIError: Where the server cannot be asked, or cannot read one; it names the document.
    """
    keys = [key_of(document) for document in documents]
    wanted = dict(zip(keys, documents, strict=True))
    found = {key: text for key in wanted if (text := texts.get(key)) is not None}
    with ThreadPoolExecutor(_AT_ONCE, "kimi-files") as pool:
        reading = {
            # What a request may take is known by the context.
            key: pool.submit(copy_context().run, _read, transport, texts, key, wanted[key])
            for key in wanted.keys() - found.keys()
        }
        try:
            found |= {key: one.result() for key, one in reading.items()}
        finally:
            for one in reading.values():
                one.cancel()
    return [found[key] for key in keys]


async def aread_documents(
    transport: Transport, texts: ReadTexts, documents: Sequence[Document]
) -> list[str]:
    """Return what `read_documents` does, in the running event loop."""
    keys = await asyncio.to_thread(lambda: [key_of(document) for document in documents])
    wanted = dict(zip(keys, documents, strict=True))
    gate = asyncio.Semaphore(_AT_ONCE)
    tasks = [
        asyncio.create_task(_aread(transport, texts, key, document, gate))
        for key, document in wanted.items()
    ]
    try:
        found = dict(zip(wanted, await asyncio.gather(*tasks), strict=True))
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    return [found[key] for key in keys]


def _read(transport: Transport, texts: ReadTexts, key: str, document: Document) -> str:
    with texts.turn(key), _named(document):
        known = texts.get(key)
        return texts.keep(key, _extracted(transport, document)) if known is None else known


async def _aread(
    transport: Transport,
    texts: ReadTexts,
    key: str,
    document: Document,
    gate: asyncio.Semaphore,
) -> str:
    async with texts.aturn(key), gate:
        known = texts.get(key)
        if known is not None:
            return known
        with _named(document):
            return texts.keep(key, await _aextracted(transport, document))


def _extracted(transport: Transport, document: Document) -> str:
    name = _upload_name(document)
    try:
        uploaded = _send(transport, routes.upload_file(name, document.data, "file-extract"))
    except KimiStatusError:
        raise
    except BaseException:  # it may have arrived all the same
        _say_left(name, Context().run(_delete, transport, name, None))
        raise
    try:
        return _text_in(_send(transport, _content_of(uploaded)))
    finally:
        # In no request's time: that may be over, and this has to happen all the same.
        _say_left(name, Context().run(_delete, transport, name, uploaded.id))


async def _aextracted(transport: Transport, document: Document) -> str:
    name = _upload_name(document)
    try:
        uploaded = await _asend(transport, routes.upload_file(name, document.data, "file-extract"))
    except KimiStatusError:
        raise
    except BaseException:
        await _whoever_waits(_adelete(transport, name, None))
        raise
    try:
        return _text_in(await _asend(transport, _content_of(uploaded)))
    finally:
        await _whoever_waits(_adelete(transport, name, uploaded.id))


async def _whoever_waits(work: Coroutine[Any, Any, None]) -> None:
    """Wait for something that is brought to its end though this task is cancelled."""
    task = asyncio.ensure_future(work)
    _deleting.add(task)
    task.add_done_callback(_deleting.discard)
    await asyncio.shield(task)


def _delete(transport: Transport, name: str, file_id: str | None) -> str:
    """Delete an upload, found by its name where nobody knows its id; return why it is left."""
    try:
        listed = () if file_id else _send(transport, _soon(routes.files()))
        ids = [file_id] if file_id else _called(name, listed)
        gone = [_send(transport, _soon(routes.delete_file(one))) for one in ids]
    except KimiError as error:
        return str(error)
    return "" if all(gone) else _UNSAID


async def _adelete(transport: Transport, name: str, file_id: str | None) -> None:
    try:
        listed = () if file_id else await _asend(transport, _soon(routes.files()))
        ids = [file_id] if file_id else _called(name, listed)
        gone = [await _asend(transport, _soon(routes.delete_file(one))) for one in ids]
    except KimiError as error:
        _say_left(name, str(error))
    else:
        _say_left(name, "" if all(gone) else _UNSAID)


def _send(transport: Transport, call: Call[_T]) -> _T:
    return call.read(transport.send(call))


async def _asend(transport: Transport, call: Call[_T]) -> _T:
    return call.read(await transport.asend(call))


def _soon(call: Call[_T]) -> Call[_T]:
    return replace(call, options={"timeout": _SECONDS_TO_DELETE})


def _called(name: str, files: Sequence[RemoteFile]) -> list[str]:
    return [file.id for file in files if file.filename == name]


def _say_left(name: str, why: str) -> None:
    if why:
        warn(
            f"file {name!r}, uploaded to be read, may still be in the account ({why}); "
            "kimi_core.platform.KimiClient().files() lists what is there, delete_file(id) deletes.",
            LeftFileWarning,
        )


def _content_of(uploaded: RemoteFile) -> Call[str]:
    if uploaded.status == "error":
        raise KimiBadRequestError("the server cannot read it (status 'error'); send its text.")
    return routes.file_content(uploaded.id)


def _text_in(answer: str) -> str:
    """Return the text of a document.

    Documented is plain text (2026-09); clients in the wild also read a JSON object with the text
    under "content", beside "file_type", "filename" and "title".
    """
    if not answer.lstrip().startswith("{"):
        return answer
    try:
        told = json_object(answer)
    except KimiProtocolError:
        return answer
    text = told.get("content")
    return text if isinstance(text, str) and "file_type" in told else answer


def _upload_name(document: Document) -> str:
    """Return a name of one upload alone, by which it is found again; its ending says what it is.

    The caller's own name may be anybody's, and is in the message.
    """
    return f"kimi-{secrets.token_hex(8)}{ending_of(document)}"


@contextmanager
def _named(document: Document) -> Generator[None, None, None]:
    """Let an error say which document it is about."""
    try:
        yield
    except KimiError as error:
        error.args = (f"document {document.name!r}: {error}", *error.args[1:])
        raise
