"""Writes into each file's law what the file imports, and draws the rooms from it.

Run ``python scripts/laws.py``; with ``--check`` it writes nothing and exits with 1 where a law is
stale. A law stands in a file's first lines: "Owns:" is written by hand and says what the file is
for; the first sentence behind "May know:" is written here, and what follows it by hand again.

Owns: how a law is read and written. May know: the standard library.
"""

from __future__ import annotations

import argparse
import ast
import re
import sys
import textwrap
from pathlib import Path

__all__ = ["PACKAGES", "ROOT", "floors", "law", "room_files", "stale", "updated"]

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("kimi_core", "langchain_kimi", "llama_index_kimi")

_WIDTH = 100
_OWNS = re.compile(r"Owns:\s(?P<what>.*?)(?=\s*May know:|\n\n|\Z)", re.DOTALL)
# The generated sentence, and the prose behind it up to the end of the paragraph.
_KNOWS = re.compile(
    r"May know:\s(?P<names>(?:(?!\n\n).)*?)\.(?P<prose>(?!\n\n|\n\Z)\s.*?)?(?=\n\n|\n?\Z)",
    re.DOTALL,
)


def module_of(path: Path) -> str:
    """Return the dotted name of a file."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def room_of(module: str) -> str:
    """Return the room of a module: of ``kimi_core.raw.parser`` it is ``raw``."""
    package, _, rest = module.partition(".")
    return rest.partition(".")[0] if package == "kimi_core" and rest else package


def _imports(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            submodules = {f"{node.module}.{alias.name}" for alias in node.names}
            rooms = {name for name in submodules if _is_module(name)}
            names |= rooms or {node.module}
            if node.module in PACKAGES and len(rooms) < len(submodules):
                names.add(node.module)
    return names


def _is_module(name: str) -> bool:
    path = ROOT.joinpath(*name.split("."))
    return path.with_suffix(".py").is_file() or (path / "__init__.py").is_file()


def knows(path: Path) -> tuple[bool, set[str], set[str]]:
    """Return whether a file imports others of its room, which rooms, and which libraries."""
    own, rooms, libraries, beside = room_of(module_of(path)), set[str](), set[str](), False
    for name in _imports(path):
        top = name.partition(".")[0]
        if top not in PACKAGES:
            libraries |= {top} - sys.stdlib_module_names
        elif room_of(name) == own:
            beside = True
        else:
            rooms.add(room_of(name))
    return beside, rooms, libraries


def sentence(path: Path) -> str:
    """Return what a file may know, as its law says it."""
    beside, rooms, libraries = knows(path)
    ours = [*(["its own files"] if beside else []), *sorted(rooms)]
    parts = [", ".join(names) for names in (ours, sorted(libraries)) if names]
    return "; ".join(parts) or "the standard library"


def law(path: Path) -> str:
    """Return what a file owns, as one line; empty where it does not say."""
    found = _OWNS.search(ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or "")
    return " ".join(found["what"].split()) if found else ""


def updated(path: Path) -> str:
    """Return the text of a file with its law as it should be."""
    text = path.read_text(encoding="utf-8")
    end = text.find('"""', 3)
    head, rest = text[:end], text[end:]
    found = _KNOWS.search(head)
    if found is None:
        return text
    start = head.rfind("\n", 0, found.start()) + 1
    lead = head[start : found.start()]
    paragraph = f"{lead}May know: {sentence(path)}.{found['prose'] or ''}"
    filled = textwrap.fill(
        " ".join(paragraph.split()), _WIDTH, break_long_words=False, break_on_hyphens=False
    )
    return head[:start] + filled + head[found.end() :] + rest


def files() -> list[Path]:
    """Return every file that has a law."""
    return [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]


def stale() -> list[str]:
    """Return the files whose law does not say what they import, or says no law."""
    return [
        path.relative_to(ROOT).as_posix()
        for path in files()
        if updated(path) != path.read_text(encoding="utf-8") or not _has_law(path)
    ]


def _has_law(path: Path) -> bool:
    head = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    return ("Owns:" in head and "May know:" in head) or len(head.splitlines()) == 1


def room_files() -> dict[str, list[Path]]:
    """Return the files of each room, the one that has its law first."""
    rooms: dict[str, list[Path]] = {}
    for path in files():
        rooms.setdefault(room_of(module_of(path)), []).append(path)
    return rooms


def floors() -> dict[str, int]:
    """Return the floor of each room: one above the highest that it imports, the ground is 1."""
    known = {
        room: set().union(*(knows(path)[1] for path in paths)) - {room}
        for room, paths in room_files().items()
    }
    found: dict[str, int] = {}

    def floor(room: str) -> int:
        if room not in found:
            found[room] = 1 + max((floor(below) for below in known[room]), default=0)
        return found[room]

    return {room: floor(room) for room in known}


def main() -> int:
    """Write the laws, or with ``--check`` name those that are stale."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="write nothing")
    if parser.parse_args().check:
        found = stale()
        print(*found, sep="\n")
        return bool(found)
    for path in files():
        path.write_text(updated(path), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
