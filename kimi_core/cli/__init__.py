"""The ``kimi-k2`` command.

Owns: the entry point. May know: typer and rich, which the extra ``[cli]`` brings; they are loaded
only here, so that the library works without them.
"""

from __future__ import annotations

import sys

__all__ = ["main"]


def main() -> None:
    """Run the command line; ends the process with its exit code."""
    try:
        from kimi_core.cli.app import app
    except ModuleNotFoundError as error:
        sys.stderr.write(
            f'kimi-k2 needs the package {error.name!r}: pip install "kimi-k2-integrations[cli]"\n'
        )
        raise SystemExit(2) from error
    app()
