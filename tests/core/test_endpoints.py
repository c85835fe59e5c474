"""Presets are found, describe themselves, and refuse addresses that cannot be one.

Owns: the table of endpoints by itself and the helpers that change a row.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from kimi_core import endpoints
from kimi_core.endpoints import (
    ENDPOINTS,
    Endpoint,
    check_base_url,
    endpoint_at,
    get_endpoint,
    written_endpoint,
)
from kimi_core.errors import KimiConfigError
from kimi_core.models import MODELS, get_model

if TYPE_CHECKING:
    from collections.abc import Callable

NAMES = (
    "moonshot", "moonshot-cn", "openrouter", "vllm", "sglang", "ktransformers", "tensorrt-llm",
    "llama.cpp", "local",
)  # fmt: skip


def test_the_presets() -> None:
    assert set(NAMES) <= set(ENDPOINTS)


@pytest.mark.parametrize("row", ENDPOINTS.values(), ids=ENDPOINTS)
def test_every_row_is_whole(row: Endpoint) -> None:
    assert ENDPOINTS[row.name] is row
    assert row.base_model in MODELS
    assert row.notes.endswith(".")
    assert row.api_key_names or not row.needs_key
    assert row.base_url == "" or check_base_url(row.base_url, endpoint=row.name) == row.base_url
    # What it calls a model is a spelling of that model.
    for name, spelling in row.spellings.items():
        assert get_model(spelling) is get_model(name) is not None


@pytest.mark.parametrize(
    "row", [row for row in ENDPOINTS.values() if row.default_model and row.uses_own_names]
)
def test_the_default_model_is_served_today(row: Endpoint) -> None:
    model = get_model(row.default_model or "")
    assert model is not None
    assert model.retired is None


@pytest.mark.parametrize(
    ("spelling", "name"),
    [
        ("Moonshot", "moonshot"), (" vLLM ", "vllm"), ("moonshot_cn", "moonshot-cn"),
        ("llama_cpp", "llama.cpp"), ("llamacpp", "llama.cpp"), ("llama-cpp", "llama.cpp"),
        ("tensorrt_llm", "tensorrt-llm"),
    ],
)  # fmt: skip
def test_spellings_of_a_name(spelling: str, name: str) -> None:
    assert get_endpoint(spelling) is ENDPOINTS[name]


def test_an_endpoint_is_returned_as_it_is() -> None:
    mine = Endpoint(name="mine", base_url="http://gpu/v1")
    assert get_endpoint(mine) is mine


WRITTEN: list[tuple[str | Endpoint, str | dict[str, Any]]] = [
    ("vllm", "vllm"),
    (ENDPOINTS["vllm"], "vllm"),
    (endpoints.vllm(), "vllm"),
    (endpoints.vllm("http://gpu/v1"), {"name": "vllm", "base_url": "http://gpu/v1"}),
    (endpoints.vllm(default_headers={"x": "secret"}), "vllm"),
    (endpoints.vllm(api_key_names=("A", "B")), "vllm"),
    (
        Endpoint(name="mine", base_url="http://gpu/v1", needs_key=False),
        {"name": "mine", "base_url": "http://gpu/v1", "needs_key": False},
    ),
]


@pytest.mark.parametrize(("endpoint", "written"), WRITTEN, ids=str)
def test_what_is_written_of_an_endpoint_is_read_again(
    endpoint: str | Endpoint, written: str | dict[str, Any]
) -> None:
    """As JSON, without headers, which may hold a secret, and without the variables of the key."""
    assert written_endpoint(endpoint) == written
    again = get_endpoint(json.loads(json.dumps(written)))
    row = ENDPOINTS.get(again.name) or Endpoint(name="", base_url="")
    assert again == replace(
        get_endpoint(endpoint), default_headers={}, api_key_names=row.api_key_names
    )


def test_what_is_nothing_of_an_endpoint_is_refused() -> None:
    with pytest.raises(KimiConfigError, match=r"endpoint, given as a dict, .*'no_such_field'"):
        get_endpoint({"name": "vllm", "no_such_field": "secret"})


@pytest.mark.parametrize(
    ("name", "hint"),
    [("vlm", " Did you mean 'vllm'?"), ("open-router", " Did you mean 'openrouter'?"), ("zzz", "")],
)
def test_an_unknown_name_names_the_nearest(name: str, hint: str) -> None:
    with pytest.raises(KimiConfigError) as caught:
        get_endpoint(name)
    assert str(caught.value).startswith(
        f"endpoint {name!r} is not known.{hint} Known endpoints: moonshot, moonshot-cn, "
    )
    assert str(caught.value).endswith("or the nearest of these with base_url=.")


@pytest.mark.parametrize("url", ["", "localhost:8000/v1", "ftp://gpu/v1", "/v1", "http://"])
def test_a_base_url_needs_scheme_and_host(url: str) -> None:
    with pytest.raises(KimiConfigError) as caught:
        check_base_url(url, endpoint="vllm")
    assert f"base_url {url!r} of endpoint 'vllm' is not an http(s) URL" in str(caught.value)
    assert "'http://localhost:8000/v1'" in str(caught.value)


@pytest.mark.parametrize("route", ["/chat/completions", "/completions"])
def test_a_base_url_is_no_route(route: str) -> None:
    with pytest.raises(KimiConfigError) as caught:
        check_base_url(f"http://gpu/v1{route}/", endpoint="vllm")
    assert f"leave off {route!r}: 'http://gpu/v1'." in str(caught.value)


def test_a_trailing_slash_and_blanks_are_taken_off() -> None:
    assert check_base_url(" http://gpu:8000/v1// ", endpoint="vllm") == "http://gpu:8000/v1"


HELPERS: dict[str, Callable[..., Endpoint]] = {
    "vllm": endpoints.vllm,
    "sglang": endpoints.sglang,
    "ktransformers": endpoints.ktransformers,
    "tensorrt-llm": endpoints.tensorrt_llm,
    "llama.cpp": endpoints.llama_cpp,
}


@pytest.mark.parametrize(("name", "helper"), HELPERS.items(), ids=HELPERS)
def test_a_helper_changes_its_row(name: str, helper: Callable[..., Endpoint]) -> None:
    assert helper() == ENDPOINTS[name]
    changed = helper("http://gpu:1/v1/", tool_call_parser="client", api="completions")
    assert changed.base_url == "http://gpu:1/v1"
    assert (changed.tool_call_parser, changed.api) == ("client", "completions")
    assert changed.notes == ENDPOINTS[name].notes
    with pytest.raises(KimiConfigError, match="not an http"):
        helper("gpu:1")


def test_helpers_without_an_address() -> None:
    assert endpoints.local(completion_max_tokens=9).completion_max_tokens == 9
    assert endpoints.openrouter(default_headers={"X-Title": "t"}).default_headers == {
        "X-Title": "t"
    }
    assert endpoints.local() == ENDPOINTS["local"]


def test_an_address_that_is_none_is_no_known_host() -> None:
    assert endpoint_at("http://[gpu/v1").name == "custom"
