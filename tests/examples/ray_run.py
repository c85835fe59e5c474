"""Runs `examples/ray_batch.py` against simulated servers and kills one of its workers by SIGKILL.

Run ``python -m tests.examples.ray_run 10000`` for the figures of docs/scale.md.

Owns: the run, in a process of its own, and the worker that dies. May know: kimi_core.testing, the
example. Simulated: no model runs, and the servers share this machine with the workers.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kimi_core.testing import MoonshotSimulator, SimulatedReply, SimulatedToolCall

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["MOMENTS", "Run"]

ROOT = Path(__file__).parent.parent.parent
MOMENTS = ("all asked, nothing written", "written, but not yet known to Ray")
VICTIM = "prompt-57"
"""The worker that gets it is killed at it, once."""


class Run:
    """One folder of answers, several servers.

    Args:
        folder: For prompts and answers.
        prompts: How many prompts.
    """

    def __init__(self, folder: Path, prompts: int) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        self.folder = folder
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

    def start(self, moment: str = "", servers: int = 3) -> tuple[list[int], str]:
        """Run the example to its end.

        Args:
            moment: When a worker is killed, one of `MOMENTS`; none is where it is empty.
            servers: How many servers there are.

        Returns:
            The requests of each server; and how many answers were there, and how many were added.
        """
        with ExitStack() as stack:
            running = [stack.enter_context(MoonshotSimulator()) for _ in range(servers)]
            for server in running:  # the first answer of each is damaged
                call = SimulatedToolCall("get_weather", '{"city": "Par')
                server.reply(SimulatedReply(tool_calls=[call]))
            urls = [server.base_url for server in running]
            subprocess.run(  # noqa: S603 - our own
                [sys.executable, __file__, "child", str(self.folder), moment, *urls],
                env={
                    **os.environ,
                    "MOONSHOT_API_KEY": "sk-simulated",
                    "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'examples'}",
                    "RAY_USAGE_STATS_ENABLED": "0",
                },
                stdout=subprocess.DEVNULL,  # Ray tells there of the worker that died
                check=True,
            )
            said = (self.folder / "said").read_text()
            return [len(server.requests) for server in running], said


def _child(folder: Path, moment: str, servers: Sequence[str]) -> None:
    import ray
    import ray_batch  # type: ignore[import-not-found]

    marker = folder / "killed"

    class Dying(ray_batch.Ask):  # type: ignore[misc]
        def __call__(self, batch: dict[str, Any]) -> Any:
            if moment and VICTIM in batch["id"].tolist() and not marker.exists():
                marker.touch()
                if moment == MOMENTS[0]:
                    ray_batch.pq.write_table = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
                super().__call__(batch)
                os.kill(os.getpid(), signal.SIGKILL)
            return super().__call__(batch)

    ray.init(include_dashboard=False, log_to_driver=False, logging_level="error")
    prompts, answers = folder / "prompts.parquet", folder / "answers"
    counts = ray_batch.run(prompts, answers, servers, worker=Dying)
    (folder / "said").write_text(" ".join(map(str, counts)))


def _main(prompts: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        run = Run(Path(folder), prompts)
        begun = time.monotonic()
        asked, _ = run.start(MOMENTS[0])
        seconds = time.monotonic() - begun
        rows = run.rows()
        size = sum(path.stat().st_size for path in run.answers.glob("*.parquet"))
    once = len({row["id"] for row in rows})
    tokens = sum(row["output_tokens"] or 0 for row in rows)
    found = sum(row["diagnostics"] != "[]" for row in rows)
    print(  # noqa: T201 - the figures
        f"{len(rows)} rows of {once} prompts, {sum(asked)} requests ({asked}), "
        f"{sum(row['error'] is not None for row in rows)} errors, {found} with diagnostics, "
        f"{tokens} tokens, {size:,} bytes, {seconds:.0f} s"
    )


if __name__ == "__main__":
    if sys.argv[1] == "child":
        _child(Path(sys.argv[2]), sys.argv[3], sys.argv[4:])
    else:
        _main(int(sys.argv[1]))
