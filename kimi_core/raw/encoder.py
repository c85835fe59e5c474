"""What turns text into token ids, as far as prompts care.

Owns: `TextEncoder`, and the names of the two families of special tokens. May know: the standard
library.
"""

from __future__ import annotations

from typing import Literal, Protocol

__all__ = ["Dialect", "TextEncoder"]

Dialect = Literal["k2", "k3"]
"""Whose special tokens: those of all K2 models up to K2.7, or K3's."""


class TextEncoder(Protocol):
    """What `encode_prompt` needs of a tokenizer; `kimi_core.tokenizer.Tokenizer` is one."""

    def encode(
        self,
        text: str,
        allow_special: bool = False,  # noqa: FBT001, FBT002 -- the published signature of Tokenizer.encode
        *,
        dialect: Dialect = "k2",
    ) -> list[int]:
        """Return the ids of a text.

        Args:
            text: The text.
            allow_special: Whether what spells a special token becomes one; False: it is text.
            dialect: Whose special tokens are meant.
        """
        ...
