"""What `render_prompt` takes, refuses and warns of, whatever the model.

May know: the public functions of `kimi_core.raw.prompt`. Equality with upstream is the subject of
test_prompt_goldens.py and test_prompt_templates.py.
"""

from __future__ import annotations

import copy
from typing import Any, get_args

import pytest

from kimi_core.errors import KimiConfigError
from kimi_core.models import MODELS, PromptStyle
from kimi_core.raw.prompt import (
    PromptInjectionWarning,
    prompt_dialect,
    prompt_opens_reasoning,
    render_prompt,
)

WITHOUT_A_CHAT = {"kimi-k2-base"}
HI = [{"role": "user", "content": "Hi"}]
CALL = {"id": "functions.f:0", "function": {"name": "f", "arguments": "{}"}}
LOOP: list[dict[str, Any]] = [
    {"role": "user", "content": "q"},
    {"role": "assistant", "content": "old", "reasoning_content": "old thought"},
    {"role": "user", "content": "q"},
    {"role": "assistant", "content": "", "reasoning_content": "new", "tool_calls": [CALL]},
    {"role": "tool", "tool_call_id": "functions.f:0", "content": "r"},
]


@pytest.mark.parametrize(
    ("model", "thinking", "opens"),
    [
        ("kimi-k2-instruct", None, False),
        ("kimi-k2-instruct-0905", None, False),
        ("kimi-k2-thinking", None, False),
        ("kimi-k2.5", None, True),
        ("kimi-k2.6", True, True),
        ("kimi-k2.6", False, False),
        ("kimi-k2.7-code", None, True),
        ("kimi-k3", None, True),
        ("kimi-k3", False, False),
        ("k2.6", None, True),
        ("k2-thinking", True, False),
    ],
)
def test_reasoning_is_opened_where_the_prompt_ends_in_an_open_think_block(
    model: str, thinking: bool | None, opens: bool
) -> None:
    prompt = render_prompt(HI, model=model, thinking=thinking)
    assert prompt_opens_reasoning(model, thinking) is opens
    assert prompt.endswith(("<think>", "<|open|>think<|sep|>")) is opens


def test_a_result_names_the_call_that_it_answers() -> None:
    assert "## Return of functions.f:0\nr<|im_end|>" in render_prompt(
        LOOP, model="kimi-k2-instruct"
    )


@pytest.mark.parametrize("name", sorted(set(MODELS) - WITHOUT_A_CHAT))
def test_every_model_of_the_table_has_a_prompt_of_its_dialect(name: str) -> None:
    info = MODELS[name]
    marks = {"k2": "<|im_user|>", "k3": "<|open|>"}
    prompt = render_prompt(HI, model=name)
    assert [dialect for dialect, mark in marks.items() if mark in prompt] == [info.dialect]
    assert prompt.endswith(("<think>", "<|open|>think<|sep|>")) is info.opens_reasoning
    assert (prompt_dialect(name), prompt_opens_reasoning(name)) == (
        info.dialect,
        info.opens_reasoning,
    )


def test_every_prompt_style_is_some_models() -> None:
    assert {info.prompt_style for info in MODELS.values()} - {None} == set(get_args(PromptStyle))


@pytest.mark.parametrize("style", get_args(PromptStyle))
def test_a_style_is_a_name_of_its_own(style: str) -> None:
    assert render_prompt(HI, model=style) == render_prompt(HI, model=f"kimi-{style}")


@pytest.mark.parametrize(
    ("spelling", "name"),
    [
        ("moonshotai/Kimi-K2-Instruct", "kimi-k2-instruct"),
        ("Kimi-K2.6-UD-Q2_K_XL-00001-of-00008.gguf", "kimi-k2.6"),
        ("accounts/fireworks/models/kimi-k2p5", "kimi-k2.5"),
        ("moonshotai/kimi-k3:batch", "kimi-k3"),
    ],
)
def test_any_spelling_of_a_model_has_its_prompt(spelling: str, name: str) -> None:
    assert render_prompt(HI, model=spelling) == render_prompt(HI, model=name)


def test_a_model_without_a_chat_has_no_prompt() -> None:
    with pytest.raises(KimiConfigError, match="'kimi-k2-base' has no known prompt"):
        render_prompt(HI, model="kimi-k2-base")


def test_unknown_model_is_an_error_that_lists_the_known_ones() -> None:
    with pytest.raises(KimiConfigError, match=r"'gpt-4'.*kimi-k2\.6.*k2-thinking, k2\.5"):
        render_prompt(HI, model="gpt-4")


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"model": "kimi-k2-instruct", "thinking": True}, "thinking=True"),
        ({"model": "kimi-k2-thinking", "thinking": False}, "thinking=False"),
        ({"model": "kimi-k2-instruct", "preserve_thinking": True}, "preserve_thinking"),
        ({"model": "kimi-k2-thinking", "preserve_thinking": True}, "preserve_thinking"),
        ({"model": "kimi-k2.5", "preserve_thinking": True}, "preserve_thinking"),
        ({"model": "kimi-k2.6", "thinking_effort": "low"}, "thinking_effort='low'"),
        ({"model": "kimi-k3", "thinking_effort": "medium"}, "low, high, max"),
        ({"model": "kimi-k3", "thinking_effort": "low", "thinking": False}, "leave out one"),
    ],
    ids=str,
)
def test_a_setting_that_the_template_does_not_know_is_an_error(
    settings: dict[str, Any], named: str
) -> None:
    with pytest.raises(KimiConfigError, match=named):
        render_prompt(HI, **settings)


MODELS_OF_EACH_STYLE = ["kimi-k2-instruct", "kimi-k2-thinking", "kimi-k2.5", "kimi-k2.6", "kimi-k3"]


@pytest.mark.parametrize("model", MODELS_OF_EACH_STYLE)
@pytest.mark.parametrize(
    ("message", "said"),
    [
        ({"content": "x"}, "without a role"),
        ({"role": "user", "content": 5}, "is a int"),
        ({"role": "user", "content": [{"type": "input_audio"}]}, "input_audio"),
        ({"role": "user", "content": [7]}, "no Kimi prompt"),
        ({"role": "user", "content": [{"type": "text"}]}, "without text"),
        ({"role": "assistant", "tool_calls": [{"id": "x"}]}, "without a function name"),
        ({"role": "assistant", "tool_calls": [{"id": "x", "z": "y" * 200}]}, "y…"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_message_that_cannot_be_rendered_is_an_error(
    model: str, message: dict[str, Any], said: str
) -> None:
    with pytest.raises(KimiConfigError, match=said):
        render_prompt([message], model=model)


@pytest.mark.parametrize("model", MODELS_OF_EACH_STYLE)
def test_parts_may_be_plain_strings(model: str) -> None:
    parts = [{"role": "user", "content": ["H", {"type": "text", "text": "i"}]}]
    assert render_prompt(parts, model=model) == render_prompt(HI, model=model)


@pytest.mark.parametrize("model", MODELS_OF_EACH_STYLE)
def test_the_callers_messages_and_tools_are_left_alone(model: str) -> None:
    tools = [{"type": "function", "function": {"name": "f", "parameters": {"b": {}, "a": {}}}}]
    messages, declared = copy.deepcopy(LOOP), copy.deepcopy(tools)
    render_prompt(messages, declared, model=model)
    assert (messages, declared) == (LOOP, tools)


@pytest.mark.parametrize("model", ["kimi-k2-instruct", "kimi-k2-thinking", "kimi-k3"])
def test_a_video_is_refused_where_no_placeholder_is_known(model: str) -> None:
    with pytest.raises(KimiConfigError, match="video"):
        render_prompt([{"role": "user", "content": [{"type": "video_url"}]}], model=model)


def test_a_k2_call_without_an_id_is_an_error_that_names_the_way_out() -> None:
    message = {"role": "assistant", "tool_calls": [{"function": {"name": "f"}}]}
    with pytest.raises(KimiConfigError, match="normalize_tool_call_ids"):
        render_prompt([message])


@pytest.mark.parametrize("arguments", [None, {}, "{}"], ids=["none", "object", "text"])
def test_k2_writes_absent_arguments_as_an_empty_object(arguments: object) -> None:
    call = {"id": "functions.f:0", "function": {"name": "f", "arguments": arguments}}
    prompt = render_prompt([{"role": "assistant", "tool_calls": [call]}])
    assert "<|tool_call_argument_begin|>{}<|tool_call_end|>" in prompt


@pytest.mark.parametrize(
    ("settings", "kept"),
    [
        ({"model": "kimi-k2.6"}, ["", "new"]),
        ({"model": "kimi-k2.6", "preserve_thinking": True}, ["old thought", "new"]),
        ({"model": "kimi-k2.7-code", "preserve_thinking": True}, ["old thought", "new"]),
        ({"model": "kimi-k2.6", "preserve_thinking": True, "thinking": False}, ["", ""]),
        ({"model": "kimi-k2-thinking"}, ["", "new"]),
    ],
    ids=str,
)
def test_which_turns_keep_their_reasoning(settings: dict[str, Any], kept: list[str]) -> None:
    prompt = render_prompt(LOOP, add_generation_prompt=False, **settings)
    blocks = [piece.partition("</think>")[0] for piece in prompt.split("<think>")[1:]]
    assert blocks == kept


@pytest.mark.parametrize("model", ["kimi-k2.6", "kimi-k3"])
def test_reasoning_is_read_under_the_name_that_newer_servers_use(model: str) -> None:
    renamed = [
        {("reasoning" if key == "reasoning_content" else key): value for key, value in item.items()}
        for item in LOOP
    ]
    assert render_prompt(renamed, model=model) == render_prompt(LOOP, model=model)


def test_tools_that_typescript_cannot_say_are_declared_as_sorted_json() -> None:
    schema = {"type": "object", "properties": {"x": {"$ref": "https://example.com/s"}}}
    tool = {"type": "function", "function": {"name": "f", "parameters": schema}}
    prompt = render_prompt(HI, [tool])
    declared = (
        '[{"function":{"name":"f","parameters":{"properties":{"x":'
        '{"$ref":"https://example.com/s"}},"type":"object"}},"type":"function"}]'
    )
    assert f"tool_declare<|im_middle|>{declared}<|im_end|>" in prompt


MARKED = [{"role": "user", "content": "a <|im_end|> b <think> [EOS] <|reserved_token_163700|>"}]


def test_text_that_spells_a_special_token_is_warned_of() -> None:
    with pytest.warns(PromptInjectionWarning, match=r"'<\|im_end\|>'.*escape_markers") as caught:
        prompt = render_prompt(MARKED)
    assert MARKED[0]["content"] in prompt
    assert caught[0].filename == __file__


def test_escaping_breaks_every_special_token_up_and_nothing_else() -> None:
    prompt = render_prompt(MARKED, escape_markers=True)
    broken = "a <\u200b|im_end|> b <\u200bthink> [\u200bEOS] <\u200b|reserved_token_163700|>"
    assert prompt == render_prompt([{"role": "user", "content": broken}])


@pytest.mark.parametrize("model", ["kimi-k2.6", "kimi-k3"])
def test_a_marker_split_over_two_parts_is_found(model: str) -> None:
    parts = [{"type": "text", "text": "<|im_"}, {"type": "text", "text": "end|>"}]
    with pytest.warns(PromptInjectionWarning, match="im_end"):
        render_prompt([{"role": "user", "content": parts}], model=model)


@pytest.mark.parametrize(
    "message",
    [
        {"role": "user", "name": "[EOS]", "content": ""},
        {"role": "tool", "name": "f", "tool_call_id": "[EOS]", "content": "[EOS]"},
        {"role": "assistant", "content": "", "reasoning_content": "</think>"},
        {
            "role": "assistant",
            "tool_calls": [{"id": "x", "function": {"name": "f", "arguments": "[EOS]"}}],
        },
    ],
    ids=["name", "tool result", "reasoning", "arguments"],
)
def test_markers_are_found_wherever_text_stands(message: dict[str, Any]) -> None:
    with pytest.warns(PromptInjectionWarning):
        render_prompt([message], preserve_thinking=True)
