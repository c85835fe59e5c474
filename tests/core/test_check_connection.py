"""`kimi_core.check` on the way to a server: addresses, keys, and names of models."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from kimi_core.chat import KimiChat, Settings
from kimi_core.check import run_check
from kimi_core.endpoints import ENDPOINTS
from kimi_core.errors import KimiConfigError, KimiError
from kimi_core.testing import MoonshotSimulator
from tests.core.checking import ask, check_engine, statuses
from tests.core.simulated_engine import MODEL, Setup, SimulatedEngine, serving
from tests.scripted import Answer, body, error

NOBODY = "http://127.0.0.1:9/v1"
ROW = {"max_model_len": 262_144}


def test_nobody_there() -> None:
    report = ask(NOBODY)

    assert statuses(report, "red") == {"reachability"}
    assert report.finding("reachability").seen.startswith(f"no answer from {NOBODY}/models: ")
    assert report.finding("chat").seen == "not asked, because of: model"
    assert report.requests == 1


def test_a_base_url_without_v1_is_told_with_the_right_one() -> None:
    with serving(SimulatedEngine(Setup(lists=ROW))) as at:
        report = ask(at.base_url.removesuffix("/v1"), endpoint="custom")

    assert statuses(report, "red") == {"reachability"}
    assert report.finding("reachability").fix == f"Set base_url to {at.base_url}"


def test_a_base_url_without_v1_where_v1_has_no_api_either() -> None:
    with serving(lambda *_: body({"detail": "Not Found"}, 404)) as at:
        report = ask(at.base_url.removesuffix("/v1"), endpoint="custom")

    assert statuses(report, "red") == {"model"}
    assert report.finding("model").fix.endswith("usually /v1.")


def test_a_server_without_a_list_of_models_is_no_less_a_server() -> None:
    report = check_engine(lists=None)

    assert report.passed
    assert "lists no models" in report.finding("reachability").seen
    assert report.finding("model").seen == f"{MODEL} is not refused; there is no list"
    assert report.finding("context").status == "skipped"


def test_a_bare_list_of_models_is_a_list_too() -> None:
    """Together answers so."""
    engine = SimulatedEngine(Setup())

    def answer(path: str, asked: Any, headers: Any) -> Answer:
        if path == "/v1/models":
            return body([{"id": MODEL}, "not a row", {"object": "no id"}])
        return engine(path, asked, headers)

    with serving(answer) as at:
        report = ask(at.base_url)

    assert report.finding("model").seen == f"{MODEL} is served, and listed"


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (body({"hello": "world"}), "red"),  # JSON, and nothing that a chat could be
        (error(500, "out of memory", "server_error"), "green"),  # the probe chat says it
        (Answer((b"Internal Server Error",), 500, {"content-type": "text/plain"}), "green"),
    ],
    ids=["other JSON", "an API's error", "a crash in a line of text"],
)
def test_who_answers_nothing_useful(answer: Answer, status: str) -> None:
    with serving(lambda *_: answer) as at:
        report = ask(at.base_url)

    assert report.finding("reachability").status == status
    assert not report.passed


def test_a_server_that_takes_a_question_and_does_not_answer() -> None:
    """It is there, and takes the key, as far as anybody can tell; the probe chat says it."""
    silent = Answer(stalls=True)
    with serving(lambda _, asked, __: silent if asked else body({}, 404)) as at:
        report = ask(at.base_url, timeout=0.2)

    assert statuses(report, "red") == {"chat"}
    assert "did not answer in time" in report.finding("chat").seen


def test_the_key_does_not_follow_a_redirect() -> None:
    """Whoever it leads to would get the key."""
    with serving(SimulatedEngine(Setup(lists=ROW))) as elsewhere:
        moved = Answer((), 302, {"location": f"{elsewhere.base_url}/models"})
        with serving(lambda path, *_: moved if path == "/v1/models" else body({}, 500)) as at:
            ask(at.base_url, api_key="sk-secret")

    assert elsewhere.seen == []


def test_the_server_is_looked_at_through_the_adapters_own_transport() -> None:
    """A gateway that wants a header or a query of its own answers nothing without them."""
    with serving(SimulatedEngine(Setup(lists=ROW))) as at:
        ask(at.base_url, default_headers={"x-team": "blue"}, default_query={"region": "eu"})

    first, *_ = at.seen
    assert first.path == "/v1/models?region=eu"
    assert first.headers["x-team"] == "blue"


class TestKeys:
    """Which key is taken where."""

    def test_a_key_that_is_taken(self) -> None:
        report = check_engine({"api_key": "sk-right"}, key="sk-right")

        assert report.passed
        assert report.finding("auth").seen == "the key is taken"

    @pytest.mark.usefixtures("no_keys")
    def test_no_key_where_one_is_wanted(self) -> None:
        report = check_engine(key="sk-right")

        assert statuses(report, "red") == {"auth"}
        assert "wants a key and got none" in report.finding("auth").seen
        assert "Set VLLM_API_KEY" in report.finding("auth").fix

    def test_a_refused_key_at_an_endpoint_without_a_variable(self) -> None:
        report = check_engine({"endpoint": "tensorrt-llm", "api_key": "sk-wrong"}, key="sk-right")

        assert "set api_key" in report.finding("auth").fix

    def test_a_wrong_key_is_wrong_in_both_regions(self) -> None:
        with MoonshotSimulator() as here, MoonshotSimulator() as there:
            report = run_check(
                Settings(
                    endpoint=replace(ENDPOINTS["moonshot"], base_url=here.base_url),
                    api_key="sk-wrong",
                    max_retries=0,
                ),
                regions={"moonshot": replace(ENDPOINTS["moonshot-cn"], base_url=there.base_url)},
            )

        assert report.finding("auth").seen.startswith("the key is refused (status 401")

    def test_the_other_region_may_be_out_of_reach(self) -> None:
        with MoonshotSimulator() as here:
            report = run_check(
                Settings(
                    endpoint=replace(ENDPOINTS["moonshot"], base_url=here.base_url),
                    api_key="sk-wrong",
                    max_retries=0,
                ),
                regions={"moonshot": replace(ENDPOINTS["moonshot-cn"], base_url=NOBODY)},
            )

        assert report.finding("auth").seen.startswith("the key is refused (status 401")

    def test_a_key_for_a_proxy_is_not_shown_to_the_other_region(self) -> None:
        with MoonshotSimulator() as here, MoonshotSimulator(api_key="sk-wrong") as there:
            run_check(
                Settings(
                    endpoint="moonshot", base_url=here.base_url, api_key="sk-wrong", max_retries=0
                ),
                regions={"moonshot": replace(ENDPOINTS["moonshot-cn"], base_url=there.base_url)},
            )

        assert there.requests == []

    def test_a_server_that_repeats_the_key_does_not_get_it_into_the_report(self) -> None:
        refusal = error(401, "Incorrect API key provided: sk-secret.", "invalid_request_error")
        with serving(lambda *_: refusal) as at:
            report = ask(at.base_url, api_key="sk-secret")

        assert "Incorrect API key provided: [key hidden]." in report.finding("auth").seen
        assert "sk-secret" not in str(report.to_dict())


@pytest.mark.filterwarnings("ignore::kimi_core.UnknownModelWarning")  # names of a server's own
class TestModels:
    """Which model is asked for, and whether it is there."""

    def test_the_model_that_is_served_is_taken_where_none_was_named(self) -> None:
        report = check_engine({"model": None}, model="our-kimi")

        assert report.model == "our-kimi"
        assert report.finding("model").seen == "our-kimi is served, and listed"

    def test_a_served_name_that_is_kimis_is_sent_as_it_is(self) -> None:
        """A vLLM with --served-model-name kimi-k2.5 has no moonshotai/Kimi-K2.5."""
        report = check_engine({"model": None}, model="kimi-k2.5")

        assert report.model == "kimi-k2.5"
        assert report.finding("context").seen == "262144 tokens, as kimi-k2.5 has"
        assert report.passed

    def test_the_presets_own_spelling_is_taken_where_it_is_served(self) -> None:
        report = check_engine({"model": None}, model="moonshotai/Kimi-K2-Instruct", thinks=False)

        assert report.model == "moonshotai/Kimi-K2-Instruct"
        assert report.passed

    @pytest.mark.parametrize(
        "names",
        [
            ["our-kimi"],
            ["bge-m3", "kimi-k2.5"],
            ["kimi-k3", "moonshotai/Kimi-K2.5", "moonshotai/Kimi-K2.6", "kimi-k2.7-code"],
            ["moonshotai/Kimi-K2-Thinking", "moonshotai/Kimi-K2-Instruct"],
            ["bge-m3", "qwen"],
            [],
        ],
        ids=", ".join,
    )
    def test_the_model_that_is_asked_is_the_one_that_an_adapter_asks(
        self, names: list[str]
    ) -> None:
        rows = {"object": "list", "data": [{"id": name} for name in names]}
        refusal = error(404, "no such model", "not_found_error")
        with serving(lambda path, *_: body(rows) if path == "/v1/models" else refusal) as at:
            ask(at.base_url, model=None)
            chat = KimiChat(Settings(endpoint="vllm", base_url=at.base_url))
            with pytest.raises(KimiError):
                chat.open(chat.request([{"role": "user", "content": "Hi"}], stream=False))
        checked, adapter = [seen.json["model"] for seen in at.seen if seen.json]

        assert checked == adapter

    def test_a_model_under_another_name(self) -> None:
        report = check_engine({"model": "kimi-k2.6"}, model="our-kimi-k2.6")

        assert statuses(report, "red") == {"model"}
        assert report.finding("model").seen.endswith("the server has our-kimi-k2.6")
        assert "Use model='our-kimi-k2.6' with base_model='kimi-k2.6'" in (
            report.finding("model").fix
        )

    def test_a_model_that_looks_like_none_that_is_served(self) -> None:
        report = check_engine(model="zzz")

        assert "Use model='zzz'" in report.finding("model").fix

    def test_a_model_that_is_not_listed_and_answers(self) -> None:
        engine = SimulatedEngine(Setup())

        def answer(path: str, asked: Any, headers: Any) -> Answer:
            if path == "/v1/models":
                return body({"object": "list", "data": [{"id": "another"}]})
            return engine(path, asked, headers)

        with serving(answer) as at:
            report = ask(at.base_url)

        assert report.passed
        assert report.finding("model").seen.endswith("though /models does not list it")


@pytest.mark.parametrize(
    ("settings", "match"),
    [
        ({"endpoint": "vlm"}, "Did you mean 'vllm'"),
        ({"base_url": "localhost:8000"}, "is not an http"),
        ({"base_model": "gpt-4"}, "base_model 'gpt-4' is not a Kimi model"),
    ],
    ids=["endpoint", "base_url", "base_model"],
)
def test_settings_that_cannot_work_are_refused_before_any_request(
    settings: dict[str, Any], match: str
) -> None:
    with pytest.raises(KimiConfigError, match=match):
        run_check(Settings(**{"endpoint": "vllm", "base_url": NOBODY, **settings}))
