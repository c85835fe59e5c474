"""A loopback server that says bytes, HTTP or not, and breaks off as a fault wants it.

Owns: the socket: resets, silence, keep-alives, a second origin, and how often it was asked. May
know: the standard library. What is said is a row's; a server that speaks HTTP is `tests.scripted`.
"""

from __future__ import annotations

import socket
import struct
import threading
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Sequence

    from typing_extensions import Self

__all__ = ["ELSEWHERE", "RESET", "SELF", "STALL", "FaultServer", "Hang", "Repeat", "Step", "Wire"]

ELSEWHERE = b"http://elsewhere"
"""Stands in a row for the second origin."""
SELF = b"http://itself"
"""Stands in a row for the server itself."""


@dataclass(frozen=True)
class Repeat:
    """Bytes that are said again and again, 50 times a second."""

    data: bytes
    times: int | None = None


@dataclass(frozen=True)
class Hang:
    """How a connection ends before its time: reset, or silent until the test is over."""

    how: str


RESET = Hang("reset")
STALL = Hang("stall")
Step: TypeAlias = bytes | Repeat | Hang
Wire: TypeAlias = tuple[Step, ...]


class FaultServer:
    """Listens on a free port, and on a second one that nobody may ask.

    Attributes:
        base_url: Where it listens, with ``/v1``.
        asked: The requests so far.
        elsewhere: Connections to the second port.
    """

    def __init__(self) -> None:
        self._here = socket.create_server(("127.0.0.1", 0))
        self._there = socket.create_server(("127.0.0.1", 0))
        self._names = {SELF: _address(self._here), ELSEWHERE: _address(self._there)}
        self.base_url = f"{_address(self._here).decode()}/v1"
        self.asked: list[bytes] = []
        self.elsewhere = 0
        self._script: list[Wire] = []
        self._unread = 0
        self._over = threading.Event()
        self._threads: list[threading.Thread] = []

    def will(self, *answers: Wire, unread: int = 0) -> None:
        """Begin a new script.

        Args:
            answers: In this order; the last one is given again and again.
            unread: How many of the first requests are not read to their end.
        """
        self._over.set()
        self._over = threading.Event()
        self._script, self._unread = list(answers), unread
        self.asked, self.elsewhere = [], 0

    def __enter__(self) -> Self:
        for serve in (self._serve, self._serve_elsewhere):
            thread = threading.Thread(target=serve, daemon=True)
            thread.start()
            self._threads.append(thread)
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for listening, thread in zip((self._here, self._there), self._threads, strict=True):
            with suppress(OSError):
                listening.shutdown(socket.SHUT_RDWR)
            listening.close()
            thread.join(5)

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._here.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _serve_elsewhere(self) -> None:
        while True:
            try:
                connection, _ = self._there.accept()
            except OSError:
                return
            self.elsewhere += 1
            connection.close()

    def _answer(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):
            over = self._over
            request = _request(connection, whole=len(self.asked) >= self._unread)
            if request is None:
                return
            self.asked.append(request)
            steps = self._script.pop(0) if len(self._script) > 1 else self._script[0]
            self._say(connection, steps, over)

    def _say(self, connection: socket.socket, steps: Sequence[Step], over: threading.Event) -> None:
        for step in steps:
            if isinstance(step, bytes):
                connection.sendall(self._named(step))
            elif isinstance(step, Repeat):
                _repeat(connection, step, over)
            elif step is STALL:
                over.wait()
            else:  # with nothing left to linger for, the end is a reset and no close
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def _named(self, data: bytes) -> bytes:
        for name, address in self._names.items():
            data = data.replace(name, address)
        return data


def _address(listening: socket.socket) -> bytes:
    return b"http://127.0.0.1:%d" % listening.getsockname()[1]


def _repeat(connection: socket.socket, step: Repeat, over: threading.Event) -> None:
    said = 0
    while said != step.times and not over.wait(0.02):
        connection.sendall(step.data)
        said += 1


def _request(connection: socket.socket, *, whole: bool) -> bytes | None:
    data = b""
    while b"\r\n\r\n" not in data:
        more = connection.recv(2048)
        if not more:
            return None
        data += more
    head, _, body = data.partition(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0] or 0)
    while whole and len(body) < length:
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body
