"""How much CPU LlamaIndex streaming costs here, beside OpenAILike in the same run.

OpenAILike pins openai below 3, so give the benchmark an environment of its own::

    python -m venv peers
    peers/bin/pip install '.[llama-index,cli]' llama-index-llms-openai-like
    peers/bin/python benchmarks/llama_index_streaming.py

What is measured is the CPU time of this process; the server is another one and sends streams that
were rendered beforehand. Both classes get the same bytes. Ratios are what counts: times are those
of one machine, and on a busy one a ratio moves by some percent from run to run.

Owns: the scenarios, the clock and the targets. May know: llama_index.core, and either class.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import resource
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from llama_index.core.agent.workflow import FunctionAgent
from llama_index.core.llms import ChatMessage
from llama_index.core.prompts import PromptTemplate
from llama_index.core.tools import FunctionTool
from pydantic import BaseModel
from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection

PIECE = "eight ch "
QUESTION = [ChatMessage(role="user", content="?")]
MIB = 1024 * 1024


class Document(BaseModel):
    """What the structured scenario asks for."""

    text: str
    pages: int = 0


def _event(delta: dict[str, Any], finish: str | None = None) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    chunk = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "kimi-k2.6"}
    return b"data: %s\n\n" % json.dumps({**chunk, "choices": [choice]}).encode()


def _call(arguments: str) -> dict[str, Any]:
    return {"tool_calls": [{"index": 0, "function": {"arguments": arguments}}]}


def _text_stream(count: int) -> bytes:
    return b"".join([_event({"content": PIECE})] * count)


def _tool_stream(count: int, name: str) -> bytes:
    first = {"index": 0, "id": f"functions.{name}:0", "type": "function"}
    opening = {"tool_calls": [{**first, "function": {"name": name, "arguments": '{"text": "'}}]}
    return b"".join([_event(opening), *[_event(_call(PIECE))] * (count - 2), _event(_call('"}'))])


def _answer(body: dict[str, Any], count: int) -> bytes:
    """Return the stream for a request: text after a tool's result, else a call where one may be."""
    tools = body.get("tools")
    if tools and body["messages"][-1]["role"] != "tool":
        name = tools[0]["function"]["name"]
        return _tool_stream(count, name) + _event({}, "tool_calls") + b"data: [DONE]\n\n"
    text = b'{"text": "' if "response_format" in body else b""
    opening = _event({"content": text.decode()}) if text else b""
    closing = _event({"content": '"}'}) if text else b""
    size = 1 if tools else count
    return opening + _text_stream(size) + closing + _event({}, "stop") + b"data: [DONE]\n\n"


def _framed(stream: bytes) -> bytes:
    """Make an HTTP chunk of each event, as uvicorn does; a client then reads them one by one."""
    events = [event for event in stream.split(b"\n\n") if event]
    frames = [b"%x\r\n%s\n\n\r\n" % (len(event) + 2, event) for event in events]
    return b"".join([*frames, b"0\r\n\r\n"])


def _serve(pipe: Connection) -> None:
    streams: dict[tuple[str, int], bytes] = {}

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers["content-length"]))
            body, count = json.loads(raw), int(self.path.split("/")[1])
            key = (raw.decode(), count)
            data = streams.setdefault(key, _answer(body, count))
            self.send_response(200)
            self.send_header("content-type", "text/event-stream")
            if "/framed/" in self.path:
                self.send_header("transfer-encoding", "chunked")
                data = _framed(data)
            else:
                self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    pipe.send(server.server_port)
    server.serve_forever()


def _make(name: str, url: str) -> Any:  # noqa: ANN401 - either class
    if name == "ChatKimiK2":
        from llama_index_kimi import ChatKimiK2

        return ChatKimiK2(endpoint="moonshot", base_url=url, api_key="k")
    from llama_index.llms.openai_like import OpenAILike

    settings = {"is_chat_model": True, "is_function_calling_model": True, "temperature": 1.0}
    return OpenAILike(model="kimi-k2.6", api_base=url, api_key="k", **settings)


def _text(llm: Any) -> None:  # noqa: ANN401 - either class
    for _ in llm.stream_chat(QUESTION):
        pass


def _agent(llm: Any) -> None:  # noqa: ANN401 - either class
    def write(text: str) -> str:
        """Write a text."""
        return str(len(text))

    async def run() -> None:
        agent = FunctionAgent(tools=[FunctionTool.from_defaults(write)], llm=llm)
        handler = agent.run("?")
        async for _ in handler.stream_events():
            pass
        await handler

    asyncio.run(run())


def _agents_loop(llm: Any) -> None:  # noqa: ANN401 - either class
    """Do what a FunctionAgent does with its LLM, without its workflow's events."""

    async def run() -> None:
        tools = [FunctionTool.from_defaults(lambda text: text, name="write")]
        async for response in await llm.astream_chat_with_tools(tools, "?"):
            llm.get_tool_calls_from_response(response, error_on_no_tool_call=False)

    asyncio.run(run())


def _structured(llm: Any) -> None:  # noqa: ANN401 - either class
    for _ in llm.stream_structured_predict(Document, PromptTemplate("?")):
        pass


SCENARIOS: dict[str, tuple[Callable[[Any], None], float]] = {
    "stream_chat, text": (_text, 0.25),
    "FunctionAgent, tool argument": (_agent, 0.02),
    "the LLM's part of that": (_agents_loop, 0.02),
    "structured output": (_structured, 0.15),
}


def _measure(pipe: Connection, llm_name: str, scenario: str, url: str, repeats: int) -> None:
    """Run in a process of its own; send the best CPU time and how much the memory grew."""
    run, llm = SCENARIOS[scenario][0], _make(llm_name, url)
    run(_make(llm_name, url.replace(url.split("/")[3], "10")))  # imports, not measured
    before, best = _peak(), float("inf")
    for _ in range(repeats):
        start = time.process_time()
        run(llm)
        best = min(best, time.process_time() - start)
    pipe.send((best, _peak() - before))


def _peak() -> int:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def _child(target: Callable[..., None], *arguments: object) -> tuple[Any, Any]:
    spawn = multiprocessing.get_context("spawn")
    ours, theirs = spawn.Pipe()
    process = spawn.Process(target=target, args=(theirs, *arguments), daemon=True)
    process.start()
    return process, ours.recv()


def _row(scenario: str, server: str, count: int, repeats: int) -> list[str]:
    url, target = server.format(count=count), SCENARIOS[scenario][1]
    ours, ours_grew = _child(_measure, "ChatKimiK2", scenario, url, repeats)[1]
    theirs, theirs_grew = _child(_measure, "OpenAILike", scenario, url, 1)[1]
    ratio = ours / theirs
    return [
        scenario,
        f"{count:,}",
        f"{ours / count * 1e6:.1f}",
        f"{theirs / count * 1e6:.1f}",
        f"{ratio:.3f}",
        f"{target:.2f}" + (" ✓" if ratio <= target else " ✗"),
        f"{ours_grew / MIB:.1f}",
        f"{theirs_grew / MIB:.1f}",
    ]


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    options.add_argument("--chunks", type=int, nargs="+", default=[2_000, 8_000])
    options.add_argument("--repeats", type=int, default=3, help="of ours; the best one counts")
    options.add_argument("--framed", action="store_true", help="each event is an HTTP chunk")
    chosen = options.parse_args()
    server, port = _child(_serve)
    address = f"http://127.0.0.1:{port}/{{count}}/" + ("framed/v1" if chosen.framed else "v1")
    table = Table(title="CPU per chunk: ChatKimiK2 and OpenAILike")
    for heading in ("scenario", "chunks", "ours µs", "theirs µs", "ratio", "target"):
        table.add_column(heading, justify="left" if heading == "scenario" else "right")
    for heading in ("ours, MiB more", "theirs"):
        table.add_column(heading, justify="right")
    for scenario in SCENARIOS:
        for count in chosen.chunks:
            table.add_row(*_row(scenario, address, count, chosen.repeats))
    server.terminate()
    Console(width=120).print(table)


if __name__ == "__main__":
    main()
