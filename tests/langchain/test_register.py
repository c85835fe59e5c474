"""`langchain_kimi.register`: strings find the class, and nobody else's row is taken.

Owns: LangChain's table of providers as it is, as somebody else's, and moved. May know: langchain.
"""

from __future__ import annotations

import pytest

from kimi_core.errors import KimiConfigError
from kimi_core.testing import MoonshotSimulator, SimulatedReply
from langchain_kimi import ChatKimiK2, register

base = pytest.importorskip("langchain.chat_models.base")


@pytest.fixture(autouse=True)
def table(monkeypatch: pytest.MonkeyPatch) -> dict[str, tuple[object, ...]]:
    table = dict(base._BUILTIN_PROVIDERS)
    table.pop("moonshot", None)  # a page of the documentation registers it, and runs as a test
    monkeypatch.setattr(base, "_BUILTIN_PROVIDERS", table)
    return table


def test_a_string_is_a_model_with_every_setting() -> None:
    register()
    register()
    with MoonshotSimulator() as server:
        where = {"base_url": server.base_url, "api_key": server.api_key}
        server.reply(SimulatedReply(content="Low water."))
        llm = base.init_chat_model("moonshot:kimi-k3.1-pro", reasoning_effort="low", **where)
        assert llm.invoke("Now?").text == "Low water."
    assert server.requests[-1].body["model"] == "kimi-k3.1-pro"
    assert server.requests[-1].body["reasoning_effort"] == "low"


def test_an_agent_takes_the_string(monkeypatch: pytest.MonkeyPatch) -> None:
    from langchain.agents import create_agent

    monkeypatch.setenv("MOONSHOT_API_KEY", "sk-made-up")
    with pytest.raises(ValueError, match="model provider"):
        create_agent("moonshot:kimi-k3.1-pro")
    register()
    assert "model" in create_agent("moonshot:kimi-k3.1-pro").nodes


def test_another_name_and_another_server() -> None:
    register("kimi")
    llm = base.init_chat_model("kimi:kimi-k2.6", endpoint="vllm", base_url="http://127.0.0.1:9/v1")
    assert isinstance(llm, ChatKimiK2)
    assert llm.openai_api_base == "http://127.0.0.1:9/v1"


def test_the_row_of_another_class_is_left_alone(table: dict[str, tuple[object, ...]]) -> None:
    before = dict(table)
    with pytest.raises(KimiConfigError, match=r"provider='openai' cannot be registered: .*name"):
        register("openai")
    assert table == before


@pytest.mark.parametrize("moved", [{}, {"openai": ("langchain_openai", "ChatOpenAI")}])
def test_a_table_that_is_another_one_is_left_alone(
    monkeypatch: pytest.MonkeyPatch, moved: dict[str, tuple[object, ...]]
) -> None:
    monkeypatch.setattr(base, "_BUILTIN_PROVIDERS", moved)
    with pytest.raises(KimiConfigError, match="has changed; name another one, or hand in"):
        register()
    assert "moonshot" not in moved
