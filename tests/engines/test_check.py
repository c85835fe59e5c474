"""`kimi-k2 check` and `kimi-k2 verify` on real engines, set up right and wrong.

Owns: which probes are red on which server, and the flag that each names; three measured requests.
Neither has to do with a framework, so that each server is asked once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from kimi_core.chat import Settings
from kimi_core.check import PROBES, run_check
from kimi_core.verify import Job, Sample, verify
from tests.engines.scenario import HERE, QUESTION, RENDERED, WEATHER
from tests.engines.test_conversations import WAYS

if TYPE_CHECKING:
    from pathlib import Path

# All but the one for pictures: the bytes of the PNG that it sends depend on the library zlib, and
# so would the request that a cassette has to find again.
ASKED = {probe.name for probe in PROBES} - {"images"}
NO_TOOLS = "--tool-call-parser kimi_k2"
NO_REASONING = "--reasoning-parser kimi_k2"


class Setup(NamedTuple):
    """What a check says of a server.

    Attributes:
        engine: The server.
        way: How it is asked.
        red: The red probes, each with words of its repair.
        context: Words of the repair of a context that is shorter than Kimi's.
    """

    engine: str
    way: dict[str, Any]
    red: dict[str, str]
    context: str = ""


VLLM, SGLANG, LLAMA_CPP = "--max-model-len 262144", "--context-length 262144", "--ctx-size 262144"
SETUPS = {
    "vLLM": Setup("vllm", {}, {}, VLLM),
    "vLLM, slow tokenizer": Setup("vllm-slow", {}, {}, VLLM),
    "vLLM, prompt rendered here": Setup("vllm", RENDERED, {}, VLLM),
    "vLLM without a reasoning parser": Setup(
        "vllm-no-reasoning", {}, {"reasoning": NO_REASONING}, VLLM
    ),
    "vLLM without parsers": Setup(
        "vllm-raw",
        {},
        {"reasoning": NO_REASONING, "tool_call": NO_TOOLS, "forced_tool_choice": NO_TOOLS},
        VLLM,
    ),
    "vLLM without parsers, parsed here": Setup("vllm-raw", HERE, {}, VLLM),
    "vLLM with K3's parsers": Setup("vllm-wrong", {}, {"reasoning": NO_REASONING}, VLLM),
    "transformers": Setup("transformers", {}, {"reasoning_round_trip": "api='completions'"}),
    "transformers, prompt rendered here": Setup("transformers", RENDERED, {}),
    "SGLang": Setup("sglang", {}, {}, SGLANG),
    "SGLang, prompt rendered here": Setup("sglang", RENDERED, {}, SGLANG),
    "SGLang without a reasoning parser": Setup(
        "sglang-no-reasoning", {}, {"reasoning": NO_REASONING}, SGLANG
    ),
    "SGLang without parsers": Setup("sglang-raw", {}, {"reasoning": NO_REASONING}, SGLANG),
    "SGLang without parsers, parsed here": Setup("sglang-raw", HERE, {}, SGLANG),
    "SGLang with K3's parsers": Setup(
        "sglang-wrong", {}, {"reasoning": NO_REASONING, "tool_call": NO_TOOLS}, SGLANG
    ),
    "llama.cpp": Setup("llama.cpp", {}, {}, LLAMA_CPP),
    "llama.cpp, prompt rendered here": Setup("llama.cpp", RENDERED, {}, LLAMA_CPP),
    "llama.cpp without jinja": Setup(
        "llama.cpp-no-jinja",
        {},
        dict.fromkeys(
            ("reasoning", "reasoning_round_trip", "tool_call", "forced_tool_choice"), "--jinja"
        ),
        LLAMA_CPP,
    ),
}


@pytest.mark.parametrize(
    ("engine", "setup"),
    [(setup.engine, setup) for setup in SETUPS.values()],
    ids=SETUPS,
    indirect=["engine"],
)
def test_a_check_names_what_is_set_wrong(settings: dict[str, Any], setup: Setup) -> None:
    """And nothing else: what the tiny model cannot do, two calls at once, is no more than amber.

    The command asks with one retry. Transformers serve closes the connection behind its 500 at
    ``/models``, and llama.cpp's server an idle one just when it is used again, now and then; an
    error of the others would be repeated in its cassette for nothing.
    """
    retries = int(setup.engine in {"transformers", "llama.cpp"})
    report = run_check(Settings(**settings, **setup.way, max_retries=retries), only=ASKED)
    red = {found.probe: found.fix for found in report.findings if found.status == "red"}
    assert red.keys() == setup.red.keys(), report.findings
    for probe, words in setup.red.items():
        assert words in red[probe]
    assert setup.context in report.finding("context").fix


@pytest.mark.parametrize(("engine", "way"), WAYS.values(), ids=WAYS, indirect=["engine"])
def test_a_measured_call_fits(
    engine: tuple[str, str], settings: dict[str, Any], way: dict[str, Any], tmp_path: Path
) -> None:
    """A sample is sent as it stands: a vLLM without a tool parser refuses those with tools."""
    asked = {"messages": [{"role": "user", "content": QUESTION}], "temperature": 0.0}
    bodies = [{**asked, "tools": [WEATHER]}, {**asked, "tools": [WEATHER], "stream": True}, asked]
    samples = [Sample(number, body) for number, body in enumerate(bodies, 1)]
    job = Job(samples=samples, results=tmp_path / "results.jsonl", concurrency=1)
    report = verify(Settings(**settings, **way, max_retries=1), job, conformance=False)
    calls = 0 if engine[0] == "vllm-raw" else 2
    assert report.summary["success_count"] == calls + 1
    assert (report.repaired.trigger.good, report.repaired.schema.good) == (calls, calls)
    assert (report.repaired.leaked.good, report.repaired.reasoning.good) == (0, calls + 1)
