"""The page of errors has a row for each class and each diagnostic, and for nothing else."""

from __future__ import annotations

import re
from pathlib import Path

import kimi_core.errors
from kimi_core.errors import KimiError, KimiWarning

ROOT = Path(__file__).parent.parent.parent
PAGE = ROOT / "docs" / "errors.md"
PACKAGES = ("kimi_core", "langchain_kimi", "llama_index_kimi")


def test_every_error_and_warning_has_a_row_that_says_what_to_do() -> None:
    page = PAGE.read_text("utf-8").partition("\n## Diagnostics\n")[0]
    rows = dict(re.findall(r"^\| `(\w+)`.*?\|.*?\|(.*?)\|$", page, re.MULTILINE))
    # Made in a room of its own; files are read, since adapters may not be installed here.
    files = [path.read_text("utf-8") for name in PACKAGES for path in ROOT.glob(f"{name}/**/*.py")]
    made = r"^class (\w+)\(Kimi\w*(?:Error|Warning)\b"
    elsewhere = {name for text in files for name in re.findall(made, text, re.MULTILINE)}
    elsewhere = {name for name in elsewhere if not name.startswith("_")}
    classes = {
        name
        for name in kimi_core.errors.__all__
        if isinstance(found := getattr(kimi_core.errors, name), type)
        and issubclass(found, (KimiError, KimiWarning))
        and found not in {KimiError, KimiWarning}
    }
    assert rows.keys() == classes | elsewhere
    assert all(way_out.strip() for way_out in rows.values())


def test_every_diagnostic_of_an_answer_has_a_row() -> None:
    section = PAGE.read_text("utf-8").partition("\n## Diagnostics\n")[2]
    rows = re.findall(r"^\| (`.*?`) \|", section, re.MULTILINE)
    named = {name for row in rows for name in re.findall(r"`(\w+)`", row)}
    rooms = ("response", "chat")
    files = [path for room in rooms for path in (ROOT / "kimi_core" / room).glob("**/*.py")]
    text = "\n".join(path.read_text("utf-8") for path in files)
    made = r'(?:Diagnostic|_told)\("(\w+)"|^_NO_OBJECT = "(\w+)"|^    "\w+": "(\w+_\w+)",$'
    assert named == {"".join(found) for found in re.findall(made, text, re.MULTILINE)}
