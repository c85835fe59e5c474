"""Break the raw protocol, the request and the response at random, and list what no test notices.

Owns: the sample of mutmut's mutants, its run, and what is printed of it. May know: the standard
library; mutmut is run as a program. Which files are broken and which tests stand for them is in
``pyproject.toml``.

mutmut makes 14,800 mutants of these three rooms, which is a day of computing: a sample of them with
a fixed seed says the same with an error of a few percent, and every seed looks elsewhere. It works
in a copy below ``.cache``, since it writes its mutants beside the sources.

Run it with ``make mutants``, or ``make mutants ARGS="--number 50 --seed 2"``.
"""

from __future__ import annotations

import argparse
import collections
import json
import os
import random
import shutil
import subprocess
import sys
from pathlib import Path

__all__ = ["main"]

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / ".cache" / "mutants"

# As mutmut's own table of exit codes has them (mutmut/stats.py, 3.8); the rest is "suspicious".
SAID = {
    0: "survived", 1: "killed", 3: "killed", 5: "no tests", 33: "no tests", 24: "timeout",
    -24: "timeout", 36: "timeout", 152: "timeout", 255: "timeout",
}  # fmt: skip
NONE_OF_THESE = "a name of no mutant: nothing but the making of them, and of the list of tests"


def _copy() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "-z"],  # noqa: S607 - whichever git the checkout was made with
        cwd=ROOT, capture_output=True, check=True,
    ).stdout  # fmt: skip
    for name in filter(None, listed.decode().split("\0")):
        target = FOLDER / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if not target.exists() or target.read_bytes() != (ROOT / name).read_bytes():
            shutil.copyfile(ROOT / name, target)


def _mutmut(*arguments: str, **options: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "mutmut", *arguments]
    return subprocess.run(command, cwd=FOLDER, check=False, text=True, **options)  # type: ignore[call-overload,no-any-return]  # noqa: S603 - our own arguments


def _codes() -> dict[str, int | None]:
    """Return the exit code of every mutant; None where it was not tried."""
    found: dict[str, int | None] = {}
    for path in sorted((FOLDER / "mutants" / "kimi_core").rglob("*.meta")):
        found |= json.loads(path.read_text(encoding="utf-8"))["exit_code_by_key"]
    return found


def main() -> int:
    """Try a sample; return 1 where mutmut could not run."""
    parser = argparse.ArgumentParser(description="a sample of mutants, and who survives")
    parser.add_argument("--number", type=int, default=300, help="how many mutants to try")
    parser.add_argument("--seed", type=int, default=1, help="another one is another sample")
    asked = parser.parse_args()
    _copy()
    processes = ("--max-children", str(os.cpu_count() or 1))
    _mutmut("run", *processes, NONE_OF_THESE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    names = sorted(_codes())
    if not names:
        print("mutmut made no mutants; see what it says: cd .cache/mutants && mutmut run")
        return 1
    sample = random.Random(asked.seed).sample(names, min(asked.number, len(names)))  # noqa: S311 - the same every time
    _mutmut("run", *processes, *sample, stdout=subprocess.DEVNULL)
    codes = _codes()
    said = {
        name: SAID.get(code, "suspicious") for name in sample if (code := codes[name]) is not None
    }
    for name, what in sorted(said.items()):
        if what != "killed":
            print(f"--- {what}: {name}", flush=True)
            _mutmut("show", name)
    counted = collections.Counter(said.values())
    print(f"{len(sample)} of {len(names)} mutants, seed {asked.seed}: {dict(counted)}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
