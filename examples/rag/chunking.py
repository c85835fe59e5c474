"""Chunks: sections in pieces that an embedder can read whole, and what stands above each."""

import re

from corpus import Section, sections


def chunks(size: int = 600) -> list[Section]:
    """Cut the sections into pieces of at most `size` characters, between lines where it can be."""
    return [
        Section(section.page, section.heading, piece.strip())
        for section in sections()
        for piece in _pieces(section.text, size)
    ]


def _pieces(text: str, size: int) -> list[str]:
    pieces = [""]
    for line in re.findall(rf".{{1,{size - 1}}}\n?", text + "\n"):
        if len(pieces[-1]) + len(line) > size:
            pieces.append("")
        pieces[-1] += line
    return pieces


def place(chunk: Section) -> str:
    """Return where a chunk stands, e.g. docs/models.md > Spellings."""
    return f"{chunk.page} > {chunk.heading}"


def titled(chunk: Section) -> str:
    """Return the text that is searched: a piece of a table alone does not say what it is about."""
    page = chunk.page.removeprefix("docs/").removesuffix(".md")
    return f"{page}: {chunk.heading}\n{chunk.text}"
