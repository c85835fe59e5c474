"""How recorded conversations are kept and replayed.

Owns: the cassette rules of every test marked ``vcr`` (pytest-recording), the servers that a
recorded test talks to. May know: the standard library, pytest, vcrpy, and of `kimi_core` the
endpoints and what starts the embedded engine. No framework is imported here, because the tests of
the core run where none is installed. How deep a run goes is in ``tests/depth.py``, what becomes of
tests without their data in ``tests/shared.py``.

The rules: a cassette is plain YAML below ``tests/cassettes``; it matches on method, path, query
and body, because the embedded engine listens on another port each time; only the headers listed
here are kept, so no key can get in; every answer is played exactly once.

pytest-socket alone guards the network, also under ``vcr``: pytest-recording's own
``--block-network`` would forbid the loopback servers that other tests start.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit, urlunsplit

import pytest
import yaml
from vcr.record_mode import RecordMode

from kimi_core.endpoints import ENDPOINTS

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

    from vcr import VCR
    from vcr.cassette import Cassette
    from vcr.request import Request

    from kimi_core.endpoints import Endpoint

pytest_plugins = ["tests.depth", "tests.shared"]

# An allow-list, not a deny-list: a header that nobody thought of cannot leak.
KEPT_HEADERS = frozenset({"content-type", "retry-after"})

# Nothing listens on the discard port: a request that no cassette answers fails at once.
NOWHERE = "http://127.0.0.1:9/v1"


@dataclass(frozen=True)
class RecordedServer:
    """A server that recorded tests talk to.

    Attributes:
        name: The endpoint's name; "local" is the embedded engine with its small stand-in model.
        arguments: Keyword arguments for `ChatKimiK2` of either framework.
    """

    name: str
    arguments: Mapping[str, Any]


class _ReadableDumper(yaml.SafeDumper):
    """YAML whose event streams are blocks with one line for each line that was sent."""


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else "")


_ReadableDumper.add_representer(str, _represent_text)


class ReadableYaml:
    """The cassette serializer: what a review of a re-recorded cassette can read."""

    @staticmethod
    def serialize(cassette: dict[str, Any]) -> str:
        return yaml.dump(cassette, Dumper=_ReadableDumper, width=2**20, allow_unicode=True)

    @staticmethod
    def deserialize(text: str) -> Any:
        return yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - safe, both


def same_json_body(asked: Request, recorded: Request) -> None:
    """Match two JSON bodies; vcrpy's own matcher does not say in which fields they differ."""
    ours, theirs = (json.loads(request.body or "{}") for request in (asked, recorded))
    differing = [field for field in {**ours, **theirs} if ours.get(field) != theirs.get(field)]
    assert not differing, f"the bodies differ in {differing}: {ours} is not {theirs}"


def pytest_recording_configure(vcr: VCR) -> None:
    """Let pytest-recording write and compare what a person can read."""
    vcr.register_serializer("yaml", ReadableYaml)
    vcr.register_matcher("same_json_body", same_json_body)


def _clean_request(request: Request) -> Request:
    address = urlsplit(request.uri)
    if address.hostname in {"127.0.0.1", "localhost", "::1"}:
        request.uri = urlunsplit(address._replace(netloc="127.0.0.1"))
    request.headers = {
        name: value for name, value in request.headers.items() if name.lower() in KEPT_HEADERS
    }
    return request


def _clean_response(response: dict[str, Any]) -> dict[str, Any]:
    headers = {
        name: values for name, values in response["headers"].items() if name.lower() in KEPT_HEADERS
    }
    return {**response, "headers": headers}


@pytest.fixture(scope="session")
def vcr_config() -> dict[str, Any]:
    """The cassette rules, as vcrpy wants them."""
    return {
        "match_on": ["method", "path", "query", "same_json_body"],
        "before_record_request": _clean_request,
        "before_record_response": _clean_response,
        "decode_compressed_response": True,
    }


@pytest.fixture
def vcr_cassette_dir(request: pytest.FixtureRequest) -> str:
    """``tests/cassettes/<module>``, and below it one folder for each hosted server."""
    folder = _cassettes_of(request.config.rootpath, request.path)
    server = getattr(request.node, "callspec", None)
    server = server.params.get("recorded_server", "local") if server else "local"
    return str(folder if server == "local" else folder / server)


def _cassettes_of(root: Path, module: Path) -> Path:
    parts = module.with_suffix("").relative_to(root).parts
    return root.joinpath("tests", "cassettes", *parts[parts[0] == "tests" :])


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give a test that asks for ``recorded_server`` every server that can answer it."""
    if "recorded_server" in metafunc.fixturenames:
        folder = _cassettes_of(metafunc.config.rootpath, Path(metafunc.module.__file__))
        recording = _is_recording(metafunc.config)
        hosted = [name for name in ENDPOINTS if _can_answer(ENDPOINTS[name], folder, recording)]
        metafunc.parametrize("recorded_server", ["local", *hosted], indirect=True)


def _is_recording(config: pytest.Config) -> bool:
    return config.getoption("--record-mode") not in {None, "none"}


def _can_answer(endpoint: Endpoint, folder: Path, recording: bool) -> bool:
    if recording:
        return endpoint.needs_key and any(os.environ.get(key) for key in endpoint.api_key_names)
    return (folder / endpoint.name).is_dir()


@pytest.fixture
def recorded_server(request: pytest.FixtureRequest) -> RecordedServer:
    """The server of a recorded conversation; it runs only while ``make record`` records."""
    name = request.param
    recording = _is_recording(request.config)
    if name != "local":
        # A recording takes the key from the environment, as a user's program would.
        return RecordedServer(name, {"endpoint": name} | ({} if recording else {"api_key": "none"}))
    if not recording:
        return RecordedServer("local", {"endpoint": "local", "base_url": NOWHERE})
    from kimi_core.local import shared_engine

    return RecordedServer("local", {"endpoint": "local", "base_url": shared_engine().base_url})


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None]:
    """Fail a test that left a part of its cassette unplayed, or that has none to play."""
    yield
    cassette: Cassette | None = getattr(item, "funcargs", {}).get("vcr")
    if cassette is None or cassette.record_mode is not RecordMode.NONE:
        return
    if not len(cassette):
        pytest.fail(f"{item.name} is marked vcr and played no cassette; record one: make record")
    unplayed = [
        f"{request.method} {request.uri}"
        for index, request in enumerate(cassette.requests)
        if not cassette.play_counts[index]
    ]
    if unplayed:
        pytest.fail(
            f"{item.name} played only a part of its cassette; never asked for: "
            f"{', '.join(unplayed)}. Record again (make record) or ask for everything."
        )
