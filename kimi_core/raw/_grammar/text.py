"""GBNF, the grammar notation of llama.cpp, as text: literals, repetitions, named rules.

Owns: the notation and what llama.cpp's reader accepts of it. It knows nothing of JSON or of Kimi.
May know: the standard library.

An expression is a string that can stand in a sequence: what has alternatives is in parentheses.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = [
    "UNREACHABLE",
    "Rules",
    "any_of",
    "character_class",
    "free_text",
    "literal",
    "optional",
    "sequence",
]

# llama.cpp refuses {m,n} above 2,000 in some builds; it writes such a repetition out item by item.
_LONGEST_REPETITION = 500
UNREACHABLE = 1_000_000
"""A count that no answer reaches: more characters than the context of any Kimi holds."""
_LONGEST_ITEM = 100
_ROOT = "root"
_LAST_SHORT = 0xFFFF
_LONG = 4_000  # the pattern below keeps 100 bytes for each character that it is at
_ATOM = re.compile(r'[a-zA-Z][a-zA-Z0-9-]*|\[(?:[^\]\\]|\\.)*\]|"(?:[^"\\]|\\.)*"')


def literal(text: str) -> str:
    """Return the expression for exactly this text."""
    return '"' + "".join(_in_literal(character) for character in text) + '"'


def _in_literal(character: str) -> str:
    if character in {'"', "\\"}:
        return "\\" + character
    return character if character >= " " and character != "\x7f" else _code(character)


def _code(character: str) -> str:
    # Four digits, not \\xNN: xgrammar reads on into a hexadecimal digit that follows.
    return f"\\u{ord(character):04X}"


def character_class(ranges: Iterable[tuple[int, int]], *, negated: bool = False) -> str:
    """Return the class of these ranges of code points, both ends included, or of all others."""
    members = "".join(_in_class(*one) for one in ranges)
    return f"[^{members}]" if negated else f"[{members}]"


def _in_class(first: int, last: int) -> str:
    start = _class_member(chr(first))
    return start if first == last else f"{start}-{_class_member(chr(last))}"


def _class_member(character: str) -> str:
    plain = character.isprintable() and character not in "]\\^-["
    return character if plain or ord(character) > _LAST_SHORT else _code(character)


def sequence(*expressions: str) -> str:
    """Return one expression after the other; empty ones vanish."""
    return " ".join(expression for expression in expressions if expression)


def any_of(expressions: Sequence[str]) -> str:
    """Return the choice between expressions, of which one at least is needed."""
    distinct = list(dict.fromkeys(expression or '""' for expression in expressions))
    return distinct[0] if len(distinct) == 1 else "(" + " | ".join(distinct) + ")"


def optional(expression: str) -> str:
    """Return the expression or nothing."""
    return f"{_group(expression)}?" if expression else ""


def _group(expression: str) -> str:
    atom = len(expression) < _LONG and _ATOM.fullmatch(expression) is not None
    return expression if atom else f"({expression})"


class Rules:
    """The named rules of one grammar, in the order in which they were asked for.

    Attributes:
        size: Characters of all names and bodies so far.
    """

    def __init__(self, longest_repetition: int = _LONGEST_REPETITION) -> None:
        """Begin without rules.

        Args:
            longest_repetition: The greatest count that is written as ``{m,n}``; greater ones are
                put together from blocks.
        """
        self._longest = longest_repetition
        self._bodies: dict[str, str] = {}
        self._shared: dict[str, str] = {}
        self._last: dict[str, int] = {}  # how often a name was asked for; counting anew is n ** 2
        self.size = 0

    def reserve(self, hint: str) -> str:
        """Return a name that no other rule has; its body comes later, so rules may be recursive.

        Args:
            hint: What the rule is for; whatever llama.cpp takes in no name becomes a hyphen.
        """
        base = re.sub(r"[^a-zA-Z0-9]+", "-", hint).strip("-") or "rule"
        base = base if base[0].isalpha() else f"rule-{base}"
        number = self._last.get(base, 1)
        name = base if number == 1 else f"{base}-{number}"
        while name in self._bodies or name == _ROOT:
            number += 1
            name = f"{base}-{number}"
        self._last[base] = number
        self._bodies[name] = '""'
        return name

    def define(self, name: str, body: str) -> None:
        """Give a reserved name its body."""
        self.size += len(name) + len(body)
        self._bodies[name] = body or '""'

    def add(self, hint: str, body: str) -> str:
        """Name a body and return the name."""
        name = self.reserve(hint)
        self.define(name, body)
        return name

    def once(self, name: str, body: str) -> str:
        """Return the name of a body that several places share; they must agree on both.

        The name is another one where a tool or a property has it.
        """
        if name not in self._shared:
            self._shared[name] = self.add(name, body)
        return self._shared[name]

    def repeat(self, item: str, low: int = 0, high: int | None = None) -> str:
        """Return a repetition of the item.

        Args:
            item: What is repeated.
            low: How often at least.
            high: How often at most; None, and a million and more, mean any number.
        """
        if max(low, high or 0) > self._longest and len(item) > _LONGEST_ITEM:
            item = self.add("item", item)  # it is written several times below
        if high is None or high >= UNREACHABLE:
            return (
                sequence(self._exactly(item, low - 1), f"{_group(item)}+")
                if low
                else (f"{_group(item)}*")
            )
        if high <= self._longest:
            return _times(item, low, high)
        return sequence(self._exactly(item, low), self._at_most(item, high - low))

    def _exactly(self, item: str, count: int) -> str:
        blocks, rest = divmod(count, self._longest)
        if not blocks:
            return _times(item, count, count)
        block = self.add("block", _times(item, self._longest, self._longest))
        return sequence(self._exactly(block, blocks), _times(item, rest, rest))

    def _at_most(self, item: str, count: int) -> str:
        # Whole blocks, then a shorter rest: of all ways to cut the text only two are open at any
        # time, where nested repetitions would open one for each pair of counts.
        blocks, rest = divmod(count, self._longest)
        tail = _times(item, 0, rest)
        if not blocks:
            return tail
        block = self.add("block", _times(item, self._longest, self._longest))
        shorter = self.add("rest", _times(item, 0, self._longest - 1))
        for _ in range(blocks):
            tail = self.add("up-to", any_of([shorter, sequence(block, tail)]))
        return tail

    def render(self, root: str) -> str:
        """Return the whole grammar, whose text is what `root` describes."""
        lines = [f"{_ROOT} ::= {root}"]
        lines += [f"{name} ::= {body}" for name, body in self._bodies.items()]
        return "\n".join(lines) + "\n"


def _times(item: str, low: int, high: int) -> str:
    if high == 0:
        return ""
    if (low, high) == (1, 1):
        return item
    if (low, high) == (0, 1):
        return optional(item)
    count = str(low) if low == high else f"{low},{high}"
    return f"{_group(item)}{{{count}}}"


def free_text(
    forbidden: Sequence[str], *, excluded: Sequence[tuple[int, int]] = (), escape: str = ""
) -> str:
    """Return the expression of any text in which none of the forbidden strings occurs.

    GBNF has no complement. It needs none here, because a ``<`` stands only at the beginning of a
    forbidden string: a text is made of runs of other characters, and between them of beginnings
    that break off. Plain characters come in runs of their own, so that an engine looks up a whole
    run at once: xgrammar 0.2.8 takes 1 ms a token so, and 100 ms for a repetition of either.

    Args:
        forbidden: Strings that begin with ``<`` and have no other one.
        excluded: Ranges of characters that do not stand for themselves.
        escape: What may stand anywhere besides characters.
    """
    begun = sorted({text[1:end] for text in forbidden for end in range(1, len(text))})

    def broken_off(beginning: str) -> str:
        longer = {text[len(beginning) + 1] for text in forbidden if text[1:].startswith(beginning)}
        letters = [(ord(letter), ord(letter)) for letter in sorted({"<", *longer})]
        start = literal(beginning) if beginning else ""
        return sequence(start, character_class([*excluded, *letters], negated=True))

    maybe_begun = optional(any_of([literal(text) for text in begun if text]))
    opened = f'"<" ({sequence(maybe_begun, literal("<"))})*'
    pieces = [sequence(opened, any_of([broken_off(text) for text in begun]))]
    if escape:
        pieces.append(sequence(optional(sequence(opened, maybe_begun)), escape))
    plain = f"{character_class([*excluded, (ord('<'), ord('<'))], negated=True)}*"
    return sequence(plain, f"({any_of(pieces)} {plain})*", optional(sequence(opened, maybe_begun)))
