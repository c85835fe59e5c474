"""The hooks of `BaseChatOpenAI` that are replaced: each fails here when upstream moves it."""

from __future__ import annotations

import inspect
from typing import Any

import pytest
from langchain_core.language_models import BaseChatModel
from langchain_openai.chat_models.base import BaseChatOpenAI

from langchain_kimi import ChatKimiK2, _generation, _settings, chat_models

OWN = ChatKimiK2.__mro__[: ChatKimiK2.__mro__.index(BaseChatOpenAI)]
METHODS = [
    "_agenerate",
    "_astream",
    "_generate",
    "_get_ls_params",
    "_convert_input",
    "_get_request_payload",
    "_resolve_model_profile",
    "_stream",
    "_use_responses_api",
    "agenerate",
    "bind_tools",
    "get_lc_namespace",
    "get_num_tokens",
    "get_num_tokens_from_messages",
    "get_token_ids",
    "is_lc_serializable",
    "model_copy",
    "validate_environment",
    "with_structured_output",
]
PROPERTIES = ["_default_params", "_llm_type", "lc_attributes", "lc_secrets"]
FIELDS = [
    "default_headers",
    "default_query",
    "max_tokens",
    "model_name",
    "openai_proxy",
    "stream_chunk_timeout",
    "use_responses_api",
]


def _parameters(owner: type, name: str) -> list[str]:
    shown = inspect.signature(getattr(owner, name)).parameters.values()
    return [
        parameter.name
        for parameter in shown
        if parameter.kind not in {parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL}
    ]


@pytest.mark.parametrize("name", METHODS)
def test_upstream_still_calls_it_that_way(name: str) -> None:
    """What upstream passes, ours takes; what is ours alone has a default."""
    theirs, ours = _parameters(BaseChatOpenAI, name), _parameters(ChatKimiK2, name)
    taken = inspect.signature(getattr(ChatKimiK2, name)).parameters
    collects = any(parameter.kind is parameter.VAR_KEYWORD for parameter in taken.values())
    assert collects or set(theirs) <= set(ours)
    assert all(
        taken[extra].default is not inspect.Parameter.empty for extra in set(ours) - set(theirs)
    )


@pytest.mark.parametrize("name", PROPERTIES)
def test_upstream_still_has_the_property(name: str) -> None:
    assert isinstance(inspect.getattr_static(BaseChatOpenAI, name), property)


@pytest.mark.parametrize("name", FIELDS)
def test_upstream_still_has_the_field(name: str) -> None:
    assert name in BaseChatOpenAI.model_fields


def test_every_hook_is_argued_in_a_docstring() -> None:
    """What is replaced stands in the list above, and with a reason in its module's docstring."""
    replaced = {
        name
        for owner in OWN
        for name in vars(owner)
        if not name.startswith("__") and hasattr(BaseChatOpenAI, name)
    } - _MACHINERY
    assert replaced == {*METHODS, *PROPERTIES}
    argued = f"{chat_models.__doc__} {_generation.__doc__} {_settings.__doc__}"
    assert [name for name in (*METHODS, *PROPERTIES, *FIELDS) if f"``{name}``" not in argued] == []


# What pydantic and Python write into a class with private attributes.
_MACHINERY = frozenset({"_abc_impl", "model_config", "model_fields", "model_post_init"})


def test_only_the_listed_fields_are_changed() -> None:
    """A field that is merely repeated would hide a change upstream."""
    annotated = {name for owner in OWN for name in vars(owner).get("__annotations__", {})}
    changed = annotated & BaseChatOpenAI.model_fields.keys()
    assert changed == set(FIELDS)


def test_it_is_a_chat_openai_for_isinstance() -> None:
    """Agents and middleware decide by these classes."""
    assert issubclass(ChatKimiK2, BaseChatOpenAI)
    assert issubclass(ChatKimiK2, BaseChatModel)


@pytest.mark.parametrize("keyword", sorted(BaseChatOpenAI.model_fields))
def test_every_keyword_of_chat_openai_is_still_a_field(keyword: str) -> None:
    assert keyword in ChatKimiK2.model_fields


SENT: dict[str, Any] = {
    "frequency_penalty": 0.5,
    "logit_bias": {7: 1},
    "logprobs": True,
    "max_completion_tokens": 5,
    "max_tokens": 5,
    "presence_penalty": 0.5,
    "seed": 3,
    "stop": ["END"],
    "stop_sequences": ["END"],
    "temperature": 0.3,
    "top_logprobs": 2,
    "top_p": 0.9,
}


@pytest.mark.parametrize("where", ["constructor", "call"])
@pytest.mark.parametrize(("keyword", "value"), SENT.items(), ids=SENT)
def test_keywords_of_chat_openai_are_sent_as_ever(keyword: str, value: Any, where: str) -> None:
    """At a server without Kimi's own rules, beside what this server is sent in any case."""
    settings, call = ({keyword: value}, {}) if where == "constructor" else ({}, {keyword: value})
    if keyword == "stop_sequences" and where == "call":
        settings, call = call, {"stop": value}
    model = ChatKimiK2(endpoint="vllm", model="kimi-k2-instruct", **settings)
    payload = model._get_request_payload("Go.", **call)
    name = {"max_completion_tokens": "max_tokens", "stop_sequences": "stop"}.get(keyword, keyword)
    plain = ChatKimiK2(endpoint="vllm", model="kimi-k2-instruct")._get_request_payload("Go.")
    assert name not in plain
    assert payload.keys() == {*plain, name}
    assert payload[name] == value


def test_unknown_fields_are_sent_as_they_are() -> None:
    model = ChatKimiK2(
        endpoint="vllm",
        model="kimi-k2-instruct",
        model_kwargs={"top_k": 5},
        extra_body={"min_p": 0.1},
    )
    payload = model._get_request_payload("Go.", repetition_penalty=1.1)
    assert (payload["top_k"], payload["min_p"], payload["repetition_penalty"]) == (5, 0.1, 1.1)


def test_only_one_lane_leads_to_a_server() -> None:
    model = ChatKimiK2(api_key="sk-made-up", output_version="v1")
    assert model._get_request_payload("Go.").keys() == {"model", "messages"}
    assert model.use_responses_api is False
    assert model._use_responses_api({}) is False


def test_no_client_of_the_base_is_built() -> None:
    model = ChatKimiK2(api_key="sk-made-up")
    assert [model.client, model.async_client, model.root_client, model.root_async_client] == [
        None
    ] * 4
