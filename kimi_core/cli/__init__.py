"""The ``kimi-k2`` command.

Owns: the commands and what they print; here the entry point. May know: its own files, errors.
"""

from __future__ import annotations

import sys

from kimi_core.errors import needs_extra

__all__ = ["main"]


def main() -> None:
    """Run the command line; ends the process with its exit code."""
    try:
        with needs_extra("cli"):
            from kimi_core.cli.app import app
    except ModuleNotFoundError as error:
        sys.stderr.write(f"kimi-k2: {error}\n")
        raise SystemExit(2) from error
    app()
