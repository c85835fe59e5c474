"""What the tests on real engines share.

Owns: the engine of a test (started under ``make test-engines``, else nowhere, and the answers come
from its cassette), both adapters, and the settings by which they reach it.
May know: everything in ``tests/engines/support``, the cassette rules of ``tests/conftest.py``.

Every test here is marked ``vcr``: it is replayed wherever no engine runs. ``make record`` leaves
the cassettes alone, because it starts none; ``make test-engines ARGS=--record-mode=rewrite`` makes
them anew.
"""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from kimi_core.endpoints import Endpoint, llama_cpp, sglang, vllm
from tests.conftest import NOWHERE
from tests.depth import ENGINE_SECONDS
from tests.engines.support.adapters import ADAPTERS, Conversation
from tests.engines.support.servers import FOLDER_VARIABLE, SERVERS, engines_folder, serve

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

    Connect = Callable[..., Conversation]

HERE = Path(__file__).parent


def _talks(config: pytest.Config) -> bool:
    """Whether the tests of this run talk to servers instead of replaying what they said."""
    recording = config.getoption("--record-mode") not in {None, "none"}
    return recording or bool(config.getoption("--disable-recording"))


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> Generator[None]:
    """Mark the tests of this folder; put those of one engine together, so that it starts once."""
    ours = [item for item in items if item.path.is_relative_to(HERE)]
    for item in ours:
        item.add_marker(pytest.mark.vcr)
        item.add_marker(pytest.mark.timeout(ENGINE_SECONDS))
    yield
    if not _talks(config):
        return
    ours = [item for item in items if item in ours]
    items[:] = [item for item in items if item not in ours]
    if engines_folder() is None:
        config.hook.pytest_deselected(items=ours)
    else:
        items += sorted(ours, key=_engine_of)


def _engine_of(item: pytest.Item) -> str:
    return str(getattr(item, "callspec").params["engine"])  # noqa: B009 - no attribute of Item


class Engines:
    """The one engine that runs: an answer takes tenths of a second, a start up to a minute."""

    def __init__(self) -> None:
        self._running = ""
        self._base_url = ""
        self._opened = contextlib.ExitStack()

    def base_url(self, name: str) -> str:
        """Return where this engine listens; start it, and stop any other, where it does not run."""
        if name != self._running:
            self.close()
            folder = engines_folder()
            assert folder is not None, f"{FOLDER_VARIABLE} names no folder: make test-engines"
            self._base_url = self._opened.enter_context(serve(name, folder))
            self._running = name
        return self._base_url

    def close(self) -> None:
        """Stop the engine."""
        self._running = ""
        self._opened.close()


@pytest.fixture(scope="session")
def engines() -> Iterator[Engines]:
    """The engines of this session. Not parametrized: pytest would start one anew for each test."""
    running = Engines()
    yield running
    running.close()


@pytest.fixture
def engine(request: pytest.FixtureRequest, engines: Engines) -> tuple[str, str]:
    """The name of a server and its base URL; the tests of one server run one after another."""
    name: str = request.param
    return name, engines.base_url(name) if _talks(request.config) else NOWHERE


@pytest.fixture
def endpoint(engine: tuple[str, str]) -> Endpoint:
    """The engine as this package knows it."""
    name, base_url = engine
    if name.startswith("vllm"):
        return vllm(base_url, spellings={})
    if name.startswith("sglang"):
        return sglang(base_url, spellings={})
    if name.startswith("llama.cpp"):
        return llama_cpp(base_url, spellings={})
    return Endpoint(
        name=name,
        base_url=base_url,
        needs_key=False,
        base_model="kimi-k2.5",
        tool_call_parser="client",
    )


@pytest.fixture
def settings(engine: tuple[str, str], endpoint: Endpoint) -> dict[str, Any]:
    """Settings of `ChatKimiK2` that reach the engine and its model."""
    model = SERVERS[engine[0]].model
    facts = "kimi-k3" if model == "kimi-k3" else "kimi-k2.5"
    return {"endpoint": endpoint, "model": model, "base_model": facts, "api_key": "none"}


@pytest.fixture(params=ADAPTERS)
def connect(request: pytest.FixtureRequest, settings: dict[str, Any]) -> Connect:
    """Begin a conversation through one of the adapters, with these settings besides."""

    def begin(**further: Any) -> Conversation:
        return ADAPTERS[request.param]({**settings, **further})

    return begin
