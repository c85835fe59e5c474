"""The table of engines: every row says all that a server may lack.

That none is missing is the subject of test_tables.py.
"""

from __future__ import annotations

import re

import pytest

from kimi_core.endpoints import ENDPOINTS
from kimi_core.endpoints.engines import ENGINES, repairs_of


@pytest.mark.parametrize("endpoint", [*ENGINES, "moonshot", "custom"])
@pytest.mark.parametrize("dialect", ["k2", "k3"])
def test_whatever_a_server_lacks_there_is_a_repair(endpoint: str, dialect: str) -> None:
    repairs = repairs_of(endpoint, dialect=dialect, context=4_096)

    assert set(repairs) == {"tools", "reasoning", "history", "context", "images"}
    for text in repairs.values():
        assert len(text.split()) > 2
        assert "{" not in text


def test_the_parser_is_the_one_of_the_models_family() -> None:
    flags = "--enable-auto-tool-choice --tool-call-parser"

    assert repairs_of("vllm", dialect="k2", context=1)["tools"].endswith(f"{flags} kimi_k2")
    assert repairs_of("vllm", dialect="k3", context=1)["tools"].endswith(f"{flags} kimi_k3")


@pytest.mark.parametrize("endpoint", ENGINES)
def test_the_flags_in_an_endpoints_notes_are_those_of_its_engine(endpoint: str) -> None:
    named = re.findall(r"--[a-z-]+(?: kimi_k2)?", ENDPOINTS[endpoint].notes)
    tools = repairs_of(endpoint, dialect="k2", context=1)["tools"]

    assert all(flag in tools for flag in named)
