"""Search by words: BM25, and the toy of the quickstart notebooks, to compare with it.

Needs: pip install bm25s PyStemmer numpy
"""

import re
import zlib
from collections.abc import Iterable, Sequence

import bm25s
import numpy as np
import Stemmer

_STEMMER = Stemmer.Stemmer("english")


class WordIndex:
    """BM25 over English words without their endings; the same that LlamaIndex's retriever makes."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._index = bm25s.BM25()
        self._index.index(_words(texts), show_progress=False)

    def best(self, question: str, count: int) -> list[int]:
        """Return the numbers of the texts that fit best, the best first."""
        found, _ = self._index.retrieve(_words([question]), k=count, show_progress=False)
        return [int(number) for number in found[0]]


def _words(texts: Iterable[str]) -> "bm25s.tokenization.Tokenized":
    return bm25s.tokenize(list(texts), stopwords="en", stemmer=_STEMMER, show_progress=False)


class BucketIndex:
    """Words counted into 256 buckets: what the quickstarts take for an embedding."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._rows = np.array([_buckets(text) for text in texts])

    def best(self, question: str, count: int) -> list[int]:
        """Return the numbers of the texts that fit best, the best first."""
        order = np.argsort(-self._rows @ _buckets(question), kind="stable")
        return [int(number) for number in order[:count]]


def _buckets(text: str) -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
    vector = np.zeros(256)
    for word in re.findall(r"[a-z]{4,}", text.lower()):
        vector[zlib.crc32(word.encode()) % 256] += 1
    return vector / max(1.0, float(np.linalg.norm(vector)))
