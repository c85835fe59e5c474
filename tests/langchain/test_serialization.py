"""Dumps, loads, copies, configuration at run time, caches: what LangChain does with an instance."""

from __future__ import annotations

import json
import pickle
from typing import TYPE_CHECKING, Any

import pytest
from langchain_core.caches import InMemoryCache
from langchain_core.load import dumps, loads
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.rate_limiters import InMemoryRateLimiter
from langchain_core.runnables import ConfigurableField

from langchain_kimi import LOAD_ARGUMENTS, ChatKimiK2, endpoints

if TYPE_CHECKING:
    from kimi_core.testing import MoonshotSimulator
    from tests.langchain.conftest import MakeModel

pytestmark = pytest.mark.filterwarnings("ignore:The function `loads` is in beta")


def load(dump: str, secrets: dict[str, str] | None = None) -> ChatKimiK2:
    model: ChatKimiK2 = loads(
        dump,
        allowed_objects=[ChatKimiK2],
        valid_namespaces=["langchain_kimi"],
        secrets_map=secrets or {},
    )
    return model


def test_a_dump_names_the_key_and_does_not_hold_it() -> None:
    dump = dumps(ChatKimiK2(api_key="sk-secret", thinking=False, max_tokens=7))
    assert "sk-secret" not in dump
    assert dump.count("MOONSHOT_API_KEY") == 1
    model = load(dump, {"MOONSHOT_API_KEY": "sk-other"})
    assert model.openai_api_key is not None
    assert (model.thinking, model.max_tokens) == (False, 7)
    assert dumps(model) == dump


@pytest.mark.parametrize(
    "settings",
    [
        {"endpoint": "openrouter", "provider": {"order": ["moonshotai"]}},
        {"endpoint": endpoints.vllm("http://gpu:8000/v1", tool_call_parser="client")},
    ],
    ids=["preset", "endpoint-of-your-own"],
)
def test_what_is_loaded_asks_the_same_of_the_same_server(settings: dict[str, Any]) -> None:
    model = ChatKimiK2(api_key="sk-made-up", model="kimi-k2.6", **settings)
    dump = dumps(model)
    assert "not_implemented" not in dump
    loaded = load(dump, {"OPENROUTER_API_KEY": "sk-made-up", "VLLM_API_KEY": "sk-made-up"})
    assert dumps(loaded) == dump
    assert loaded._get_request_payload("Go.") == model._get_request_payload("Go.")


def test_the_dump_is_where_loads_looks() -> None:
    found = json.loads(dumps(ChatKimiK2(api_key="sk-made-up")))
    assert found["id"] == ["langchain_kimi", "chat_models", "ChatKimiK2"]


def test_a_copy_may_differ(server: MoonshotSimulator, make: MakeModel) -> None:
    copy = make().model_copy(update={"model_name": "kimi-k3", "max_tokens": 9})
    copy.invoke("Go.")
    body = server.requests[-1].body
    assert (body["model"], body["max_completion_tokens"]) == ("kimi-k3", 9)


def test_fields_can_be_configured_at_run_time(server: MoonshotSimulator, make: MakeModel) -> None:
    model = make(model="kimi-k2.6").configurable_fields(
        model_name=ConfigurableField(id="model"), thinking=ConfigurableField(id="thinking")
    )
    model.invoke("Go.")
    model.with_config(configurable={"thinking": False}).invoke("Go.")
    model.with_config(configurable={"model": "kimi-k3"}).invoke("Go.")
    asked = [(request.body["model"], request.body.get("thinking")) for request in server.requests]
    assert asked == [
        ("kimi-k2.6", None),
        ("kimi-k2.6", {"type": "disabled"}),
        ("kimi-k3", None),
    ]


def test_a_cache_answers_the_second_time(server: MoonshotSimulator, make: MakeModel) -> None:
    cache = InMemoryCache()
    first = make(cache=cache, model="kimi-k2.6").invoke("Go.")
    again = make(cache=cache, model="kimi-k2.6").invoke("Go.")
    assert first.text == again.text
    assert len(server.requests) == 1
    make(cache=cache, model="kimi-k2.6", thinking=False).invoke("Go.")
    assert len(server.requests) == 2  # another setting is another question


def test_a_rate_limiter_is_asked(make: MakeModel) -> None:
    limiter = InMemoryRateLimiter(requests_per_second=1_000, check_every_n_seconds=0.001)
    model = make(rate_limiter=limiter)
    assert [answer.text for answer in model.batch(["a", "b"])] == ["You said: a", "You said: b"]
    assert limiter.available_tokens < 1_000


@pytest.mark.parametrize(
    ("settings", "provider"),
    [
        ({}, "moonshot"),
        ({"endpoint": "moonshot-cn"}, "moonshot"),
        ({"endpoint": "openrouter"}, "openrouter"),
        ({"endpoint": endpoints.vllm(name="openai")}, "moonshot"),
    ],
    ids=["moonshot", "moonshot-cn", "openrouter", "named-as-a-provider-that-drops-reasoning"],
)
def test_traces_name_provider_and_model(settings: dict[str, Any], provider: str) -> None:
    model = ChatKimiK2(api_key="sk-made-up", max_tokens=5, **settings)
    traced = model._get_ls_params(stop=["END"], model="another")
    assert traced["ls_provider"] == provider
    assert traced["ls_model_name"] == "another"
    assert traced["ls_max_tokens"] == 5
    assert traced["ls_stop"] == ["END"]
    assert model._llm_type == "kimi-chat"


@pytest.mark.parametrize(
    ("settings", "facts"),
    [
        (
            {"model": "kimi-k2.6"},
            {"max_input_tokens": 262_144, "image_inputs": True, "reasoning_output": True},
        ),
        (
            {"model": "kimi-k3"},
            {"max_input_tokens": 1_048_576, "reasoning_effort_levels": ["low", "high", "max"]},
        ),
        (
            {},
            {
                "reasoning_effort_default": "max",
                "release_date": "2026-10-23",
                "last_updated": "2026-10-23",
                "status": "active",
                "mid_conversation_system_messages": True,
                "mid_conversation_tools": True,
            },
        ),
        (
            {"model": "kimi-k2.7-code"},
            {"release_date": "2026-06-12", "status": "deprecated", "mid_conversation_tools": False},
        ),
        (
            {"endpoint": "vllm", "model": "kimi-k2-instruct", "context_window": 32_768},
            {"max_input_tokens": 32_768, "image_inputs": False, "reasoning_output": False},
        ),
        ({"profile": {"max_input_tokens": 5}}, {"max_input_tokens": 5}),
    ],
    ids=["kimi-k2.6", "kimi-k3", "default", "planned", "smaller-context", "given"],
)
def test_the_profile_is_of_the_model_and_the_server(
    settings: dict[str, Any], facts: dict[str, Any]
) -> None:
    profile = ChatKimiK2(api_key="sk-made-up", **settings).profile
    assert profile is not None
    assert {name: profile[name] for name in facts} == facts  # type: ignore[literal-required]


def test_a_model_that_nobody_named_is_asked_for_again_after_loading() -> None:
    loaded = load(dumps(ChatKimiK2(endpoint="vllm")))
    assert loaded._chat.settings.model is None
    assert loaded.model_name == "moonshotai/Kimi-K2-Instruct"


def test_a_chain_is_loaded_with_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOONSHOT_API_KEY", "sk-of-here")
    prompt = ChatPromptTemplate.from_messages([("user", "{question}")])
    chain = prompt | ChatKimiK2(api_key="sk-secret", max_tokens=7) | StrOutputParser()
    dump = dumps(chain)
    assert "sk-secret" not in dump
    loaded = loads(dump, **LOAD_ARGUMENTS, secrets_map={"MOONSHOT_API_KEY": "sk-other"})
    assert dumps(loaded) == dump
    unsaid = loads(dump, **LOAD_ARGUMENTS).middle[0]  # its key is found where it always is
    assert unsaid.max_tokens == 7


def test_its_type_is_its_own_and_that_of_those_that_take_a_cache_key() -> None:
    kind = ChatKimiK2(api_key="k")._llm_type
    found = [kind in types for types in ({"openai-chat", "a"}, {"kimi", "b"}, {"c", "d"})]
    assert found == [True, False, False]
    assert (kind == "kimi-chat", kind != "other") == (True, True)
    assert (json.dumps(kind), f"{kind}") == ('"kimi-chat"', "kimi-chat")
    assert pickle.loads(pickle.dumps(kind)) == "kimi-chat"  # noqa: S301 - our own
