"""Routes, keys, the queue of replies, scripted failures, and a clean end."""

from __future__ import annotations

import http.client
import json
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import openai
import pytest

from kimi_core.models import MODELS
from kimi_core.testing import MoonshotSimulator, SimulatedReply, SimulatedToolCall
from tests.core.testing.support import body, post, post_raw, user

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def server() -> Iterator[MoonshotSimulator]:
    with MoonshotSimulator() as running:
        yield running


def _client(server: MoonshotSimulator, **settings: Any) -> openai.OpenAI:
    settings = {"max_retries": 0, "timeout": 10, "api_key": server.api_key, **settings}
    return openai.OpenAI(base_url=server.base_url, **settings)


@pytest.mark.parametrize(
    "headers", [{}, {"Authorization": "Bearer sk-other"}], ids=["none", "other"]
)
def test_a_key_is_needed(server: MoonshotSimulator, headers: dict[str, str]) -> None:
    status, _, answer = post_raw(server, b"{}", headers=headers)
    assert status == 401
    assert json.loads(answer) == {
        "error": {"message": "Invalid Authentication", "type": "invalid_authentication_error"}
    }
    assert [refusal.rule for refusal in server.refusals] == ["key"]


def test_the_key_can_be_chosen() -> None:
    with MoonshotSimulator(api_key="sk-mine") as server:
        assert (
            post_raw(
                server,
                b"",
                path="/v1/models",
                headers={"Authorization": "Bearer sk-mine"},
                method="GET",
            )[0]
            == 200
        )


@pytest.mark.parametrize("content", [b"{", b"[]", b"\xff"])
def test_a_body_is_a_json_object(server: MoonshotSimulator, content: bytes) -> None:
    status, _, answer = post_raw(server, content)
    assert (status, server.refusals[0].rule) == (400, "json")
    assert json.loads(answer)["error"]["type"] == "invalid_request_error"


@pytest.mark.parametrize(
    ("method", "path"), [("POST", "/v1/embeddings"), ("GET", "/v1/completions")]
)
def test_other_routes_do_not_exist(server: MoonshotSimulator, method: str, path: str) -> None:
    assert post_raw(server, b"{}", path=path, method=method)[0] == 404
    assert server.refusals[0].rule == "route"


def test_requests_are_recorded_in_order(server: MoonshotSimulator) -> None:
    post(server, body(user("One")))
    post(server, body(user("Two"), model="gpt"))
    assert [request.body["messages"][0]["content"] for request in server.requests] == ["One", "Two"]
    first = server.requests[0]
    assert (first.method, first.path) == ("POST", "/v1/chat/completions")
    assert first.headers["authorization"] == f"Bearer {server.api_key}"
    assert [refusal.request for refusal in server.refusals] == [server.requests[1]]


def test_a_refusal_leaves_the_queue_alone(server: MoonshotSimulator) -> None:
    server.reply(SimulatedReply(content="One"), SimulatedReply(content="Two"))
    post(server, body(temperature=0))
    contents = [post(server, body())[1]["choices"][0]["message"]["content"] for _ in range(3)]
    assert contents == ["One", "Two", "You said: Hi"]


def test_the_models_are_those_served_today(server: MoonshotSimulator) -> None:
    with _client(server) as client:
        models = {model.id: model.model_extra for model in client.models.list()}
    # Those of 2026-11; that each live row is served, and no other, is in test_tables.py.
    assert {*_K3_SERIES, *_K2_SERIES} <= models.keys()
    assert models["kimi-k3"] == {
        "context_length": 1_048_576,
        "supports_image_in": True,
        "supports_video_in": True,
        "supports_reasoning": True,
    }


_K2_SERIES = ["kimi-k2.6", "kimi-k2.7-code", "kimi-k2.7-code-highspeed"]
_K3_SERIES = ["kimi-k3.1-pro", "kimi-k3.1-pro-highspeed", "kimi-k3"]


def test_a_new_account_does_not_see_the_k2_series() -> None:
    with MoonshotSimulator(k2_series=False) as server:
        with _client(server) as client:
            served = {model.id for model in client.models.list()}
        assert set(_K3_SERIES) <= served
        assert {MODELS[name].dialect for name in served} == {"k3"}
        for name in _K2_SERIES:
            status, answer = post(server, body(model=name))
            message = f"Not found the model {name} or Permission denied"
            error = {"message": message, "type": "resource_not_found_error"}
            assert (status, answer) == (404, {"error": error})
        assert [post(server, body(model=name))[0] for name in _K3_SERIES] == [200] * 3


def test_balance_and_token_estimate(server: MoonshotSimulator) -> None:
    _, _, answer = post_raw(server, b"", path="/v1/users/me/balance", method="GET")
    balance = json.loads(answer)["data"]
    assert set(balance) == {"available_balance", "voucher_balance", "cash_balance"}
    path = "/v1/tokenizers/estimate-token-count"
    counts = [
        post(server, body(user("word " * n)), path)[1]["data"]["total_tokens"] for n in (1, 99)
    ]
    assert 0 < counts[0] < counts[1]
    assert post(server, body(model="gpt"), path)[0] == 404


def test_a_scripted_error_reaches_the_sdk(server: MoonshotSimulator) -> None:
    overloaded = {"error": {"message": "busy", "type": "engine_overloaded_error"}}
    server.reply(SimulatedReply(error=(429, overloaded), retry_after=7))
    with _client(server) as client, pytest.raises(openai.RateLimitError) as caught:
        client.chat.completions.create(model="kimi-k3", messages=[{"role": "user", "content": "?"}])
    assert caught.value.response.headers["retry-after"] == "7"
    assert caught.value.body == overloaded["error"]
    assert server.refusals == []


def test_a_retry_gets_the_next_reply(server: MoonshotSimulator) -> None:
    server.reply(
        SimulatedReply(error=(503, {"error": {}}), retry_after=0.01), SimulatedReply(content="Hi")
    )
    with _client(server, max_retries=1) as client:
        answer = client.chat.completions.create(
            model="kimi-k3", messages=[{"role": "user", "content": "?"}]
        )
    assert answer.choices[0].message.content == "Hi"
    assert len(server.requests) == 2


def test_answers_can_depend_on_the_question() -> None:
    def model(asked: Any) -> SimulatedReply | None:
        said = asked["messages"][-1]["content"]
        return SimulatedReply(content="Nine.") if "3 * 3" in said else None

    with MoonshotSimulator(answer=model) as server:
        server.reply(SimulatedReply(content="Scripted."))
        asked = [body(user(text)) for text in ("3 * 3?", "What is 3 * 3?", "Why?")]
        answers = [post(server, one)[-1]["choices"][0]["message"]["content"] for one in asked]
    assert answers == ["Scripted.", "Nine.", "You said: Why?"]


def test_a_gateway_answers_in_html(server: MoonshotSimulator) -> None:
    server.reply(SimulatedReply(error=(504, "<html>Gateway Timeout</html>")))
    status, headers, answer = post_raw(server, json.dumps(body()).encode())
    assert (status, answer) == (504, b"<html>Gateway Timeout</html>")
    assert headers["content-type"] == "text/html; charset=utf-8"
    assert headers["x-trace-id"] == "simulated-1"


@pytest.mark.parametrize("count", [0, 1, 3])
def test_a_stream_breaks_after_so_many_events(server: MoonshotSimulator, count: int) -> None:
    server.reply(SimulatedReply(content="one two three four", truncate_after=count))
    with pytest.raises(http.client.IncompleteRead) as caught:
        post_raw(server, json.dumps(body(stream=True)).encode())
    assert caught.value.partial.count(b"data: ") == count


def test_a_body_breaks_after_so_many_bytes(server: MoonshotSimulator) -> None:
    server.reply(SimulatedReply(content="one two three four", truncate_after=20))
    with pytest.raises(http.client.IncompleteRead) as caught:
        post_raw(server, json.dumps(body()).encode())
    assert len(caught.value.partial) == 20


def test_many_clients_at_once_are_all_answered(server: MoonshotSimulator) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda n: post(server, body(user(f"{n}")))[1], range(24)))
    contents = [answer["choices"][0]["message"]["content"] for answer in answers]
    assert contents == [f"You said: {n}" for n in range(24)]
    ids = {answer["id"] for answer in answers}
    assert len(ids) == 24
    assert all(re.fullmatch("chatcmpl-[0-9a-f]{24}", name) for name in ids)


def test_a_client_that_hangs_up_hurts_nobody(capfd: pytest.CaptureFixture[str]) -> None:
    with MoonshotSimulator() as server:
        server.reply(SimulatedReply(content="x" * 20_000_000, chunk_size=1_000_000))
        with _client(server) as client:
            stream = client.chat.completions.create(
                model="kimi-k3", messages=[{"role": "user", "content": "?"}], stream=True
            )
            next(iter(stream))
            stream.close()
        assert post(server, body())[0] == 200
    assert capfd.readouterr() == ("", "")  # its threads have ended by now


def test_it_stops_while_a_client_keeps_its_connection() -> None:
    before = set(threading.enumerate())
    simulator = MoonshotSimulator()
    with simulator as server:
        connection = http.client.HTTPConnection(server.base_url.split("/")[2], timeout=10)
        connection.request(
            "GET", "/v1/models", headers={"Authorization": f"Bearer {server.api_key}"}
        )
        assert connection.getresponse().read()
    assert set(threading.enumerate()) <= before
    connection.close()
    with pytest.raises(RuntimeError, match="with statement"):
        _ = simulator.base_url
    simulator.__exit__(None, None, None)


_FIXTURE_TEST = """
pytest_plugins = ["kimi_core.testing.plugin"]

def test_it(moonshot_simulator):
    from kimi_core.testing import SimulatedReply
    moonshot_simulator.reply(SimulatedReply(content="Hi"))
    assert moonshot_simulator.base_url.startswith("http://127.0.0.1:")
"""


def test_the_fixture_is_there_when_asked_for(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")  # they take seconds to load
    pytester.makepyfile(_FIXTURE_TEST)
    pytester.runpytest("-q").assert_outcomes(passed=1)
    pytester.makepyfile(_FIXTURE_TEST.replace("pytest_plugins", "nothing"))
    pytester.runpytest("-q").assert_outcomes(errors=1)


def test_call_ids_count_on_through_a_conversation(server: MoonshotSimulator) -> None:
    call = SimulatedReply(reasoning="Hm.", tool_calls=[SimulatedToolCall("add")])
    server.reply(call, call)
    history = [user()]
    for expected in ("add_0", "add_1"):
        _, answer = post(server, body(*history, model="kimi-k2.7-code"))
        message = answer["choices"][0]["message"]
        assert message["tool_calls"][0]["id"] == expected
        history += [message, {"role": "tool", "tool_call_id": expected, "content": "5"}]
    assert post(server, body(*history, model="kimi-k2.7-code"))[0] == 200
