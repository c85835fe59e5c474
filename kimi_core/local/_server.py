"""The child process of `kimi_core.local`: llama.cpp's HTTP server, until its parent is gone.

Owns: how the server is set up, and the end of the process.
May know: the standard library. It is run as a script by its path and imports nothing of this
package, so that it starts without the SDK and finds itself from any working directory.

Protocol: standard output is one line, the address. Then it serves until standard input ends,
which the operating system brings about however the parent dies. The end is `os._exit`: with an
unstreamed request under way the destructor of xllamacpp's Server never returns ("waiting for main
loop exit"), because that request's handler waits for a result that nobody will compute any more
(xllamacpp 2026.10.11549, seen every time).
"""

# xllamacpp is compiled and ships no types.
# pyright: basic

from __future__ import annotations

import argparse
import importlib
import os
import signal
import sys
from typing import Any

SLOTS = 2
PROMPT_CACHE_MEBIBYTES = 256
VERBOSITY_WARNINGS = 2
CANNOT_BE_LOADED = 3  # the exit status that says so, which `kimi_core.local` knows


def main() -> None:
    """Serve the model named on the command line and leave with standard input."""
    # The directory of a script is searched first for imports: this one holds modules whose names
    # (`config`, `errors`) other distributions may also use.
    del sys.path[0]
    # Ctrl-C reaches the whole foreground group; whether to stop is the parent's decision.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parser = argparse.ArgumentParser(description="llama.cpp's server, until standard input ends")
    parser.add_argument("--model", required=True, help="path of a GGUF file")
    parser.add_argument("--context-window", type=int, required=True, help="tokens per request")
    parser.add_argument("--threads", type=int, required=True, help="threads that compute")
    parser.add_argument("--port", type=int, default=0, help="where to listen; 0 for a free port")
    options = parser.parse_args()
    # llama.cpp may write to descriptor 1 itself; the address must be the only thing there.
    answer = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    server = start_server(options.model, options.context_window, options.threads, options.port)
    answer.write(f"{server.listening_address}\n")
    answer.close()
    sys.stdin.buffer.read()
    os._exit(0)


def start_server(model: str, context_window: int, threads: int, port: int = 0) -> Any:  # noqa: ANN401 - untyped
    """Start the server on a port of the loopback interface, by default a free one; return it.

    The type is xllamacpp's own; it is imported here alone, in the process that needs it.
    """
    try:
        xllamacpp: Any = importlib.import_module("xllamacpp")
    except ImportError as error:
        print(error, file=sys.stderr)  # noqa: T201 - the last words that the parent tells
        sys.exit(CANNOT_BE_LOADED)

    settings = xllamacpp.CommonParams()
    settings.model.path = model
    settings.model_alias = {"local"}
    settings.port = port
    # llama.cpp divides the window among the slots; every request is to have all of it.
    settings.n_parallel = SLOTS
    settings.n_ctx = context_window * SLOTS
    settings.cache_ram_mib = PROMPT_CACHE_MEBIBYTES
    settings.verbosity = VERBOSITY_WARNINGS
    settings.ui = False
    settings.cpuparams.n_threads = threads
    settings.cpuparams_batch.n_threads = threads
    return xllamacpp.Server(settings)


if __name__ == "__main__":
    main()
