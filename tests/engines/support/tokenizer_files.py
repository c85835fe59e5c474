"""Kimi's tokenizer in the two forms that engines load.

Owns: ``tiktoken.model`` -> ``tokenizer.json`` (the fast tokenizer), and the slow one, which is
Python code beside the ranks, as upstream's checkpoints have it.
May know: kimi_core's table of special tokens and its pattern. Runs where the engines are installed.

Both forms are needed, because vLLM puts blanks round added tokens with a slow tokenizer only.
"""

from __future__ import annotations

import base64
import json
import shutil
from typing import TYPE_CHECKING, Any

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers

from kimi_core.raw.special_tokens import Dialect, special_tokens
from kimi_core.tokenizer import _PATTERN

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["fast_tokenizer", "write_fast", "write_slow"]

_MODELS: dict[Dialect, str] = {"k2": "kimi-k2.5", "k3": "kimi-k3"}

# A slow tokenizer needs no more than this to serve; it is loaded by --trust-remote-code.
_SLOW_TOKENIZER = '''\
"""A slow tokenizer over Kimi's ranks, for tests."""

import base64
import pathlib

import tiktoken
from transformers import PreTrainedTokenizer


class ScriptedTokenizer(PreTrainedTokenizer):
    vocab_files_names = {{"vocab_file": "tiktoken.model"}}
    model_input_names = ["input_ids", "attention_mask"]

    def __init__(self, vocab_file, **settings):
        lines = pathlib.Path(vocab_file).read_bytes().splitlines()
        ranks = {{base64.b64decode(a): int(b) for a, b in (line.split() for line in lines)}}
        self.ranks = tiktoken.Encoding(
            "kimi", pat_str={pattern!r}, mergeable_ranks=ranks, special_tokens={{}}
        )
        self.spelled = {{"".join(map(chr, token)): rank for token, rank in ranks.items()}}
        self.of_rank = {{rank: text for text, rank in self.spelled.items()}}
        super().__init__(**settings)

    @property
    def vocab_size(self):
        return {ordinary}

    def get_vocab(self):
        return {{**self.spelled, **self.added_tokens_encoder}}

    def _tokenize(self, text, **_):
        return [self.of_rank[number] for number in self.ranks.encode_ordinary(text)]

    def _convert_token_to_id(self, token):
        return self.spelled.get(token)

    def _convert_id_to_token(self, number):
        return self.of_rank.get(number)

    def convert_tokens_to_string(self, tokens):
        return bytes(ord(letter) for token in tokens for letter in token).decode("utf8", "replace")
'''


def fast_tokenizer(folder: Path, dialect: Dialect = "k2") -> Tokenizer:
    """Build the fast tokenizer of a family from a folder that holds Kimi's tokenizer files.

    A token's rank is its place in the order of merging, so each way of cutting a token into two
    others is a merge, in the order of the ranks of what they make.
    """
    ranks = _ranks(folder / "tiktoken.model")
    letters = _letters_of_bytes()

    def spell(token: bytes) -> str:
        return "".join(letters[byte] for byte in token)

    merges = [
        (spell(token[:cut]), spell(token[cut:]))
        for token in sorted(ranks, key=ranks.__getitem__)
        for cut in _cuts(token, ranks)
    ]
    vocabulary = {spell(token): rank for token, rank in ranks.items()}
    # ignore_merges: a word that is a token is that token, whatever its merges would make of it.
    tokenizer = Tokenizer(models.BPE(vocabulary, merges, ignore_merges=True))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(_PATTERN), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_tokens([_added(token) for token in _added_tokens(folder, dialect).values()])
    return tokenizer


def write_fast(tokenizer: Tokenizer, source: Path, target: Path, dialect: Dialect = "k2") -> None:
    """Write the fast tokenizer of a family into the folder of a model."""
    tokenizer.save(str(target / "tokenizer.json"))
    _write_settings(source, target, {"tokenizer_class": "PreTrainedTokenizerFast"}, dialect)


def write_slow(source: Path, target: Path) -> None:
    """Write the slow tokenizer into the folder of a model."""
    shutil.copyfile(source / "tiktoken.model", target / "tiktoken.model")
    code = _SLOW_TOKENIZER.format(pattern=_PATTERN, ordinary=min(_added_tokens(source)))
    (target / "tokenization_scripted.py").write_text(code, encoding="utf-8")
    own = {
        # All 256: vLLM writes nothing for an id beyond the number of tokens, and the config names
        # but 23 of them, so that </think> was beyond it.
        "added_tokens_decoder": _added_tokens(source),
        "tokenizer_class": "ScriptedTokenizer",
        "auto_map": {"AutoTokenizer": ["tokenization_scripted.ScriptedTokenizer", None]},
    }
    _write_settings(source, target, own)


def _ranks(path: Path) -> dict[bytes, int]:
    lines = path.read_bytes().splitlines()
    return {base64.b64decode(token): int(rank) for token, rank in map(bytes.split, lines)}


def _cuts(token: bytes, ranks: dict[bytes, int]) -> Iterator[int]:
    cuts = [cut for cut in range(1, len(token)) if token[:cut] in ranks and token[cut:] in ranks]
    return iter(sorted(cuts, key=lambda cut: (ranks[token[:cut]], ranks[token[cut:]])))


def _letters_of_bytes() -> dict[int, str]:
    """Return the byte-level alphabet: bytes that can be seen stand for themselves."""
    seen = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    hidden = [byte for byte in range(256) if byte not in seen]
    shifted = {byte: chr(256 + position) for position, byte in enumerate(hidden)}
    return {**{byte: chr(byte) for byte in seen}, **shifted}


def _settings(folder: Path, dialect: Dialect) -> dict[str, Any]:
    path = folder / f"{_MODELS[dialect]}.tokenizer_config.json"
    return dict(json.loads(path.read_text(encoding="utf-8")))


def _added_tokens(folder: Path, dialect: Dialect = "k2") -> dict[int, dict[str, Any]]:
    listed = _settings(folder, dialect)["added_tokens_decoder"]
    return {
        number: listed.get(str(number), {"content": spelling, "special": False})
        for spelling, number in sorted(special_tokens(dialect).items(), key=lambda item: item[1])
    }


def _added(token: dict[str, Any]) -> AddedToken:
    return AddedToken(token["content"], special=token["special"], normalized=False)


def _write_settings(
    source: Path, target: Path, own: dict[str, Any], dialect: Dialect = "k2"
) -> None:
    settings = _settings(source, dialect)
    for name in ("auto_map", "extra_special_tokens"):
        settings.pop(name, None)
    text = json.dumps({**settings, **own}, indent=1)
    (target / "tokenizer_config.json").write_text(text, encoding="utf-8")
