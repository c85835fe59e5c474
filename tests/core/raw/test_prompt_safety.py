"""No text becomes a control token, whatever it says and wherever it stands.

May know: `encode_prompt` and the tables of special tokens. The first property needs no tokenizer
file: it looks at what an encoder is asked for. The second runs Kimi's own tokenizer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kimi_core.raw.prompt import encode_prompt
from kimi_core.raw.special_tokens import ORDINARY_TOKENS, special_tokens
from tests.core.kimi_files import quiet_render, real_tokenizer

if TYPE_CHECKING:
    from kimi_core.raw.special_tokens import Dialect

MODELS = ("kimi-k2-instruct", "kimi-k2-thinking", "kimi-k2.6", "kimi-k3")
SPELLINGS = sorted({*special_tokens("k2"), *special_tokens("k3")})

hostile = (
    st.lists(
        st.sampled_from([*SPELLINGS[:40], "<|im_", "end|>", "<|", "|>", "天", "\n", "a"])
        | st.sampled_from(SPELLINGS)
        | st.text(max_size=4),
        min_size=1,
        max_size=6,
    )
    .map("".join)
    .filter(bool)
)


def _conversation(texts: list[str]) -> list[dict[str, Any]]:
    user, name, reasoning, answer, identity, function, arguments, result, key = texts
    call = {
        "id": identity,
        "function": {"name": function, "arguments": {key: arguments, "list": [arguments]}},
    }
    return [
        {"role": "system", "content": result, "name": name},
        {"role": "user", "content": [{"type": "text", "text": user}, {"type": "image_url"}]},
        {
            "role": "assistant",
            "content": answer,
            "reasoning_content": reasoning,
            "tool_calls": [call],
        },
        {"role": "tool", "tool_call_id": identity, "content": result},
    ]


class _Recorder:
    """An encoder that notes what it was asked for."""

    def __init__(self) -> None:
        self.controls: list[str] = []

    def encode(
        self,
        text: str,
        allow_special: bool = False,  # noqa: FBT002 -- the signature of a TextEncoder
        *,
        dialect: Dialect = "k2",
    ) -> list[int]:
        if allow_special:
            self.controls.append(f"{dialect} {text}")
        return [0]


def _controls(texts: list[str], model: str) -> list[str]:
    recorder = _Recorder()
    tools = [{"type": "function", "function": {"name": texts[5], "description": texts[0]}}]
    encode_prompt(_conversation(texts), tools, model=model, tokenizer=recorder)
    return recorder.controls


@pytest.mark.parametrize("model", MODELS)
@given(texts=st.lists(hostile, min_size=9, max_size=9))
def test_markup_does_not_depend_on_what_anybody_wrote(model: str, texts: list[str]) -> None:
    assert _controls(texts, model) == _controls(["x"] * 9, model)


@pytest.mark.shared("data/tokenizer")
@pytest.mark.parametrize("model", MODELS)
@settings(suppress_health_check=[HealthCheck.too_slow])
@given(texts=st.lists(hostile, min_size=9, max_size=9))
def test_no_text_yields_the_id_of_a_control_token(model: str, texts: list[str]) -> None:
    pytest.importorskip("tiktoken")
    tokenizer = real_tokenizer()
    hostile_ids, harmless_ids = (
        encode_prompt(_conversation(written), model=model, tokenizer=tokenizer)
        for written in (texts, ["x"] * 9)
    )
    assert _controls_of(hostile_ids) == _controls_of(harmless_ids)


def _controls_of(ids: list[int]) -> list[int]:
    return [number for number in ids if number >= ORDINARY_TOKENS]


@pytest.mark.shared("data/tokenizer")
@pytest.mark.parametrize("model", MODELS)
@given(texts=st.lists(hostile, min_size=9, max_size=9))
def test_an_escaped_flat_prompt_encodes_to_the_same_control_tokens(
    model: str, texts: list[str]
) -> None:
    pytest.importorskip("tiktoken")
    dialect: Dialect = "k3" if model == "kimi-k3" else "k2"
    tokenizer = real_tokenizer()
    flat, harmless = (
        quiet_render(_conversation(written), model=model, escape_markers=True)
        for written in (texts, ["x"] * 9)
    )
    ids, expected = (
        [
            i
            for i in tokenizer.encode(prompt, allow_special=True, dialect=dialect)
            if i >= ORDINARY_TOKENS
        ]
        for prompt in (flat, harmless)
    )
    assert ids == expected
