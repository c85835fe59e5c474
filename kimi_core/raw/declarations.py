"""Old place of names that live in `kimi_core.raw._writing.declarations`; gone with 1.0."""

from kimi_core.raw._writing.declarations import typescript_declarations

__all__ = ["typescript_declarations"]
