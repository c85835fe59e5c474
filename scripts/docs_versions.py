"""The table of what pyproject.toml allows.

Owns: which packages a reader asks about, and how their range is read. May know: pyproject.toml's
text; it is read by pattern, since Python 3.10 has no tomllib.
"""

from __future__ import annotations

import re
from pathlib import Path

from docs_markdown import table

__all__ = ["versions"]

_PYPROJECT = Path(__file__).resolve().parent.parent / "pyproject.toml"
# Whose version a reader has to know, with the extra that brings it.
_ASKED = {
    "openai": "always",
    "pydantic-core": "always",
    "langchain-core": "`[langchain]`",
    "langchain-openai": "`[langchain]`",
    "llama-index-core": "`[llama-index]`",
}


def versions() -> str:
    """Return the table of Python and the packages."""
    text = _PYPROJECT.read_text(encoding="utf-8")
    pythons = re.findall(r'"Programming Language :: Python :: (3\.\d+)"', text)
    python = _found(r'^requires-python = "(.+)"$', text)
    rows = [("Python", f"{python}; CI is written for {', '.join(pythons)}", "always")]
    for name, extra in _ASKED.items():
        rows.append((name, _found(rf'"{name}((?:[<>=!~]|\d|[.,])+)"', text), extra))
    return table(("package", "allowed", "comes with"), rows)


def _found(pattern: str, text: str) -> str:
    found = re.search(pattern, text, re.MULTILINE)
    if found is None:
        raise LookupError(f"pyproject.toml has nothing like {pattern}")
    return found[1].replace(",", ", ")
