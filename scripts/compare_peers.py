"""Compare `ChatKimiK2` with other classes, by running each of them.

Run it in an environment that has all of them (``make compare``). It writes what came of it to
``docs/comparison.json``, from which ``scripts/docs_tables.py`` writes the tables.

Owns: the run. May know: the package `compare`. No server outside this machine is asked.
"""

from __future__ import annotations

import json
import logging
import os
import sys
from datetime import datetime, timezone
from importlib.metadata import version
from pathlib import Path

import tiktoken
from compare.classes import COMPARED
from compare.rows import ROWS
from compare.trial import Trial

RESULTS = Path(__file__).resolve().parent.parent / "docs" / "comparison.json"
FRAMEWORKS = ("langchain", "langchain-core", "llama-index-core", "openai")


def main() -> int:
    """Run every row for every class, and write the results."""
    _alone()
    cells = {}
    for row in ROWS:
        for compared in COMPARED:
            cell = row.run(Trial(compared, row.slug))
            cells[f"{row.slug}-{compared.slug}"] = cell._asdict()
            print(f"{row.slug:13} {compared.slug:17} {cell.verdict:7} {cell.said}", flush=True)
    results = {
        "date": datetime.now(timezone.utc).date().isoformat(),
        "python": ".".join(map(str, sys.version_info[:3])),
        "frameworks": {name: version(name) for name in FRAMEWORKS},
        "classes": [
            {"slug": one.slug, "name": one.name, "package": one.package, "made": one.made,
             "version": version(one.package)}
            for one in COMPARED
        ],
        "rows": [{"slug": row.slug, "title": row.title, "how": row.how} for row in ROWS],
        "cells": cells,
    }  # fmt: skip
    RESULTS.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return 0


def _alone() -> None:
    """Keep keys and addresses of this machine out, and OpenAI's tokenizer from being loaded."""
    for name in list(os.environ):
        if name.startswith(("OPENAI_", "MOONSHOT_", "KIMI_", "OPENROUTER_", "LANGSMITH_")):
            del os.environ[name]
    logging.disable()  # of a client whose connection belongs to an event loop that is closed
    bytes_alone = {bytes([number]): number for number in range(256)}
    empty = tiktoken.Encoding(
        "stand-in", pat_str=r"[\s\S]", mergeable_ranks=bytes_alone, special_tokens={}
    )
    tiktoken.get_encoding = lambda _name: empty


if __name__ == "__main__":
    sys.exit(main())
