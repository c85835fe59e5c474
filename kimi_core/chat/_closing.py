"""``with`` and ``async with`` for whatever asks through a `kimi_core.chat.KimiChat`.

Owns: the methods of a context manager. May know: `KimiChat`, as a type.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from kimi_core.chat import KimiChat

__all__ = ["ClosesItself"]

# typing.Self came with Python 3.11.
_Same = TypeVar("_Same", bound="ClosesItself")


class ClosesItself:
    """Has connections; a context manager, sync and async, that closes them at its end."""

    if TYPE_CHECKING:
        _chat: KimiChat

    def close(self) -> None:
        """Close the connections; a later request opens new ones."""
        self._chat.close()

    async def aclose(self) -> None:
        """Close the connections of the running event loop, and the sync ones."""
        await self._chat.aclose()

    def __enter__(self: _Same) -> _Same:  # noqa: PYI019 - see above
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    async def __aenter__(self: _Same) -> _Same:  # noqa: PYI019 - see above
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()
