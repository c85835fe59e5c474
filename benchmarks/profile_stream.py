"""Says line by line where the time of a stream goes, beside the least that it could take.

Run ``make profile``, which makes the environments and takes 6 minutes; it writes its tables into
docs/benchmarks.md. In one process are ours, the peer and the floors, in turn, so that whatever else
the machine does hits all of them.

Owns: the samples, whose a line is, and the tables. May know: `_server`, `_rows`, `_floors`, the
families' modules.

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
from pathlib import Path
from typing import TYPE_CHECKING, Any

import _floors
from _rows import BASE, ROWS
from _server import Server, serving

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

    from _rows import Row

PAGE = Path(__file__).resolve().parent.parent / "docs" / "benchmarks.md"
TURNS = 5
# Rows of the benchmark: what is asked, and the target, are said there.
PATHS = {
    "langchain": (
        "text",
        "tool arguments",
        "raw tokens (others: text)",
        "text, in one body",
        "text, 100 async at once",
        "abatch, 256 at once",
        "agent, one tool round of 2,000 chunks each",
        "agent, of 2,000 in one body",
    ),
    "llama_index": (
        "text",
        "tool arguments",
        "text, in one body",
        "agent, 8,000 fragments of a call",
        "agent, 8,000 fragments, a slower server",
    ),
}
EVENTS = 100_000  # of JSON: the clock of a process may tick in milliseconds
SECONDS = 6.0  # of CPU for the samples of one path
INTERVAL = 0.002
FUNCTIONS = 14
WHOSE = (
    ("ours", r"/(kimi_core|langchain_kimi|llama_index_kimi)/"),
    ("SDK", r"site-packages/openai/"),
    ("HTTP library", r"site-packages/(httpx2?|httpcore2?|h11|anyio|sniffio)/"),
    ("framework", r"site-packages/(langchain|langgraph|llama_index|pydantic|workflows|langsmith)"),
    ("benchmark", r"/benchmarks/"),
)


_ROWS = {row.title: row for row in ROWS}


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
    row, module = _ROWS[title], importlib.import_module(f"_{family}")
    act = getattr(module, row.action)
    runs = {
        "ours": act(models["raw" if row.kind == "raw" else "ours"], **row.arguments),
        "peer": act(models["peer"], **row.arguments),
        "framework": act(_floors.FLOORS[family](row.kind, row.chunks), **row.arguments),
        "http": _http(server.address, family, row),
    }
    say = {True: "text" if row.kind == "raw" else row.kind, False: row.kind}
    found: dict[str, list[float]] = {name: [] for name in runs}
    # Over a long call the peer reads all of it for every fragment: half a minute for one turn.
    turns = 1 if row.kind == "call" else TURNS
    for turn in range(turns + 1):  # the first is not counted
        for name, run in runs.items():
            if turn or turns > 1 or name != "peer":
                server.say(say[name == "peer"], row.chunks, row.framing)
                value = timed(run, _units(row))
                found[name] += [value] if turn else []
    server.say(row.kind, row.chunks, row.framing)
    samples = Samples()
    samples.of(runs["ours"], seconds)
    summary = _summary(family, row, found)
    middle = statistics.median(found["ours"])
    return ["", f"#### {title}", "", summary, "", *table(samples, middle)]


def _units(row: Row) -> int:
    """Return what a time is divided by: how many chunks, or answers, one run reads."""
    at_once: int = row.arguments.get("at_once", 1)
    if row.action == "abatch":
        return at_once
    return row.chunks * (2 if row.kind == "agent" else at_once)


def _http(url: str, family: str, row: Row) -> Callable[[], int]:
    """Return what reads the bytes of a row, and nothing else: for each request of an agent once."""
    if row.action in {"astream", "abatch"} or (family == "llama_index" and row.action == "agent"):
        at_once = row.arguments.get("at_once", 1)
        return _floors.bytes_at_once(url, at_once, stream=row.action != "abatch")
    once = _floors.bytes_of(url, reads_json=False)
    return (lambda: once() + once()) if row.action == "agent" else once


def _summary(family: str, row: Row, found: dict[str, list[float]]) -> str:
    ratio = statistics.median(map(_ratio, found["ours"], found["peer"]))
    ours, peer, framework, http = (statistics.median(values) for values in found.values())
    json_us = timed(_floors.json_alone(EVENTS), EVENTS)
    least = framework + http + json_us
    target = row.target[f"{family}/{BASE[family]}"]
    unit = "an answer" if row.action == "abatch" else "a chunk"
    digits = max(2, len(f"{target:g}") - 2)
    return (
        f"{ours:.1f} µs {unit}, {BASE[family]} {peer:.1f} µs: **{ratio:.{digits}f}** (target "
        f"{target:g}). The framework's own classes take {framework:.1f} µs, the HTTP library "
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
    for key, count in functions.most_common(FUNCTIONS):
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
            "peer": module.MODELS[BASE[family]](server.address),
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
