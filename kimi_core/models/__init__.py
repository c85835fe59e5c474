"""Facts of a model, true wherever it is served.

Owns: the table of models, one row each, and how a name finds its row. May know: its own files. What
is true of a server stands in `kimi_core.endpoints`.
"""

from kimi_core.models._names import get_model, nearest_models, newest_relative, retirement
from kimi_core.models._rows import (
    MODELS,
    RETIRED_IDS,
    Checkpoint,
    ModelInfo,
    ModelName,
    PromptStyle,
    Sampling,
    Thinking,
)

__all__ = [
    "MODELS",
    "RETIRED_IDS",
    "Checkpoint",
    "ModelInfo",
    "ModelName",
    "PromptStyle",
    "Sampling",
    "Thinking",
    "get_model",
    "nearest_models",
    "newest_relative",
    "retirement",
]
