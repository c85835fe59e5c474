"""Streams for a long time from a server with faults, and shows what the client holds meanwhile.

Run ``python scripts/soak.py``, or ``make soak``. The server runs in a process of its own. Each
minute one row is printed: resident memory, open sockets, asyncio tasks, answers, errors of ours by
class, and exceptions that are none of ours, of which there must be none. With matplotlib installed
``soak.png`` is drawn as well.

Owns: this run. May know: kimi_core, tests.faults.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import os
import random
import sys
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from kimi_core.chat import KimiChat, Settings  # noqa: E402 - the path comes first
from kimi_core.errors import KimiError  # noqa: E402 - the path comes first
from tests.faults.row import chunk, chunked, head, sse, tokens  # noqa: E402 - the path comes first

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

_WORDS = 40
_WHOLE = "word " * _WORDS
_EVENTS = [sse(part, done=False) for part in tokens(*["word "] * _WORDS)]
_FINE = chunked(*_EVENTS, sse(chunk("stop"))).replace(b"connection: close\r\n", b"")
_CUT = chunked(*_EVENTS[:20], end=b"")
_FAULTS = [
    b"",
    _CUT,
    chunked(*_EVENTS[:20], b"data: {oops\n\n"),
    chunked(*_EVENTS[:20], sse({"error": {"message": "No."}})),
    head(429, "text/plain", content_length=0, retry_after_ms=1),
    head(500, "text/plain", content_length=0, retry_after_ms=1),
    head(400, "application/json", content_length=99) + b"{",
]


# ---- the server ----------------------------------------------------------------------------------


def serve(told: Connection, share: float) -> None:
    """Serve until the process is ended; a share of the answers is a fault."""
    asyncio.run(_serve(told, share))


async def _serve(told: Connection, share: float) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            while await _answer(reader, writer, share):
                pass
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    told.send(server.sockets[0].getsockname()[1])
    await server.serve_forever()


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, share: float) -> bool:
    """Answer one request; return whether the connection stays open."""
    asked = await reader.readuntil(b"\r\n\r\n")
    length = asked.lower().partition(b"content-length:")[2].split(b"\r\n")[0]
    await reader.readexactly(int(length))
    fault = random.random() < share  # noqa: S311 - no secret
    said = random.choice(_FAULTS) if fault else _FINE  # noqa: S311 - likewise
    for begin in range(0, len(said), 512):
        writer.write(said[begin : begin + 512])
        await writer.drain()
        await asyncio.sleep(0)
    return not fault


# ---- the client ----------------------------------------------------------------------------------


@dataclass
class Soak:
    """What happened so far."""

    ends: Counter[str] = field(default_factory=Counter[str])
    foreign: Counter[str] = field(default_factory=Counter[str])
    rows: list[tuple[float, ...]] = field(default_factory=list[tuple[float, ...]])

    async def stream(self, chat: KimiChat, until: float) -> None:
        """Ask again and again until the time is over."""
        request = chat.request([{"role": "user", "content": "Hi"}], stream=True)
        while time.monotonic() < until:
            try:
                reader = await (await chat.aopen(request)).read()
            except KimiError as error:  # noqa: PERF203 - each ends by itself
                self.ends[type(error).__name__] += 1
            except Exception as error:  # noqa: BLE001 - this is what is looked for
                self.foreign[repr(error)[:80]] += 1
            else:
                self.ends["answer" if reader.message().content == _WHOLE else "WRONG"] += 1

    async def watch(self, begun: float, until: float, every: float) -> None:
        """Print a row now and then."""
        while (now := time.monotonic()) < until:
            self.row(now - begun)
            await asyncio.sleep(min(every, max(0.0, until - now)))

    def row(self, seconds: float) -> None:
        """Print what is held and what has happened."""
        answers, wrong = self.ends["answer"], self.ends["WRONG"] + self.foreign.total()
        errors = self.ends.total() - answers - self.ends["WRONG"]
        found = (seconds / 60, _memory(), _sockets(), len(asyncio.all_tasks()), answers, errors)
        self.rows.append(found)
        print("| {:.1f} | {:.1f} | {} | {} | {} | {} | {} |".format(*found, wrong), flush=True)


def _memory() -> float:
    """Return the resident memory in MiB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def _sockets() -> int:
    found = 0
    for entry in Path("/proc/self/fd").iterdir():
        with suppress(OSError):  # the folder itself was open while it was listed
            found += str(entry.readlink()).startswith("socket:")
    return found


async def soak(port: int, options: Any) -> Soak:  # noqa: ANN401 - of argparse
    """Stream for so many minutes, so many at once."""
    base_url = f"http://127.0.0.1:{port}/v1"
    chat = KimiChat(
        Settings(endpoint="vllm", model="kimi-k2", base_url=base_url, api_key="k", timeout=60)
    )
    begun = time.monotonic()
    until, held = begun + options.minutes * 60, Soak()
    every = min(60.0, options.minutes * 60 / 4)
    print("| minute | MiB | sockets | tasks | answers | errors of ours | wrong |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    streams = [held.stream(chat, until) for _ in range(options.streams)]
    await asyncio.gather(held.watch(begun, until, every), *streams)
    held.row(time.monotonic() - begun)
    await chat.aclose()
    held.row(time.monotonic() - begun)
    return held


def draw(held: Soak) -> None:
    """Draw memory and sockets, where matplotlib is installed."""
    try:
        from matplotlib import pyplot as plt  # type: ignore[import-not-found]
    except ImportError:
        return
    minutes, memory, sockets, *_ = zip(*held.rows, strict=True)
    plt.plot(minutes, memory, label="MiB")
    plt.plot(minutes, sockets, label="sockets")
    plt.xlabel("minutes")
    plt.legend()
    plt.savefig("soak.png")


def main() -> int:
    """Run it; return 1 where anything ended as it must not."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--minutes", type=float, default=30)
    options.add_argument("--streams", type=int, default=200, help="at once")
    options.add_argument("--faults", type=float, default=0.05, help="share of the answers")
    chosen = options.parse_args()
    spawned = multiprocessing.get_context("spawn")
    mine, theirs = spawned.Pipe()
    server = spawned.Process(target=serve, args=(theirs, chosen.faults), daemon=True)
    server.start()
    try:
        held = asyncio.run(soak(mine.recv(), chosen))
    finally:
        server.terminate()
        server.join()
    draw(held)
    print(dict(held.ends), dict(held.foreign))
    return int(bool(held.foreign or held.ends["WRONG"]))


if __name__ == "__main__":
    sys.exit(main())
