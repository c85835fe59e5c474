"""``kimi-k2 check`` and ``kimi-k2 serve`` on the embedded engine, run as a user runs them."""

from __future__ import annotations

import itertools
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

pytest.importorskip("typer", reason="the command line needs the extra [cli]")

pytestmark = pytest.mark.engine


def command() -> str:
    found = shutil.which("kimi-k2", path=str(Path(sys.executable).parent))
    assert found is not None, "the package is not installed: make test installs it"
    return found


def shown_in_the_documentation() -> dict[str, str]:
    """Read the statuses off the table in docs/check.md."""
    page = Path(__file__).parent.parent.parent / "docs" / "check.md"
    signs = {"ok": "green", "limit": "amber", "FAILS": "red", "-": "skipped"}
    rows = re.findall(r"^│ (\w+) +│ (\S+) +│", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {probe: signs[sign] for probe, sign in rows}


@pytest.mark.deep
def test_the_embedded_engine_passes_the_check(tmp_path: Path) -> None:
    """Nothing is red; what the small stand-in model cannot do is amber, and says so."""
    result = subprocess.run(  # noqa: S603 - our own command with our own arguments
        [command(), "check", "--endpoint", "local", "--json"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    report = json.loads(result.stdout)
    status = {finding["probe"]: finding["status"] for finding in report["findings"]}
    assert report["passed"]
    for probe in ("reachability", "auth", "model", "chat", "streaming", "usage"):
        assert status[probe] == "green", probe
    assert status["forced_tool_choice"] == "green"  # the grammar makes any model call
    assert status["reasoning"] == status["images"] == "skipped"
    assert status["context"] == "amber"
    assert report["completion_tokens"] > 0
    assert status == shown_in_the_documentation()


def test_it_is_served_in_the_foreground_until_ctrl_c(tmp_path: Path) -> None:
    """Base URL and both frameworks' lines are printed; the end is quiet, and leaves no engine."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    process = subprocess.Popen(  # noqa: S603 - our own command with our own arguments
        [command(), "serve", "--port", str(port)],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1", "COLUMNS": "200"},
        start_new_session=True,  # so that the signal reaches its group, and not this process
    )
    try:
        assert process.stdout is not None
        told = "".join(itertools.takewhile("Ctrl-C stops it.\n".__ne__, process.stdout))
        base_url = f"http://127.0.0.1:{port}/v1"
        assert f"is served at {base_url}\n" in told
        with urllib.request.urlopen(f"{base_url}/models") as answer:  # noqa: S310 - the engine's own address
            assert json.load(answer)["data"][0]["id"] == "local"
    finally:
        os.killpg(process.pid, signal.SIGINT)
        output, errors = process.communicate()
    assert process.returncode == 0, errors
    assert errors == ""
    assert output == "Stopped.\n"
    assert told.count("ChatKimiK2(endpoint=") == 2
    with pytest.raises(OSError, match="refused"):
        urllib.request.urlopen(f"{base_url}/models")  # noqa: S310 - likewise
