"""``kimi-k2 setup``: a key is tested, and kept where it is found again.

Owns: the test of a key, and the ``.env`` file. May know: chat, check, endpoints, errors. The key is
never printed, and never stands on a command line, where a shell would remember it.
"""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path

from kimi_core.chat import Settings
from kimi_core.check import Finding, run_check
from kimi_core.endpoints import get_endpoint
from kimi_core.errors import KimiConfigError

__all__ = ["key_name", "store_key", "try_key"]

_PLAIN = re.compile(r"[A-Za-z0-9_.~+/=:-]+")
_OWNER_ONLY = 0o600


def key_name(endpoint: str) -> str:
    """Return the variable under which an endpoint's key is kept.

    Raises:
        KimiConfigError: For an unknown endpoint, or one that takes no key.
    """
    row = get_endpoint(endpoint)
    if not row.api_key_names:
        message = f"endpoint {row.name!r} takes no key, so there is nothing to set up."
        raise KimiConfigError(message)
    return row.api_key_names[0]


def try_key(key: str, *, endpoint: str, base_url: str | None) -> Finding:
    """Ask the endpoint whether it takes a key: for its list of models, and for one word.

    Args:
        key: The key.
        endpoint: The endpoint's name.
        base_url: Address of the server, or None for the endpoint's own.

    Returns:
        What the probe of the key found; that of reachability where nothing answers.

    Raises:
        KimiConfigError: For a key with characters that no key has.
    """
    if not _PLAIN.fullmatch(key):
        message = (
            "the key is empty or holds a character that no key has (a blank, a quote, a line "
            "break); copy it again from the site where it was made."
        )
        raise KimiConfigError(message)
    settings = Settings(endpoint=endpoint, api_key=key, base_url=base_url, max_retries=1)
    report = run_check(settings, only=("reachability", "auth"))
    reached, taken = report.findings
    return reached if reached.status == "red" else taken


def store_key(path: Path, name: str, key: str) -> None:
    """Write a key into a ``.env`` file that only its owner can read; other lines stay.

    Args:
        path: The file; made where it is missing.
        name: The variable.
        key: The key.

    Raises:
        KimiConfigError: Where the file cannot be written.
    """
    try:
        before = path.read_bytes() if path.exists() else b""
        _replace_file(path, _with_key(before, name, key))
    except OSError as error:
        message = (
            f"env-file {str(path)!r} cannot be rewritten ({error.strerror}); name another one."
        )
        raise KimiConfigError(message) from error


def _with_key(before: bytes, name: str, key: str) -> bytes:
    """Return the file with one line for this key; every other byte stays as it was."""
    ours = re.compile(rb"\s*(?:export\s+)?" + re.escape(name).encode() + rb"\s*=")
    kept = [line for line in before.splitlines(keepends=True) if not ours.match(line)]
    line_end = b"\r\n" if kept and kept[0].endswith(b"\r\n") else b"\n"
    if kept and not kept[-1].endswith((b"\n", b"\r")):
        kept[-1] += line_end
    return b"".join([*kept, f"{name}={key}".encode(), line_end])


def _replace_file(path: Path, data: bytes) -> None:
    # A new file in place of the old: mkstemp makes it readable by its owner only from the first
    # byte, and a crash between leaves the old one whole. A link is followed, not replaced.
    target = path.resolve()
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=".env-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        Path(name).chmod(_OWNER_ONLY)
        Path(name).replace(target)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise
