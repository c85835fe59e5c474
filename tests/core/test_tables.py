"""A table of models or endpoints has a row for each; what is missing is named with its table.

Owns: that adding a model or an endpoint leaves no silent gap. What rows say is tested elsewhere.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from kimi_core import endpoints
from kimi_core.endpoints import ENDPOINTS
from kimi_core.endpoints.engines import ENGINES
from kimi_core.models import MODELS
from kimi_core.platform import KimiClient
from kimi_core.testing import MoonshotSimulator

PAGES = Path(__file__).parents[2] / "docs" / "endpoints"

WITHOUT_A_CHAT = {"kimi-k2-base"}
SERVED_BY_ANYBODY = {"custom"}  # nobody here knows how it is started
PAGES_WITHOUT_A_ROW = {"kimi-code"}  # a subscription, which this package does not speak to

OPEN = set(ENDPOINTS["vllm"].spellings)
PRESETS = {row.row.name for row in vars(endpoints).values() if isinstance(row, endpoints.Preset)}


TABLES: dict[str, tuple[set[str], set[str]]] = {
    "prompt_style of the rows in kimi_core.models": (
        set(MODELS) - WITHOUT_A_CHAT,
        {name for name, row in MODELS.items() if row.prompt_style},
    ),
    "checkpoint of the rows in kimi_core.models": (
        OPEN - WITHOUT_A_CHAT,
        {name for name, row in MODELS.items() if row.checkpoint},
    ),
    "kimi_core.endpoints.engines.ENGINES": (
        {name for name, row in ENDPOINTS.items() if not row.needs_key} - SERVED_BY_ANYBODY,
        set(ENGINES),
    ),
    "presets of kimi_core.endpoints": (set(ENDPOINTS), PRESETS),
    "docs/endpoints": (
        set(ENDPOINTS) | PAGES_WITHOUT_A_ROW,
        {page.name.removesuffix(".md") for page in PAGES.glob("*.md")},
    ),
}


@pytest.mark.parametrize("table", TABLES)
def test_a_table_has_a_row_for_each(table: str) -> None:
    wanted, there = TABLES[table]
    assert not wanted - there, f"{table}: no row for {', '.join(sorted(wanted - there))}"
    assert not there - wanted, f"{table}: a row too many, {', '.join(sorted(there - wanted))}"


def test_the_simulator_serves_the_models_that_are_not_retired() -> None:
    with (
        MoonshotSimulator() as server,
        KimiClient(api_key=server.api_key, base_url=server.base_url) as client,
    ):
        served = {model.id for model in client.models()}

    live = {name for name, row in MODELS.items() if not row.retired} - WITHOUT_A_CHAT
    assert served == live, "models that kimi_core.testing serves"


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_every_name_that_an_endpoint_spells_is_a_models(endpoint: str) -> None:
    row = ENDPOINTS[endpoint]
    known = {spelling for info in MODELS.values() for spelling in (info.name, *info.aliases)}
    assert not row.spellings.keys() - known, f"spellings of endpoint {endpoint!r}"
