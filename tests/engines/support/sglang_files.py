"""The folders of the scripted model for SGLang: no weights, Kimi's tokenizers and chat templates.

Owns: these folders; ``make test-engines`` runs it as ``python -m tests.engines.support.sglang_files
SHARED TARGET`` where SGLang is installed. May know: the tokenizer files.
"""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tests.engines.support.tokenizer_files import fast_tokenizer, write_fast

if TYPE_CHECKING:
    from kimi_core.raw.special_tokens import Dialect

__all__ = ["write_folders"]

_CONFIGURATION = {
    "architectures": ["ScriptedKimi"], "model_type": "llama", "bos_token_id": 163584,
    "eos_token_id": 163586, "head_dim": 32, "hidden_act": "silu", "hidden_size": 32,
    "intermediate_size": 32, "max_position_embeddings": 8_192, "num_attention_heads": 1,
    "num_hidden_layers": 1, "num_key_value_heads": 1, "rms_norm_eps": 1e-5,
    "rope_theta": 10_000.0, "tie_word_embeddings": False, "torch_dtype": "bfloat16",
    "vocab_size": 163_840,
}  # fmt: skip


def write_folders(shared: Path, target: Path) -> None:
    """Write ``sglang`` and ``sglang-k3`` into the folder of the models."""
    template = shared / "data" / "templates" / "kimi-k2.5.chat_template.jinja"
    _write(target / "sglang", shared / "data" / "tokenizer", template, "k2")
    ours = Path(__file__).with_name("k3_template.jinja")
    _write(target / "sglang-k3", shared / "data" / "tokenizer", ours, "k3")


def _write(folder: Path, source: Path, template: Path, dialect: Dialect) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(_CONFIGURATION, indent=1), encoding="utf-8")
    (folder / "generation_config.json").write_text('{"eos_token_id": 163586}', encoding="utf-8")
    shutil.copyfile(template, folder / "chat_template.jinja")
    write_fast(fast_tokenizer(source, dialect), source, folder, dialect)


if __name__ == "__main__":
    write_folders(Path(sys.argv[1]), Path(sys.argv[2]))
