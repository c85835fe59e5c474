"""`kimi_core.check`: each probe's other answers, and errors in the middle of a check."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from kimi_core import local
from kimi_core.chat import Settings
from kimi_core.check import PROBES, Finding, Verdict, run_check
from kimi_core.testing import MoonshotSimulator, SimulatedReply
from tests.core.checking import ask, check_engine, statuses
from tests.core.simulated_engine import MODEL, Setup, SimulatedEngine, serving
from tests.scripted import Answer, body, error

INSTRUCT = "moonshotai/Kimi-K2-Instruct"
THINKING = "moonshotai/Kimi-K2-Thinking"


LIMITS: list[tuple[dict[str, Any], str, str, str]] = [
    ({"says": ""}, "chat", "amber", "the answer is empty (finish reason stop)"),
    ({"says": "word " * 30}, "chat", "green", "word ...'"),
    ({"streams": False}, "streaming", "amber", "the stream came in 1 piece"),
    ({"counts": "bodies"}, "usage", "amber", "streamed ones do not"),
    ({"counts": "nowhere"}, "usage", "amber", "does not state tokens"),
    ({"counts": "nowhere"}, "reasoning_round_trip", "amber", "cannot be told"),
    ({"calls": False}, "tool_call", "amber", "answered without a call: 'ready, steady, go'"),
    ({"calls": False}, "parallel_calls", "amber", "no call, though two were asked for"),
    ({"parallel": False}, "parallel_calls", "amber", "one call, though two were asked for"),
    ({"tool_parser": "leaks"}, "tool_call", "amber", "they were parsed here"),
    ({"keeps_schema": False}, "structured_output", "amber", "'ready, steady, go'"),
    ({"says": "[]", "keeps_schema": False}, "structured_output", "amber", "'[]'"),
    ({"sees": False}, "images", "amber", "answered with 'I see no image.'"),
    ({"lists": {"max_model_len": 8192}}, "context", "amber", "8192 tokens are served"),
    ({"lists": {"context_length": 262144}}, "context", "green", "262144 tokens"),
    ({"lists": {"context_window": 4096}}, "context", "amber", "4096 tokens are served"),
    ({"lists": {"meta": {"n_ctx": 2048}}}, "context", "amber", "2048 tokens are served"),
    ({"lists": {"max_model_len": None}}, "context", "skipped", "does not state it"),
]


@pytest.mark.parametrize(
    ("setup", "probe", "status", "seen"),
    LIMITS,
    ids=[f"{probe}: {seen}" for _, probe, _, seen in LIMITS],
)
def test_a_limit_is_amber_and_says_what_was_seen(
    setup: dict[str, Any], probe: str, status: str, seen: str
) -> None:
    finding = check_engine(**setup).finding(probe)

    assert finding.status == status
    assert seen in finding.seen


def test_a_shorter_context_is_told_with_the_setting_and_the_flag() -> None:
    fix = check_engine(lists={"max_model_len": 8192}).finding("context").fix

    assert (
        fix == "Set context_window=8192; or, for all of it, start vLLM with --max-model-len 262144."
    )


def test_leaked_tokens_are_red_where_parsing_here_is_forbidden() -> None:
    report = check_engine({"tool_call_parser": "server"}, tool_parser="leaks")

    assert statuses(report, "red") == {"tool_call", "forced_tool_choice"}
    assert "Set tool_call_parser='auto'" in report.finding("tool_call").fix


def test_leaked_tokens_are_as_configured_where_they_are_parsed_here() -> None:
    """The endpoint ktransformers parses here by default."""
    settings = {"endpoint": "ktransformers", "model": INSTRUCT}
    report = check_engine(settings, tool_parser="leaks", model=INSTRUCT, thinks=False)

    assert report.finding("tool_call").seen.startswith("parsed here, as configured")
    assert report.passed


def test_reasoning_in_the_content_is_as_configured_where_it_is_split_here() -> None:
    settings = {"endpoint": "ktransformers", "model": MODEL}
    report = check_engine(settings, tool_parser="leaks", sends_reasoning="content")

    assert report.finding("reasoning").seen == "reasoning is split off here, from raw tokens"


def test_a_model_without_thinking_is_asked_for_none() -> None:
    report = check_engine({"model": INSTRUCT}, model=INSTRUCT, thinks=False)

    assert statuses(report, "skipped") == {"reasoning", "reasoning_round_trip", "images"}
    assert report.passed


def test_a_model_that_always_thinks_gets_room_for_it() -> None:
    with serving(SimulatedEngine(Setup(lists={}, model=THINKING))) as at:
        report = ask(at.base_url, model=THINKING)

    limits = [s.json["max_tokens"] for s in at.seen if s.path.endswith("completions")]
    assert report.passed
    assert limits[0] == 2000


def test_kimi_k3_is_asked_to_think_little() -> None:
    with MoonshotSimulator() as server:
        settings = {"endpoint": "moonshot", "model": "kimi-k3", "api_key": server.api_key}
        report = ask(server.base_url, **settings)

    assert report.passed
    assert server.refusals == []
    assert server.requests[1].body["reasoning_effort"] == "low"


def test_a_choice_that_the_model_does_not_take_is_given_up_with_the_reason() -> None:
    with MoonshotSimulator() as server:
        settings = {"endpoint": "moonshot", "model": "kimi-k2.7-code", "api_key": server.api_key}
        report = ask(server.base_url, **settings)

    assert report.finding("forced_tool_choice").status == "amber"
    assert "incompatible with thinking" in report.finding("forced_tool_choice").seen
    assert server.refusals == []


def test_what_this_package_refuses_is_told_in_its_own_words() -> None:
    """On the completions route TensorRT-LLM has no grammar to force a call with."""

    def answer(path: str, asked: Any, headers: Any) -> Answer:
        if path == "/v1/completions":
            choice = {"index": 0, "text": "ready", "finish_reason": "stop"}
            return body({"choices": [choice], "usage": {"prompt_tokens": 1}})
        return SimulatedEngine(Setup(lists={}, model=INSTRUCT))(path, asked, headers)

    settings = {"endpoint": "tensorrt-llm", "api": "completions", "model": INSTRUCT}
    settings |= {"tool_call_parser": "client"}
    with serving(answer) as at:
        report = ask(at.base_url, **settings)

    assert report.finding("forced_tool_choice").status == "amber"
    assert "has no grammar" in report.finding("forced_tool_choice").seen
    assert report.finding("structured_output").status == "amber"
    assert "response_format does not go with" in report.finding("structured_output").seen


class Failing(SimulatedEngine):
    """Answers the first question, and fails then."""

    def __init__(self, failure: Answer) -> None:
        super().__init__(Setup(lists={}))
        self._failure = failure
        self._asked = 0

    def __call__(self, path: str, asked: Any, headers: Any) -> Answer:
        self._asked += asked is not None
        return self._failure if self._asked > 1 else super().__call__(path, asked, headers)


@pytest.mark.parametrize(
    ("failure", "status", "fix"),
    [
        (error(429, "max RPM: 3", "rate_limit_reached_error"), "amber", "Wait a minute"),
        (error(429, "currently overloaded", "engine_overloaded_error"), "amber", "again later"),
        (error(429, "no", "exceeded_current_quota_error"), "red", "Recharge"),
        (error(400, "no such field", "invalid_request_error"), "red", "server's message"),
        (error(500, "boom", "server_error"), "red", "server's message"),
        (body({"neither": "choices"}), "red", "a proxy, a gateway"),
        (body({"choices": ["what is this"]}), "red", "a proxy, a gateway"),
        (Answer((), 200, {"content-type": "application/json"}, stalls=True), "red", "--timeout"),
    ],
    ids=[
        *("rate limit", "busy", "no balance", "refusal", "crash"),
        *("no choices", "other choices", "silence"),
    ],
)
def test_an_error_in_the_middle_is_a_finding(failure: Answer, status: str, fix: str) -> None:
    with serving(Failing(failure)) as at:
        report = ask(at.base_url, timeout=0.2 if failure.stalls else 60)

    assert report.finding("chat").status == "green"
    for name in ("streaming", "reasoning", "tool_call"):
        assert report.finding(name).status == status
        assert fix in report.finding(name).fix


def test_a_refusal_of_what_can_be_done_without_is_amber() -> None:
    with serving(Failing(error(400, "no such field", "invalid_request_error"))) as at:
        report = ask(at.base_url)

    assert statuses(report, "amber") == {"structured_output", "images"}
    assert report.finding("images").seen == "images are refused: no such field"


def test_usage_is_judged_by_what_came_where_the_stream_failed() -> None:
    with serving(Failing(error(500, "boom", "server_error"))) as at:
        report = ask(at.base_url)

    assert report.finding("usage").status == "green"


def test_requests_and_tokens_are_counted() -> None:
    with serving(SimulatedEngine(Setup(lists={}))) as at:
        report = ask(at.base_url)

    answered = [seen.json for seen in at.seen if seen.json is not None]
    assert report.requests == len(at.seen)
    assert report.completion_tokens == 7 * len(answered)
    assert report.prompt_tokens > 0


@pytest.mark.filterwarnings("ignore::kimi_core.UnknownModelWarning")  # a file, no Kimi
@pytest.mark.parametrize(
    ("model", "loaded"), [(None, None), ("kimi.gguf", "kimi.gguf")], ids=["stand-in", "a GGUF"]
)
def test_the_embedded_engine_is_started_and_asked(
    monkeypatch: pytest.MonkeyPatch, model: str | None, loaded: str | None
) -> None:
    """The engine itself is replaced here; it runs in ``tests/engine``."""
    started: list[str | None] = []
    with serving(lambda *_: error(503, "Loading model", "unavailable_error")) as at:

        def shared_engine(name: str | None) -> Any:
            started.append(name)
            return SimpleNamespace(base_url=at.base_url)

        monkeypatch.setattr(local, "shared_engine", shared_engine)
        report = run_check(Settings(endpoint="local", model=model, max_retries=0))

    assert started == [loaded]
    assert report.base_url == at.base_url
    assert report.finding("chat").status == report.finding("usage").status == "amber"


def test_a_report_is_plain_json_and_says_whether_it_passed() -> None:
    report = check_engine(says="")
    told = report.to_dict()

    assert told["passed"] is True
    assert told["endpoint"] == "vllm"
    assert told["findings"][3]["probe"] == "chat"
    assert set(told["findings"][3]) == {"probe", "status", "seen", "means", "fix"}


def test_findings_are_told_as_they_are_made_and_some_probes_alone() -> None:
    told: list[Finding] = []
    with serving(SimulatedEngine(Setup(lists={}))) as at:
        settings = Settings(endpoint="vllm", base_url=at.base_url, model=MODEL)
        report = run_check(settings, only=("reachability", "auth"), on_finding=told.append)

    assert [finding.probe for finding in told] == ["reachability", "auth"]
    assert tuple(told) == report.findings


VERDICTS = [
    pytest.param(verdict, id=f"{probe.name}: {key}")
    for probe in PROBES
    for key, verdict in probe.verdicts.items()
    if verdict.status in {"amber", "red"}
]


@pytest.mark.parametrize("verdict", VERDICTS)
def test_every_amber_and_red_says_what_it_means_and_what_repairs_it(verdict: Verdict) -> None:
    assert verdict.means
    assert verdict.fix


def test_an_image_is_a_real_png() -> None:
    """The first bytes, and the size in its header."""
    with MoonshotSimulator() as server:
        server.reply(*[SimulatedReply(content="Red")] * 20)
        ask(server.base_url, endpoint="moonshot", model=None, api_key=server.api_key)
        sent = [r.body["messages"][0]["content"] for r in server.requests if r.body]

    (url,) = [part["image_url"]["url"] for c in sent if isinstance(c, list) for part in c[:1]]
    assert url.startswith("data:image/png;base64,iVBORw0KGgo")
    assert server.refusals == []
