"""A model at an endpoint is the merge of two rows and of what the caller overrides.

Owns: `resolve`: names on the wire, warnings for retired ids, refusals.
"""

from __future__ import annotations

import re
import warnings
from dataclasses import replace
from typing import Any

import pytest

from kimi_core import RetiredModelWarning, UnknownModelWarning, resolve
from kimi_core.endpoints import ENDPOINTS, vllm
from kimi_core.errors import KimiConfigError
from kimi_core.models import MODELS

# endpoint, model -> what is sent, whose facts apply
NAMES = [
    ("moonshot", None, "kimi-k3.1-pro", "kimi-k3.1-pro"),
    ("moonshot-cn", None, "kimi-k3.1-pro", "kimi-k3.1-pro"),
    ("moonshot", "moonshotai/Kimi-K2.6", "kimi-k2.6", "kimi-k2.6"),
    ("moonshot", "Kimi-K3", "kimi-k3", "kimi-k3"),
    ("moonshot-cn", "kimi-k2.7-code", "kimi-k2.7-code", "kimi-k2.7-code"),
    ("openrouter", None, "moonshotai/kimi-k3.1-pro", "kimi-k3.1-pro"),
    ("siliconflow", None, "moonshotai/Kimi-K3", "kimi-k3"),
    ("siliconflow-cn", None, "Pro/moonshotai/Kimi-K2.6", "kimi-k2.6"),
    ("openrouter", "kimi-k2-0905", "moonshotai/kimi-k2-0905", "kimi-k2-instruct-0905"),
    ("openrouter", "kimi-k2-instruct", "moonshotai/kimi-k2", "kimi-k2-instruct"),
    ("openrouter", "kimi-k2", "moonshotai/kimi-k2", "kimi-k2-instruct"),
    ("openrouter", "moonshotai/kimi-k2.6:free", "moonshotai/kimi-k2.6:free", "kimi-k2.6"),
    ("vllm", None, "moonshotai/Kimi-K2-Instruct", "kimi-k2-instruct"),
    ("vllm", "kimi-k2-thinking", "moonshotai/Kimi-K2-Thinking", "kimi-k2-thinking"),
    ("vllm", "kimi-k2", "kimi-k2", "kimi-k2-instruct"),
    ("vllm", "/weights/Kimi-K2.5", "/weights/Kimi-K2.5", "kimi-k2.5"),
    ("local", None, "local", "kimi-k2-instruct"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("endpoint", "model", "sent", "facts"), NAMES, ids=[f"{row[0]}-{row[1]}" for row in NAMES]
)
def test_the_name_that_is_sent(endpoint: str, model: str | None, sent: str, facts: str) -> None:
    found = resolve(model, endpoint)
    assert (found.model, found.info) == (sent, MODELS[facts])


def newest(generation: str = "kimi-k") -> str:
    """Return the newest model of a generation, or of all; the first in the table of equals."""
    related = [name for name in MODELS if name.startswith(generation)]
    return max(related, key=lambda name: float((re.findall(r"k(\d+(?:\.\d+)?)", name) or "0")[0]))


# endpoint, name without a row -> whose facts are taken, and what is said of it
STAND_INS = [
    ("moonshot", "kimi-k2.99", newest("kimi-k2"), "not known here yet"),
    ("moonshot", "kimi-k3.99-pro", newest("kimi-k3"), "not known here yet"),
    ("openrouter", "moonshotai/kimi-k99-20270101:exacto", newest(), "not known here yet"),
    ("vllm", "moonshotai/Kimi-K98-Instruct", newest(), "not known here yet"),
    ("sglang", "my-finetune", "kimi-k2-instruct", "no name of a Kimi"),
    ("together", "kimi-linear-48b", "kimi-k3.1-pro", "no name of a Kimi"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("endpoint", "model", "facts", "words"), STAND_INS, ids=[row[1] for row in STAND_INS]
)
def test_a_model_without_a_row_says_whose_facts_are_taken(
    endpoint: str, model: str, facts: str, words: str
) -> None:
    with pytest.warns(UnknownModelWarning, match=f"{words}.* {facts!r}.* base_model"):
        found = resolve(model, endpoint)
    assert (found.model, found.info) == (model, MODELS[facts])
    assert resolve(model, endpoint, {"base_model": "kimi-k2.6"}).info.name == "kimi-k2.6"


def test_base_model_gives_facts_and_leaves_the_name_alone() -> None:
    found = resolve("kimi-k2.6", "vllm", {"base_model": "moonshotai/Kimi-K2-Thinking"})
    assert (found.model, found.info.name) == ("kimi-k2.6", "kimi-k2-thinking")


def test_a_smaller_context_window_changes_nothing_else() -> None:
    plain = resolve("kimi-k2.6", "vllm")
    smaller = resolve("kimi-k2.6", "vllm", {"context_window": 8192, "api": None})
    assert smaller == replace(plain, info=replace(plain.info, context_window=8192))


@pytest.mark.parametrize("model", ["kimi-k2-0905-preview", "kimi-k2.5", "moonshot-v1-8k"])
def test_a_retired_id_warns_on_the_first_party_only(model: str) -> None:
    with pytest.warns(RetiredModelWarning, match="404 there; use 'kimi-k3.1-pro'") as caught:
        assert resolve(model, "moonshot").model == model
    assert f"model {model!r} was retired on https://api.moonshot.ai/v1 on 2026-" in str(
        caught[0].message
    )
    for endpoint in sorted(set(ENDPOINTS) - {"moonshot", "moonshot-cn"}):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            resolve(model, endpoint)


PLANNED = ["kimi-k2.6", "moonshotai/Kimi-K2.6", "kimi-k2.7-code", "kimi-k2.7-code-highspeed"]


@pytest.mark.parametrize("endpoint", ["moonshot", "moonshot-cn"])
@pytest.mark.parametrize("model", PLANNED)
def test_a_planned_retirement_is_told_with_its_date_and_replacement(
    model: str, endpoint: str
) -> None:
    with pytest.warns(RetiredModelWarning) as caught:
        resolve(model, endpoint)
    sentence = (
        f"model {model!r} is to be retired on {ENDPOINTS[endpoint].base_url} on 2026-12-31, and "
        "accounts that registered after 2026-10-31 cannot call it; use 'kimi-k3.1-pro'."
    )
    assert [str(warning.message) for warning in caught] == [sentence]


def test_a_planned_retirement_is_the_first_partys_alone_and_the_default_has_none() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for endpoint in ENDPOINTS:
            resolve(None, endpoint)
        for endpoint in sorted(set(ENDPOINTS) - {"moonshot", "moonshot-cn"}):
            resolve("kimi-k2.6", endpoint)


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"endpoint": "vlm"}, "endpoint 'vlm' is not known. Did you mean 'vllm'?"),
    (
        {"overrides": {"base_model": "kimi-k2.66"}},
        (
            "base_model 'kimi-k2.66' is not a Kimi model; it names the model whose facts apply. "
            "Nearest known: kimi-k2.6, "
        ),
    ),
    (
        {"overrides": {"base_model": "llama"}},
        "Nearest known: kimi-k2-instruct, kimi-k3, kimi-k3.1-pro.",
    ),
    (
        {"overrides": {"api": "responses"}},
        "api 'responses' is not known; it is one of 'chat', 'completions'.",
    ),
    (
        {"overrides": {"tool_call_parser": "vllm"}},
        "tool_call_parser 'vllm' is not known; it is one of 'auto', 'server', 'client'.",
    ),
    ({"model": "   "}, "model '   ' is empty; name a model"),
]


@pytest.mark.parametrize(("arguments", "sentence"), REFUSED, ids=[row[1][:20] for row in REFUSED])
def test_a_wrong_setting_is_refused_by_name(arguments: dict[str, Any], sentence: str) -> None:
    with pytest.raises(KimiConfigError) as caught:
        resolve(**arguments)
    assert sentence in str(caught.value)


def test_overrides_beat_the_endpoint_and_none_does_nothing() -> None:
    endpoint = vllm(tool_call_parser="client", api="completions")
    kept = resolve(None, endpoint, {"api": None, "tool_call_parser": None})
    assert (kept.api, kept.tool_call_parser) == ("completions", "client")
    changed = resolve(None, endpoint, {"api": "chat", "tool_call_parser": "server"})
    assert (changed.api, changed.tool_call_parser) == ("chat", "server")


# model, setting -> whether it thinks
THINKING = [
    ("kimi-k2.6", None, True), ("kimi-k2.6", True, True), ("kimi-k2.6", False, False),
    ("kimi-k3", None, True), ("kimi-k3", True, True),
    ("kimi-k2-instruct", None, False), ("kimi-k2-instruct", False, False),
]  # fmt: skip


@pytest.mark.parametrize(("model", "setting", "thinks"), THINKING)
def test_who_thinks(model: str, setting: bool | None, thinks: bool) -> None:
    assert resolve(model, "vllm").thinks(setting) is thinks


def test_a_model_that_cannot_think_is_not_asked_to() -> None:
    with pytest.raises(KimiConfigError, match="which has no thinking mode") as caught:
        resolve("kimi-k2-instruct", "openrouter").thinks(thinking=True)
    assert "thinking=True does not go with model" in str(caught.value)
    assert "leave thinking out, or use kimi-k3.1-pro" in str(caught.value)


@pytest.mark.parametrize(
    ("endpoint", "overrides", "thinks"),
    [("moonshot", {}, True), ("vllm", {}, False), ("custom", {"api": "completions"}, False)],
)
def test_one_that_always_thinks_is_stopped_by_its_template_alone(
    endpoint: str, overrides: dict[str, Any], thinks: bool
) -> None:
    assert resolve("kimi-k3", endpoint, overrides).thinks(thinking=False) is thinks
    assert resolve("moonshotai/Kimi-K2-Thinking", "sglang").thinks(thinking=False) is True
