"""A scripted server that also lists models: ``GET /v1/models``.

Owns: the list as a test wants it, and how often it was asked for. May know: the scripted server.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.core.scripted import Answer, ScriptedServer, _write, body

if TYPE_CHECKING:
    import http.server

__all__ = ["ListingServer", "listing"]


def listing(*names: str) -> Answer:
    """Answer as vLLM does that serves these names."""
    return body({"object": "list", "data": [{"id": name, "object": "model"} for name in names]})


class ListingServer(ScriptedServer):
    """Says what it serves.

    Attributes:
        listings: What it says when asked for its models; the last one is said again and again.
        looks: How often it was asked.
    """

    def __init__(self) -> None:
        super().__init__()
        self.listings: list[Answer] = [listing()]
        self.looks = 0

    def _handler(self) -> type[http.server.BaseHTTPRequestHandler]:
        server = self

        class Handler(super()._handler()):  # type: ignore[misc]  # made for one server, as it is
            def do_GET(self) -> None:  # noqa: N802 - the base class's
                server.looks += 1
                answer = server.listings[0]
                if len(server.listings) > 1:
                    server.listings.pop(0)
                if answer.stalls:
                    server._released.wait()
                else:
                    _write(self, answer)

        return Handler
