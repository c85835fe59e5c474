"""No key, no header's value and no password is in anything that an object of either adapter shows.

Owns: the places where such a thing could be seen, for both adapters. Keys that a server repeats are
in tests/core/test_error_copies.py.
"""

from __future__ import annotations

import copy
import logging
import pickle
import traceback
from typing import TYPE_CHECKING, Any

import pytest
from langchain_core.load import dumps

from kimi_core import endpoints
from kimi_core.errors import KimiAuthenticationError, KimiConfigError, KimiError
from kimi_core.testing import MoonshotSimulator
from langchain_kimi import ChatKimiK2 as LangChainKimi
from llama_index_kimi import ChatKimiK2 as LlamaIndexKimi
from tests.scripted import Answer, ScriptedServer, body

if TYPE_CHECKING:
    from collections.abc import Callable

KEY, HEADER, PASSWORD, ONCE = "sk-made-up-1", "made-up-2", "made up:3", "made-up-4"
SECRETS = (KEY, HEADER, PASSWORD, "made%20up%3A3", ONCE)
FINE = body({"choices": [{"message": {"content": "Hi"}, "finish_reason": "stop"}]})
CLASSES = pytest.mark.parametrize("kind", [LangChainKimi, LlamaIndexKimi], ids=["lc", "li"])


def ask(llm: Any, **options: Any) -> None:
    if isinstance(llm, LangChainKimi):
        llm.invoke("Hi", **options)
    else:
        llm.complete("Hi", **options)


def with_password(address: str) -> str:
    return address.replace("://", "://ann:made%20up%3A3@")


def settings(address: str) -> dict[str, Any]:
    return {
        "endpoint": "moonshot",
        "api_key": KEY,
        "base_url": with_password(address),
        "default_headers": {"x-api-key": HEADER},
        "max_retries": 0,
    }


def _of_error(llm: Any) -> str:
    """Return all that an error and its causes hold and say."""
    with pytest.raises(KimiAuthenticationError) as caught:
        ask(llm, extra_headers={"x-once": ONCE})
    shown: list[str] = []
    error: BaseException | None = caught.value
    while error is not None:
        shown += [repr(error), repr(vars(error)), *traceback.format_exception_only(error)]
        error = error.__cause__
    return "".join(shown)


SHOWN: dict[str, Callable[[Any], str]] = {
    "repr": repr,
    "str": str,
    "dump": lambda llm: repr(llm.model_dump()),
    "JSON": lambda llm: str(llm.model_dump_json()),
    "pickle": lambda llm: repr(pickle.dumps(llm)),
    "copy": lambda llm: repr(copy.deepcopy(llm)),
    "chat": lambda llm: repr(llm._chat) + repr(llm._chat.settings) + repr(llm._chat.capabilities),
    "error": _of_error,
    "traces": lambda llm: repr(
        (llm._get_ls_params(), llm._identifying_params, llm.lc_attributes, dumps(llm))
        if isinstance(llm, LangChainKimi)
        else (llm.to_payload(), llm.to_dict(), llm.metadata)
    ),
}


@CLASSES
@pytest.mark.parametrize("shown", SHOWN.values(), ids=SHOWN)
def test_nothing_secret_is_shown(kind: type, shown: Callable[[Any], str]) -> None:
    with MoonshotSimulator() as server:  # which knows another key, and says so
        found = shown(kind(**settings(server.base_url)))
    assert [secret for secret in SECRETS if secret in found] == []


@CLASSES
def test_nothing_secret_is_logged(kind: type, caplog: pytest.LogCaptureFixture) -> None:
    """Not by us, nor by the SDK or the HTTP library, at any level."""
    with ScriptedServer() as server, caplog.at_level(logging.DEBUG):
        server.will(FINE)
        ask(kind(**settings(server.base_url)), extra_headers={"x-once": ONCE})
        assert server.seen[0].headers["x-once"] == ONCE
    assert caplog.records
    logged = "\n".join(record.getMessage() for record in caplog.records)
    assert [secret for secret in SECRETS if secret in logged] == []


@CLASSES
@pytest.mark.parametrize("way", ["setting", "assigned", "endpoint"])
def test_a_password_in_an_address_is_sent_and_nowhere_else(kind: type, way: str) -> None:
    with ScriptedServer() as server:
        server.will(FINE)
        address = with_password(server.base_url)
        given: dict[str, Any] = {"api_key": KEY, "default_headers": {"x-mine": "1"}}
        if way == "endpoint":
            llm = kind(endpoint=endpoints.vllm(address), **given)
        else:
            given["endpoint"] = "moonshot"
            llm = kind(base_url=address if way == "setting" else "http://a.example/v1", **given)
        if way == "assigned":
            llm.base_url = address
        assert PASSWORD not in repr(llm)
        ask(llm, model="kimi-k3.1-pro")
    (seen,) = server.seen
    assert seen.headers["authorization"] == "Basic YW5uOm1hZGUgdXA6Mw=="
    assert seen.headers["x-mine"] == "1"


@CLASSES
@pytest.mark.parametrize("key", ["sk-a\nb", "sk-a\r\nx: y", "sk-\x00", "sk-ключ", "sk-\u200b1"])
def test_a_key_that_no_header_can_carry_is_refused_unseen(kind: type, key: str) -> None:
    with pytest.raises(KimiConfigError, match=r"^api_key for endpoint 'moonshot' holds a") as found:
        kind(api_key=key)
    assert key not in str(found.value)


ODD_ADDRESSES = {
    "no scheme": "ann:made-up-5@127.0.0.1/v1",
    "half an address": "http://ann:made-up-5@[::1/v1",
    "a slash": "http://ann:a/made-up-5@127.0.0.1/v1",
    "a hash": "http://ann:a#made-up-5@127.0.0.1/v1",
    "no such port": "http://ann:made-up-5@127.0.0.1:99999/v1",
    "a query": "http://127.0.0.1/v1?key=made-up-5",
}


@CLASSES
@pytest.mark.parametrize("address", ODD_ADDRESSES.values(), ids=ODD_ADDRESSES)
def test_an_address_that_is_none_is_refused_unseen(kind: type, address: str) -> None:
    with pytest.raises(KimiConfigError, match=r"^base_url") as found:
        kind(endpoint="vllm", base_url=address)
    assert "made-up-5" not in "".join(traceback.format_exception(found.value))


@CLASSES
@pytest.mark.parametrize("value", ["made-up-5\nx: y", "made-up-5й", " made-up-5"])
def test_a_header_that_cannot_be_sent_is_refused_unseen(kind: type, value: str) -> None:
    with ScriptedServer() as server:
        given = {**settings(server.base_url), "model": "kimi-k3.1-pro"}
        with pytest.raises(KimiConfigError, match=r"^default_headers: .*'x-mine'") as first:
            kind(**{**given, "default_headers": {"x-mine": value}})
        with pytest.raises(KimiConfigError, match=r"^extra_headers: .*'x-once'") as second:
            ask(kind(**given), extra_headers={"x-once": value})
        with pytest.raises(KimiConfigError, match="cannot be the name of a header"):
            ask(kind(**given), extra_headers={"x once": "1"})
    assert "made-up-5" not in f"{first.value}{second.value}"


@CLASSES
@pytest.mark.parametrize("said", [KEY, HEADER, PASSWORD], ids=["key", "header", "password"])
@pytest.mark.parametrize("status", [200, 400])
def test_what_a_server_repeats_is_hidden(kind: type, said: str, status: int) -> None:
    """In an answer that is none, too, of which the error shows the first bytes."""
    key = "another-vendors-1"
    said = key if said == KEY else said
    with ScriptedServer() as server:
        server.will(Answer((f"<p>You sent {said}".encode(),), status))
        given = {**settings(server.base_url), "api_key": key}
        if said == key:
            given["base_url"] = server.base_url
        with pytest.raises(KimiError) as found:
            ask(kind(**given), model="kimi-k3.1-pro")
    assert said not in str(found.value)
    assert "[key hidden]" in str(found.value)


def everything_of(error: BaseException | None) -> str:
    """Return all that an error and those behind it hold: requests, answers, sentences."""
    if error is None:
        return ""
    request, response = getattr(error, "request", None), getattr(error, "response", None)
    told: list[object] = [error.args, vars(error), "".join(traceback.format_exception(error))]
    if request is not None:
        told += [str(request.url), list(request.headers.items())]
    if response is not None:
        told += [response.text, list(response.headers.items()), response.request.headers.items()]
    behind = [everything_of(one) for one in (error.__cause__, error.__context__)]
    return "".join([*map(repr, told), *behind])


REPEATING = f"{KEY} {HEADER} {PASSWORD} {ONCE} a-token-1 a-proxy 1"
REFUSALS = {
    "a refusal": body({"error": {"message": REPEATING}}, 401, x_echo=REPEATING, set_cookie=ONCE),
    "a redirection": body(
        {}, 302, location=f"http://ann:made%20up%3A3@a.example/?{KEY}&a-token-1", x_echo=HEADER
    ),
    "an error in the answer": body({"error": {"message": REPEATING}}),
    "no JSON": Answer((REPEATING.encode(),)),
    "an answer that breaks off": Answer((b'{"choices',), breaks=True),
}


@CLASSES
@pytest.mark.parametrize("answer", REFUSALS.values(), ids=REFUSALS)
def test_an_error_holds_neither_request_nor_answer_with_a_secret(
    kind: type, answer: Answer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Callbacks and tracers are handed the error, and look into what it holds."""
    monkeypatch.setenv("ftp_proxy", "http://ann:a-proxy%201@127.0.0.1")
    monkeypatch.setenv("gopher_proxy", "http://[half")
    secrets = [*SECRETS, "a-token-1", "a-proxy 1", "Basic"]
    with ScriptedServer() as server:
        server.will(answer)
        llm = kind(**settings(server.base_url), default_query={"token": "a-token-1"})
        with pytest.raises(KimiError) as found:
            ask(llm, model="kimi-k3.1-pro", extra_headers={"x-once-key": ONCE})
    assert [one for one in secrets if one in everything_of(found.value)] == []


@CLASSES
@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("HTTP_PROXY", "http://ann:a/made-up-5@127.0.0.1"),
        ("HTTP_PROXY", "socks9://ann:made-up-5@127.0.0.1"),
        ("HTTP_PROXY", "socks5://ann:made-up-5@127.0.0.1"),  # which takes another package
        ("SSL_CERT_FILE", "/no/such/file"),
    ],
)
def test_an_environment_that_cannot_be_used_is_named(
    kind: type, variable: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(KimiConfigError, match=variable) as found:
        ask(kind(**settings("http://kimi.invalid/v1")))
    assert "made-up-5" not in "".join(traceback.format_exception(found.value))


@CLASSES
def test_a_dict_cannot_choose_which_variable_is_sent_away(
    kind: type, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stored dict may come from anybody; it would name another secret, and its own server."""
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "made-up")
    monkeypatch.delenv("MOONSHOT_API_KEY", raising=False)
    foreign = {"name": "moonshot", "api_key_names": ["AWS_SECRET_ACCESS_KEY"]}
    with pytest.raises(KimiConfigError, match="MOONSHOT_API_KEY"):
        kind(endpoint=foreign)
