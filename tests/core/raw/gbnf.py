"""GBNF read by the tests: which texts a grammar lets through, without an engine.

Owns: a reader of the notation as llama.cpp documents it, a recogniser, and a writer of random
texts. May know: the standard library; nothing of the code under test, so that both can be wrong
only in different ways. Real engines read the same grammars in ``tests/engine``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random

_TOKEN = re.compile(
    r'\s+|(?P<text>"(?:[^"\\]|\\.)*")|(?P<set>\[(?:[^\]\\]|\\.)*\])|(?P<count>\{\d+(?:,\d*)?\})'
    r"|(?P<name>[a-zA-Z][a-zA-Z0-9-]*)|(?P<sign>[()|*+?])"
)
_CHARACTER = re.compile(r"\\(?:x(..)|u(....)|U(........)|(.))|(.)", re.DOTALL)
_CONTROLS = {"n": "\n", "r": "\r", "t": "\t"}
_SIGNS: dict[str, tuple[int, int | None]] = {"*": (0, None), "+": (1, None), "?": (0, 1)}
_DEEP = 25


@dataclass(frozen=True)
class Text:
    """These very characters."""

    value: str


@dataclass(frozen=True)
class Set:
    """One character of a set, or one of all others."""

    ranges: tuple[tuple[str, str], ...]
    negated: bool

    def has(self, character: str) -> bool:
        return any(low <= character <= high for low, high in self.ranges) != self.negated


@dataclass(frozen=True)
class Name:
    """A rule."""

    value: str


@dataclass(frozen=True)
class Sequence:
    """One after the other."""

    items: tuple[Node, ...]


@dataclass(frozen=True)
class Choice:
    """One of several."""

    options: tuple[Node, ...]


@dataclass(frozen=True)
class Repeat:
    """So many times."""

    item: Node
    low: int
    high: int | None


Node = Text | Set | Name | Sequence | Choice | Repeat


class _Reader:
    def __init__(self, body: str) -> None:
        self.tokens = []
        at = 0
        while at < len(body):
            match = _TOKEN.match(body, at)
            assert match is not None, f"not GBNF: {body[at : at + 40]!r}"
            at = match.end()
            if match.lastgroup is not None:
                self.tokens.append((match.lastgroup, match.group()))
        self.tokens.append(("end", ""))

    def choice(self) -> Node:
        options = [self.sequence()]
        while self.tokens[0] == ("sign", "|"):
            self.tokens.pop(0)
            options.append(self.sequence())
        return options[0] if len(options) == 1 else Choice(tuple(options))

    def sequence(self) -> Node:
        items = []
        while self.tokens[0] not in {("sign", "|"), ("sign", ")"), ("end", "")}:
            items.append(self.repeated(self.item()))
        return Sequence(tuple(items))

    def repeated(self, item: Node) -> Node:
        kind, text = self.tokens[0]
        if kind == "sign" and text in _SIGNS:
            self.tokens.pop(0)
            return Repeat(item, *_SIGNS[text])
        if kind == "count":
            self.tokens.pop(0)
            low, comma, high = text[1:-1].partition(",")
            return Repeat(item, int(low), (int(high) if high else None) if comma else int(low))
        return item

    def item(self) -> Node:
        kind, text = self.tokens.pop(0)
        if kind == "text":
            return Text("".join(character for character, _ in _characters(text[1:-1])))
        if kind == "set":
            return _set(text[1:-1])
        if kind == "name":
            return Name(text)
        assert (kind, text) == ("sign", "("), text
        inside = self.choice()
        assert self.tokens.pop(0) == ("sign", ")")
        return inside


def _characters(text: str) -> list[tuple[str, bool]]:
    found = []
    for match in _CHARACTER.finditer(text):
        two, four, eight, escaped, plain = match.groups()
        number = two or four or eight
        character = chr(int(number, 16)) if number else plain
        found.append((character or _CONTROLS.get(escaped, escaped), plain is None))
    return found


def _set(text: str) -> Set:
    negated = text.startswith("^")
    characters = _characters(text[negated:])
    ranges = []
    while characters:
        low = high = characters.pop(0)[0]
        if characters[:1] == [("-", False)] and len(characters) > 1:
            high = characters[1][0]
            del characters[:2]
        ranges.append((low, high))
    return Set(tuple(ranges), negated)


class Grammar:
    """A grammar that has been read; every rule that it names must be there once."""

    def __init__(self, text: str) -> None:
        """Read one rule a line."""
        self.rules: dict[str, Node] = {}
        for line in text.splitlines():
            name, _, body = line.partition(" ::= ")
            assert name not in self.rules, f"two rules {name!r}"
            reader = _Reader(body)
            self.rules[name] = reader.choice()
            assert reader.tokens == [("end", "")], line

    def accepts(self, text: str) -> bool:
        """Whether the whole text is a sentence of the grammar."""
        return len(text) in _Recogniser(self.rules, text).ends(Name("root"), 0)

    def write(self, random: random.Random) -> str:
        """Return a random sentence of the grammar; deep inside, a short one."""
        return self._write(Name("root"), random, 0)

    def _write(self, node: Node, random: random.Random, depth: int) -> str:
        if isinstance(node, Text):
            return node.value
        if isinstance(node, Set):
            return _member(node, random)
        if isinstance(node, Name):
            return self._write(self.rules[node.value], random, depth + 1)
        if isinstance(node, Choice):
            shortest = sorted(node.options, key=lambda option: len(str(option)))
            return self._write(
                random.choice(node.options) if depth < _DEEP else shortest[0], random, depth
            )
        if isinstance(node, Sequence):
            return "".join(self._write(item, random, depth) for item in node.items)
        count = _count(node, random, depth)
        return "".join(self._write(node.item, random, depth) for _ in range(count))


class _Recogniser:
    """All the ways to read one text, each looked up once."""

    def __init__(self, rules: dict[str, Node], text: str) -> None:
        self.rules = rules
        self.text = text
        self.known: dict[tuple[Node, int], frozenset[int]] = {}

    def ends(self, node: Node, start: int) -> frozenset[int]:
        """Where the node can end that begins at start."""
        key = (node, start)
        if key not in self.known:
            self.known[key] = frozenset(self._ends(node, start))
        return self.known[key]

    def _ends(self, node: Node, start: int) -> set[int]:
        if isinstance(node, Text):
            return {start + len(node.value)} if self.text.startswith(node.value, start) else set()
        if isinstance(node, Set):
            here = self.text[start : start + 1]
            return {start + 1} if here and node.has(here) else set()
        if isinstance(node, Name):
            return set(self.ends(self.rules[node.value], start))
        if isinstance(node, Choice):
            return {end for option in node.options for end in self.ends(option, start)}
        if isinstance(node, Repeat):
            return self._repeated(node, start)
        reached = {start}
        for item in node.items:
            reached = {end for at in reached for end in self.ends(item, at)}
        return reached

    def _repeated(self, node: Repeat, start: int) -> set[int]:
        reached, found, count = {start}, set[int](), 0
        while reached:
            found |= reached if count >= node.low else set()
            if count == node.high:
                break
            count += 1
            reached = {end for at in reached for end in self.ends(node.item, at)}
            reached -= found if count > node.low else set()
        return found


def _count(node: Repeat, random: random.Random, depth: int) -> int:
    if depth > _DEEP:
        return node.low
    high = node.low + 4 if node.high is None else node.high
    return min(high, random.choice([node.low, node.low, node.low + 1, node.low + 3, high]))


def _member(node: Set, random: random.Random) -> str:
    if not node.negated:
        low, high = random.choice(node.ranges)
        first, last = ord(low), ord(high)
        return chr(random.choice([first, last, random.randint(first, min(first + 99, last))]))
    while True:
        character = random.choice('<|>"\\/ab7 é北🎉\x7f\n{}[],:')
        if node.has(character):
            return character
