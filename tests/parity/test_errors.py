"""Every error that reaches a user of either adapter travels: copied, pickled, out of a process.

The server is the simulator. What an error is and what it carries stay as they were raised; what
holds the key does not travel.
"""

from __future__ import annotations

import copy
import multiprocessing
import pickle
import socket
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pytest

from kimi_core import errors
from kimi_core.testing import MoonshotSimulator, SimulatedReply

pytest.importorskip("langchain_openai", reason="parity needs both frameworks")
pytest.importorskip("llama_index.core", reason="parity needs both frameworks")

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

KEY = "sk-made-up-and-secret"


def refused(status: int, message: str, kind: str = "invalid_request_error") -> SimulatedReply:
    body = {"error": {"message": f"{message} (key {KEY})", "type": kind}}
    return SimulatedReply(error=(status, body), retry_after=1.5)


@dataclass(frozen=True)
class Case:
    """What goes wrong: the server's reply, or settings of the model; streamed or not."""

    reply: SimulatedReply | None = None
    settings: tuple[tuple[str, Any], ...] = ()
    stream: bool = False


CASES: dict[type[errors.KimiError], Case] = {
    errors.KimiConfigError: Case(settings=(("temperature", 0.2),)),
    errors.KimiConnectionError: Case(settings=(("base_url", "http://127.0.0.1:9/v1"),)),
    errors.KimiTimeoutError: Case(settings=(("timeout", 0.05), ("base_url", "silent"))),
    errors.KimiProtocolError: Case(SimulatedReply(error=(200, {"hello": "world"}))),
    errors.KimiStreamTruncatedError: Case(
        SimulatedReply(content="One two three four.", truncate_after=3), stream=True
    ),
    errors.KimiAuthenticationError: Case(refused(401, "Invalid Authentication")),
    errors.KimiModelNotFoundError: Case(refused(404, "Not found the model")),
    errors.KimiRateLimitError: Case(refused(429, "max RPM: 3", "rate_limit_reached_error")),
    errors.KimiQuotaError: Case(refused(429, "insufficient balance")),
    errors.KimiOverloadedError: Case(refused(429, "overloaded", "engine_overloaded_error")),
    errors.KimiBadRequestError: Case(refused(400, "invalid temperature")),
    errors.KimiContextOverflowError: Case(refused(400, "exceeded model token limit: 262144")),
    errors.KimiContentFilterError: Case(refused(400, "high risk", "content_filter")),
    errors.KimiServerError: Case(refused(500, "oops", "server_error")),
}


def ask(adapter: str, case: Case) -> None:
    """Run into an error, as a user's program does; also in a process of its own."""
    settings: dict[str, Any] = {"api_key": KEY, "max_retries": 0, **dict(case.settings)}
    if adapter == "langchain":
        from langchain_kimi import ChatKimiK2

        model = ChatKimiK2(**settings)
        _ = list(model.stream("Go.")) if case.stream else model.invoke("Go.")
    else:
        from llama_index.core.llms import ChatMessage

        from llama_index_kimi import ChatKimiK2 as LlamaIndexKimi

        llm, messages = LlamaIndexKimi(**settings), [ChatMessage("Go.")]
        _ = list(llm.stream_chat(messages)) if case.stream else llm.chat(messages)


@pytest.fixture(scope="module")
def pool() -> Iterator[ProcessPoolExecutor]:
    """One process that shares nothing with this one."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as started:
        yield started


@dataclass(frozen=True)
class Servers:
    """Where it goes wrong."""

    simulator: MoonshotSimulator
    silent: str

    def case(self, kind: type[errors.KimiError], times: int = 1) -> Case:
        """Return what goes wrong, with the simulator made to say it so often."""
        case = CASES[kind]
        if case.reply is not None:
            self.simulator.reply(*[case.reply] * times)
        settings = {
            "endpoint": "moonshot",
            "base_url": self.simulator.base_url,
            **dict(case.settings),
        }
        if settings["base_url"] == "silent":
            settings["base_url"] = self.silent
        return replace(case, settings=tuple(settings.items()))


@pytest.fixture
def servers() -> Iterator[Servers]:
    """A simulated server, and one that takes connections and never says anything."""
    with (
        MoonshotSimulator(api_key=KEY) as simulator,
        socket.create_server(("127.0.0.1", 0)) as listening,
    ):
        yield Servers(simulator, f"http://127.0.0.1:{listening.getsockname()[1]}/v1")


adapters = pytest.mark.parametrize("adapter", ["langchain", "llama_index"])
kinds = pytest.mark.parametrize("kind", CASES, ids=lambda kind: kind.__name__)


def raised(adapter: str, kind: type[errors.KimiError], servers: Servers) -> Any:
    with pytest.raises(kind) as caught:
        ask(adapter, servers.case(kind))
    return caught.value


def carried(error: Exception) -> dict[str, Any]:
    return {
        name: value
        for name, value in vars(error).items()
        if name not in {"request", "response"} and not name.startswith("__")
    }


COPIES = {
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "pickle": lambda error: pickle.loads(pickle.dumps(error)),  # noqa: S301 - our own
    "old pickle": lambda error: pickle.loads(pickle.dumps(error, protocol=2)),  # noqa: S301 - our own
}


@adapters
@kinds
@pytest.mark.parametrize("copied", COPIES.values(), ids=COPIES)
def test_a_copy_is_what_was_raised(
    servers: Servers,
    adapter: str,
    kind: type[errors.KimiError],
    copied: Callable[[Any], Any],
) -> None:
    error = raised(adapter, kind, servers)
    again = copied(error)
    assert type(again) is type(error)
    assert type(again).__name__ == kind.__name__
    assert str(again) == str(error)
    assert carried(again) == carried(error)
    if isinstance(error, errors.KimiStatusError):
        assert (again.status_code, again.retry_after) == (error.status_code, 1.5)
    if isinstance(error, errors.KimiStreamTruncatedError):
        assert "One two three four.".startswith(again.partial.content)
        assert again.partial.content


@adapters
@kinds
def test_no_key_travels(servers: Servers, adapter: str, kind: type[errors.KimiError]) -> None:
    error = raised(adapter, kind, servers)
    assert KEY not in f"{error!r} {error} {vars(error)}"
    assert KEY.encode() not in pickle.dumps(error)


@adapters
@kinds
def test_it_comes_out_of_a_process_pool(
    servers: Servers,
    pool: ProcessPoolExecutor,
    adapter: str,
    kind: type[errors.KimiError],
) -> None:
    case = servers.case(kind, times=2)
    with pytest.raises(kind) as raised_here:
        ask(adapter, case)
    here: Any = raised_here.value
    with pytest.raises(kind) as caught:
        pool.submit(ask, adapter, case).result()
    there: Any = caught.value
    assert type(there) is type(here)
    assert {**carried(there), "request_id": None} == {**carried(here), "request_id": None}


READ = """
import pickle, sys
for name in sys.argv[1:]:
    sys.modules[name] = None
error = pickle.loads(sys.stdin.buffer.read())
print(*(f"{kind.__module__}.{kind.__qualname__}" for kind in type(error).__mro__))
print(error.status_code, error.retry_after, error.limit, error.is_retryable)
"""


def read_where(*missing: str, dumped: bytes) -> tuple[str, str]:
    done = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", READ, *missing], input=dumped, capture_output=True, check=True
    )
    kinds_of_it, attributes = done.stdout.decode().splitlines()
    return kinds_of_it, attributes


def test_it_is_read_where_the_adapter_was_never_imported(servers: Servers) -> None:
    dumped = pickle.dumps(raised("langchain", errors.KimiQuotaError, servers))
    of, attributes = read_where(dumped=dumped)
    assert attributes == "429 1.5 None False"
    for kind in (
        "kimi_core.errors._tree.KimiQuotaError",
        "openai.RateLimitError",
        "langchain_core.exceptions.ModelRateLimitError",
    ):
        assert kind in of


def test_it_is_ours_alone_where_neither_framework_nor_sdk_can_be_had(
    servers: Servers,
) -> None:
    """A log reader, or a worker of another service: what was said is not lost."""
    dumped = pickle.dumps(raised("langchain", errors.KimiQuotaError, servers))
    of, attributes = read_where("langchain_core", "openai", dumped=dumped)
    assert attributes == "429 1.5 None False"
    assert of.split()[0] == "kimi_core.errors._tree.KimiQuotaError"
    assert "openai" not in of
    assert "langchain" not in of
