"""Says line by line where the time of a stream goes, beside the least that it could take.

Run ``make profile``, which makes the environments and takes 6 minutes; it writes its tables into
docs/benchmarks.md. In one process are ours, the peer and the floors, in turn, so that whatever else
the machine does hits all of them.

Owns: the samples, whose a line is, and the tables. May know: `_server`, `_floors`, the families'
modules.

A timer of the process's CPU time interrupts it every few milliseconds, and the line that runs then
is noted, in whatever thread: cProfile would make functions that call many others look expensive.
What a C function takes is its caller's, and what the standard library takes is whoever's called it.
"""

from __future__ import annotations

import argparse
import gc
import importlib
import re
import signal
import statistics
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import _floors
from _server import Server, serving

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

PAGE = Path(__file__).resolve().parent.parent / "docs" / "benchmarks.md"
PEERS = {"langchain": "ChatOpenAI", "llama_index": "OpenAILike"}
TURNS = 5


@dataclass(frozen=True)
class Way:
    """What is profiled.

    Attributes:
        kind: As `_server` has it.
        chunks: Of one answer.
        action: The family's function.
        target: Of the peer's time.
        framing: As `_server` has it.
        arguments: The action's.
        pieces: How many chunks, or answers, one run reads.
        turns: How often each party runs.
    """

    kind: str
    chunks: int
    action: str
    target: float
    framing: str = "event"
    arguments: dict[str, int] = field(default_factory=dict)
    pieces: int = 0
    turns: int = TURNS

    @property
    def at_once(self) -> int:
        """How many answers are read at once."""
        return self.arguments.get("at_once", 1)

    @property
    def units(self) -> int:
        """What a time is divided by."""
        return self.pieces or self.chunks * self.at_once

    @property
    def digits(self) -> int:
        """How many of a ratio are written."""
        return max(2, len(f"{self.target:g}") - 2)


_OF_2_000: dict[str, Any] = {"arguments": {"chunks": 2_000}, "pieces": 4_000, "turns": 3}
# The peer reads all arguments so far for every fragment: two minutes for one turn of each.
_OF_8_000: dict[str, Any] = {"arguments": {"chunks": 4_000}, "turns": 1}
PATHS = {
    "langchain": {
        "text": Way("text", 2_000, "stream", 0.16),
        "tool arguments": Way("arguments", 2_000, "stream", 0.16),
        "raw tokens (the peer: text)": Way("raw", 2_000, "stream", 0.22),
        "text, in one body": Way("text", 2_000, "stream", 0.11, "body"),
        "text, 100 async at once": Way("text", 50, "astream", 0.25, arguments={"at_once": 100}),
        "256 whole answers at once": Way(
            "text", 100, "abatch", 0.5, arguments={"at_once": 256}, pieces=256
        ),
        "agent, one tool round": Way("agent", 2_000, "agent", 0.22, **_OF_2_000),
        "agent, in one body": Way("agent", 2_000, "agent", 0.08, "body", **_OF_2_000),
    },
    "llama_index": {
        "text": Way("text", 2_000, "stream", 0.18),
        "tool arguments": Way("arguments", 2_000, "stream", 0.18),
        "text, in one body": Way("text", 2_000, "stream", 0.13, "body"),
        "agent, 8,000 fragments of a call": Way("call", 8_000, "agent", 0.005, **_OF_8_000),
        "agent, 8,000 fragments, a slower server": Way(
            "call", 8_000, "agent", 0.01, "slow", **_OF_8_000
        ),
    },
}
EVENTS = 100_000  # of JSON: the clock of a process may tick in milliseconds
SECONDS = 6.0  # of CPU for the samples of one path
INTERVAL = 0.002
ROWS = 14
WHOSE = (
    ("ours", r"/(kimi_core|langchain_kimi|llama_index_kimi)/"),
    ("SDK", r"site-packages/openai/"),
    ("HTTP library", r"site-packages/(httpx2?|httpcore2?|h11|anyio|sniffio)/"),
    ("framework", r"site-packages/(langchain|langgraph|llama_index|pydantic|workflows|langsmith)"),
    ("benchmark", r"/benchmarks/"),
)


class Samples:
    """Which lines ran while a function was repeated."""

    def __init__(self) -> None:
        self.lines: Counter[tuple[str, str, int, str]] = Counter()
        self.collecting = 0.0  # the share of the garbage collector
        self._begun = 0.0

    def of(self, run: Callable[[], object], seconds: float) -> int:
        """Repeat a function for so much CPU time, and return how often."""
        signal.signal(signal.SIGPROF, self._note)
        gc.callbacks.append(self._collects)
        signal.setitimer(signal.ITIMER_PROF, INTERVAL, INTERVAL)
        start, count = time.process_time(), 0
        try:
            while time.process_time() - start < seconds:
                run()
                count += 1
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
            gc.callbacks.remove(self._collects)
            self.collecting /= time.process_time() - start
        return count

    def _collects(self, phase: str, _: object) -> None:
        if phase == "start":
            self._begun = time.thread_time()
        else:
            self.collecting += time.thread_time() - self._begun

    def _note(self, _: int, frame: FrameType | None) -> None:
        main, others = threading.get_ident(), sys._current_frames()  # noqa: SLF001 - see above
        others.pop(main, None)
        frames = [one for one in (frame, *others.values()) if one is not None and not _waits(one)]
        found = next(filter(None, map(_place, frames)), None)
        if found is not None:
            self.lines[found] += 1


def _waits(frame: FrameType) -> bool:
    return Path(frame.f_code.co_filename).name in {"threading.py", "selectors.py", "queue.py"}


def _place(start: FrameType) -> tuple[str, str, int, str] | None:
    """Return whose a frame is, its file, line and function; of Python's own, the caller's."""
    frame: FrameType | None = start
    while frame is not None:
        if frame.f_code is Samples._collects.__code__:  # noqa: SLF001 - its own
            return None  # the collector's time is measured: its samples come late, and as one
        name = frame.f_code.co_filename
        for whose, pattern in WHOSE:
            if re.search(pattern, name):
                return whose, name, frame.f_lineno, frame.f_code.co_name
        frame = frame.f_back
    return None


def timed(run: Callable[[], object], units: int) -> float:
    """Return microseconds of CPU for each chunk."""
    gc.collect()
    start = time.process_time()
    run()
    return (time.process_time() - start) / units * 1e6


def profiled(
    family: str, title: str, server: Server, models: dict[str, Any], seconds: float
) -> list[str]:
    """Return the lines of the page about one path."""
    way, module = PATHS[family][title], importlib.import_module(f"_{family}")
    act = getattr(module, way.action)
    runs = {
        "ours": act(models["raw" if way.kind == "raw" else "ours"], **way.arguments),
        "peer": act(models["peer"], **way.arguments),
        "framework": act(_floors.FLOORS[family](way.kind, way.chunks), **way.arguments),
        "http": _http(server.address, family, way),
    }
    say = {True: "text" if way.kind == "raw" else way.kind, False: way.kind}
    found: dict[str, list[float]] = {name: [] for name in runs}
    for turn in range(way.turns + 1):  # the first is not counted
        for name, run in runs.items():
            if turn or way.turns > 1 or name != "peer":
                server.say(say[name == "peer"], way.chunks, way.framing)
                value = timed(run, way.units)
                found[name] += [value] if turn else []
    server.say(way.kind, way.chunks, way.framing)
    samples = Samples()
    samples.of(runs["ours"], seconds)
    summary = _summary(family, way, found)
    middle = statistics.median(found["ours"])
    return ["", f"#### {title}", "", summary, "", *table(samples, middle)]


def _http(url: str, family: str, way: Way) -> Callable[[], int]:
    """Return what reads the bytes of a way, and nothing else: for each request of an agent once."""
    if way.action in {"astream", "abatch"} or (family == "llama_index" and way.action == "agent"):
        return _floors.bytes_at_once(url, way.at_once, stream=way.action != "abatch")
    once = _floors.bytes_of(url, reads_json=False)
    return (lambda: once() + once()) if way.action == "agent" else once


def _summary(family: str, way: Way, found: dict[str, list[float]]) -> str:
    ratio = statistics.median(map(_ratio, found["ours"], found["peer"]))
    ours, peer, framework, http = (statistics.median(values) for values in found.values())
    json_us = timed(_floors.json_alone(EVENTS), EVENTS)
    least = framework + http + json_us
    unit, digits = ("an answer" if way.action == "abatch" else "a chunk"), way.digits
    return (
        f"{ours:.1f} µs {unit}, {PEERS[family]} {peer:.1f} µs: **{ratio:.{digits}f}** (target "
        f"{way.target:g}). The framework's own classes take {framework:.1f} µs, the HTTP library "
        f"{http:.1f}, JSON {json_us:.1f}: together {least:.1f} µs, {least / peer:.{digits}f}."
    )


def _ratio(ours: float, peer: float) -> float:
    return ours / peer


def table(samples: Samples, took: float) -> list[str]:
    """Return what each line takes, those that take most, and what each party takes."""
    collecting = samples.collecting * took
    total = sum(samples.lines.values()) / (took - collecting)
    parties: Counter[str] = Counter()
    for (whose, *_), count in samples.lines.items():
        parties[whose] += count
    said = ", ".join(f"{whose} {count / total:.1f}" for whose, count in parties.most_common())
    lines = [
        f"{said}, the garbage collector {collecting:.1f} µs.",
        "",
        "| function | line | µs | whose |",
        "| --- | --- | ---: | --- |",
    ]
    functions: Counter[tuple[str, str, str]] = Counter()
    hottest: dict[tuple[str, str, str], Counter[int]] = {}
    for (whose, name, line, function), count in samples.lines.items():
        key = (whose, name, function)
        functions[key] += count
        hottest.setdefault(key, Counter())[line] += count
    for key, count in functions.most_common(ROWS):
        whose, name, function = key
        line = hottest[key].most_common(1)[0][0]
        place = f"{_short(name)}:{line}" if name else "—"
        lines.append(f"| `{function}` | `{place}` | {count / total:.2f} | {whose} |")
    return lines


def _short(name: str) -> str:
    return name.rpartition("site-packages/")[2].removeprefix(f"{PAGE.parent.parent}/")


def write_page(family: str, lines: list[str]) -> None:
    """Put the tables of a family into the page, in place of those that are there."""
    begin, end = f"<!-- profile: {family} -->", f"<!-- end of profile: {family} -->"
    page = PAGE.read_text()
    before, _, rest = page.partition(begin)
    PAGE.write_text(before + "\n".join([begin, *lines, "", end]) + rest.partition(end)[2])


def main() -> None:
    """Profile every path of a family."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("family", choices=list(PATHS))
    parser.add_argument("--paths", nargs="*", help="those whose title begins so")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="of CPU for each path")
    parser.add_argument("--docs", action="store_true", help="write the tables into the page")
    asked = parser.parse_args()
    family = asked.family
    module = importlib.import_module(f"_{family}")
    lines = ["", f"{time.strftime('%Y-%m-%d')}, `make profile`, {sys.version.split()[0]}."]
    with serving() as server:
        models = {
            "ours": module.MODELS["ChatKimiK2"](server.address, raw=False),
            "raw": module.MODELS["ChatKimiK2"](server.address, raw=True),
            "peer": module.MODELS[PEERS[family]](server.address),
        }
        gc.collect()
        gc.freeze()  # as the benchmarks' workers do: the frameworks themselves are no part of it
        for title in PATHS[family]:
            if asked.paths and not title.startswith(tuple(asked.paths)):
                continue
            found = profiled(family, title, server, models, asked.seconds)
            print("\n".join(found), flush=True)
            lines += found
    if asked.docs:
        write_page(family, lines)


if __name__ == "__main__":
    main()
