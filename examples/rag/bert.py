"""The forward pass of a BERT encoder in numpy, as all-MiniLM-L6-v2 is one: 6 layers, 12 heads."""

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
Weights = dict[str, Array]
HEADS = 12


def encode(ids: Array, mask: Array, weights: Weights) -> Array:
    """Return a vector for each token of each text: texts x tokens x 384."""
    names = ("word", "position", "token_type")
    words, positions, kinds = (weights[f"embeddings.{name}_embeddings.weight"] for name in names)
    hidden = _norm(words[ids] + positions[: ids.shape[1]] + kinds[0], weights, "embeddings")
    unseen = (mask[:, None, None, :] - 1) * 1e9  # padding gets no attention
    for layer in range(6):
        hidden = _layer(hidden, unseen, weights, f"encoder.layer.{layer}")
    return hidden


def _layer(hidden: Array, unseen: Array, weights: Weights, at: str) -> Array:
    seen = _attention(hidden, unseen, weights, f"{at}.attention.self")
    dense = _dense(seen, weights, f"{at}.attention.output.dense")
    hidden = _norm(hidden + dense, weights, f"{at}.attention.output")
    wide = _gelu(_dense(hidden, weights, f"{at}.intermediate.dense"))
    return _norm(hidden + _dense(wide, weights, f"{at}.output.dense"), weights, f"{at}.output")


def _attention(hidden: Array, unseen: Array, weights: Weights, at: str) -> Array:
    shape = (*hidden.shape[:2], HEADS, hidden.shape[2] // HEADS)
    query, key, value = (
        _dense(hidden, weights, f"{at}.{name}").reshape(shape).transpose(0, 2, 1, 3)
        for name in ("query", "key", "value")
    )
    scores = query @ key.transpose(0, 1, 3, 2) / shape[3] ** 0.5 + unseen
    scores = np.exp(scores - scores.max(-1, keepdims=True))
    seen = scores / scores.sum(-1, keepdims=True) @ value
    return seen.transpose(0, 2, 1, 3).reshape(hidden.shape)


def _dense(hidden: Array, weights: Weights, at: str) -> Array:
    return hidden @ weights[f"{at}.weight"].T + weights[f"{at}.bias"]


def _norm(hidden: Array, weights: Weights, at: str) -> Array:
    centred = hidden - hidden.mean(-1, keepdims=True)
    scaled = centred / np.sqrt((centred**2).mean(-1, keepdims=True) + 1e-12)
    return scaled * weights[f"{at}.LayerNorm.weight"] + weights[f"{at}.LayerNorm.bias"]


def _gelu(x: Array) -> Array:
    """Weigh each number by the normal distribution (Abramowitz and Stegun 7.1.26 for its erf)."""
    t = 1 / (1 + 0.23164189 * abs(x))
    tail = 0 * t
    for factor in (1.061405429, -1.453152027, 1.421413741, -0.284496736, 0.254829592):
        tail = (tail + factor) * t
    return np.maximum(x, 0) - 0.5 * abs(x) * tail * np.exp(-0.5 * x * x)
