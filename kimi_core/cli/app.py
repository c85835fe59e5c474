"""The commands and their options.

Owns: names, help texts and exit codes of the commands. May know: typer; each command's work is done
in a file of its own, loaded when the command runs.
"""

from __future__ import annotations

from typing import Annotated

import typer

from kimi_core.errors import KimiError

__all__ = ["app"]

app = typer.Typer(
    name="kimi-k2",
    help="Kimi K2 for LangChain and LlamaIndex.",
    no_args_is_help=True,
    add_completion=False,
)


@app.callback()
def _root() -> None:
    """Kimi K2 for LangChain and LlamaIndex."""


@app.command()
def demo(
    endpoint: Annotated[str, typer.Option(help="Where to ask.")] = "local",
    model: Annotated[str | None, typer.Option(help="The endpoint's default if left out.")] = None,
    base_url: Annotated[str | None, typer.Option(help="Address of your own server.")] = None,
    framework: Annotated[
        str | None, typer.Option(help="langchain or llama-index; both if left out.")
    ] = None,
) -> None:
    """Answer one question with a tool, through LangChain and through LlamaIndex.

    Without options it runs on this machine: a llama.cpp engine is started with a small stand-in
    model, which speaks Kimi's token format because a grammar makes it.
    """
    from kimi_core.cli.demo import run_demos

    try:
        succeeded = run_demos(
            endpoint=endpoint, model=model, base_url=base_url, framework=framework
        )
    except KimiError as error:
        typer.echo(f"kimi-k2 demo: {error}", err=True)
        raise typer.Exit(2) from error
    raise typer.Exit(0 if succeeded else 1)
