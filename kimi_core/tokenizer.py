"""How many tokens a text or a conversation is: exactly with Kimi's file, roughly without.

Owns: loading ``tiktoken.model``, where it is looked for, exact encoding, and the estimate.
May know: _json, errors, raw; tiktoken. tiktoken is optional. The file is the user's: none is
shipped, none is downloaded.
"""

from __future__ import annotations

import base64
import binascii
import math
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Protocol

from kimi_core._json import Message, Tool
from kimi_core.errors import KimiConfigError
from kimi_core.raw.encoder import Dialect
from kimi_core.raw.special_tokens import ORDINARY_TOKENS, special_tokens

__all__ = ["Tokenizer"]

_VARIABLE = "KIMI_TOKENIZER"
_FILE = "tiktoken.model"
_CACHED = f"models--moonshotai--Kimi-K*/snapshots/*/{_FILE}"

# The pre-tokeniser of Kimi's tokenization_kimi.py: Han runs, words that begin with or without a
# capital, numbers of up to three digits, punctuation, line breaks, blanks.
_HEAD = r"[^\r\n\p{L}\p{N}]?"
_UPPER = r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]"
_LOWER = r"[\p{Ll}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]"
_TAIL = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
_PATTERN = "|".join(
    (
        r"[\p{Han}]+",
        f"{_HEAD}{_UPPER}*{_LOWER}+{_TAIL}",
        f"{_HEAD}{_UPPER}+{_LOWER}*{_TAIL}",
        r"\p{N}{1,3}",
        r" ?[^\s\p{L}\p{N}]+[\r\n]*",
        r"\s*[\r\n]+",
        r"\s+(?!\S)",
        r"\s+",
    )
)

# Moonshot's tokenizer cuts the text before it encodes; the ids of very long runs depend on it.
_PIECE = 400_000
_RUN = 25_000
# Tried only where a run begins; elsewhere a run of 20,000 would be read 20,000 times over.
_LONG_RUN = re.compile(rf"(?<!\s)\s{{{_RUN + 1},}}|(?<!\S)\S{{{_RUN + 1},}}")


class _Encoding(Protocol):
    """What is asked of tiktoken's ``Encoding``: an optional package, not imported for its name."""

    def encode_ordinary(self, text: str) -> list[int]: ...


class Tokenizer:
    """Counts tokens; exact where it was given Kimi's ``tiktoken.model``, else an estimate.

    The estimate looks at words, digits, punctuation and scripts. Against the real tokenizer it was
    off by up to 12 % on pages of English, Chinese and Python and on short conversations, and by up
    to 21 % on single sentences and other scripts: enough to trim a history with a margin, not to
    fill a context to the brim.

    Attributes:
        exact: Whether counts are exact; False says that they are estimates.
        source: The path of the file, or "estimate".
    """

    __slots__ = ("_encoding", "exact", "source")

    def __init__(self, encoding: _Encoding | None, source: str) -> None:
        """Use `from_file`, `find` or `estimate` instead.

        Args:
            encoding: The ordinary tokens, or None to estimate.
            source: What `source` says.
        """
        self._encoding = encoding
        self.exact: bool = encoding is not None
        self.source: str = source

    @classmethod
    def from_file(cls, path: str | os.PathLike[str]) -> Tokenizer:
        """Load Kimi's tokenizer file; K2 and K3 have the same one.

        Args:
            path: ``tiktoken.model`` of a Kimi model, or the folder that holds it.

        Returns:
            An exact tokenizer.

        Raises:
            KimiConfigError: Where tiktoken is not installed, or the file is missing or not Kimi's.
        """
        return cls._load(Path(path), "path")

    @classmethod
    def find(cls, path: str | os.PathLike[str] | None = None) -> Tokenizer:
        """Load the tokenizer from the first place that names one.

        These are the argument, the environment variable ``KIMI_TOKENIZER``, and any Kimi model in
        the Hugging Face cache (only with tiktoken installed). Nothing is downloaded.

        Args:
            path: A file or folder, or None to look elsewhere.

        Returns:
            An exact tokenizer, or an estimating one where none of the places has a file.

        Raises:
            KimiConfigError: Where the argument or the variable names something that cannot be used.
        """
        if path is not None:
            return cls.from_file(path)
        if named := os.environ.get(_VARIABLE):
            return cls._load(Path(named), _VARIABLE)
        cached = _cached_file()
        return cls.from_file(cached) if cached and _tiktoken() else cls.estimate()

    @classmethod
    def of(cls, given: Tokenizer | str | os.PathLike[str] | None) -> Tokenizer:
        """Return what a caller gave, if it is one; otherwise as `find`."""
        return given if isinstance(given, Tokenizer) else cls.find(given)

    @classmethod
    def estimate(cls) -> Tokenizer:
        """Return a tokenizer that needs no file and only estimates; ``exact`` is False."""
        return cls(None, "estimate")

    @classmethod
    def _load(cls, path: Path, setting: str) -> Tokenizer:
        file = path.expanduser()
        file = file / _FILE if file.is_dir() else file
        if not file.is_file():
            raise KimiConfigError(
                f"{setting} {str(path)!r} names no file; give the {_FILE} of a Kimi model, or the "
                "folder that holds it."
            )
        return cls(_encoding(str(file), file.stat().st_mtime_ns), str(file))

    def encode(
        self,
        text: str,
        allow_special: bool = False,  # noqa: FBT001, FBT002 -- the published signature
        *,
        dialect: Dialect = "k2",
    ) -> list[int]:
        """Turn text into token ids.

        Args:
            text: Any text.
            allow_special: Whether spellings of special tokens become those tokens. Leave it False
                for text that a user or a tool wrote.
            dialect: Whose special tokens: "k2", or "k3", where some ids mean something else.

        Returns:
            The ids, the same as Moonshot's own tokenizer gives.

        Raises:
            KimiConfigError: Where this tokenizer only estimates.
        """
        if self._encoding is None:
            raise KimiConfigError(
                "tokenizer only estimates and has no ids; load Kimi's file with "
                f"Tokenizer.from_file(...), or name it in {_VARIABLE}."
            )
        ids: list[int] = []
        for piece in _pieces(text):
            ids += _encode(self._encoding, piece, special_tokens(dialect) if allow_special else {})
        return ids

    def count(self, text: str) -> int:
        """Count the tokens of a text that is only text; estimated unless `exact`."""
        return len(self.encode(text)) if self.exact else _rounded(_estimate([text]))

    def tokens(self, text: str) -> list[int]:
        """Return the tokens of a text for whoever looks at their number alone.

        Returns:
            The ids where this tokenizer is exact, otherwise as many numbers as `count` estimates.
        """
        return self.encode(text) if self.exact else [*range(self.count(text))]

    def count_messages(
        self,
        messages: Sequence[Message],
        tools: Sequence[Tool] | None = None,
        *,
        model: str = "kimi-k2.6",
    ) -> int:
        """Count the tokens of a conversation as the model will see it, markup included.

        Args:
            messages: OpenAI-style messages.
            tools: OpenAI-style tools.
            model: Any spelling of a model's name, or a prompt style.

        Returns:
            The length of the rendered prompt up to the assistant's turn; estimated unless `exact`.
            An image or a video counts only as its placeholder: what it becomes is the server's
            business.

        Raises:
            KimiConfigError: For messages or a model that cannot be rendered.
        """
        from kimi_core.raw.prompt import PromptOptions, prompt_dialect, prompt_segments

        dialect = prompt_dialect(model)
        segments = prompt_segments(messages, tools, model, PromptOptions())
        if self.exact:
            return sum(
                len(self.encode(segment.text, segment.allow_special, dialect=dialect))
                for segment in segments
            )
        special = special_tokens(dialect)
        texts = [one.text for one in segments if not (one.allow_special and one.text in special)]
        return _rounded(len(segments) - len(texts) + _estimate(texts))

    def __repr__(self) -> str:
        return f"<Tokenizer {self.source}>"


def _tiktoken() -> Any:  # noqa: ANN401 -- an optional module
    try:
        import tiktoken
    except ImportError:
        return None
    return tiktoken


@lru_cache(maxsize=2)
def _encoding(path: str, _modified: int) -> _Encoding:
    """Load a file once; a changed file is loaded again.

    tiktoken's own loader would copy the file into the temporary folder and go on using the copy
    after the file has changed.
    """
    module = _tiktoken()
    if module is None:
        raise KimiConfigError(
            f"tokenizer {path!r} needs tiktoken, which is not installed; run "
            '`pip install "kimi-k2-integrations[tokens]"`.'
        )
    encoding: _Encoding = module.Encoding(
        name="kimi", pat_str=_PATTERN, mergeable_ranks=_ranks(path), special_tokens={}
    )
    return encoding


def _ranks(path: str) -> dict[bytes, int]:
    ranks: dict[bytes, int] = {}
    try:
        for line in Path(path).read_bytes().splitlines():
            token, _, rank = line.partition(b" ")
            ranks[base64.b64decode(token, validate=True)] = int(rank)
    except (ValueError, binascii.Error):
        ranks.clear()
    if len(ranks) != ORDINARY_TOKENS:
        raise KimiConfigError(
            f"tokenizer {path!r} is not Kimi's {_FILE}: that one holds {ORDINARY_TOKENS} tokens. "
            "A file of a few hundred bytes is a Git LFS pointer; download the real one."
        )
    return ranks


def _cached_file() -> Path | None:
    home = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")  # noqa: PTH111 -- Path raises where there is no home
    hub = os.environ.get("HF_HOME") or f"{home}/huggingface"
    folder = Path(os.environ.get("HF_HUB_CACHE") or f"{hub}/hub")
    return max(folder.glob(_CACHED), default=None)


def _pieces(text: str) -> Iterator[str]:
    """Cut a text where Moonshot's tokenizer cuts it."""
    for start in range(0, len(text), _PIECE):
        piece = text[start : start + _PIECE]
        begin = 0
        for run in _LONG_RUN.finditer(piece):
            for cut in range(run.start() + _RUN, run.end(), _RUN):
                yield piece[begin:cut]
                begin = cut
        yield piece[begin:]


def _encode(encoding: _Encoding, text: str, special: Mapping[str, int]) -> list[int]:
    if not special:
        return encoding.encode_ordinary(text)
    ids: list[int] = []
    for part in _special_pattern(frozenset(special)).split(text):
        ids += [special[part]] if part in special else encoding.encode_ordinary(part)
    return ids


@lru_cache(maxsize=2)
def _special_pattern(spellings: frozenset[str]) -> re.Pattern[str]:
    return re.compile(f"({'|'.join(re.escape(spelling) for spelling in sorted(spellings))})")


_ESTIMATED = (
    r"(?P<han>[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]+)"
    r"|(?P<word>[ -/:-@\[-`{-~]?(?:[A-Z]?[a-z]+|[A-Z]+(?![a-z])))"
    r"|(?P<number>\d{1,3})"
    r"|(?P<syllables>[\u3040-\u30ff\uac00-\ud7af]+)"
    r"|(?P<emoji>[\U0001f000-\U0001faff]+)"
    r"|(?P<letters>[^\W\d_]+)"
    r"|(?P<marks> ?(?:[^\s\w]|_)+[\r\n]*)"
    r"|(?P<blanks>\s*[\r\n]+|\s+)"
)

# Fitted by hand on English and Chinese pages, Python sources and JSON bodies: tokens for a piece,
# for every byte of it beyond the first few, and how many bytes those first few are.
_COSTS = {
    "han": (0.0, 0.56 / 3, 0),
    "word": (1.08, 0.18, 6),
    "number": (1.0, 0.0, 0),
    "syllables": (0.0, 0.3, 0),
    "emoji": (0.0, 0.6, 0),
    "letters": (0.0, 0.23, 0),
    "marks": (0.9, 0.12, 1),
    "blanks": (1.0, 0.0, 0),
}


def _rounded(count: float) -> int:
    """Return whole tokens; what is there at all is at least one."""
    return max(round(count), math.ceil(min(count, 1)))


def _estimate(texts: Sequence[str]) -> float:
    """Return the tokens of texts; of many characters those of a sample, in proportion.

    Every piece of 160,000 tokens took 1.9 s, and an agent counts its whole history in every turn.
    """
    size = sum(map(len, texts))
    if size <= _READ_WHOLE:
        return sum(map(_estimate_of_piece, texts))
    text = "".join(texts)
    starts = (size * number // _SAMPLES for number in range(_SAMPLES))
    sampled = [text[start : start + _SAMPLE] for start in starts]
    return sum(map(_estimate_of_piece, sampled)) * size / sum(map(len, sampled))


# What is read of long texts costs as much as 32,000 characters: 30 ms on two busy cores. Windows
# that lie evenly find the share of each language; what they cut in two is less than 1 %.
_SAMPLES, _SAMPLE = 32, 1_000
_READ_WHOLE = _SAMPLES * _SAMPLE


@cache
def _estimated() -> re.Pattern[str]:
    """Compile it with the first estimate, and not while an adapter is imported, for 3 ms."""
    return re.compile(_ESTIMATED)


@lru_cache(maxsize=1_024)
def _estimate_of_piece(text: str) -> float:
    total = 0.0
    for match in _estimated().finditer(text):
        base, slope, free = _COSTS[str(match.lastgroup)]
        length = len(match.group().strip().encode("utf-8", "surrogatepass"))
        total += base + slope * max(0, length - free)
    return total
