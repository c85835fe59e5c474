"""Runs ``kimi-k2`` in this process, shared by the tests of the command line.

Owns: `run`. May know: typer's test runner. Whoever imports this has asked for typer before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from typer.testing import CliRunner

from kimi_core.cli.app import app

if TYPE_CHECKING:
    from click.testing import Result

__all__ = ["run", "words"]


def run(*arguments: str, typed: str | None = None) -> Result:
    """Run a command on a wide terminal; `typed` is what the user types."""
    wide = {"COLUMNS": "240", "TERM": "dumb", "NO_COLOR": "1"}
    result = CliRunner().invoke(app, list(arguments), input=typed, env=wide)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result


def words(text: str) -> str:
    """Return a text on one line, whatever the terminal made of it."""
    return " ".join(text.split())
