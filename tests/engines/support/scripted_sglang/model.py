"""The model class: its logits follow a text, and where a grammar forbids that, rejoin it.

Owns: which request follows which text. May know: torch and SGLang, whose environment it runs in.

Everything round the model is SGLang's own: templates, parsers, grammars, scheduler and sampler. It
runs without its prefix cache and without chunks of a prompt, so that each prompt comes whole.
"""

from __future__ import annotations

import os
from typing import Any

import torch
from sglang.srt.layers.logits_processor import LogitsProcessorOutput
from transformers import AutoTokenizer

from tests.engines.support.following import Followed, otherwise

__all__ = ["EntryClass"]


class ScriptedKimi(torch.nn.Module):
    """Says what `reply` says."""

    def __init__(self, config: Any, quant_config: Any = None, prefix: str = "") -> None:
        del quant_config, prefix
        super().__init__()
        self.config = config
        self.nothing = torch.nn.Parameter(torch.zeros(1), requires_grad=False)
        self._tokenizer = AutoTokenizer.from_pretrained(os.environ["KIMI_SCRIPTED_MODEL"])
        self._texts: dict[int, Followed] = {}
        self._otherwise = otherwise(self._tokenizer, config.vocab_size)

    def load_weights(self, weights: Any) -> None:
        """There are none."""

    @torch.no_grad()
    def forward(
        self, input_ids: Any, positions: Any, forward_batch: Any, *_: Any, **__: Any
    ) -> Any:
        """Return the logits of the next token of each request."""
        del positions
        tokens, requests = input_ids.tolist(), forward_batch.req_pool_indices.tolist()
        if forward_batch.forward_mode.is_extend():
            for request, length in zip(
                requests, forward_batch.extend_seq_lens.tolist(), strict=True
            ):
                self._texts[request] = Followed(self._tokenizer, tokens[:length])
                tokens = tokens[length:]
        else:
            for request, token in zip(requests, tokens, strict=True):
                self._texts[request].take(token)
        rows = [self._texts[request].logits(self._otherwise) for request in requests]
        empty = torch.zeros(0, self.config.vocab_size)
        return LogitsProcessorOutput(next_token_logits=torch.stack(rows) if rows else empty)


EntryClass = [ScriptedKimi]
