"""What streaming costs: CPU time of `ChatKimiK2` beside `ChatOpenAI`, in the same run.

Run ``python benchmarks/langchain_streaming.py``; it needs the extras [langchain] and [cli], and
langchain for the agent. Both models talk to a local server in a child process. A ratio says how
much of ChatOpenAI's CPU time ours takes for the same stream; raw tokens, which ChatOpenAI does not
parse, are compared with its plain text.

Owns: the streams that are compared, and the clock. May know: the public API of `langchain_kimi`,
and `_event_streams`.
"""

from __future__ import annotations

import asyncio
import gc
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from _event_streams import serving
from langchain.agents import create_agent
from langchain_openai import ChatOpenAI
from rich.console import Console
from rich.table import Table

from langchain_kimi import ChatKimiK2

if TYPE_CHECKING:
    from collections.abc import Callable

    Run = Callable[[], int]

CHUNKS = 1_000
LONG = 16_000
TIMES = 5


class Row(NamedTuple):
    """One line of the table."""

    what: str
    unit: str
    theirs: float
    ours: float
    target: float

    @property
    def ratio(self) -> float:
        """Ours in theirs."""
        return self.ours / self.theirs


def kimi(address: str, kind: str, chunks: int) -> ChatKimiK2:
    """Return our model for one of the server's streams."""
    parser = "client" if kind == "raw" else "server"
    return ChatKimiK2(
        endpoint="vllm",
        model="kimi-k2-instruct",
        base_url=f"{address}/{kind}/{chunks}/v1",
        tool_call_parser=parser,  # type: ignore[arg-type]  # one of the two words
    )


def chat_openai(address: str, kind: str, chunks: int) -> ChatOpenAI:
    """Return the model that ours is compared with."""
    kind = "text" if kind == "raw" else kind
    return ChatOpenAI(
        model="kimi-k2.6",
        api_key="not needed",  # type: ignore[arg-type]  # pydantic makes a SecretStr of it
        base_url=f"{address}/{kind}/{chunks}/v1",
    )


MAKERS: tuple[Any, ...] = (chat_openai, kimi)


def stream(model: Any) -> Run:  # noqa: ANN401 - either chat model
    """Stream one answer."""
    return lambda: sum(1 for _ in model.stream("Go."))


def hundred(model: Any) -> Run:  # noqa: ANN401 - either chat model
    """Stream a hundred answers at once; in one loop, as ChatOpenAI fails in a second one."""
    loop = asyncio.new_event_loop()

    async def one() -> int:
        return sum([1 async for _ in model.astream("Go.")])

    async def run() -> int:
        return sum(await asyncio.gather(*(one() for _ in range(100))))

    return lambda: loop.run_until_complete(run())


def write(code: str) -> str:
    """Write a program."""
    return f"{len(code)} characters"


def agent(model: Any) -> Run:  # noqa: ANN401 - either chat model
    """Run an agent: a streamed call, its execution, a streamed answer."""
    made = create_agent(model, [write])
    question: Any = {"messages": [{"role": "user", "content": "Go."}]}
    return lambda: sum(1 for _ in made.stream(question, stream_mode="messages"))


def cpu(runs: list[Run], times: int = TIMES) -> list[float]:
    """Return the best CPU seconds of each, per chunk; they take turns, so that noise hits all."""
    best = [float("inf")] * len(runs)
    for run in runs:
        run()
    for _ in range(times):
        for at, run in enumerate(runs):
            start = time.process_time()
            chunks = run()
            best[at] = min(best[at], (time.process_time() - start) / chunks)
    return best


def compared(address: str) -> list[Row]:
    """Measure both models on every stream."""
    rows: list[Row] = []
    for what, way, kind, chunks, target in (
        ("text", stream, "text", CHUNKS, 0.20),
        ("tool arguments", stream, "arguments", CHUNKS, 0.25),
        ("raw tokens, parsed here (theirs: text)", stream, "raw", CHUNKS, 0.30),
        ("100 concurrent astreams of text", hundred, "text", CHUNKS // 10, 0.33),
        ("create_agent, one tool round", agent, "agent", CHUNKS // 4, 0.35),
    ):
        theirs, ours = cpu([way(make(address, kind, chunks)) for make in MAKERS])
        rows.append(Row(what, "µs per chunk", theirs * 1e6, ours * 1e6, target))
    return rows


def flat(address: str) -> list[Row]:
    """Measure ours on a short and on a long stream: "theirs" is the short one.

    Without the garbage collector: `BaseChatModel.stream` keeps every chunk to the end, and the
    collector walks over all that is kept, whichever model made it.
    """
    rows = []
    gc.disable()
    for kind in ("text", "arguments", "raw"):
        short, long = cpu([stream(kimi(address, kind, size)) for size in (CHUNKS, LONG)], 3)
        rows.append(
            Row(f"{kind}: {LONG:,} chunks beside {CHUNKS:,}", "µs", short * 1e6, long * 1e6, 1.25)
        )
    gc.enable()
    return rows


def construction(address: str) -> Row:
    """Measure what another instance costs."""

    def many(make: Any) -> Run:  # noqa: ANN401 - one of MAKERS
        return lambda: len([make(address, "text", 1) for _ in range(50)])

    theirs, ours = cpu([many(make) for make in MAKERS])
    return Row("constructing another one", "ms", theirs * 1e3, ours * 1e3, 1 / (theirs * 1e3))


def main() -> int:
    """Measure and print; 1 where a target is missed."""
    with serving() as address:
        rows = [*compared(address), *flat(address), construction(address)]
    table = Table("", "unit", "ChatOpenAI / short", "ChatKimiK2 / long", "ratio", "target")
    for row in rows:
        colour = "green" if row.ratio <= row.target else "red"
        cells = (f"{row.theirs:.2f}", f"{row.ours:.2f}", f"[{colour}]{row.ratio:.2f}[/]")
        table.add_row(row.what, row.unit, *cells, f"{row.target:.2f}")
    Console().print(table)
    return int(any(row.ratio > row.target for row in rows))


if __name__ == "__main__":
    sys.exit(main())
