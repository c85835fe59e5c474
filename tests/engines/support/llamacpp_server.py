"""llama.cpp's own server in the foreground, on the chat route with Kimi's template.

Owns: how it is set up. May know: xllamacpp, which is in the tests' own environment.
"""

from __future__ import annotations

import argparse
import importlib
import threading
from typing import Any

__all__ = ["main"]


def main() -> None:
    """Serve until somebody ends it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--no-jinja", action="store_true")
    options = parser.parse_args()
    xllamacpp: Any = importlib.import_module("xllamacpp")
    settings = xllamacpp.CommonParams()
    settings.model.path = options.model
    settings.model_alias = {"kimi-k2.5"}
    settings.port = options.port
    settings.n_parallel = 1
    settings.n_ctx = 4_096
    settings.cache_ram_mib = 0
    settings.warmup = False
    settings.use_jinja = not options.no_jinja
    settings.cpuparams.n_threads = settings.cpuparams_batch.n_threads = 1
    server = xllamacpp.Server(settings)
    assert server.listening_address
    threading.Event().wait()


if __name__ == "__main__":
    main()
