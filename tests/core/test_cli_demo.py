"""``kimi-k2 demo`` with a loop of our own against a simulated server; no framework takes part.

The demo of both frameworks on the embedded engine is tested in ``tests/engine``.
"""

from __future__ import annotations

import html
import json
import re
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

pytest.importorskip("typer", reason="the command line needs the extra [cli]")

from kimi_core.chat import KimiChat, Settings
from kimi_core.cli import demo, main
from kimi_core.request import Options
from kimi_core.testing import MoonshotSimulator, SimulatedReply, SimulatedToolCall
from tests.core.asking import tool
from tests.core.commands import run, words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kimi_core.cli.demo import Stage

PICTURE = Path(__file__).parent.parent.parent / "docs" / "images" / "demo.svg"
LARGEST_PICTURE = 100_000

CALL = SimulatedReply(
    reasoning="I ask.",
    tool_calls=[SimulatedToolCall("get_weather", {"city": "Paris", "unit": "celsius"})],
)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[MoonshotSimulator]:
    """A simulated server whose key is in the environment."""
    with MoonshotSimulator() as running:
        monkeypatch.setenv("MOONSHOT_API_KEY", running.api_key)
        yield running


def ask_once(stage: Stage, *then: str) -> str:
    """Do what an adapter's loop does: ask, and execute what was called."""
    chat = KimiChat(Settings(**stage.settings))
    options = Options(tool_choice=stage.tool_choice)
    question = [{"role": "user", "content": text} for text in (stage.question, *then)]
    message = chat.open(chat.request(question, [tool()], options, stream=True)).read().message()
    chat.close()
    for call in message.tool_calls:
        stage.tool.get_weather(**json.loads(call.arguments))
    return message.content


def not_installed() -> Any:
    raise ModuleNotFoundError("No module named 'another_framework'", name="another_framework")


@pytest.fixture
def loops(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The registered loops, for the test to fill."""
    points: dict[str, Any] = {"ours": lambda: ask_once}

    def entry_points(*, group: str) -> list[Any]:
        assert group == "kimi_k2.demos"
        return [SimpleNamespace(name=name, load=load) for name, load in points.items()]

    monkeypatch.setattr(demo, "entry_points", entry_points)
    return points


def run_demo(server: MoonshotSimulator, *arguments: str) -> tuple[int, str]:
    result = run("demo", "--endpoint", "moonshot", "--base-url", server.base_url, *arguments)
    return result.exit_code, words(result.output)


@pytest.mark.usefixtures("loops")
def test_what_goes_over_the_wire_is_shown_and_judged(server: MoonshotSimulator) -> None:
    server.reply(CALL)
    code, output = run_demo(server, "--framework", "ours", "--model", "kimi-k2.6")

    assert code == 0
    assert "request 1: POST /chat/completions" in output
    assert "ToolCallStart get_weather id=get_weather:0" in output
    assert "ReasoningDelta x2 I ask." in output
    assert "ToolCallEnd complete=True" in output
    assert "executed: [{'city': 'Paris', 'unit': 'celsius'}]" in output
    assert "(no text)" in output
    assert "NOT Kimi" not in output


def test_a_prompt_that_goes_on_is_not_shown_twice(
    server: MoonshotSimulator, loops: dict[str, Any]
) -> None:
    """An agent's second request holds the first; what is new in it is what a reader wants."""
    loops["ours"] = lambda: lambda stage: ask_once(stage) + ask_once(stage, "And now?")
    server.reply(CALL, SimulatedReply(content="It is sunny."))
    output = run_demo(server)[1]

    assert output.count("What is the weather in Paris") == 1
    assert '(as before, and then:) , {"role": "user", "content": "And now?"}]' in output


@pytest.mark.usefixtures("loops")
def test_an_answer_without_a_call_fails(server: MoonshotSimulator) -> None:
    server.reply(SimulatedReply(content="It is sunny."))
    code, output = run_demo(server)

    assert code == 1
    assert "It is sunny." in output
    assert "ours │ no" in output


def test_a_framework_that_is_missing_fails_with_the_line_to_paste(
    server: MoonshotSimulator, loops: dict[str, Any]
) -> None:
    loops["other"] = not_installed
    server.reply(CALL)
    code, output = run_demo(server)

    assert code == 1
    assert "'another_framework' is not installed" in output
    assert 'pip install "kimi-k2-integrations[other]"' in " ".join(output.split())
    assert "ours │ yes" in output


@pytest.mark.usefixtures("loops")
def test_a_framework_that_nobody_registered_is_one_sentence(server: MoonshotSimulator) -> None:
    result = run("demo", "--base-url", server.base_url, "--framework", "theirs")

    assert result.exit_code == 2
    assert result.stderr == ("kimi-k2 demo: framework 'theirs' is not known; it is one of ours.\n")


def test_the_stand_in_is_made_to_call_and_is_not_called_kimi(loops: dict[str, Any]) -> None:
    """Its loop is told to force the call, to be brief, and to say the same thing every time.

    What it is shown once is another city's, and what the tool says of that city.
    """
    stages: list[Stage] = []

    def loop(stage: Stage) -> str:
        stages.append(stage)
        return stage.tool.get_weather("Paris", "celsius")

    loops["ours"] = lambda: loop
    result = run("demo")

    assert result.exit_code == 0
    assert "NOT Kimi" in words(result.output)
    assert stages[0].tool_choice == "required"
    assert stages[0].settings == {"endpoint": "local", "temperature": 0.0, "max_tokens": 160}
    shown = [message["content"] for message in stages[0].history]
    assert shown[2] == stages[0].tool.get_weather("London", "celsius")
    assert "Paris" not in " ".join(shown)


def test_the_picture_is_of_this_demo_and_asks_no_other_host() -> None:
    """``python scripts/docs_picture.py`` draws it. A line may be broken anywhere."""
    drawn = PICTURE.read_text(encoding="utf-8")
    said = "".join(re.findall(r">([^<>]+)</text>", drawn))
    said = re.sub(r"[\s│]+", "", html.unescape(html.unescape(said)))
    stage = demo.Stage({}, None)
    shown = [str(message["content"]) for message in demo._ANSWERED]
    answer = "It is 18 degrees celsius and sunny in Paris."

    assert len(drawn) < LARGEST_PICTURE
    assert set(re.findall(r"https?://[^\"/]+", drawn)) == {"http://www.w3.org"}
    assert re.findall(r"/(?:home|tmp|work|root)/", drawn) == []
    told = stage.tool.get_weather("Paris", "celsius")
    for text in (*shown, stage.question, told, answer):
        assert text.replace(" ", "") in said


def test_the_entry_point_runs_the_commands(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["kimi-k2", "models", "--json"])
    with pytest.raises(SystemExit) as ended:
        main()

    assert ended.value.code == 0
    assert json.loads(capsys.readouterr().out)[0]["name"] == "kimi-k3.1-pro"
