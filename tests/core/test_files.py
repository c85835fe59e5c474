"""Documents that Moonshot reads before a request is sent (``files="extract"``), sync and async.

Owns: what is told of them, that each content is read once and few at a time, that nothing stays in
the account whatever happens, and what is refused before any request. In which blocks frameworks
bring them is in parity/test_files.py.
"""

from __future__ import annotations

import asyncio
import base64
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from kimi_core.chat import KimiChat, Settings
from kimi_core.endpoints import ENDPOINTS
from kimi_core.errors import (
    KimiBadRequestError,
    KimiConfigError,
    KimiConnectionError,
    KimiError,
    KimiProtocolError,
    KimiServerError,
    KimiTimeoutError,
    LeftFileWarning,
)
from kimi_core.files._texts import ending_of
from kimi_core.platform import KimiClient
from kimi_core.request import Options
from kimi_core.request.documents import Document
from kimi_core.testing import MoonshotSimulator
from tests.core.file_server import FileServer
from tests.scripted import Answer, error

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PDF = b"%PDF-1.7 Two plus two."
PLAIN = {"content-type": "text/plain"}
EXTRACT = Options(files="extract")


def file(data: bytes = PDF, name: str | None = "a.pdf", **fields: Any) -> dict[str, Any]:
    url = f"data:application/pdf;base64,{base64.b64encode(data).decode()}"
    return {"type": "file", "file": {"filename": name, "file_data": url, **fields}}


def asks(*parts: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"role": "user", "content": [{"type": "text", "text": "Sum up."}, *parts]}]


@pytest.fixture
def server() -> Iterator[FileServer]:
    with FileServer() as running:
        yield running


def chat_of(server: FileServer, **settings: Any) -> KimiChat:
    given = {"endpoint": "moonshot", "base_url": server.base_url, "api_key": "k", "max_retries": 0}
    return KimiChat(Settings(**{**given, **settings}))


def ask(chat: KimiChat, *parts: dict[str, Any], **options: Any) -> str:
    request = chat.request(asks(*parts), options=replace(EXTRACT, **options), stream=False)
    return chat.ask(request).reader.message().content


async def aask(chat: KimiChat, *parts: dict[str, Any], **options: Any) -> str:
    request = chat.request(asks(*parts), options=replace(EXTRACT, **options), stream=False)
    return (await chat.aask(request)).reader.message().content


def in_a_loop(chat: KimiChat, *parts: dict[str, Any], **options: Any) -> str:
    async def run() -> str:
        try:
            return await aask(chat, *parts, **options)
        finally:
            await chat.aclose()

    return asyncio.run(run())


both = pytest.mark.parametrize("send", [ask, in_a_loop], ids=["sync", "async"])


@both
def test_the_text_takes_the_place_of_the_document(send: Any) -> None:
    """And the simulator of Moonshot's rules takes all of it; of the upload nothing is left."""
    with MoonshotSimulator() as moonshot:
        chat = chat_of(moonshot, api_key=moonshot.api_key)  # type: ignore[arg-type]  # alike
        send(chat, file(), file(b"Plain.", "b.txt"))
        [upload, *_, last] = moonshot.requests
        assert last.body["messages"] == [
            {"role": "user", "content": f"Sum up.\na.pdf:\n{PDF.decode()}\n\nb.txt:\nPlain.\n"}
        ]
        assert (upload.body["purpose"], upload.body["file"]["content"]) == ("file-extract", PDF)
        assert upload.body["file"]["filename"].endswith(".pdf")  # by which it is known
        assert moonshot.refusals == []
        with KimiClient(base_url=moonshot.base_url, api_key=moonshot.api_key) as client:
            assert client.files() == ()


def test_a_payload_says_what_will_come_there(server: FileServer) -> None:
    request = chat_of(server).request(asks(file()), options=EXTRACT, stream=False)
    content = request.payload["messages"][0]["content"]
    assert content.startswith("Sum up.\na.pdf:\n(the text of this document, which Moonshot reads")
    assert [document.name for document in request.documents] == ["a.pdf"]
    assert server.uploads == []


def test_other_forms_of_a_document(server: FileServer, tmp_path: Path) -> None:
    (tmp_path / "far.pdf").write_bytes(PDF + b" Far.")
    encoded = base64.b64encode(PDF).decode()
    source = {"type": "base64", "media_type": "application/pdf", "data": encoded}
    parts = [
        {"type": "document", "title": "Claude's", "source": source},
        {"type": "file", "file": {"file_data": encoded}},
        {"type": "file", "file": {"file_url": f"data:;base64,{encoded}"}},
        {"type": "file", "file": {"filename": "plain", "file_url": "data:,Hell%2C%20too"}},
        {"type": "file", "file": {"file_url": (tmp_path / "far.pdf").as_uri()}},
    ]
    ask(chat_of(server), *parts, media_folder=tmp_path)
    text = PDF.decode()
    named = {"Claude's": text, "document": text, "far.pdf": f"{text} Far.", "plain": "Hell, too"}
    content = server.messages[0][0]["content"]
    for name, said in named.items():
        assert f"\n{name}:\n{said}\n" in content
    assert [name.rpartition(".")[2] for name in server.uploads] == ["pdf", "pdf"]


def test_what_the_server_says_of_a_document_is_told(server: FileServer) -> None:
    """Its text, also where that comes in an object; and that there is none."""
    told = {b"": "(no text was found in this document)"}
    told[b'{"content": "Four.", "file_type": "application/pdf", "title": ""}'] = "Four."
    told[b'{"content": "Four."}'] = '{"content": "Four."}'
    told[b"{Four."] = "{Four."
    for number, (answer, text) in enumerate(told.items()):
        server.faults["content"] = Answer((answer,) if answer else (), headers=PLAIN)
        ask(chat_of(server), file(PDF + bytes([number])))
        assert server.messages[-1][0]["content"] == f"Sum up.\na.pdf:\n{text}\n"


# -- once, and few at a time -----------------------------------------------------------------------


def test_each_content_is_read_once_for_an_account(server: FileServer) -> None:
    """By a conversation that carries it along, by copies, by clients, and by many at once."""
    chat = chat_of(server)
    server.held.clear()
    with ThreadPoolExecutor(6) as pool:
        asked = [pool.submit(ask, chat, file(), file()) for _ in range(6)]
        server.arrived.wait()
        server.held.set()
        assert {one.result() for one in asked} == {"Read."}
    ask(chat_of(server), file(name="b.pdf"))

    async def at_once() -> None:
        another = chat_of(server)
        await asyncio.gather(*(aask(another, file(), file(PDF + b"!")) for _ in range(6)))
        await another.aclose()

    asyncio.run(at_once())
    with KimiClient.of(_Holder(chat)) as client:
        assert client.document("c.pdf", content=PDF)["content"] == PDF.decode()
    assert len(server.uploads) == 2  # the one with "!" is another
    ask(chat_of(server, api_key="another"), file())
    assert len(server.uploads) == 3
    assert server.stored == {}


class _Holder:
    def __init__(self, chat: KimiChat) -> None:
        self._chat = chat


@both
def test_many_are_read_at_once_and_no_more_than_four(server: FileServer, send: Any) -> None:
    server.together = threading.Barrier(4, timeout=20)
    send(chat_of(server), *(file(PDF + bytes([48 + number])) for number in range(8)))
    assert not server.together.broken
    said = server.messages[0][0]["content"].split("\n")
    assert [line[-1] for line in said if line.startswith("%PDF")] == list("01234567")
    server.together = threading.Barrier(5, timeout=0.2)
    send(chat_of(server, api_key="another"), *(file(PDF + bytes([n])) for n in range(5)))
    assert server.together.broken
    assert server.stored == {}


def test_an_event_loop_goes_on_meanwhile(server: FileServer) -> None:
    """What lets the server answer runs in the loop that waits for it."""
    server.held.clear()

    async def run() -> str:
        chat = chat_of(server)
        asking = asyncio.create_task(aask(chat, file()))
        await asyncio.to_thread(server.arrived.wait)
        server.held.set()
        answer = await asking
        await chat.aclose()
        return answer

    assert asyncio.run(run()) == "Read."


def emptied(server: FileServer) -> None:
    """Wait for what is deleted behind the back of a caller who was let go."""
    for _ in range(500):
        if not server.stored:
            break
        threading.Event().wait(0.01)


# -- nothing is left -------------------------------------------------------------------------------

FAULTS: dict[str, tuple[str, Answer, type[KimiError], str]] = {
    "it cannot be read": (
        "content", error(400, "no text", "invalid_request_error"), KimiBadRequestError, "no text",
    ),
    "the server fails": ("content", error(500, "oh", "server_error"), KimiServerError, "oh"),
    "the answer to the upload is lost": ("upload", Answer((b"{",), breaks=True), KimiError, ""),
    "the text breaks off": ("content", Answer((b"Two",), breaks=True), KimiConnectionError, ""),
    "the upload has no id": ("upload", Answer((b"{}",)), KimiError, "lacks 'id'"),
    "the upload's id is none": (
        "upload", Answer((b'{"id": null}',)), KimiProtocolError, "the id None",
    ),
    "the server says that it failed": (
        "upload", Answer((b'{"id": "file-0", "status": "error"}',)), KimiBadRequestError, "status",
    ),
}  # fmt: skip


@both
@pytest.mark.parametrize("fault", FAULTS)
def test_an_error_names_the_document_and_leaves_nothing(
    server: FileServer, send: Any, fault: str
) -> None:
    what, answer, kind, words = FAULTS[fault]
    server.faults[what] = answer
    with pytest.raises(kind, match=rf"document 'a\.pdf': .*{words}"):
        send(chat_of(server), file())
    assert (server.stored, server.messages) == ({}, [])


@pytest.mark.parametrize("rows", [b"7", b'["file-0"]', b"[null]", b'{"file-0": 1}'])
def test_a_list_that_is_none_leaves_a_file_and_says_so(server: FileServer, rows: bytes) -> None:
    server.faults = {
        "upload": Answer((b"{",), breaks=True),
        "list": Answer((b'{"data": ' + rows + b"}",)),
    }
    with (
        pytest.warns(LeftFileWarning, match="is not a list of objects"),
        pytest.raises(KimiConnectionError),
    ):
        ask(chat_of(server), file())


@both
def test_a_size_that_is_none_is_not_looked_at(server: FileServer, send: Any) -> None:
    server.faults["upload"] = Answer((b'{"id": "file-0", "bytes": "many"}',))
    server.faults["content"] = Answer((b"Four.",), headers=PLAIN)
    assert send(chat_of(server), file()) == "Read."


@both
def test_an_upload_that_cannot_be_deleted_is_told_and_the_answer_comes(
    server: FileServer, send: Any
) -> None:
    server.faults["delete"] = error(500, "later", "server_error")
    with pytest.warns(
        LeftFileWarning, match=r"'kimi-\w+\.pdf'.* delete_file\(id\) deletes"
    ) as told:
        assert send(chat_of(server), file()) == "Read."
    assert told[0].filename == __file__


@both
def test_a_request_that_runs_out_of_time_leaves_nothing(server: FileServer, send: Any) -> None:
    server.held.clear()
    chat = chat_of(server)
    with pytest.raises(KimiTimeoutError, match=r"did not answer within 0\.3 s"):
        send(chat, file(), total_timeout=0.3)
    server.held.set()
    emptied(server)
    assert (server.stored, server.messages, len(server.uploads)) == ({}, [], 1)


@pytest.mark.parametrize("times", [1, 3])
def test_a_task_that_is_cancelled_leaves_nothing(server: FileServer, times: int) -> None:
    """Once, or again while it deletes, as scopes of anyio do."""
    server.held.clear()

    async def run() -> None:
        chat = chat_of(server)
        asking = asyncio.create_task(aask(chat, file(), file(PDF + b"!")))
        await asyncio.to_thread(server.arrived.wait)
        for _ in range(times):
            asking.cancel()
            await asyncio.sleep(0)
            await asyncio.sleep(0)
        server.held.set()
        with pytest.raises(asyncio.CancelledError):
            await asking
        await asyncio.to_thread(emptied, server)
        await chat.aclose()

    asyncio.run(run())
    assert server.stored == {}


def test_a_batch_holds_the_texts() -> None:
    with MoonshotSimulator() as moonshot:
        where = {"base_url": moonshot.base_url, "api_key": moonshot.api_key}
        with KimiClient("kimi-k2.6", **where) as client:  # type: ignore[arg-type]  # texts
            client.submit_batch({"one": asks(file())}, options=EXTRACT)
            [lines] = [file for file in client.files() if file.purpose == "batch"]
            assert "Two plus two." in client.file_content(lines.id)


# -- refused before any request --------------------------------------------------------------------

PNG = b"\x89PNG\r\n\x1a\n" + bytes(8)
SMALL = replace(ENDPOINTS["moonshot"], max_file_bytes=30, max_files=2)
REFUSED: dict[str, tuple[list[dict[str, Any]], str]] = {
    "too large": ([file(PDF + bytes(30))], "'a.pdf' has 52 bytes, more than the 30"),
    "too many": ([file(PDF + bytes([n])) for n in range(3)], "3 documents .* keeps 2 files"),
    "a picture": ([file(PNG)], "'a.pdf' is image/png, .* send it as an image"),
    "a file id": (
        [{"type": "file", "file": {"file_id": "file-1"}}],
        r"a file id \('file-1'\), which a message from anybody could name",
    ),
    "an address": (
        [{"type": "file", "file": {"file_url": "https://a.example/b.pdf"}}],
        r"content\[1\]: document 'document' is a URL, which Kimi does not fetch",
    ),
    "a path": (
        [{"type": "file", "file": {"file_url": "/etc/hostname"}}],
        "'/etc/hostname' is not read: a message may come from anybody. Pass media_folder=",
    ),
    "nothing": (
        [{"type": "file", "file": {"filename": "a", "file_data": ""}}],
        r"document 'a' is empty; give its data",
    ),
    "no base64": (
        [{"type": "file", "file": {"filename": "a", "file_data": "data:;base64,%"}}],
        "the data of document 'a' is no base64",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_read_is_refused_before_any_request(server: FileServer, name: str) -> None:
    parts, words = REFUSED[name]
    chat = chat_of(server, endpoint=SMALL)
    with pytest.raises(KimiConfigError, match=words):
        ask(chat, *parts)
    assert server.uploads == []


@pytest.mark.parametrize(
    ("name", "data", "kind", "ending"),
    [
        ("Report.PDF", b"x", None, ".pdf"),
        ("report", b"%PDF-1.7", "text/plain", ".pdf"),
        ("report", b"x", "application/msword", ".doc"),
        ("report", b"x", None, ""),
    ],
)
def test_the_server_is_told_a_kind_by_the_ending(
    name: str, data: bytes, kind: str | None, ending: str
) -> None:
    assert ending_of(Document(name=name, data=data, media_type=kind)) == ending
