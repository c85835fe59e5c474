"""Old place of names that live in `kimi_core.transport`; gone with 1.0."""

from kimi_core.transport import Transport

__all__ = ["Transport"]
