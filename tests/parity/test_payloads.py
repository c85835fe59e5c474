"""The table of payloads, asked of `ChatKimiK2` in both frameworks.

Owns: that each row of ``tests/payloads`` is what a user of either framework sends, or is refused.
The server is the simulator without its rules: what Moonshot would refuse is tested in the core.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import pytest

from kimi_core.endpoints import get_endpoint
from kimi_core.errors import KimiConfigError
from kimi_core.testing import MoonshotSimulator
from tests.payloads import ROWS
from tests.payloads.row import PLANNED

pytest.importorskip("langchain_openai", reason="parity needs both frameworks")
pytest.importorskip("llama_index.core", reason="parity needs both frameworks")

import langchain_kimi
import llama_index_kimi
from tests.parity.messages import langchain_messages, llama_index_messages

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.payloads import Row


def ask_langchain(row: Row, settings: dict[str, Any]) -> None:
    """Ask as a LangChain user does: a list of messages, settings of the call as keywords."""
    llm = langchain_kimi.ChatKimiK2(**settings)
    tools = {"tools": list(row.tools)} if row.tools else {}
    messages = langchain_messages(row.messages)
    if row.stream:
        list(llm.stream(messages, **tools, **row.options))
    else:
        llm.invoke(messages, **tools, **row.options)


def ask_llama_index(row: Row, settings: dict[str, Any]) -> None:
    """Ask as a LlamaIndex user does."""
    llm = llama_index_kimi.ChatKimiK2(**settings)
    tools = {"tools": list(row.tools)} if row.tools else {}
    ask = llm.stream_chat if row.stream else llm.chat
    list(ask(llama_index_messages(row.messages), **tools, **row.options))


@pytest.fixture(scope="module")
def server() -> Iterator[MoonshotSimulator]:
    with MoonshotSimulator(rules="none") as running:
        yield running


SHARED = {name: row for name, row in ROWS.items() if not row.core_only}


@pytest.mark.parametrize("ask", [ask_langchain, ask_llama_index])
@pytest.mark.parametrize("row", SHARED.values(), ids=SHARED)
def test_a_row(
    row: Row, ask: Callable[[Row, dict[str, Any]], None], server: MoonshotSimulator
) -> None:
    settings = {"endpoint": row.endpoint, "base_url": server.base_url, "api_key": server.api_key}
    if row.model is not None:
        # As the server itself calls it: nothing is asked of the server then.
        settings["model"] = get_endpoint(row.endpoint).spell(row.model)
    settings.update(row.settings)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        warnings.filterwarnings("ignore", PLANNED)
        before = len(server.requests)
        if row.sent is None:
            with pytest.raises(KimiConfigError) as refused:
                ask(row, settings)
            sentence = str(refused.value).lower()
            assert [word for word in row.refused if word.lower() not in sentence] == []
            assert len(server.requests) == before
        else:
            ask(row, settings)
            assert server.requests[-1].body == row.payload
    assert {warning.category for warning in caught} == ({row.warns} if row.warns else set())
