"""Every program of examples/ runs, and prints what its reader expects.

Owns: what the simulator answers to each of them. May know: runpy; the adapters. The programs are
run as they are: where they make a `ChatKimiK2` or a `KimiClient`, it is one of the simulator's. No
model answers.
"""

from __future__ import annotations

import asyncio
import importlib
import os
import re
import runpy
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from kimi_core.platform import KimiClient
from kimi_core.testing import MoonshotSimulator, SimulatedReply, SimulatedToolCall

if TYPE_CHECKING:
    from collections.abc import Iterator

EXAMPLES = Path(__file__).parent.parent.parent / "examples"
FRAMEWORKS = {"langchain_kimi": "langchain_openai", "llama_index_kimi": "llama_index.core"}

# What is killed on its way, in a process of its own, has a file of tests for itself; another
# program of the list starts the server.
ELSEWHERE = {"mcp_server.py", "moonshot_batch.py", "ray_batch.py", "without_a_key.py"}
NEEDS = {"batch_progress.py": "tqdm", "mcp_tools.py": "langchain_mcp_adapters"}


def says(text: str, reasoning: str = "I think.") -> SimulatedReply:
    return SimulatedReply(content=text, reasoning=reasoning)


def calls(name: str, arguments: str) -> SimulatedReply:
    call = SimulatedToolCall(name, arguments)
    return SimulatedReply(reasoning="I look.", tool_calls=[call])


VOYAGE = '{"ship": "Aurora", "ports": ["Lisbon", "Funchal", "Recife"], "days": 11}'

# The program, what is answered in turn, and what must stand in what it prints.
RUNS: dict[str, tuple[list[SimulatedReply], list[str]]] = {
    "chat.py": ([says("To be told apart.")], ["To be told apart.", "It thought: I think."]),
    "streaming.py": ([says("Water.")], ["I think.", "Water."]),
    "tools.py": (
        [calls("high_tides", '{"port": "Brest"}'), says("At 04:12 and 16:35.")],
        ["high_tides({'port': 'Brest'})", "At 04:12 and 16:35."],
    ),
    "structured.py": (
        [says(VOYAGE), says(VOYAGE)],
        ["ship='Aurora' ports=['Lisbon', 'Funchal', 'Recife'] days=11", "'days': 11}"],
    ),
    "langchain_agent.py": (
        [
            calls("cargo_of", '{"ship": "Aurora"}'),
            calls("berth_for", '{"tonnes": 1200}'),
            says("Berth 7."),
        ],
        ["model: cargo_of({'ship': 'Aurora'})", "tools: 1200", "tools: berth 7", "model: Berth 7."],
    ),
    "langgraph_memory.py": (
        [calls("open_lock", '{"number": 4}'), says("It is open."), says("Lock 4.")],
        ["May I open_lock({'number': 4})? yes", "It is open.", "Lock 4."],
    ),
    "llama_index_agent.py": (
        [calls("depth_of", '{"river": "Elbe"}'), says("It may.")],
        ["depth_of({'river': 'Elbe'}) = 15", "It may."],
    ),
    "mcp_tools.py": (
        [
            calls("seconds_between_flashes", '{"lighthouse": "Eddystone"}'),
            says("Ten seconds pass."),
        ],
        ["({'lighthouse': 'Eddystone'})", "tools: 10", "model: Ten seconds pass."],
    ),
    "raw_vllm.py": (
        [calls("book_tug", '{"harbour": "Brest", "hour": 18}')],
        ["book_tug {'harbour': 'Brest', 'hour': 18}"],
    ),
    "openrouter_routing.py": ([says("Three.")], ["Three.", "cost in US dollars: not said"]),
    "batch_progress.py": ([says("No.")] * 12, ["12 answers, 0 errors"]),
    "files.py": ([says("A curve."), says("Three sentences.")], ["A curve.", "Three sentences."]),
}


@pytest.fixture(params=RUNS)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def server(name: str) -> Iterator[MoonshotSimulator]:
    lenient = name in {"raw_vllm.py", "openrouter_routing.py"}
    with MoonshotSimulator(rules="none" if lenient else "moonshot") as server:
        for reply in RUNS[name][0]:
            server.reply(reply)
        yield server


@pytest.fixture
def _asks_the_simulator(
    name: str, server: MoonshotSimulator, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    where = {"base_url": server.base_url, "api_key": server.api_key}
    at_server = {"endpoint": "moonshot", **where}
    adapter = "llama_index_kimi" if "llama" in name else "langchain_kimi"
    pytest.importorskip(FRAMEWORKS[adapter])
    pytest.importorskip(NEEDS.get(name, "kimi_core"))
    module = importlib.import_module(adapter)
    monkeypatch.setattr(module, "ChatKimiK2", partial(module.ChatKimiK2, **at_server))
    monkeypatch.setattr("kimi_core.platform.KimiClient", partial(KimiClient, **at_server))
    monkeypatch.setenv("VLLM_BASE_URL", server.base_url)
    picture = tmp_path / "chart.png"
    picture.write_bytes(b"\x89PNG\r\n\x1a\n made up")
    report = tmp_path / "report.pdf"
    report.write_bytes(b"%PDF-1.4 made up")
    monkeypatch.setattr(sys, "argv", ["files.py", str(picture), str(report)])


@pytest.mark.usefixtures("_asks_the_simulator")
# LlamaIndex's workflows look at every attribute of an agent, the deprecated ones of pydantic too.
@pytest.mark.filterwarnings("ignore::pydantic.warnings.PydanticDeprecationWarning")
def test_an_example_runs_and_prints_what_its_reader_expects(
    name: str, server: MoonshotSimulator, capfd: pytest.CaptureFixture[str]
) -> None:
    run(EXAMPLES / name)

    printed = re.sub(r"\033\[\d+m", "", capfd.readouterr().out)
    assert [line for line in RUNS[name][1] if line not in printed] == []
    assert server.refusals == []


def run(program: Path) -> None:
    if program.name != "batch_progress.py":
        runpy.run_path(str(program), run_name="__main__")
        return
    found = runpy.run_path(str(program), run_name="imported")  # a thousand would be too many here
    asyncio.run(found["main"](found["QUESTIONS"][:12]))


@pytest.mark.deep  # each imports its framework anew
@pytest.mark.parametrize("name", sorted(RUNS.keys() - {"batch_progress.py", "files.py"}))
def test_an_example_runs_without_a_key(name: str) -> None:
    """In a process of its own, with nothing in its environment: as somebody has it who tries it."""
    adapter = "llama_index_kimi" if "llama" in name else "langchain_kimi"
    pytest.importorskip(FRAMEWORKS[adapter])
    pytest.importorskip(NEEDS.get(name, "kimi_core"))
    command = [sys.executable, str(EXAMPLES / "without_a_key.py"), str(EXAMPLES / name)]
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(EXAMPLES.parent)}
    ran = subprocess.run(  # noqa: S603 - our own program
        command, env=environment, capture_output=True, text=True, check=False
    )

    assert ran.returncode == 0, ran.stderr
    made_up = {"structured.py": "(made up)", "raw_vllm.py": ""}
    assert made_up.get(name, "(Here Kimi would answer.)") in ran.stdout


def test_every_example_runs_here_and_is_short_and_listed() -> None:
    programs = {path.name: path.read_text(encoding="utf-8") for path in EXAMPLES.glob("*.py")}

    assert programs.keys() == RUNS.keys() | ELSEWHERE
    folder = [path.read_text(encoding="utf-8") for path in EXAMPLES.glob("chat_page/*.py")]
    assert max(len(text.splitlines()) for text in [*programs.values(), *folder]) < 60
    listed = re.findall(r"\]\((\w+\.py)\)", (EXAMPLES / "README.md").read_text(encoding="utf-8"))
    assert sorted(listed) == sorted(programs)
