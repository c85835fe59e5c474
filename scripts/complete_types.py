"""Counts which public names have a type that every type checker reads alike, as pyright does it.

Owns: how many of a hundred must have one. A type that is only inferred, another checker may infer
otherwise, and the user of an editor sees another one. Run it: ``make types``.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("kimi_core", "langchain_kimi", "llama_index_kimi")
LEAST = 0.99


def counting(package: str) -> subprocess.Popen[str]:
    """Start to count, in a process of its own.

    It finds the packages with the first ``python`` of the path: ``--pythonpath`` does not reach it
    (pyright 1.1.414), and then every base class of a framework is unknown.
    """
    tools = str(Path(sys.executable).parent)
    environment = {**os.environ, "PATH": f"{tools}{os.pathsep}{os.environ.get('PATH', '')}"}
    # This checkout, whatever is installed.
    environment["PYTHONPATH"] = str(ROOT)
    command = [sys.executable, "-m", "pyright", "--verifytypes", package]
    return subprocess.Popen(  # noqa: S603 - our own words
        [*command, "--ignoreexternal", "--outputjson"],
        stdout=subprocess.PIPE,
        env=environment,
        text=True,
    )


def counted(package: str, process: subprocess.Popen[str]) -> bool:
    """Print what was counted, and return whether it is enough."""
    report: dict[str, Any] = json.loads(process.communicate()[0])["typeCompleteness"]
    score: float = report["completenessScore"]
    print(f"{package}: {score:.1%} of {sum(report['exportedSymbolCounts'].values())} public names")
    if score >= LEAST:
        return True
    print(f"  at least {LEAST:.0%} must have a type that is written down; these have none:")
    for symbol in report["symbols"]:
        if not symbol["isTypeKnown"]:
            print("  ", symbol["name"])
    return False


if __name__ == "__main__":
    started = {package: counting(package) for package in PACKAGES}
    enough = [counted(package, process) for package, process in started.items()]
    sys.exit(not all(enough))
