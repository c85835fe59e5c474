"""How a command says something: tables for people, JSON for programs, one sentence for an error.

Owns: the console, the JSON of values, and the end of a command that failed. May know: _json,
errors; rich, typer.
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from kimi_core._json import JsonValue, as_mapping, as_sequence
from kimi_core.errors import KimiError

if TYPE_CHECKING:
    from collections.abc import Generator

__all__ = ["console", "one_sentence", "plain", "print_json", "printable", "table"]

WRONG_USE = 2


def console() -> Console:
    """Return a console on the standard output of this moment."""
    return Console(highlight=False)


@contextmanager
def one_sentence(command: str) -> Generator[None, None, None]:
    """End the command with exit code 2 and one sentence where an error of ours is raised."""
    try:
        yield
    except KimiError as error:
        typer.echo(f"kimi-k2 {command}: {error}", err=True)
        raise typer.Exit(WRONG_USE) from error


def plain(value: JsonValue) -> JsonValue:
    """Return a row of facts as JSON values; `dataclasses.asdict` fails on read-only mappings."""
    if is_dataclass(value):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    mapping, sequence = as_mapping(value), as_sequence(value)
    if mapping is not None:
        return {key: plain(item) for key, item in mapping.items()}
    return value if sequence is None else [plain(item) for item in sequence]


def print_json(value: JsonValue) -> None:
    """Print JSON, unwrapped and uncoloured, whatever the terminal."""
    typer.echo(printable(json.dumps(value, indent=2, ensure_ascii=False)))


def printable(text: str) -> str:
    """Return a text that any terminal and file takes: half a surrogate pair as its escape.

    A server may send one, and JSON reads it; as UTF-8 it cannot be written.
    """
    return text.encode(errors="backslashreplace").decode()


def table(*columns: str, title: str = "") -> Table:
    """Return a table that cuts nothing off; names, in its first column, are not broken."""
    made = Table(title=title or None, title_justify="left")
    for number, column in enumerate(columns):
        made.add_column(Text(column), overflow="fold", no_wrap=number == 0)
    return made
