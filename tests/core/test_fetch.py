"""A picture is fetched from the web when the caller says so, and never more than was asked.

Owns: `kimi_core.fetch`, and its way into a request. The web is a server on this machine.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from kimi_core import fetch
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
        if self.path in {"/drips", "/cut"}:
            self._drip() if self.path == "/drips" else self._cut()
            return
        status, data = PAGES[self.path]
        self.send_response(status)
        if self.path in TARGETS:
            self.send_header("location", TARGETS[self.path])
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def _cut(self) -> None:
        self.send_response(200)
        self.send_header("content-length", "1000000")
        self.end_headers()
        self.wfile.write(PNG)

    def _drip(self) -> None:
        """Send a byte whenever the reader may have become impatient, until nobody reads."""
        self.send_response(200)
        self.send_header("content-length", "1000000")
        self.end_headers()
        with contextlib.suppress(ConnectionError):
            while not RELEASED.wait(0.02):
                self.wfile.write(b"x")

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


here = partial(fetch_media, allow_private=True)


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
    assert here(web + page, timeout=5.0) == PNG


def test_a_request_holds_what_was_fetched(web: str) -> None:
    part = {"type": "image_url", "image_url": {"url": f"{web}/a.png"}}
    messages = [{"role": "user", "content": [part]}]
    found = payload("moonshot", messages=messages, media_fetcher=here)
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
        here(url, timeout=5.0)
    assert str(caught.value).startswith(f"the media at {url!r} cannot be fetched (")
    assert reason in str(caught.value)
    assert "give a URL that answers, a path, or the bytes." in str(caught.value)


def test_what_is_too_large_is_refused(web: str) -> None:
    assert here(f"{web}/a.png", max_bytes=len(PNG)) == PNG
    with pytest.raises(KimiConfigError, match="has more than 15 bytes; make it smaller"):
        here(f"{web}/a.png", max_bytes=15)


def test_no_more_is_read_than_may_be_kept(web: str) -> None:
    with pytest.raises(KimiConfigError, match="has more than 15 bytes"):
        here(f"{web}/stalls", max_bytes=15, timeout=30)
    with pytest.raises(KimiConfigError, match=r"cannot be fetched \(not whole after 0.1 seconds\)"):
        here(f"{web}/stalls", timeout=0.1)


def test_a_server_that_drips_does_not_hold_the_caller(web: str) -> None:
    """A byte now and then outlives the timeout of a socket, which is for each read."""
    with pytest.raises(KimiConfigError, match=r"not whole after 0.2 seconds"):
        here(f"{web}/drips", timeout=0.2)


def test_looking_up_a_name_takes_of_the_same_time(monkeypatch: pytest.MonkeyPatch) -> None:
    found = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found.wait(5.0) and [])
    try:
        with pytest.raises(KimiConfigError, match=r"not whole after 0.3 seconds"):
            here("http://pictures.example/a.png", timeout=0.3)
    finally:
        found.set()


def test_each_address_of_a_name_takes_of_the_same_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten that nobody answers at held the caller ten times as long."""
    tried: list[float | None] = []

    class _Silent(socket.socket):
        def connect(self, *_: object) -> None:
            tried.append(self.gettimeout())
            RELEASED.wait(self.gettimeout())
            raise TimeoutError

    resolve(monkeypatch, {"pictures.example": ["93.184.216.34"] * 10})
    monkeypatch.setattr(socket, "socket", _Silent)
    with pytest.raises(KimiConfigError, match=r"not whole after 0.3 seconds"):
        here("http://pictures.example/a.png", timeout=0.3)
    assert len(tried) == 1


def test_a_file_that_breaks_off_is_no_file(web: str) -> None:
    with pytest.raises(KimiConfigError, match="ended before the file did"):
        here(f"{web}/cut")


def test_a_name_without_an_address_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    resolve(monkeypatch, {"pictures.example": []})
    with pytest.raises(KimiConfigError, match="the name has no address"):
        here("http://pictures.example/a.png")


PRIVATE = {
    "this machine": "127.0.0.1",
    "this machine, IPv6": "::1",
    "this machine, mapped": "::ffff:127.0.0.1",
    "a company's network": "10.0.0.1",
    "a company's network, IPv6": "fd00::1",
    "metadata": "169.254.169.254",
    "metadata, IPv6": "fd00:ec2::254",
    "metadata of Alibaba": "100.100.100.200",
    "metadata behind NAT64": "64:ff9b::a9fe:a9fe",
    "a provider's customers": "100.64.0.1",
    "nobody": "0.0.0.0",  # noqa: S104 - asked, not bound
    "everybody": "224.0.0.1",
    "a link": "fe80::1%lo",
    "a site": "fec0::1",
    "this machine, IPv4 in IPv6": "::127.0.0.1",
    "this machine, translated": "::ffff:0:127.0.0.1",
    "behind NAT64 of one's own": "64:ff9b:1::a9fe:a9fe",
}


@pytest.mark.parametrize("address", PRIVATE.values(), ids=PRIVATE)
def test_only_public_addresses_are_asked(
    address: str, monkeypatch: pytest.MonkeyPatch, no_socket: list[object]
) -> None:
    """The name tells nothing: what it resolves to is looked at."""
    resolve(monkeypatch, {"pictures.example": [address]})
    with pytest.raises(KimiConfigError, match=r"is no public address; allow_private=True"):
        fetch_media("http://pictures.example/a.png", timeout=5.0)
    assert no_socket == []


@pytest.mark.parametrize("spelling", ["%31%32%37.0.0.1:{}", "%6cocalhost:{}", "127.0.0.1%3a{}"])
@pytest.mark.parametrize("proxy", ["", "http://127.0.0.1:9"])
def test_a_host_may_be_spelled_with_percent_signs(
    web: str, spelling: str, proxy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if proxy:
        monkeypatch.delenv("no_proxy")
        monkeypatch.setenv("http_proxy", proxy)
    address = spelling.format(web.rpartition(":")[2])
    with pytest.raises(KimiConfigError, match="is no public address"):
        fetch_media(f"http://{address}/a.png", timeout=5.0)


def test_every_address_of_a_name_is_looked_at(
    monkeypatch: pytest.MonkeyPatch, no_socket: list[object]
) -> None:
    resolve(monkeypatch, {"pictures.example": ["93.184.216.34", "10.0.0.1"]})
    with pytest.raises(KimiConfigError, match=r"10\.0\.0\.1, which is no public address"):
        fetch_media("http://pictures.example/a.png", timeout=5.0)
    assert len(no_socket) == 1  # the public one, which did not answer


def test_a_redirect_is_looked_at_as_well(web: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first address may be public; it is where the redirect leads that counts."""
    port = int(web.rpartition(":")[2])
    asked = fetch._is_public
    monkeypatch.setattr(fetch, "_is_public", lambda address: address == "127.0.0.1")
    monkeypatch.setitem(TARGETS, "/moved", f"http://[::1]:{port}/a.png")
    with pytest.raises(KimiConfigError, match=r"'::1' is ::1, which is no public address"):
        fetch_media(f"{web}/moved", timeout=5.0)
    assert not asked("127.0.0.1")


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("pictures.example", "is no public address"),
        ("public.example", "Connection refused"),  # so it went to the proxy
        ("known.to.the.proxy.example", "Connection refused"),
    ],
)
def test_a_proxy_is_asked_for_public_names_only(
    name: str, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The proxy may stand in your own network; what it is asked for may not."""
    monkeypatch.delenv("no_proxy")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    public = {"public.example": ["93.184.216.34"], "127.0.0.1": ["127.0.0.1"]}
    resolve(monkeypatch, {"pictures.example": ["10.0.0.1"], **public})
    with pytest.raises(KimiConfigError, match=reason):
        fetch_media(f"http://{name}/a.png", timeout=5.0)


@pytest.mark.parametrize("url", ["http://public.example/a.png", "http:public.example/a.png"])
def test_a_proxy_that_is_asked_by_https_is_looked_at_once(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("no_proxy")
    for variable in ("http_proxy", "https_proxy"):
        monkeypatch.setenv(variable, "https://127.0.0.1:9")
    resolve(monkeypatch, {"public.example": ["93.184.216.34"], "127.0.0.1": ["127.0.0.1"]})
    with pytest.raises(KimiConfigError, match=r"Connection refused|no host given"):
        fetch_media(url, timeout=5.0)


def test_a_host_that_no_proxy_is_asked_for_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("no_proxy", "pictures.example")
    resolve(monkeypatch, {"pictures.example": ["10.0.0.1"]})
    with pytest.raises(KimiConfigError, match="is no public address"):
        fetch_media("http://pictures.example/a.png", timeout=5.0)


def test_https_asks_the_same_questions(monkeypatch: pytest.MonkeyPatch) -> None:
    resolve(monkeypatch, {"pictures.example": ["10.0.0.1"]})
    with pytest.raises(KimiConfigError, match="is no public address"):
        fetch_media("https://pictures.example/a.png", timeout=5.0)


def resolve(monkeypatch: pytest.MonkeyPatch, names: dict[str, list[str]]) -> None:
    """Let these names have these addresses, and no other name one."""

    def getaddrinfo(host: str, port: int | None, **_: object) -> list[tuple[object, ...]]:
        if host not in names:
            raise socket.gaierror("unknown name")
        kinds = (socket.AF_INET, socket.SOCK_STREAM, 0, "")
        return [(*kinds, (address, port or 0)) for address in names[host]]

    monkeypatch.setattr(fetch.socket, "getaddrinfo", getaddrinfo)


@pytest.fixture
def no_socket(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Where a connection was tried; none is made."""
    tried: list[object] = []

    class Socket(socket.socket):
        def connect(self, address: Any) -> None:
            tried.append(address)
            raise ConnectionRefusedError("nobody is there")

    monkeypatch.setattr(fetch.socket, "socket", Socket)
    return tried
