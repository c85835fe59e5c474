"""Tokens of a text, said one after the other, and rejoined where a grammar leaves them.

Owns: which token comes next. May know: torch, whose environment it runs in; the script.
"""

from __future__ import annotations

from typing import Any

import torch

from tests.engines.support.script import reply

__all__ = ["Followed", "otherwise"]

# Where a grammar leaves the script: what ends an answer, a value, an object or a call, in this
# order.
_WAYS_OUT = (
    "<|im_end|>",
    '"}',
    '"}]',
    '"',
    "}",
    "]",
    "}]",
    '"},',
    '":',
    '":"',
    ",",
    ':"',
    ":",
    "7",
    "1",
)


def otherwise(tokenizer: Any, vocabulary: int) -> torch.Tensor:
    """Return what is liked where the text cannot go on."""
    liked = torch.zeros(vocabulary)
    for rank, text in enumerate(_WAYS_OUT):
        ids = tokenizer.encode(text, add_special_tokens=False)
        if len(ids) == 1:
            liked[ids[0]] = 900.0 - 50 * rank
    return liked


class Followed:
    """What `reply` says to a prompt, and how far it was said."""

    def __init__(self, tokenizer: Any, prompt: list[int]) -> None:
        """Begin the answer to the tokens of a prompt."""
        text = reply(tokenizer.decode(prompt, skip_special_tokens=False))
        self._tokens: list[int] = tokenizer.encode(text, add_special_tokens=False)
        self._at = 0

    def take(self, token: int) -> None:
        """Go on behind a token that was said."""
        if token in self._tokens[self._at :]:
            self._at = self._tokens.index(token, self._at) + 1

    def logits(self, liked: torch.Tensor) -> torch.Tensor:
        """Return the logits of the next token; the nearest is the greatest, at any temperature."""
        row = liked.clone()
        for distance, token in enumerate(reversed(self._tokens[self._at :])):
            row[token] = 1_000.0 + 50 * distance
        return row
