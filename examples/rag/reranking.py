"""Reranking by two rules, which cost nothing: exact names first, and no section takes all places.

No cross encoder: no wheel with the weights of one was found, and one in numpy costs what embedding
each candidate anew does, for every question.
"""

import re
from collections import Counter
from collections.abc import Sequence

_NAME = re.compile(r"--[\w-]+|\w+(?:[._-]\w+)+|[A-Z]+[a-z0-9]+[A-Z]\w*")  # --tp_size, KimiError


def rerank(question: str, places: Sequence[str], texts: Sequence[str], most: int = 2) -> list[int]:
    """Return the numbers of the texts in their new order; equal ones keep the old one.

    Args:
        question: Its names are what no one writes by accident: flags, dotted names, class names.
        places: The section of each text.
        texts: What a search found, best first.
        most: How many texts of one section may stand before those of others.
    """
    names = _NAME.findall(question)
    held = [sum(name in text for name in names) for text in texts]
    order = sorted(range(len(texts)), key=lambda number: -held[number])
    seen: Counter[str] = Counter()
    first, rest = [], []
    for number in order:
        seen[places[number]] += 1
        (first if seen[places[number]] <= most else rest).append(number)
    return first + rest
