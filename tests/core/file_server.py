"""A loopback server with Moonshot's files API, whose every step a test can break or hold.

Owns: what is uploaded and what is left, how many texts are asked for at once, and faults.
May know: the standard library, tests.scripted. The simulator has the same routes, without faults.
"""

from __future__ import annotations

import contextlib
import http.server
import json
import threading
from typing import TYPE_CHECKING, Any

from kimi_core.testing._storage import read_form
from tests.scripted import Answer, Listener, body, write_answer

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["FileServer"]

_ANSWER = {"role": "assistant", "content": "Read."}
_CHAT = {"id": "c", "model": "m", "choices": [{"message": _ANSWER, "finish_reason": "stop"}]}


class FileServer:
    """Listens on a free port of 127.0.0.1; a document's text is its bytes.

    Attributes:
        base_url: Where it listens, with ``/v1``.
        stored: Names of the uploads that were not deleted, by id.
        uploads: Names of all uploads.
        messages: The messages of each chat request.
        faults: What is said in place of the answer to "upload", "content", "delete" or "list".
        together: Where set, texts wait for so many that are asked for at once.
        arrived: Set when a text is asked for.
        held: Cleared by a test that wants texts to wait; set at the end.
    """

    def __init__(self) -> None:
        self.stored: dict[str, str] = {}
        self.uploads: list[str] = []
        self.messages: list[list[dict[str, Any]]] = []
        self.faults: dict[str, Answer] = {}
        self.together: threading.Barrier | None = None
        self.arrived, self.held = threading.Event(), threading.Event()
        self.held.set()
        self._texts: dict[str, bytes] = {}
        self._counting = threading.Lock()
        self._httpd = Listener(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._httpd.serve_forever, args=(0.01,))
        self.base_url = f"http://127.0.0.1:{self._httpd.server_port}/v1"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.held.set()
        self._httpd.shutdown()
        self._httpd.server_close()
        self._thread.join()

    def upload(self, form: dict[str, Any]) -> Answer:
        """Store a file."""
        with self._counting:
            name = f"file-{len(self.uploads)}"
            self.uploads.append(form["file"]["filename"])
            self.stored[name] = form["file"]["filename"]
            self._texts[name] = form["file"]["content"]
        return body({"id": name, "filename": self.stored[name], "status": "ok"})

    def content(self, name: str) -> Answer:
        """Tell the text of a file, together with others where that is wanted."""
        self.arrived.set()
        self.held.wait()
        if self.together is not None:
            with contextlib.suppress(threading.BrokenBarrierError):
                self.together.wait()
        return Answer((self._texts[name],), headers={"content-type": "text/plain"})

    def delete(self, name: str) -> Answer:
        """Forget a file, unless that is to fail."""
        if "delete" not in self.faults:
            self.stored.pop(name, None)
        return body({"id": name, "deleted": True})

    def listed(self) -> Answer:
        """List what is stored."""
        rows = [{"id": name, "filename": file} for name, file in self.stored.items()]
        return body({"object": "list", "data": rows})

    def _handler(self) -> type[http.server.BaseHTTPRequestHandler]:
        server = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_POST(self) -> None:
                data = self.rfile.read(int(self.headers["content-length"]))
                if self.path.endswith("/files"):
                    form = read_form(self.headers["content-type"], data)
                    self._say("upload", server.upload(form))
                else:
                    server.messages.append(json.loads(data)["messages"])
                    self._say("chat", body(_CHAT))

            def do_GET(self) -> None:
                *_, name, last = self.path.split("/")
                if last == "content":
                    self._say("content", server.content(name))
                else:
                    self._say("list", server.listed())

            def do_DELETE(self) -> None:
                self._say("delete", server.delete(self.path.rpartition("/")[2]))

            def _say(self, what: str, answer: Answer) -> None:
                write_answer(self, server.faults.get(what, answer))

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        return Handler
