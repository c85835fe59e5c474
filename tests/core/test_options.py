"""What a caller may say, read by the core alone.

Owns: `Options.read` and the values that options and settings refuse. That each word means the same
in both adapters is in tests/parity/test_settings.py.
"""

from __future__ import annotations

import fractions
from typing import Any

import pytest

from kimi_core.chat import Settings
from kimi_core.errors import KimiConfigError, setting_error
from kimi_core.request import CallOptions, Options

KEEP = {"type": "enabled", "keep": "all", "effort": "low"}

# what is said, from the first to the last -> what is read
READ: list[tuple[list[dict[str, Any]], dict[str, Any]]] = [
    ([], {}),
    ([{"thinking": KEEP}], {"thinking": True, "keep_thinking": True, "reasoning_effort": "low"}),
    ([{"thinking": {"type": "disabled"}}], {"thinking": False}),
    ([{"max_completion_tokens": 1, "max_tokens": 2}], {"max_tokens": 2}),
    ([{"max_completion_tokens": 1, "max_tokens": None}], {"max_tokens": 1}),
    ([{"stop_sequences": "END"}, {"stop": None}], {"stop": None}),
    ([{"request_timeout": 3}], {"timeout": 3}),
    ([{"temperature": fractions.Fraction(1, 2)}], {"temperature": 0.5}),
    ([{"top_k": 5, "min_p": None}], {"extra": {"top_k": 5}}),
    ([{"extra_body": {"a": None}}], {"extra": {"a": None}}),
    ([{"extra_body": None}], {}),
    ([{"reasoning": {"effort": "low"}}], {"reasoning_effort": "low"}),
    ([{"reasoning": {"enabled": False}}], {"extra": {"reasoning": {"enabled": False}}}),
    ([{"stream": True, "streaming": True, "stream_options": {}}], {}),
    ([{"extra_body": {"thinking": KEEP}}], {"extra": {"thinking": KEEP}}),
    (
        [{"extra_body": {"thinking": KEEP}}, {"keep_thinking": False}],
        {"thinking": True, "keep_thinking": False, "reasoning_effort": "low"},
    ),
]


@pytest.mark.parametrize(("said", "read"), READ, ids=str)
def test_what_is_said_is_read(said: list[dict[str, Any]], read: dict[str, Any]) -> None:
    before = repr(said)
    assert Options.read(*said) == Options(**read)
    assert repr(said) == before


def test_a_call_has_a_model_and_tools_too() -> None:
    tool = {"type": "function", "function": {"name": "look"}}
    call = CallOptions.read({"model": "kimi-k3", "n": 1}, {"tools": [tool], "model_name": "mine"})
    assert (call.model, call.tools, call.options) == ("mine", [tool], Options(n=1))
    assert CallOptions.read({"tools": []}).tools is None


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (
            lambda: Options(max_tokens="100"),  # type: ignore[arg-type]
            (
                "max_tokens='100' is refused: it must be a whole number of tokens, 1 or more. "
                "Pass e.g. max_tokens=1_000, or leave it out."
            ),
        ),
        (
            lambda: Options(stop={"END": "x" * 99}),  # type: ignore[arg-type]
            (
                f"stop={{'END': '{'x' * 51}... is refused: it must be "
                "a string, or a list of strings. Pass e.g. stop=['END'], or leave it out."
            ),
        ),
        (
            lambda: Options(extra_headers="sk-made-up"),  # type: ignore[arg-type]
            (
                "extra_headers (a value of type str) is refused: it must be a dict. "
                "Pass e.g. extra_headers={...}, or leave it out."
            ),
        ),
        (
            lambda: Settings(max_retries=2.5),  # type: ignore[arg-type]
            (
                "max_retries=2.5 is refused: it must be a whole number, 0 or more. "
                "Pass e.g. max_retries=2, or leave it out."
            ),
        ),
    ],
    ids=["option", "long", "hidden", "setting"],
)
def test_what_cannot_be_is_one_sentence(make: Any, sentence: str) -> None:
    with pytest.raises(KimiConfigError) as caught:
        make()
    assert str(caught.value) == sentence


class Refused:
    """What pydantic raises, as far as it is looked at."""

    title = "ChatKimiK2"

    def __init__(self, *details: dict[str, Any]) -> None:
        self._details = list(details)

    def errors(self, **_: bool) -> list[dict[str, Any]]:
        return self._details


def test_what_pydantic_refuses_is_ours_or_one_sentence() -> None:
    ours = KimiConfigError("what to do")
    plain = {"loc": ("cache", "bool"), "msg": "Input should be a valid boolean"}
    whole = {"loc": (), "msg": "Value error, no"}
    assert setting_error(Refused(plain, {"loc": (), "msg": "", "ctx": {"error": ours}})) is ours
    assert str(setting_error(Refused(plain))) == (
        "cache is refused: Input should be a valid boolean. Correct it, or leave it out."
    )
    assert str(setting_error(Refused(whole))).startswith("ChatKimiK2 is refused: Value error, no.")
