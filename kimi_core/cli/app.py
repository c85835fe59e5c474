"""The commands and their options.

Owns: names, help texts and exit codes of the commands. May know: its own files, chat; typer.

Exit codes: 0 for what was asked for, 1 where a server or an engine failed, 2 for wrong use.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from kimi_core.cli._output import one_sentence

if TYPE_CHECKING:
    from kimi_core.chat import Settings

__all__ = ["app"]

app: typer.Typer = typer.Typer(
    name="kimi-k2",
    help="Kimi K2 for LangChain and LlamaIndex.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",  # else the line breaks of the docstrings stay
    pretty_exceptions_show_locals=False,  # a traceback with the values of variables shows keys
)

_EndpointName = Annotated[
    str, typer.Option(help="Where to ask; kimi-k2 endpoints lists the names.")
]
_EndpointOrNone = Annotated[
    str | None,
    typer.Option(help="A preset: `kimi-k2 endpoints`; that of --base-url's host if left out."),
]
_Model = Annotated[str | None, typer.Option(help="The endpoint's default if left out.")]
_BaseUrl = Annotated[
    str | None,
    typer.Option(help="Address of your own server, with /v1; the endpoint's if left out."),
]
_BaseModel = Annotated[
    str | None,
    typer.Option(help="The Kimi model behind a name that is not Kimi's, e.g. kimi-k3."),
]
_Parser = Annotated[str | None, typer.Option(help="auto, server or client: who parses tool calls.")]
_Api = Annotated[str | None, typer.Option(help="chat or completions.")]
_Json = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]
_Samples = Annotated[
    Path | None,
    typer.Option(help="Requests as JSON lines, as Moonshot's verifier has them; ours if left out."),
]
_Limit = Annotated[
    int | None, typer.Option(min=0, help="Only the first so many samples; 0 for none.")
]
_Baseline = Annotated[
    list[Path] | None,
    typer.Option(help="A results file to agree with; again for more runs of its server."),
]
_Resume = Annotated[bool, typer.Option("--resume", help="Go on with what the folder holds.")]
_REPORT = Path("kimi-k2-verify")
_Report = Annotated[Path, typer.Option(help="Folder of results.jsonl and of the report.")]
_ExtraBody = Annotated[str, typer.Option(help="JSON object of fields for every request.")]
_Conformance = Annotated[
    bool | None,
    typer.Option(help="Moonshot's newer suite, too; of a K3 alone if left out."),
]
_Suite = Annotated[
    Path | None,
    typer.Option(help="That suite's schemas and prompts: a file or a folder of JSON lines."),
]
_Compare = Annotated[
    tuple[Path, Path] | None,
    typer.Option(help="Two reports to put side by side; nothing is asked."),
]


class _Server(NamedTuple):
    """Where and whom to ask, as the command line says it."""

    endpoint: str | None
    base_url: str | None
    model: str | None
    base_model: str | None
    tool_call_parser: str | None
    api: str | None

    def settings(self, *, timeout: float, max_retries: int) -> Settings:
        from kimi_core.chat import Settings

        return Settings(**self._asdict(), timeout=timeout, max_retries=max_retries)


@app.callback()
def _root() -> None:
    """Kimi K2 for LangChain and LlamaIndex."""


@app.command()
def setup(
    endpoint: _EndpointName = "moonshot",
    base_url: _BaseUrl = None,
    env_file: Annotated[Path, typer.Option(help="The file that keeps the key.")] = Path(".env"),
) -> None:
    """Ask for an API key, test it, and keep it in a .env file that only you can read.

    The key is typed without being shown. It is tested with two small requests and written only if
    the server takes it; other lines of the file stay.
    """
    from kimi_core.cli.setup import key_name, store_key, try_key

    with one_sentence("setup"):
        name = key_name(endpoint)
        key = typer.prompt(f"{name} (not shown)", hide_input=True).strip()
        finding = try_key(key, endpoint=endpoint, base_url=base_url)
        if finding.status == "red":
            typer.echo(f"kimi-k2 setup: {finding.seen}. {finding.fix}", err=True)
            raise typer.Exit(1)
        store_key(env_file, name, key)
    typer.echo(f"{finding.seen}; {name} is kept in {env_file} (keep it out of version control).")
    typer.echo(f"Next: kimi-k2 check --endpoint {endpoint}")


@app.command()
def check(  # noqa: PLR0913 - one parameter for each option
    *,
    endpoint: _EndpointOrNone = None,
    base_url: _BaseUrl = None,
    model: _Model = None,
    base_model: _BaseModel = None,
    tool_call_parser: _Parser = None,
    api: _Api = None,
    timeout: Annotated[float, typer.Option(min=1, help="Seconds for one request.")] = 60.0,
    as_json: _Json = False,
) -> None:
    """Ask a server everything that an agent with Kimi needs, and say what is wrong.

    About a dozen small requests. Each limit and each failure comes with what it means and with the
    launch flag or the setting that repairs it. The key comes from the environment or .env, never
    from the command line. Ends with 1 where anything fails.
    """
    from kimi_core.cli.check import check_server

    with one_sentence("check"):
        server = _Server(endpoint, base_url, model, base_model, tool_call_parser, api)
        settings = server.settings(timeout=timeout, max_retries=1)
        passed = check_server(settings, as_json=as_json)
    raise typer.Exit(0 if passed else 1)


@app.command()
def verify(  # noqa: PLR0913 - one parameter for each option
    *,
    endpoint: _EndpointOrNone = None,
    base_url: _BaseUrl = None,
    model: _Model = None,
    base_model: _BaseModel = None,
    tool_call_parser: _Parser = None,
    api: _Api = None,
    samples: _Samples = None,
    limit: _Limit = None,
    baseline: _Baseline = None,
    concurrency: Annotated[int, typer.Option(min=1, help="Requests at a time.")] = 5,
    resume: _Resume = False,
    report: _Report = _REPORT,
    extra_body: _ExtraBody = "",
    timeout: Annotated[float, typer.Option(min=1, help="Seconds without data.")] = 600.0,
    retries: Annotated[int, typer.Option(min=0, help="For answers 429 and 5xx.")] = 6,
    conformance: _Conformance = None,
    suite: _Suite = None,
    compare: _Compare = None,
    as_json: _Json = False,
) -> None:
    """Measure how well a server calls tools, and write a report.

    Asks 400 requests, which cost what they cost there. Ctrl-C loses nothing: --resume goes on.
    """
    from kimi_core.cli.verify import Asked, compare_two, verify_server

    with one_sentence("verify"):
        if compare is not None:
            return compare_two(*compare, None if report == _REPORT else report, as_json=as_json)
        server = _Server(endpoint, base_url, model, base_model, tool_call_parser, api)
        asked = Asked(
            report=report,
            samples=samples,
            limit=limit,
            baselines=baseline or (),
            concurrency=concurrency,
            resume=resume,
            extra_body=extra_body,
            conformance=conformance,
            suite=suite,
        )
        settings = server.settings(timeout=timeout, max_retries=retries)
        answered = verify_server(settings, asked, as_json=as_json)
    raise typer.Exit(0 if answered else 1)


@app.command()
def models(*, as_json: _Json = False) -> None:
    """List the models that are known, with their limits."""
    from kimi_core.cli.tables import show_models

    show_models(as_json=as_json)


@app.command()
def endpoints(*, as_json: _Json = False) -> None:
    """List the endpoints that are known, with their addresses and keys."""
    from kimi_core.cli.tables import show_endpoints

    show_endpoints(as_json=as_json)


@app.command()
def demo(
    endpoint: _EndpointName = "local",
    model: _Model = None,
    base_url: _BaseUrl = None,
    framework: Annotated[
        str | None, typer.Option(help="langchain or llama-index; both if left out.")
    ] = None,
) -> None:
    """Answer one question with a tool, through LangChain and through LlamaIndex.

    Without options it runs on this machine: a llama.cpp engine is started with a small stand-in
    model, which speaks Kimi's token format because a grammar makes it.
    """
    from kimi_core.cli.demo import run_demos

    with one_sentence("demo"):
        succeeded = run_demos(
            endpoint=endpoint, model=model, base_url=base_url, framework=framework
        )
    raise typer.Exit(0 if succeeded else 1)


@app.command()
def serve(
    model: Annotated[
        Path | None, typer.Option(help="A GGUF file; a small stand-in model if left out.")
    ] = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 for any free port.")] = 8080,
    context: Annotated[int, typer.Option(min=256, help="Tokens of a request.")] = 8192,
) -> None:
    """Run the embedded llama.cpp engine as an OpenAI-compatible server until Ctrl-C.

    It listens on 127.0.0.1 only and asks for no key.
    """
    from kimi_core.cli.serve import serve_engine

    with one_sentence("serve"):
        stopped = serve_engine(model, port=port, context=context)
    if not stopped:
        typer.echo("kimi-k2 serve: the engine ended by itself.", err=True)
        raise typer.Exit(1)


@app.command()
def launch(  # noqa: PLR0913 - one parameter for each option
    *,
    engine: Annotated[str, typer.Argument(help="vllm, sglang, ktransformers or tensorrt-llm.")],
    model: Annotated[str, typer.Option(help="A model with open weights.")] = "kimi-k2-instruct",
    gpus: Annotated[
        int | None, typer.Option(min=1, help="How many; the smallest number that fits if left out.")
    ] = None,
    gpu_kind: Annotated[str, typer.Option(help="E.g. H200, H20, H100, B200.")] = "H200",
    context: Annotated[
        int | None, typer.Option(min=1, help="Tokens; all that the model has if left out.")
    ] = None,
    thinking: Annotated[
        bool | None, typer.Option(help="Think unless a request says otherwise, or do not.")
    ] = None,
    as_json: _Json = False,
) -> None:
    """Print the command that serves Kimi on your own GPUs, with the reason for each flag.

    Nothing is started.
    """
    from kimi_core.cli.launch import show_plan
    from kimi_core.cli.launch_plan import plan_launch

    with one_sentence("launch"):
        plan = plan_launch(
            engine, model=model, gpus=gpus, gpu_kind=gpu_kind, context=context, thinking=thinking
        )
    show_plan(plan, as_json=as_json)
