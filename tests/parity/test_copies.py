"""A `ChatKimiK2` of either framework is copied, pickled and shown alike, and shows no secret."""

from __future__ import annotations

import copy
import json
import pickle
from typing import TYPE_CHECKING, Any

import pytest
from openai import DefaultHttpxClient

from kimi_core import endpoints
from kimi_core.errors import KimiConfigError
from kimi_core.testing import MoonshotSimulator

pytest.importorskip("langchain_openai", reason="parity needs both frameworks")
pytest.importorskip("llama_index.core", reason="parity needs both frameworks")

from langchain_core.load import dumps, loads
from llama_index.core.llms import ChatMessage

import langchain_kimi
import llama_index_kimi

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

ADAPTERS: dict[str, Any] = {
    "langchain": langchain_kimi.ChatKimiK2,
    "llama_index": llama_index_kimi.ChatKimiK2,
}
adapters = pytest.mark.parametrize("adapter", ADAPTERS)
SECRET = "sk-made-up-and-secret"


@pytest.fixture
def server() -> Iterator[MoonshotSimulator]:
    with MoonshotSimulator(api_key=SECRET, rules="none") as simulator:
        yield simulator


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("MOONSHOT_API_KEY", "KIMI_API_KEY", "VLLM_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)


def make(adapter: str, server: MoonshotSimulator, **settings: Any) -> Any:
    return ADAPTERS[adapter](
        **{"endpoint": "moonshot", "base_url": server.base_url, "api_key": SECRET, **settings}
    )


def sent_by(model: Any, server: MoonshotSimulator) -> dict[str, Any]:
    if isinstance(model, langchain_kimi.ChatKimiK2):
        model.invoke("Go.")
    else:
        model.chat([ChatMessage("Go.")])
    return server.requests[-1].body


def pickled(model: Any) -> Any:
    return pickle.loads(pickle.dumps(model))  # noqa: S301 - our own


COPIES: dict[str, Callable[[Any], Any]] = {
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "model_copy": lambda model: model.model_copy(),
    "deep model_copy": lambda model: model.model_copy(deep=True),
    "pickle": pickled,
}


@adapters
@pytest.mark.parametrize("copied", COPIES.values(), ids=COPIES)
def test_a_copy_asks_the_same_and_may_be_changed(
    monkeypatch: pytest.MonkeyPatch,
    server: MoonshotSimulator,
    adapter: str,
    copied: Callable[[Any], Any],
) -> None:
    monkeypatch.setenv("MOONSHOT_API_KEY", SECRET)
    model = make(adapter, server, model="kimi-k3", reasoning_effort="low", stop=["END"])
    before = sent_by(model, server)
    twin = copied(model)
    assert sent_by(twin, server) == before
    twin.max_tokens = 5
    assert sent_by(twin, server)["max_completion_tokens"] == 5
    assert sent_by(model, server) == before


@adapters
def test_a_copy_may_go_to_another_server(server: MoonshotSimulator, adapter: str) -> None:
    model = make(adapter, server)
    with MoonshotSimulator(api_key=SECRET) as other:
        field = "openai_api_base" if adapter == "langchain" else "base_url"
        twin = model.model_copy(update={field: other.base_url})
        sent_by(model, server)
        assert sent_by(twin, other)["model"] == "kimi-k3.1-pro"


# What `model_copy` was told -> what the copy's next request has.
CHANGES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "a field": ({"max_tokens": 5}, {"max_completion_tokens": 5}),
    "another word": ({"max_completion_tokens": 5}, {"max_completion_tokens": 5}),
    "stop_sequences": ({"stop_sequences": ["X"]}, {"stop": ["X"]}),
    "model": ({"model": "kimi-k2.6"}, {"model": "kimi-k2.6"}),
    "model_name": ({"model_name": "kimi-k2.6"}, {"model": "kimi-k2.6"}),
    "thinking": ({"model": "kimi-k2.6", "thinking": {"type": "disabled"}}, {
        "thinking": {"type": "disabled"},
    }),
    "an option without a field": ({"parallel_tool_calls": True}, {}),
    "taken back": ({"stop": None}, {"stop": None}),
    "in extra_body": ({"extra_body": {"x": 1}}, {"x": 1}),
}  # fmt: skip


@adapters
@pytest.mark.parametrize(("told", "sent"), CHANGES.values(), ids=CHANGES)
def test_a_copy_is_told_in_the_words_of_the_constructor(
    server: MoonshotSimulator, adapter: str, told: dict[str, Any], sent: dict[str, Any]
) -> None:
    """What was no name of a field did nothing, and nobody said so."""
    model = make(adapter, server, model="kimi-k3", stop=["END"])
    before = sent_by(model, server)
    asked = sent_by(model.model_copy(update=told), server)
    assert {name: asked.get(name) for name in sent} == sent
    assert sent_by(model, server) == before


@adapters
def test_a_copy_has_the_key_and_the_address_that_it_was_told(
    server: MoonshotSimulator, adapter: str
) -> None:
    """It sent the key of its original, to the server of its original."""
    model = make(adapter, server, endpoint="vllm", model="moonshotai/Kimi-K2.5")
    sent_by(model, server)
    with MoonshotSimulator(api_key="another", rules="none") as other:
        sent_by(model.model_copy(update={"api_key": "another", "base_url": other.base_url}), other)
        assert other.requests[-1].headers["authorization"] == "Bearer another"
    assert len(server.requests) == 1


@adapters
@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"temperature": "hot"}, "temperature='hot' is refused"),
        ({"app_url": "https://x.example"}, "no setting 'app_url'; write endpoint="),
        ({"include": ["x"]}, "include is refused"),
    ],
    ids=["value", "old name", "of another API"],
)
def test_a_copy_cannot_be_told_what_the_constructor_refuses(
    server: MoonshotSimulator, adapter: str, told: dict[str, Any], said: str
) -> None:
    with pytest.raises(KimiConfigError, match=said):
        make(adapter, server).model_copy(update=told)


@adapters
def test_a_pickle_holds_no_secret_and_finds_its_key_again(
    monkeypatch: pytest.MonkeyPatch, server: MoonshotSimulator, adapter: str
) -> None:
    model = make(
        adapter,
        server,
        default_headers={"x-token": SECRET},
        default_query={"token": SECRET},
        media_fetcher=lambda _url: SECRET.encode(),
        endpoint=endpoints.moonshot(default_headers={"x": SECRET}),
    )
    sent_by(model, server)
    written = pickle.dumps(model)
    assert SECRET.encode() not in written
    monkeypatch.setenv("MOONSHOT_API_KEY", SECRET)
    sent_by(pickle.loads(written), server)  # noqa: S301 - our own
    assert server.requests[-1].headers["authorization"] == f"Bearer {SECRET}"


@adapters
def test_a_pickle_is_read_without_a_key_and_asks_for_it_with_the_first_request(
    monkeypatch: pytest.MonkeyPatch, server: MoonshotSimulator, adapter: str
) -> None:
    """A process pool starts a worker that fails to read its task anew, for ever."""
    twin = pickled(make(adapter, server))
    again = pickled(twin)
    again.max_retries = 0
    for one in (twin, again, copy.deepcopy(twin)):
        with pytest.raises(KimiConfigError, match=r"MOONSHOT_API_KEY.* comes out of a pickle"):
            sent_by(one, server)
    assert server.requests == []

    monkeypatch.setenv("MOONSHOT_API_KEY", f" {SECRET} ")
    sent_by(twin, server)
    assert server.requests[-1].headers["authorization"] == f"Bearer {SECRET}"
    monkeypatch.delenv("MOONSHOT_API_KEY")
    again.api_key = SECRET
    sent_by(again, server)
    assert server.requests[-1].headers["authorization"] == f"Bearer {SECRET}"


@adapters
def test_the_key_of_another_vendor_is_an_error_of_the_first_request_of_a_copy(
    monkeypatch: pytest.MonkeyPatch, server: MoonshotSimulator, adapter: str
) -> None:
    written = pickle.dumps(make(adapter, server))
    monkeypatch.setenv("MOONSHOT_API_KEY", "sk-or-v1-made-up")
    twin = pickle.loads(written)  # noqa: S301 - our own
    with pytest.raises(KimiConfigError, match="begins with 'sk-or-'"):
        sent_by(twin, server)


@adapters
def test_a_copy_that_needs_no_key_has_none(adapter: str) -> None:
    twin = pickled(ADAPTERS[adapter](endpoint="vllm", api_key=SECRET))
    assert twin._chat._api_key is None


@adapters
def test_a_model_that_nobody_named_is_asked_for_again(adapter: str) -> None:
    twin = pickled(ADAPTERS[adapter](endpoint="vllm"))
    assert twin._chat.settings.model is None


@adapters
def test_an_assignment_names_no_model(adapter: str) -> None:
    model = ADAPTERS[adapter](endpoint="vllm")
    model.max_retries = 0
    assert (model._chat.settings.model, model._chat.settings.max_retries) == (None, 0)
    model.model = "kimi-k2.5"
    model.max_retries = 1
    assert model._chat.settings.model == "kimi-k2.5"


@adapters
def test_connections_are_shared_with_a_deep_copy(adapter: str) -> None:
    client = DefaultHttpxClient()
    model = ADAPTERS[adapter](api_key=SECRET, http_client=client)
    assert copy.deepcopy(model).http_client is client


@adapters
def test_what_is_shown_is_short_and_holds_no_secret(
    server: MoonshotSimulator, adapter: str
) -> None:
    mine = endpoints.vllm("http://gpu:8000/v1", default_headers={"x": SECRET}, api="completions")
    model = make(
        adapter, server, endpoint=mine, default_headers={"x": SECRET}, default_query={"x": SECRET}
    )
    assert SECRET not in repr(model) + str(model)
    written = {"name": "vllm", "base_url": "http://gpu:8000/v1", "api": "completions"}
    assert f"endpoint={written!r}" in repr(model)


@adapters
@pytest.mark.filterwarnings("ignore:The function `loads` is in beta")
def test_a_dump_holds_no_secret_and_is_read_again(
    monkeypatch: pytest.MonkeyPatch, server: MoonshotSimulator, adapter: str
) -> None:
    mine = endpoints.moonshot(default_headers={"x": SECRET}, api_key_names=("MINE",))
    model = make(adapter, server, endpoint=mine, default_headers={"x": SECRET}, max_tokens=7)
    monkeypatch.setenv("MOONSHOT_API_KEY", server.api_key)
    if adapter == "langchain":
        written = dumps(model)
        again = loads(
            written, allowed_objects=[ADAPTERS[adapter]], valid_namespaces=["langchain_kimi"]
        )
    else:
        written = model.to_json()
        again = ADAPTERS[adapter].from_dict(json.loads(written))
    assert SECRET not in written
    # A dump from elsewhere must not choose which variable is sent away.
    assert "MINE" not in again._chat.capabilities.endpoint.api_key_names
    assert sent_by(again, server) == sent_by(model, server)
