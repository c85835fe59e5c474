"""Prompts against the chat templates themselves, rendered with jinja2 as transformers does.

May know: the templates of ``shared/data``. The K2.5 template is Moonshot's. Of K2-Thinking there is
llama.cpp's copy that keeps ids verbatim, of K2-Instruct one that counts ids itself; both write
tools with blanks, so here they are given Moonshot's compact JSON.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from kimi_core.raw._writing.declarations import typescript_declarations
from kimi_core.raw.prompt import render_prompt
from tests.shared import shared_path

if TYPE_CHECKING:
    from collections.abc import Callable

TEMPLATES = {
    "kimi-k2.5": "kimi-k2.5.chat_template.jinja",
    "kimi-k2.6": "kimi-k2.5.chat_template.jinja",
    "kimi-k2-thinking": "moonshotai-Kimi-K2-Thinking.llamacpp.jinja",
    "kimi-k2-instruct": "Kimi-K2-Instruct.jinja",
}


def _call(number: int, name: str = "f", arguments: Any = "{}") -> dict[str, Any]:
    function = {"name": name, "arguments": arguments}
    return {"id": f"functions.{name}:{number}", "type": "function", "function": function}


def _result(number: int, name: str = "f", **more: Any) -> dict[str, Any]:
    return {"role": "tool", "tool_call_id": f"functions.{name}:{number}", "content": "r", **more}


SYSTEM = {"role": "system", "content": "Be brief.\n"}
USER = {"role": "user", "content": "a <b> & \"c\" 'd' 天气"}
ANSWER = {"role": "assistant", "content": "answer", "reasoning_content": "thought"}
CALLING = {
    "role": "assistant",
    "content": "let me see",
    "reasoning_content": "two\nlines",
    "tool_calls": [_call(0), _call(1, "g", '{"x": "é"}')],
}
CALLING_AGAIN = {"role": "assistant", "content": None, "tool_calls": [_call(2, "g")]}
RESULTS = [_result(0, name="f"), _result(1, "g", content=[{"type": "text", "text": "p"}])]

IMAGE = {"type": "image_url", "image_url": {"url": "x"}}

CONVERSATIONS: dict[str, list[dict[str, Any]]] = {
    "a user": [USER],
    "a named user": [{**USER, "name": "Ada"}],
    "a system message": [SYSTEM, USER],
    "a developer message": [{"role": "developer", "content": "d"}, USER],
    "a late system message": [USER, SYSTEM, USER],
    "no content": [{"role": "user", "content": None}],
    "empty content": [{"role": "user", "content": ""}],
    "two answers": [USER, ANSWER, USER, ANSWER, USER],
    "an unfinished loop": [USER, CALLING, *RESULTS],
    "two calls in a loop": [USER, CALLING, *RESULTS, CALLING_AGAIN, _result(2, "g")],
    "a loop after an answer": [USER, ANSWER, USER, CALLING, *RESULTS],
    "a finished loop": [USER, CALLING, *RESULTS, ANSWER, USER],
    "parts": [{"role": "user", "content": [{"type": "text", "text": "x"}, IMAGE]}],
    "an answer to continue from": [USER, ANSWER],
}
# In alphabetical order at every depth, so that all templates write it alike.
TOOL = {
    "function": {"description": "d", "name": "f", "parameters": {"type": "object"}},
    "type": "function",
}


@cache
def _template(model: str) -> Callable[..., str]:
    jinja2 = pytest.importorskip("jinja2")
    environment = jinja2.Environment(
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.loopcontrols"],
    )
    environment.filters["tojson"] = _compact
    source = shared_path(f"data/templates/{TEMPLATES[model]}").read_text(encoding="utf-8")
    render: Callable[..., str] = environment.from_string(source).render
    return render


def _compact(value: Any, **_: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)


@pytest.mark.shared("data/templates")
@pytest.mark.parametrize("generate", [True, False], ids=["generate", "no generation prompt"])
@pytest.mark.parametrize("tools", [None, [TOOL]], ids=["no tools", "tools"])
@pytest.mark.parametrize("conversation", CONVERSATIONS)
@pytest.mark.parametrize(
    ("model", "thinking"),
    [
        ("kimi-k2.5", None),
        ("kimi-k2.5", True),
        ("kimi-k2.5", False),
        ("kimi-k2.6", None),
        ("kimi-k2-thinking", None),
        ("kimi-k2-instruct", None),
    ],
)
def test_the_prompt_is_what_the_template_renders(
    model: str,
    thinking: bool | None,
    conversation: str,
    tools: list[dict[str, Any]] | None,
    generate: bool,
) -> None:
    messages = CONVERSATIONS[conversation]
    switch = {} if thinking is None else {"thinking": thinking}
    expected = _template(model)(
        messages=messages,
        tools=tools,
        tools_ts_str=typescript_declarations(tools or []),
        add_generation_prompt=generate,
        **switch,
    )
    rendered = render_prompt(
        messages,
        tools,
        model=model,
        thinking=thinking,
        add_generation_prompt=generate,
    )
    assert rendered == expected


@pytest.mark.shared("data/templates")
def test_a_video_is_the_placeholder_that_the_template_prints() -> None:
    messages = [{"role": "user", "content": [{"type": "video_url"}, {"type": "text", "text": "?"}]}]
    expected = _template("kimi-k2.5")(messages=messages, add_generation_prompt=True)
    assert render_prompt(messages) == expected
    assert "<|kimi_k25_video_placeholder|>" in expected


def test_arguments_given_as_an_object_are_spaced_as_the_template_spaces_them() -> None:
    call = _call(0, arguments={"b": 1, "a": ["é", None]})
    rendered = render_prompt([{"role": "assistant", "tool_calls": [call]}])
    assert '<|tool_call_argument_begin|>{"b": 1, "a": ["é", null]}<|tool_call_end|>' in rendered


@pytest.mark.parametrize("thinking", [None, False], ids=["thinking", "not thinking"])
def test_the_template_of_k3_that_is_ours_renders_what_our_writer_does(
    thinking: bool | None,
) -> None:
    """It is given to real engines (tests/engines), because K3 comes without one."""
    jinja2 = pytest.importorskip("jinja2")
    environment = jinja2.Environment(trim_blocks=True, lstrip_blocks=True)
    environment.filters["tojson"] = lambda value, **how: json.dumps(
        value, ensure_ascii=False, **how
    )
    source = Path(__file__).parents[2] / "engines" / "support" / "k3_template.jinja"
    template = environment.from_string(source.read_text(encoding="utf-8"))
    arguments = {"a": "Paris", "n": [1, {"b": None}], "c": True, "x": 1.5}

    def conversation(said: Any) -> list[dict[str, Any]]:
        called = {"reasoning_content": "Hm.", "tool_calls": [_call(0, arguments=said)]}
        return [
            SYSTEM,
            {"role": "user", "content": "Hi"},
            {"role": "assistant", "content": "", **called},
            _result(0),
            {"role": "assistant", "content": "Hello"},
            {"role": "user", "content": "x\n y"},
        ]

    ours = render_prompt(
        conversation(json.dumps(arguments)), [TOOL], model="kimi-k3", thinking=thinking
    )
    assert ours == template.render(
        messages=conversation(arguments),
        tools=[TOOL],
        thinking=thinking,
        add_generation_prompt=True,
    )
