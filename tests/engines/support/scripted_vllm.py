"""A logits processor for vLLM that follows the script, for K3, whose tags repeat their tokens.

Owns: which request follows which text. May know: torch and vLLM, whose environment it runs in.

The tiny model of `model_files` says one token after another, each once; K3 begins and ends each tag
with the same ones. Everything round the model is vLLM's own; what its grammar forbids stays so.
"""

from __future__ import annotations

import os
from typing import Any

import torch
from transformers import AutoTokenizer
from vllm.v1.sample.logits_processor import LogitsProcessor, MoveDirectionality

from tests.engines.support.following import Followed, otherwise

__all__ = ["ScriptedLogits"]


class ScriptedLogits(LogitsProcessor):
    """Lets each request say what `reply` says."""

    def __init__(self, vllm_config: Any, device: torch.device, is_pin_memory: bool) -> None:
        """Begin with no request."""
        del device, is_pin_memory
        self._tokenizer = AutoTokenizer.from_pretrained(os.environ["KIMI_SCRIPTED_MODEL"])
        self._otherwise = otherwise(self._tokenizer, vllm_config.model_config.get_vocab_size())
        # By the row of the batch: the text, what was said (vLLM goes on with the list), how much of
        # it was looked at.
        self._rows: dict[int, tuple[Followed, list[int], int]] = {}

    def is_argmax_invariant(self) -> bool:
        """It decides the next token."""
        return False

    def update_state(self, batch_update: Any) -> None:
        """Take note of who came, went and moved."""
        if batch_update is None:
            return
        for row in batch_update.removed:
            self._rows.pop(row, None)
        for row, _, prompt, said in batch_update.added:
            self._rows[row] = (Followed(self._tokenizer, prompt or []), said, 0)
        for one, other, direction in batch_update.moved:
            moved, swapped = self._rows.pop(one, None), self._rows.pop(other, None)
            if moved is not None:
                self._rows[other] = moved
            if swapped is not None and direction == MoveDirectionality.SWAP:
                self._rows[one] = swapped

    def apply(self, logits: torch.Tensor) -> torch.Tensor:
        """Replace the logits, but not the bans of a grammar."""
        for row, (text, said, seen) in self._rows.items():
            for token in said[seen:]:
                text.take(token)
            self._rows[row] = (text, said, len(said))
            liked = text.logits(self._otherwise)
            logits[row] = torch.where(torch.isinf(logits[row]), logits[row], liked)
        return logits
