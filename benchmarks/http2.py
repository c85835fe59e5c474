"""What a chunk costs over HTTP/1.1, HTTP/2 and aiohttp, with TLS, as at a hosted endpoint.

Run it in an environment of its own::

    python -m venv over
    over/bin/pip install '.[langchain,aiohttp]' h2 hypercorn trustme
    over/bin/python benchmarks/http2.py

The server (hypercorn, which speaks both) is another process; it sends each event by itself. What is
measured is the CPU time of this one, for each chunk of a text, the median of five runs in turn.

Owns: the ways, the server and the clock. May know: langchain_kimi, openai; hypercorn, trustme.
"""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import ssl
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import openai
import trustme

from langchain_kimi import ChatKimiK2

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

RUNS = 5
AT_ONCE = {"one stream of 2,000": (1, 2_000), "100 streams of 50": (100, 50)}
LOOP = asyncio.new_event_loop()


def _event(delta: dict[str, str], finish: str | None = None) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return b"data: %b\n\n" % json.dumps({"id": "c", "model": "m", "choices": [choice]}).encode()


async def _app(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] != "http":
        return
    while (await receive()).get("more_body"):
        pass
    head = [(b"content-type", b"text/event-stream")]
    await send({"type": "http.response.start", "status": 200, "headers": head})
    for _ in range(int(scope["path"].split("/")[1])):
        piece = {"type": "http.response.body", "body": _event({"content": "word "})}
        await send({**piece, "more_body": True})
    end = _event({}, "stop") + b"data: [DONE]\n\n"
    await send({"type": "http.response.body", "body": end})


def _serve(certificate: str, pipe: Connection) -> None:
    from hypercorn.asyncio import serve
    from hypercorn.config import Config

    config = Config()
    config.certfile = config.keyfile = certificate
    config.loglevel = "CRITICAL"
    config.bind = ["127.0.0.1:0"]
    sockets = config.create_sockets()
    port = sockets.secure_sockets[0].getsockname()[1]
    config.create_sockets = lambda: sockets  # the port is known
    pipe.send(port)
    asyncio.run(serve(_app, config))


def _trusting(authority: trustme.CA) -> ssl.SSLContext:
    # One for each: a client of HTTP/2 writes into it what it speaks.
    trusted = ssl.create_default_context()
    authority.configure_trust(trusted)
    return trusted


async def _clients(authority: trustme.CA) -> dict[str, Any]:
    """Return the client of each way; aiohttp's wants a running loop."""
    return {
        "HTTP/1.1": openai.DefaultAsyncHttpxClient(verify=_trusting(authority)),
        "HTTP/2": openai.DefaultAsyncHttpxClient(verify=_trusting(authority), http2=True),
        "aiohttp": openai.DefaultAioHttpClient(verify=_trusting(authority)),
    }


async def _stream(llm: ChatKimiK2, at_once: int) -> None:
    async def one() -> None:
        async for _ in llm.astream("?"):
            pass

    await asyncio.gather(*(one() for _ in range(at_once)))


def _measured(ways: dict[str, Any], port: int) -> None:
    for name, (at_once, chunks) in AT_ONCE.items():
        llms = {
            way: ChatKimiK2(
                endpoint="vllm",
                model="kimi-k2.6",
                base_url=f"https://127.0.0.1:{port}/{chunks}/v1",
                tool_call_parser="server",
                http_async_client=client,
            )
            for way, client in ways.items()
        }
        found: dict[str, list[float]] = {way: [] for way in llms}
        for _ in range(RUNS):
            for way, llm in llms.items():
                start = time.process_time()
                LOOP.run_until_complete(_stream(llm, at_once))
                found[way].append((time.process_time() - start) / at_once / chunks * 1e6)
        told = ", ".join(f"{way} {statistics.median(each):.0f}" for way, each in found.items())
        print(f"{name}, async, microseconds a chunk: {told}")


def main() -> int:
    """Measure and print."""
    authority = trustme.CA()
    with tempfile.TemporaryDirectory() as folder:
        certificate = Path(folder) / "server.pem"
        authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(certificate)
        ours, theirs = multiprocessing.get_context("spawn").Pipe()
        server = multiprocessing.get_context("spawn").Process(
            target=_serve, args=(str(certificate), theirs), daemon=True
        )
        server.start()
        try:
            _measured(LOOP.run_until_complete(_clients(authority)), ours.recv())
        finally:
            server.terminate()
    return 0


if __name__ == "__main__":
    sys.exit(main())
