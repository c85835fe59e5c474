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
        "Pass api_key=..., or set MOONSHOT_API_KEY; the command kimi-k2 setup keeps it in .env."
    )
    with pytest.raises(KimiConfigError, match=r"kimi-k2 setup --endpoint openrouter keeps it"):
        resolve_api_key(ENDPOINTS["openrouter"], folder=tmp_path)
    (tmp_path / ".env").write_text("OTHER=1\n")
    with pytest.raises(KimiConfigError) as caught:
        resolve_api_key(ENDPOINTS["openrouter"], folder=tmp_path)
    assert f"and in {tmp_path.resolve() / '.env'}." in str(caught.value)


def test_a_server_that_needs_no_key_gets_none(tmp_path: Path) -> None:
    assert resolve_api_key(ENDPOINTS["vllm"], folder=tmp_path) is None
    mine = Endpoint(name="mine", base_url="http://gpu/v1", needs_key=False)
    assert resolve_api_key(mine, "given", folder=tmp_path) == "given"


UNREADABLE = {
    "no UTF-8": (b"MOONSHOT_API_KEY=\xff\xfe\n", "which cannot be read: UnicodeDecodeError"),
    "too large": (b"#" * (1024 * 1024 + 1), "more than 1048576 bytes, so not read"),
}


@pytest.mark.parametrize(("data", "reason"), UNREADABLE.values(), ids=UNREADABLE)
def test_a_file_that_cannot_be_read_matters_only_where_it_is_needed(
    data: bytes, reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".env").write_bytes(data)
    assert resolve_api_key(ENDPOINTS["vllm"], folder=tmp_path) is None
    with pytest.raises(KimiConfigError) as caught:
        resolve_api_key(MOONSHOT, folder=tmp_path)
    assert f"in {tmp_path / '.env'} ({reason}). Pass api_key=" in str(caught.value)
    monkeypatch.setenv("MOONSHOT_API_KEY", "from-environment")
    assert resolve_api_key(MOONSHOT, folder=tmp_path) == "from-environment"


def test_the_file_is_left_alone_where_the_environment_has_a_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may be a pipe, or lie on a disk that is not there."""
    monkeypatch.setenv("MOONSHOT_API_KEY", "from-environment")
    monkeypatch.setattr("pathlib.Path.is_file", lambda _: pytest.fail("looked at"))
    assert resolve_api_key(MOONSHOT, folder=tmp_path) == "from-environment"


def test_a_key_is_what_stands_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A dollar sign in it names no other variable of this process."""
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "made-up")
    (tmp_path / ".env").write_text("MOONSHOT_API_KEY=sk-${AWS_SECRET_ACCESS_KEY}-$1\n")
    assert resolve_api_key(MOONSHOT, folder=tmp_path) == "sk-${AWS_SECRET_ACCESS_KEY}-$1"


def test_an_endpoint_that_names_no_variable_wants_its_key_as_an_argument(tmp_path: Path) -> None:
    mine = Endpoint(name="mine", base_url="http://gpu/v1", needs_key=True)
    with pytest.raises(KimiConfigError, match=r"endpoint 'mine' is missing; pass api_key="):
        resolve_api_key(mine, folder=tmp_path)
