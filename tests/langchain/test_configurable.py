"""Copies by ``configurable_fields`` keep what was named and what was not.

Owns: the model of a self-hosted server, profile, trace name and limits of such a copy.
"""

from __future__ import annotations

import pickle
from typing import Any

import pytest
from langchain_core.load import dumps, loads
from langchain_core.runnables import ConfigurableField

from langchain_kimi import LOAD_ARGUMENTS, ChatKimiK2
from tests.scripted import ScriptedServer, body, error, listing

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


def serving(name: str) -> Any:
    """Answer as a server that serves one name and knows no other."""
    wrong = error(404, "no such model", "not_found")
    return lambda seen: SPOKEN if seen.json["model"] == name else wrong


@pytest.mark.filterwarnings("ignore:The function `loads` is in beta")
@pytest.mark.parametrize(
    "copied",
    [
        lambda llm: copy_of(llm, t=0.5),
        lambda llm: copy_of(copy_of(llm, t=0.1), t=0.5),
        lambda llm: pickle.loads(pickle.dumps(llm)),  # noqa: S301 - our own
        lambda llm: loads(dumps(llm), **LOAD_ARGUMENTS),
        lambda llm: ChatKimiK2(model=llm.model_name, endpoint="vllm", base_url=llm.openai_api_base),
    ],
    ids=["configurable", "configurable twice", "pickle", "loads", "by its name"],
)
def test_a_short_name_is_asked_for_by_the_copy_as_well(copied: Any) -> None:
    """The copy had the name of the weights, as if the caller had written it: a 404."""
    with ScriptedServer(repeats=True) as server:
        server.listings = [listing("kimi-k2-thinking")]
        server.will(serving("kimi-k2-thinking"))
        llm = ChatKimiK2(model="kimi-k2-thinking", endpoint="vllm", base_url=server.base_url)
        for _ in range(2):  # before the original has asked, and afterwards
            assert copied(llm).invoke("Hi").text == "Hi."
            llm.invoke("Hi")


def test_the_name_alone_is_a_text_wherever_it_is_written() -> None:
    """It knows who asks under it, which nothing that is written down may."""
    name = ChatKimiK2(model="kimi-k2-thinking", endpoint="vllm").model_name
    written = pickle.loads(pickle.dumps(name))  # noqa: S301 - our own
    assert (type(written), written) == (str, "moonshotai/Kimi-K2-Thinking")


def test_copies_of_the_same_settings_ask_what_is_served_once() -> None:
    """Each call of a configurable model asked for the list of models, and was traced as Kimi-K2."""
    with ScriptedServer(repeats=True) as server:
        rows = {"data": [{"id": "my-kimi", "root": "/w/Kimi-K2.5", "max_model_len": 12_345}]}
        server.listings = [body(rows)]
        server.will(serving("my-kimi"))
        llm = ChatKimiK2(endpoint="vllm", base_url=server.base_url)
        for number in range(3):
            configurable(llm).with_config(configurable={"t": number / 10}).invoke("Hi")
        later = copy_of(llm, t=0.5)
        other = llm.model_copy(update={"max_retries": 0})
        for one in (llm, later, other):
            assert one._get_ls_params()["ls_model_name"] == "my-kimi"
            if one is llm:
                one.invoke("Hi")
            assert one.profile["max_input_tokens"] == 12_345
            assert one.profile["image_inputs"]  # which Kimi-K2-Instruct has not
        assert server.looks == 1


def test_a_copy_asks_another_server_for_itself() -> None:
    with ScriptedServer(repeats=True) as one, ScriptedServer(repeats=True) as two:
        for server, name in ((one, "kimi-k2.5"), (two, "kimi-k2-thinking")):
            server.listings = [listing(name)]
            server.will(serving(name))
        llm = ChatKimiK2(endpoint="vllm", base_url=one.base_url)
        llm.invoke("Hi")
        llm.model_copy(update={"base_url": two.base_url}).invoke("Hi")


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
