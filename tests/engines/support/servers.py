"""Starting and stopping the real engines.

Owns: how each server is started, how it is seen to be ready, and its end.
May know: the standard library. Runs where the tests run; the engines have an environment of their
own, in the folder that KIMI_TEST_ENGINES names (``make test-engines`` sets it).
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["SERVERS", "Server", "engines_folder", "serve"]

_PROJECT = Path(__file__).resolve().parents[3]
FOLDER_VARIABLE = "KIMI_TEST_ENGINES"
# It ends a server that hangs, and nothing else: SGLang was seen to take one minute on two quiet
# cores and seven on busy ones.
_START_SECONDS = 1_200
_STOP_SECONDS = 60

_VLLM = (
    *("-m", "vllm.entrypoints.openai.api_server", "--host", "127.0.0.1"),
    *("--served-model-name", "kimi-k2.5", "--max-model-len", "4096", "--max-num-seqs", "4"),
    *("--dtype", "bfloat16", "--enforce-eager"),
    # Of its four grammar engines the one that knows structural tags of tokens, text and GBNF.
    *("--structured-outputs-config", '{"backend": "xgrammar"}'),
)
# Without a scheduler that is a token ahead: the script looks at what was said.
_VLLM_K3 = (
    *(*_VLLM, "--model", "vllm-k3", "--served-model-name", "kimi-k3", "--no-async-scheduling"),
    *("--logits-processors", "tests.engines.support.scripted_vllm:ScriptedLogits"),
)
_TOOL_PARSER = ("--enable-auto-tool-choice", "--tool-call-parser", "kimi_k2")
_REASONING_PARSER = ("--reasoning-parser", "kimi_k2")


_SGLANG_SERVER = (
    str(Path(__file__).with_name("sglang_server.py")),
    *("--host", "127.0.0.1", "--device", "cpu"),
    *("--attention-backend", "torch_native", "--load-format", "dummy", "--skip-server-warmup"),
    *("--max-total-tokens", "32768", "--max-running-requests", "4", "--mem-fraction-static", "0.5"),
    *("--grammar-backend", "xgrammar", "--disable-radix-cache", "--chunked-prefill-size", "-1"),
)
_SGLANG = (*_SGLANG_SERVER, "--model-path", "sglang", "--served-model-name", "kimi-k2.5")
_SGLANG_K3 = (*_SGLANG_SERVER, "--model-path", "sglang-k3", "--served-model-name", "kimi-k3")
_SGLANG_TOOLS = ("--tool-call-parser", "kimi_k2")
_K3_PARSERS = ("--tool-call-parser", "kimi_k3", "--reasoning-parser", "kimi_k3")
_LLAMA_CPP = (str(Path(__file__).with_name("llamacpp_server.py")), "--model", "llamacpp/kimi.gguf")


@dataclass(frozen=True)
class Server:
    """One way to start one engine.

    Attributes:
        command: What Python is told; run in the folder of the models.
        model: What it calls its model.
        environment: The folder of its Python; empty for that of the tests.
        scripted: The folder of the model that SGLang's scripted model class, and vLLM's scripted
            logits processor, read.
    """

    command: tuple[str, ...]
    model: str = "kimi-k2.5"
    environment: str = "venv"
    scripted: str = "sglang"


SERVERS = {
    "vllm": Server((*_VLLM, "--model", "fast", *_TOOL_PARSER, *_REASONING_PARSER)),
    "vllm-raw": Server((*_VLLM, "--model", "fast")),
    "vllm-no-reasoning": Server((*_VLLM, "--model", "fast", *_TOOL_PARSER)),
    "vllm-wrong": Server((*_VLLM, "--model", "fast", "--enable-auto-tool-choice", *_K3_PARSERS)),
    "vllm-slow": Server(
        (*_VLLM, "--model", "slow", "--trust-remote-code", *_TOOL_PARSER, *_REASONING_PARSER)
    ),
    "vllm-k3": Server(
        (*_VLLM_K3, "--enable-auto-tool-choice", *_K3_PARSERS), model="kimi-k3", scripted="vllm-k3"
    ),
    "transformers": Server(
        ("-m", "transformers.cli.transformers", "serve", "transformers", "--device", "cpu"),
        model="transformers",
    ),
    "sglang": Server((*_SGLANG, *_SGLANG_TOOLS, *_REASONING_PARSER), environment="venv-sglang"),
    "sglang-no-reasoning": Server((*_SGLANG, *_SGLANG_TOOLS), environment="venv-sglang"),
    "sglang-raw": Server(_SGLANG, environment="venv-sglang"),
    "sglang-wrong": Server((*_SGLANG, *_K3_PARSERS), environment="venv-sglang"),
    "sglang-k3": Server(
        (*_SGLANG_K3, *_K3_PARSERS),
        model="kimi-k3",
        environment="venv-sglang",
        scripted="sglang-k3",
    ),
    "llama.cpp": Server(_LLAMA_CPP, environment=""),
    "llama.cpp-no-jinja": Server((*_LLAMA_CPP, "--no-jinja"), environment=""),
}
"""How each server is started: vLLM with both parsers, without any, with the one for tool calls
only, with those of another family, with both and the slow tokenizer that Kimi's checkpoints have,
and with K3's tokens and a template of ours;
``transformers serve``; SGLang with both parsers, with the one for tool calls only, without any,
with those of another family, and with K3's tokens and a template of ours; and llama.cpp's with
jinja and without."""


def engines_folder() -> Path | None:
    """Return the folder with the models and the logs, or None where no engine is to be started."""
    named = os.environ.get(FOLDER_VARIABLE)
    return Path(named).resolve() if named else None


@contextlib.contextmanager
def serve(name: str, folder: Path) -> Iterator[str]:
    """Start a server on a free port, and stop it in the end.

    Args:
        name: One of `SERVERS`.
        folder: With ``venv``, the environment of the engines, and ``models``; logs are put there.

    Yields:
        Its base URL, ending in ``/v1``.
    """
    port = _free_port()
    server = SERVERS[name]
    own = folder / server.environment / "bin" / "python"
    python = own if server.environment else Path(sys.executable)
    command = [str(python), *server.command, "--port", str(port)]
    log = folder / f"{name}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603 - our own command, no shell
            command,
            cwd=folder / "models",
            env={**os.environ, **_environment(folder, server)},
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # vLLM has children, which end with their group at the latest
        )
    try:
        _await_health(port, process, log)
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        _stop(process)


def _environment(folder: Path, server: Server) -> dict[str, str]:
    """Keep the engine on this machine, small, and its files in the folder."""
    return {
        "DO_NOT_TRACK": "1",
        "HF_HOME": str(folder / "huggingface"),
        "HF_HUB_OFFLINE": "1",
        "OMP_NUM_THREADS": "1",
        "KIMI_SCRIPTED_MODEL": str(folder / "models" / server.scripted),
        "PYTHONPATH": str(_PROJECT),
        "SGLANG_EXTERNAL_MODEL_PACKAGE": "tests.engines.support.scripted_sglang",
        "SGLANG_USE_CPU_ENGINE": "1",
        "TORCHINDUCTOR_CACHE_DIR": str(folder / "inductor"),
        "VLLM_CACHE_ROOT": str(folder / "vllm"),
        "VLLM_CONFIG_ROOT": str(folder / "vllm"),
        "VLLM_CPU_KVCACHE_SPACE": "1",
        "VLLM_NO_USAGE_STATS": "1",
    }


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _await_health(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError):
            if _is_healthy(port):
                return
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(0.5)
            break
    last = log.read_text(encoding="utf-8", errors="replace").strip()[-2000:]
    message = f"the server died or took {_START_SECONDS} s to start; the end of {log}:\n{last}"
    raise RuntimeError(message)


def _is_healthy(port: int) -> bool:
    # By a plain socket: vcrpy would put a request of http.client into the cassette of the test for
    # which the server is started.
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        connection.sendall(b"GET /health HTTP/1.0\r\n\r\n")
        return b" 200 " in connection.recv(64)


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGINT)
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    with contextlib.suppress(ProcessLookupError):  # as it should be: nobody of the group is left
        os.killpg(process.pid, signal.SIGKILL)
