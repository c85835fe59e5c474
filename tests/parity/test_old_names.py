"""Keywords of the classes that users come from say what to write instead, in both adapters.

Owns: that none of them is sent to a server, a key least of all, and that what is named exists.
"""

from __future__ import annotations

import re
import warnings
from dataclasses import fields
from types import SimpleNamespace
from typing import Any

import pytest
from openai import DefaultAsyncHttpxClient, DefaultHttpxClient, OpenAI

pytest.importorskip("langchain_openai", reason="parity needs both frameworks")
pytest.importorskip("llama_index.core", reason="parity needs both frameworks")

from kimi_core import endpoints
from kimi_core.chat import Settings
from kimi_core.endpoints import LACKED_FIELDS
from kimi_core.errors import OLD_NAMES, KimiConfigError, UnknownSettingWarning
from langchain_kimi import ChatKimiK2 as LangChainKimi
from llama_index_kimi import ChatKimiK2 as LlamaIndexKimi

adapters = pytest.mark.parametrize("kind", [LangChainKimi, LlamaIndexKimi])
# Each framework has one of them.
OWN = {LangChainKimi: "model_kwargs", LlamaIndexKimi: "additional_kwargs"}


def known(kind: Any) -> set[str]:
    aliases = {alias for item in kind.model_fields.values() if (alias := item.alias)}
    return {*kind.model_fields, *aliases}


@adapters
@pytest.mark.parametrize("name", OLD_NAMES)
def test_an_old_name_says_what_to_write(kind: Any, name: str) -> None:
    if name in known(kind):
        kind(api_key="k", **{name: {"top_k": 5} if name == OWN[kind] else VALUES.get(name, "x")})
        return
    with pytest.raises(KimiConfigError) as caught:
        kind(api_key="k", **{name: "sk-made-up"})
    sentence = str(caught.value)
    assert sentence == f"ChatKimiK2 has no setting {name!r}; {OLD_NAMES[name]}."
    assert "sk-made-up" not in sentence


@adapters
def test_whether_usage_is_asked_for_is_no_setting(kind: Any) -> None:
    """LangChain said that it is sent as it is, and that 'streaming' was perhaps meant."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", UnknownSettingWarning)
        kind(api_key="k", stream_options={"include_usage": True})


@adapters
@pytest.mark.parametrize("name", ["trace", "safe_mode", "generator", "citations", "client_args"])
def test_no_setting_is_named_that_is_far_from_a_name_or_is_refused(kind: Any, name: str) -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            kind(api_key="k", **{name: "x"})
        except KimiConfigError as error:
            assert kind is LlamaIndexKimi
            said = str(error)
        else:
            [said] = [str(one.message) for one in caught]
    assert f"ChatKimiK2 has no setting {name!r}" in said
    assert "Did you mean" not in said


@adapters
@pytest.mark.parametrize("name", OLD_NAMES)
def test_what_is_to_be_written_exists(kind: Any, name: str) -> None:
    for written in re.findall(r"write (\w+)=", OLD_NAMES[name]):
        settings = known(kind) | {"api_key", "base_url", "response_format"}
        assert written in settings or name in known(kind)
    for argument in re.findall(r"openrouter\((\w+)=", OLD_NAMES[name]):
        assert endpoints.openrouter(**{argument: "x"}).default_headers


@adapters
@pytest.mark.parametrize(
    "working",
    [
        {"api_base": "http://gpu:8000/v1"},
        {"max_completion_tokens": 5},
        {"max_output_tokens": 5},
        {"request_timeout": 3},
    ],
    ids=lambda working: next(iter(working)),
)
def test_old_names_that_mean_the_same_go_on_working(kind: Any, working: dict[str, Any]) -> None:
    kind(api_key="k", **working)


# Of classes that are in no list here: whoever sends a key away cannot take it back.
SECRETS = {
    "api_key": [
        *("nvidia_api_key", "auth_token", "admin_api_key", "huggingfacehub_api_token"),
        *("aws_secret_access_key", "aws_access_key_id", "webhook_secret", "azure_ad_token"),
    ],
    "api_key=, which may be a function": ["azure_ad_token_provider"],
    "base_url": ["xai_api_base", "groq_base_url", "mistral_api_url"],
}


@adapters
@pytest.mark.parametrize(
    ("name", "written"), [(name, it) for it, names in SECRETS.items() for name in names]
)
def test_a_key_is_never_sent_under_whatever_name(kind: Any, name: str, written: str) -> None:
    with pytest.raises(KimiConfigError) as caught:
        kind(api_key="k", **{name: "sk-made-up"})
    sentence = f"ChatKimiK2 has no setting {name!r}; write {written}"
    assert str(caught.value) in {f"{sentence}=.", f"{sentence}."}


@adapters
@pytest.mark.parametrize(
    "name", sorted(OLD_NAMES.keys() - {"stream", "streaming", "tools", *LACKED_FIELDS})
)
def test_an_old_name_in_a_call_says_what_to_write(kind: Any, name: str) -> None:
    """It was sent as a field of the payload, which a lenient server ignores."""
    if kind is LangChainKimi and name == "callbacks":
        pytest.skip("LangChain takes them from every call")
    llm = kind(api_key="k")
    ask = llm.bind(**{name: "sk-made-up"}).invoke if kind is LangChainKimi else llm.complete
    call = {} if kind is LangChainKimi else {name: "sk-made-up"}
    with pytest.raises(KimiConfigError, match=f"{name} is refused: ") as caught:
        ask("Hi", **call)
    written = OLD_NAMES[name]
    if name in OWN.values():
        written = "say what is in it as keywords of the call"
    assert written in str(caught.value) or "Make another model with it" in str(caught.value)
    assert "sk-made-up" not in str(caught.value)


OF_THE_MODEL = {item.name for item in fields(Settings)} - {"model", "timeout"}


@adapters
@pytest.mark.parametrize("name", sorted({*OF_THE_MODEL, "moonshot_api_key", "api_base"}))
def test_what_a_model_is_made_with_is_nothing_of_a_call(kind: Any, name: str) -> None:
    """It was sent as a field of the payload, the key too."""
    llm, value = kind(api_key="k"), VALUES.get(name, "sk-made-up")
    ask = llm.invoke if kind is LangChainKimi else llm.complete
    with pytest.raises(
        KimiConfigError, match=r"is refused: it is no setting of one call"
    ) as caught:
        ask("Hi", **{name: value})
    assert "sk-made-up" not in str(caught.value)


VALUES: dict[str, Any] = {
    "callback_manager": None,
    "callbacks": [],
    "custom_get_token_ids": list,
    "profile": {},
    "stream_chunk_timeout": 5,
    "streaming": True,
    "api": "chat",
    "base_url": "http://gpu:8000/v1",
    "context_window": 5,
    "default_headers": {"a": "b"},
    "default_query": {"a": "b"},
    "http_client": SimpleNamespace(event_hooks={}),
    "http_async_client": "aiohttp",
    "max_retries": 1,
    "rate_limit": 1,
    "tool_call_parser": "client",
}


PROXY = "https://user:made-up@proxy"


@adapters
@pytest.mark.parametrize("kind_of_client", ["http_client", "http_async_client"])
@pytest.mark.parametrize("value", [PROXY, OpenAI(api_key="made-up"), 5], ids=["URL", "SDK", "5"])
def test_a_client_that_is_none_is_said_before_the_request(
    kind: Any, kind_of_client: str, value: Any
) -> None:
    """It was an AttributeError of the first request."""
    with pytest.raises(KimiConfigError, match=r"it must be an httpx\.(Async)?Client") as caught:
        kind(api_key="k", **{kind_of_client: value})
    assert str(caught.value).startswith(f"{kind_of_client} (a value of type ")
    assert "made-up" not in str(caught.value)


@adapters
def test_each_client_has_its_place(kind: Any) -> None:
    sync, other = DefaultHttpxClient(), DefaultAsyncHttpxClient()
    kind(api_key="k", http_client=sync, http_async_client=other)
    with pytest.raises(KimiConfigError, match=r"it must be an httpx\.Client"):
        kind(api_key="k", http_client=other)
    with pytest.raises(KimiConfigError, match=r"it must be an httpx\.AsyncClient"):
        kind(api_key="k", http_async_client=sync)


@adapters
def test_anthropics_budget_says_what_to_write(kind: Any) -> None:
    sentence = (
        "thinking's 'budget_tokens' is refused: it is Anthropic's. Pass reasoning_effort=, or "
        "max_tokens=, which counts the reasoning, too."
    )
    with pytest.raises(KimiConfigError) as caught:
        kind(api_key="k", thinking={"type": "enabled", "budget_tokens": 1_024})
    assert str(caught.value) == sentence


@adapters
@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("temprature", "no field 'temprature'. Did you mean 'temperature'?"),
        ("openrouter_provider", "no field 'openrouter_provider'; write provider=."),
        ("tool_choice", "no field 'tool_choice'; write model_copy(update={'tool_choice': ...})."),
    ],
)
def test_what_is_no_field_is_said_where_it_is_assigned_to(kind: Any, name: str, told: str) -> None:
    """It was a sentence of pydantic's, which names no way out."""
    llm = kind(api_key="k")
    with pytest.raises(KimiConfigError) as caught:
        setattr(llm, name, "auto")
    assert told in str(caught.value)
    assert not hasattr(llm, name)
    llm.reasoning = {"effort": "low"}
    assert llm.reasoning_effort == "low"
    assert name not in llm.model_copy(update={"tool_choice": "auto"}).model_dump()
