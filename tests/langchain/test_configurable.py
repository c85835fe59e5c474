"""Copies by ``configurable_fields`` keep what was named and what was not.

Owns: the model of a self-hosted server, profile, trace name and limits of such a copy.
"""

from __future__ import annotations

from typing import Any

from langchain_core.runnables import ConfigurableField

from langchain_kimi import ChatKimiK2
from tests.scripted import ScriptedServer, body, listing

SPOKEN = body({"choices": [{"message": {"content": "Hi."}, "finish_reason": "stop"}]})


def configurable(llm: ChatKimiK2) -> Any:
    fields = {"t": "temperature", "m": "model_name"}
    named = {field: ConfigurableField(id=name) for name, field in fields.items()}
    return llm.configurable_fields(**named)


def copy_of(llm: ChatKimiK2, **chosen: Any) -> ChatKimiK2:
    copied, _ = configurable(llm).prepare({"configurable": chosen})
    assert isinstance(copied, ChatKimiK2)
    return copied


def test_a_model_that_nobody_named_is_asked_for_by_the_copy_as_well() -> None:
    """The endpoint's own spelling was sent, and a server of another model answers 404."""
    with ScriptedServer(repeats=True) as server:
        server.listings = [listing("kimi-k2.5")]
        server.will(SPOKEN)
        llm = ChatKimiK2(endpoint="vllm", base_url=server.base_url)
        configurable(llm).with_config(configurable={"t": 0.5}).invoke("Hi")
        llm.invoke("Hi")
        assert [seen.json["model"] for seen in server.seen] == ["kimi-k2.5"] * 2
        assert server.seen[0].json["temperature"] == 0.5


def test_a_copy_of_another_model_has_its_profile_trace_and_limits() -> None:
    llm = ChatKimiK2(api_key="k", model="kimi-k2.6")
    other = copy_of(llm, m="kimi-k3")
    assert other.model_name == "kimi-k3"
    assert other.profile == ChatKimiK2(api_key="k", model="kimi-k3").profile
    assert other.profile != llm.profile
    assert other._get_ls_params()["ls_model_name"] == "kimi-k3"


def test_a_profile_of_the_callers_own_stays() -> None:
    llm = ChatKimiK2(api_key="k", model="kimi-k2.6", profile={"max_input_tokens": 9})
    assert copy_of(llm, m="kimi-k3").profile == {"max_input_tokens": 9}
