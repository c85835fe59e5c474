"""An address alone chooses whose rules count and whose key is sent, in both adapters.

Owns: what ``base_url`` means where no endpoint is named.
"""

from __future__ import annotations

import copy
import pickle
from typing import TYPE_CHECKING, Any

import pytest

pytest.importorskip("langchain_openai", reason="parity needs both frameworks")
pytest.importorskip("llama_index.core", reason="parity needs both frameworks")

from kimi_core.chat import AccountRate, KimiChat, Settings
from kimi_core.endpoints import ENDPOINTS
from kimi_core.errors import KimiConfigError
from kimi_core.platform import KimiClient
from langchain_kimi import ChatKimiK2 as LangChainKimi
from llama_index_kimi import ChatKimiK2 as LlamaIndexKimi
from tests.scripted import ScriptedServer, body, listing

if TYPE_CHECKING:
    from collections.abc import Callable

MOONSHOTS = "sk-key-of-moonshot"
SPOKEN = body({"choices": [{"message": {"content": "Hi."}, "finish_reason": "stop"}]})


def _core(**settings: Any) -> Any:
    class Core:
        _chat = KimiChat(Settings(**settings))

    return Core


CLASSES: list[Callable[..., Any]] = [LangChainKimi, LlamaIndexKimi, _core]
classes = pytest.mark.parametrize("kind", CLASSES, ids=["langchain", "llama_index", "core"])
HOSTED = [row for row in ENDPOINTS.values() if row.base_url.startswith("https://")]


@pytest.fixture(autouse=True)
def moonshots_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOONSHOT_API_KEY", MOONSHOTS)
    monkeypatch.setenv("OPENROUTER_API_KEY", "sk-of-openrouter")


def endpoint_of(llm: Any) -> str:
    return str(llm._chat.capabilities.endpoint.name)


@classes
@pytest.mark.parametrize("row", HOSTED, ids=lambda row: row.name)
def test_the_address_of_a_known_host_chooses_its_preset(kind: Any, row: Any) -> None:
    host = row.base_url.split("/")[2]
    for address in (row.base_url, f"{row.base_url.replace(host, host.upper())}/"):
        llm = kind(base_url=address, api_key="k")
        assert endpoint_of(llm) == row.name
        named = kind(endpoint=row.name, api_key="k")
        assert llm._chat.capabilities == named._chat.capabilities


@classes
@pytest.mark.parametrize(
    "address",
    ["http://gpu:8000/v1", "https://api.moonshot.ai.example/v1", "https://my-moonshot.cn/v1"],
)
def test_an_unknown_address_is_custom(kind: Any, address: str) -> None:
    """It had Moonshot's rules, and was sent Moonshot's key."""
    llm = kind(base_url=address)
    assert endpoint_of(llm) == "custom"
    assert llm._chat.capabilities.endpoint.pins_sampling is False


@classes
@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("http://[gpu/v1", "a bracket is not closed"),
        ("http://gpu\u2100/v1", "letters are in it that no host has"),
        ("http://gpu:abc/v1", "no port behind its ':'"),
        ("http://gpu:99999/v1", "a number up to 65535"),
        ("http://gpu/v1?version=2", r"a '\?' or a '#', .* default_query"),
        ("http://gpu/v1#top", r"a '\?' or a '#'"),
    ],
)
def test_an_address_that_is_none_is_said_at_once(kind: Any, address: str, said: str) -> None:
    """Errors of the standard library, and requests to ``/v1/?version=2chat/completions``."""
    with pytest.raises(KimiConfigError, match=said) as caught:
        kind(base_url=address.replace("//", "//me:hidden@"))
    assert "hidden" not in str(caught.value)


@pytest.mark.parametrize("kind", [LangChainKimi, LlamaIndexKimi])
def test_an_unknown_server_gets_no_key_of_moonshots(kind: Any) -> None:
    with ScriptedServer() as server:
        server.listings = [listing("kimi-k2.5")]
        server.will(SPOKEN, SPOKEN)
        for llm in (kind(base_url=server.base_url), kind(base_url=server.base_url, api_key="k")):
            ask = llm.invoke if kind is LangChainKimi else llm.complete
            ask("Hi", temperature=0.3)
        first, second = server.seen
    assert MOONSHOTS not in str(first.headers)
    assert second.headers["authorization"] == "Bearer k"
    assert first.json["model"] == "kimi-k2.5"
    assert first.json["temperature"] == 0.3


@classes
def test_without_an_address_it_is_moonshot(kind: Any) -> None:
    assert endpoint_of(kind()) == "moonshot"


@classes
def test_a_named_endpoint_counts_whatever_the_address(kind: Any) -> None:
    llm = kind(endpoint="moonshot", base_url="http://relay.example/v1")
    assert endpoint_of(llm) == "moonshot"


@pytest.mark.parametrize("kind", [LangChainKimi, LlamaIndexKimi])
@pytest.mark.parametrize(
    "copied",
    [
        copy.copy,
        copy.deepcopy,
        lambda llm: pickle.loads(pickle.dumps(llm)),  # noqa: S301 - our own bytes
        lambda llm: llm.model_copy(update={"max_tokens": 5}),
    ],
    ids=["copy", "deepcopy", "pickle", "model_copy"],
)
def test_a_copy_keeps_what_was_not_named(kind: Any, copied: Callable[[Any], Any]) -> None:
    llm = copied(kind(base_url="https://openrouter.ai/api/v1", api_key="k"))
    assert endpoint_of(llm) == "openrouter"
    llm.base_url = "http://gpu:8000/v1"
    assert endpoint_of(llm) == "custom"


def test_what_counts_requests_looks_for_the_same_key() -> None:
    with pytest.raises(KimiConfigError, match="GROQ_API_KEY"):
        AccountRate(1, base_url="https://api.groq.com/openai/v1")
    AccountRate(1, base_url="http://gpu:8000/v1")


@pytest.mark.parametrize(
    ("settings", "name"),
    [
        ({}, "moonshot"),
        ({"base_url": "https://api.moonshot.cn/v1"}, "moonshot-cn"),
        ({"base_url": "http://relay.example/v1", "api_key": "k"}, "moonshot"),
        ({"base_url": "http://relay.example/v1", "endpoint": "moonshot"}, "moonshot"),
    ],
    ids=["nothing", "china", "key", "endpoint"],
)
def test_the_client_of_moonshots_routes(settings: dict[str, Any], name: str) -> None:
    assert endpoint_of(KimiClient(**settings)) == name


def test_the_client_sends_its_key_nowhere_unasked() -> None:
    with pytest.raises(KimiConfigError, match="its key is not sent elsewhere unasked"):
        KimiClient(base_url="http://relay.example/v1")
