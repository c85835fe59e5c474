"""Every common spelling of a model finds its facts, and retired ids know what replaced them.

Owns: the table of models by itself. What a name becomes on the wire is in test_capabilities.py.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, get_args

import pytest

from kimi_core.errors import KimiConfigError
from kimi_core.models import MODELS, ModelName, get_model, nearest_models, retirement

if TYPE_CHECKING:
    from kimi_core.models import ModelInfo

SPELLINGS = {
    "kimi-k3.1-pro": (
        "kimi-k3.1-pro", "moonshotai/Kimi-K3.1-Pro", "k3.1-pro", "kimi-k3-1-pro", "k3.1",
        "accounts/fireworks/models/kimi-k3p1-pro", "moonshotai.kimi-k3.1",
        "moonshotai/kimi-k3.1-pro:batch", "databricks-kimi-k3-1-pro", "global.moonshotai.kimi-k3.1",
        "moonshotai/kimi-k3.1-pro-20261023", "kimi_k3_1_pro", "us.moonshotai.kimi-k3.1",
    ),
    "kimi-k3.1-pro-highspeed": ("kimi-k3.1-pro-highspeed",),
    "kimi-k3": (
        "kimi-k3", "k3", "moonshotai/kimi-k3", "moonshotai/kimi-k3:batch", "Kimi-K3",
        "moonshotai/kimi-k3-20260715", "FW-Kimi-K3", "kimi-k3-fast", "Kimi-K3-Instruct-MXFP4",
        "accounts/fireworks/routers/kimi-k3-turbo", "Kimi-K3-UD-TQ1_0-00001-of-00014.gguf",
    ),
    "kimi-k2.7-code": ("kimi-k2.7-code", "moonshotai/kimi-k2.7-code:batch", "kimi-k2p7-code"),
    "kimi-k2.7-code-highspeed": ("kimi-k2.7-code-highspeed",),
    "kimi-k2.6": (
        "kimi-k2.6", "moonshotai/Kimi-K2.6", "moonshotai/kimi-k2.6:free", "kimi-k2-6",
        "/models/Kimi-K2.6", "accounts/fireworks/models/kimi-k2p6", "@cf/moonshotai/kimi-k2.6",
        "unsloth/Kimi-K2.6-GGUF", "Kimi-K2.6-UD-Q2_K_XL-00001-of-00008.gguf",
    ),
    "kimi-k2.5": (
        "kimi-k2.5", "moonshotai/Kimi-K2.5", "moonshotai/kimi-k2.5-0127", "kimi-k2-5",
        "moonshotai/kimi-k2.5-2026-01-27", "kimi-k2.5-thinking", "Kimi-K2.5-IQ1_S.gguf",
    ),
    "kimi-k2-thinking": (
        "kimi-k2-thinking", "moonshotai/Kimi-K2-Thinking", "kimi-k2-thinking-turbo",
        "nvidia/Kimi-K2-Thinking-NVFP4", "moonshot.kimi-k2-thinking", "kimi-k2-thinking:cloud",
        "moonshotai/kimi-k2-thinking-maas", "mlx-community/Kimi-K2-Thinking-4bit",
    ),
    "kimi-k2-instruct-0905": (
        "moonshotai/Kimi-K2-Instruct-0905", "kimi-k2-0905", "moonshotai/kimi-k2-0905:exacto",
        "kimi-k2-0905-preview", "kimi-k2-turbo-preview",
        "accounts/fireworks/models/kimi-k2-instruct-0905", " kimi-k2-instruct-0905 ",
    ),
    "kimi-k2-instruct": (
        "kimi-k2", "moonshotai/kimi-k2", "moonshotai/Kimi-K2-Instruct:nitro",
        "kimi-k2-0711-preview", "moonshotai/Kimi-K2-Instruct", "~moonshotai/kimi-k2",
    ),
    "kimi-k2-base": ("moonshotai/Kimi-K2-Base", "kimi-k2-base"),
}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "spelling"),
    [(name, spelling) for name, spellings in SPELLINGS.items() for spelling in spellings],
)
def test_a_spelling_finds_its_model(name: str, spelling: str) -> None:
    assert get_model(spelling) is MODELS[name]


@pytest.mark.parametrize("row", MODELS.values(), ids=MODELS)
def test_what_a_row_says_finds_it_in_every_dress(row: ModelInfo) -> None:
    for name in (row.name, *row.aliases):
        for spelling in (name, name.upper(), f"moonshotai/{name}:free", f"/models/{name}-fp8.gguf"):
            assert get_model(spelling) is row


@pytest.mark.parametrize(
    "row", [row for row in MODELS.values() if row.weights], ids=lambda row: row.name
)
def test_the_name_of_open_weights_finds_a_row_that_has_them(row: ModelInfo) -> None:
    assert row.weights is not None
    found = get_model(row.weights)
    assert found is not None
    assert found.weights == row.weights


@pytest.mark.parametrize("name", ["my-finetune", "qwen3", "kimi-k9", "moonshot-v1-8k"])
def test_a_foreign_name_is_nobodys(name: str) -> None:
    assert get_model(name) is None


@pytest.mark.parametrize("name", ["", "   ", "moonshotai/", ":free"])
def test_an_empty_name_is_refused(name: str) -> None:
    newest = re.escape(next(iter(MODELS)))
    with pytest.raises(KimiConfigError, match=rf"is empty; name a model, e\.g\. one of {newest}"):
        get_model(name)


def test_no_spelling_means_two_models() -> None:
    spellings = [name for row in MODELS.values() for name in (row.name, *row.aliases)]
    assert len(spellings) == len(set(spellings))


RETIRED = {
    "kimi-k2.5": ("2026-08-31", "kimi-k3.1-pro"),
    "kimi-k2-0711-preview": ("2026-05-25", "kimi-k3.1-pro"),
    "kimi-k2-0905-preview": ("2026-05-25", "kimi-k3.1-pro"),
    "kimi-k2-turbo-preview": ("2026-05-25", "kimi-k3.1-pro"),
    "kimi-k2-thinking": ("2026-05-25", "kimi-k3.1-pro"),
    "kimi-k2-thinking-turbo": ("2026-05-25", "kimi-k3.1-pro"),
    "kimi-latest": ("2026-01-28", "kimi-k3.1-pro"),
    "kimi-thinking-preview": ("2025-11-11", "kimi-k3.1-pro"),
    "moonshot-v1-8k": ("2026-08-31", "kimi-k3.1-pro"),
    "moonshot-v1-128k-vision-preview": ("2026-08-31", "kimi-k3.1-pro"),
    "kimi-k3.1-pro": None,
    "kimi-k3": None,
    "kimi-k2.7-code-highspeed": None,
    "kimi-k2.6": None,
    "kimi-k2-base": None,
    "my-finetune": None,
}


@pytest.mark.parametrize(("name", "expected"), RETIRED.items(), ids=RETIRED)
def test_retired_ids_know_their_date_and_replacement(
    name: str, expected: tuple[str, str] | None
) -> None:
    assert retirement(name) == expected


def test_an_editor_offers_what_the_first_party_serves() -> None:
    served = [row.name for row in MODELS.values() if row.retired is None]
    assert [*get_args(ModelName), "kimi-k2-base"] == served  # base was never served there


PRICED_IN_DOLLARS_ONLY = {"kimi-k3.1-pro", "kimi-k3.1-pro-highspeed"}


def test_a_row_agrees_with_itself() -> None:
    for row in MODELS.values():
        assert (row.default_effort in row.reasoning_efforts) or row.default_effort is None
        assert set(row.prices) | set(row.prices_cny) <= {"cached", "input", "output"}
        if row.retired is None and row.name != "kimi-k2-base":
            assert row.prices.keys() == {"cached", "input", "output"}
            in_yuan = set() if row.name in PRICED_IN_DOLLARS_ONLY else set(row.prices)
            assert set(row.prices_cny) == in_yuan


def test_a_replacement_is_a_model_that_lives() -> None:
    for row in MODELS.values():
        if row.retired or row.retires:
            assert row.replacement is not None
            assert MODELS[row.replacement].retired is None
            assert MODELS[row.replacement].retires is None


def test_what_moonshot_plans_to_retire() -> None:
    planned = {row.name: row.retires for row in MODELS.values() if row.retires}
    assert planned == dict.fromkeys(
        ("kimi-k2.7-code", "kimi-k2.7-code-highspeed", "kimi-k2.6"), "2026-12-31"
    )
    assert not [row.name for row in MODELS.values() if row.retires and row.retired]


def test_the_nearest_spelling_comes_first() -> None:
    assert nearest_models("kimi-k2.66")[0] == "kimi-k2.6"
    assert nearest_models("moonshotai/Kimi-K2-Instrct")[0] == "kimi-k2-instruct"
    assert nearest_models("llama") == []
