"""Addresses and keys that cannot work are refused before a request, with the nearest right one.

Owns: tests of `kimi_core.endpoints` about what a user gets wrong, and of the hosted rows' helpers.
"""

from __future__ import annotations

import pytest

from kimi_core import endpoints
from kimi_core.config import resolve_api_key
from kimi_core.endpoints import ENDPOINTS, check_base_url
from kimi_core.errors import KimiConfigError
from kimi_core.models import get_model

HOSTED = [row for row in ENDPOINTS.values() if row.needs_key]


@pytest.mark.parametrize("row", HOSTED, ids=lambda row: row.name)
def test_a_hosted_preset_names_a_model_it_knows(row: endpoints.Endpoint) -> None:
    assert row.default_model is not None
    info = get_model(row.default_model)
    assert info is get_model(row.base_model) is get_model(row.spell(row.default_model)) is not None
    assert row.spell(row.default_model) in {*row.spellings.values(), row.default_model}


@pytest.mark.parametrize("name", ENDPOINTS)
def test_every_row_has_a_preset_that_describes_it(name: str) -> None:
    preset = getattr(endpoints, name.replace("-", "_").replace(".", "_"), None)
    assert isinstance(preset, endpoints.Preset), f"kimi_core.endpoints has no preset of {name!r}"
    described = preset("http://gpu:1/v1", notes="Mine.")
    assert (described.name, described.base_url) == (name, "http://gpu:1/v1")
    assert described.notes == "Mine."
    assert ENDPOINTS[name].notes in str(preset.__doc__)
    assert repr(preset) == f"<preset {name}>"


@pytest.mark.parametrize("name", ENDPOINTS)
def test_a_preset_without_an_address_wants_one(name: str) -> None:
    preset = getattr(endpoints, name.replace("-", "_").replace(".", "_"))
    if name == "custom":
        with pytest.raises(KimiConfigError, match="base_url '' of endpoint 'custom'"):
            preset()
    else:
        assert preset() == ENDPOINTS[name]


@pytest.mark.parametrize(
    ("url", "right"),
    [
        ("https://api.moonshot.ai", "https://api.moonshot.ai/v1"),
        ("https://api.moonshot.cn/anthropic", "https://api.moonshot.cn/v1"),
        ("https://openrouter.ai/v1", "https://openrouter.ai/api/v1"),
        ("https://api.groq.com/v1/", "https://api.groq.com/openai/v1"),
        ("https://api.deepinfra.com/v1", "https://api.deepinfra.com/v1/openai"),
        ("https://api.fireworks.ai/inference", "https://api.fireworks.ai/inference/v1"),
    ],
)
def test_a_known_host_has_its_api_at_one_place(url: str, right: str) -> None:
    with pytest.raises(KimiConfigError) as caught:
        check_base_url(url, endpoint="custom", any_path=True)
    assert f"base_url {url!r} of endpoint 'custom'" in str(caught.value)
    assert f"use {right!r}." in str(caught.value)


def test_an_address_without_a_path_is_told_where_apis_stand() -> None:
    with pytest.raises(KimiConfigError, match="use 'http://gpu:8000/v1', or endpoint='custom'"):
        endpoints.vllm("http://gpu:8000/")
    assert endpoints.custom("http://gpu:8000").base_url == "http://gpu:8000"


@pytest.mark.parametrize(
    ("endpoint", "key", "words"),
    [
        ("moonshot", "gsk_SECRET", "keys of endpoint 'groq' do; pass a key of 'moonshot', or use"),
        ("groq", "sk-or-v1-SECRET", "keys of endpoint 'openrouter' do"),
        ("openrouter", "hf_SECRET", "or use endpoint='huggingface'."),
        ("moonshot", "sk-ant-SECRET", "begins with 'sk-ant-', as keys of Anthropic do; pass a key"),
        ("moonshot-cn", "sk-kimi-SECRET", "as keys of the Kimi Code subscription do"),
    ],
)
def test_a_key_of_another_vendor_is_told_by_its_beginning(
    endpoint: str, key: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = ENDPOINTS[endpoint]
    with pytest.raises(KimiConfigError) as caught:
        resolve_api_key(row, key)
    assert words in str(caught.value)
    assert "SECRET" not in str(caught.value)
    monkeypatch.setenv(row.api_key_names[0], key)
    with pytest.raises(KimiConfigError):
        resolve_api_key(row)


@pytest.mark.parametrize(
    ("endpoint", "key"),
    [("moonshot", "sk-abc"), ("groq", "gsk_abc"), ("openrouter", "sk-or-v1-a"), ("vllm", "hf_abc")],
)
def test_a_key_that_may_be_right_is_taken(endpoint: str, key: str) -> None:
    assert resolve_api_key(ENDPOINTS[endpoint], key) == key


@pytest.mark.parametrize("endpoint", ["moonshot", "vllm", "custom"])
def test_a_key_is_written_without_the_word_before_it(endpoint: str) -> None:
    with pytest.raises(
        KimiConfigError, match=r"begins with 'Bearer', which is put before"
    ) as raised:
        resolve_api_key(ENDPOINTS[endpoint], "Bearer sk-made-up")
    assert "made-up" not in str(raised.value)


def test_openrouter_is_told_whose_app_it_is() -> None:
    row = endpoints.openrouter(
        referer="https://app", title="App", default_headers={"X-OpenRouter-Categories": "chat"}
    )
    assert row.default_headers == {
        "HTTP-Referer": "https://app",
        "X-OpenRouter-Title": "App",
        "X-OpenRouter-Categories": "chat",
    }
