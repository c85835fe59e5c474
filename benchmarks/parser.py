"""How fast raw output is parsed: CPU time per 4-character chunk, and plain text per second.

Run ``python benchmarks/parser.py``. Beside vLLM 0.33 and SGLang 0.5.23, in the same run and on
the same chunks, without installing either (their parsers need regex, orjson, pydantic and
partial-json-parser)::

    pip download --no-deps -d wheels vllm==0.33.0 sglang==0.5.23
    for wheel in wheels/*.whl; do unzip -q -o "$wheel" '*.py' -d wheels; done
    python benchmarks/parser.py --peers wheels

Owns: the texts and the clock. May know: kimi_core's public API and `_engine_parsers`.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import _engine_parsers

from kimi_core.events import ToolCallArguments
from kimi_core.raw.parser import StreamParser

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

SIZES = (1_000, 8_000, 64_000)
_BEGIN = (
    "<|tool_calls_section_begin|>",
    "<|tool_call_begin|>",
    "functions.f:0",
    "<|tool_call_argument_begin|>",
)
_END = ("<|tool_call_end|>", "<|tool_calls_section_end|>")
_K3_BEGIN = (
    "<|open|>tools<|sep|>",
    '<|open|>call tool="f" index="1"<|sep|>',
    '<|open|>argument key="code" type="string"<|sep|>',
)
_K3_END = (
    "<|close|>argument<|sep|>",
    "<|close|>call<|sep|>",
    "<|close|>tools<|sep|>",
)
_CODE = 'for i in range(n):\\n    print(\\"<b>%d</b>\\" % i)  # note\\n'


def arguments(size: int) -> str:
    """Return one JSON object of about this many characters: a string of source code."""
    return (
        '{"code":"' + (_CODE * (size // len(_CODE) + 1))[: size // len(_CODE) * len(_CODE)] + '"}'
    )


def cut(text: str, size: int) -> list[str]:
    """Cut the text into pieces of a size."""
    return [text[at : at + size] for at in range(0, len(text), size)]


def ours(dialect: Literal["k2", "k3"]) -> Callable[[Sequence[str]], list[str]]:
    """Return a function that feeds our parser."""

    def run(chunks: Sequence[str]) -> list[str]:
        parser = StreamParser(dialect)
        events = [event for chunk in chunks for event in parser.feed(chunk)]
        events += parser.close("stop")
        return [event.text for event in events if isinstance(event, ToolCallArguments)]

    return run


def seconds(run: Callable[[Sequence[str]], Any], chunks: Sequence[str], times: int = 5) -> float:
    """Return the best CPU time of several runs, in seconds."""
    best = float("inf")
    for _ in range(times):
        start = time.process_time()
        run(chunks)
        best = min(best, time.process_time() - start)
    return best


def compare(runs: dict[str, Callable[[Sequence[str]], Any]]) -> None:
    """Print the CPU time per chunk of K2 arguments, and check that all say the same."""
    print("K2 arguments in 4-character chunks: CPU µs per chunk")
    print(f"{'':>24}" + "".join(f"{size:>10,}" for size in SIZES) + "   x ours at the end")
    reference = 0.0
    for name, run in runs.items():
        row = []
        for size in SIZES:
            chunks = [*_BEGIN, *cut(arguments(size), 4), *_END]
            if "".join(run(chunks)) != arguments(size):
                raise SystemExit(f"{name} lost or changed the arguments")
            row.append(seconds(run, chunks) / len(chunks) * 1e6)
        reference = reference or row[-1]
        cells = "".join(f"{value:>10.2f}" for value in row)
        print(f"{name:>24}{cells}{row[-1] / reference:>10.1f}")


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--peers", type=Path, help="folder with the unpacked wheels")
    folder: Path | None = options.parse_args().peers
    runs: dict[str, Callable[[Sequence[str]], Any]] = {"kimi_core": ours("k2")}
    if folder:
        _engine_parsers.install(folder)
        runs["SGLang 0.5.23"] = _engine_parsers.sglang_k2()
        runs["vLLM 0.33.0"] = _engine_parsers.vllm_k2()
    compare(runs)
    value = arguments(SIZES[-1])
    chunks = [*_K3_BEGIN, *cut(value, 4), *_K3_END]
    print(f"K3, {SIZES[-1]:,}: {seconds(ours('k3'), chunks) / len(chunks) * 1e6:.2f} µs per chunk")
    text = "The quick brown fox <b> jumps [over] the lazy dog. " * 40_000
    dialects: tuple[Literal["k2"], Literal["k3"]] = ("k2", "k3")
    for dialect in dialects:
        took = seconds(ours(dialect), cut(text, 65_536))
        print(f"{dialect} plain text in 64 KiB pieces: {len(text) / took / 1e6:.0f} MB/s")


if __name__ == "__main__":
    main()
