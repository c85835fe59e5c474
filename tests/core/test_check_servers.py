"""`kimi_core.check` tells apart servers that are set up wrong, each by what its users would see.

The servers are simulated (see `tests.core.simulated_engine` and `kimi_core.testing`); what a real
vLLM sent is replayed from recordings where they lie beside the checkout.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from kimi_core.chat import Settings
from kimi_core.check import PROBES, run_check
from kimi_core.endpoints import ENDPOINTS
from kimi_core.testing import MoonshotSimulator
from tests.core.checking import ask, check_engine, statuses
from tests.core.simulated_engine import NO_PARSER, Setup, SimulatedEngine, Website, serving
from tests.scripted import Answer, body, listing
from tests.shared import shared_path

if TYPE_CHECKING:
    from collections.abc import Mapping

PARSER_FLAGS = "--enable-auto-tool-choice --tool-call-parser kimi_k2"
KEYLESS = {"endpoint": "moonshot", "model": None}


def test_a_server_that_is_set_up_right_is_green_throughout() -> None:
    report = check_engine()

    assert statuses(report, "green") == {probe.name for probe in PROBES}
    assert report.passed


@pytest.mark.parametrize(
    ("setup", "red", "probe", "seen", "fix"),
    [
        pytest.param(
            {"tool_parser": "off"},
            {"tool_call", "forced_tool_choice"},
            "tool_call",
            NO_PARSER,
            PARSER_FLAGS,
            id="a vLLM without a tool parser",
        ),
        pytest.param(
            {"tool_parser": "stripped"},
            {"tool_call", "forced_tool_choice"},
            "tool_call",
            'without its marker tokens: ...functions.get_weather:0{"city": "Paris"}',
            "skip_special_tokens=false",
            id="one with a parser, and stripped special tokens",
        ),
        pytest.param(
            {"obeys_tool_choice": False},
            {"forced_tool_choice"},
            "forced_tool_choice",
            "tool_choice is ignored: the server answered 'ready, steady, go'",
            "json_schema",
            id="a server that ignores tool_choice",
        ),
        pytest.param(
            {"reads_names": False},
            {"forced_tool_choice"},
            "forced_tool_choice",
            'get_time({"city": "Paris"})',
            "required",
            id="a server that reads no name",
        ),
        pytest.param(
            {"sends_reasoning": "dropped"},
            {"reasoning"},
            "reasoning",
            "no reasoning came, though kimi-k2.6 thinks",
            "--reasoning-parser kimi_k2",
            id="one that drops the model's reasoning",
        ),
        pytest.param(
            {"reads_reasoning": False},
            {"reasoning_round_trip"},
            "reasoning_round_trip",
            "sent back as `reasoning` does not reach the prompt",
            "reasoning_field=",
            id="one that drops reasoning in the history",
        ),
        pytest.param(
            {"sends_reasoning": "content"},
            {"reasoning"},
            "reasoning",
            "inside the content",
            "--reasoning-parser kimi_k2",
            id="one without a reasoning parser",
        ),
        pytest.param(
            {"cuts_streams": True},
            {"streaming", "forced_tool_choice"},  # which is asked for as a stream
            "streaming",
            "broke off after 'ready,'",
            "proxy_read_timeout",
            id="one that truncates streams",
        ),
        pytest.param(
            {"tool_parser": "broken"},
            {"tool_call", "forced_tool_choice"},
            "tool_call",
            'get_weather({"city": )',
            "tool_call_parser='client'",
            id="one that breaks arguments",
        ),
    ],
)
def test_what_is_wrong_is_red_and_nothing_else(
    setup: dict[str, Any], red: set[str], probe: str, seen: str, fix: str
) -> None:
    report = check_engine(**setup)

    assert statuses(report, "red") == red
    assert not report.passed
    finding = report.finding(probe)
    assert seen in finding.seen
    assert finding.means
    assert fix in finding.fix


def test_a_wrong_key_is_told_from_everything_else() -> None:
    with MoonshotSimulator() as server:
        report = ask(server.base_url, **KEYLESS, api_key="sk-of-somebody-else")

    assert statuses(report, "red") == {"auth"}
    assert statuses(report, "green") == {"reachability"}
    assert "Invalid Authentication" in report.finding("auth").seen
    assert "MOONSHOT_API_KEY" in report.finding("auth").fix
    # The model list, and one word: nothing is asked of a server that refuses the key.
    assert len(server.requests) == report.requests == 2


def test_a_key_of_the_other_region_is_told_from_a_wrong_one() -> None:
    """A key of api.moonshot.cn at api.moonshot.ai, both simulated."""
    with MoonshotSimulator(api_key="sk-global") as here, MoonshotSimulator(api_key="sk-cn") as cn:
        endpoint = replace(ENDPOINTS["moonshot"], base_url=here.base_url)
        other = replace(ENDPOINTS["moonshot-cn"], base_url=cn.base_url)
        settings = Settings(endpoint=endpoint, api_key="sk-cn", max_retries=0)
        there = cn.base_url
        report = run_check(settings, regions={"moonshot": other})

    assert statuses(report, "red") == {"auth"}
    assert report.finding("auth").seen.endswith(f"and taken at {there}")
    assert report.finding("auth").fix.startswith("Use endpoint='moonshot-cn'")


def test_a_retired_model_is_named_with_its_date_and_its_replacement() -> None:
    with MoonshotSimulator() as server:
        settings = {**KEYLESS, "model": "kimi-k2-0711-preview", "api_key": server.api_key}
        report = ask(server.base_url, **settings)

    assert statuses(report, "red") == {"model"}
    assert statuses(report, "green") == {"reachability", "auth"}
    assert report.finding("model").seen == "kimi-k2-0711-preview was retired here on 2026-05-25"
    assert report.finding("model").fix.startswith("Use model='kimi-k3.1-pro'")


@pytest.mark.parametrize("status", [200, 404, 403], ids=lambda status: f"a page with {status}")
def test_a_host_that_is_not_openai_compatible_at_all(status: int) -> None:
    with serving(Website(status)) as at:
        report = ask(at.base_url)

    assert statuses(report, "red") == {"reachability"}
    assert "not as an OpenAI-compatible API does" in report.finding("reachability").seen
    assert statuses(report, "skipped") == {p.name for p in PROBES} - {"reachability"}


class Replaying(SimulatedEngine):
    """Answers requests with tools with what a real vLLM sent, and others by itself."""

    def __init__(self, offered: str, forced: str) -> None:
        super().__init__(Setup(lists={}))
        # Read here, where a file that is absent skips the test: in the server's thread it would
        # only end the answer, and the test would fail for want of it.
        self._answers = {False: _recorded(offered), True: _recorded(forced)}

    def __call__(self, path: str, asked: Any, headers: Mapping[str, str]) -> Answer:
        if asked is None or not asked.get("tools"):
            return super().__call__(path, asked, headers)
        return self._answers["tool_choice" in asked]


def _recorded(name: str) -> Answer:
    data = shared_path(f"data/recordings/engines/{name}").read_bytes()
    kind = "text/event-stream" if name.endswith(".sse") else "application/json"
    status = 400 if b'"error"' in data[:20] else 200
    return Answer((data,), status, {"content-type": kind})


@pytest.mark.shared("data/recordings")
@pytest.mark.parametrize(
    ("offered", "forced", "expected"),
    [
        ("b-01-tools-auto.json", "b-09-named-stream.sse", ("green", "green")),
        (
            "a-04-chat-tools-auto-noparser.json",
            "a-05-chat-tools-named-noparser.json",
            ("red", "red"),
        ),
        ("b-03-tools-auto-nothink.json", "n-02-chat-raw-markers-stream.sse", ("green", "amber")),
        ("b-11-max-tokens-cuts-in-args.json", "b-10-required-stream.sse", ("red", "green")),
    ],
    ids=["with its parser", "without", "raw markers in a stream", "arguments cut short"],
)
def test_what_a_real_vllm_sent_is_judged(
    offered: str, forced: str, expected: tuple[str, str]
) -> None:
    with serving(Replaying(offered, forced)) as at:
        report = ask(at.base_url)

    found = tuple(report.finding(name).status for name in ("tool_call", "forced_tool_choice"))
    assert found == expected


@pytest.mark.shared("data/recordings")
def test_the_simulated_refusal_is_worded_as_the_real_one() -> None:
    path = shared_path("data/recordings/engines/a-04-chat-tools-auto-noparser.json")

    assert json.loads(path.read_text())["error"]["message"] == NO_PARSER


def _saying(**message: Any) -> Any:
    """Answer everything with the same message."""

    def answer(path: str, asked: Any, headers: Mapping[str, str]) -> Answer:
        del headers
        if asked is None:
            return listing("kimi") if path.endswith("/models") else Answer(status=404)
        choice = {"index": 0, "message": {"role": "assistant", **message}, "finish_reason": None}
        return body({"choices": [choice]})

    return answer


def test_the_old_server_of_ktransformers_is_named() -> None:
    """Recorded: no usage, and no finish reason."""
    with serving(_saying(content="ready")) as at:
        settings = {"endpoint": "ktransformers", "model": "kimi", "base_model": "kimi-k2-instruct"}
        found = ask(at.base_url, **settings).finding("usage")
    assert (found.status, "sglang-kt" in found.fix) == ("red", True)


def test_a_reasoning_parser_of_another_family_is_named() -> None:
    trapped = "Hm.<|close|>think<|sep|><|open|>response<|sep|>42"
    with serving(_saying(reasoning_content=trapped, content="")) as at:
        settings = {"model": "kimi", "base_model": "kimi-k3"}
        found = ask(at.base_url, **settings).finding("reasoning")
    assert found.status == "red"
    assert "another family" in found.means
    assert "--reasoning-parser kimi_k3" in found.fix


def test_a_llama_cpp_without_its_template_engine_is_named() -> None:
    def answer(path: str, asked: Any, headers: Mapping[str, str]) -> Answer:
        if asked and asked.get("tools"):
            return body({"error": {"message": "tools param requires --jinja flag"}}, 500)
        return SimulatedEngine(Setup(lists={}))(path, asked, headers)

    with serving(answer) as at:
        found = ask(at.base_url, endpoint="llama.cpp").finding("tool_call")
    assert (found.status, "with --jinja" in found.fix) == ("red", True)
