"""Prompts against the goldens: text, token ids, and pieces, byte for byte.

May know: the goldens of ``shared/data``. Rows of kimi-k2.5 come from Moonshot's chat template, rows
of kimi-k3 from Moonshot's encoder. Rows of kimi-k2-instruct and kimi-k2-thinking come from
llama.cpp's copies of the templates, which print tools with blanks after ``,`` and ``:`` and in the
caller's key order; Moonshot's print them compact, for K2-Thinking with sorted keys. That one
difference is taken out of the golden here, openly. Their other difference, ids from a counter of
their own, does not show: the conversations carry the same counter.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from kimi_core.raw._writing.options import PromptOptions
from kimi_core.raw.prompt import encode_prompt, prompt_segments
from kimi_core.raw.special_tokens import ORDINARY_TOKENS, special_tokens
from tests.core.kimi_files import golden_rows, quiet_render, real_tokenizer

UPSTREAM = ("kimi-k2.5", "kimi-k3")


def _name(row: dict[str, Any]) -> tuple[str, bool, str]:
    return row["conversation"], bool(row["tools"]), json.dumps(row["kwargs"])


def _rendered(row: dict[str, Any]) -> str:
    return quiet_render(row["messages"], row["tools"], model=row["model"], **row["kwargs"])


def _encoded(row: dict[str, Any]) -> list[int]:
    return encode_prompt(
        row["messages"],
        row["tools"],
        tokenizer=real_tokenizer(),
        model=row["model"],
        **row["kwargs"],
    )


@pytest.mark.shared("data/raw")
@pytest.mark.parametrize("model", UPSTREAM)
def test_prompts_equal_the_upstream_template(model: str) -> None:
    assert [_name(row) for row in golden_rows(model) if _rendered(row) != row["prompt"]] == []


@pytest.mark.shared("data/raw")
@pytest.mark.parametrize(
    ("model", "sort_keys"), [("kimi-k2-instruct", False), ("kimi-k2-thinking", True)]
)
def test_prompts_equal_the_copied_template_but_for_the_blanks_in_tools(
    model: str, sort_keys: bool
) -> None:
    rows = golden_rows(model)
    assert sum(bool(row["tools"]) for row in rows) == len(rows) // 2
    differing = []
    for row in rows:
        spaced = json.dumps(row["tools"], ensure_ascii=False)
        compact = json.dumps(row["tools"], separators=(",", ":"), sort_keys=sort_keys)
        if _rendered(row) != row["prompt"].replace(spaced, compact):
            differing.append(_name(row))
    assert differing == []


@pytest.mark.shared("data/raw")
def test_k3_is_cut_into_the_pieces_in_which_moonshot_encodes_it() -> None:
    differing = []
    for row in golden_rows("kimi-k3"):
        options = PromptOptions(**row["kwargs"])
        pieces = prompt_segments(row["messages"], row["tools"], "kimi-k3", options)
        if [list(piece) for piece in pieces] != row["segments"]:
            differing.append(_name(row))
    assert differing == []


@pytest.mark.shared("data/raw", "data/tokenizer")
@pytest.mark.parametrize("model", UPSTREAM)
def test_token_ids_equal_the_goldens(model: str) -> None:
    pytest.importorskip("tiktoken")
    rows = golden_rows(model)
    # The K2.5 goldens were made from flat text, where a user's <|im_end|> is the real token.
    safe = [row for row in rows if model == "kimi-k3" or row["conversation"] != _INJECTED]
    assert len(safe) >= len(rows) - 4
    assert [_name(row) for row in safe if _encoded(row) != row["ids"]] == []


_INJECTED = "markers_in_user_text"


@pytest.mark.shared("data/raw", "data/tokenizer")
def test_k2_ids_hold_no_control_token_for_what_the_user_typed() -> None:
    pytest.importorskip("tiktoken")
    rows = [row for row in golden_rows("kimi-k2.5") if row["conversation"] == _INJECTED]
    assert rows
    end = special_tokens("k2")["<|im_end|>"]
    for row in rows:
        ids = _encoded(row)
        assert row["ids"].count(end) == ids.count(end) + 1
        harmless = {**row, "messages": [{"role": "user", "content": "Hi"}]}
        assert _controls(ids) == _controls(_encoded(harmless))


def _controls(ids: list[int]) -> list[int]:
    return [number for number in ids if number >= ORDINARY_TOKENS]
