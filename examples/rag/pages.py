"""Writes corpus.jsonl anew from the checkout: python examples/rag/pages.py.

Markdown pages are cut at their headings, and what a module of `MODULES` exports becomes a section
of its docstring, read without importing it. The figures of docs/rag.md and questions.json are of
the file that is kept: write another, and the tests say which answers stand elsewhere.
"""

import ast
import json
import re
from dataclasses import asdict
from pathlib import Path

from corpus import KEPT, Section

ROOT = Path(__file__).resolve().parent.parent.parent
PAGES = ("README.md", "CONTRIBUTING.md", "SECURITY.md", "docs/*.md", "docs/endpoints/*.md")
LEFT_OUT = ("docs/rag.md", "docs/comparison.md")  # what is found in the others; results of runs
MODULES = ("langchain_kimi", "llama_index_kimi", "kimi_core/platform", "kimi_core/testing")
WHOLE = 3_000  # a page of fewer characters is one section
_FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
_COMMENT = re.compile(r"<!--.*?-->\n?", re.DOTALL)


def read() -> list[Section]:
    """Read every section; what is before a page's first heading has the page's title."""
    pages = [path for pattern in PAGES for path in sorted(ROOT.glob(pattern))]
    found = [section for path in pages for section in _of_page(path)]
    found += [section for module in MODULES for section in _of_module(module)]
    return [section for section in found if section.page not in LEFT_OUT]


def _of_page(path: Path) -> list[Section]:
    page = path.relative_to(ROOT).as_posix()
    text = _COMMENT.sub("", path.read_text(encoding="utf-8"))
    if len(text) < WHOLE:
        return [Section(page, *text.removeprefix("# ").split("\n", 1))]
    covered = _FENCE.sub(lambda block: "." * len(block[0]), text)  # a comment in code is no heading
    heads = list(re.finditer(r"^#{1,3} (.+)\n", covered, re.MULTILINE))
    ends = [head.start() for head in heads[1:]] + [len(text)]
    cut = [(head[1], text[head.end() : end]) for head, end in zip(heads, ends, strict=True)]
    return [Section(page, title, body.strip()) for title, body in cut if body.strip()]


def _of_module(module: str) -> list[Section]:
    exports = (ROOT / module / "__init__.py").read_text(encoding="utf-8").partition("__all__")[2]
    texts = [path.read_text(encoding="utf-8") for path in sorted((ROOT / module).rglob("*.py"))]
    nodes = [node for text in texts for node in ast.parse(text).body]
    documented = [node for node in nodes if isinstance(node, ast.ClassDef | ast.FunctionDef)]
    public = [node for node in documented if f'"{node.name}"' in exports]
    found = [(node.name, ast.get_docstring(node)) for node in public]
    return [Section(module, name, text) for name, text in found if text]


if __name__ == "__main__":
    lines = [json.dumps(asdict(section), ensure_ascii=False) + "\n" for section in read()]
    KEPT.write_text("".join(lines), encoding="utf-8")
