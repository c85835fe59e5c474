"""``kimi-k2 setup``: a key is tested, kept for its owner alone, and never shown."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

import pytest

pytest.importorskip("typer", reason="the command line needs the extra [cli]")

from kimi_core.cli import setup as command
from kimi_core.config import resolve_api_key
from kimi_core.endpoints import ENDPOINTS
from kimi_core.testing import MoonshotSimulator
from tests.core.commands import run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

KEY = "sk-very-secret"
pytestmark = pytest.mark.usefixtures("no_keys")


@pytest.fixture
def server() -> Iterator[MoonshotSimulator]:
    """A simulated Moonshot that takes the key."""
    with MoonshotSimulator(api_key=KEY) as running:
        yield running


@pytest.fixture
def env_file(tmp_path: Path) -> Path:
    return tmp_path / ".env"


def set_up(server: MoonshotSimulator, env_file: Path, typed: str = KEY) -> tuple[int, str]:
    result = run(
        *("setup", "--base-url", server.base_url, "--env-file", str(env_file)), typed=f"{typed}\n"
    )
    return result.exit_code, result.output + result.stderr


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_key_that_is_taken_is_kept_for_its_owner_alone(
    server: MoonshotSimulator, env_file: Path
) -> None:
    code, output = set_up(server, env_file)

    assert code == 0
    assert env_file.read_text() == f"MOONSHOT_API_KEY={KEY}\n"
    assert mode(env_file) == 0o600
    assert "the key is taken; MOONSHOT_API_KEY is kept in" in output
    assert resolve_api_key(ENDPOINTS["moonshot"], folder=env_file.parent) == KEY


def test_the_key_is_never_shown(server: MoonshotSimulator, env_file: Path) -> None:
    assert KEY not in set_up(server, env_file)[1]
    assert "sk-another" not in set_up(server, env_file, "sk-another")[1]


def test_a_key_that_is_refused_is_not_kept(server: MoonshotSimulator, env_file: Path) -> None:
    code, output = set_up(server, env_file, "sk-another")

    assert code == 1
    assert "the key is refused (status 401: Invalid Authentication)" in output
    assert not env_file.exists()


def test_a_server_that_is_not_there_leaves_the_key_untested_and_unkept(env_file: Path) -> None:
    result = run(
        *("setup", "--base-url", "http://127.0.0.1:9/v1", "--env-file", str(env_file)),
        typed=f"{KEY}\n",
    )

    assert result.exit_code == 1
    assert result.stderr.startswith("kimi-k2 setup: no answer from http://127.0.0.1:9/v1/models")
    assert not env_file.exists()


@pytest.mark.parametrize("typed", ["sk with blanks", "'sk-quoted'", "sk-ключ"])
def test_what_cannot_be_a_key_is_not_sent(
    server: MoonshotSimulator, env_file: Path, typed: str
) -> None:
    code, output = set_up(server, env_file, typed)

    assert code == 2
    assert "copy it again" in output
    assert typed not in output
    assert server.requests == []


def test_other_lines_of_the_file_stay(server: MoonshotSimulator, env_file: Path) -> None:
    """A key of before is replaced, in either spelling; the file becomes its owner's alone."""
    env_file.write_text(
        "# mine\nOTHER='a b'\nMOONSHOT_API_KEY=sk-old\nexport MOONSHOT_API_KEY = 'sk-older'\n"
        "MOONSHOT_API_KEY_2=sk-kept"
    )
    env_file.chmod(0o644)
    set_up(server, env_file)

    assert env_file.read_text() == (
        f"# mine\nOTHER='a b'\nMOONSHOT_API_KEY_2=sk-kept\nMOONSHOT_API_KEY={KEY}\n"
    )
    assert mode(env_file) == 0o600


def test_a_link_is_followed_and_stays(server: MoonshotSimulator, tmp_path: Path) -> None:
    real, link = tmp_path / "real", tmp_path / ".env"
    real.write_text("OTHER=1\n")
    link.symlink_to(real)
    set_up(server, link)

    assert link.is_symlink()
    assert real.read_text() == f"OTHER=1\nMOONSHOT_API_KEY={KEY}\n"


def test_a_file_that_cannot_be_written_is_one_sentence(
    server: MoonshotSimulator, tmp_path: Path
) -> None:
    code, output = set_up(server, tmp_path / "no such folder" / ".env")

    assert code == 2
    assert "cannot be rewritten (No such file or directory); name another one." in output


OTHER_BYTES = {
    "another encoding": ("NAME=J\u00fcrgen\n".encode("latin-1"), b"NAME=J\xfcrgen\n"),
    "no end of the last line": (b"A=1", b"A=1\n"),
    "line ends of Windows": (b"A=1\r\nB=2\r\n", b"A=1\r\nB=2\r\n"),
    "odd blanks and comments": (b"\t A = 1 # x\n\n\x0c\n", b"\t A = 1 # x\n\n\x0c\n"),
}


@pytest.mark.parametrize(("before", "kept"), OTHER_BYTES.values(), ids=OTHER_BYTES)
def test_every_other_byte_of_the_file_stays(
    server: MoonshotSimulator, env_file: Path, before: bytes, kept: bytes
) -> None:
    env_file.write_bytes(before)
    code, _ = set_up(server, env_file)

    assert code == 0
    after = env_file.read_bytes()
    assert after.startswith(kept)
    assert after[len(kept) :].strip() == f"MOONSHOT_API_KEY={server.api_key}".encode()
    assert after.count(b"\r\n") in {0, after.count(b"\n")}


def test_a_crash_in_between_leaves_the_old_file_and_no_copy(
    server: MoonshotSimulator, env_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    env_file.write_text("OTHER=1\n")
    monkeypatch.setattr(command.Path, "chmod", full)
    code, output = set_up(server, env_file)

    assert code == 2
    assert "No space left on device" in output
    assert [path.name for path in env_file.parent.iterdir()] == [".env"]
    assert env_file.read_text() == "OTHER=1\n"


def test_the_variable_is_the_endpoints_own(tmp_path: Path) -> None:
    with MoonshotSimulator(api_key=KEY, rules="none") as server:
        result = run(
            *("setup", "--endpoint", "openrouter", "--base-url", server.base_url),
            *("--env-file", str(tmp_path / "keys")),
            typed=f"{KEY}\n",
        )

    assert result.exit_code == 0
    assert (tmp_path / "keys").read_text() == f"OPENROUTER_API_KEY={KEY}\n"
    assert len(server.requests) == 2
