"""``kimi-k2 serve``: what is printed and how it ends; the engine runs in ``tests/engine``."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

pytest.importorskip("typer", reason="the command line needs the extra [cli]")

from kimi_core.cli import serve
from tests.core.commands import run

if TYPE_CHECKING:
    from typing_extensions import Self


class EngineInPlace:
    """Stands in for the embedded engine; it lives for as many looks as it is told to."""

    started: dict[str, Any]
    closed: bool
    looks: int
    interrupted: bool

    def __init__(self, model: Path | None, **settings: Any) -> None:
        type(self).started = {"model": model, **settings}
        self.model_path = model or Path("smollm2.gguf")
        self.base_url = f"http://127.0.0.1:{settings['port']}/v1"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        type(self).closed = True

    @property
    def alive(self) -> bool:
        type(self).looks -= 1
        if self.looks == 0 and self.interrupted:
            raise KeyboardInterrupt
        return self.looks > 0


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> type[EngineInPlace]:
    EngineInPlace.closed, EngineInPlace.looks, EngineInPlace.interrupted = False, 2, True
    monkeypatch.setattr(serve, "LocalEngine", EngineInPlace)
    monkeypatch.setattr(serve, "_LOOK_SECONDS", 0.001)
    return EngineInPlace


@pytest.fixture
def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def test_ctrl_c_stops_it_cleanly(engine: type[EngineInPlace], free_port: int) -> None:
    result = run("serve", "--port", str(free_port), "--context", "4096")

    assert result.exit_code == 0
    assert engine.started == {"model": None, "port": free_port, "context_window": 4096}
    assert engine.closed
    assert f"served at http://127.0.0.1:{free_port}/v1" in result.output
    assert "a stand-in that is NOT Kimi" in result.output
    for package in ("langchain_kimi", "llama_index_kimi"):
        assert (
            f"from {package} import ChatKimiK2; "
            f'ChatKimiK2(endpoint="local", base_url="http://127.0.0.1:{free_port}/v1")'
        ) in result.output
    assert result.output.endswith("Stopped.\n")


def test_a_model_of_ones_own_is_not_called_a_stand_in(engine: type[EngineInPlace]) -> None:
    result = run("serve", "--port", "0", "--model", "kimi.gguf")

    assert engine.started["model"] == Path("kimi.gguf")
    assert "kimi.gguf is served at" in result.output
    assert "stand-in" not in result.output


def test_an_engine_that_ends_by_itself_is_a_failure(engine: type[EngineInPlace]) -> None:
    engine.interrupted = False
    result = run("serve", "--port", "0")

    assert result.exit_code == 1
    assert "the engine ended by itself" in result.stderr


@pytest.mark.usefixtures("engine")
def test_a_port_that_is_taken_is_one_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        result = run("serve", "--port", str(port))

    assert result.exit_code == 2
    assert result.stderr == (
        f"kimi-k2 serve: port {port} of 127.0.0.1 cannot be used (Address already in use); name "
        "another --port, or 0 for a free one.\n"
    )
