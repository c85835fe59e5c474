"""A picture is fetched from the web when the caller says so, and never more than was asked.

Owns: `kimi_core.fetch`, and its way into a request. The web is a server on this machine.
"""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest

from kimi_core.errors import KimiConfigError
from kimi_core.fetch import fetch_media
from tests.core.asking import payload

if TYPE_CHECKING:
    from collections.abc import Iterator

PNG = b"\x89PNG\r\n\x1a\n" + bytes(8)
PAGES = {"/a.png": (200, PNG), "/gone": (404, b"no"), "/moved": (302, b""), "/file": (302, b"")}
TARGETS = {"/moved": "/a.png", "/file": "file:///etc/hostname"}
RELEASED = threading.Event()


class _Pages(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path == "/stalls":
            self._begin()
            return
        status, data = PAGES[self.path]
        self.send_response(status)
        if self.path in TARGETS:
            self.send_header("location", TARGETS[self.path])
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def _begin(self) -> None:
        """Promise a large file, and send only its beginning."""
        self.send_response(200)
        self.send_header("content-length", "1000000")
        self.end_headers()
        self.wfile.write(PNG)
        self.wfile.flush()
        RELEASED.wait()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def web() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Pages)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    RELEASED.set()
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "*")


@pytest.mark.parametrize("page", ["/a.png", "/moved"])
def test_what_is_there_comes_back(web: str, page: str) -> None:
    assert fetch_media(web + page, timeout=5.0) == PNG


def test_a_request_holds_what_was_fetched(web: str) -> None:
    part = {"type": "image_url", "image_url": {"url": f"{web}/a.png"}}
    messages = [{"role": "user", "content": [part]}]
    found = payload("moonshot", messages=messages, media_fetcher=fetch_media)
    sent = found["messages"][0]["content"][0]["image_url"]["url"]
    assert sent == "data:image/png;base64,iVBORw0KGgoAAAAAAAAAAA=="


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("{}/gone", "HTTP Error 404"),
        ("{}/file", "not allowed"),  # a redirect to a local file
        ("http://127.0.0.1:9/a.png", "refused"),
        ("file:///etc/hostname", "unknown url type"),
        ("a.png", "unknown url type"),
    ],
)
def test_what_does_not_answer_is_refused(web: str, address: str, reason: str) -> None:
    url = address.format(web)
    with pytest.raises(KimiConfigError) as caught:
        fetch_media(url, timeout=5.0)
    assert str(caught.value).startswith(f"the media at {url!r} cannot be fetched (")
    assert reason in str(caught.value)
    assert "give a URL that answers, a path, or the bytes." in str(caught.value)


def test_what_is_too_large_is_refused(web: str) -> None:
    assert fetch_media(f"{web}/a.png", max_bytes=len(PNG)) == PNG
    with pytest.raises(KimiConfigError, match="has more than 15 bytes; make it smaller"):
        fetch_media(f"{web}/a.png", max_bytes=15)


def test_no_more_is_read_than_may_be_kept(web: str) -> None:
    with pytest.raises(KimiConfigError, match="has more than 15 bytes"):
        fetch_media(f"{web}/stalls", max_bytes=15, timeout=0.5)
    with pytest.raises(KimiConfigError, match=r"cannot be fetched .*timed out"):
        fetch_media(f"{web}/stalls", timeout=0.1)
