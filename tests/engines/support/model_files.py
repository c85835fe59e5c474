"""A tiny model of Kimi K2's layout, scripted by hand to think, call a tool, and answer in the end.

Owns: the weights and the three model folders that the engines load; ``make test-engines`` runs it
as ``python -m tests.engines.support.model_files SHARED TARGET`` where the engines are installed.
May know: torch, and the tokenizer files.

It is not Kimi and knows nothing. Every token but the first of an answer follows from the one
before. The first is decided by the one attention head that is not zero, which looks at three
tokens of the prompt only: who asks (``<|im_user|>``), that tools are declared (``_decl``), and how
many results there are (`` Return``). With tools and fewer than two results for one question the
model calls get_weather; otherwise it answers. So an agent's loop of three rounds ends by itself.
"""

from __future__ import annotations

import itertools
import json
import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from safetensors.torch import save_file

from kimi_core.raw.special_tokens import special_tokens
from tests.engines.scenario import ANSWER, CALL, REASONING
from tests.engines.support.tokenizer_files import fast_tokenizer, write_fast, write_slow

if TYPE_CHECKING:
    from tokenizers import Tokenizer

__all__ = ["write_models"]

_CALL = (
    f"<|tool_calls_section_begin|><|tool_call_begin|>functions.{CALL[0]}:0"
    f"<|tool_call_argument_begin|>{json.dumps(CALL[1])}<|tool_call_end|><|tool_calls_section_end|><|im_end|>"
)

# vLLM's attention kernel for the CPU is compiled for 512 and 64 only; all else may be tiny.
_HIDDEN, _KV, _ROPE, _QUERY, _NOPE, _VALUE, _HEADS = 128, 512, 64, 64, 64, 64, 4
_VOCABULARY, _DENSE, _EXPERT, _EXPERTS = 163_840, 128, 64, 8

# What a token says of itself, besides the one dimension that tells which token it is.
_OTHER, _RETURN, _DECLARE, _USER, _DECISION = 127, 126, 125, 124, 123
# Mean of what the head finds: user 1, declaration -3, result 2. Over 0.25 the model answers: that
# is without tools (1), and after the second result (0.5) but not after the first (0).
_VOTES = {_USER: 1.0, _DECLARE: -3.0, _RETURN: 2.0}
_THRESHOLD = 0.25
_EVIDENCE = {_USER: "<|im_user|>", _DECLARE: "_decl", _RETURN: " Return"}


def _configuration(model_type: str) -> dict[str, Any]:
    return {
        "architectures": ["DeepseekV3ForCausalLM"], "model_type": model_type,
        "attention_bias": False, "bos_token_id": 163584, "eos_token_id": 163586,
        "pad_token_id": 163839, "first_k_dense_replace": 1, "hidden_act": "silu",
        "hidden_size": _HIDDEN, "intermediate_size": _DENSE, "kv_lora_rank": _KV,
        "max_position_embeddings": 262_144, "moe_intermediate_size": _EXPERT, "moe_layer_freq": 1,
        "n_group": 1, "n_routed_experts": _EXPERTS, "n_shared_experts": 1, "norm_topk_prob": True,
        "num_attention_heads": _HEADS, "num_experts_per_tok": 2, "num_hidden_layers": 2,
        "num_key_value_heads": _HEADS, "num_nextn_predict_layers": 0, "q_lora_rank": _QUERY,
        "qk_nope_head_dim": _NOPE, "qk_rope_head_dim": _ROPE, "rms_norm_eps": 1e-5,
        "rope_scaling": {
            "type": "yarn", "factor": 64.0, "beta_fast": 32.0, "beta_slow": 1.0, "mscale": 1.0,
            "mscale_all_dim": 1.0, "original_max_position_embeddings": 4096,
        },
        "rope_theta": 50_000.0, "routed_scaling_factor": 2.827, "scoring_func": "sigmoid",
        "tie_word_embeddings": False, "topk_group": 1, "topk_method": "noaux_tc",
        "torch_dtype": "bfloat16", "v_head_dim": _VALUE, "vocab_size": _VOCABULARY,
    }  # fmt: skip


def _zeros(*shape: int) -> torch.Tensor:
    return torch.zeros(*shape, dtype=torch.bfloat16)


def _feed_forward(prefix: str, width: int) -> dict[str, torch.Tensor]:
    return {
        f"{prefix}.gate_proj.weight": _zeros(width, _HIDDEN),
        f"{prefix}.up_proj.weight": _zeros(width, _HIDDEN),
        f"{prefix}.down_proj.weight": _zeros(_HIDDEN, width),
    }


def _attention(layer: str) -> dict[str, torch.Tensor]:
    ones = torch.ones
    return {
        f"{layer}.input_layernorm.weight": ones(_HIDDEN, dtype=torch.bfloat16),
        f"{layer}.post_attention_layernorm.weight": ones(_HIDDEN, dtype=torch.bfloat16),
        f"{layer}.self_attn.q_a_proj.weight": _zeros(_QUERY, _HIDDEN),
        f"{layer}.self_attn.q_a_layernorm.weight": ones(_QUERY, dtype=torch.bfloat16),
        f"{layer}.self_attn.q_b_proj.weight": _zeros(_HEADS * (_NOPE + _ROPE), _QUERY),
        f"{layer}.self_attn.kv_a_proj_with_mqa.weight": _zeros(_KV + _ROPE, _HIDDEN),
        f"{layer}.self_attn.kv_a_layernorm.weight": ones(_KV, dtype=torch.bfloat16),
        f"{layer}.self_attn.kv_b_proj.weight": _zeros(_HEADS * (_NOPE + _VALUE), _KV),
        f"{layer}.self_attn.o_proj.weight": _zeros(_HIDDEN, _HEADS * _VALUE),
    }


def _silent_model() -> dict[str, torch.Tensor]:
    """Return all weights of the layout, with nothing in them."""
    experts = "model.layers.1.mlp"
    weights = {
        "model.embed_tokens.weight": _zeros(_VOCABULARY, _HIDDEN),
        "lm_head.weight": _zeros(_VOCABULARY, _HIDDEN),
        "model.norm.weight": torch.ones(_HIDDEN, dtype=torch.bfloat16),
        **_attention("model.layers.0"),
        **_attention("model.layers.1"),
        **_feed_forward("model.layers.0.mlp", _DENSE),
        **_feed_forward(f"{experts}.shared_experts", _EXPERT),
        f"{experts}.gate.weight": _zeros(_EXPERTS, _HIDDEN),
        f"{experts}.gate.e_score_correction_bias": torch.zeros(_EXPERTS),
    }
    for expert in range(_EXPERTS):
        weights |= _feed_forward(f"{experts}.experts.{expert}", _EXPERT)
    return weights


def _wire_head(weights: dict[str, torch.Tensor]) -> None:
    """Let the first head of the first layer look at the evidence and add its mean as a decision.

    A vector with one entry leaves a normalisation of ``n`` dimensions as the root of ``n``; so keys
    are about 32 above those of all other tokens, which then count for nothing.
    """
    layer = "model.layers.0.self_attn"
    weights[f"{layer}.q_a_proj.weight"][0, :] = 1.0
    weights[f"{layer}.q_b_proj.weight"][0, 0] = 1.0
    for position, (dimension, vote) in enumerate(_VOTES.items()):
        weights[f"{layer}.kv_a_proj_with_mqa.weight"][position, dimension] = 1.0
        weights[f"{layer}.kv_b_proj.weight"][0, position] = 1.0  # the key
        weights[f"{layer}.kv_b_proj.weight"][_NOPE, position] = vote / _KV**0.5  # the value
    weights[f"{layer}.o_proj.weight"][_DECISION, 0] = 1.0


def _wire_script(weights: dict[str, torch.Tensor], tokenizer: Tokenizer) -> None:
    embedding, head = weights["model.embed_tokens.weight"], weights["lm_head.weight"]

    def encode(text: str) -> list[int]:
        return list(tokenizer.encode(text, add_special_tokens=False).ids)

    chains = [encode(f"<think>{REASONING}</think>"), encode(_CALL), encode(f"{ANSWER}<|im_end|>")]
    follows = {token: then for chain in chains for token, then in itertools.pairwise(chain)}
    written = [token for chain in chains for token in chain[:-1]]
    assert len(set(written)) == len(written) < _DECISION, "a token stands twice in the script"
    # A K2-Instruct prompt ends in <|im_middle|>, one with its thinking done in </think>.
    starts = [tokenizer.token_to_id(text) for text in ("</think>", "<|im_middle|>")]
    begin = len(follows)
    head[_blank_tokens(tokenizer)] = -1.0  # or it fills what a grammar leaves open with blanks
    embedding[:, _OTHER] = 1.0
    head[tokenizer.token_to_id("<|im_end|>"), _OTHER] = 4.0
    for dimension, (token, then) in enumerate(follows.items()):
        embedding[token, _OTHER], embedding[token, dimension] = 0.0, 1.0
        head[then, dimension] = 4.0
    for token in starts:
        embedding[token, _OTHER], embedding[token, begin] = 0.0, 1.0
    for dimension, text in _EVIDENCE.items():
        (token,) = encode(text)
        embedding[token, dimension] = 1.0
    call, answer = chains[1][0], chains[2][0]
    head[call, begin] = 4.0
    head[answer, :_DECISION] = head[answer, _OTHER] = -100.0  # only ever the first of an answer
    head[answer, begin] = 4.0 - 16 * _THRESHOLD
    head[answer, _DECISION] = 16.0


def _blank_tokens(tokenizer: Tokenizer) -> list[int]:
    texts = tokenizer.decode_batch([[token] for token in range(min(special_tokens("k2").values()))])
    return [token for token, text in enumerate(texts) if any(map(str.isspace, text))]


def write_models(shared: Path, target: Path) -> None:
    """Write the model for vLLM, with either tokenizer, and for transformers.

    Args:
        shared: The folder with the third-party data.
        target: Where to write ``fast``, ``slow``, ``vllm-k3`` and ``transformers``.
    """
    source = shared / "data" / "tokenizer"
    tokenizer = fast_tokenizer(source)
    weights = _silent_model()
    _wire_head(weights)
    _wire_script(weights, tokenizer)
    # transformers does not know kimi_k2, the same layout under Moonshot's name.
    for name, model_type in {
        "fast": "kimi_k2",
        "slow": "deepseek_v3",
        "transformers": "deepseek_v3",
    }.items():
        folder = target / name
        folder.mkdir(parents=True, exist_ok=True)
        _write_json(folder / "config.json", _configuration(model_type))
        _write_json(folder / "generation_config.json", {"eos_token_id": 163586})
        template = shared / "data" / "templates" / "kimi-k2.5.chat_template.jinja"
        shutil.copyfile(template, folder / "chat_template.jinja")
        if name == "slow":
            write_slow(source, folder)
        else:
            write_fast(tokenizer, source, folder)
    _write_k3(source, target / "vllm-k3")
    save_file(weights, target / "fast" / "model.safetensors", metadata={"format": "pt"})
    for name in ("slow", "transformers", "vllm-k3"):
        (target / name / "model.safetensors").unlink(missing_ok=True)
        os.link(target / "fast" / "model.safetensors", target / name / "model.safetensors")


def _write_k3(source: Path, folder: Path) -> None:
    """Write the same layout with K3's tokens; vLLM's logits processor decides what it says."""
    folder.mkdir(parents=True, exist_ok=True)
    _write_json(folder / "config.json", _configuration("deepseek_v3"))
    _write_json(folder / "generation_config.json", {"eos_token_id": 163586})
    template = Path(__file__).with_name("k3_template.jinja")
    shutil.copyfile(template, folder / "chat_template.jinja")
    write_fast(fast_tokenizer(source, "k3"), source, folder, "k3")


def _write_json(path: Path, value: object) -> None:
    path.write_text(json.dumps(value, indent=1), encoding="utf-8")


if __name__ == "__main__":
    write_models(Path(sys.argv[1]), Path(sys.argv[2]))
