"""``kimi-k2 serve``: the embedded engine in the foreground, until Ctrl-C.

Owns: what is printed, and the waiting. May know: errors, local; typer. Lines are echoed and not
printed by rich, which repeats one that Ctrl-C interrupts.
"""

from __future__ import annotations

import os
import signal
import socket
import threading
from pathlib import Path

import typer

from kimi_core.errors import KimiConfigError
from kimi_core.local import LocalEngine

__all__ = ["serve_engine"]

_LOOK_SECONDS = 0.5


def serve_engine(model: Path | None, *, port: int, context: int) -> bool:
    """Serve a GGUF with an OpenAI-compatible API on 127.0.0.1 until Ctrl-C.

    Args:
        model: The GGUF; None for the small stand-in model.
        port: Where to listen; 0 for a free port.
        context: Tokens that a request and its answer may have together.

    Returns:
        Whether it was stopped by the user; False where the engine ended by itself.

    Raises:
        KimiConfigError: Where the port is taken, or the engine cannot start.
    """
    _check_port(port)
    # A shell without job control starts its background commands with Ctrl-C ignored, and Python
    # leaves that as it is; so does whatever is started by such a command.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with LocalEngine(model, context_window=context, port=port) as engine:
            _announce(engine, stand_in=model is None)
            while engine.alive:
                threading.Event().wait(_LOOK_SECONDS)
    except KeyboardInterrupt:
        typer.echo("Stopped.")
        return True
    return False


def _check_port(port: int) -> None:
    """Refuse a port that is taken: llama.cpp's own words for it are a page of log."""
    try:
        socket.create_server(("127.0.0.1", port)).close()
    except OSError as error:
        reason = os.strerror(error.errno or 0)
        message = (
            f"port {port} of 127.0.0.1 cannot be used ({reason}); name another --port, or 0 for a "
            "free one."
        )
        raise KimiConfigError(message) from error


def _announce(engine: LocalEngine, *, stand_in: bool) -> None:
    typer.echo(f"{engine.model_path.name} is served at {engine.base_url}")
    if stand_in:
        typer.echo(
            "It is SmolLM2-135M-Instruct, a stand-in that is NOT Kimi: it shows that everything "
            "works."
        )
    for package in ("langchain_kimi", "llama_index_kimi"):
        typer.echo(
            f"  from {package} import ChatKimiK2; "
            f'ChatKimiK2(endpoint="local", base_url="{engine.base_url}")',
        )
    typer.echo("Ctrl-C stops it.")
