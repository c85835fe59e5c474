"""Kimi's prompts and tokenizer file, for the tests that compare with the real thing.

Owns: reading the goldens, loading the real tokenizer, writing a stand-in for it.
May know: `tests.shared` and what is tested. The stand-in has the real number of tokens, because
that is checked; only the 256 single bytes among them ever match.
"""

from __future__ import annotations

import base64
import json
import warnings
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from kimi_core.raw.prompt import PromptInjectionWarning, render_prompt
from kimi_core.raw.special_tokens import ORDINARY_TOKENS
from kimi_core.tokenizer import Tokenizer
from tests.shared import shared_path

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["golden_rows", "json_lines", "quiet_render", "real_tokenizer", "write_stand_in"]


def json_lines(relative: str) -> list[dict[str, Any]]:
    """Return the rows of a shared file of JSON lines, or skip the test."""
    lines = shared_path(relative).read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def golden_rows(model: str) -> list[dict[str, Any]]:
    """Return the golden prompts of one model."""
    rows = [row for row in json_lines("data/raw/prompt_renders.jsonl") if row["model"] == model]
    assert rows
    return rows


@lru_cache(maxsize=1)
def _load(path: Path) -> Tokenizer:
    return Tokenizer.from_file(path)


def real_tokenizer() -> Tokenizer:
    """Return Kimi's own tokenizer, or skip the test."""
    return _load(shared_path("data/tokenizer/tiktoken.model"))


def quiet_render(messages: Any, tools: Any = None, **settings: Any) -> str:
    """Render a prompt whose text may spell special tokens on purpose."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PromptInjectionWarning)
        return render_prompt(messages, tools, **settings)


def write_stand_in(path: Path) -> Path:
    """Write a file of as many tokens as Kimi's; the id of a byte is its value."""
    tokens = [bytes([value]) for value in range(256)]
    tokens += [b"\xff\xfe" + rank.to_bytes(3, "big") for rank in range(256, ORDINARY_TOKENS)]
    lines = (base64.b64encode(token) + b" %d" % rank for rank, token in enumerate(tokens))
    path.write_bytes(b"\n".join(lines) + b"\n")
    return path
