"""What a caller may say means the same in both adapters, wherever it is said.

Owns: other words for a setting, who wins where two things are said, and what is refused: in the
constructor, in a call, and where a field is assigned to. The server is the simulator without its
rules; what each setting becomes in a payload is told by the table in ``tests/payloads``.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import BaseModel

from kimi_core.errors import KimiConfigError
from kimi_core.testing import MoonshotSimulator

pytest.importorskip("langchain_openai", reason="parity needs both frameworks")
pytest.importorskip("llama_index.core", reason="parity needs both frameworks")

from llama_index.core.llms import ChatMessage

import langchain_kimi
import llama_index_kimi

if TYPE_CHECKING:
    from collections.abc import Iterator

ADAPTERS: dict[str, Any] = {
    "langchain": langchain_kimi.ChatKimiK2,
    "llama_index": llama_index_kimi.ChatKimiK2,
}
adapters = pytest.mark.parametrize("adapter", ADAPTERS)
WAYS = ["constructor", "call", "assigned"]
ways = pytest.mark.parametrize("way", WAYS)


@pytest.fixture(scope="module")
def server() -> Iterator[MoonshotSimulator]:
    with MoonshotSimulator(rules="none") as running:
        yield running


def make(adapter: str, server: MoonshotSimulator, **settings: Any) -> Any:
    # A model that can switch thinking and has no efforts, unless a row names another.
    where = {"endpoint": "moonshot", "base_url": server.base_url, "api_key": server.api_key}
    return ADAPTERS[adapter](**{**where, "model": "kimi-k2.6", **settings})


def ask(model: Any, **call: Any) -> None:
    if isinstance(model, langchain_kimi.ChatKimiK2):
        model.invoke("Go.", **call)
    else:
        model.chat([ChatMessage("Go.")], **call)


def say(
    adapter: str, server: MoonshotSimulator, way: str, said: dict[str, Any], **where: Any
) -> dict[str, Any]:
    """Say something in one of three ways, ask, and return what was sent besides the usual."""
    model = make(adapter, server, **where, **(said if way == "constructor" else {}))
    if way == "assigned":
        for name, value in said.items():
            setattr(model, name, value)
    ask(model, **(said if way == "call" else {}))
    body = dict(server.requests[-1].body)
    for usual in ("model", "messages", "spaces_between_special_tokens"):
        body.pop(usual, None)
    return body


class City(BaseModel):
    """A city."""

    name: str


OFF = {"type": "disabled"}
KEEP = {"type": "enabled", "keep": "all"}
K3 = {"model": "kimi-k3"}
VLLM = {"endpoint": "vllm", "model": "kimi-k2.6"}
NO_SWITCH = {"endpoint": "together", "model": "kimi-k2.6"}

SAMPLING = {
    "temperature": 0.3, "top_p": 0.9, "n": 1, "presence_penalty": 0.5, "frequency_penalty": -1
}  # fmt: skip
ON = {"type": "enabled"}

# what is said, where, and what is sent
SAID: dict[str, tuple[dict[str, Any], dict[str, Any], dict[str, Any]]] = {
    "thinking off": ({"thinking": False}, {}, {"thinking": OFF}),
    "Moonshot's object": ({"thinking": OFF}, {}, {"thinking": OFF}),
    "Moonshot's object in extra_body": ({"extra_body": {"thinking": OFF}}, {}, {"thinking": OFF}),
    "Moonshot's object keeps": ({"thinking": KEEP}, {}, {"thinking": KEEP}),
    "an object without a type": ({"thinking": {"keep": "all"}}, {}, {"thinking": KEEP}),
    "an object that says nothing more": (
        {"thinking": {"type": "enabled", "keep": None}}, {}, {"thinking": {"type": "enabled"}},
    ),
    "Moonshot's object at vLLM": (
        {"thinking": OFF}, VLLM, {"chat_template_kwargs": {"thinking": False}},
    ),
    "Moonshot's object in extra_body at vLLM": (
        {"extra_body": {"thinking": OFF, "min_p": 0.1}},
        VLLM,
        {"chat_template_kwargs": {"thinking": False}, "min_p": 0.1},
    ),
    "Moonshot's object where nothing is known": (
        {"extra_body": {"thinking": OFF}}, NO_SWITCH, {"thinking": OFF},
    ),
    "an effort": ({"reasoning_effort": "low"}, K3, {"reasoning_effort": "low"}),
    "OpenAI's effort": ({"reasoning": {"effort": "low"}}, K3, {"reasoning_effort": "low"}),
    "Moonshot's effort": (
        {"thinking": {"type": "enabled", "effort": "low"}}, K3, {"reasoning_effort": "low"},
    ),
    "Moonshot's effort outranks the other": (
        {"reasoning_effort": "max", "thinking": {"effort": "low"}}, K3, {"reasoning_effort": "low"},
    ),
    "OpenRouter's own reasoning": (
        {"extra_body": {"reasoning": {"exclude": True}}},
        {"endpoint": "openrouter"},
        {"reasoning": {"exclude": True}},
    ),
    "a limit": ({"max_tokens": 7}, {}, {"max_completion_tokens": 7}),
    "OpenAI's limit": ({"max_completion_tokens": 7}, {}, {"max_completion_tokens": 7}),
    "OpenAI's limit at vLLM": ({"max_completion_tokens": 7}, VLLM, {"max_tokens": 7}),
    "stops": ({"stop": ["END"]}, {}, {"stop": ["END"]}),
    "Anthropic's stops": ({"stop_sequences": ["END"]}, {}, {"stop": ["END"]}),
    "sampling": (SAMPLING, VLLM, SAMPLING),
    "what is only sent": (
        {"seed": 3, "logprobs": True, "top_logprobs": 2, "logit_bias": {"7": 1}},
        VLLM,
        {"seed": 3, "logprobs": True, "top_logprobs": 2, "logit_bias": {"7": 1}},
    ),
    "Moonshot's cache options": (
        {"prompt_cache_options": {"ttl": "1h"}}, {}, {"prompt_cache_options": {"ttl": "1h"}},
    ),
    "nothing": ({"temperature": None, "thinking": None, "stop": None, "seed": None}, {}, {}),
}  # fmt: skip


@adapters
@ways
@pytest.mark.parametrize(("said", "where", "sent"), SAID.values(), ids=SAID)
def test_a_word_means_the_same_wherever_it_is_said(
    server: MoonshotSimulator,
    adapter: str,
    way: str,
    said: dict[str, Any],
    where: dict[str, Any],
    sent: dict[str, Any],
) -> None:
    assert say(adapter, server, way, said, **where) == sent


@adapters
def test_a_class_is_a_response_format(server: MoonshotSimulator, adapter: str) -> None:
    sent = say(adapter, server, "call", {"response_format": City}, **VLLM)["response_format"]
    assert sent["type"] == "json_schema"
    assert sent["json_schema"]["name"] == "City"
    assert sent["json_schema"]["schema"]["properties"]["name"]["type"] == "string"


# what the instance is set to, what the call says, and what is sent by a model that has efforts
ORDER: dict[str, tuple[dict[str, Any], dict[str, Any], dict[str, Any], dict[str, Any]]] = {
    "the call": (VLLM, {"temperature": 0.1}, {"temperature": 0.2}, {"temperature": 0.2}),
    "the call takes back": (VLLM, {"temperature": 0.1}, {"temperature": None}, {}),
    "the call in another word": (
        VLLM, {"max_tokens": 1}, {"max_completion_tokens": 2}, {"max_tokens": 2},
    ),
    "the call's extra_body": (
        VLLM, {"temperature": 0.1}, {"extra_body": {"temperature": 0.2}}, {"temperature": 0.2},
    ),
    "the call over the instance's extra_body": (
        VLLM, {"extra_body": {"temperature": 0.1}}, {"temperature": 0.2}, {"temperature": 0.2},
    ),
    "explicit over extra_body": (
        VLLM, {"temperature": 0.1, "extra_body": {"temperature": 0.2}}, {}, {"temperature": 0.1},
    ),
    "explicit over another word in extra_body": (
        VLLM, {}, {"max_tokens": 1, "extra_body": {"max_completion_tokens": 2}}, {"max_tokens": 1},
    ),
    "both extra_bodies": (
        VLLM, {"extra_body": {"a": 1, "b": 1}}, {"extra_body": {"b": 2}}, {"a": 1, "b": 2},
    ),
    "a field of the call over extra_body": (VLLM, {"extra_body": {"a": 1}}, {"a": 2}, {"a": 2}),
    "the call's switch over the instance's object": (
        {}, {"extra_body": {"thinking": OFF}}, {"thinking": True}, {"thinking": ON},
    ),
    "the call's object over the instance's switch": (
        {}, {"thinking": True}, {"extra_body": {"thinking": OFF}}, {"thinking": OFF},
    ),
    "what the call does not say anew stays": (
        {}, {"extra_body": {"thinking": KEEP}}, {"thinking": True}, {"thinking": KEEP},
    ),
    "the call's effort over the instance's object": (
        K3, {"thinking": {"effort": "low"}}, {"reasoning_effort": "max"},
        {"reasoning_effort": "max"},
    ),
    "the call's effort over the instance's extra_body": (
        K3, {"extra_body": {"thinking": {"effort": "low"}}}, {"reasoning_effort": "max"},
        {"reasoning_effort": "max"},
    ),
    "the method decides about streaming": (VLLM, {}, {"stream_options": {"x": 1}}, {}),
}  # fmt: skip


@adapters
@pytest.mark.parametrize(("where", "own", "call", "sent"), ORDER.values(), ids=ORDER)
def test_who_wins(
    server: MoonshotSimulator,
    adapter: str,
    where: dict[str, Any],
    own: dict[str, Any],
    call: dict[str, Any],
    sent: dict[str, Any],
) -> None:
    model = make(adapter, server, **where, **own)
    ask(model, **call)
    body = server.requests[-1].body
    usual = {"model", "messages", "spaces_between_special_tokens"}
    assert {name: value for name, value in body.items() if name not in usual} == sent


THINKING_RULE = "True, False, or Moonshot's object"
# a setting, a value that it cannot have, the rule that is told
REFUSED: list[tuple[str, Any, str]] = [
    ("temperature", "warm", "a number, 0 or more"),
    ("temperature", [0.5], "a number, 0 or more"),
    ("temperature", -0.1, "a number, 0 or more"),
    ("temperature", float("nan"), "a number, 0 or more"),
    ("temperature", True, "a number, 0 or more"),
    ("top_p", 1.5, "a number from 0 to 1"),
    ("n", 0, "a whole number, 1 or more"),
    ("n", "1", "a whole number, 1 or more"),
    ("presence_penalty", 3, "a number from -2 to 2"),
    ("frequency_penalty", "low", "a number from -2 to 2"),
    ("max_tokens", "100", "a whole number of tokens, 1 or more"),
    ("max_tokens", True, "a whole number of tokens, 1 or more"),
    ("max_tokens", 0, "a whole number of tokens, 1 or more"),
    ("max_tokens", 1.5, "a whole number of tokens, 1 or more"),
    ("max_completion_tokens", "100", "a whole number of tokens, 1 or more"),
    ("stop", 5, "a string, or a list of strings"),
    ("stop", ["END", 5], "a string, or a list of strings"),
    ("stop_sequences", 5, "a string, or a list of strings"),
    ("thinking", "yes", THINKING_RULE),
    ("thinking", {"type": "on"}, THINKING_RULE),
    ("thinking", {"keep": True}, THINKING_RULE),
    ("thinking", {"effort": 3}, THINKING_RULE),
    ("keep_thinking", "all", "True or False"),
    ("reasoning_effort", 3, "a string"),
    ("reasoning", {"effort": 3}, "a string"),
    ("parallel_tool_calls", "no", "True or False"),
    ("stream_usage", "yes", "True or False"),
    ("prompt_cache_key", 5, "a string"),
    ("safety_identifier", 5, "a string"),
    ("provider", ["moonshotai"], "a dict"),
    ("extra_body", [1], "a dict"),
    ("media_fetcher", "https://a.example", "a function from URL to bytes"),
    ("timeout", "60", "a number of seconds above 0"),
    ("timeout", 0, "a number of seconds above 0"),
]
# The same, of settings that a call does not have.
REFUSED_OF_AN_INSTANCE: list[tuple[str, Any, str]] = [
    ("context_window", 0, "a whole number of tokens, 1 or more"),
    ("context_window", "8k", "a whole number of tokens, 1 or more"),
    ("max_retries", -1, "a whole number, 0 or more"),
    ("max_retries", "2", "a whole number, 0 or more"),
    ("base_url", 5, "a string"),
    ("base_model", 5, "a string"),
    ("api", 5, "a string"),
    ("endpoint", 5, "the name of a preset, or an Endpoint"),
    ("endpoint", ["vllm"], "the name of a preset, or an Endpoint"),
    ("tool_call_parser", 5, "a string"),
    ("model", 5, "a string"),
]
HIDDEN = [
    ("api_key", b"sk-made-up", "a string, a SecretStr, or a function that returns one"),
    ("default_headers", ["sk-made-up"], "a dict"),
    ("default_query", "sk-made-up", "a dict"),
]


def refusal(adapter: str, server: MoonshotSimulator, way: str, name: str, value: Any) -> str:
    before = len(server.requests)
    with pytest.raises(KimiConfigError) as caught:
        say(adapter, server, way, {name: value})
    assert len(server.requests) == before
    return str(caught.value)


@pytest.mark.parametrize(("name", "value", "rule"), REFUSED, ids=str)
def test_a_value_that_cannot_be_is_one_sentence_the_same_everywhere(
    server: MoonshotSimulator, name: str, value: Any, rule: str
) -> None:
    said = {refusal(adapter, server, way, name, value) for adapter in ADAPTERS for way in WAYS}
    assert len(said) == 1
    shown = value["effort"] if name == "reasoning" else value
    assert said.pop().startswith(f"{name}={shown!r} is refused: it must be {rule}")


@pytest.mark.parametrize(("name", "value", "rule"), REFUSED_OF_AN_INSTANCE, ids=str)
def test_so_it_is_for_settings_of_the_connection(
    server: MoonshotSimulator, name: str, value: Any, rule: str
) -> None:
    of_it = ("constructor", "assigned")
    said = {refusal(adapter, server, way, name, value) for adapter in ADAPTERS for way in of_it}
    assert len(said) == 1
    assert said.pop().startswith(f"{name}={value!r} is refused: it must be {rule}")


@pytest.mark.parametrize(("name", "value", "rule"), HIDDEN, ids=lambda value: str(value)[:12])
def test_a_value_that_may_hold_a_key_is_not_shown(
    server: MoonshotSimulator, name: str, value: Any, rule: str
) -> None:
    of_it = ("constructor", "assigned")
    said = {refusal(adapter, server, way, name, value) for adapter in ADAPTERS for way in of_it}
    (sentence,) = said
    kind = type(value).__name__
    assert sentence.startswith(f"{name} (a value of type {kind}) is refused: it must be {rule}")
    assert "made-up" not in sentence


@adapters
@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("temperature", "warm"),
        ("endpoint", "monshot"),
        ("api", "responses"),
        ("base_url", "nowhere"),
    ],
)
def test_a_field_that_is_refused_stays_what_it_was(
    server: MoonshotSimulator, adapter: str, name: str, wrong: str
) -> None:
    model = make(adapter, server, temperature=1.0)
    with pytest.raises(KimiConfigError, match=name):
        setattr(model, name, wrong)
    before = len(server.requests)
    ask(model)
    assert len(server.requests) == before + 1


@adapters
def test_a_connection_follows_its_settings(server: MoonshotSimulator, adapter: str) -> None:
    """Also the key: and it is still shown nowhere."""
    with MoonshotSimulator(api_key="sk-made-up-2", rules="none") as other:
        model = make(adapter, server)
        ask(model)
        before = len(server.requests)
        model.base_url = other.base_url
        model.api_key = "sk-made-up-2"
        model.default_headers = {"x-team": "core"}
        ask(model)
        assert len(server.requests) == before
        assert other.requests[-1].headers["x-team"] == "core"
        assert "made-up" not in repr(model)


@adapters
def test_it_is_a_context_manager_sync_and_async(server: MoonshotSimulator, adapter: str) -> None:
    made = make(adapter, server)
    with made as model:
        assert model is made
        ask(model)

    async def run() -> None:
        async with made as again:
            assert again is made

    asyncio.run(run())
    ask(made)  # what was closed opens again


@adapters
def test_words_of_the_old_classes_name_server_and_key(
    server: MoonshotSimulator, adapter: str
) -> None:
    model = ADAPTERS[adapter](
        endpoint="moonshot", api_base=server.base_url, openai_api_key=server.api_key
    )
    said = {"openai_api_base": server.base_url, "api_key": server.api_key, "model_name": "kimi-k3"}
    model_named = ADAPTERS[adapter](endpoint="moonshot", **said)
    for one in (model, model_named):
        ask(one)
    assert [request.body["model"] for request in server.requests[-2:]] == [
        "kimi-k3.1-pro",
        "kimi-k3",
    ]


@adapters
def test_what_a_call_may_ask_for_an_instance_may_too(
    server: MoonshotSimulator, adapter: str
) -> None:
    """Also what has no field of its own."""
    sent = say(adapter, server, "constructor", {"response_format": {"type": "json_object"}})
    assert sent == {"response_format": {"type": "json_object"}}
