"""The table of payloads, asked of the core alone, and of the strict simulator.

Owns: that each row of ``tests/payloads`` is what `KimiChat` sends or refuses, that nothing changes
the caller's messages, and that what is sent to Moonshot is taken by the simulator of its rules.
"""

from __future__ import annotations

import copy
import dataclasses
import warnings
from typing import TYPE_CHECKING, Any

import pytest

from kimi_core.chat import KimiChat, Settings
from kimi_core.endpoints import ENDPOINTS
from kimi_core.errors import KimiConfigError
from kimi_core.models import MODELS
from kimi_core.request import Options
from kimi_core.testing import MoonshotSimulator
from tests.payloads import ROWS
from tests.payloads.row import PLANNED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kimi_core.request import Request
    from tests.payloads import Row

SETTINGS = {field.name for field in dataclasses.fields(Settings)}
OPTIONS = {field.name for field in dataclasses.fields(Options)}
FIRST_PARTY = {"moonshot", "moonshot-cn"}


def chat_of(row: Row, base_url: str, api_key: str = "key") -> KimiChat:
    """Return the chat that the constructor of either adapter would make."""
    own = {name: value for name, value in row.settings.items() if name in SETTINGS}
    return KimiChat(
        Settings(endpoint=row.endpoint, model=row.model, base_url=base_url, api_key=api_key, **own)
    )


def request_of(row: Row, chat: KimiChat) -> Request:
    """Build the request of a row."""
    own = {name: value for name, value in row.settings.items() if name not in SETTINGS}
    options = Options.read(own, row.options)
    return chat.request(row.messages, row.tools or None, options, stream=row.stream)


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
def test_a_row(row: Row) -> None:
    before = copy.deepcopy((row.messages, row.tools))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        warnings.filterwarnings("ignore", PLANNED)
        if row.sent is None:
            with pytest.raises(KimiConfigError) as refused:
                request_of(row, chat_of(row, "http://127.0.0.1:9/v1"))
            sentence = str(refused.value).lower()
            assert [word for word in row.refused if word.lower() not in sentence] == []
        else:
            assert request_of(row, chat_of(row, "http://127.0.0.1:9/v1")).payload == row.payload
    assert [warning.category for warning in caught] == ([row.warns] if row.warns else [])
    assert (row.messages, row.tools) == before


@pytest.fixture(scope="module")
def simulator() -> Iterator[MoonshotSimulator]:
    with MoonshotSimulator() as running:
        yield running


TAKEN = {
    name: row
    for name, row in ROWS.items()
    if row.sent is not None and row.endpoint in FIRST_PARTY and row.documented
}


@pytest.mark.parametrize("row", TAKEN.values(), ids=TAKEN)
@pytest.mark.filterwarnings("ignore::kimi_core.ToolChoiceWarning")
@pytest.mark.filterwarnings("ignore::kimi_core.ToolSchemaWarning")
@pytest.mark.filterwarnings("ignore::kimi_core.IgnoredSettingWarning")
def test_what_is_sent_to_moonshot_is_taken(row: Row, simulator: MoonshotSimulator) -> None:
    chat = chat_of(row, simulator.base_url, simulator.api_key)
    chat.open(request_of(row, chat)).read()
    chat.close()
    assert simulator.requests[-1].body == row.payload
    assert simulator.refusals == []


def test_every_setting_endpoint_and_live_model_has_a_row() -> None:
    rows = ROWS.values()
    named: set[Any] = {name for row in rows for name in (*row.settings, *row.options)}
    # How a request is sent is no part of its payload: tests/core/test_sending.py. What a prompt is
    # made of that is rendered here: tests/parity/test_prompt_safety.py.
    sending = {"extra", "of_body", "extra_headers", "extra_query", "timeout", "total_timeout"}
    here = {"coalesce", "tool_call_policy", "tool_call_retries"}  # what is done with the answer
    assert OPTIONS - sending - named - here == {"escape_markers", "tokenizer"}
    # The embedded engine gets prompts that are rendered here: test_request_raw.py.
    assert set(ENDPOINTS) - {row.endpoint for row in rows} == {"local"}
    live = {name for name, row in MODELS.items() if not row.retired} - {"kimi-k2-base"}
    assert live - {row.model for row in rows} == set()
