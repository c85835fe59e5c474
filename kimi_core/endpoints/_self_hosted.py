"""Servers on your own machines: one row each.

Owns: what is true of an engine, whatever model it serves. May know: its own files, models.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from kimi_core.endpoints._type import Endpoint
from kimi_core.models import MODELS, get_model

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["SELF_HOSTED"]

# The five tool markers are special=false in Kimi's tokenizer config, but a converted tokenizer may
# have lost the flag; and vLLM's default puts blanks round every added token (vLLM 0.32.0 with the
# slow tokenizer that real checkpoints have, recording s).
_KEEP_MARKERS: Mapping[str, Any] = {
    "skip_special_tokens": False,
    "spaces_between_special_tokens": False,
}


_SELF_HOSTED = Endpoint(
    name="self-hosted",
    base_url="",
    needs_key=False,
    # Where two rows share their weights, the one that is called like them.
    spellings={
        name: row.weights
        for name, row in MODELS.items()
        if row.weights and get_model(row.weights) is row
    },
    thinking_switch="chat_template_kwargs",
    takes_message_tools=True,  # K3's chat template has a place for them
    more_efforts=("none",),  # engines know OpenAI's words, too (TensorRT-LLM pull request 17845)
)

_VLLM = replace(
    _SELF_HOSTED,
    name="vllm",
    base_url="http://localhost:8000/v1",
    api_key_names=("VLLM_API_KEY",),
    # vLLM 0.32.0 renders `reasoning` of an assistant message and drops `reasoning_content`.
    reasoning_field="reasoning",
    prefix_way="continue_final_message",
    takes_token_ids=True,
    grammar="vllm",
    # With the slow tokenizer, which Kimi's checkpoints have, vLLM's own blanks round the markers
    # lead the reasoning and the text, and go back to the model with the history (recording s).
    chat_fields={"spaces_between_special_tokens": False},
    raw_fields=_KEEP_MARKERS,
    # Without --enable-auto-tool-choice every tool_choice but "none" is a 400; with "none" the
    # tools are still rendered into the prompt.
    raw_chat_fields={"tool_choice": "none"},
    notes="Your own vLLM; start it with --enable-auto-tool-choice --tool-call-parser kimi_k2.",
)

_SGLANG = replace(
    _SELF_HOSTED,
    name="sglang",
    base_url="http://localhost:30000/v1",
    api_key_names=("SGLANG_API_KEY",),
    # SGLang 0.5.23 turns a last message of the assistant into a question where it is not told.
    prefix_way="continue_final_message",
    takes_token_ids=True,
    grammar="sglang",
    # Without its tool parser SGLang 0.5.23 binds a forced choice to a JSON list in the content, and
    # with it only the name of the tool; a structural tag binds the arguments, too, and comes parsed
    # where there is a parser, and as Kimi's own tokens where there is none (recorded).
    forces_by_grammar=True,
    raw_fields=_KEEP_MARKERS,
    notes="Your own SGLang; start it with --tool-call-parser kimi_k2.",
)

_LLAMA_CPP = replace(
    _SELF_HOSTED,
    name="llama.cpp",
    base_url="http://localhost:8080/v1",
    api_key_names=("LLAMA_API_KEY",),
    # llama.cpp b11549, through xllamacpp 2026.10.11549, with Kimi's template: a choice by name is
    # "auto" for it, and a schema binds nothing (recorded).
    prefix_way="last_message",
    takes_named_tool_choice=False,
    keeps_response_format=False,
    grammar="llama.cpp",
    notes="Your own llama-server.",
)

SELF_HOSTED = (
    _VLLM,
    _SGLANG,
    replace(
        _SGLANG,
        name="ktransformers",
        api_key_names=(),
        tool_call_parser="client",
        # The kimi_k2 detector of sglang-kt 0.7.0 looks for [\w.]+, and loses a call of a tool with
        # a dash without a trace, streamed and whole.
        tool_name_rule="words",
        notes="kt-kernel with its fork of SGLang; raw tokens are parsed here, whatever its flags.",
    ),
    replace(
        _SELF_HOSTED,
        name="tensorrt-llm",
        base_url="http://localhost:8000/v1",
        raw_fields=_KEEP_MARKERS,
        # Its kimi_k2 parser looks for [\w.]+, and loses calls of a tool with a dash (65b31db1).
        tool_name_rule="words",
        notes="trtllm-serve.",
    ),
    _LLAMA_CPP,
    replace(
        _LLAMA_CPP,
        name="local",
        base_url="",
        default_model="local",
        api_key_names=(),
        api="completions",
        tool_call_parser="client",
        completion_max_tokens=1_024,
        embedded=True,
        notes="llama.cpp inside this process's care, with a small stand-in model that is not Kimi.",
    ),
    Endpoint(
        name="custom",
        base_url="",
        needs_key=False,
        spellings={"kimi-k2-instruct": "moonshotai/Kimi-K2-Instruct"},
        completion_max_tokens=None,
        any_path=True,
        notes="Any other OpenAI-compatible server; says nothing about it and takes any path.",
    ),
)
