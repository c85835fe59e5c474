"""The model class: its logits follow a text, and where a grammar forbids that, rejoin it.

Owns: which token comes next. May know: torch and SGLang, whose environment it runs in; the script.

Everything round the model is SGLang's own: templates, parsers, grammars, scheduler and sampler. It
runs without its prefix cache and without chunks of a prompt, so that each prompt comes whole.
"""

from __future__ import annotations

import os
from typing import Any

import torch
from sglang.srt.layers.logits_processor import LogitsProcessorOutput
from transformers import AutoTokenizer

from tests.engines.support.script import reply

__all__ = ["EntryClass"]

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


class ScriptedKimi(torch.nn.Module):
    """Says what `reply` says."""

    def __init__(self, config: Any, quant_config: Any = None, prefix: str = "") -> None:
        del quant_config, prefix
        super().__init__()
        self.config = config
        self.nothing = torch.nn.Parameter(torch.zeros(1), requires_grad=False)
        self._tokenizer = AutoTokenizer.from_pretrained(os.environ["KIMI_SCRIPTED_MODEL"])
        self._texts: dict[int, tuple[list[int], int]] = {}
        self._otherwise = torch.zeros(config.vocab_size)
        for rank, text in enumerate(_WAYS_OUT):
            ids = self._tokenizer.encode(text, add_special_tokens=False)
            if len(ids) == 1:
                self._otherwise[ids[0]] = 900.0 - 50 * rank

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
                self._begin(request, tokens[:length])
                tokens = tokens[length:]
        else:
            for request, token in zip(requests, tokens, strict=True):
                self._follow(request, token)
        rows = [self._logits(*self._texts[request]) for request in requests]
        empty = torch.zeros(0, self.config.vocab_size)
        return LogitsProcessorOutput(next_token_logits=torch.stack(rows) if rows else empty)

    def _begin(self, request: int, prompt: list[int]) -> None:
        text = reply(self._tokenizer.decode(prompt, skip_special_tokens=False))
        self._texts[request] = (self._tokenizer.encode(text, add_special_tokens=False), 0)

    def _follow(self, request: int, token: int) -> None:
        text, at = self._texts[request]
        self._texts[request] = (text, text.index(token, at) + 1 if token in text[at:] else at)

    def _logits(self, text: list[int], at: int) -> torch.Tensor:
        row = self._otherwise.clone()
        for distance, token in enumerate(reversed(text[at:])):
            row[token] = 1_000.0 + 50 * distance  # the nearest is the greatest, at any temperature
        return row


EntryClass = [ScriptedKimi]
