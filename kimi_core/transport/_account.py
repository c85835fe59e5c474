"""Which account a request is charged to.

Owns: telling accounts apart without keeping a key. May know: config.
"""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Hashable

    from kimi_core.config import RotatingKey

__all__ = ["account_of"]

# Makes a key into something that means nothing outside of this process.
_SALT = os.urandom(16)


def account_of(base_url: str, key: str | RotatingKey) -> Hashable:
    """Return what is the same for the same server and key, or for who hands keys out.

    Args:
        base_url: The server.
        key: The key, or the function that is asked for it.
    """
    if isinstance(key, str):
        return base_url, hashlib.blake2b(key.encode(), key=_SALT).digest()
    try:
        hash(key.function)
    except TypeError:
        return base_url, id(key.function)
    return base_url, key.function
