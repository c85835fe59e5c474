"""``kimi-k2 demo``: one question, one tool, through every installed framework.

Owns: the question, the tool, what is printed, and the verdict.
May know: its own files, chat, endpoints, errors, events, request; rich. It knows no framework: each
adapter registers its own loop under the entry-point group ``kimi_k2.demos`` and is handed a
`Stage`.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from rich.console import Console
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from kimi_core.chat.observe import observe
from kimi_core.cli.weather import WeatherTool
from kimi_core.endpoints import get_endpoint
from kimi_core.errors import KimiConfigError, needs_extra
from kimi_core.events import ContentDelta, Event, ReasoningDelta, ToolCallArguments, ToolCallStart
from kimi_core.request import Request

__all__ = ["Stage", "run_demos"]

ENTRY_POINTS = "kimi_k2.demos"

# What 135M parameters have to see once. Without it they answer with what stands nearest ("You are
# Kimi, an AI assistant created by Moonshot AI.", "#"), whatever the system prompt, the wording of
# the question and the shape of the tool's result; with it the likeliest token of the answer is
# four times as likely as the next one, or more, so that no machine's rounding changes it.
_LONDON = {"name": "get_weather", "arguments": '{"city":"London","unit":"celsius"}'}
_ANSWERED: Sequence[Mapping[str, Any]] = (
    {"role": "user", "content": "What is the weather in London, in celsius?"},
    {
        "role": "assistant",
        "content": "",
        "tool_calls": [{"id": "functions.get_weather:0", "type": "function", "function": _LONDON}],
    },
    {
        "role": "tool",
        "tool_call_id": "functions.get_weather:0",
        "content": "London: 12 degrees, cloudy (celsius)",
    },
    {"role": "assistant", "content": "It is 12 degrees celsius and cloudy in London."},
)


@dataclass(frozen=True)
class Stage:
    """What an adapter's loop is given.

    Attributes:
        settings: Keyword arguments for the adapter's ``ChatKimiK2``.
        tool_choice: What to force in the first round, or None to leave it to the model.
        history: Messages before the question, in OpenAI's shape.
        tool: The tool; its ``get_weather`` is the function to bind.
        question: What to ask.
    """

    settings: Mapping[str, Any]
    tool_choice: str | None
    history: Sequence[Mapping[str, Any]] = ()
    tool: WeatherTool = field(default_factory=WeatherTool)
    question: str = "What is the weather in Paris, in celsius?"


class _Printer:
    """Shows requests, raw text and events as they pass; see `kimi_core.chat.observe`."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._raw: list[str] = []
        self._rows: list[tuple[str, str]] = []
        self._began = 0.0
        self._before = ""
        self.requests = 0

    def on_request(self, request: Request) -> None:
        self.requests += 1
        self._raw, self._rows, self._began = [], [], time.perf_counter()
        payload = request.payload
        others = sorted(payload.keys() - {"prompt", "messages"})
        self._console.print(
            Panel(
                Text(self._new(payload)),
                title=f"request {self.requests}: POST {request.path}",
                subtitle=f"also sent: {', '.join(others)}",
                border_style="blue",
            )
        )

    def _new(self, payload: Mapping[str, Any]) -> str:
        """Return the prompt, from where it goes on behind the one before."""
        shown = payload.get("prompt") or json.dumps(payload.get("messages"), ensure_ascii=False)
        text, before = str(shown), self._before
        self._before = text.removesuffix("]")  # of the list of messages, which only grows
        if before and text.startswith(before):
            return f"(as before, and then:) {text.removeprefix(before)}"
        return text

    def on_chunk(self, chunk: Mapping[str, Any], events: Sequence[Event]) -> None:
        for choice in chunk.get("choices") or ():
            self._raw.append(_raw_text(choice))
        self._rows += [_row(event) for event in events]

    def on_close(self, events: Sequence[Event]) -> None:
        self._rows += [_row(event) for event in events]
        seconds = time.perf_counter() - self._began
        table = Table(title=f"answer in {seconds:.2f} s", title_justify="left")
        table.add_column("as the engine wrote it", ratio=1, overflow="fold")
        table.add_column("as events", ratio=1, overflow="fold")
        lines = "\n".join(f"{kind:<18} {text}" for kind, text in _merged(self._rows))
        table.add_row(Text("".join(self._raw)), Text(lines))
        self._console.print(table)


def _raw_text(choice: Mapping[str, Any]) -> str:
    delta = choice.get("delta") or choice.get("message") or choice
    parts = (delta.get("reasoning_content"), delta.get("content"), delta.get("text"))
    calls = delta.get("tool_calls")
    return "".join(part for part in parts if part) + (json.dumps(calls) if calls else "")


def _row(event: Event) -> tuple[str, str]:
    if isinstance(event, (ContentDelta, ReasoningDelta, ToolCallArguments)):
        return type(event).__name__, event.text
    if isinstance(event, ToolCallStart):
        return "ToolCallStart", f"{event.name}  id={event.id}"
    return "ToolCallEnd", f"complete={event.complete}"


def _merged(rows: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Put runs of text deltas into one row, with their number, to be readable."""
    merged: list[tuple[str, str, int]] = []
    for kind, text in rows:
        if merged and merged[-1][0] == kind and not kind.endswith(("Start", "End")):
            merged[-1] = (kind, merged[-1][1] + text, merged[-1][2] + 1)
        else:
            merged.append((kind, text, 1))
    return [(f"{kind} x{n}" if n > 1 else kind, text) for kind, text, n in merged]


def _settings(endpoint: str, model: str | None, base_url: str | None) -> dict[str, Any]:
    settings: dict[str, Any] = {"endpoint": endpoint, "model": model, "base_url": base_url}
    if endpoint == "local":
        # A 135M model does not stop by itself. A call takes some 90 tokens, because Kimi's markers,
        # one token each to Kimi, are plain text to it.
        settings.update(temperature=0.0, max_tokens=160)
    return {name: value for name, value in settings.items() if value is not None}


def _loops(framework: str | None) -> dict[str, Any]:
    found = {point.name: point for point in entry_points(group=ENTRY_POINTS)}
    if framework is None:
        return found
    if framework not in found:
        message = f"framework {framework!r} is not known; it is one of {', '.join(sorted(found))}."
        raise KimiConfigError(message)
    return {framework: found[framework]}


def run_demos(
    *,
    endpoint: str,
    model: str | None,
    base_url: str | None,
    framework: str | None,
    console: Console | None = None,
) -> bool:
    """Run the demo of every installed framework and print what happens.

    Args:
        endpoint: Name of the endpoint.
        model: The model, or None for the endpoint's default.
        base_url: Address of the server, or None for the endpoint's own.
        framework: Only this one, or None for all.
        console: Where to print; None for the standard output.

    Returns:
        Whether each framework made a call with valid arguments that was executed.

    Raises:
        KimiError: Where the endpoint cannot be asked.
    """
    console = console or Console()
    row = get_endpoint(endpoint)
    local = row.name == "local"
    console.rule(f"[bold]Kimi K2 demo: {row.name}")
    if local:
        console.print(
            "The model is SmolLM2-135M-Instruct, a stand-in that is NOT Kimi. It shows the path: "
            "a prompt in Kimi's format, a real llama.cpp engine, a tool call in Kimi's own tokens "
            "under a grammar, parsed here. A model this small has to see once how it is done, so "
            "that an answered question about London stands before the one that is asked."
        )
    verdicts: dict[str, bool] = {}
    for name, point in _loops(framework).items():
        settings = _settings(row.name, model, base_url)
        stage = Stage(settings, "required", _ANSWERED) if local else Stage(settings, None)
        verdicts[name] = _run(console, name, point, stage)
    _print_verdicts(console, verdicts)
    return bool(verdicts) and all(verdicts.values())


def _run(console: Console, name: str, point: EntryPoint, stage: Stage) -> bool:
    console.rule(name)
    try:
        with needs_extra(name):
            loop = point.load()
    except ModuleNotFoundError as error:
        console.print(Text(str(error)))
        return False
    printer = _Printer(console)
    began = time.perf_counter()
    # Seconds pass until the first request: llama.cpp reads its model. Only a terminal shows this.
    with observe(printer), console.status("waiting for the model"):
        answer = loop(stage)
    seconds = time.perf_counter() - began
    console.print(Panel(Text(answer or "(no text)"), title="final answer", border_style="green"))
    console.print(f"{printer.requests} requests, {seconds:.2f} s; executed: {stage.tool.executed}")
    return stage.tool.schema_valid()


def _print_verdicts(console: Console, verdicts: Mapping[str, bool]) -> None:
    table = Table(title="Schema-valid tool call made and executed")
    table.add_column("framework")
    table.add_column("result")
    for name, passed in verdicts.items():
        table.add_row(name, "[green]yes" if passed else "[red]no")
    console.print(table)
