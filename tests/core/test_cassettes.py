"""The cassette rules hold: nothing secret is kept, nothing is left unplayed.

Owns: what is promised in `tests/conftest.py`. The rules are tried on a small test file that is
recorded and replayed by a pytest of its own, against a server on the loopback, and on the cassettes
that are in the repository.

A process of its own, because a run inside this one would import what vcrpy patches a second time,
after which an exception of httpcore2 is no longer an exception of httpcore2 for the tests that
follow.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.conftest import KEPT_HEADERS, ReadableYaml
from tests.scripted import Answer, ScriptedServer

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parent.parent.parent
CASSETTES = ROOT / "tests" / "cassettes"
SECRET = "sk-" + "a1B2" * 10
EVENT_STREAM = 'data: {"choices": []}\n\ndata: [DONE]\n\n'
INNER_TESTS = f"""
import os, urllib.request
import pytest

pytestmark = [pytest.mark.vcr, pytest.mark.default_cassette("shared")]

def ask(*models):
    for model in models:
        body = ('{{"model": "%s"}}' % model).encode()
        headers = {{"content-type": "application/json", "authorization": "Bearer {SECRET}"}}
        url = os.environ["SERVER"] + "/v1/completions"
        request = urllib.request.Request(url, body, headers)
        with urllib.request.urlopen(request) as response:
            assert response.read().decode() == {EVENT_STREAM!r}

def test_everything():
    ask("first", "second")

def test_a_part():
    ask("first")

def test_twice():
    ask("first", "second", "second")

def test_another_body():
    ask("first", "third")

@pytest.mark.default_cassette("absent")
def test_nothing():
    pass
"""


@contextlib.contextmanager
def serve() -> Iterator[str]:
    """Run a server that answers everything with a short event stream that sets a cookie."""
    headers = {"content-type": "text/event-stream", "set-cookie": SECRET}
    with ScriptedServer(repeats=True) as server:
        server.will(Answer((EVENT_STREAM.encode(),), headers=headers))
        yield server.base_url.removesuffix("/v1")


def run_pytest(folder: Path, server: str, *options: str) -> str:
    """Run the inner tests in a process of their own; returns what pytest printed."""
    command = [sys.executable, "-m", "pytest", "-rA", "-p", "pytest_recording.plugin", *options]
    here = {"SERVER": server, "PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    return subprocess.run(  # noqa: S603 - our own tests
        command, cwd=folder, env=os.environ | here, capture_output=True, text=True, check=False
    ).stdout


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the inner tests and the cassette that `test_everything` recorded."""
    folder = tmp_path_factory.mktemp("cassettes")
    (folder / "pytest.ini").write_text("[pytest]")
    (folder / "conftest.py").write_text('pytest_plugins = ["tests.conftest"]')
    (folder / "test_inner.py").write_text(INNER_TESTS)
    with serve() as server:
        printed = run_pytest(folder, server, "--record-mode=rewrite", "-k", "test_everything")
    assert "1 passed" in printed, printed
    return folder


@pytest.fixture(scope="module")
def cassette(folder: Path) -> str:
    """The text of the recorded cassette."""
    return (folder / "tests/cassettes/test_inner/shared.yaml").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def replay(folder: Path) -> str:
    """What pytest printed while it replayed the inner tests, with no server to be reached."""
    return run_pytest(folder, "http://127.0.0.1:9")


def test_a_recording_is_replayed_without_its_server(replay: str) -> None:
    assert "PASSED test_inner.py::test_everything" in replay


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        pytest.param("test_a_part", "played only a part of its cassette", id="partly played"),
        pytest.param("test_twice", "CannotOverwriteExistingCassetteE", id="an answer asked twice"),
        pytest.param("test_another_body", "the bodies differ in ['model']", id="another body"),
        pytest.param("test_nothing", "played no cassette", id="no cassette"),
    ],
)
def test_a_test_that_does_not_play_its_whole_cassette_fails(
    replay: str, name: str, reason: str
) -> None:
    [section] = re.findall(rf"^_+ {name} _+$(.+?)^(?:_{{9,}} |=)", replay, re.MULTILINE | re.DOTALL)

    assert f"FAILED test_inner.py::{name}" in replay
    assert reason in section


def test_a_recording_holds_no_secret_and_no_port(cassette: str) -> None:
    assert SECRET not in cassette
    assert re.search(r"127\.0\.0\.1:\d", cassette) is None


def test_a_recorded_event_stream_is_kept_line_by_line(cassette: str) -> None:
    assert '        data: {"choices": []}\n\n        data: [DONE]\n' in cassette


@pytest.mark.parametrize(
    "path", sorted(CASSETTES.rglob("*.yaml")), ids=lambda path: str(path.relative_to(CASSETTES))
)
def test_a_committed_cassette_keeps_only_the_listed_headers(path: Path) -> None:
    interactions = ReadableYaml.deserialize(path.read_text(encoding="utf-8"))["interactions"]

    sides = [side for turn in interactions for side in (turn["request"], turn["response"])]
    kept = {name.lower() for side in sides for name in side["headers"]}

    assert kept <= KEPT_HEADERS
    assert re.search(r"Bearer |sk-[\w-]{20,}", json.dumps(interactions)) is None
