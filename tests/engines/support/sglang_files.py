"""The folder of the scripted model for SGLang: no weights, Kimi's tokenizer and its chat template.

Owns: that folder; ``make test-engines`` runs it as ``python -m tests.engines.support.sglang_files
SHARED TARGET`` where SGLang is installed. May know: the tokenizer files.
"""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

from tests.engines.support.tokenizer_files import fast_tokenizer, write_fast

__all__ = ["write_folder"]

_CONFIGURATION = {
    "architectures": ["ScriptedKimi"], "model_type": "llama", "bos_token_id": 163584,
    "eos_token_id": 163586, "head_dim": 32, "hidden_act": "silu", "hidden_size": 32,
    "intermediate_size": 32, "max_position_embeddings": 8_192, "num_attention_heads": 1,
    "num_hidden_layers": 1, "num_key_value_heads": 1, "rms_norm_eps": 1e-5,
    "rope_theta": 10_000.0, "tie_word_embeddings": False, "torch_dtype": "bfloat16",
    "vocab_size": 163_840,
}  # fmt: skip


def write_folder(shared: Path, target: Path) -> None:
    """Write ``sglang`` into the folder of the models."""
    folder, source = target / "sglang", shared / "data" / "tokenizer"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(_CONFIGURATION, indent=1), encoding="utf-8")
    (folder / "generation_config.json").write_text('{"eos_token_id": 163586}', encoding="utf-8")
    template = shared / "data" / "templates" / "kimi-k2.5.chat_template.jinja"
    shutil.copyfile(template, folder / "chat_template.jinja")
    write_fast(fast_tokenizer(source), source, folder)


if __name__ == "__main__":
    write_folder(Path(sys.argv[1]), Path(sys.argv[2]))
