"""No request follows a redirect: whatever is sent is for the server that `base_url` names.

Owns: every request that the core makes, against a server that leads to another one. The rows of
`tests/faults/refusals.py` do the same with a conversation through both adapters.
"""

from __future__ import annotations

import asyncio
import http.server
import threading
from contextlib import aclosing, closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import openai
import pytest

from kimi_core.chat import KimiChat, Settings
from kimi_core.check import run_check
from kimi_core.errors import KimiBadRequestError
from kimi_core.platform import KimiClient, OfficialTool
from kimi_core.platform._hosted import HostedTools
from tests.scripted import Listener

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from typing_extensions import Self

HELLO = [{"role": "user", "content": "Hi"}]
STATUSES = [301, 302, 303, 307, 308]


@dataclass
class Leading:
    """A server that answers everything with a redirect, or, where it leads nowhere, with a list.

    Attributes:
        to: The origin that it leads to; the path is that of the request.
        status: The status of the redirect.
        heard: Method, path and headers of each request.
    """

    to: str | None = None
    status: int = 307
    heard: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)

    def __enter__(self) -> Self:
        self._httpd = Listener(("127.0.0.1", 0), _handler(self))
        self._thread = threading.Thread(target=self._httpd.serve_forever, args=(0.01,))
        self._thread.start()
        self.origin = f"http://127.0.0.1:{self._httpd.server_port}"
        return self

    def __exit__(self, *_: object) -> None:
        self._httpd.shutdown()
        self._httpd.server_close()
        self._thread.join()


def _handler(server: Leading) -> type[http.server.BaseHTTPRequestHandler]:
    class Handler(http.server.BaseHTTPRequestHandler):
        def _answer(self) -> None:
            self.rfile.read(int(self.headers.get("content-length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            server.heard.append((self.command, self.path, headers))
            body = b"" if server.to else b'{"data": [{"id": "kimi-k2"}]}'
            self.send_response(server.status if server.to else 200)
            if server.to:
                self.send_header("location", server.to + self.path)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_DELETE = _answer  # noqa: N815 - the library's names

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    return Handler


@pytest.fixture
def elsewhere() -> Iterator[Leading]:
    """A server that nobody may ask."""
    with Leading() as server:
        yield server


@pytest.fixture
def leading(elsewhere: Leading) -> Iterator[Leading]:
    """A server that leads there."""
    with Leading(to=elsewhere.origin) as server:
        yield server


REQUESTS: dict[str, tuple[Any, ...]] = {
    "models": (),
    "balance": (),
    "estimate_tokens": (HELLO,),
    "upload_file": ("/no/such/notes.txt",),
    "files": (),
    "file": ("file_1",),
    "delete_file": ("file_1",),
    "file_content": ("file_1",),
    "document": ("/no/such/notes.txt",),
    "submit_batch": ({"one": HELLO},),
    "run_batch": ({"one": HELLO},),
    "batch": ("batch_1",),
    "batches": (),
    "cancel_batch": ("batch_1",),
    "collect_batch": ("batch_1",),
    "official_tools": ("web-search",),
    "run_official_tool": (
        OfficialTool(
            uri="moonshot/web-search:latest", name="web_search", description="", parameters={}
        ),
        {"query": "x"},
    ),
}
"""The methods of `KimiClient`, each of which makes its first request with these arguments."""
ASKS_NOTHING = {"of"}
WITH_CONTENT = {"upload_file", "document"}


def test_every_method_is_in_the_table() -> None:
    methods = {**vars(HostedTools), **vars(KimiClient)}
    public = {name for name in methods if not name.startswith("_")} - ASKS_NOTHING
    assert public == {name for plain in REQUESTS for name in (plain, f"a{plain}")}


def _client(base_url: str, **settings: Any) -> KimiClient:
    headers = {"x-team": "secret-team"}
    given = {"api_key": "sk-secret", "default_headers": headers, "max_retries": 0, **settings}
    return KimiClient("kimi-k2.6", base_url=base_url, **given)


def _options(name: str, folder: Path) -> dict[str, Any]:
    if name == "run_batch":
        return {"state_file": folder / "run.jsonl"}
    return {"content": b"abc"} if name in WITH_CONTENT else {}


def _ask(client: KimiClient, name: str, folder: Path) -> None:
    with client:
        getattr(client, name)(*REQUESTS[name], **_options(name, folder))


async def _aask(client: KimiClient, name: str, folder: Path) -> None:
    async with client:
        await getattr(client, f"a{name}")(*REQUESTS[name], **_options(name, folder))


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("name", REQUESTS)
def test_no_request_of_the_client_goes_elsewhere(
    leading: Leading, elsewhere: Leading, name: str, status: int, tmp_path: Path
) -> None:
    leading.status = status
    with pytest.raises(KimiBadRequestError, match=f"leads to {elsewhere.origin}"):
        _ask(_client(f"{leading.origin}/v1"), name, tmp_path)
    (tmp_path / "run.jsonl").unlink(missing_ok=True)
    with pytest.raises(KimiBadRequestError, match=f"leads to {elsewhere.origin}"):
        asyncio.run(_aask(_client(f"{leading.origin}/v1"), name, tmp_path))
    assert len(leading.heard) == 2
    assert leading.heard[0][2]["x-team"] == "secret-team"
    assert elsewhere.heard == []


@pytest.mark.parametrize("name", ["models", "file_content", "submit_batch"])
def test_nor_with_a_client_that_would_follow(
    leading: Leading, elsewhere: Leading, name: str, tmp_path: Path
) -> None:
    with openai.DefaultHttpxClient(follow_redirects=True) as mine:
        client = _client(f"{leading.origin}/v1", http_client=mine)
        with pytest.raises(KimiBadRequestError):
            _ask(client, name, tmp_path)

    async def ask() -> None:
        async with openai.DefaultAsyncHttpxClient(follow_redirects=True) as mine:
            await _aask(_client(f"{leading.origin}/v1", http_async_client=mine), name, tmp_path)

    with pytest.raises(KimiBadRequestError):
        asyncio.run(ask())
    assert elsewhere.heard == []


def _chat(base_url: str) -> KimiChat:
    headers = {"x-team": "secret-team"}
    return KimiChat(
        Settings(
            endpoint="vllm", base_url=base_url, api_key="k", default_headers=headers, max_retries=0
        )
    )


def test_nor_the_question_what_a_server_serves(leading: Leading, elsewhere: Leading) -> None:
    """It is asked before the first request, and its errors are silent."""
    with closing(_chat(f"{leading.origin}/v1")) as chat, pytest.raises(KimiBadRequestError):
        chat.open(chat.request(HELLO, stream=True))

    async def ask() -> None:
        async with aclosing(_chat(f"{leading.origin}/v1")) as chat:
            await chat.aopen(chat.request(HELLO, stream=True))

    with pytest.raises(KimiBadRequestError):
        asyncio.run(ask())
    asked = [("GET", "/v1/models"), ("POST", "/v1/chat/completions")]
    assert [heard[:2] for heard in leading.heard] == asked * 2
    assert elsewhere.heard == []


def test_nor_a_look_of_the_check(leading: Leading, elsewhere: Leading) -> None:
    run_check(Settings(endpoint="vllm", base_url=f"{leading.origin}/v1", api_key="k"))
    assert leading.heard
    assert elsewhere.heard == []
