"""Says line by line where the time of a stream goes, beside the least that it could take.

Run ``make profile``, which makes the environments and takes 4 minutes; it writes its tables into
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
from pathlib import Path
from typing import TYPE_CHECKING, Any

import _floors
from _server import Server, serving

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

PAGE = Path(__file__).resolve().parent.parent / "docs" / "benchmarks.md"
PEERS = {"langchain": "ChatOpenAI", "llama_index": "OpenAILike"}
# Kind, framing, chunks of one answer, and the action.
PATHS = {
    "langchain": {
        "text": ("text", "event", 2_000, "stream", 0.16),
        "tool arguments": ("arguments", "event", 2_000, "stream", 0.16),
        "raw tokens (the peer: text)": ("raw", "event", 2_000, "stream", 0.22),
        "text, in one body": ("text", "body", 2_000, "stream", 0.11),
        "text, 100 async at once": ("text", "event", 50, "astream", 0.25),
        "agent, one tool round": ("agent", "event", 250, "agent", 0.22),
        "agent, in one body": ("agent", "body", 250, "agent", 0.08),
    },
    "llama_index": {
        "text": ("text", "event", 2_000, "stream", 0.18),
        "tool arguments": ("arguments", "event", 2_000, "stream", 0.18),
        "text, in one body": ("text", "body", 2_000, "stream", 0.13),
    },
}
AT_ONCE = 100
EVENTS = 100_000  # of JSON: the clock of a process may tick in milliseconds
TURNS = 5
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
    kind, framing, chunks, action, target = PATHS[family][title]
    module = importlib.import_module(f"_{family}")
    units = chunks * {"astream": AT_ONCE, "agent": 2}.get(action, 1)
    told = {"astream": {"at_once": AT_ONCE}, "agent": {"chunks": chunks}}.get(action, {})
    ours = getattr(module, action)(models["raw" if kind == "raw" else "ours"], **told)
    peer = getattr(module, action)(models["peer"], **told)
    bare = _floors.FLOORS[family](kind, chunks)
    floor = module.agent(bare, chunks) if action == "agent" else module.stream(bare)
    http = _floors.bytes_of(server.address, reads_json=False)
    say = {True: "text" if kind == "raw" else kind, False: kind}
    found: dict[str, list[float]] = {"ours": [], "peer": [], "framework": [], "http": []}
    for turn in range(TURNS + 1):  # the first is not counted
        for name, run in (("ours", ours), ("peer", peer), ("framework", floor), ("http", http)):
            server.say(say[name == "peer"], chunks, framing)
            streams = name == "http" or (name == "framework" and action == "astream")
            value = timed(run, chunks if streams else units)
            found[name] += [value] if turn else []
    server.say(kind, chunks, framing)
    samples = Samples()
    samples.of(ours, seconds)
    ratio = statistics.median(map(_ratio, found["ours"], found["peer"]))
    middle = {name: statistics.median(values) for name, values in found.items()}
    json_us = timed(_floors.json_alone(EVENTS), EVENTS)
    least = middle["framework"] + middle["http"] + json_us
    summary = (
        f"{middle['ours']:.1f} µs a chunk, {PEERS[family]} {middle['peer']:.1f} µs: "
        f"**{ratio:.2f}** (target {target:g}). The framework's own classes take "
        f"{middle['framework']:.1f} µs, the HTTP library {middle['http']:.1f}, JSON "
        f"{json_us:.1f}: together {least:.1f} µs, {least / middle['peer']:.2f}."
    )
    return ["", f"#### {title}", "", summary, "", *table(samples, middle["ours"])]


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
