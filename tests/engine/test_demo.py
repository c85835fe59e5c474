"""``kimi-k2 demo``, the first command of the README, run as a user runs it."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("typer", reason="the command line needs the extra [cli]")
pytest.importorskip("langchain_openai", reason="the demo runs both frameworks")
pytest.importorskip("llama_index.core", reason="the demo runs both frameworks")


def run_demo(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = shutil.which("kimi-k2", path=str(Path(sys.executable).parent))
    assert command is not None, "the package is not installed: make test installs it"
    return subprocess.run(  # noqa: S603 - our own command with our own arguments
        [command, "demo", *arguments],
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.engine
@pytest.mark.parametrize(
    ("arguments", "frameworks"),
    [
        # The README's first command: .ci/run starts it as well.
        pytest.param(("--framework", "langchain"), 1, id="one framework", marks=pytest.mark.deep),
        pytest.param((), 2, id="both frameworks", marks=pytest.mark.deep),
    ],
)
def test_a_framework_calls_the_tool_through_kimis_tokens(
    arguments: tuple[str, ...], frameworks: int, tmp_path: Path
) -> None:
    """It exits with 0, shows the raw tokens, says that the model is not Kimi, and answers."""
    result = run_demo(*arguments, cwd=tmp_path)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "NOT Kimi" in result.stdout
    assert result.stdout.count("<|tool_calls_section_begin|>") >= frameworks
    assert result.stdout.count("ToolCallStart") >= frameworks
    answers = re.findall(r"final answer ─+╮\n│ (.+?) +│\n╰", result.stdout)
    assert answers == ["It is 18 degrees celsius and sunny in Paris."] * frameworks


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--endpoint", "moonshoot"), "Did you mean 'moonshot'"),
        (("--framework", "langhcain"), "it is one of langchain, llama-index"),
    ],
    ids=["unknown endpoint", "unknown framework"],
)
def test_a_wrong_option_is_one_clear_sentence(
    arguments: tuple[str, ...], said: str, tmp_path: Path
) -> None:
    """It exits with 2 and prints no traceback."""
    result = run_demo(*arguments, cwd=tmp_path)
    assert result.returncode == 2
    assert said in " ".join(result.stderr.split())
    assert "Traceback" not in result.stderr


def test_a_missing_key_says_where_was_looked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is asked; the sentence names the variables."""
    monkeypatch.delenv("MOONSHOT_API_KEY", raising=False)
    monkeypatch.delenv("KIMI_API_KEY", raising=False)
    result = run_demo("--endpoint", "moonshot", cwd=tmp_path)
    assert result.returncode == 2
    assert "MOONSHOT_API_KEY or KIMI_API_KEY" in " ".join(result.stderr.split())
