"""Measures `ChatKimiK2` of both frameworks beside the other clients, all in one run.

Run ``make bench``, which makes the environments; ``make bench ARGS=--quick`` takes 3 minutes. Each
client lives in a process of its own and they take turns, run by run, so that whatever else the
machine does hits all of them. A ratio is that of two runs that followed each other; what is said is
the median of them, with the least and the greatest.

Owns: the turns. May know: `_rows`, `_report`, `_plots`, `_server`.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import _plots
import _report
from _rows import CLIENTS, ROWS, STARTUPS, Client, Row
from _server import Server, serving

HERE = Path(__file__).resolve().parent
SLOW = {True: 1.0, False: 3.0}  # seconds of one turn, above which a client has no other; by --quick
SLOW_OTHER = 0.4  # likewise with --quick, of one that no target is about
TURNS = {True: 3, False: 9}
LATE = 30  # seconds that a client which should have given up has left, before its process is ended
# Where this is set, each new process compiles this checkout again, and of the others nothing.
_NOT_COMPILED = "PYTHONDONTWRITEBYTECODE"
WARM = 20  # chunks of a stream that is not measured
OURS = {"ChatKimiK2", "kimi_core"}
CORE = (
    Client("kimi_core", "core", "langchain", "kimi-k2-integrations"),
    Client("openai", "core", "langchain", "openai"),
)


class Worker:
    """The process of one client."""

    def __init__(self, client: Client, python: str, server: Server) -> None:
        self.client = client
        self._server = server
        self._process = subprocess.Popen(  # noqa: S603 - this folder's own file
            [python, str(HERE / "_worker.py"), client.family, client.name, server.address],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=environment(),
        )

    def run(self, row: Row, chunks: int) -> dict[str, Any]:
        """Do one run and return ``{"value"}`` or ``{"error"}``."""
        ours = self.client.name == "ChatKimiK2"
        kind = "text" if row.kind == "raw" and not ours else row.kind
        self._server.say(kind, chunks, row.framing)
        told = {
            "action": row.action,
            "raw": row.kind == "raw",
            "aiohttp": row.aiohttp,
            "arguments": row.arguments,
            "measure": row.measure,
            "units": row.units,
            "longest": row.longest,
        }
        assert self._process.stdin is not None  # noqa: S101 - a pipe was asked for
        assert self._process.stdout is not None  # noqa: S101 - as above
        late = threading.Timer(row.longest + LATE, self._process.kill)
        late.start()
        try:
            self._process.stdin.write(json.dumps(told) + "\n")
            self._process.stdin.flush()
            found: dict[str, Any] = json.loads(self._process.stdout.readline())
        except (OSError, ValueError):
            return {"error": f"its process has ended, or was ended after {row.longest + LATE} s"}
        finally:
            late.cancel()
        return found

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.wait()


def environment() -> dict[str, str]:
    """Return the environment of a worker: this checkout, and nothing fetched at an import."""
    paths = [str(HERE.parent), os.environ.get("PYTHONPATH", "")]
    kept = {name: value for name, value in os.environ.items() if name != _NOT_COMPILED}
    return {
        **kept,
        "PYTHONPATH": os.pathsep.join(filter(None, paths)),
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",
        "OPENAI_API_KEY": "not needed",
        "LANGSMITH_TRACING": "false",
    }


def measure(
    rows: list[Row], workers: list[Worker], *, quick: bool, everyone: bool
) -> _report.Found:
    """Measure every row, the clients in turn; a run of few chunks comes before the first one.

    Before the first row a whole run: a client that had sent one short answer was still importing,
    and the row said 0.26 in place of 0.17.
    """
    found: _report.Found = {}
    for worker in workers if rows else ():
        worker.run(rows[0], rows[0].chunks)
    for row in rows:
        begun = time.monotonic()
        others = not quick or (everyone and not row.few)
        asked = [one for one in workers if others or row.is_about(one.client)]
        cells = found[row.title] = {worker.client.key: _report.Cell() for worker in asked}
        for worker in asked:
            cells[worker.client.key].error = worker.run(row, min(WARM, row.chunks)).get("error", "")
        once = row.measure == "bytes" or (quick and row.measure == "added")
        for turn in range(1 if once else TURNS[quick]):
            for worker in asked:
                cell = cells[worker.client.key]
                slow = SLOW_OTHER if quick and not row.is_about(worker.client) else SLOW[quick]
                if cell.error or cell.took > slow:
                    continue
                start = time.monotonic()
                cell.take(turn, worker.run(row, row.chunks))
                cell.took = time.monotonic() - start
        print(f"{time.monotonic() - begun:6.1f} s  {row.title}", flush=True)
    return found


def measure_startups(
    clients: list[Client], pythons: dict[str, str], address: str, *, quick: bool
) -> _report.Found:
    """Measure what comes before the first request, each time in a new process."""
    found: _report.Found = {title: {} for title, _ in STARTUPS.values()}
    begun = time.monotonic()
    for client in clients:
        if client.name in OURS:  # compiles this checkout, as pip does what it installs
            started(client, pythons[client.environment], address)
    for turn in range(TURNS[quick]):
        for client in clients:
            if quick and turn and not client.is_base and client not in CORE:
                continue
            values, error = started(client, pythons[client.environment], address)
            for name, (title, _) in STARTUPS.items():
                cell = found[title].setdefault(client.key, _report.Cell())
                cell.take(turn, {"value": values[name]} if name in values else {"error": error})
    print(f"{time.monotonic() - begun:6.1f} s  what comes before the first request", flush=True)
    return found


def started(client: Client, python: str, address: str) -> tuple[dict[str, float], str]:
    """Return what a new process measured of its start, or why it did not."""
    told = [python, str(HERE / "_worker.py"), client.family, client.name, address, "--startup"]
    said = subprocess.run(told, capture_output=True, text=True, env=environment(), check=False)  # noqa: S603 - this folder's own file
    error = said.stderr.strip().rpartition("\n")[2][:200] or "not measured"
    return (json.loads(said.stdout) if said.returncode == 0 else {}), error


def installed(client: Client, python: str) -> str | None:
    """Return the version of a client, or None where it is not there."""
    code = f"import importlib.metadata as m; print(m.version({client.package!r}))"
    if client.package == "kimi-k2-integrations":
        code = "import kimi_core; print(kimi_core.__version__)"
    said = subprocess.run(  # noqa: S603 - as above
        [python, "-c", code], capture_output=True, text=True, env=environment(), check=False
    )
    return said.stdout.strip() or None


def main() -> int:
    """Measure, and write what was found."""
    options = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    options.add_argument("--quick", action="store_true", help="3 minutes: less of all")
    options.add_argument("--everyone", action="store_true", help="all clients with --quick, too")
    options.add_argument("--rows", nargs="+", help="only rows whose title begins so")
    options.add_argument("--llama-index", default=sys.executable, help="a Python with its peers")
    options.add_argument("--langchain", default=sys.executable, help="a Python with its peers")
    options.add_argument("--out", type=Path, default=HERE.parent / ".cache" / "bench")
    options.add_argument("--docs", action="store_true", help="write docs/benchmarks.md, too")
    chosen = options.parse_args()
    pythons = {"langchain": chosen.langchain, "llama-index": chosen.llama_index}
    versions = {one.key: installed(one, pythons[one.environment]) for one in CLIENTS}
    clients = [one for one in CLIENTS if versions[one.key]]
    rows = [
        row
        for row in ROWS
        if (row.quick or not chosen.quick)
        and (not chosen.rows or row.title.startswith(tuple(chosen.rows)))
    ]
    with serving() as server:
        workers = [Worker(one, pythons[one.environment], server) for one in clients]
        try:
            found = measure(rows, workers, quick=chosen.quick, everyone=chosen.everyone)
            if not chosen.rows:
                everyone = [*clients, *CORE]
                found |= measure_startups(everyone, pythons, server.address, quick=chosen.quick)
        finally:
            for worker in workers:
                worker.close()
    run = _report.Run(found, versions, quick=chosen.quick)
    chosen.out.mkdir(parents=True, exist_ok=True)
    # Some rows, or some clients, are no page: what had been measured of the others would be gone.
    whole = not chosen.rows and (chosen.everyone or not chosen.quick)
    docs = HERE.parent / "docs" if chosen.docs and whole else None
    _report.write(run, chosen.out, docs=docs)
    _plots.write(run, chosen.out, docs=docs)
    print(f"\n{_report.markdown(run)}\nwritten to {chosen.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
