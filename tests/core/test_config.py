"""An API key comes from the argument, the environment or the nearest .env, and goes nowhere else.

Owns: `resolve_api_key`. That no error shows a key is in test_errors.py.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from kimi_core.config import resolve_api_key
from kimi_core.endpoints import ENDPOINTS, Endpoint
from kimi_core.errors import KimiConfigError

if TYPE_CHECKING:
    from pathlib import Path

MOONSHOT = ENDPOINTS["moonshot"]


class Hidden:
    """What pydantic's SecretStr looks like from outside."""

    def __init__(self, value: str) -> None:
        self._value = value

    def get_secret_value(self) -> str:
        """Return the hidden string."""
        return self._value


@pytest.fixture(autouse=True)
def _empty_environment(no_keys: None) -> None: ...


def test_the_argument_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOONSHOT_API_KEY", "from-environment")
    assert resolve_api_key(MOONSHOT, " given ", folder=tmp_path) == "given"
    assert resolve_api_key(MOONSHOT, Hidden("hidden"), folder=tmp_path) == "hidden"


@pytest.mark.parametrize(
    "nothing", [None, "", "  ", Hidden("")], ids=["None", "''", "blank", "hidden"]
)
def test_an_empty_argument_is_none(
    nothing: str | Hidden | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOONSHOT_API_KEY", "from-environment")
    assert resolve_api_key(MOONSHOT, nothing, folder=tmp_path) == "from-environment"


def test_the_first_name_comes_first_and_an_empty_one_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KIMI_API_KEY", "second")
    assert resolve_api_key(MOONSHOT, folder=tmp_path) == "second"
    monkeypatch.setenv("MOONSHOT_API_KEY", " ")
    assert resolve_api_key(MOONSHOT, folder=tmp_path) == "second"
    monkeypatch.setenv("MOONSHOT_API_KEY", "first")
    assert resolve_api_key(MOONSHOT, folder=tmp_path) == "first"


def test_the_nearest_env_file_going_up_is_read_and_never_exported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deep = tmp_path / "project" / "src"
    deep.mkdir(parents=True)
    (tmp_path / ".env").write_text("MOONSHOT_API_KEY=far\n")
    assert resolve_api_key(MOONSHOT, folder=deep) == "far"
    (tmp_path / "project" / ".env").write_text("export KIMI_API_KEY='near'\nMOONSHOT_API_KEY\n")
    before = dict(os.environ)
    monkeypatch.chdir(deep)
    assert resolve_api_key(MOONSHOT) == "near"
    assert dict(os.environ) == before
    monkeypatch.setenv("MOONSHOT_API_KEY", "from-environment")
    assert resolve_api_key(MOONSHOT) == "from-environment"


def test_a_folder_called_env_is_no_file(tmp_path: Path) -> None:
    (tmp_path / ".env").mkdir()
    with pytest.raises(KimiConfigError):
        resolve_api_key(MOONSHOT, folder=tmp_path)


def test_a_missing_key_says_where_was_looked_and_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(KimiConfigError) as caught:
        resolve_api_key(MOONSHOT, folder=tmp_path)
    assert str(caught.value) == (
        "api_key for endpoint 'moonshot' is missing: looked at the api_key argument, at "
        "MOONSHOT_API_KEY or KIMI_API_KEY in the environment, and in a .env file (none found). "
        "Pass api_key=..., or set MOONSHOT_API_KEY."
    )
    (tmp_path / ".env").write_text("OTHER=1\n")
    with pytest.raises(KimiConfigError) as caught:
        resolve_api_key(ENDPOINTS["openrouter"], folder=tmp_path)
    assert f"and in {tmp_path.resolve() / '.env'}." in str(caught.value)


def test_a_server_that_needs_no_key_gets_none(tmp_path: Path) -> None:
    assert resolve_api_key(ENDPOINTS["vllm"], folder=tmp_path) is None
    mine = Endpoint(name="mine", base_url="http://gpu/v1", needs_key=False)
    assert resolve_api_key(mine, "given", folder=tmp_path) == "given"
