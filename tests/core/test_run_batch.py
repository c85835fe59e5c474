"""A run of batches that is killed at any moment goes on: nothing is asked twice, nothing is lost.

Owns: `KimiClient.run_batch` and its state on disk. A kill is an exception here that nobody may
catch: before a request leaves, or when the server has taken it and the answer is on its way. By
SIGKILL it is done in tests/examples/test_moonshot_batch.py.
"""

from __future__ import annotations

import asyncio
import json
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import openai
import pytest

from kimi_core.errors import (
    KimiBadRequestError,
    KimiConfigError,
    KimiConnectionError,
    KimiProtocolError,
)
from kimi_core.platform import KimiClient, _batch
from kimi_core.testing import MoonshotSimulator, SimulatedReply, SimulatedToolCall

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from kimi_core.platform import BatchResult

TOOL = {"type": "function", "function": {"name": "note", "parameters": {"type": "object"}}}
ASKED: dict[str, Any] = {
    "one": [{"role": "user", "content": "Say it without tools\u2028please"}],
    "two": [{"role": "user", "content": "Note it"}],
    "bad": [{"role": "user", "content": "Something forbidden"}],
}
REFUSAL = {"error": {"message": "high risk", "type": "content_filter"}}


class Killed(BaseException):
    """The end of the process, as far as one process can play it."""


@pytest.fixture
def moonshot() -> Iterator[MoonshotSimulator]:
    """A server that answers one request, calls a tool for another, and refuses the third."""
    with MoonshotSimulator() as server:
        server.reply(
            SimulatedReply(content="Said:\u2028it."),
            SimulatedReply(tool_calls=[SimulatedToolCall("note", {})]),
            SimulatedReply(error=(400, REFUSAL)),
        )
        yield server


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """Where the state is kept."""
    return tmp_path / "run.jsonl"


@dataclass
class Kill:
    """Kills at one request, before it leaves or when its answer comes.

    Attributes:
        at: The number of the request.
        when: The hook of the HTTP client.
        count: Requests so far.
    """

    at: int
    when: str
    count: int = 0

    def __call__(self, _: object) -> None:
        self.count += 1
        if self.count > self.at:
            raise Killed

    async def acall(self, it: object) -> None:
        self(it)


def run(
    moonshot: MoonshotSimulator, state: Path, kill: Kill | None = None, **options: Any
) -> dict[str, BatchResult]:
    """Call it; a kill is raised."""
    hooks = {kill.when: [kill]} if kill else {}
    with openai.DefaultHttpxClient(event_hooks=hooks, verify=False) as http_client:
        client = _client(moonshot, http_client=http_client)
        return client.run_batch(ASKED, state_file=state, tools=[TOOL], poll=0, **options)


def arun(
    moonshot: MoonshotSimulator, state: Path, kill: Kill | None = None, **options: Any
) -> dict[str, BatchResult]:
    """Call its async twin in an event loop of its own."""

    async def ask() -> dict[str, BatchResult]:
        hooks = {kill.when: [kill.acall]} if kill else {}
        async with openai.DefaultAsyncHttpxClient(event_hooks=hooks, verify=False) as http_client:
            client = _client(moonshot, http_async_client=http_client)
            given = {"state_file": state, "tools": [TOOL], "poll": 0, **options}
            return await client.arun_batch(ASKED, **given)

    return asyncio.run(ask())


def _client(moonshot: MoonshotSimulator, **settings: Any) -> KimiClient:
    return KimiClient("kimi-k2.6", base_url=moonshot.base_url, api_key=moonshot.api_key, **settings)


def posted(moonshot: MoonshotSimulator, path: str) -> int:
    """Return how often something was posted."""
    return sum((seen.method, seen.path) == ("POST", path) for seen in moonshot.requests)


def check(results: dict[str, BatchResult]) -> None:
    """See that there is one result for each request, in their order."""
    assert list(results) == ["one", "two", "bad"]
    assert results["one"].message is not None
    assert results["one"].message.content == "Said:\u2028it."
    assert results["two"].message is not None
    assert [call.name for call in results["two"].message.tool_calls] == ["note"]
    assert results["two"].usage is not None
    assert "high risk" in str(results["bad"].error)


both = pytest.mark.parametrize("run_it", [run, arun], ids=["sync", "async"])


@both
@pytest.mark.parametrize("files", [1, 3])
def test_a_run_gives_a_result_for_each_request(
    moonshot: MoonshotSimulator,
    state: Path,
    run_it: Any,
    files: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if files == 3:
        monkeypatch.setattr(_batch, "FILE_BYTES", 350)
    check(run_it(moonshot, state, metadata={"for": "a test"}))
    assert posted(moonshot, "/v1/files") == posted(moonshot, "/v1/batches") == files
    created = next(seen for seen in moonshot.requests if seen.path == "/v1/batches")
    assert created.body["metadata"] == {"for": "a test"}
    asked = len(moonshot.requests)
    check(run_it(moonshot, state))
    assert len(moonshot.requests) == asked, "all of it is read from the file"


# Upload, creation, three looks, two files of results.
@both
@pytest.mark.parametrize("when", ["request", "response"])
@pytest.mark.parametrize("at", range(7))
def test_a_kill_at_any_request_is_made_good(
    moonshot: MoonshotSimulator, state: Path, run_it: Any, when: str, at: int
) -> None:
    kill = Kill(at, when)
    with pytest.raises(Killed):
        run_it(moonshot, state, kill)
    assert kill.count == at + 1
    check(run_it(moonshot, state))
    assert posted(moonshot, "/v1/files") == posted(moonshot, "/v1/batches") == 1


@pytest.mark.parametrize("when", ["request", "response"])
def test_a_run_that_is_killed_again_and_again_comes_to_its_end(
    moonshot: MoonshotSimulator, state: Path, when: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_batch, "FILE_BYTES", 350)
    for _ in range(60):
        try:
            results = run(moonshot, state, Kill(3, when))
        except Killed:
            continue
        check(results)
        break
    else:
        pytest.fail("it never ended")
    assert posted(moonshot, "/v1/files") == posted(moonshot, "/v1/batches") == 3


def test_a_batch_is_found_behind_many_others(moonshot: MoonshotSimulator, state: Path) -> None:
    with pytest.raises(Killed):
        run(moonshot, state, Kill(1, "response"))
    client = _client(moonshot)
    for _ in range(45):
        client.submit_batch({"other": ASKED["two"]})
    assert len(client.batches()) == 20
    check(run(moonshot, state))
    assert posted(moonshot, "/v1/batches") == 46


def test_a_line_that_was_being_written_does_not_count(
    moonshot: MoonshotSimulator, state: Path
) -> None:
    check(run(moonshot, state))
    whole = state.read_bytes()
    for end in (5, len(whole) - 30, len(whole) - 1):
        state.write_bytes(whole[:end])
        results = run(moonshot, state)
        assert list(results) == ["one", "two", "bad"]
    assert posted(moonshot, "/v1/batches") == 2, "with nothing but half of its first line it is new"


def test_what_a_batch_ended_without_has_an_error(moonshot: MoonshotSimulator, state: Path) -> None:
    with pytest.raises(Killed):
        run(moonshot, state, Kill(2, "request"))
    client = _client(moonshot)
    client.cancel_batch(client.batches()[0].id)
    results = run(moonshot, state)
    assert list(results) == ["one", "two", "bad"]
    assert all("ended (cancelled) without an answer" in str(it.error) for it in results.values())


def test_a_batch_that_is_refused_stays_refused(moonshot: MoonshotSimulator, state: Path) -> None:
    client = KimiClient("kimi-k3", base_url=moonshot.base_url, api_key=moonshot.api_key)
    for _ in range(2):
        with pytest.raises(KimiBadRequestError, match="model without batches"):
            client.run_batch({"one": ASKED["two"]}, state_file=state, poll=0)
    assert posted(moonshot, "/v1/batches") == 1


def test_the_creation_is_not_repeated_by_the_sdk(moonshot: MoonshotSimulator, state: Path) -> None:
    def lose(response: Any) -> None:
        if response.request.method == "POST" and response.request.url.path == "/v1/batches":
            library = sys.modules[type(response).__module__.partition(".")[0]]
            raise library.ReadError("the answer is lost")

    with openai.DefaultHttpxClient(event_hooks={"response": [lose]}, verify=False) as http_client:
        client = _client(moonshot, http_client=http_client, max_retries=5)
        with pytest.raises(KimiConnectionError):
            client.run_batch(ASKED, state_file=state, tools=[TOOL], poll=0)
        with pytest.raises(KimiConnectionError):
            client.submit_batch({"other": ASKED["two"]})
    check(run(moonshot, state))
    assert posted(moonshot, "/v1/batches") == 2


def test_results_that_are_no_json_are_not_kept(moonshot: MoonshotSimulator, state: Path) -> None:
    def spoil(response: Any) -> None:
        if response.request.url.path.endswith("/content"):
            response.read()
            response._content = b"<html>"

    with openai.DefaultHttpxClient(event_hooks={"response": [spoil]}, verify=False) as http_client:
        client = _client(moonshot, http_client=http_client)
        with pytest.raises(KimiProtocolError):
            client.run_batch(ASKED, state_file=state, tools=[TOOL], poll=0)
    check(run(moonshot, state))
    assert posted(moonshot, "/v1/batches") == 1


class TestStateFile:
    """What else a path may lead to."""

    def test_other_requests(self, moonshot: MoonshotSimulator, state: Path) -> None:
        run(moonshot, state)
        client = _client(moonshot)
        with pytest.raises(KimiConfigError, match="belongs to other requests"):
            client.run_batch(ASKED, state_file=state, poll=0)  # without the tool
        with MoonshotSimulator() as other, pytest.raises(KimiConfigError, match="another server"):
            run(other, state)

    def test_a_file_of_something_else_is_left_alone(
        self, moonshot: MoonshotSimulator, state: Path
    ) -> None:
        state.write_text("my notes")
        with pytest.raises(KimiConfigError, match="no state of run_batch"):
            run(moonshot, state)
        assert state.read_text() == "my notes"

    @pytest.mark.parametrize(
        ("was", "now"), [('"run"', "run"), ('"step"', "step"), ('"value"', "value")]
    )
    def test_a_damaged_one(
        self, moonshot: MoonshotSimulator, state: Path, was: str, now: str
    ) -> None:
        run(moonshot, state)
        asked = len(moonshot.requests)
        state.write_text(state.read_text().replace(was, now, 1))
        with pytest.raises(KimiConfigError, match="is damaged"):
            run(moonshot, state)
        assert len(moonshot.requests) == asked

    def test_no_file(self, moonshot: MoonshotSimulator, tmp_path: Path) -> None:
        for path in (tmp_path, tmp_path / "missing" / "run.jsonl"):
            with pytest.raises(KimiConfigError, match="cannot be opened"):
                run(moonshot, path)
        assert moonshot.requests == []

    def test_one_that_is_in_use(self, moonshot: MoonshotSimulator, state: Path) -> None:
        pytest.importorskip("fcntl", reason="there is no lock on Windows")
        seen: list[str] = []

        def again(_: object) -> None:
            with pytest.raises(KimiConfigError, match="in use by another run_batch"):
                run(moonshot, state)
            seen.append("refused")

        with openai.DefaultHttpxClient(event_hooks={"request": [again]}) as http_client:
            client = _client(moonshot, http_client=http_client)
            client.run_batch(ASKED, state_file=state, tools=[TOOL], poll=0)
        assert len(seen) == 7

    def test_its_lines_are_as_documented(self, moonshot: MoonshotSimulator, state: Path) -> None:
        run(moonshot, state)
        head, *lines = [json.loads(line) for line in state.read_text().split("\n")[:-1]]
        assert head["kimi_batches"] == 1
        assert (head["server"], head["requests"]) == (moonshot.base_url, 3)
        steps = [line["step"] for line in lines if "step" in line]
        assert steps == ["uploading", "uploaded", "creating", "created", "collected"]
        named = {line["custom_id"] for line in lines if "custom_id" in line}
        assert named == {"one", "two", "bad"}
        text = state.read_text()
        assert "sk-simulated" not in text
        assert "forbidden" not in text
