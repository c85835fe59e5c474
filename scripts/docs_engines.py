"""The table of engines and requests, written from what the tests recorded.

Owns: how the cassettes of real engines look in Markdown. May know: the names of the cassettes, so
that a table is of what was recorded, and not of what was meant to be.
"""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

from docs_markdown import table

__all__ = ["engines"]

_CASSETTES = Path(__file__).resolve().parent.parent / "tests" / "cassettes" / "engines"
# By what a cassette's name ends in or speaks of; the first that fits.
_SERVERS = (
    ("llama.cpp", r"llama\.cpp"),
    ("sglang-no-reasoning", "sglang-no-reasoning|SGLang without a reasoning parser"),
    ("sglang-raw", "sglang-raw|SGLang without parsers|SGLang, "),
    ("sglang", r"-sglang|\[sglang|parsed by SGLang"),
    ("transformers", "transformers"),
    ("vllm-slow", "vllm-slow|slow tokenizer"),
    ("vllm-no-reasoning", "vllm-no-reasoning"),
    ("vllm-raw", "vllm-raw|-parsed here"),
    ("vllm", "vllm|parsed by vLLM|prompt rendered here"),
)
_NAMES = ("vllm", "vllm-slow", "vllm-no-reasoning", "vllm-raw", "transformers", "sglang",
          "sglang-no-reasoning", "sglang-raw", "llama.cpp")  # fmt: skip


def engines() -> str:
    """Return how many sessions of each kind of request were recorded with each server."""
    seen: dict[str, Counter[str]] = {}
    for path in sorted(_CASSETTES.glob("*/*.yaml")):
        test, _, how = path.stem.removeprefix("test_").partition("[")
        request = re.sub(r"^\d+_", "", test).replace("_", " ")
        server = next(name for name, pattern in _SERVERS if re.search(pattern, f"[{how}"))
        seen.setdefault(request, Counter())[server] += 1
    rows = [
        (request, *(str(found[name]) if found[name] else "—" for name in _NAMES))
        for request, found in seen.items()
    ]
    return table(("request", *(f"`{name}`" for name in _NAMES)), rows)
