"""The entry point of the command line, where its extra is missing."""

from __future__ import annotations

import builtins
from typing import Any

import pytest

from kimi_core.cli import main


def test_without_its_extra_the_command_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """No traceback, exit code 2, and the line to paste."""
    real_import = builtins.__import__

    def without_typer(name: str, *args: Any, **kwargs: Any) -> Any:
        if name == "kimi_core.cli.app":
            raise ModuleNotFoundError("No module named 'typer'", name="typer")
        return real_import(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without_typer)
    with pytest.raises(SystemExit) as stopped:
        main()
    assert stopped.value.code == 2
    assert 'pip install "kimi-k2-integrations[cli]"' in capsys.readouterr().err
