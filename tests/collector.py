"""A server on the loopback that takes whatever a tracer sends, and keeps it.

Owns: what came, path by path. May know: the standard library.
"""

from __future__ import annotations

import gzip
import http.server
import threading
from typing import TYPE_CHECKING

from tests.scripted import Listener

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["Collector"]


class Collector:
    """Answers every request with an empty JSON object.

    Attributes:
        url: Where it listens.
        taken: Path and body of what came, unpacked, in order.
    """

    def __init__(self) -> None:
        self.taken: list[tuple[str, bytes]] = []
        self._httpd = Listener(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._httpd.serve_forever, args=(0.01,))
        self.url = f"http://127.0.0.1:{self._httpd.server_port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._httpd.shutdown()
        self._httpd.server_close()
        self._thread.join()

    def _handler(self) -> type[http.server.BaseHTTPRequestHandler]:
        taken = self.taken

        class Handler(http.server.BaseHTTPRequestHandler):
            def _take(self) -> None:
                length = int(self.headers.get("content-length", 0))
                body = self.rfile.read(length)
                packed = self.headers.get("content-encoding") == "gzip"
                taken.append((self.path, gzip.decompress(body) if packed else body))
                self.send_response(200)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", "2")
                self.end_headers()
                self.wfile.write(b"{}")

            do_GET = do_POST = do_PATCH = _take  # noqa: N815 - the library's names

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        return Handler
