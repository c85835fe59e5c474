"""Arguments for the framework's Anthropic class: where, who, and which temperature.

Owns: `kimi_core.platform.anthropic_kwargs`. That they work is in
tests/langchain/test_anthropic_route.py.
"""

from __future__ import annotations

from typing import Any

import pytest

from kimi_core import RetiredModelWarning
from kimi_core.errors import KimiConfigError
from kimi_core.platform import anthropic_kwargs

KEY = "sk-made-up"


def kwargs(model: str | None = None, **settings: Any) -> dict[str, Any]:
    """Return the arguments with a key that is made up."""
    return anthropic_kwargs(model, **{"api_key": KEY, **settings})


def test_all_of_them() -> None:
    assert kwargs() == {
        "model": "kimi-k3.1-pro",
        "base_url": "https://api.moonshot.ai/anthropic",
        "api_key": KEY,
        "default_headers": {"Authorization": f"Bearer {KEY}"},
        "max_tokens": 131_072,
    }


def test_what_the_caller_sets() -> None:
    found = kwargs("moonshotai/Kimi-K3", max_tokens=5, base_url="http://127.0.0.1:1/anthropic")
    assert (found["model"], found["max_tokens"]) == ("kimi-k3", 5)
    assert found["base_url"] == "http://127.0.0.1:1/anthropic"


def test_mainland_china() -> None:
    assert kwargs(endpoint="moonshot-cn")["base_url"] == "https://api.moonshot.cn/anthropic"


@pytest.mark.usefixtures("no_keys")
def test_the_key_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOONSHOT_API_KEY", "sk-from-environment")
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-of-another-vendor")
    found = anthropic_kwargs()
    assert found["api_key"] == "sk-from-environment"
    assert found["default_headers"] == {"Authorization": "Bearer sk-from-environment"}


@pytest.mark.filterwarnings("ignore::kimi_core.RetiredModelWarning")
@pytest.mark.parametrize(("wanted", "sent"), [(0.0, 0.0), (0.3, 0.5), (0.6, 1.0)])
def test_the_temperature_of_the_instruct_generation(wanted: float, sent: float) -> None:
    found = kwargs("kimi-k2-instruct", temperature=wanted)
    assert found["temperature"] == pytest.approx(sent)
    assert found["temperature"] <= 1
    assert found["max_tokens"] == 4_096


@pytest.mark.filterwarnings("ignore::kimi_core.RetiredModelWarning")
@pytest.mark.parametrize("wanted", [-0.1, 0.61, 1.0])
def test_a_temperature_that_cannot_be_had(wanted: float) -> None:
    with pytest.raises(KimiConfigError, match=r"multiplies it by 0\.6 .* Choose 0 to 0\.6"):
        kwargs("kimi-k2-instruct", temperature=wanted)


@pytest.mark.parametrize("model", ["kimi-k3", "kimi-k2.7-code", "kimi-k2.6"])
def test_a_fixed_temperature(model: str) -> None:
    assert "temperature" not in kwargs(model, temperature=1.0)
    with pytest.raises(KimiConfigError, match=r"temperature=0\.6 .* Leave temperature out"):
        kwargs(model, temperature=0.6)


def test_a_model_that_is_retired_there() -> None:
    with pytest.warns(RetiredModelWarning, match="kimi-k2-instruct"):
        kwargs("kimi-k2-instruct")


@pytest.mark.parametrize("base_url", [None, "http://127.0.0.1:1/anthropic"])
def test_an_endpoint_without_the_route(base_url: str | None) -> None:
    with pytest.raises(KimiConfigError, match="'openrouter' has no Anthropic-compatible route"):
        kwargs(endpoint="openrouter", base_url=base_url)
