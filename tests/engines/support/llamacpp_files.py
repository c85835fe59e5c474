"""A GGUF that follows a script, for llama.cpp's own server: Kimi's vocabulary and chat template.

Owns: the file; ``make test-engines`` runs it as ``python -m tests.engines.support.llamacpp_files
SHARED TARGET`` in SGLang's environment, which has the library ``gguf``. May know: gguf, numpy, the
tokenizer files.

Attention and feed-forward are zero, so the next token follows from the last one alone: behind a
thought it calls get_weather for Paris, and where a grammar or a begun answer leads elsewhere, it
answers. It cannot count results, so that a loop of an agent would never end.
"""

from __future__ import annotations

import itertools
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gguf
import numpy as np

from tests.engines.scenario import ANSWER, CALL, REASONING
from tests.engines.support.tokenizer_files import fast_tokenizer

if TYPE_CHECKING:
    from tokenizers import Tokenizer

__all__ = ["write_file"]

_VOCABULARY, _WIDTH = 163_840, 128
_CALL = (
    f"</think><|tool_calls_section_begin|><|tool_call_begin|>functions.{CALL[0]}:0"
    f"<|tool_call_argument_begin|>{json.dumps(CALL[1])}<|tool_call_end|>"
    "<|tool_calls_section_end|><|im_end|>"
)


def write_file(shared: Path, target: Path) -> None:
    """Write ``llamacpp/kimi.gguf`` into the folder of the models."""
    tokenizer = fast_tokenizer(shared / "data" / "tokenizer")
    path = target / "llamacpp" / "kimi.gguf"
    path.parent.mkdir(parents=True, exist_ok=True)
    writer = gguf.GGUFWriter(str(path), "llama")
    _describe(writer)
    _write_tokenizer(writer, tokenizer)
    template = shared / "data" / "templates" / "kimi-k2.5.chat_template.jinja"
    writer.add_chat_template(template.read_text(encoding="utf-8"))
    for name, tensor in _tensors(tokenizer).items():
        writer.add_tensor(name, tensor)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _describe(writer: Any) -> None:
    writer.add_context_length(8_192)
    writer.add_embedding_length(_WIDTH)
    writer.add_block_count(1)
    writer.add_feed_forward_length(_WIDTH)
    writer.add_head_count(4)
    writer.add_head_count_kv(4)
    writer.add_rope_dimension_count(_WIDTH // 4)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_vocab_size(_VOCABULARY)
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_F16)


def _write_tokenizer(writer: Any, tokenizer: Tokenizer) -> None:
    described = json.loads(tokenizer.to_str())
    tokens = [""] * _VOCABULARY
    kinds = [gguf.TokenType.NORMAL] * _VOCABULARY
    for token, number in described["model"]["vocab"].items():
        tokens[number] = token
    for added in described["added_tokens"]:
        kind = gguf.TokenType.CONTROL if added["special"] else gguf.TokenType.USER_DEFINED
        tokens[added["id"]], kinds[added["id"]] = added["content"], kind
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("kimi-k2")
    writer.add_token_list(tokens)
    writer.add_token_types(kinds)
    writer.add_token_merges([" ".join(pair) for pair in described["model"]["merges"]])
    writer.add_bos_token_id(tokenizer.token_to_id("[BOS]"))
    writer.add_eos_token_id(tokenizer.token_to_id("<|im_end|>"))
    writer.add_add_bos_token(False)  # noqa: FBT003 - its only parameter


def _tensors(tokenizer: Tokenizer) -> dict[str, Any]:
    half, ones = np.float16, np.ones(_WIDTH, np.float32)
    square = np.zeros((_WIDTH, _WIDTH), half)
    embedding, output = (np.zeros((_VOCABULARY, _WIDTH), half) for _ in range(2))
    for state, (token, follows) in enumerate(_script(tokenizer).items()):
        embedding[token, state] = 1
        for rank, then in enumerate(follows):
            output[then, state] = 5 - rank / 2
    layers = ("attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down")
    return {
        "token_embd.weight": embedding,
        "output.weight": output,
        "output_norm.weight": ones,
        "blk.0.attn_norm.weight": ones,
        "blk.0.ffn_norm.weight": ones,
        **{f"blk.0.{name}.weight": square for name in layers},
    }


def _script(tokenizer: Tokenizer) -> dict[int, list[int]]:
    """Return what follows each token, the likeliest first."""

    def encode(text: str) -> list[int]:
        return list(tokenizer.encode(text, add_special_tokens=False).ids)

    thought, call = encode(f"<think>{REASONING}</think>"), encode(_CALL)
    answer = encode(f"{ANSWER}<|im_end|>")
    follows: dict[int, list[int]] = {}
    for token, then in itertools.chain.from_iterable(
        map(itertools.pairwise, (thought, call, answer))
    ):
        follows.setdefault(token, []).append(then)
    follows[call[0]].append(answer[0])
    assert len(follows) <= _WIDTH, "the script has too many tokens"
    return follows


if __name__ == "__main__":
    write_file(Path(sys.argv[1]), Path(sys.argv[2]))
