"""The cassette rules hold: nothing secret is kept, nothing is left unplayed.

Owns: what is promised in `tests/conftest.py`. The rules are tried on small test files of their own
(pytester), which talk to a server on the loopback, and on the cassettes that are in the repository.
"""

from __future__ import annotations

import contextlib
import http.server
import json
import re
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import openai  # noqa: F401 - imported here once, or every inner run pays for it again
import pytest
import yaml

from tests.conftest import KEPT_HEADERS

if TYPE_CHECKING:
    from collections.abc import Iterator

CASSETTES = Path(__file__).parent.parent / "cassettes"
SECRET = "sk-" + "a1B2" * 10
EVENT_STREAM = 'data: {"choices": []}\n\ndata: [DONE]\n\n'
TWO_REQUESTS = """
    import pytest
    from openai import OpenAI

    @pytest.mark.vcr
    def test_two(request):
        url = __import__("os").environ.get("SERVER", "http://127.0.0.1:9/v1")
        with OpenAI(base_url=url, api_key="{secret}", max_retries=0) as client:
            for model in {models}:
                with client.completions.with_streaming_response.create(
                    model=model, prompt="Hi"
                ) as response:
                    assert response.text() == {text!r}
"""


class _Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        """Answer with a short event stream that sets a cookie."""
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("set-cookie", SECRET)
        self.send_header("content-length", str(len(EVENT_STREAM)))
        self.end_headers()
        self.wfile.write(EVENT_STREAM.encode())

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(autouse=True)
def _few_plugins(monkeypatch: pytest.MonkeyPatch) -> None:
    # An inner run loads every plugin anew: two seconds for each of a dozen runs.
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")


@pytest.fixture
def recorder(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A folder in which a test of two requests has been recorded."""
    pytester.makeconftest('pytest_plugins = ["tests.conftest"]')
    write_test(pytester, models=["first", "second"])
    with serve() as url:
        monkeypatch.setenv("SERVER", url)
        run(pytester, "--record-mode=rewrite").assert_outcomes(passed=1)
    monkeypatch.delenv("SERVER")
    return pytester


@contextlib.contextmanager
def serve() -> Iterator[str]:
    """Run a server on the loopback that answers everything alike; gives its base URL."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/v1"
    server.shutdown()
    server.server_close()


def write_test(pytester: pytest.Pytester, *, models: list[str]) -> None:
    code = TWO_REQUESTS.format(models=models, secret=SECRET, text=EVENT_STREAM)
    pytester.makepyfile(test_inner=code)


def run(pytester: pytest.Pytester, *options: str) -> pytest.RunResult:
    return pytester.runpytest_inprocess("-p", "pytest_recording.plugin", *options)


def recorded_files() -> list[Path]:
    return sorted(CASSETTES.rglob("*.yaml"))


def test_a_recording_is_replayed_without_its_server(recorder: pytest.Pytester) -> None:
    run(recorder).assert_outcomes(passed=1)


def test_a_cassette_that_is_only_partly_played_fails_its_test(recorder: pytest.Pytester) -> None:
    write_test(recorder, models=["first"])

    result = run(recorder)

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        ["*played only a part of its cassette; never asked for: POST*/v1/completions*"]
    )


def test_no_answer_is_played_twice(recorder: pytest.Pytester) -> None:
    write_test(recorder, models=["first", "second", "second"])

    run(recorder).assert_outcomes(failed=1)


def test_a_test_without_a_cassette_to_play_fails(pytester: pytest.Pytester) -> None:
    pytester.makeconftest('pytest_plugins = ["tests.conftest"]')
    write_test(pytester, models=[])

    result = run(pytester)

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*played no cassette*make record*"])


def test_a_request_with_another_body_is_not_answered(recorder: pytest.Pytester) -> None:
    write_test(recorder, models=["first", "third"])

    run(recorder).assert_outcomes(failed=1)


def test_a_recording_holds_no_secret_and_no_port(recorder: pytest.Pytester) -> None:
    [cassette] = recorder.path.rglob("cassettes/**/*.yaml")

    text = cassette.read_text(encoding="utf-8")

    assert SECRET not in text
    assert re.search(r"127\.0\.0\.1:\d", text) is None


def test_a_recorded_event_stream_is_kept_line_by_line(recorder: pytest.Pytester) -> None:
    [cassette] = recorder.path.rglob("cassettes/**/*.yaml")

    assert '        data: {"choices": []}\n\n        data: [DONE]\n' in cassette.read_text()


@pytest.mark.parametrize("path", recorded_files(), ids=lambda path: str(path.relative_to(CASSETTES)))
def test_a_committed_cassette_keeps_only_the_listed_headers(path: Path) -> None:
    interactions = yaml.safe_load(path.read_text(encoding="utf-8"))["interactions"]

    sides = [side for turn in interactions for side in (turn["request"], turn["response"])]
    kept = {name.lower() for side in sides for name in side["headers"]}

    assert kept <= KEPT_HEADERS
    assert re.search(r"Bearer |sk-[\w-]{20,}", json.dumps(interactions)) is None
