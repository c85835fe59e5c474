"""What has to be known to serve Kimi's open weights on one's own GPUs, as data.

Owns: the memory of GPUs, and the arithmetic of what fits. May know: errors, models.

Sources: Moonshot's deployment guides (Kimi-K2: 16 H200 or H20 for FP8 at 128k; Kimi-K2-Thinking
and Kimi-K2.6: 8 H200 for INT4), KTransformers' guides (600 GB of memory), the model's config (61
layers, a latent of 512 + 64 numbers a token), and the vendors' data sheets of the GPUs.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from kimi_core.errors import KimiConfigError
from kimi_core.models import MODELS, Checkpoint, ModelInfo, get_model

__all__ = ["GPUS", "LAUNCHED_MODELS", "Fit", "find_gpu", "find_weights", "fit"]


LAUNCHED_MODELS = tuple(row.name for row in MODELS.values() if row.checkpoint)
"""The models whose weights are open and whose launch is known."""

GPUS = {
    "A100": 80,
    "B200": 180,
    "B300": 288,
    "GB300": 288,
    "H100": 80,
    "H20": 96,
    "H200": 141,
    "H800": 80,
    "MI300X": 192,
    "MI355X": 288,
}
"""Gigabytes of memory by kind of GPU."""

# Every GPU of a tensor-parallel group keeps the whole latent of multi-head latent attention: 61
# layers of 512 + 64 numbers of 2 bytes for a token.
CACHE_BYTES_PER_TOKEN = 61 * (512 + 64) * 2
# Activations, CUDA graphs and communication buffers; and engines leave a tenth of a GPU free.
_OVERHEAD_GIGABYTES = 4
_USABLE = 0.9
_SIZES = (8, 16, 32, 64)


@dataclass(frozen=True, slots=True)
class Fit:
    """Whether weights and one full context fit.

    Attributes:
        needed: Gigabytes on each GPU.
        usable: Gigabytes that an engine may take of each.
        smallest: The smallest of the usual numbers of GPUs that fits, or None.
        longest: The longest context in tokens that fits on these GPUs; 0 where not even the
            weights do.
    """

    needed: float
    usable: float
    smallest: int | None
    longest: int

    @property
    def fits(self) -> bool:
        """Whether it does."""
        return self.needed <= self.usable


def fit(checkpoint: Checkpoint, *, gpus: int, gigabytes: int, context: int) -> Fit:
    """Compute whether weights and the cache of one full context fit.

    Args:
        checkpoint: What is served.
        gpus: Number of GPUs.
        gigabytes: Memory of each.
        context: Tokens of the longest request.
    """
    usable = gigabytes * _USABLE
    room = usable - _OVERHEAD_GIGABYTES - checkpoint.gigabytes / gpus
    sizes = (size for size in _SIZES if _needed(checkpoint, size, context) <= usable)
    return Fit(
        needed=_needed(checkpoint, gpus, context),
        usable=usable,
        smallest=next(sizes, None),
        longest=max(0, math.floor(room * 1e9 / CACHE_BYTES_PER_TOKEN)),
    )


def _needed(checkpoint: Checkpoint, gpus: int, context: int) -> float:
    cache = context * CACHE_BYTES_PER_TOKEN / 1e9
    return checkpoint.gigabytes / gpus + cache + _OVERHEAD_GIGABYTES


def find_weights(model: str) -> tuple[ModelInfo, Checkpoint]:
    """Return the row of a model under any spelling, and its open weights.

    Raises:
        KimiConfigError: Where none are known.
    """
    info = get_model(model)
    if info is None or info.checkpoint is None:
        message = (
            f"model {model!r} has no open weights whose launch is known here; name one of "
            f"{', '.join(LAUNCHED_MODELS)}, or see the engine's own recipe for it."
        )
        raise KimiConfigError(message)
    return info, info.checkpoint


def find_gpu(kind: str) -> tuple[str, int]:
    """Return the name and the memory of a kind of GPU.

    Raises:
        KimiConfigError: For an unknown kind.
    """
    name = kind.strip().upper().replace(" ", "")
    if name not in GPUS:
        message = f"gpu-kind {kind!r} is not known; it is one of {', '.join(GPUS)}."
        raise KimiConfigError(message)
    return name, GPUS[name]
