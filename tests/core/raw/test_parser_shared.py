"""Third-party cases and probes: what other parsers' tests and real engines were given.

Owns: the reading of that data, and the comparison. May know: the public API, and `cases_ours` for
where we decide otherwise. The data lies beside the checkout; without it these tests are skipped.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from kimi_core.raw.parser import parse
from tests.core.raw.cases_common import SB, SE, WEATHER, cut, message_of, section
from tests.core.raw.cases_common import call as k2_call
from tests.core.raw.cases_ours import DEVIATIONS
from tests.shared import shared_path

if TYPE_CHECKING:
    from kimi_core.events import ParsedMessage, ToolCall

SIZES = (1, 3, 1_000_000)


def _load(name: str) -> list[dict[str, Any]]:
    path = shared_path(f"data/raw/{name}")
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def _text(case: dict[str, Any]) -> str:
    return case["text"] if "text" in case else "".join(case["chunks"])


def _options(case: dict[str, Any]) -> dict[str, Any]:
    starts = case.get("start_in_reasoning") or case.get("start_in") == "think"
    return {
        "dialect": "k3" if case["model"] == "k3" else "k2",
        "thinking": bool(starts),
        "tools": case.get("tools"),
        "finish_reason": "length" if case.get("truncated") else "stop",
    }


def _same(call: ToolCall, expected: dict[str, Any]) -> bool:
    """Whether a call is what a case says of it; what it does not say is not compared."""
    names = {"id": call.id, "name": call.name, "tool_index": call.index}
    if any(expected[key] != names[key] for key in names if key in expected):
        return False
    if "arguments" not in expected:
        return True
    if expected.get("compare") == "json":
        return bool(json.loads(call.arguments) == json.loads(expected["arguments"]))
    return bool(call.arguments == expected["arguments"])


def _assert_theirs(case: dict[str, Any], message: ParsedMessage) -> None:
    expect = case["expect"]
    if expect.get("reasoning") is not None:
        assert message.reasoning == expect["reasoning"]
    if case.get("layer") == "reasoning_splitter":
        # The source is a layer that leaves the tool markup to the next one.
        rest = parse(expect.get("content") or "", _options(case)["dialect"])
        assert (message.content, message.tool_calls) == (rest.content, rest.tool_calls)
        return
    if expect.get("content") is not None:
        assert message.content == expect["content"]
    for text in case.get("assert_not_in_content", ()):
        assert text not in message.content
    if "tool_calls" in expect:
        assert len(message.tool_calls) == len(expect["tool_calls"])
        assert all(map(_same, message.tool_calls, expect["tool_calls"]))


def _assert_ours(case: dict[str, Any], message: ParsedMessage) -> None:
    ours = DEVIATIONS[case["name"]][1]
    found = {
        "content": message.content,
        "ids": [call.id for call in message.tool_calls],
        "names": [call.name for call in message.tool_calls],
        "arguments": [call.arguments for call in message.tool_calls],
    }
    for key, value in ours.items():
        assert found[key] == value
    if "content" not in ours and case["expect"].get("content") is not None:
        assert message.content == case["expect"]["content"]


@pytest.mark.shared("data/raw")
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("model", ["k2", "k2-thinking", "k3"])
def test_third_party_cases(model: str, size: int) -> None:
    cases = [case for case in _load("parser_cases.jsonl") if case["model"] == model]
    assert cases
    for case in cases:
        message = message_of(cut(_text(case), size), **_options(case))
        if case["name"] in DEVIATIONS:
            _assert_ours(case, message)
        else:
            _assert_theirs(case, message)


@pytest.mark.shared("data/raw")
def test_every_deviation_is_one() -> None:
    """A deviation that agrees with its case, or has none, is stale."""
    cases = {case["name"]: case for case in _load("parser_cases.jsonl")}
    assert set(DEVIATIONS) <= set(cases)
    for name in DEVIATIONS:
        case = cases[name]
        message = message_of([_text(case)], **_options(case))
        if "error" not in case["expect"]:
            with pytest.raises(AssertionError):
                _assert_theirs(case, message)


# What the real parsers of vLLM 0.33 and SGLang 0.5.23 lose or leak, by the number of the probe:
# (content, [(name, arguments)]). A probe that is not listed has the plain result.
def _text_of(raw: str, arguments: str) -> str:
    return section(k2_call(arguments, raw))


_PLAIN = ("", [("get_weather", '{"city":"X"}')])
PROBES: dict[str, tuple[str, list[tuple[str, str]]]] = {
    "P01": ("Hi ", _PLAIN[1]),
    "P02": ("Hi ", _PLAIN[1]),
    "P04": ("", [*_PLAIN[1], ("get_weather", '{"city":"Y"}')]),
    "P06": ("", [("get_weather", '{"city":"X')]),
    "P07": ("", [("get_weather", '{"city":"a<|tool_call_end|>b"}')]),
    "P08": ("", [("get_weather", '{"city":"a<|tool_calls_section_end|>b"}')]),
    "P09": ("", [("get_weather", '{"city":"a<|tool_call_begin|>b"}')]),
    "P10": (" after", _PLAIN[1]),
    "P11": ("", [("get_weather", "{}")]),
    "P12": ("", [("get_weather", '{"city":')]),
    "P14": (_text_of("functions.mcp__s__a-b:0", '{"city":"X"}'), []),
    "P19": (" ", _PLAIN[1]),
    "P22": ("mid", [*_PLAIN[1], ("get_weather", '{"city":"Y"}')]),
    "P24": ("", [*_PLAIN[1], ("get_weather", '{"city":"Y"}')]),
    "P25": (_text_of("functions.nope:0", '{"q":1}'), []),
    "P27": ("a < b <", []),
    "P31": ('functions.get_weather:0{"city":"X"}', []),
    "P32": (f"a{SB}{SE}b", []),
}


@pytest.mark.shared("data/raw")
@pytest.mark.parametrize("size", SIZES)
def test_engine_probes(size: int) -> None:
    probes = _load("engine_probes.jsonl")
    assert len(probes) == 32
    for probe in probes:
        message = message_of(cut(probe["text"], size), tools=[WEATHER])
        content, calls = PROBES.get(probe["probe"][:3], _PLAIN)
        assert message.content == content, probe["probe"]
        assert [(call.name, call.arguments) for call in message.tool_calls] == calls
        assert len({call.id for call in message.tool_calls}) == len(calls)


@pytest.mark.shared("data/recordings")
def test_leaked_raw_text_of_real_models_yields_its_calls() -> None:
    path = shared_path("data/recordings/leaks-raw-markers.jsonl")
    for line in path.read_text(encoding="utf-8").splitlines():
        leak = json.loads(line)
        message = parse(leak["text"], thinking=leak["where"] == "reasoning_content")
        assert len(message.tool_calls) == leak["text"].count("<|tool_call_begin|>")
        for call in message.tool_calls:
            assert json.loads(call.arguments)
            assert call.complete
        assert "tool_call" not in message.content
