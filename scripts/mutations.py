"""Break each rule that must never rot, and see that its tests notice.

Owns: the list of rules, each with the line that keeps it and the tests that stand for it. May know:
the standard library. A rule whose tests pass while it is broken is a rule that nobody holds; a line
that has moved is an error as well, so that the list cannot rot either.

Run it with ``make mutations``: a copy of the checkout is changed, never the checkout.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

__all__ = ["MUTATIONS", "Mutation", "main"]

ROOT = Path(__file__).parent.parent


class Mutation(NamedTuple):
    """A rule, and how it is broken.

    Attributes:
        rule: What must hold.
        file: Where it is kept, from the root of the checkout.
        kept: The text that keeps it; it stands there once.
        broken: What is put in its place.
        tests: Arguments of pytest; at least one of these tests has to fail.
    """

    rule: str
    file: str
    kept: str
    broken: str
    tests: tuple[str, ...]


MUTATIONS = (
    Mutation(
        "a call that was not closed is no whole call",
        "kimi_core/events/arguments.py",
        "return value if complete or isinstance(value, InvalidArguments) else CUT",
        "return value",
        ("tests/core/test_arguments.py",),
    ),
    Mutation(
        "LangChain's sum of chunks does not make a damaged call whole",
        "kimi_core/request/kept_arguments.py",
        'return misfit(arguments) if _reads_as_whole(read, arguments) else ""',
        'return ""',
        ("tests/langchain/test_damaged.py",),
    ),
    Mutation(
        "a damaged call is no selection of LlamaIndex's",
        "llama_index_kimi/_tools.py",
        "        if not growing:\n            error = unrun",
        "        if not calls:\n            error = unrun",
        ("tests/llama_index/test_damaged.py",),
    ),
    Mutation(
        "a stream without an end is an error",
        "kimi_core/response/__init__.py",
        "if self._finish is None and not self._done:",
        "if False:",
        ("tests/core/test_ends.py",),
    ),
    Mutation(
        "what had come is in the error",
        "kimi_core/chat/_reading.py",
        "            meant.partial = self.reader.message()\n",
        "            pass\n",
        ("tests/core/test_ends.py",),
    ),
    Mutation(
        "what came before a broken event is told",
        "kimi_core/transport/sse.py",
        "            if self.done or self.broken is not None:\n                break\n",
        "            if self.done:\n                break\n",
        ("tests/core/test_sse.py",),
    ),
    Mutation(
        "an empty balance is not asked again",
        "kimi_core/transport/_hooks.py",
        'response.headers["x-should-retry"] = "false"',
        "pass",
        ("tests/core/test_client.py",),
    ),
    Mutation(
        "a request whose time is over is not sent again",
        "kimi_core/transport/limits.py",
        "    if limits.passed:\n        raise OutOfTimeError\n    told",
        "    told",
        ("tests/core/test_limits.py",),
    ),
    Mutation(
        "a child of a fork has connections of its own",
        "kimi_core/transport/pools.py",
        "        self._client, self._loops = None, {}\n        self._opening",
        "        self._opening",
        ("tests/core/test_processes.py",),
    ),
    Mutation(
        "a key that the server repeats is hidden",
        "kimi_core/errors/_sdk.py",
        "    hide_key(exc, exc)\n",
        "",
        ("tests/core/test_error_copies.py",),
    ),
    Mutation(
        "headers are not shown",
        "kimi_core/chat/fields.py",
        "default_headers: Mapping[str, str] | None = Field(default=None, exclude=True, repr=False)",
        "default_headers: Mapping[str, str] | None = Field(default=None)",
        ("tests/parity/test_secrets.py",),
    ),
    Mutation(
        "a password in an address is not shown",
        "kimi_core/request/_read.py",
        "    if secret:\n",
        "    if False:\n",
        ("tests/parity/test_secrets.py",),
    ),
    Mutation(
        "no file is read outside of the folder that the caller names",
        "kimi_core/request/_local_files.py",
        "outside = not real.is_relative_to(Path(folder).resolve())",
        "outside = False",
        ("tests/core/test_media.py",),
    ),
    Mutation(
        "no private address is fetched from",
        "kimi_core/fetch.py",
        "return found.is_global and not found.is_multicast",
        "return True",
        ("tests/core/test_fetch.py",),
    ),
    Mutation(
        "text of a user is never a control token",
        "kimi_core/raw/_writing/segments.py",
        "    return text[0] + _BREAK + text[1:]",
        "    return text",
        ("tests/core/raw/test_prompt.py",),
    ),
    Mutation(
        "Moonshot is sent no sampling but its own",
        "kimi_core/request/_first_party.py",
        "if pinned is None or not capabilities.endpoint.pins_sampling:",
        "if True:",
        ("tests/core/test_first_party.py", "tests/core/test_payloads.py"),
    ),
)
"""The rules, one by one."""


def _copy(target: Path) -> None:
    listed = subprocess.run(
        ["git", "ls-files", "-z"],  # noqa: S607 - whichever git the checkout was made with
        cwd=ROOT, capture_output=True, check=True,
    ).stdout  # fmt: skip
    for name in filter(None, listed.decode().split("\0")):
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, target / name)


def _is_noticed(mutation: Mutation, folder: Path) -> bool:
    """Break one rule in a copy, run its tests there, and mend it again."""
    path = folder / mutation.file
    text = path.read_text(encoding="utf-8")
    if text.count(mutation.kept) != 1:
        message = f"{mutation.file} keeps {mutation.rule!r} in other words now; say in which"
        raise SystemExit(message)
    path.write_text(text.replace(mutation.kept, mutation.broken), encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-n0", *mutation.tests]
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, check=False)  # noqa: S603 - our own tests
    finally:
        path.write_text(text, encoding="utf-8")
    return done.returncode == 1  # tests failed; 2 and more are errors of another kind


def main() -> int:
    """Try all of them; return how many nobody noticed."""
    survivors = 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _copy(folder)
        for mutation in MUTATIONS:
            noticed = _is_noticed(mutation, folder)
            survivors += not noticed
            print(f"{'noticed' if noticed else 'SURVIVED':9} {mutation.rule}", flush=True)
    return survivors


if __name__ == "__main__":
    raise SystemExit(main())
