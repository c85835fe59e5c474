"""From a model, GPUs and a context to the command that serves them. Pure.

Owns: which of an engine's flags a launch needs, and on how many GPUs. May know: its own files,
endpoints, errors, models. It starts nothing.
"""

from __future__ import annotations

import math
import re
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from kimi_core.cli.launch_facts import Fit, find_gpu, find_weights, fit
from kimi_core.endpoints import ENDPOINTS
from kimi_core.endpoints.engines import ENGINES, Engine, parser_of, reasoning_parser_of
from kimi_core.errors import KimiConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from kimi_core.models import Checkpoint, ModelInfo

__all__ = ["LAUNCHES", "Flag", "LaunchPlan", "on_lines", "plan_launch"]

LAUNCHES: Mapping[str, Engine] = {name: row for name, row in ENGINES.items() if row.flags}
"""The engines whose launch is known, by endpoint name."""

_GPUS_PER_NODE = 8
_WIDEST = 16  # Moonshot's guide: pure tensor parallelism up to 16 GPUs, pipeline stages beyond
_NO_DEFAULT = "This engine has no switch for a default: say thinking=False in each ChatKimiK2."


@dataclass(frozen=True, slots=True)
class Flag:
    """A part of a command line, and why it is there."""

    text: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LaunchPlan:
    """How to serve a model.

    Attributes:
        engine: The engine, an endpoint's name.
        model: The model.
        commands: Where, and what to run there, in this order.
        flags: The parts of the command with their reasons.
        hardware: What it takes, in a sentence.
        warnings: What will not work.
        client: How a program then reaches it.
    """

    engine: str
    model: str
    commands: tuple[tuple[str, str], ...]
    flags: tuple[Flag, ...]
    hardware: str
    warnings: tuple[str, ...]
    client: str

    def to_dict(self) -> dict[str, Any]:
        """Return everything as JSON values."""
        return asdict(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wish:
    """What is to be served, where."""

    engine: str
    info: ModelInfo
    checkpoint: Checkpoint
    gpus: int
    context: int
    thinking: bool | None

    @property
    def nodes(self) -> int:
        return math.ceil(self.gpus / _GPUS_PER_NODE)

    @property
    def thinks(self) -> bool:
        return self.info.thinking != "none"

    def words(self) -> dict[str, Any]:
        """Return what a flag's text may name, and the conditions of flags by their truth."""
        endpoint, info = ENDPOINTS[self.engine], self.info
        native = self.checkpoint.format == "INT4"
        return {
            "engine": self.engine,
            "name": endpoint.spell(info.name),
            "port": urlsplit(endpoint.base_url).port,
            "parser": parser_of(info.dialect),
            "reasoning_parser": reasoning_parser_of(info.dialect, opened=info.opens_reasoning),
            "context": self.context,
            "gpus": self.gpus,
            "width": min(self.gpus, _WIDEST),
            "width_of_node": min(self.gpus, _GPUS_PER_NODE),
            "stages": math.ceil(self.gpus / _WIDEST) if self.gpus > _WIDEST else 0,
            "nodes": self.nodes if self.nodes > 1 else 0,
            "hosts": ",".join(f"$HOST{rank}:{_GPUS_PER_NODE}" for rank in range(self.nodes)),
            "thinks": self.thinks,
            "no_thinking": self.thinking is False,
            "images": "image" in info.inputs,
            "native": native,
            "fp8": self.checkpoint.format == "FP8",
        }


def plan_launch(
    engine: str,
    *,
    model: str = "kimi-k2-instruct",
    gpus: int | None = None,
    gpu_kind: str = "H200",
    context: int | None = None,
    thinking: bool | None = None,
) -> LaunchPlan:
    """Return how to serve a model.

    Args:
        engine: "vllm", "sglang", "ktransformers" or "tensorrt-llm".
        model: A model with open weights, in any spelling.
        gpus: Number of GPUs; the smallest of 8, 16, 32, 64 that fits where it is None.
        gpu_kind: Kind of GPU, e.g. "H200".
        context: Tokens of the longest request; what the model has where it is None.
        thinking: False for a server that does not think unless asked; None for the model's way.

    Raises:
        KimiConfigError: For an unknown engine, model or GPU, a context that the model does not
            have, or a thinking mode that it does not have.
    """
    engine = engine.strip().lower().replace("_", "-")
    row = _find_engine(engine)
    info, checkpoint = find_weights(model)
    kind, gigabytes = find_gpu(gpu_kind)
    _check_thinking(info, thinking)
    tokens = _context(info, context)
    count = gpus if gpus is not None else _count(row, checkpoint, gigabytes, tokens)
    if count < 1:
        raise KimiConfigError(f"gpus {count} is not a number of GPUs; name one or more.")
    wish = _Wish(
        engine=engine,
        info=info,
        checkpoint=checkpoint,
        gpus=count,
        context=tokens,
        thinking=thinking if info.thinking == "switchable" else None,
    )
    return _planned(row, wish, kind, gigabytes)


_WORD = re.compile(r"""(?:[^\s'"]|'[^']*'|"[^"]*")+""")
_FLAG_AND_VALUE = 2
_WIDTH = 76  # of a terminal of 80, and room for the backslash


def on_lines(command: str) -> str:
    """Return a command on several lines, joined by backslashes, that a shell reads as one.

    A line ends before a flag; one with its value is never parted, however long it is. What stands
    behind a value is another command, and may stand on a line of its own.
    """
    parts: list[str] = []
    words = 0
    for word in _WORD.findall(command):
        words = 1 if word.startswith("-") or not parts else words + 1
        if words == 1 or (words > _FLAG_AND_VALUE and len(parts[-1]) + len(word) > _WIDTH - 3):
            parts.append(word)
            words = 1
        else:
            parts[-1] += f" {word}"
    lines = [""]
    for part in parts:
        if lines[-1].strip() and len(lines[-1]) + len(part) + 1 > _WIDTH:
            lines.append(f"  {part}")
        else:
            lines[-1] += f" {part}" if lines[-1] else part
    return " \\\n".join(lines)


def _planned(row: Engine, wish: _Wish, kind: str, gigabytes: int) -> LaunchPlan:
    flags = tuple(_flags(row, wish.words()))
    size = fit(wish.checkpoint, gpus=wish.gpus, gigabytes=gigabytes, context=wish.context)
    return LaunchPlan(
        engine=wish.engine,
        model=wish.info.name,
        commands=tuple(_commands(row, wish, " ".join(flag.text for flag in flags))),
        flags=flags,
        hardware=row.hardware or _hardware(wish, kind, size),
        warnings=tuple(_warnings(row, wish, kind, size)),
        client=_client(wish.engine, wish.info.name),
    )


def _flags(row: Engine, words: Mapping[str, Any]) -> Iterator[Flag]:
    for flag in row.flags:
        if not flag.when or words[flag.when]:
            yield Flag(flag.text.format(**words), flag.reason.format(**words))


def _commands(row: Engine, wish: _Wish, line: str) -> Iterator[tuple[str, str]]:
    if wish.nodes == 1 or not row.nodes:
        yield "on the node", line
        return
    for place, command in row.nodes:
        for rank in range(wish.nodes if "{rank}" in place else 1):
            words = {**wish.words(), "line": line, "rank": rank}
            yield place.format(**words), command.format(**words)


def _count(row: Engine, checkpoint: Checkpoint, gigabytes: int, context: int) -> int:
    if row.hardware:
        return 1
    size = fit(checkpoint, gpus=_GPUS_PER_NODE, gigabytes=gigabytes, context=context)
    return size.smallest or _WIDEST


def _find_engine(engine: str) -> Engine:
    if engine not in LAUNCHES:
        message = f"engine {engine!r} is not known; it is one of {', '.join(LAUNCHES)}."
        raise KimiConfigError(message)
    return LAUNCHES[engine]


def _context(info: ModelInfo, context: int | None) -> int:
    longest = info.context_window
    if context is not None and not 0 < context <= longest:
        message = (
            f"context {context} does not go with model {info.name!r}, which has {longest} "
            "tokens; name fewer, or leave it out."
        )
        raise KimiConfigError(message)
    return context or longest


def _check_thinking(info: ModelInfo, thinking: bool | None) -> None:  # noqa: FBT001 - the option
    mode = info.thinking
    if thinking is not None and mode != "switchable" and thinking != (mode == "always"):
        rule = "always thinks" if mode == "always" else "has no thinking mode"
        message = f"thinking={thinking} does not go with model {info.name!r}, which {rule}."
        raise KimiConfigError(message)


def _hardware(wish: _Wish, kind: str, size: Fit) -> str:
    files = wish.checkpoint
    return (
        f"{wish.info.name} is {files.gigabytes} GB of {files.format} weights; on "
        f"{wish.gpus} {kind} ({wish.nodes} node{'s' if wish.nodes > 1 else ''}) each GPU needs "
        f"about {size.needed:.0f} of {size.usable:.0f} GB for them and one context of "
        f"{wish.context} tokens."
    )


def _warnings(row: Engine, wish: _Wish, kind: str, size: Fit) -> Iterator[str]:
    if not row.hardware and not size.fits:
        ways = [f"{size.smallest} {kind}"] if size.smallest else []
        ways += [f"--context {size.longest}"] if size.longest else []
        ways = ways or ["GPUs with more memory"]
        yield f"This does not fit into {wish.gpus} {kind}; take {' or '.join(ways)}."
    if wish.gpus > _GPUS_PER_NODE and wish.gpus % _GPUS_PER_NODE:
        yield f"{wish.gpus} GPUs do not fill nodes of {_GPUS_PER_NODE}."
    if wish.thinking is False and all(flag.when != "no_thinking" for flag in row.flags):
        yield _NO_DEFAULT
    if wish.thinks and row.thinking_note:
        yield row.thinking_note


def _client(engine: str, model: str) -> str:
    base_url = ENDPOINTS[engine].base_url.replace("localhost", "HOST")
    return f'ChatKimiK2(endpoint="{engine}", base_url="{base_url}", model="{model}")'
