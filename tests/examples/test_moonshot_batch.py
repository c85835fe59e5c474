"""`examples/moonshot_batch.py` goes on where SIGKILL ended it: nothing asked twice, nothing lost.

Owns: killing it, and the figure of docs/scale.md. The same at every single request, within one
process, is tests/core/test_run_batch.py.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from kimi_core.testing import MoonshotSimulator
from tests.scripted import Listener

if TYPE_CHECKING:
    from typing_extensions import Self

ROOT = Path(__file__).parent.parent.parent
EXAMPLE = ROOT / "examples" / "moonshot_batch.py"

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")


@dataclass
class Killer:
    """Stands before a simulator and kills the client at one request, by SIGKILL.

    Attributes:
        to: Where the simulator listens.
        kills: Method, path, and when: "before" the simulator gets the request, "after" it has
            answered, or "inside" of the answer's body. The first is taken first.
        child: The client.
    """

    to: str
    kills: list[tuple[str, str, str]]
    child: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self._httpd = Listener(("127.0.0.1", 0), _forwarding(self))
        self._thread = threading.Thread(target=self._httpd.serve_forever, args=(0.01,))
        self._thread.start()
        self.base_url = f"http://127.0.0.1:{self._httpd.server_port}/v1"
        return self

    def __exit__(self, *_: object) -> None:
        self._httpd.shutdown()
        self._httpd.server_close()
        self._thread.join()

    def next_kill(self, method: str, path: str) -> str | None:
        """Return when the client is to be killed at this request, or None."""
        if self.kills and self.kills[0][0] == method and path.startswith(self.kills[0][1]):
            return self.kills.pop(0)[2]
        return None

    def kill(self) -> None:
        """Kill the client."""
        assert self.child is not None
        self.child.send_signal(signal.SIGKILL)
        self.child.wait()


def _forwarding(killer: Killer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def _forward(self) -> None:
            length = int(self.headers.get("content-length", 0))
            data = self.rfile.read(length)
            when = killer.next_kill(self.command, self.path)
            if when == "before":
                killer.kill()
                return
            there = HTTPConnection(urlsplit(killer.to).netloc)
            there.request(self.command, self.path, data, dict(self.headers.items()))
            answer = there.getresponse()
            said = answer.read()
            there.close()
            if when == "after":
                killer.kill()
                return
            self.send_response(answer.status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(said)))
            self.end_headers()
            if when == "inside":
                self.wfile.write(said[: len(said) // 2])
                self.wfile.flush()
                killer.kill()
                return
            self.wfile.write(said)

        do_GET = do_POST = _forward  # noqa: N815 - the library's names

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    return Handler


MOMENTS = {
    "before the upload": ("POST", "/v1/files", "before"),
    "after the upload": ("POST", "/v1/files", "after"),
    "after the creation": ("POST", "/v1/batches", "after"),
    "while it waits": ("GET", "/v1/batches/", "after"),
    "while it downloads": ("GET", "/v1/files/", "inside"),
}


def _start(killer: Killer, folder: Path) -> tuple[int, str]:
    command = [sys.executable, str(EXAMPLE), str(folder / "texts.txt"), str(folder / "run.jsonl")]
    command += ["--base-url", killer.base_url, "--poll", "0"]
    environment = {**os.environ, "MOONSHOT_API_KEY": "sk-simulated", "PYTHONPATH": str(ROOT)}
    killer.child = subprocess.Popen(  # noqa: S603 - our own example
        command, env=environment, stdout=subprocess.PIPE
    )
    said, _ = killer.child.communicate()
    return killer.child.returncode, said.decode()


def _run_and_kill(folder: Path, count: int, moments: list[str]) -> tuple[list[str], str]:
    """Run the example, killed at each moment; return what was posted and what it printed."""
    (folder / "texts.txt").write_text("".join(f"Text {number}\n" for number in range(count)))
    with (
        MoonshotSimulator() as moonshot,
        Killer(moonshot.base_url, [MOMENTS[name] for name in moments]) as killer,
    ):
        for _ in moments:
            code, _said = _start(killer, folder)
            assert code == -signal.SIGKILL
        code, said = _start(killer, folder)
        assert code == 0
        assert killer.kills == []
        return [seen.path for seen in moonshot.requests if seen.method == "POST"], said


@pytest.mark.deep
@pytest.mark.parametrize("moment", MOMENTS)
def test_a_process_that_is_killed_at_any_moment_goes_on(tmp_path: Path, moment: str) -> None:
    posts, said = _run_and_kill(tmp_path, 20, [moment])
    assert posts == ["/v1/files", "/v1/batches"]
    assert said.startswith("20 results, 20 calls, 0 errors")


@pytest.mark.deep
@pytest.mark.timeout(900)  # 40 s on two quiet cores; a busy machine took more than 120
def test_ten_thousand_requests_and_five_kills(tmp_path: Path) -> None:
    begun = time.monotonic()
    posts, said = _run_and_kill(tmp_path, 10_000, list(MOMENTS))
    assert posts == ["/v1/files", "/v1/batches"]
    assert said.startswith("10000 results, 10000 calls, 0 errors")
    size = (tmp_path / "run.jsonl").stat().st_size
    print(f"\n{said.strip()}; {size:,} bytes of state, {time.monotonic() - begun:.0f} s")  # noqa: T201 - the figure of docs/scale.md
