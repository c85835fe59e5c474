"""Runs `examples/ray_batch.py` against simulated servers and kills one of its workers by SIGKILL.

Run ``python -m tests.examples.ray_run 10000`` for the figures of docs/scale.md.

Owns: the run, in a process of its own, and the worker that dies. May know: kimi_core.testing, the
example. Simulated: no model runs, and the servers share this machine with the workers.
"""

from __future__ import annotations

import json
import os
import re
import runpy
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from kimi_core.testing import MoonshotSimulator, SimulatedReply, SimulatedToolCall

__all__ = ["MOMENTS", "Run"]

ROOT = Path(__file__).parent.parent.parent
EXAMPLE = ROOT / "examples" / "ray_batch.py"
MOMENTS = ("all asked, nothing written", "written, but not yet known to Ray")
VICTIM = "prompt-57"
"""The worker that gets it is killed at it, once."""


class Run:
    """One folder of answers, several servers.

    Args:
        folder: For prompts and answers.
        prompts: How many prompts.

    Attributes:
        again: The prompts that the servers were asked more than once in the last start, with how
            often; without the turns that ask for a damaged call once more.
    """

    def __init__(self, folder: Path, prompts: int) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        self.folder = folder
        self.again: dict[str, int] = {}
        ids = [f"prompt-{number}" for number in range(prompts)]
        texts = [f"How is the weather in town {number}?" for number in range(prompts)]
        pq.write_table(pa.table({"id": ids, "prompt": texts}), folder / "prompts.parquet")

    @property
    def answers(self) -> Path:
        """Where the answers are."""
        return self.folder / "answers"

    def rows(self) -> list[dict[str, Any]]:
        """Return the answers that there are."""
        import pyarrow.parquet as pq

        return [
            row
            for path in self.answers.glob("*.parquet")
            for row in pq.read_table(path).to_pylist()
        ]

    def start(self, moment: str = "", servers: int = 3) -> tuple[list[int], int]:
        """Run the example to its end.

        Args:
            moment: When a worker is killed, one of `MOMENTS`; none is where it is empty.
            servers: How many servers there are.

        Returns:
            The requests of each server, and how many prompts it says were answered.
        """
        with ExitStack() as stack:
            running = [stack.enter_context(MoonshotSimulator()) for _ in range(servers)]
            for server in running:  # the first answer of each is damaged
                call = SimulatedToolCall("get_weather", '{"city": "Par')
                server.reply(SimulatedReply(tool_calls=[call]))
            urls = [server.base_url for server in running]
            done = subprocess.run(  # noqa: S603 - our own
                [sys.executable, __file__, "child", *self._paths, *urls],
                env={
                    **os.environ,
                    "MARKER": str(self.folder / "killed"),
                    "MOMENT": moment,
                    "MOONSHOT_API_KEY": "sk-simulated",
                    "PYTHONPATH": str(ROOT),
                    "RAY_USAGE_STATS_ENABLED": "0",
                },
                stdout=subprocess.PIPE,
                text=True,
                check=True,
            )
            # Ray tells there of the worker that died, too.
            asked = Counter(
                request.body["messages"][0]["content"]
                for server in running
                for request in server.requests
                if len(request.body["messages"]) == 1
            )
            self.again = {prompt: times for prompt, times in asked.items() if times > 1}
            said = re.findall(r"^(\d+) were answered$", done.stdout, re.MULTILINE)
            return [len(server.requests) for server in running], int(said[-1])

    @property
    def _paths(self) -> list[str]:
        return [str(self.folder / "prompts.parquet"), str(self.answers)]


def die_once() -> None:
    """Have this worker be killed where it gives the victim's file its name; Ray calls it."""
    import pyarrow.parquet as pq

    replace, moment, marker = Path.replace, os.environ["MOMENT"], Path(os.environ["MARKER"])

    def dying(half: Path, path: Path) -> Path:
        if moment and not marker.exists() and VICTIM in pq.read_table(half)["id"].to_pylist():
            marker.touch()
            if moment == MOMENTS[1]:
                replace(half, path)
            os.kill(os.getpid(), signal.SIGKILL)
        return replace(half, path)

    Path.replace = dying  # type: ignore[assignment, method-assign]


def _child(arguments: list[str]) -> None:
    import ray

    ray.init(
        include_dashboard=False,
        log_to_driver=False,
        runtime_env={"worker_process_setup_hook": "tests.examples.ray_run.die_once"},
    )
    sys.argv = [str(EXAMPLE), *arguments]
    runpy.run_path(str(EXAMPLE), run_name="__main__")


def _main(prompts: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        run = Run(Path(folder), prompts)
        begun = time.monotonic()
        asked, _ = run.start(MOMENTS[0])
        seconds = time.monotonic() - begun
        rows = run.rows()
        size = sum(path.stat().st_size for path in run.answers.glob("*.parquet"))
    once = len({row["id"] for row in rows})
    tokens = sum(json.loads(row["usage_metadata"])["output_tokens"] for row in rows)
    found = sum("diagnostics" in json.loads(row["response_metadata"]) for row in rows)
    print(  # noqa: T201 - the figures
        f"{len(rows)} rows of {once} prompts, {sum(asked)} requests ({asked}), "
        f"{sum(row['error'] is not None for row in rows)} errors, {found} with diagnostics, "
        f"{tokens} tokens, {size:,} bytes, {seconds:.0f} s"
    )


if __name__ == "__main__":
    if sys.argv[1] == "child":
        _child(sys.argv[2:])
    else:
        _main(int(sys.argv[1]))
